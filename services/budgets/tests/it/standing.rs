//! What an operator sees of votes between budgets and voting. One test: telemetry is the process'.

use std::time::Duration;

use chrono::TimeDelta;
use comitia_budgets::app::App;
use comitia_budgets::app::peers::Peers;
use comitia_budgets::app::standing::{self, Standing};
use comitia_bus::OutboxSignal;
use comitia_platform::telemetry::Telemetry;

use crate::doubles::Voting;
use crate::world::{World, group, project};

#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_what_waits_for_voting_and_since_when() {
    let telemetry = Telemetry::start("test", "off").unwrap();
    let standing = Standing::new();
    let world = World::new().await;
    let peers = Peers::connect(&world.runtime, Duration::ZERO).unwrap();
    let pool = world.database.pool("budgets").unwrap();
    let app = App::new(pool, world.clock.clone(), OutboxSignal::new(), peers, Duration::from_secs(1));
    let shown = async || {
        standing::measure(&app, &standing).await.unwrap();
        let text = telemetry.prometheus_text();
        let value = |name: &str| -> u64 {
            let series = text.lines().find(|line| line.starts_with(name)).unwrap();
            series.rsplit_once(' ').unwrap().1.parse().unwrap()
        };
        (value("comitia_budgets_counting_oldest_seconds{"), value("comitia_budgets_polls_unconfirmed{"))
    };
    let budget = world.budget().await;
    let projects = world.add(&budget, vec![project("a", 100)]).await.unwrap();
    assert_eq!(shown().await, (0, 0));

    *world.doubles.voting.lock().unwrap() = Voting::Away;
    world.schedule(world.vote(&budget)).await.unwrap_err();
    assert_eq!(shown().await, (0, 1));
    *world.doubles.voting.lock().unwrap() = Voting::Well;
    let poll = world.schedule(world.vote(&budget)).await.unwrap().poll_id;
    assert_eq!(shown().await, (0, 0));

    world.tell(&world.closed(&poll)).await;
    world.clock.advance(TimeDelta::minutes(40));
    assert_eq!(shown().await, (2400, 0));
    let ballots = vec![group(&[(&projects[0].reference, 0)], 3)];
    world.tell(&world.sealed(&poll, ballots)).await;
    assert_eq!(shown().await, (0, 0));
}
