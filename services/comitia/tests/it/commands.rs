//! The subcommands, as people run them.

use std::process::{Command, Output};

use comitia_testkit::TestDatabase;
use secrecy::ExposeSecret;

fn comitia(arguments: &[&str]) -> Output {
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

const CONFIGURATION: &str = "common: {service_key: very-secret-service-key}\n\
    voting:\n  server: {listen: '127.0.0.1:7005'}\n  database: {url: 'postgres://u:very-secret@127.0.0.1:1/x'}\n  \
    receipt_key: very-secret-receipt-key\n";

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
fn every_subcommand_explains_itself() {
    for command in ["serve", "migrate", "dev", "demo", "replay", "tally", "doctor", "config", "dead-letters"]
    {
        let output = comitia(&[command, "--help"]);
        assert!(output.status.success());
        let out = text(&output.stdout);
        assert!(out.contains("Usage: comitia") && out.lines().count() > 6, "{out}");
    }
    let output = comitia(&["openapi"]);
    assert!(output.status.success() && text(&output.stdout).contains("\"openapi\": \"3.1"));
}
