//! All SQL of the service.

pub mod budgets;
pub mod checklists;
pub mod extensions;
pub mod leftovers;
pub mod projects;
pub mod results;
pub mod schedules;
