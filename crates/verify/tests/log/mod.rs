//! A log as a server publishes it: its files by their paths, `log.json` and `checkpoint` among them.

#![allow(dead_code, clippy::unwrap_used, missing_docs, reason = "what tests and the example share")]

use std::collections::BTreeMap;

use comitia_transparency::sheet::{Leaf, TEXT_EXTENSION, identifier, text_digest};
use comitia_transparency::tile::{HEIGHT, Kind, Tile, push_entry};
use comitia_transparency::{Checkpoint, Frontier, Hash, SigningKey, TrackingCode};
use serde_json::json;

pub type Files = BTreeMap<String, Vec<u8>>;

pub const ORIGIN: &str = "comitia.example/polls/1";
pub const POLL: [u8; 16] = 1_u128.to_be_bytes();
const TEXT: &str =
    "comitia sheet text v1\n\tUn tilleul dans chaque rue\nfr\n\tNous demandons un tilleul dans chaque rue.\n";

/// The receipt of the signature with this number.
pub fn code(number: u64) -> TrackingCode {
    TrackingCode((u128::from(number) << 3).to_be_bytes())
}

fn leaf(number: u64) -> Leaf {
    Leaf {
        withdrawal: false,
        identifier: identifier(&POLL, &code(number).0),
        paper: false,
        minute: 29_000_000 + u32::try_from(number / 60).unwrap(),
        district: if number.is_multiple_of(3) { "Nord" } else { "Sud" }.to_owned(),
    }
}

/// The head after `size` signatures.
pub fn head(size: u64) -> String {
    let mut tree = Frontier::default();
    (0..size).for_each(|number| tree.push(Hash::leaf(&leaf(number).encode()), |_| {}));
    signed(size, tree.root(), &digest(TEXT.as_bytes()))
}

pub fn signed(size: u64, root: Hash, text: &str) -> String {
    let head =
        Checkpoint { origin: ORIGIN.into(), size, root, extensions: vec![format!("{TEXT_EXTENSION}{text}")] };
    head.sign(&[SigningKey::from_seed(&[1; 32])]).unwrap()
}

pub fn digest(text: &[u8]) -> String {
    hex::encode(text_digest(text))
}

/// A log of `size` signatures, all of which are counted.
pub fn log(size: u64) -> Files {
    let mut tree = Frontier::default();
    let mut levels: Vec<Vec<u8>> = vec![Vec::new(); 4];
    let mut bundles: Vec<Vec<u8>> = Vec::new();
    for number in 0..size {
        if number.is_multiple_of(256) {
            bundles.push(Vec::new());
        }
        let entry = leaf(number).encode();
        assert!(push_entry(bundles.last_mut().unwrap(), &entry));
        tree.push(Hash::leaf(&entry), |node| {
            if node.height.is_multiple_of(HEIGHT) {
                levels[(node.height / HEIGHT) as usize].extend(node.hash.0);
            }
        });
    }
    let files = Tile::all(size).map(|tile| {
        let place = usize::try_from(tile.index).unwrap();
        let bytes = match tile.kind {
            Kind::Entries => bundles[place].clone(),
            Kind::Hashes(level) => {
                let begin = place * 256 * 32;
                levels[usize::from(level)][begin..begin + usize::from(tile.width) * 32].to_vec()
            }
        };
        (tile.to_string(), bytes)
    });
    let mut files: Files = files.collect();
    let head = signed(size, tree.root(), &digest(TEXT.as_bytes()));
    let north = size.div_ceil(3);
    let description = json!({"log": {
        "pollId": "00000000-0000-0000-0000-000000000001", "origin": ORIGIN,
        "verifierKeys": [SigningKey::from_seed(&[1; 32]).verifier(ORIGIN)], "checkpoint": head,
        "signatureCount": size.to_string(), "publishesDistricts": true, "textDigest": digest(TEXT.as_bytes()),
        "districts": [
            {"district": "Nord", "signatureCount": north.to_string()},
            {"district": "Sud", "signatureCount": (size - north).to_string()},
        ],
        "milestones": [{"milestoneId": "hundred", "minSignatures": "100", "reached": {"leafIndex": "99"}, "holds": true}],
    }});
    files.insert("log.json".into(), description.to_string().into_bytes());
    files.insert("checkpoint".into(), head.into_bytes());
    files.insert("text".into(), TEXT.into());
    files
}
