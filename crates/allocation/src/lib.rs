//! Allocation rules of participatory budgets.
//!
//! [`run`] computes who gets the money: an [`Instance`] (a budget, projects, ballots) and a [`Rule`] give an
//! [`Outcome`] with its reasons. Rules are defined over rational numbers and computed so: equal input gives equal
//! output on every machine, and no rounding decides. [`irresolute`] lists the outcomes under every way to break ties. There is no floating point in this crate. The semantics follow
//! the format page of Pabulib (greedy family), Peters, Pierczyński and Skowron, "Proportional Participatory Budgeting
//! with Additive Utilities" (NeurIPS 2021) and equalshares.net (equal shares and its completions), and Brill, Freeman,
//! Janson and Lackner, "Phragmén's Voting Methods and Justified Representation" (sequential Phragmén).
//!
//! ```
//! use comitia_allocation::{BallotKind, InstanceBuilder, Project, Ties, run};
//!
//! let mut builder = InstanceBuilder::new(100, BallotKind::Approval);
//! for (id, cost) in [("bench", 60), ("tree", 40), ("swing", 50)] {
//!     builder.project(Project { id: id.into(), cost, ..Project::default() });
//! }
//! builder.approval(&[0, 1], 3)?.approval(&[2], 2)?;
//! let outcome = run(&builder.build()?, &"greedy".parse()?, &Ties::default())?;
//! assert_eq!(outcome.selected, ["bench", "tree"]);
//! # Ok::<(), comitia_allocation::Error>(())
//! ```

mod amount;
mod error;
mod greedy;
mod instance;
mod irresolute;
mod outcome;
pub mod pabulib;
mod phragmen;
mod ranks;
mod rule;
mod shares;
mod state;
mod ties;
mod trace;

pub use amount::{Amount, Fraction, MAX_DECIMALS};
pub use error::Error;
pub use instance::{BallotKind, Group, Instance, InstanceBuilder, MAX_AMOUNT, MAX_SCORE, Project};
pub use irresolute::{Irresolute, Selection, irresolute};
pub use outcome::{BudgetPart, Compared, Outcome, Phase, Reason, Rejection, Round, Shares, Summary};
pub use ranks::RankScores;
pub use rule::{
    Comparison, Completion, EqualSharesRule, GreedyKind, GreedyOrder, GreedyRule, PhragmenRule, RULE_NAMES,
    Rule, Satisfaction, Start, Stop,
};
pub use shares::MAX_RUNS;
pub use ties::{Tie, TieBreaker, Ties};
pub use trace::TRACE_FORMAT;

/// Runs a rule on an instance. Equal input gives equal output.
pub fn run(instance: &Instance, rule: &Rule, ties: &Ties) -> Result<Outcome, Error> {
    let choice = ties::Choice::chain(ties);
    let outcome = match rule {
        Rule::Greedy(rule) => greedy::run(instance, rule, &choice)?,
        Rule::EqualShares(rule) => shares::run(instance, rule, &choice)?,
        Rule::Phragmen(rule) => phragmen::run(instance, rule, &choice)?,
    };
    Ok(outcome.hashed())
}
