//! The city's texts and numbers, as the files in `content/` have them. Dates are days from the moment when the city is made.

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;

/// Everything in the city.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct City {
    /// The organization as it is created.
    pub organization: Value,
    /// What it is changed to: contact, colour, texts.
    pub profile: Value,
    /// The areas.
    pub areas: Vec<Value>,
    /// Where they are, as GeoJSON.
    pub map: Value,
    /// The team.
    pub staff: Vec<Value>,
    /// The electoral roll.
    pub roll: Roll,
}

/// The electoral roll: members 1001, 1002, …
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Roll {
    /// Its title.
    pub title: String,
    /// How many members it has.
    pub members: u32,
    /// The areas that they live in, in turn.
    pub districts: Vec<String>,
    /// The e-mail addresses of the first.
    pub emails: Vec<String>,
    /// The member who is too young to vote.
    pub child: u32,
}

/// A process with all that is in it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Process {
    /// What its steps are called.
    pub key: String,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// Its phases.
    pub phases: Vec<Phase>,
    /// Its components.
    pub components: Vec<Value>,
    /// Its proposals.
    #[serde(default)]
    pub proposals: Vec<Proposal>,
    /// Its budgets.
    #[serde(default)]
    pub budgets: Vec<Budget>,
}

/// A phase.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Its title.
    pub title: String,
    /// Its kind.
    pub kind: String,
    /// The day that it starts on.
    pub from: i64,
    /// The day that it ends on.
    pub to: i64,
}

/// A proposal and what became of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proposal {
    /// The member who submits it.
    pub author: u32,
    /// What is submitted.
    pub text: Value,
    /// The team's answer.
    pub answer: Option<Value>,
    /// Why it is hidden.
    pub hidden: Option<String>,
    /// Whether its author withdraws it.
    #[serde(default)]
    pub withdrawn: bool,
    /// The key of the budget that it becomes a project of.
    pub becomes: Option<String>,
}

/// A budget with its projects and its vote.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Budget {
    /// What its steps are called.
    pub key: String,
    /// The budget as it is created.
    pub terms: Value,
    /// Its projects, without those that come from proposals.
    pub projects: Vec<Project>,
    /// Its vote.
    pub vote: Vote,
}

/// A project.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// The project as it is created.
    pub values: Value,
    /// How many of a hundred voters choose it, in a vote that is over.
    #[serde(default)]
    pub liked: u32,
    /// How it comes along if it is funded.
    #[serde(default)]
    pub reports: Vec<Value>,
}

/// A vote.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vote {
    /// The day that it opens on.
    pub from: i64,
    /// The day that it closes on; a vote that closes on day 0 is closed as soon as its ballots are cast.
    pub to: i64,
    /// The age that voters need.
    #[serde(default)]
    pub minimum_age: u32,
    /// How many ballots are cast.
    #[serde(default)]
    pub ballots: u32,
}

/// The city without its processes.
///
/// # Errors
/// When the file breaks a rule, which a test excludes.
pub fn city() -> anyhow::Result<City> {
    serde_json::from_str(include_str!("content/city.json")).context("content/city.json")
}

/// The processes, in the order in which they are made: the newest comes first on the site.
///
/// # Errors
/// When a file breaks a rule, which a test excludes.
pub fn processes() -> anyhow::Result<Vec<Process>> {
    [
        ("finished", include_str!("content/finished.json")),
        ("coming", include_str!("content/coming.json")),
        ("voting", include_str!("content/voting.json")),
        ("submission", include_str!("content/submission.json")),
    ]
    .into_iter()
    .map(|(name, text)| serde_json::from_str(text).with_context(|| format!("content/{name}.json")))
    .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_ballot_type_is_voted_on_and_every_state_is_there() {
        city().unwrap();
        let processes = processes().unwrap();
        let open: HashSet<_> = processes
            .iter()
            .flat_map(|process| &process.budgets)
            .filter(|budget| budget.vote.from < 0 && budget.vote.to > 0)
            .map(|budget| budget.terms["ballotRule"]["type"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(open.len(), 6, "{open:?}");
        let proposals: Vec<_> = processes.iter().flat_map(|process| &process.proposals).collect();
        let states: HashSet<_> = proposals
            .iter()
            .filter_map(|proposal| proposal.answer.as_ref())
            .map(|answer| answer["state"].as_str().unwrap())
            .collect();
        assert_eq!(states.len(), 3);
        assert!(proposals.iter().any(|proposal| proposal.withdrawn));
        assert!(proposals.iter().any(|proposal| proposal.hidden.is_some()));
    }
}
