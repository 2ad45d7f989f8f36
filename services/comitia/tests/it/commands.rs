//! The subcommands, as people run them.

use std::process::{Command, Output};

use comitia_testkit::TestDatabase;
use secrecy::ExposeSecret;

pub fn comitia(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_comitia")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn journey_the_demo_runs_twice_in_one_folder() {
    let data = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let output = comitia(&["demo", "--residents", "60", "--data", &data.path().display().to_string()]);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{out}\n{err}");
        assert!(out.contains("60 ballots counted, 60 acknowledged, 60 sent"), "{out}\n{err}");
        assert!(out.contains("Where to look next"), "{out}");
    }
}

#[test]
fn journey_a_petition_is_signed_and_one_signature_proved() {
    let data = tempfile::tempdir().unwrap();
    let output = comitia(&["demo-petition", "--people", "70", "--data", &data.path().display().to_string()]);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains("Threshold    35 signatures: reached with leaf 34"), "{out}\n{err}");
    assert!(out.contains("70 signed of 70; 70 signatures in the log"), "{out}\n{err}");
    assert!(out.contains("VERIFIED") && out.contains("Proof        receipt "), "{out}\n{err}");
    assert!(!out.contains("Refused"), "{out}\n{err}");
}

#[test]
fn a_file_with_a_missing_section_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.pb");
    std::fs::write(&file, "META\nkey;value\nbudget;100\nPROJECTS\nproject_id;cost\n1;10\n").unwrap();
    let output = comitia(&[
        "replay",
        &file.display().to_string(),
        "--operator-key",
        "x",
        "--gateway",
        "http://127.0.0.1:9",
    ]);
    assert!(!output.status.success());
    let err = text(&output.stderr);
    assert!(err.contains("broken.pb") && (err.contains("META") || err.contains("VOTES")), "{err}");
}

#[tokio::test]
async fn migrate_brings_an_empty_database_up_to_date_and_can_be_repeated() {
    let database = TestDatabase::create_all(&[]).await.unwrap();
    for _ in 0..2 {
        let url = database.admin_url();
        let output = Command::new(env!("CARGO_BIN_EXE_comitia"))
            .args(["migrate", "voting", "spaces"])
            .env("COMITIA_ADMIN_DATABASE_URL", url.expose_secret())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "voting: up to date\nspaces: up to date\n");
    }
}

const CONFIGURATION: &str = "common: {service_keys: {voting: very-secret-service-key-that-is-long-enough}}\n\
    voting:\n  server: {listen: '127.0.0.1:7005'}\n  database: {url: 'postgres://u:very-secret@127.0.0.1:1/x'}\n  \
    receipt_key: very-secret-receipt-key\n  log_key: very-secret-log-key\n";

#[test]
fn the_configuration_is_shown_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("comitia.yaml");
    std::fs::write(&file, CONFIGURATION).unwrap();
    let output = comitia(&["config", "--config", &file.display().to_string()]);
    let out = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(out.contains("127.0.0.1:7005") && out.contains("closing_grace_ms"), "{out}");
    assert!(!out.contains("very-secret"), "{out}");
}

#[test]
fn an_unknown_key_and_a_missing_one_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("comitia.yaml");
    std::fs::write(&file, CONFIGURATION.replace("receipt_key", "reciept_key")).unwrap();
    let output = comitia(&["config", "--config", &file.display().to_string()]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("reciept_key"), "{}", text(&output.stderr));
}

#[test]
fn a_service_key_that_can_be_guessed_is_named_and_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("comitia.yaml");
    std::fs::write(&file, CONFIGURATION.replace("-that-is-long-enough", "")).unwrap();
    let output = comitia(&["config", "--config", &file.display().to_string()]);
    assert!(!output.status.success());
    let said = text(&output.stderr);
    assert!(said.contains("the service key of voting must have 32 characters or more"), "{said}");
    assert!(!said.contains("very-secret"), "{said}");
}

#[test]
fn the_doctor_says_what_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("comitia.yaml");
    std::fs::write(&file, CONFIGURATION).unwrap();
    let identity = "common.endpoints.identity=http://127.0.0.1:1";
    let output = comitia(&["doctor", "--config", &file.display().to_string(), "--set", identity]);
    assert!(!output.status.success());
    let out = text(&output.stdout);
    for line in ["ok    configuration", "FAIL  voting database", "ok    bus: in process", "FAIL  identity"] {
        assert!(out.contains(line), "{line} is missing:\n{out}");
    }
    assert!(!out.contains("very-secret"), "{out}");
}

#[test]
fn the_doctor_says_whether_files_can_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("comitia.yaml");
    std::fs::write(&file, CONFIGURATION).unwrap();
    let said = |files: &std::path::Path| {
        let (config, files) =
            (file.display().to_string(), format!("spaces.files.folder={}", files.display()));
        let database = "spaces.database.url=postgres://u:very-secret@127.0.0.1:1/x";
        let listen = "spaces.server.listen=127.0.0.1:7002";
        let identity = "common.endpoints.identity=http://127.0.0.1:1";
        let mut arguments = vec!["doctor", "--config", &config];
        for each in [database, listen, identity, &files] {
            arguments.extend(["--set", each]);
        }
        text(&comitia(&arguments).stdout)
    };
    let good = said(&folder.path().join("files"));
    let line = "ok    spaces files: the store can be written; no scanner for viruses is configured";
    assert!(good.contains(line), "{good}");
    // In place of the folder there is a file.
    let bad = said(&file.join("files"));
    assert!(bad.contains("FAIL  spaces files: configuration: spaces.files.folder: "), "{bad}");
}

#[test]
fn mistakes_are_told_once_and_with_what_is_right() {
    let unknown = text(&comitia(&["serve", "votes"]).stderr);
    assert!(unknown.contains("choose `all`, or any of gateway, identity"), "{unknown}");
    let output = Command::new(env!("CARGO_BIN_EXE_comitia")).arg("config").env_clear().output().unwrap();
    let unconfigured = text(&output.stderr);
    assert_eq!(unconfigured.matches("missing configuration field").count(), 1, "{unconfigured}");
    assert!(unconfigured.contains("comitia dev"), "{unconfigured}");
}

#[test]
fn a_file_with_an_odd_ballot_is_counted_or_with_strict_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("odd.pb");
    let votes = "1;a,b,a\n2;b\n3;nowhere\n";
    let head = "META\nkey;value\ndescription;d\ncountry;c\nunit;u\ninstance;2026\nnum_projects;2\nnum_votes;3\nbudget;10\n\
                vote_type;approval\nrule;greedy\ndate_begin;2026\ndate_end;2026\nPROJECTS\nproject_id;cost\na;10\nb;10\n";
    std::fs::write(&file, format!("{head}VOTES\nvoter_id;vote\n{votes}")).unwrap();
    let path = file.display().to_string();
    let output = comitia(&["tally", &path, "--format", "json"]);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && out.contains("\"b\""), "{out}{err}");
    assert!(
        err.contains("line 20, vote: the project \"a\" stands twice on the ballot; it counts once"),
        "{err}"
    );
    assert!(
        err.contains("line 22, vote") && err.contains("the ballot is set aside and not counted"),
        "{err}"
    );
    let output = comitia(&["tally", &path, "--strict"]);
    assert!(
        !output.status.success() && text(&output.stderr).contains("line 20, vote"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn every_subcommand_explains_itself() {
    // A sentence that only the long help has, for each.
    for (command, sentence) in [
        ("serve", "SIGTERM or SIGINT drains"),
        ("migrate", "Servers refuse to start on pending migrations"),
        ("dev", "On the first start it makes secrets"),
        ("demo", "Each run makes a new organization"),
        ("replay", "every ballot was acknowledged and counted"),
        ("tally", "One odd ballot does not cost an election"),
        ("verify", "shows only that the log agrees with itself"),
        ("doctor", "what it names"),
        ("config", "[REDACTED]"),
        ("privacy", "is responsible confirms them"),
        ("dead-letters", "Each queue has its own"),
    ] {
        let output = comitia(&[command, "--help"]);
        assert!(output.status.success());
        let out = text(&output.stdout);
        let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(out.contains("Usage: comitia") && words.contains(sentence), "{command}: {out}");
        let configured = !["migrate", "replay", "tally", "verify"].contains(&command);
        assert_eq!(out.contains("--set"), configured, "{command} offers what has an effect: {out}");
    }
    let whole = text(&comitia(&["--help"]).stdout);
    assert!(whole.contains("participatory budget") && whole.contains("Count a .pb file"), "{whole}");
    let output = comitia(&["openapi"]);
    assert!(output.status.success() && text(&output.stdout).contains("\"openapi\": \"3.1"));
}
