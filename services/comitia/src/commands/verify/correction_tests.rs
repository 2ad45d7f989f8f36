//! A log with corrections in a folder: verified as it was written, and refused with each alteration of its register.

use std::path::Path;

use comitia_transparency::sheet::{Act, Correction, Leaf, Selection, Subject, identifier, reason_digest};
use comitia_transparency::tile::push_entry;
use comitia_transparency::{Checkpoint, Frontier, Hash, SigningKey};
use comitia_verify::{Options, Report};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use uuid::Uuid;

use super::check::check;
use super::page;
use super::source::Source;
use super::tests::altered;

const ORIGIN: &str = "comitia.example/polls/1";
const POLL: Uuid = Uuid::from_u128(1);
const MINUTE: u32 = 29_000_000;

/// Twenty signatures, a quarantine of five of them, and its end.
fn entries() -> Vec<Vec<u8>> {
    let leaf = |number: u64| Leaf {
        withdrawal: false,
        identifier: identifier(POLL.as_bytes(), &(u128::from(number) << 3).to_be_bytes()),
        paper: number >= 15,
        minute: MINUTE,
        district: if number.is_multiple_of(2) { "Nord" } else { "Sud" }.to_owned(),
    };
    let paper = Selection { paper: Some(true), ..Selection::of_entries(10, 20) };
    let correction = |number, act, subject, reason| {
        Correction { number, act, subject, minute: MINUTE + 1, reason: reason_digest(reason) }.encode()
    };
    let mut entries: Vec<_> = (0..20).map(|number| leaf(number).encode()).collect();
    entries.push(correction(1, Act::Quarantine, Subject::Selection(paper), "Une boîte sans scellé"));
    entries.push(correction(2, Act::Invalidation, Subject::Selection(Selection::of_entries(0, 1)), "Essai"));
    entries.push(correction(3, Act::Restoration, Subject::Earlier(1), "Le scellé est retrouvé"));
    entries
}

fn description(entries: &[Vec<u8>]) -> Value {
    let mut tree = Frontier::default();
    entries.iter().for_each(|entry| tree.push(Hash::leaf(entry), |_| {}));
    let key = SigningKey::from_seed(&[1; 32]);
    let head =
        Checkpoint { origin: ORIGIN.into(), size: tree.size(), root: tree.root(), extensions: Vec::new() };
    let time = "2025-02-19T21:21:00Z";
    json!({"log": {
        "pollId": POLL, "origin": ORIGIN, "verifierKeys": [key.verifier(ORIGIN)], "checkpoint": head.sign(&[key]).unwrap(),
        "signatureCount": "19", "setAsideCount": "1", "publishesDistricts": true,
        "districts": [{"district": "Nord", "signatureCount": "9"}, {"district": "Sud", "signatureCount": "10"}],
        "milestones": [
            {"milestoneId": "eighteen", "minSignatures": "18", "reached": {"leafIndex": "17"}, "holds": true},
        ],
        "corrections": [
            {
                "number": 1, "act": "CORRECTION_ACT_QUARANTINE", "reason": "Une boîte sans scellé", "decideTime": time,
                "selection": {"firstLeaf": "10", "endLeaf": "20", "channel": "SIGNATURE_CHANNEL_PAPER"}, "leafIndex": "20",
                "effect": {
                    "signatureCount": "5", "lostMilestoneIds": ["eighteen"],
                    "districts": [{"district": "Nord", "signatureCount": "2"}, {"district": "Sud", "signatureCount": "3"}],
                },
            },
            {
                "number": 2, "act": "CORRECTION_ACT_INVALIDATION", "reason": "Essai", "decideTime": time,
                "selection": {"endLeaf": "1"}, "leafIndex": "21", "inForce": true,
                "effect": {"signatureCount": "1", "districts": [{"district": "Nord", "signatureCount": "1"}]},
            },
            {
                "number": 3, "act": "CORRECTION_ACT_RESTORATION", "reason": "Le scellé est retrouvé", "decideTime": time,
                "earlierNumber": 1, "leafIndex": "22",
                "effect": {
                    "signatureCount": "5", "regainedMilestoneIds": ["eighteen"],
                    "districts": [{"district": "Nord", "signatureCount": "2"}, {"district": "Sud", "signatureCount": "3"}],
                },
            },
        ],
    }})
}

fn write(folder: &Path, entries: &[Vec<u8>], description: &Value) {
    let (mut bundle, mut hashes) = (Vec::new(), Vec::new());
    for entry in entries {
        assert!(push_entry(&mut bundle, entry));
        hashes.extend(Hash::leaf(entry).0);
    }
    for (name, bytes) in [("tile/entries/000.p/23", bundle), ("tile/0/000.p/23", hashes)] {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    std::fs::write(folder.join("checkpoint"), description["log"]["checkpoint"].as_str().unwrap()).unwrap();
    std::fs::write(folder.join("log.json"), description.to_string()).unwrap();
}

async fn verify(entries: &[Vec<u8>], description: &Value) -> Report {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), entries, description);
    let source = Source::new(folder.path().to_str().unwrap(), None).unwrap();
    check(&source, &Options::default(), &ProgressBar::hidden()).await.unwrap()
}

#[tokio::test]
async fn corrections_are_counted_as_they_are_published() {
    let entries = entries();
    let report = verify(&entries, &description(&entries)).await;
    assert_eq!(altered(&report), Vec::<String>::new());
    let text = page(&report);
    for line in [
        "Signatures   19 at the published count, without 1 that are set aside",
        "Correction   1 (entry 21): 5 are in quarantine; lost: eighteen",
        "Correction   2 (entry 22): 1 do not count",
        "Correction   3 (entry 23): 5 of correction 1 count again; regained: eighteen",
        "Milestone    eighteen: reached with entry 18 (2025-02-19T21:20:00Z)",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
    }
    assert_eq!(report.json()["corrections"][0]["districts"]["Sud"], 3);
}

#[tokio::test]
async fn each_alteration_of_the_register_is_found() {
    let entries = entries();
    type Alter = fn(&mut Value);
    let alterations: [(&str, Alter); 12] = [
        ("correction 1: its reason", |log| log["corrections"][0]["reason"] = "Rien".into()),
        ("correction 1: what it does", |log| {
            log["corrections"][0]["act"] = "CORRECTION_ACT_INVALIDATION".into();
        }),
        ("correction 1: what it does", |log| log["corrections"][0]["selection"]["endLeaf"] = "19".into()),
        ("correction 1: what it does", |log| log["corrections"][0]["selection"]["channel"] = "".into()),
        ("correction 3: what it does", |log| log["corrections"][2]["earlierNumber"] = 2.into()),
        ("correction 2: its time", |log| log["corrections"][1]["decideTime"] = "2025-02-19T21:20:00Z".into()),
        ("correction 2: its place", |log| log["corrections"][1]["leafIndex"] = "22".into()),
        ("correction 2: its number", |log| log["corrections"][1]["number"] = 1.into()),
        ("correction 1: how many signatures it changes", |log| {
            log["corrections"][0]["effect"]["signatureCount"] = "4".into();
        }),
        ("correction 1: how many signatures of a district", |log| {
            log["corrections"][0]["effect"]["districts"][0]["signatureCount"] = "3".into();
        }),
        ("correction 1: what it does to milestones", |log| {
            log["corrections"][0]["effect"]["lostMilestoneIds"] = json!([]);
        }),
        ("and there are 19 and 0, and 1 that are set aside", |log| {
            log["signatureCount"] = "20".into();
            log["setAsideCount"] = "0".into();
        }),
    ];
    for (expected, alter) in alterations {
        let mut description = description(&entries);
        alter(&mut description["log"]);
        let report = verify(&entries, &description).await;
        assert!(
            altered(&report).iter().any(|why| why.contains(expected)),
            "{expected}: {:?}",
            altered(&report)
        );
    }
    // One that is kept quiet: the counts no longer have as many entries as the checkpoint.
    let mut quiet = description(&entries);
    quiet["log"]["corrections"].as_array_mut().unwrap().pop();
    let report = verify(&entries, &quiet).await;
    assert!(
        altered(&report)[0].ends_with("the checkpoint beside them has 23 entries"),
        "{:?}",
        altered(&report)
    );
}
