//! What an operator sees of the polls. One test: telemetry is the process'.

use chrono::TimeDelta;
use comitia_platform::telemetry::Telemetry;
use comitia_proto::voting::v1::SignatureSheet;
use comitia_voting::app::standing::{logs_gauge, polls_gauge};
use comitia_voting::app::{clock, close, sequencer, standing};

use crate::harness::{Bench, ORGANIZATION, officer, soon};

/// How many polls the metric shows with this standing.
fn shown(telemetry: &Telemetry, standing: &str) -> Option<u64> {
    let text = telemetry.prometheus_text();
    let series = format!(r#"comitia_voting_polls{{standing="{standing}""#);
    text.lines().find(|line| line.starts_with(&series))?.rsplit_once(' ')?.1.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_polls_by_what_stands_out_about_them() {
    let telemetry = Telemetry::start("test", "off").unwrap();
    let gauge = polls_gauge();
    let bench = Bench::new().await;
    let replica = bench.replica();
    let [open, closed, refused, sealed] = [(); 4].map(|()| replica.open_poll(false));
    let (_open, closed, refused, sealed) = (open.await, closed.await, refused.await, sealed.await);
    let later = bench.clock.now() + TimeDelta::minutes(30);
    replica.poll((later, later + TimeDelta::hours(1)), false).await;
    let count = async || {
        standing::measure_polls(&replica.app, &gauge).await.unwrap();
        ["open", "overdue", "unsealed", "refused"].map(|standing| shown(&telemetry, standing).unwrap())
    };
    clock::tick(&replica.app, TimeDelta::zero()).await.unwrap();
    assert_eq!(count().await, [4, 0, 0, 0]);

    close::close(&replica.app, ORGANIZATION, closed, Some((&officer("closer"), "enough"))).await.unwrap();
    close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), sealed, "enough").await.unwrap();
    replica.vote(&bench, refused, 1, &["o1"]).await.unwrap();
    sqlx::query("UPDATE voting.turnout SET ballot_count = 2").execute(&bench.admin).await.unwrap();
    close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), refused, "enough").await.unwrap_err();
    assert_eq!(count().await, [1, 0, 1, 1]);

    // Nobody ticks: what should have opened or closed is overdue a minute later.
    bench.clock.advance(TimeDelta::minutes(30) + TimeDelta::seconds(59));
    assert_eq!(count().await[1], 0);
    bench.clock.advance(TimeDelta::seconds(1));
    assert_eq!(count().await, [1, 1, 1, 1]);
    bench.clock.advance(TimeDelta::hours(1));
    assert_eq!(count().await, [1, 2, 1, 1]);
    clock::tick(&replica.app, TimeDelta::zero()).await.unwrap();
    assert_eq!(count().await, [0, 0, 0, 1]);

    // A closed poll with an open batch waits for it, and is overdue once the time for paper has passed.
    let waiting = replica.open_poll(false).await;
    crate::paper::batch(&replica, waiting).await;
    close::close(&replica.app, ORGANIZATION, waiting, Some((&officer("closer"), "enough"))).await.unwrap();
    let paper = async || {
        standing::measure_polls(&replica.app, &gauge).await.unwrap();
        ["unsealed", "waiting_for_paper", "paper_overdue"]
            .map(|standing| shown(&telemetry, standing).unwrap())
    };
    assert_eq!(paper().await, [0, 1, 0]);
    bench.clock.advance(TimeDelta::hours(1));
    assert_eq!(paper().await, [0, 1, 1]);

    // Signatures wait for logs that nobody appends to; two sheets, of which one waits longer.
    let logs = logs_gauge();
    let behind = async || {
        standing::measure_logs(&replica.app, &logs).await.unwrap();
        let text = telemetry.prometheus_text();
        let line = text.lines().find(|line| line.starts_with("comitia_voting_log_oldest_seconds")).unwrap();
        line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()
    };
    assert_eq!(behind().await, 0);
    for voter in 0..2 {
        let sheet = replica.open_sheet(SignatureSheet::default()).await;
        replica.app.intake.cast(replica.signature(sheet, voter), soon()).await.unwrap();
        bench.clock.advance(TimeDelta::minutes(5));
    }
    let oldest = behind().await;
    assert!((540..=600).contains(&oldest), "{oldest}");
    assert_eq!(sequencer::sequence(&replica.app).await.unwrap(), 2);
    assert_eq!(behind().await, 0);
}
