//! Replacing processes under load; `make rolling` does it at full length, with people who vote.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use comitia_cli::replay::city::{create_organization, sign_in};
use comitia_testkit::{Front, Ways, wait_until};

use crate::cluster::{Cluster, OPERATOR_KEY};

const HOST: &str = "rolling.example.org";
const PATIENCE: Duration = Duration::from_secs(60);
/// What each process answers at least while another is replaced.
const MEANWHILE: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn journey_processes_are_replaced_and_no_request_fails() {
    let drain = ["common.lifecycle.drain_delay_ms=500"];
    let mut cluster = Cluster::start_behind(Front::Service, 1, &[], &drain).await;
    let api = cluster.api(HOST);
    create_organization(&api, OPERATOR_KEY, "Rolling", &[HOST]).await.unwrap();
    let token = sign_in(&api, OPERATOR_KEY, true).await.unwrap();

    let (answered, over) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let (answered, over, token) = (answered.clone(), over.clone(), token.clone());
            let url = format!("{}/v1/processes", cluster.gateways());
            comitia_core::task::spawn("reader", async move {
                // It keeps its connection, and tries nothing again that it has sent.
                let http = reqwest::Client::builder().no_proxy().build().unwrap();
                while !over.load(Ordering::SeqCst) {
                    let request = http.get(&url).header("host", HOST).bearer_auth(&token);
                    let status = request.send().await.unwrap().status();
                    assert_eq!(status, 200);
                    answered.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let more = async |what: &str| {
        let before = answered.load(Ordering::SeqCst);
        wait_until(what, PATIENCE, async || {
            answered.load(Ordering::SeqCst) > before + MEANWHILE
                || readers.iter().any(|reader| reader.is_finished())
        })
        .await;
    };
    let mut kept = Vec::new();
    for service in ["gateway", "spaces", "identity"] {
        let old = format!("{service}-1");
        // The network lets the new gateway out late: until then it must not be ready.
        let late = service == "gateway";
        let ways = if late { Ways::closed(&cluster).await.unwrap() } else { Ways::default() };
        let new = cluster.start_another(service, ways.environment()).unwrap();
        if late {
            let waits = || cluster.log(&new).matches("the service does not answer yet").count();
            wait_until("the new one to wait for all five", PATIENCE, async || waits() == 5).await;
            ways.open();
        }
        cluster.process_ready(&new).await.unwrap();
        cluster.switches(service)[0].set_targets(cluster.targets(&[old.as_str(), new.as_str()]));
        more("requests to both").await;
        cluster.ask_to_end(&old).unwrap();
        cluster.switches(service)[0].set_targets(cluster.targets(&[new.as_str()]));
        more("requests while the old one drains").await;
        assert_eq!(cluster.remove(&old, PATIENCE).await.unwrap(), Some(0), "{old}");
        more("requests to the new one").await;
        kept.push(ways);
    }
    over.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await.unwrap();
    }
}
