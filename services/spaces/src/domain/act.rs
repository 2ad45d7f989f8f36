//! What somebody of the staff did.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// An act, as the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Its id; later acts have greater ones.
    pub act_id: Uuid,
    /// When.
    pub act_time: DateTime<Utc>,
    /// Who: the pseudonym of a staff member, or "operator".
    pub actor: String,
    /// What they called.
    pub method: String,
    /// What they did it to.
    pub resource: String,
    /// What they changed.
    pub changes: Vec<Change>,
}

/// A value that an act changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The field.
    pub field: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is now.
    pub after: Option<String>,
}

/// Which acts are asked for; what is empty does not matter.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Who.
    pub actor: String,
    /// What they called.
    pub method: String,
    /// What they did it to, or something in it.
    pub resource: String,
    /// From this time on.
    pub from_time: Option<DateTime<Utc>>,
    /// Before this time.
    pub to_time: Option<DateTime<Utc>>,
    /// With this text.
    pub text: String,
}
