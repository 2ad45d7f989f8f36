//! Looking for people in what is left.

use std::collections::{BTreeMap, HashMap, HashSet};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA512, digest};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use comitia_cli::commands::demo_petition::provider;
use comitia_identity::domain::providers::subject;
use comitia_voting::domain::tracking::TrackingCode;
use sqlx::{AssertSqlSafe, PgPool};

use super::remains::{Place, Remains};
use super::signing::Petitions;

/// So much of a value is enough to know it by.
const WIDTH: usize = 20;
/// What a value begins with is looked up by so many bytes.
const STORED: usize = 16;
/// Whose names are tried with the values of every single signature, too.
const TRIED_WITH_ALL: usize = 2;
/// Ids and hashes have as many characters, or more.
const WORD: usize = 16;
/// More words than an installation has of its own that come in a few requests alone: replicas, the team's sessions.
const OF_THE_INSTALLATION: usize = 12;
/// Requests of a way: begin, complete, sign.
const REQUESTS: usize = 3;

/// What a person or a signature is known by, and where it may be.
pub struct Traces {
    /// By a part of each way to write it.
    known: HashMap<[u8; WIDTH], Known>,
    /// Whether three bytes begin one of them.
    begins: Vec<bool>,
    names: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    /// A provider's name for a person, or a hash of it.
    Name,
    /// What only the signer's browser has.
    Secret,
    /// The pseudonym of a signature.
    Nullifier,
    /// What a signature is called in the public log.
    Identifier,
}

impl Known {
    /// Whether it may be there.
    fn may_be(self, place: Place, part: &str) -> bool {
        let tables: &[&str] = match self {
            Self::Name | Self::Secret => &[],
            Self::Nullifier => &["voting.ballots"],
            Self::Identifier => &["voting.log_leaves", "voting.log_tiles"],
        };
        place == Place::Tables && tables.contains(&part)
    }
}

impl Traces {
    pub fn of(petitions: &Petitions, remains: &Remains) -> Self {
        let mut traces =
            Self { known: HashMap::new(), begins: vec![false; 1 << 24], names: petitions.names().collect() };
        for name in traces.names.clone() {
            traces.add_name(&name);
        }
        let signatures = petitions.signatures.lock().unwrap();
        assert_eq!(signatures.len(), petitions.size.signatures());
        for signature in signatures.iter() {
            for secret in signature.secrets.iter().chain([&signature.permit]) {
                traces.add_text(secret, Known::Secret);
            }
            let code = TrackingCode::parse(&signature.receipt).unwrap();
            traces.add_bytes(&code.0, Known::Secret);
        }
        for (table, kind, column) in [
            ("voting.ballots", Known::Nullifier, "\"nullifier\": \"\\\\x"),
            ("voting.log_leaves", Known::Identifier, "\"identifier\": \"\\\\x"),
        ] {
            let (_, rows) = remains.of(Place::Tables).find(|(name, _)| *name == table).unwrap();
            let values: Vec<_> = rows.split(column).skip(1).map(|rest| &rest[..64]).collect();
            assert_eq!(values.len(), petitions.size.signatures(), "{table}");
            for value in values {
                traces.add_bytes(&hex::decode(value).unwrap(), kind);
            }
        }
        traces
    }

    fn add_name(&mut self, name: &str) {
        self.add_text(name, Known::Name);
        for form in forms_of_name(name) {
            for algorithm in [&SHA256, &SHA512, &SHA1_FOR_LEGACY_USE_ONLY] {
                self.add_bytes(digest(algorithm, &form).as_ref(), Known::Name);
            }
        }
    }

    /// A text, also where it is shown as bytes.
    fn add_text(&mut self, text: &str, kind: Known) {
        self.add(text, kind);
        self.add(&hex::encode(text), kind);
    }

    fn add_bytes(&mut self, bytes: &[u8], kind: Known) {
        self.add(&hex::encode(bytes), kind);
        self.add(&URL_SAFE_NO_PAD.encode(bytes), kind);
        self.add(&STANDARD_NO_PAD.encode(bytes), kind);
    }

    /// Remembers the middle, and the beginning where that is not the same for all of a kind.
    fn add(&mut self, text: &str, kind: Known) {
        let bytes = text.as_bytes();
        let middle = (bytes.len() - WIDTH) / 2;
        for place in [middle, if kind == Known::Secret { middle } else { 0 }] {
            let part = &bytes[place..][..WIDTH];
            self.begins[place_of(part)] = true;
            self.known.insert(part.try_into().unwrap(), kind);
        }
    }

    /// What of people is in a text.
    fn found<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Known> + 'a {
        let windows = text.as_bytes().windows(WIDTH);
        windows
            .filter(|window| self.begins[place_of(window)])
            .filter_map(|window| self.known.get(window).copied())
    }

    /// Neither name nor secret is anywhere, and pseudonyms and identifiers are where they are needed alone.
    pub fn assert_nothing_of_people_is_left(&self, remains: &Remains) {
        let mut seen = HashMap::new();
        for ((place, part), text) in &remains.0 {
            for kind in self.found(text) {
                assert!(kind.may_be(*place, part), "a {kind:?} is in {place:?}, {part}");
                *seen.entry(part.as_str()).or_insert(0) += 1;
            }
        }
        for table in ["voting.ballots", "voting.log_leaves", "voting.log_tiles"] {
            assert!(seen.get(table).is_some_and(|count| *count > 0), "the search finds what is in {table}");
        }
    }

    /// Nothing that is stored is a hash of a name, with or without anything else that is stored.
    pub fn assert_no_hash_of_a_name_is_left(&self, remains: &Remains) {
        let (mut stored, mut salts, mut of_signatures) = (HashSet::new(), HashSet::new(), HashSet::new());
        for (table, rows) in remains.of(Place::Tables) {
            let one_each = ["voting.ballots", "voting.log_leaves"].contains(&table);
            for value in values(rows) {
                if value.len() >= STORED {
                    stored.insert(value[..STORED].to_vec());
                }
                if value.len() <= 64 {
                    let salts = if one_each { &mut of_signatures } else { &mut salts };
                    salts.insert(value);
                }
            }
        }
        let is_stored = |digest: &[u8]| stored.contains(&digest[..STORED]);
        for (number, name) in self.names.iter().enumerate() {
            let forms = forms_of_name(name);
            let more = of_signatures.iter().filter(|_| number < TRIED_WITH_ALL);
            for salt in salts.iter().chain(more) {
                let hash = hashes(&forms, salt).into_iter().find(|hash| is_stored(hash));
                assert!(
                    hash.is_none(),
                    "a hash of a name with the stored value {} is stored",
                    hex::encode(salt)
                );
            }
        }
    }
}

fn place_of(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2])
}

/// A name as it comes, as the bytes that it encodes, and as what nullifiers are made of.
fn forms_of_name(name: &str) -> Vec<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(name).unwrap_or_default();
    vec![name.as_bytes().to_vec(), bytes, subject(provider::ID, name)]
}

/// The hashes of the forms of a name with a value.
fn hashes(forms: &[Vec<u8>], salt: &[u8]) -> Vec<Vec<u8>> {
    let keyed = |key: &[u8], value: &[u8]| {
        hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), value).as_ref().to_vec()
    };
    let plain = |first: &[u8], second: &[u8]| digest(&SHA256, &[first, second].concat()).as_ref().to_vec();
    forms
        .iter()
        .flat_map(|form| [keyed(salt, form), keyed(form, salt), plain(salt, form), plain(form, salt)])
        .collect()
}

/// The values in rows: texts, ids and texts of base64 also as the bytes that they stand for.
fn values(rows: &str) -> HashSet<Vec<u8>> {
    let mut values = HashSet::new();
    for word in rows.split(|c: char| !(c.is_ascii_alphanumeric() || "-_+/=".contains(c))) {
        if word.len() < 4 || word.len() > 4_096 {
            continue;
        }
        let bytes = word.strip_prefix('x').and_then(|word| hex::decode(word).ok());
        let id = word.parse::<uuid::Uuid>().ok().map(|id| id.as_bytes().to_vec());
        let encoded = URL_SAFE_NO_PAD.decode(word).ok().filter(|bytes| bytes.len() >= STORED);
        values.extend([bytes, id, encoded].into_iter().flatten());
        values.insert(word.as_bytes().to_vec());
    }
    values
}

/// In no column of what there is one of for each signature has a value come twice, unless so many have it that it says nothing.
pub async fn assert_no_value_is_in_two_polls(admin: &PgPool, polls: &[String]) {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT c.table_name::text, c.column_name::text FROM information_schema.columns c
         WHERE c.table_schema = 'voting' AND c.table_name IN ('ballots', 'log_leaves')
             AND c.column_name NOT IN ('poll_id', 'leaf')",
    )
    .fetch_all(admin)
    .await
    .unwrap();
    assert!(columns.len() >= 8, "{columns:?}");
    for (table, column) in columns {
        let query = format!(
            "SELECT count(*) FROM (
                 SELECT FROM voting.{table} GROUP BY {column}
                 HAVING count(DISTINCT poll_id) > 1 AND count(*) < (SELECT count(*) / 10 FROM voting.{table})) AS twice"
        );
        let twice: i64 = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(admin).await.unwrap();
        assert_eq!(twice, 0, "values of voting.{table}.{column} are in several of {} polls", polls.len());
    }
}

/// No id or hash is in some requests, events or log lines and not in most, as it would be of a person, who makes three requests a
/// petition: it would tie those together. The installation has some of its own, but not one for each person.
pub fn assert_no_word_is_in_some_requests(petitions: &Petitions, remains: &Remains) {
    let few = 2 * REQUESTS * petitions.size.petitions;
    for place in [Place::Spans, Place::Logs, Place::Redis, Place::Events] {
        let lines = || remains.of(place).flat_map(|(_, text)| text.lines());
        let parts: Vec<String> = match place {
            // A trace is a request.
            Place::Spans => remains.of(place).map(|(_, text)| text.to_owned()).collect(),
            Place::Logs => by_request(lines()),
            // Without the bytes, which are those of a poll and a number.
            _ => lines().map(|line| line.split(" | ").next().unwrap_or_default().to_owned()).collect(),
        };
        let ties = ties(parts.iter().map(String::as_str), few, &petitions.polls);
        assert!(ties.len() < OF_THE_INSTALLATION, "words that are in few parts of {place:?}: {ties:?}");
    }
}

/// Lines of one request, and of one event, together: they say which it is.
fn by_request<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    for (number, line) in lines.enumerate() {
        let named = ["\"messaging.message.id\":\"", "\"trace_id\":\""].iter().find_map(|name| {
            let (_, rest) = line.split_once(name)?;
            rest.split_once('"').map(|(id, _)| id.to_owned())
        });
        let part = parts.entry(named.unwrap_or_else(|| format!("line {number}"))).or_default();
        part.push_str(line);
        part.push('\n');
    }
    parts.into_values().collect()
}

/// The words that are in more than one part, and in few, with the number of parts.
fn ties<'a>(parts: impl Iterator<Item = &'a str>, few: usize, polls: &[String]) -> BTreeMap<&'a str, usize> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for part in parts {
        let words: HashSet<_> = part
            .split(|c: char| !(c.is_ascii_alphanumeric() || "-_+".contains(c)))
            .filter(|word| word.len() >= WORD && word.bytes().any(|byte| byte.is_ascii_digit()))
            .filter(|word| word.bytes().any(|byte| byte.is_ascii_alphabetic()))
            .filter(|word| !polls.iter().any(|poll| word.contains(poll.as_str())))
            .collect();
        for word in words {
            *counts.entry(word).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count > 1 && *count <= few);
    counts
}

#[test]
fn what_is_planted_is_found() {
    let mut traces = Traces { known: HashMap::new(), begins: vec![false; 1 << 24], names: Vec::new() };
    let name = "c3ViLW9mLWEtcGVyc29uLWF0LWEtcHJvdmlkZXI";
    traces.add_name(name);
    traces.add_bytes(&[7; 32], Known::Nullifier);
    let found = |text: &str| traces.found(text).next();
    assert_eq!(found(&format!("a sign-in of {name} failed")), Some(Known::Name));
    assert_eq!(found(&format!("\\x00{}ff", hex::encode(name))), Some(Known::Name));
    let hashed = digest(&SHA256, name.as_bytes());
    assert_eq!(found(&format!("key:{}", URL_SAFE_NO_PAD.encode(hashed))), Some(Known::Name));
    assert_eq!(found(&hex::encode([7; 32])), Some(Known::Nullifier));
    assert_eq!(found("a sign-in of nobody failed"), None);

    let salt = hex::decode("00112233445566778899aabbccddeeff").unwrap();
    let rows = "{\"id\": \"00112233-4455-6677-8899-aabbccddeeff\", \"hash\": \"\\\\x0a0b\"}";
    assert!(values(rows).contains(&salt) && values(rows).contains(&vec![10, 11]));
    let keyed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &salt), name.as_bytes());
    assert!(hashes(&forms_of_name(name), &salt).contains(&keyed.as_ref().to_vec()));

    let word = "9f86d081884c7d659a2feaa0c55ad015";
    let parts =
        [format!("begin who={word}"), format!("sign who={word}"), "sign 0123456789abcdef0".to_owned()];
    let all = parts.iter().map(String::as_str);
    assert_eq!(ties(all.clone(), 2, &[]), BTreeMap::from([(word, 2)]));
    assert!(ties(all.clone(), 1, &[]).is_empty() && ties(all, 2, &[word.to_owned()]).is_empty());
    let lines = ["{\"trace_id\":\"a\",\"n\":1}", "{\"n\":2}", "{\"trace_id\":\"a\",\"n\":3}"];
    assert_eq!(by_request(lines.into_iter()).len(), 2);
}
