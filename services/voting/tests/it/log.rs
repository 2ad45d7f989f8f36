//! What anybody reads of a public log, and that the service cannot take it back.

use std::collections::{BTreeMap, BTreeSet};

use comitia_platform::{ApiError, validate};
use comitia_proto::voting::v1::{Milestone, Poll, SheetText, SignatureSheet};
use comitia_transparency::sheet::{Leaf, NO_END, Recount, identifier, text_digest};
use comitia_transparency::tile::{Kind, Tile, entries};
use comitia_transparency::{Checkpoint, Hash, VerifierKeys, proof};
use comitia_voting::app::{log, polls, sequencer};
use comitia_voting::domain::ballot::SIGNATURE;
use comitia_voting::domain::receipt::Tracked;
use comitia_voting::domain::{Nullifier, sheet};
use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::harness::{Bench, ORGANIZATION, Replica, named, nullifier, soon};
use crate::paper;

/// Fifty in all; two districts with twenty each; more than there will be.
pub fn fifty_and_spread() -> SignatureSheet {
    let total = |id: &str, min_signatures| Milestone {
        milestone_id: id.into(),
        min_signatures,
        ..Default::default()
    };
    let spread = Milestone { min_districts: 2, min_in_each_district: 20, ..total("spread", 0) };
    SignatureSheet {
        publishes_districts: true,
        milestones: vec![total("fifty", 50), spread, total("far", 100_000)],
        ..Default::default()
    }
}

/// The log as anybody reads it: its head, and each file.
pub async fn published(replica: &Replica, poll: Uuid) -> (Checkpoint, BTreeMap<Tile, Vec<u8>>) {
    let app = &replica.app;
    let keys = log::describe(app, ORGANIZATION, poll).await.unwrap().verifier_keys;
    let keys = VerifierKeys::parse(keys.iter().map(String::as_str)).unwrap();
    let note = log::checkpoint(app, ORGANIZATION, poll).await.unwrap();
    let head = Checkpoint::open(note.as_bytes(), &keys).unwrap();
    let mut files = BTreeMap::new();
    for tile in Tile::all(head.size) {
        files.insert(tile, log::tile(app, ORGANIZATION, poll, tile).await.unwrap());
    }
    (head, files)
}

/// The leaves in their order.
pub fn leaves(files: &BTreeMap<Tile, Vec<u8>>) -> Vec<Leaf> {
    let bundles = files.iter().filter(|(tile, _)| tile.kind == Kind::Entries);
    bundles
        .flat_map(|(_, bundle)| entries(bundle).unwrap().into_iter().map(|one| Leaf::decode(one).unwrap()))
        .collect()
}

/// The identifier of a voter's signature, made as the voter makes it of the receipt.
pub async fn identifier_of(bench: &Bench, replica: &Replica, poll: Uuid, voter: &Nullifier) -> [u8; 32] {
    let mut transaction = bench.admin.begin().await.unwrap();
    let present = comitia_voting::store::ballots::present(&mut transaction, &[(poll, *voter)]).await.unwrap();
    let present = present.into_iter().next().flatten().unwrap();
    let (nullifier, digest) = (&present.nullifier, &present.digest);
    let tracked = Tracked { poll, nullifier, revision: 1, digest, ballot: SIGNATURE };
    identifier(poll.as_bytes(), &replica.app.receipts.tracking_code(tracked).0)
}

/// Adds the log up, and compares it with what is stored and with heads that were seen before.
pub async fn verify(
    bench: &Bench,
    replica: &Replica,
    poll: Uuid,
    of: &SignatureSheet,
    seen: &[Checkpoint],
) -> Recount {
    let (head, files) = published(replica, poll).await;
    let sizes = seen.iter().map(|seen| seen.size).chain([head.size]);
    let mut recount = Recount::new(sheet::milestones(of), sizes, head.size);
    for (tile, bytes) in files.iter().filter(|(tile, _)| tile.kind == Kind::Entries) {
        recount.add(*tile, bytes).unwrap();
    }
    for (tile, bytes) in files.iter().filter(|(tile, _)| tile.kind != Kind::Entries) {
        recount.check(*tile, bytes).unwrap();
    }
    recount.check_once().unwrap();
    for seen in seen.iter().chain([&head]) {
        assert_eq!(recount.root(seen.size), Some(seen.root), "nothing was moved before {}", seen.size);
    }
    let stored = bench.stored(poll).await;
    let signed = recount.size() - recount.tally().withdrawn() - recount.corrected().len() as u64;
    assert_eq!(signed, stored.len() as u64, "each stored signature has a leaf, and no other");
    let mut transaction = bench.admin.begin().await.unwrap();
    let mut counts = comitia_voting::store::log::counts(&mut transaction, poll).await.unwrap();
    assert_eq!(counts.remove(&NO_END).unwrap_or_default(), recount.tally().all());
    let kept = comitia_voting::store::log::standing_milestones(&mut transaction, poll).await.unwrap();
    let counted: Vec<_> =
        recount.tally().milestones().map(|(milestone, at)| (milestone.clone(), at)).collect();
    assert_eq!(kept, counted);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM voting.log_waiting WHERE poll_id = $1")
        .bind(poll)
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(left, 0, "nothing is left of the order");
    recount
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_signs_is_frozen_with_the_sheet_and_named_by_every_head() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let app = &replica.app;
    let text = |language: &str, body: &str| SheetText { language: language.into(), body: body.into() };
    let texts = vec![text("fr", "Un tilleul\ndans chaque rue."), text("en", "A lime tree in each street.")];
    let poll = replica.open_sheet(SignatureSheet { texts: texts.clone(), ..Default::default() }).await;
    replica.app.intake.cast(replica.signature(poll, 1), soon()).await.unwrap();
    sequencer::sequence(app).await.unwrap();

    let created = polls::get_poll(app, ORGANIZATION, poll).await.unwrap();
    assert_eq!(created.signature_sheet.clone().unwrap().texts, texts);
    let written = log::text(app, ORGANIZATION, poll).await.unwrap();
    assert!(written.starts_with("comitia sheet text v1\n\t"), "{written}");
    assert!(
        written.ends_with("fr\n\tUn tilleul\n\tdans chaque rue.\nen\n\tA lime tree in each street.\n"),
        "{written}"
    );
    let described = log::describe(app, ORGANIZATION, poll).await.unwrap();
    assert_eq!(described.text_digest, hex::encode(text_digest(written.as_bytes())));
    let (head, _) = published(&replica, poll).await;
    let line = [format!("comitia sheet text sha256 {}", described.text_digest)];
    assert_eq!((head.size, head.extensions.as_slice()), (1, &line[..]));
    let wanted = identifier_of(&bench, &replica, poll, &nullifier(1)).await;
    let proved = log::prove(app, ORGANIZATION, poll, &wanted).await.unwrap();
    assert!(proved.checkpoint.contains(&line[0]), "{}", proved.checkpoint);
    let list = polls::list_polls(app, ORGANIZATION, 10, "").await.unwrap();
    assert!(list.polls[0].signature_sheet.as_ref().is_some_and(|sheet| sheet.texts.is_empty()));

    // The same request again is the same sheet; with another text it is refused, and nothing of it changes.
    let again = |texts: Vec<SheetText>| {
        let time = |time: &Option<_>| validate::time("time", time.as_ref()).unwrap();
        let period = (time(&created.open_time), time(&created.close_time));
        let sheet = SignatureSheet { texts, ..Default::default() };
        let asked = Poll { signature_sheet: Some(sheet), ..created.clone() };
        polls::create_poll(app, ORGANIZATION, poll, period, asked)
    };
    again(texts.clone()).await.unwrap();
    let changed = vec![text("fr", "Un chêne dans chaque rue.")];
    assert_eq!(named(again(changed).await), Err("RESOURCE_ALREADY_EXISTS"));
    assert_eq!(log::text(app, ORGANIZATION, poll).await.unwrap(), written);

    let without = replica.open_sheet(SignatureSheet::default()).await;
    assert_eq!(named(log::text(app, ORGANIZATION, without).await), Err("SHEET_TEXT_NOT_FOUND"));
    let (head, _) = published(&replica, without).await;
    assert!(head.extensions.is_empty(), "{head:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_that_were_cast_are_leaves_that_their_receipts_find() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(fifty_and_spread()).await;
    for voter in 0..300 {
        replica.app.intake.cast(replica.signature(poll, voter), soon()).await.unwrap();
    }
    assert_eq!(sequencer::sequence(&replica.app).await.unwrap(), 300);
    assert_eq!(sequencer::sequence(&replica.app).await.unwrap(), 0);
    let recount = verify(&bench, &replica, poll, &fifty_and_spread(), &[]).await;
    let reached: Vec<_> = recount.tally().milestones().map(|(_, at)| at.map(|at| at.leaf)).collect();
    assert_eq!(reached[0], Some(49));
    assert!(reached[1].is_some() && reached[2].is_none());
    let told = bench.events(poll).await;
    assert_eq!(told.iter().filter(|key| *key == "voting.milestone.reached").count(), 2);

    let (head, files) = published(&replica, poll).await;
    for voter in [0, 7, 299] {
        let wanted = identifier_of(&bench, &replica, poll, &nullifier(voter)).await;
        let proved = log::prove(&replica.app, ORGANIZATION, poll, &wanted).await.unwrap();
        let index = u64::try_from(proved.leaf_index).unwrap();
        assert_eq!(Some(index), recount.find(&wanted));
        let hashes: Vec<_> = proved.hashes.iter().map(|hash| Hash::from_slice(hash).unwrap()).collect();
        assert!(proof::includes(&hashes, index, Hash::leaf(&proved.entry), head.size, head.root));
        assert_eq!(Leaf::decode(&proved.entry).unwrap().identifier, wanted);
    }
    // A leaf says where and when, and nothing of the voter.
    let leaves = leaves(&files);
    let districts: BTreeSet<_> = leaves.iter().map(|leaf| leaf.district.as_str()).collect();
    assert_eq!(districts, ["north", "south"].into());
    let minute = u32::try_from(bench.clock.now().timestamp() / 60).unwrap();
    assert!(leaves.iter().all(|leaf| leaf.minute == minute && !leaf.paper));
    let everything = files.values().flatten().copied().collect::<Vec<u8>>();
    for voter in 0..300 {
        let known = nullifier(voter);
        let begins = |bytes: &[u8]| known.as_bytes().starts_with(bytes);
        assert!(!everything.windows(16).any(begins), "a nullifier is not in the log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_those_of_the_log() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(fifty_and_spread()).await;
    let count = async || log::count(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!((count().await.signature_count, count().await.hours.len()), (0, 0));
    let hour = |seconds: i64| seconds - seconds.rem_euclid(3_600);
    let first = hour(bench.clock.now().timestamp());
    for voter in 0..9 {
        replica.app.intake.cast(replica.signature(poll, voter), soon()).await.unwrap();
    }
    sequencer::sequence(&replica.app).await.unwrap();
    bench.clock.advance(chrono::TimeDelta::minutes(50));
    let second = hour(bench.clock.now().timestamp());
    assert_ne!(first, second, "the test begins in the last ten minutes of no hour");
    for voter in 9..15 {
        replica.app.intake.cast(replica.signature(poll, voter), soon()).await.unwrap();
    }
    sequencer::sequence(&replica.app).await.unwrap();
    let counts = count().await;
    let hours: Vec<_> = counts
        .hours
        .iter()
        .map(|hour| (hour.begin_time.as_ref().unwrap().seconds, hour.signature_count))
        .collect();
    assert_eq!(hours, [(first, 9), (second, 6)]);
    let districts: Vec<_> =
        counts.districts.iter().map(|one| (one.district.as_str(), one.signature_count)).collect();
    assert_eq!((counts.signature_count, districts), (15, vec![("north", 5), ("south", 10)]));
    verify(&bench, &replica, poll, &fifty_and_spread(), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_shows_each_growth_and_ends_with_the_process() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(fifty_and_spread()).await;
    let stop = CancellationToken::new();
    let watched = log::watch(&replica.app, ORGANIZATION, poll, stop.clone()).await.unwrap();
    let mut watched = std::pin::pin!(watched);
    assert_eq!(watched.next().await.unwrap().signature_count, 0);
    for voter in 0..3 {
        replica.app.intake.cast(replica.signature(poll, voter), soon()).await.unwrap();
    }
    sequencer::sequence(&replica.app).await.unwrap();
    let grown = watched.next().await.unwrap();
    assert_eq!((grown.signature_count, grown.districts.len(), grown.hours.len()), (3, 2, 1));
    // The hour before is not sent again.
    bench.clock.advance(chrono::TimeDelta::minutes(50));
    for voter in 3..5 {
        replica.app.intake.cast(replica.signature(poll, voter), soon()).await.unwrap();
    }
    sequencer::sequence(&replica.app).await.unwrap();
    let grown = watched.next().await.unwrap();
    assert_eq!((grown.signature_count, grown.hours.len(), grown.hours[0].signature_count), (5, 1, 2));
    let all = log::count(&replica.app, ORGANIZATION, poll).await.unwrap();
    assert_eq!((all.hours.len(), &all.hours[1]), (2, &grown.hours[0]));
    stop.cancel();
    assert_eq!(watched.next().await, None);
    let other = replica.open_poll(false).await;
    let refused = log::watch(&replica.app, ORGANIZATION, other, stop).await.map(drop);
    assert_eq!(named(refused), Err("POLL_HAS_NO_LOG"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_that_publishes_no_districts_names_none() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let quiet = SignatureSheet::default();
    let poll = replica.open_sheet(quiet.clone()).await;
    for voter in 0..5 {
        replica.app.intake.cast(replica.signature(poll, voter), soon()).await.unwrap();
    }
    sequencer::sequence(&replica.app).await.unwrap();
    verify(&bench, &replica, poll, &quiet, &[]).await;
    assert!(leaves(&published(&replica, poll).await.1).iter().all(|leaf| leaf.district.is_empty()));
    assert!(log::describe(&replica.app, ORGANIZATION, poll).await.unwrap().districts.is_empty());
    assert!(log::count(&replica.app, ORGANIZATION, poll).await.unwrap().districts.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_on_paper_are_leaves_and_void_forms_are_not() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let sheet = fifty_and_spread();
    let poll = replica.open_sheet(sheet.clone()).await;
    replica.app.intake.cast(replica.signature(poll, 1), soon()).await.unwrap();
    let batch = paper::batch(&replica, poll).await;
    let forms: Vec<_> =
        (1..4).map(|voter| paper::form(&bench, poll, &voter.to_string(), voter, &[])).collect();
    paper::enter(&replica, "ann", poll, batch, &forms).await.unwrap();
    paper::enter(&replica, "bob", poll, batch, &forms).await.unwrap();
    let committed = paper::commit(&replica, "bob", poll, batch).await.unwrap();
    assert_eq!(paper::rejected(&committed).len(), 1, "the first voter has signed online");
    assert_eq!(sequencer::sequence(&replica.app).await.unwrap(), 3);
    verify(&bench, &replica, poll, &sheet, &[]).await;
    let leaves = leaves(&published(&replica, poll).await.1);
    assert_eq!(leaves.iter().map(|leaf| leaf.paper).collect::<Vec<_>>(), [false, true, true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(SignatureSheet::default()).await;
    let app = &replica.app;
    for voter in 0..3 {
        app.intake.cast(replica.signature(poll, voter), soon()).await.unwrap();
    }
    sequencer::sequence(app).await.unwrap();
    let tile = async |poll, path: &str| {
        named(log::tile(app, ORGANIZATION, poll, path.parse().unwrap()).await).map(|bytes| bytes.len())
    };
    assert_eq!(tile(poll, "tile/0/000.p/2").await, Ok(64), "a shorter one stays, for who began with it");
    for path in ["tile/0/000.p/4", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1", "tile/entries/000.p/4"] {
        assert_eq!(tile(poll, path).await, Err("LOG_TILE_NOT_FOUND"), "{path}");
    }
    assert_eq!(named(log::prove(app, ORGANIZATION, poll, &[7; 32]).await), Err("LOG_ENTRY_NOT_FOUND"));
    let other = replica.open_poll(false).await;
    assert_eq!(named(log::checkpoint(app, ORGANIZATION, other).await), Err("POLL_HAS_NO_LOG"));
    assert_eq!(tile(other, "tile/0/000.p/1").await, Err("POLL_HAS_NO_LOG"));
    assert_eq!(
        named(log::describe(app, ORGANIZATION, Uuid::nil()).await.map(drop)),
        Err("RESOURCE_NOT_FOUND")
    );
    // Another organization's log is as good as none.
    let elsewhere = Uuid::from_u128(0xbb);
    for found in [
        log::checkpoint(app, elsewhere, poll).await.map(drop),
        log::tile(app, elsewhere, poll, "tile/0/000.p/1".parse().unwrap()).await.map(drop),
        log::prove(app, elsewhere, poll, &[7; 32]).await.map(drop),
    ] {
        assert_eq!(named(found), Err("RESOURCE_NOT_FOUND"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_cannot_rewrite_a_log() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(fifty_and_spread()).await;
    for voter in 0..60 {
        replica.app.intake.cast(replica.signature(poll, voter), soon()).await.unwrap();
    }
    sequencer::sequence(&replica.app).await.unwrap();
    for attempt in [
        "UPDATE voting.logs SET size = size - 1",
        "UPDATE voting.logs SET origin = 'elsewhere'",
        "UPDATE voting.log_tiles SET bytes = substr(bytes, 1, 32)",
        "UPDATE voting.log_tiles SET bytes = set_byte(bytes, 40, (get_byte(bytes, 40) + 1) % 256)",
        "UPDATE voting.log_leaves SET leaf = 7",
        "UPDATE voting.log_milestones SET reached_leaf = 7 WHERE reached_leaf IS NOT NULL",
        "DELETE FROM voting.log_milestones",
        "DELETE FROM voting.log_leaves",
        "DELETE FROM voting.log_tiles",
        "DELETE FROM voting.logs",
    ] {
        let mut transaction = replica.app.pool.begin().await.unwrap();
        sqlx::query("SELECT set_config('comitia.organization', '*', true)")
            .execute(&mut *transaction)
            .await
            .unwrap();
        assert!(sqlx::query(attempt).execute(&mut *transaction).await.is_err(), "{attempt}");
    }
    verify(&bench, &replica, poll, &fifty_and_spread(), &[]).await;
}

/// An intake takes a signature as it takes any ballot.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_once() {
    let bench = Bench::new().await;
    let replica = bench.replica();
    let poll = replica.open_sheet(SignatureSheet::default()).await;
    let first = replica.vote(&bench, poll, 1, &[]).await.unwrap();
    assert_eq!(replica.vote(&bench, poll, 1, &[]).await.unwrap(), first, "the same secret, the same receipt");
    let permit = bench.permit(poll, 1, "north", false);
    let reason = |result: Result<_, ApiError>| result.map(drop).map_err(|error| error.reason_name());
    let again = replica.vote_with(&permit, poll, &[7; 16], &[]).await;
    assert_eq!(reason(again), Err("BALLOT_ALREADY_CAST"));
    assert_eq!(reason(replica.vote(&bench, poll, 2, &["o1"]).await), Err("BALLOT_INVALID"));
    assert_eq!(sequencer::sequence(&replica.app).await.unwrap(), 1);
    let code: comitia_voting::domain::tracking::TrackingCode =
        comitia_voting::domain::tracking::TrackingCode::parse(&first.tracking_code).unwrap();
    let proved =
        log::prove(&replica.app, ORGANIZATION, poll, &identifier(poll.as_bytes(), &code.0)).await.unwrap();
    assert_eq!((proved.leaf_index, proved.hashes.len()), (0, 0));
}
