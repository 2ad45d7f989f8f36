//! The order of people in one petition does not reveal their order in another.

use std::collections::HashMap;

use comitia_cli::commands::demo_petition::provider;
use comitia_identity::domain::providers::subject;
use comitia_identity::domain::secrets::{DataKeys, nullifier};
use comitia_testkit::Installation;
use comitia_transparency::sheet::identifier;
use comitia_voting::domain::tracking::TrackingCode;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::POLL_KEY;
use super::signing::Petitions;

/// So many standard deviations are no chance.
const DEVIATIONS: f64 = 7.0;

/// Puts the rows of each signature in the order of each of their columns, and compares the orders of people between petitions.
pub async fn assert_they_say_nothing(petitions: &Petitions) {
    let (by_nullifier, by_identifier) = (by_nullifier(petitions).await, by_identifier(petitions));
    for (table, known_by, people, columns) in [
        ("ballots", "nullifier", &by_nullifier, ["arrival_order", "nullifier", "cast_digest"].as_slice()),
        ("log_leaves", "identifier", &by_identifier, ["leaf", "identifier"].as_slice()),
    ] {
        for column in columns {
            let query = format!("SELECT poll_id, {known_by} FROM voting.{table} ORDER BY poll_id, {column}");
            let rows: Vec<(Uuid, Vec<u8>)> =
                sqlx::query_as(AssertSqlSafe(query)).fetch_all(&petitions.admin).await.unwrap();
            let mut orders: HashMap<Uuid, Vec<u64>> = HashMap::new();
            for (poll, known_by) in rows {
                orders.entry(poll).or_default().push(people[&known_by]);
            }
            let orders: Vec<_> = orders.into_values().collect();
            assert_eq!(orders.len(), petitions.size.petitions);
            let (rho, chance) = correlation(&orders);
            assert!(
                rho.abs() < chance,
                "people are in one order by voting.{table}.{column} in all petitions: {rho}"
            );
        }
    }
}

/// Whose each pseudonym is: with the keys of the polls, and the provider's names.
async fn by_nullifier(petitions: &Petitions) -> HashMap<Vec<u8>, u64> {
    let keys: Vec<Vec<u8>> =
        sqlx::query_scalar("SELECT poll_key FROM identity.polls").fetch_all(&petitions.admin).await.unwrap();
    let data_keys = DataKeys::new(&Installation::KEY.into(), &[]).unwrap();
    let mut people = HashMap::new();
    for key in keys {
        let key = data_keys.open(POLL_KEY, &key).unwrap();
        for (person, name) in (0..).zip(petitions.names()) {
            people.insert(nullifier(&key, &subject(provider::ID, &name)).to_vec(), person);
        }
    }
    people
}

/// Whose each entry of a log is: with the receipts.
fn by_identifier(petitions: &Petitions) -> HashMap<Vec<u8>, u64> {
    let signatures = petitions.signatures.lock().unwrap();
    let entry = |signature: &super::signing::Signature| {
        let poll: Uuid = petitions.polls[signature.poll].parse().unwrap();
        let code = TrackingCode::parse(&signature.receipt).unwrap();
        (identifier(poll.as_bytes(), &code.0).to_vec(), signature.person)
    };
    signatures.iter().map(entry).collect()
}

/// The mean of Spearman's coefficient over all pairs of orders, and how large it may be by chance.
#[expect(clippy::cast_precision_loss, reason = "some thousands")]
fn correlation(orders: &[Vec<u64>]) -> (f64, f64) {
    let places: Vec<HashMap<u64, usize>> = orders
        .iter()
        .map(|order| order.iter().enumerate().map(|(place, person)| (*person, place)).collect())
        .collect();
    let count = orders[0].len() as f64;
    let (mut sum, mut pairs) = (0.0, 0.0);
    for (number, first) in places.iter().enumerate() {
        for second in &places[..number] {
            let apart = |(person, place): (&u64, &usize)| (*place as f64 - second[person] as f64).powi(2);
            let squares: f64 = first.iter().map(apart).sum();
            sum += 1.0 - 6.0 * squares / (count * (count * count - 1.0));
            pairs += 1.0;
        }
    }
    (sum / pairs, DEVIATIONS / ((count - 1.0) * pairs).sqrt())
}

#[test]
fn one_order_everywhere_is_seen() {
    let order: Vec<u64> = (0..30).collect();
    let (rho, chance) = correlation(&[order.clone(), order.clone(), order.clone(), order]);
    assert!(rho > 0.99 && chance < 0.6, "{rho} {chance}");
}
