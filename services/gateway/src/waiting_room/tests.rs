//! The room as visitors and gateways meet it, by a clock that stands still.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::TimeDelta;
use comitia_cache::{Cache, InProcess, Redis};
use comitia_platform::ApiError;
use comitia_testkit::{RedisServer, wait_until};

use super::*;

const CITY: Uuid = Uuid::from_u128(7);
const OTHER: Uuid = Uuid::from_u128(8);
const PATIENCE: Duration = Duration::from_secs(15);

fn here(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn clock() -> Clock {
    Clock::manual(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}

/// One a second is let in, in the mode that is asked for.
fn config(mode: WaitingRoomMode) -> WaitingRoomConfig {
    WaitingRoomConfig { mode, admit_floor: 1, admit_ceiling: 1, pass_uses: 3, ..WaitingRoomConfig::default() }
}

fn room(config: WaitingRoomConfig, cache: &Arc<dyn Cache>, clock: &Clock) -> Arc<WaitingRoom> {
    let cache = Resilient::new(cache.clone(), clock.clone());
    WaitingRoom::new(config, cache, clock.clone(), &"a service key of thirty-two characters".into(), false)
}

fn in_process(clock: &Clock) -> Arc<dyn Cache> {
    Arc::new(InProcess::new(clock.clone()))
}

fn shown(standing: &Standing) -> Tokens {
    Tokens::of(&http_headers(standing))
}

fn http_headers(standing: &Standing) -> ::http::HeaderMap {
    let of = |name, token: &Option<String>| token.as_deref().map(|token| (name, token.parse().unwrap()));
    [of(TICKET, &standing.ticket), of(PASS, &standing.pass)].into_iter().flatten().collect()
}

async fn visit(room: &WaitingRoom, given: &Tokens) -> Standing {
    room.visit(CITY, given, here(1), true).await.unwrap()
}

/// Takes `count` tickets in this order, a millisecond apart.
async fn tickets(room: &WaitingRoom, clock: &Clock, count: usize) -> Vec<Tokens> {
    let mut tickets = Vec::new();
    for _ in 0..count {
        let standing = visit(room, &Tokens::default()).await;
        assert_eq!(standing.state, State::Waiting);
        tickets.push(shown(&standing));
        clock.advance(TimeDelta::milliseconds(1));
    }
    tickets
}

/// As [`tickets`], a second apart: so that each has a second of their own.
async fn seconds_apart(room: &WaitingRoom, clock: &Clock, count: usize) -> Vec<Tokens> {
    let mut line = Vec::new();
    for _ in 0..count {
        line.extend(tickets(room, clock, 1).await);
        clock.advance(TimeDelta::seconds(1));
    }
    line
}

async fn step(room: &WaitingRoom, clock: &Clock, seconds: i64) {
    clock.advance(TimeDelta::seconds(seconds));
    room.tick().await;
}

/// How many of these, from the first on, are let in; no other one may be.
async fn let_in(room: &WaitingRoom, tickets: &[Tokens]) -> usize {
    let mut admitted = Vec::new();
    for ticket in tickets {
        admitted.push(visit(room, ticket).await.state == State::Admitted);
    }
    let count = admitted.iter().take_while(|admitted| **admitted).count();
    assert!(!admitted[count..].contains(&true), "somebody jumped ahead: {admitted:?}");
    count
}

#[tokio::test]
async fn the_room_opens_when_too_many_come_and_closes_when_nobody_waits() {
    let clock = clock();
    let room = room(config(WaitingRoomMode::Auto), &in_process(&clock), &clock);
    room.enter(CITY, &Tokens::default()).await.unwrap();
    step(&room, &clock, 5).await;
    let nobody = Tokens::default();
    room.enter(CITY, &nobody).await.unwrap();
    let Err(Error::WaitingRoom { retry_after }) = room.enter(CITY, &nobody).await else { panic!("let in") };
    assert!(retry_after >= Duration::from_secs(2));
    let first = tickets(&room, &clock, 2).await;
    // The bucket has one again, but it is not for those who came later.
    clock.advance(TimeDelta::seconds(1));
    assert!(room.enter(CITY, &nobody).await.is_err());
    assert!(room.enter(CITY, &first[0]).await.is_err());
    room.tick().await;
    step(&room, &clock, 1).await;
    assert_eq!(let_in(&room, &first).await, 2);
    room.enter(CITY, &first[1]).await.unwrap();
    step(&room, &clock, 5).await;
    room.enter(CITY, &nobody).await.expect("the room has closed");
}

#[tokio::test]
async fn people_go_in_by_arrival_at_the_pace() {
    let clock = clock();
    let room = room(config(WaitingRoomMode::Always), &in_process(&clock), &clock);
    step(&room, &clock, 1).await;
    assert_eq!(visit(&room, &Tokens::default()).await.state, State::Waiting, "always");
    let mut line = Vec::new();
    line.extend(seconds_apart(&room, &clock, 5).await);
    let last = visit(&room, &line[4]).await;
    assert_eq!((last.position, last.waiting), (Some(6), 6));
    let mut seen = Vec::new();
    for _ in 0..8 {
        step(&room, &clock, 1).await;
        seen.push(let_in(&room, &line).await);
    }
    // The two of the first second count as spread over it, and both came in its first half.
    assert_eq!(seen, [1, 1, 2, 3, 4, 5, 5, 5]);
}

#[tokio::test]
async fn a_pass_is_good_for_a_while_a_few_times_and_once_a_ticket() {
    let clock = clock();
    let room = room(config(WaitingRoomMode::Always), &in_process(&clock), &clock);
    let ticket = tickets(&room, &clock, 1).await.remove(0);
    step(&room, &clock, 5).await;
    let admitted = visit(&room, &ticket).await;
    assert_eq!(admitted.pass_expire_time.as_deref(), Some("2027-01-15T08:10:05Z"));
    assert_eq!(visit(&room, &ticket).await.pass, admitted.pass, "the same pass each time");
    let pass = shown(&admitted);
    for _ in 0..3 {
        room.enter(CITY, &pass).await.unwrap();
    }
    assert!(room.enter(CITY, &pass).await.is_err(), "used up");
    assert!(room.enter(CITY, &ticket).await.is_err(), "the ticket is the same person's");
    assert!(room.enter(OTHER, &pass).await.is_err(), "another organization");
    clock.advance(TimeDelta::seconds(600));
    let again = visit(&room, &ticket).await;
    assert_eq!((again.state, again.position), (State::Waiting, Some(1)));
    assert_ne!(again.ticket, ticket.clone_ticket(), "a new place");
}

#[tokio::test]
async fn a_forged_ticket_is_none() {
    let clock = clock();
    let room = room(config(WaitingRoomMode::Always), &in_process(&clock), &clock);
    let own = tickets(&room, &clock, 1).await.remove(0).clone_ticket().unwrap();
    let forged = Tokens::of(&[(TICKET, format!("{own}A").parse().unwrap())].into_iter().collect());
    let standing = visit(&room, &forged).await;
    assert_eq!((standing.state, standing.position), (State::Waiting, Some(2)));
    assert_ne!(standing.ticket, Some(own));
}

#[tokio::test]
async fn an_address_with_many_tickets_delays_only_itself() {
    let clock = clock();
    let limit = crate::config::Limit { burst: 2, per_seconds: 100 };
    let config = WaitingRoomConfig { tickets_per_address: limit, ..config(WaitingRoomMode::Always) };
    let room = room(config, &in_process(&clock), &clock);
    let greedy = tickets(&room, &clock, 6).await;
    let other = room.visit(CITY, &Tokens::default(), here(2), true).await.unwrap();
    assert_eq!(other.position, Some(3), "only the two that the address may have are ahead");
    let late = visit(&room, &greedy[5]).await;
    assert!((190..=200).contains(&late.estimate_seconds.unwrap()), "{late:?}");
    for _ in 0..10 {
        step(&room, &clock, 1).await;
    }
    assert_eq!(visit(&room, &shown(&other)).await.state, State::Admitted);
    assert_eq!(let_in(&room, &greedy).await, 2);
    let mut refused = None;
    for _ in 0..200 {
        refused = room.visit(CITY, &Tokens::default(), here(1), true).await.err();
        if refused.is_some() {
            break;
        }
    }
    assert!(matches!(refused, Some(Error::RateLimited { .. })), "no place within an hour");
}

#[tokio::test]
async fn organizations_share_the_pace() {
    let clock = clock();
    let config = WaitingRoomConfig { admit_ceiling: 10, admit_floor: 10, ..config(WaitingRoomMode::Always) };
    let room = room(config, &in_process(&clock), &clock);
    let rush = tickets(&room, &clock, 40).await;
    let calm = room.visit(OTHER, &Tokens::default(), here(2), true).await.unwrap();
    for _ in 0..5 {
        step(&room, &clock, 1).await;
    }
    let calm = room.visit(OTHER, &shown(&calm), here(2), true).await.unwrap();
    assert_eq!(calm.state, State::Admitted);
    let waiting = room.with_queue(CITY, room.now(), |queue| queue.waiting(i64::MAX / 2));
    assert!((1..40).contains(&waiting), "{waiting} of {}", rush.len());
}

#[tokio::test]
async fn strain_slows_the_pace_and_what_is_refused_for_other_reasons_does_not() {
    let clock = clock();
    let config = WaitingRoomConfig { admit_ceiling: 1_000, ..WaitingRoomConfig::default() };
    let room = room(config, &in_process(&clock), &clock);
    let overloaded = Error::Overloaded { retry_after: Duration::ZERO };
    room.observe(false, Some(&overloaded), Duration::ZERO);
    room.tick().await;
    assert_eq!(lock(&room.pace).rate(), 750_000);
    room.observe(true, None, Duration::from_secs(3));
    room.tick().await;
    assert_eq!(lock(&room.pace).rate(), 562_500, "slow sign-ins");
    room.observe(true, Some(&Error::WaitingRoom { retry_after: Duration::ZERO }), Duration::from_secs(3));
    room.observe(false, Some(&Error::RouteUnknown), Duration::ZERO);
    room.tick().await;
    assert_eq!(lock(&room.pace).rate(), 587_500);
}

#[tokio::test]
async fn a_place_survives_the_restart_of_the_gateway() {
    let server = RedisServer::start().await.unwrap();
    let redis = || -> Arc<dyn Cache> { Arc::new(Redis::connect(server.url()).unwrap()) };
    let clock = clock();
    let before = room(config(WaitingRoomMode::Always), &redis(), &clock);
    step(&before, &clock, 4).await;
    let line = seconds_apart(&before, &clock, 8).await;
    for _ in 0..3 {
        step(&before, &clock, 1).await;
    }
    let stood = visit(&before, &line[7]).await;
    let admitted = let_in(&before, &line).await;
    assert!(stood.position.is_some() && admitted < 8);
    drop(before);

    let after = room(config(WaitingRoomMode::Always), &redis(), &clock);
    let stands = visit(&after, &line[7]).await;
    assert_eq!((stands.position, stands.waiting), (stood.position, stood.waiting));
    assert_eq!(let_in(&after, &line).await, admitted);
    let newcomer = visit(&after, &Tokens::default()).await;
    assert_eq!(newcomer.position, Some(stood.waiting + 1), "behind all who wait");
}

#[tokio::test]
async fn a_place_survives_the_loss_of_redis() {
    let server = RedisServer::start().await.unwrap();
    let redis = || -> Arc<dyn Cache> { Arc::new(Redis::connect(server.url()).unwrap()) };
    let clock = clock();
    let rooms = [(); 2].map(|()| room(config(WaitingRoomMode::Always), &redis(), &clock));
    let mut line = Vec::new();
    for number in 0..16 {
        line.extend(seconds_apart(&rooms[number % 2], &clock, 1).await);
    }
    for room in rooms.iter().chain(&rooms) {
        room.tick().await;
    }
    clock.advance(TimeDelta::seconds(1));
    let known = let_in(&rooms[0], &line).await;
    assert_eq!(known, let_in(&rooms[1], &line).await);

    server.kill();
    let mut seen = known;
    for _ in 0..3 {
        for room in &rooms {
            step(room, &clock, 1).await;
        }
        let now = let_in(&rooms[0], &line).await;
        assert!(now >= seen && now < 16, "{now} after {seen}");
        seen = now;
    }
    assert!(seen > known, "the line goes on without Redis");
    let late = visit(&rooms[0], &Tokens::default()).await;
    assert_eq!(late.state, State::Waiting);
    line.push(shown(&late));

    server.restart().unwrap();
    wait_until("the gateways to agree again", PATIENCE, async || {
        clock.advance(TimeDelta::seconds(1));
        for room in &rooms {
            room.tick().await;
        }
        let standings = [visit(&rooms[0], &line[16]).await, visit(&rooms[1], &line[16]).await];
        assert_eq!(
            let_in(&rooms[0], &line).await.max(seen),
            let_in(&rooms[0], &line).await,
            "nobody is sent back"
        );
        standings[0].waiting == standings[1].waiting
            && standings[0].state == standings[1].state
            && !rooms[0].cache.is_away()
            && !rooms[1].cache.is_away()
    })
    .await;
    wait_until("everybody to be let in", PATIENCE, async || {
        clock.advance(TimeDelta::seconds(1));
        for room in &rooms {
            room.tick().await;
        }
        let_in(&rooms[1], &line).await == 17
    })
    .await;
}

#[tokio::test]
async fn when_redis_and_the_gateway_are_lost_the_tickets_tell_the_order() {
    let clock = clock();
    let before = room(config(WaitingRoomMode::Auto), &in_process(&clock), &clock);
    step(&before, &clock, 1).await;
    before.enter(CITY, &Tokens::default()).await.unwrap();
    let line = tickets(&before, &clock, 5).await;
    clock.advance(TimeDelta::minutes(10));

    let after = room(config(WaitingRoomMode::Auto), &in_process(&clock), &clock);
    assert!(lock(&after.pace).take_one(after.now()), "the room is full");
    let newcomer = shown(&visit(&after, &Tokens::default()).await);
    for number in [3, 0, 4, 1, 2] {
        assert_eq!(visit(&after, &line[number]).await.state, State::Waiting);
    }
    let all: Vec<_> = line.into_iter().chain([newcomer]).collect();
    let mut seen = 0;
    for _ in 0..90 {
        step(&after, &clock, 1).await;
        let now = let_in(&after, &all).await;
        assert!(now >= seen);
        seen = now;
    }
    assert_eq!(seen, 6);
}

#[tokio::test]
async fn a_broken_connection_does_not_slow_the_pace() {
    let clock = clock();
    let room = room(config(WaitingRoomMode::Always), &in_process(&clock), &clock);
    let observe =
        |error: ApiError| room.observe(true, Some(&Error::Upstream(error)), Duration::from_secs(20));
    let seen = || {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (load(&room.seen.requests), load(&room.seen.strained), load(&room.seen.slow))
    };
    let broken = tonic::Status::from_error(std::io::Error::other("connection reset").into());
    observe(ApiError::from_status(&broken));
    assert_eq!(seen(), (0, 0, 0));
    observe(ApiError::unavailable("the database is away"));
    assert_eq!(seen(), (1, 1, 1));
}
