//! The record of processing: the table in code against the catalogue of the database, and what the command prints.

use std::collections::{BTreeMap, BTreeSet};

use comitia_cli::privacy::{WITHOUT, kinds};
use comitia_cli::process::Service;
use comitia_testkit::TestDatabase;
use serde_json::Value;

use crate::commands::comitia;

/// Of the migrations themselves.
const OF_MIGRATIONS: [&str; 2] = ["_sqlx_migrations", "_repeatable_migrations"];

/// Columns that are about people wherever they stand.
const OF_PEOPLE: [&str; 16] = [
    "email",
    "author",
    "officer",
    "owner",
    "actor",
    "caller",
    "member",
    "participant",
    "nullifier",
    "person",
    "staff",
    "birth",
    "phone",
    "signer",
    "subject",
    "by",
];

/// Tables with their columns, those of every service's schema under `*`.
async fn catalogue() -> BTreeMap<String, BTreeSet<String>> {
    let migrations: Vec<_> = Service::ALL.into_iter().filter_map(Service::migrations).collect();
    let schemas: Vec<_> = migrations.iter().map(|one| one.service.to_owned()).collect();
    let database = TestDatabase::create_all(&migrations).await.unwrap();
    let columns: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT n.nspname::text, c.relname::text, a.attname::text
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = ANY ($1)",
    )
    .bind(&schemas)
    .fetch_all(&database.admin_pool().unwrap())
    .await
    .unwrap();
    let mut homes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (schema, table, _) in &columns {
        homes.entry(table).or_default().insert(schema);
    }
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (schema, table, column) in &columns {
        let everywhere = homes[table.as_str()].len() == schemas.len();
        let name = format!("{}.{table}", if everywhere { "*" } else { schema });
        tables.entry(name).or_default().insert(column.clone());
    }
    tables.retain(|name, _| name.split_once('.').is_some_and(|(_, table)| !OF_MIGRATIONS.contains(&table)));
    tables
}

#[tokio::test]
async fn every_table_is_named_with_what_it_has_of_people() {
    let catalogue = catalogue().await;
    let named: BTreeMap<_, _> =
        kinds().flat_map(|kind| kind.tables).map(|table| (table.name, table)).collect();
    for (name, columns) in &catalogue {
        let words = |column: &String| column.split('_').any(|word| OF_PEOPLE.contains(&word));
        match named.get(name.as_str()) {
            Some(table) => {
                let listed = table.personal.split_whitespace().chain(table.other.split_whitespace());
                let listed: BTreeSet<_> = listed.map(str::to_owned).collect();
                assert_eq!(
                    &listed, columns,
                    "the columns of {name} in services/comitia/src/privacy, and in the database"
                );
            }
            None => {
                assert!(
                    WITHOUT.contains(&name.as_str()),
                    "{name} is a new table: name it in services/comitia/src/privacy, with what it has of people, or in WITHOUT"
                );
                let suspicious: Vec<_> = columns.iter().filter(|column| words(column)).collect();
                assert!(suspicious.is_empty(), "{name} is in WITHOUT, and has {suspicious:?}");
            }
        }
    }
    let gone: Vec<_> = named.keys().chain(WITHOUT).filter(|name| !catalogue.contains_key(**name)).collect();
    assert!(gone.is_empty(), "no such tables: {gone:?}");
}

const CONFIGURATION: &str = "
common: {service_keys: {voting: very-secret-service-key-that-is-long-enough}, bus: {url: 'amqp://u:very-secret@bus:5672/%2f'}}
gateway: {server: {listen: '127.0.0.1:7000'}}
portal: {server: {listen: '127.0.0.1:7006'}, secure_cookies: false}
identity:
  server: {listen: '127.0.0.1:7001'}
  database: {url: 'postgres://u:very-secret@127.0.0.1:1/x'}
  data_key: very-secret
  lookup_key: very-secret
  poll_key_retention_days: 45
  mail: {smtp_url: 'smtp://u:very-secret@mail.example.org:587', from: 'City <vote@example.org>'}
  providers:
    france:
      display_name: FranceConnect
      issuer: https://fcp.example.org
      client_id: comitia
      client_secret: very-secret
      redirect_uri: https://vote.example.org/fr/sign-in/provider
spaces: {server: {listen: '127.0.0.1:7002'}, database: {url: 'postgres://u:very-secret@127.0.0.1:1/x'}}
proposals: {server: {listen: '127.0.0.1:7003'}, database: {url: 'postgres://u:very-secret@127.0.0.1:1/x'}}
budgets: {server: {listen: '127.0.0.1:7004'}, database: {url: 'postgres://u:very-secret@127.0.0.1:1/x'}}
voting:
  server: {listen: '127.0.0.1:7005'}
  database: {url: 'postgres://u:very-secret@127.0.0.1:1/x'}
  receipt_key: very-secret
  log_key: very-secret
  smallest_group: 7
";

/// Prints the record of a configuration.
fn printed(configuration: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("comitia.yaml");
    std::fs::write(&file, configuration).unwrap();
    let file = file.display().to_string();
    let mut all = vec!["privacy", "--config", &file];
    all.extend(arguments);
    let output = comitia(&all);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!said.contains("very-secret"), "{said}");
    assert!(!said.contains('{') || arguments.contains(&"json"), "a name without its value: {said}");
    said
}

#[test]
fn the_record_says_what_the_configuration_says() {
    let french = printed(CONFIGURATION, &["--language", "fr", "--controller", "Ville de Łódź"]);
    let french: Vec<_> = french.split([' ', '\n']).filter(|word| !word.is_empty()).collect();
    let french = french.join(" ");
    for said in [
        "Responsable\u{a0}: ",
        "Ville de Łódź",
        "Contact et DPO\u{a0}:",
        "45\u{a0}jours après la clôture",
        "par groupes de 7 au moins",
        "FranceConnect (https://fcp.example.org;",
        "mail.example.org",
        "ATTENTION\u{a0}: les cookies",
        "ATTENTION\u{a0}: les services se parlent sans TLS",
    ] {
        assert!(french.contains(said), "{said}: {french}");
    }
    assert!(!french.contains("configuration (leur partie"), "nothing is missing: {french}");
    let english = printed(CONFIGURATION, &["--format", "markdown"]);
    assert!(english.starts_with("# Record of processing activities (GDPR, article 30)\n"), "{english}");
    assert!(english.contains("| Kept | 45 days after the close; from then on nobody"), "{english}");
    assert!(english.contains("| Tables | identity.members, identity.import_lines, identity.sign_in_groups, identity.returned_letters, identity.erased_members |"), "{english}");

    let record: Value = serde_json::from_str(&printed(CONFIGURATION, &["--format", "json"])).unwrap();
    let all = record["processing"].as_array().unwrap();
    assert_eq!(all.len(), kinds().count());
    for entry in all {
        for (name, value) in entry["settings"].as_object().unwrap() {
            assert!(!value.is_null(), "{}: {name} is no value", entry["id"]);
        }
    }
    let pseudonyms = all.iter().find(|entry| entry["id"] == "pseudonyms").unwrap();
    assert_eq!(pseudonyms["settings"]["identity.poll_key_retention_days"]["seconds"], 45 * 86_400);
    assert_eq!(pseudonyms["tables"]["identity.polls"][0], "poll_key");
}

#[test]
fn a_part_of_the_configuration_is_a_part_of_the_record() {
    let (head, rest) = CONFIGURATION.split_once("identity:\n").unwrap();
    let (_, rest) = rest.split_once("spaces:").unwrap();
    let record = printed(&format!("{head}spaces:{rest}"), &[]);
    assert!(record.contains("their part of the record is printed with their own"), "{record}");
    assert!(record.contains("Ballots and signatures") && !record.contains("Electoral rolls"), "{record}");
    let elsewhere = "[identity.poll_key_retention_days: in another configuration]";
    let words = record.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(elsewhere), "{record}");
}
