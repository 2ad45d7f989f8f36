//! All SQL of the service.

pub mod associations;
pub mod desk;
pub mod electors;
pub mod email_codes;
pub mod import_lines;
pub mod members;
pub mod own_sessions;
pub mod participants;
pub mod passkeys;
pub mod polls;
pub mod provider_links;
pub mod reloads;
pub mod replacements;
pub mod residents;
pub mod revocations;
pub mod roll_changes;
pub mod rolls;
pub mod search;
pub mod sessions;
pub mod sign_ins;
pub mod signing_keys;
pub mod staff;
