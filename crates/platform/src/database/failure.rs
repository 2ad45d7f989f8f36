//! What a failed statement means for the caller. The one classification of database failures.

/// What a caller can do after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The database is away, is going away or has no room: wait, then try again. After a failover,
    /// a lost connection, a full disk, on a read-only replica, with too many connections.
    Unavailable,
    /// A concurrent transaction won: the same transaction, run again at once, may succeed.
    Conflict,
    /// The statement is wrong, or breaks a constraint: trying again does not help.
    Permanent,
}

impl Failure {
    /// Classifies an error by its kind and, where the server answered, by its SQLSTATE.
    #[must_use]
    pub fn of(error: &sqlx::Error) -> Self {
        match error {
            // The connection broke, or none could be had. The driver reports a connection that
            // breaks in the middle of an answer as `Protocol`.
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => Self::Unavailable,
            sqlx::Error::Database(error) => error.code().map_or(Self::Permanent, |code| of_sqlstate(&code)),
            _ => Self::Permanent,
        }
    }
}

fn of_sqlstate(code: &str) -> Failure {
    match code {
        // Serialization failure, deadlock.
        "40001" | "40P01" => Failure::Conflict,
        // Read-only transaction: a replica, or a primary that was demoted. Completion unknown. I/O error.
        "25006" | "40003" | "58030" => Failure::Unavailable,
        // Class 08: connection. Class 53: disk, memory, connections. 57P: shutdown, crash, start-up.
        _ if ["08", "53", "57P"].iter().any(|class| code.starts_with(class)) => Failure::Unavailable,
        _ => Failure::Permanent,
    }
}

/// Whether the same transaction, run again, may succeed: a serialization failure or a deadlock.
#[must_use]
pub fn retryable(error: &sqlx::Error) -> bool {
    Failure::of(error) == Failure::Conflict
}

/// Whether the database is away, so that the caller's answer is "unavailable, try again".
#[must_use]
pub fn unavailable(error: &sqlx::Error) -> bool {
    Failure::of(error) == Failure::Unavailable
}

/// Whether the server refused with one of these SQLSTATEs.
pub(super) fn has_code(error: &sqlx::Error, codes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| codes.contains(&&*code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_state_is_permanent() {
        for code in ["23505", "42P01", "57014", "22P02", "XX000", ""] {
            assert_eq!(of_sqlstate(code), Failure::Permanent, "{code}");
        }
        for code in ["08006", "08P01", "53100", "53300", "57P01", "57P03", "25006", "58030"] {
            assert_eq!(of_sqlstate(code), Failure::Unavailable, "{code}");
        }
        assert_eq!(Failure::of(&sqlx::Error::RowNotFound), Failure::Permanent);
        assert_eq!(Failure::of(&sqlx::Error::PoolTimedOut), Failure::Unavailable);
    }
}
