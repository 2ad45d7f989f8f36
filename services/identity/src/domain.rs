//! What identity knows and decides, without I/O.

pub mod access_code;
pub mod asker;
pub mod changes;
pub mod display_name;
pub mod eligibility;
pub mod email;
pub mod encoding;
pub mod identifier;
pub mod member_csv;
pub mod participation;
pub mod providers;
pub mod replacement;
pub mod roles;
pub mod roll_csv;
pub mod secrets;
pub mod tokens;
