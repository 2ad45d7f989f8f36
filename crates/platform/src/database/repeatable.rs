//! Repeatable migrations: what is replaced as a whole, such as a function, kept in one file that runs again.
//!
//! Each file begins with `-- version <number>`, which rises with every change. The database remembers the version and
//! the checksum that ran last. So a program can tell a database that is behind (refused until `comitia migrate`) from
//! one that is ahead (accepted during a rolling upgrade), and an edit without a new version is found.

use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Connection};

use super::DatabaseError;
use super::failure::has_code;
use super::migrations::{Difference, Migrations, execute};

/// A migration that runs again when its version rises.
#[derive(Clone, Copy, Debug)]
pub struct Repeatable {
    /// Its name, which never changes.
    pub name: &'static str,
    /// The content of its file.
    pub sql: &'static str,
}

impl Repeatable {
    fn version(&self, service: &'static str) -> Result<i64, DatabaseError> {
        let first = self.sql.lines().next().and_then(|line| line.strip_prefix("-- version "));
        let version = first.and_then(|version| version.trim().parse().ok());
        version.ok_or(DatabaseError::NoVersion { service, name: self.name })
    }

    /// The digest of its content.
    pub(super) fn checksum(&self) -> [u8; 32] {
        Sha256::digest(self.sql).into()
    }

    /// How the database differs, if `applied` is what ran last there.
    fn difference(
        &self,
        service: &'static str,
        applied: Option<&Applied>,
    ) -> Result<Option<Difference>, DatabaseError> {
        let (version, description) = (self.version(service)?, self.name.to_owned());
        Ok(match applied {
            Some(applied) if applied.version > version => {
                Some(Difference::Unknown { version: applied.version, description })
            }
            Some(applied) if applied.version == version && applied.checksum == self.checksum() => None,
            Some(applied) if applied.version == version => Some(Difference::Changed { version, description }),
            Some(_) | None => Some(Difference::Pending { version, description }),
        })
    }
}

/// What ran last.
struct Applied {
    name: String,
    version: i64,
    checksum: Vec<u8>,
}

fn table(service: &str) -> String {
    format!("{service}._repeatable_migrations")
}

/// Runs those that are pending, each in a transaction of its own. One that is newer in the database stays.
pub(super) async fn run(migrations: &Migrations, connection: &mut PgConnection) -> Result<(), DatabaseError> {
    if migrations.repeatable.is_empty() {
        return Ok(());
    }
    let service = migrations.service;
    let failed = |source| DatabaseError::Connection { service, source };
    let (table, role) = (table(service), migrations.role());
    let history = format!(
        "CREATE TABLE IF NOT EXISTS {table} (
           name text PRIMARY KEY, version bigint NOT NULL, checksum bytea NOT NULL,
           applied_at timestamptz NOT NULL DEFAULT now()
         );
         REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM {role}"
    );
    execute(connection, history).await.map_err(failed)?;
    let sql = format!("SELECT name, version, checksum FROM {table}");
    let applied = sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut *connection).await.map_err(failed)?;
    let applied = read(applied);
    for repeatable in migrations.repeatable {
        match repeatable.difference(service, find(&applied, repeatable))? {
            Some(Difference::Pending { version, .. }) => {
                apply(repeatable, version, &table, connection)
                    .await
                    .map_err(|source| DatabaseError::Repeatable { service, name: repeatable.name, source })?;
            }
            Some(newer @ Difference::Unknown { .. }) => tracing::warn!(service, "{newer}; it stays"),
            Some(changed) => return Err(DatabaseError::Differs { service, differences: vec![changed] }),
            None => {}
        }
    }
    Ok(())
}

async fn apply(
    repeatable: &Repeatable,
    version: i64,
    table: &str,
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql(repeatable.sql).execute(&mut *transaction).await?;
    let sql = format!(
        "INSERT INTO {table} (name, version, checksum) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE
         SET version = excluded.version, checksum = excluded.checksum, applied_at = now()"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(repeatable.name)
        .bind(version)
        .bind(repeatable.checksum().as_slice())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await
}

/// The differences between the database and this program.
pub(super) async fn pending(
    migrations: &Migrations,
    pool: &PgPool,
) -> Result<Vec<Difference>, DatabaseError> {
    let service = migrations.service;
    let sql = format!("SELECT name, version, checksum FROM {}", table(service));
    let applied = match sqlx::query_as(AssertSqlSafe(sql)).fetch_all(pool).await {
        Ok(applied) => read(applied),
        // No such table or schema: none has run.
        Err(error) if has_code(&error, &["42P01", "3F000"]) => Vec::new(),
        Err(source) => return Err(DatabaseError::Connection { service, source }),
    };
    let mut differences = Vec::new();
    for repeatable in migrations.repeatable {
        differences.extend(repeatable.difference(service, find(&applied, repeatable))?);
    }
    let known = |name: &str| migrations.repeatable.iter().any(|repeatable| repeatable.name == name);
    for Applied { name, version, .. } in applied {
        if !known(&name) {
            differences.push(Difference::Unknown { version, description: name });
        }
    }
    Ok(differences)
}

fn find<'a>(applied: &'a [Applied], repeatable: &Repeatable) -> Option<&'a Applied> {
    applied.iter().find(|applied| applied.name == repeatable.name)
}

fn read(rows: Vec<(String, i64, Vec<u8>)>) -> Vec<Applied> {
    rows.into_iter().map(|(name, version, checksum)| Applied { name, version, checksum }).collect()
}
