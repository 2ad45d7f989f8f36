//! What everybody may see of a poll tells nobody's ballot.

use comitia_proto::voting::v1::BallotGroup;
use comitia_seal::{Channel, Seal, hex};
use comitia_voting::app::{cast, close, turnout};
use uuid::Uuid;

use crate::harness::{Bench, DEVICE, ORGANIZATION, Replica, approve, officer, soon};

async fn vote(bench: &Bench, replica: &Replica, poll: Uuid, voter: u32, district: &str, option: &str) {
    let permit = bench.permit(poll, voter, district, false);
    cast::cast_ballot(&replica.app, ORGANIZATION, poll, permit, &approve(&[option]), &DEVICE, soon())
        .await
        .unwrap();
}

async fn published(replica: &Replica, poll: Uuid) -> Vec<BallotGroup> {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(100);
    close::send_ballots(&replica.app, ORGANIZATION, poll, &sender).await.unwrap();
    drop(sender);
    let mut groups = Vec::new();
    while let Some(chunk) = receiver.recv().await {
        groups.extend(chunk.unwrap());
    }
    groups
}

#[tokio::test]
async fn the_ballot_of_somebody_who_is_alone_in_a_district_is_not_told() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_poll(false).await;
    vote(&bench, &replica, poll, 0, "east", "o4").await;
    for voter in 1..=6 {
        vote(&bench, &replica, poll, voter, "west", "o1").await;
    }
    for voter in 11..=30 {
        vote(&bench, &replica, poll, voter, "north", if voter % 2 == 0 { "o1" } else { "o2" }).await;
    }
    // While it is open, and until it is sealed, districts are nobody's business.
    let open = turnout::turnout(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!((open.ballot_count, open.districts.len()), (27, 0));
    close::close(&replica.app, ORGANIZATION, poll, None).await.unwrap();
    assert!(turnout::turnout(&replica.app, ORGANIZATION, poll).await.unwrap().districts.is_empty());
    let exact = turnout::turnout_for_staff(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!(exact.districts.iter().map(|d| d.online_count).collect::<Vec<_>>(), [1, 20, 6]);

    let sealed = close::close_poll(&replica.app, ORGANIZATION, &officer("closer"), poll, "").await.unwrap();
    let turnout = turnout::turnout(&replica.app, ORGANIZATION, poll).await.unwrap();
    let shown: Vec<_> = turnout
        .districts
        .iter()
        .map(|d| (d.district.as_str(), d.online_count, d.paper_count, d.any_channel_count))
        .collect();
    assert_eq!(shown, [("*", 0, 0, 7), ("north", 20, 0, 0)]);
    assert_eq!((turnout.ballot_count, turnout.smallest_group), (27, 5));

    let groups = published(&replica, poll).await;
    let shown: Vec<_> =
        groups.iter().map(|group| (group.district.as_str(), group.any_channel, group.count)).collect();
    assert_eq!(shown, [("*", true, 6), ("north", false, 10), ("north", false, 10), ("*", true, 1)]);
    assert_eq!(groups.iter().map(|group| group.count).sum::<i64>(), turnout.ballot_count);

    // Anyone can make the seal again from what is published.
    let options = sealed.options.iter();
    let options = options.map(|option| (option.option_id.as_str(), 100, option.title.as_str()));
    let mut seal = Seal::new(&poll.to_string(), 1, options);
    for (ballot, group) in [[1, 1, 1], [1, 1, 1], [1, 1, 2], [1, 1, 4]].iter().zip(&groups) {
        let channel = if group.any_channel { Channel::Any } else { Channel::of(group.paper) };
        seal.add(ballot, &group.district, channel, u64::try_from(group.count).unwrap());
    }
    assert_eq!(sealed.seal_digest, hex(&seal.finish()));
}
