//! A result as a `.pb` file.

use anyhow::Context as _;
use comitia_allocation::pabulib::{rule_from_meta, set_rule, set_ties, ties_from_meta};

use comitia_recount::Statement;

use super::count::Count;

/// The election with the result in its `selected` column. META's rule is the one that
/// counted, and its comment has the chain of tie breakers where that is not the default.
pub(super) fn file(count: Count) -> anyhow::Result<String> {
    let selected: Vec<bool> =
        count.election.projects.iter().map(|project| count.funded(&project.id)).collect();
    let own = rule_from_meta(&count.election).is_ok_and(|rule| rule == count.outcome.rule);
    let same_ties = ties_from_meta(&count.election)
        .is_ok_and(|stated| stated.unwrap_or_default() == count.outcome.ties_rule);
    let Count(comitia_recount::Count { mut election, outcome, .. }) = count;
    for (project, selected) in election.projects.iter_mut().zip(selected) {
        project.selected = Some(u8::from(selected));
        // pabulib-checker 1.0.8 fails on a project without a name once the column is there.
        if project.name.trim().is_empty() {
            project.name.clone_from(&project.id);
        }
    }
    if !own || !same_ties {
        Statement::remove(&mut election);
    }
    if !own {
        set_rule(&mut election, &outcome.rule);
    }
    if !same_ties {
        set_ties(&mut election, &outcome.ties_rule);
    }
    election.to_pb().context("the result cannot be written as a .pb file")
}
