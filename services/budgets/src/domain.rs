//! Types and rules, no I/O. Ballot and allocation rules are the messages of the contract: `proto/` defines them, and
//! what is checked, frozen, stored, counted and published is one and the same thing.

pub mod allocation_rule;
pub mod ballot_rule;
pub mod budget;
pub mod checklist;
pub mod count;
pub mod electorate;
pub mod export;
pub mod extension;
pub mod poll;
pub mod project;
pub mod reasons;
pub mod result;
pub mod seal;
pub mod table;
