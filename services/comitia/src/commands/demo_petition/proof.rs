//! A signature in the log, proved by its receipt: what anybody can do with a few hundred bytes.

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use comitia_transparency::sheet::{Leaf, identifier};
use comitia_transparency::{Checkpoint, Hash, VerifierKeys, proof};
use comitia_voting::domain::tracking::TrackingCode;
use serde_json::Value;
use uuid::Uuid;

use crate::api::{Api, number, text};

/// Proves the signature of a receipt. Gives what was found, in words.
///
/// # Errors
/// When the log does not have it, or the proof does not lead to the signed head.
pub async fn prove(api: &Api, poll: &str, receipt: &str) -> anyhow::Result<String> {
    let log = api.get(&format!("/v1/polls/{poll}/log"), None).await.context("the log")?;
    let keys = log.pointer("/log/verifierKeys").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let keys = VerifierKeys::parse(keys.iter().filter_map(Value::as_str)).context("the log's keys")?;
    let code = TrackingCode::parse(receipt).context("the receipt")?;
    let wanted = identifier(poll.parse::<Uuid>()?.as_bytes(), &code.0);
    let hex: String = wanted.iter().map(|byte| format!("{byte:02x}")).collect();
    let answer = api.get(&format!("/v1/polls/{poll}/log/proofs/{hex}"), None).await.context("the proof")?;
    let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap_or_default());
    let entry = bytes(&answer["entry"])?;
    let leaf = Leaf::decode(&entry).context("the entry is that of no signature")?;
    ensure!(leaf.identifier == wanted, "the entry is another one's");
    let mut hashes = Vec::new();
    for hash in answer["hashes"].as_array().into_iter().flatten() {
        hashes.push(Hash::from_slice(&bytes(hash)?).context("a hash of the proof")?);
    }
    let head =
        Checkpoint::open(text(&answer, "/checkpoint")?.as_bytes(), &keys).context("the signed head")?;
    let index = number(&answer, "/leafIndex").unwrap_or(0).unsigned_abs();
    let included = proof::includes(&hashes, index, Hash::leaf(&entry), head.size, head.root);
    ensure!(included, "the proof does not lead to the signed head");
    Ok(format!(
        "receipt {receipt} is leaf {index}; {} hashes lead from it to the signed head of {} entries",
        hashes.len(),
        head.size
    ))
}
