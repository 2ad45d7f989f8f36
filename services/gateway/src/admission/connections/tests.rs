use super::*;

const PROXY: [u8; 4] = [10, 0, 0, 1];

fn connections(max: usize) -> Arc<Connections> {
    Connections::new(max, vec!["10.0.0.0/8".parse().unwrap()], Arc::default())
}

fn of(connections: &Arc<Connections>, last: u8) -> Option<ConnectionGuard> {
    connections.admit(IpAddr::from([192, 0, 2, last]))
}

fn count(connections: &Connections, last: u8) -> usize {
    connections.lock().count(IpAddr::from([192, 0, 2, last]))
}

fn is_closed(admitted: &ConnectionGuard) -> bool {
    admitted.connection.index[0].load(Ordering::Relaxed) == EVICTED
}

#[test]
fn the_heaviest_client_is_evicted_for_lighter_ones() {
    let connections = connections(60);
    let mut all: Vec<_> = (0..60).map(|_| of(&connections, 1).unwrap()).collect();
    for other in 2..=5 {
        all.extend((0..60).filter_map(|_| of(&connections, other)));
    }
    assert_eq!((1..=5).map(|last| count(&connections, last)).collect::<Vec<_>>(), [12; 5]);
    let newcomer = of(&connections, 6).unwrap();
    assert!(!is_closed(&newcomer));
    assert_eq!(connections.lock().all.len(), 60);
    drop((all, newcomer));
    let open = connections.lock();
    assert!(open.all.is_empty() && open.by_network.is_empty() && open.by_count.is_empty());
}

#[test]
fn the_least_active_is_evicted_first_and_a_request_in_flight_never() {
    let connections = connections(5);
    let mut newcomers = Vec::new();
    let all: Vec<_> = (0..5).map(|_| of(&connections, 1).unwrap()).collect();
    let [working, answering, arriving, idle, silent] = &all[..] else { panic!("five") };
    let _request = working.connection.enter(Phase::Request);
    drop(answering.connection.enter(Phase::Request));
    let _answer = answering.connection.enter(Phase::Answer);
    let _bodies = [Phase::Request, Phase::Arriving].map(|phase| arriving.connection.enter(phase));
    drop(idle.connection.enter(Phase::Request));
    for (newcomer, closed) in [(2, silent), (3, idle), (4, arriving), (5, answering)] {
        assert!(!is_closed(closed));
        let newcomer = of(&connections, newcomer).unwrap();
        assert!(is_closed(closed));
        newcomers.extend([newcomer.connection.enter(Phase::Request)]);
        std::mem::forget(newcomer);
    }
    assert!(of(&connections, 6).is_none(), "all are in flight");
    assert!(!is_closed(working));
}

#[test]
fn a_new_connection_evicts_an_idle_one_of_the_same_address() {
    let connections = connections(2);
    let (first, second) = (of(&connections, 1).unwrap(), of(&connections, 1).unwrap());
    let _request = first.connection.enter(Phase::Request);
    let third = of(&connections, 1).unwrap();
    assert!(is_closed(&second));
    let _request = third.connection.enter(Phase::Request);
    assert!(of(&connections, 1).is_none(), "both are in flight");
}

#[test]
fn a_thousand_silent_addresses_keep_nobody_out() {
    let connections = connections(100);
    let silent = |number: u16| {
        let address = std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, number, 0, 0, 0, 1);
        connections.admit(address.into()).unwrap()
    };
    let _silent: Vec<_> = (0..1_000).map(silent).collect();
    let voter = of(&connections, 1).unwrap();
    let _request = voter.connection.enter(Phase::Request);
    let _more: Vec<_> = (1_000..2_000).map(silent).collect();
    assert!(!is_closed(&voter));
    assert_eq!(connections.lock().all.len(), 100);
}

#[test]
fn connections_of_trusted_proxies_belong_to_no_client() {
    let connections = connections(4);
    let proxy = |connections: &Arc<Connections>| connections.admit(IpAddr::from(PROXY));
    let proxies: Vec<_> = (0..3).map(|_| proxy(&connections).unwrap()).collect();
    let direct = of(&connections, 1).unwrap();
    let request = direct.connection.enter(Phase::Request);
    assert!(of(&connections, 2).is_none() && proxy(&connections).is_none(), "all are a proxy's or in flight");
    drop(request);
    assert!(proxy(&connections).is_some() && is_closed(&direct));
    assert!(proxies.iter().all(|proxy| !is_closed(proxy) && proxy.connection.client().is_none()));
    assert!(direct.connection.client().unwrap().network == IpAddr::from([192, 0, 2, 1]));
}

#[tokio::test(start_paused = true)]
async fn a_connection_may_be_idle_for_a_while() {
    let connections = connections(1);
    let admitted = of(&connections, 1).unwrap();
    let idle = Duration::from_secs(60);
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(admitted.connection.may_stay(idle), Duration::from_secs(40));
    let request = admitted.connection.enter(Phase::Request);
    tokio::time::advance(Duration::from_secs(100)).await;
    assert_eq!(admitted.connection.may_stay(idle), idle);
    drop(request);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(admitted.connection.may_stay(idle), Duration::ZERO);
}
