//! A visitor's standing.

use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// There is no waiting room. Sign in.
    NotNeeded,
    /// Wait and ask again.
    Waiting,
    /// Sign in with the pass.
    Admitted,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    pub state: State,
    /// The position in the line; 1 is next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// How many people wait.
    pub waiting: u64,
    /// The estimated wait in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate_seconds: Option<u64>,
    /// After how many seconds to ask again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_after_seconds: Option<u64>,
    /// The ticket, to show again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The pass, to sign in with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass: Option<String>,
    /// When the pass expires (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass_expire_time: Option<String>,
}

impl Standing {
    pub fn new(state: State, waiting: u64) -> Self {
        Self {
            state,
            position: None,
            waiting,
            estimate_seconds: None,
            check_after_seconds: None,
            ticket: None,
            pass: None,
            pass_expire_time: None,
        }
    }
}
