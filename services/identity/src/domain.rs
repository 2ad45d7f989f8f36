//! What identity knows and decides, without I/O.

pub mod access_code;
pub mod eligibility;
pub mod member_csv;
pub mod roles;
pub mod secrets;
pub mod tokens;
