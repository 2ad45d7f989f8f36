//! What came of a check.

use std::collections::{BTreeMap, BTreeSet};

use comitia_transparency::Hash;
use comitia_transparency::sheet::Corrected;
use serde_json::{Map, Value, json};

/// What is checked, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A trusted key signed the heads, and they are this log's.
    Signed,
    /// The text that is signed is the one that the heads name.
    Text,
    /// The entries are whole and readable, and the tree is theirs.
    Tree,
    /// The log begins as it was at an earlier checkpoint.
    Continued,
    /// Each signature is there once, and each withdrawal takes back one.
    Once,
    /// The counts are as they are published.
    Counts,
    /// The milestones are.
    Milestones,
    /// The register of corrections is.
    Corrections,
    /// The signature of a receipt is there.
    Receipt,
}

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was checked and holds.
    Holds,
    /// It does not.
    Fails,
    /// The check ended before it came to that.
    Open,
}

/// What does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub part: Part,
    /// In English, for a person.
    pub why: String,
}

/// A milestone as it was counted.
#[derive(Clone, Debug)]
pub struct Found {
    /// What the sheet calls it.
    pub id: String,
    /// The leaf, and its minute.
    pub reached: Option<(u64, String)>,
    /// Whether it holds at the published count.
    pub holds: bool,
}

/// What came of a check.
#[derive(Clone, Debug)]
pub struct Report {
    /// The name of the log.
    pub origin: String,
    /// Entries of the log.
    pub size: u64,
    /// Signatures that counted when counts and milestones were published.
    pub published: u64,
    /// Signatures that were taken back by then.
    pub withdrawn: u64,
    /// Signatures that corrections had set aside by then.
    pub set_aside: u64,
    /// The corrections by then.
    pub corrections: Vec<Corrected>,
    /// The root of the newest head.
    pub root: Hash,
    /// The SHA-256 of the text that is signed, hexadecimal, where the log names one.
    pub text: Option<String>,
    /// Whether the keys are the person's.
    pub own_keys: bool,
    /// Signatures by district, where they are published.
    pub districts: BTreeMap<String, u64>,
    /// The milestones.
    pub milestones: Vec<Found>,
    /// The place of the receipt's signature.
    pub receipt: Option<u64>,
    /// The size of the earlier checkpoint that the log continues.
    pub since: Option<u64>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) asked: BTreeSet<Part>,
    pub(crate) done: BTreeSet<Part>,
}

impl Part {
    /// What programs call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Signed => "signed",
            Self::Text => "text",
            Self::Tree => "tree",
            Self::Continued => "continued",
            Self::Once => "once",
            Self::Counts => "counts",
            Self::Milestones => "milestones",
            Self::Corrections => "corrections",
            Self::Receipt => "receipt",
        }
    }
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Fails => "fails",
            Self::Open => "open",
        }
    }
}

impl Report {
    pub(crate) fn altered(&mut self, part: Part, why: impl Into<String>) {
        self.asked.insert(part);
        self.faults.push(Fault { part, why: why.into() });
    }

    /// What does not agree; nothing where everything does.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Each thing that was to be checked, and whether it holds.
    pub fn parts(&self) -> impl Iterator<Item = (Part, State)> {
        self.asked.iter().map(|part| {
            let state = if self.faults.iter().any(|fault| fault.part == *part) {
                State::Fails
            } else if self.done.contains(part) {
                State::Holds
            } else {
                State::Open
            };
            (*part, state)
        })
    }

    /// The report for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let milestones = self.milestones.iter().map(|found| {
            json!({
                "milestone": found.id,
                "leaf": found.reached.as_ref().map(|reached| reached.0),
                "minute": found.reached.as_ref().map(|reached| &reached.1),
                "holds": found.holds,
            })
        });
        let parts: Map<String, Value> =
            self.parts().map(|(part, state)| (part.name().to_owned(), state.name().into())).collect();
        json!({
            "origin": self.origin,
            "size": self.size,
            "published": self.published,
            "withdrawn": self.withdrawn,
            "set_aside": self.set_aside,
            "corrections": self.corrections.iter().map(correction).collect::<Vec<_>>(),
            "root": self.root.to_string(),
            "text": self.text,
            "own_keys": self.own_keys,
            "districts": self.districts,
            "milestones": milestones.collect::<Vec<_>>(),
            "receipt": self.receipt,
            "since": self.since,
            "checks": parts,
            "altered": self.faults.iter().map(|fault| &fault.why).collect::<Vec<_>>(),
        })
    }

    /// The same as `comitia verify --format json` prints it.
    #[must_use]
    pub fn text_of_json(&self) -> String {
        format!("{:#}\n", self.json())
    }
}

fn correction(found: &Corrected) -> Value {
    json!({
        "number": found.correction.number,
        "leaf": found.index,
        "signatures": found.effect.signatures,
        "districts": found.effect.by_district,
        "lost": found.effect.lost,
        "regained": found.effect.regained,
    })
}
