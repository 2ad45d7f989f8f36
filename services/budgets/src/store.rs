//! All SQL of the service.

pub mod budgets;
pub mod projects;
pub mod results;
pub mod schedules;
