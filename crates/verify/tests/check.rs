//! What is checked of a log is said part by part: what holds, what does not, and what the check did not come to.

#![allow(clippy::unwrap_used, reason = "tests")]

mod log;

use comitia_transparency::Hash;
use comitia_verify::{Check, Error, Options, Part, Report, State};
use log::{Files, code, digest, head, log, signed};

fn check(files: &Files, options: Options) -> Result<Report, Error> {
    let mut check = Check::begin(&files["log.json"], &files["checkpoint"], options)?;
    for file in check.files() {
        let Some(bytes) = files.get(&file.to_string()) else { break };
        if !check.add(file, bytes) {
            break;
        }
    }
    check.finish()
}

fn states(report: &Report, state: State) -> Vec<Part> {
    report.parts().filter(|part| part.1 == state).map(|part| part.0).collect()
}

const ALWAYS: [Part; 7] =
    [Part::Signed, Part::Text, Part::Tree, Part::Once, Part::Counts, Part::Milestones, Part::Corrections];

#[test]
fn everything_that_is_asked_for_is_checked_and_holds() {
    let files = log(700);
    let report = check(&files, Options::default()).unwrap();
    assert_eq!((states(&report, State::Holds), report.faults()), (ALWAYS.to_vec(), &[][..]));
    assert_eq!((report.size, report.text), (700, Some(digest(&files["text"]))));
    let options =
        Options { since: Some(head(300).into_bytes()), receipt: Some(code(42).0), ..Options::default() };
    let report = check(&files, options).unwrap();
    assert_eq!((report.receipt, report.since), (Some(42), Some(300)));
    let parts: Vec<_> = report.parts().collect();
    assert_eq!(parts.len(), 9);
    assert!(parts.iter().all(|part| part.1 == State::Holds), "{parts:?}");
    assert_eq!(report.json()["checks"]["continued"], "holds");
}

#[test]
fn each_byte_that_is_flipped_fails_the_part_that_it_belongs_to() {
    let flipped = |path: &str, at: usize| {
        let mut files = log(700);
        files.get_mut(path).unwrap()[at] ^= 1;
        check(&files, Options::default()).unwrap()
    };
    for (path, at, part) in [
        ("checkpoint", 40, Part::Signed),
        ("text", 40, Part::Text),
        ("tile/entries/001", 20, Part::Tree),
        ("tile/0/001", 20, Part::Tree),
        ("tile/1/000.p/2", 20, Part::Tree),
    ] {
        let report = flipped(path, at);
        assert_eq!(states(&report, State::Fails), [part], "{path}: {:?}", report.faults());
    }
    // What a broken entry keeps from being checked is not said to hold.
    let report = flipped("tile/entries/001", 2);
    assert_eq!(states(&report, State::Fails), [Part::Tree]);
    let open = [Part::Once, Part::Counts, Part::Milestones, Part::Corrections];
    assert_eq!(states(&report, State::Open), open);
    assert_eq!(report.json()["checks"]["counts"], "open");
}

#[test]
fn counts_milestones_and_receipts_that_do_not_fit_are_named() {
    let replaced = |from: &str, to: &str, options: Options| {
        let mut files = log(700);
        let text = String::from_utf8(files["log.json"].clone()).unwrap();
        assert!(text.contains(from), "{text}");
        files.insert("log.json".into(), text.replacen(from, to, 1).into_bytes());
        check(&files, options).unwrap()
    };
    let report = replaced("\"234\"", "\"235\"", Options::default());
    assert_eq!(states(&report, State::Fails), [Part::Counts], "{:?}", report.faults());
    let report = replaced("\"99\"", "\"98\"", Options::default());
    assert_eq!(states(&report, State::Fails), [Part::Milestones], "{:?}", report.faults());
    let unknown = Options { receipt: Some(code(701).0), ..Options::default() };
    let report = replaced("Nord", "Nord", unknown);
    assert_eq!(states(&report, State::Fails), [Part::Receipt]);
}

#[test]
fn a_text_that_was_changed_while_people_signed_is_found() {
    // The server publishes another text, and signs its heads anew: the head that somebody kept tells.
    let mut files = log(700);
    let (before, changed) = (head(300), b"another text".to_vec());
    let (old, new) = (digest(&files["text"]), digest(&changed));
    let root = {
        let note = String::from_utf8(files["checkpoint"].clone()).unwrap();
        Hash::from_base64(note.lines().nth(2).unwrap()).unwrap()
    };
    let note = signed(700, root, &new);
    let mut description: serde_json::Value = serde_json::from_slice(&files["log.json"]).unwrap();
    description["log"]["textDigest"] = new.clone().into();
    description["log"]["checkpoint"] = note.clone().into();
    files.insert("log.json".into(), description.to_string().into_bytes());
    files.insert("checkpoint".into(), note.into_bytes());
    files.insert("text".into(), changed);
    assert_eq!(check(&files, Options::default()).unwrap().faults(), []);
    let since = Options { since: Some(before.into_bytes()), ..Options::default() };
    let report = check(&files, since).unwrap();
    assert_eq!(states(&report, State::Fails), [Part::Text]);
    let expected =
        format!("the earlier checkpoint names the text {old}, and the one that is published is {new}");
    assert_eq!(report.faults()[0].why, expected);
    // Hiding the digest does not help.
    description["log"]["textDigest"] = "".into();
    files.insert("log.json".into(), description.to_string().into_bytes());
    let report = check(&files, Options::default()).unwrap();
    assert_eq!(states(&report, State::Fails), [Part::Text]);
}

#[test]
fn what_cannot_be_checked_at_all_is_an_error() {
    let mut files = log(300);
    files.remove("tile/entries/001.p/44");
    assert!(matches!(check(&files, Options::default()), Err(Error::Short)));
    let with = |description: &str| {
        let files = Files::from([
            ("log.json".to_owned(), description.as_bytes().to_vec()),
            ("checkpoint".to_owned(), Vec::new()),
        ]);
        check(&files, Options::default()).unwrap_err()
    };
    assert!(matches!(with("no JSON"), Error::Description(_)));
    assert!(matches!(with(r#"{"log": {"pollId": "7"}}"#), Error::Poll));
    let key = r#"{"log": {"pollId": "00000000-0000-0000-0000-000000000001", "verifierKeys": ["?"]}}"#;
    assert!(matches!(with(key), Error::Key(_)));
}
