//! A transaction of a use case.

use std::ops::{Deref, DerefMut};

use sqlx::{PgConnection, Postgres};

use crate::acts;

/// A transaction that [`begin`](super::begin) began. It ends without an effect when it is dropped.
#[derive(Debug)]
pub struct Transaction {
    inner: sqlx::Transaction<'static, Postgres>,
    /// It cannot write.
    reads: bool,
}

impl Transaction {
    pub(super) fn new(inner: sqlx::Transaction<'static, Postgres>, reads: bool) -> Self {
        Self { inner, reads }
    }

    /// Commits it. In a call by staff that is an act, what it wrote and the event that tells of the act commit together
    /// ([`acts`]).
    ///
    /// # Errors
    /// When the database fails or cannot be reached.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        let act = if self.reads { None } else { acts::append(&mut self.inner).await? };
        self.inner.commit().await?;
        if let Some(act) = act {
            act.done();
        }
        Ok(())
    }

    /// Ends it without an effect.
    ///
    /// # Errors
    /// When the database fails or cannot be reached.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.inner.rollback().await
    }
}

impl Deref for Transaction {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}
