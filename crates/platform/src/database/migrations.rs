//! Forward-only migrations of one service: the shared ones and its own, in the schema of the service, and then those
//! that run again when they change ([`super::repeatable`]).

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use super::failure::has_code;
use super::repeatable::{self, Repeatable};
use super::{DatabaseError, disclosure, scram};

/// The migrations that every service's schema gets.
static SHARED: Migrator = sqlx::migrate!("../../migrations/shared");

/// Polls for the migration lock: ten minutes.
const LOCK_ATTEMPTS: u32 = 6_000;
const LOCK_PAUSE: Duration = Duration::from_millis(100);
/// Tries of a statement on roles, which all databases of a cluster share and no lock protects.
const ROLE_ATTEMPTS: u32 = 20;

/// The migrations of one service.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    /// The service, whose name is also that of its schema.
    pub service: &'static str,
    /// The service's own migrations: `sqlx::migrate!("../../migrations/<service>")`.
    pub own: &'static Migrator,
    /// The service's migrations that run again when they change, after the others.
    pub repeatable: &'static [Repeatable],
}

impl Migrations {
    /// The runtime role of the service: no superuser and no owner, so that row-level security binds it.
    #[must_use]
    pub fn role(&self) -> String {
        format!("comitia_{}", self.service)
    }

    /// A text that changes when any migration does: for caches of migrated databases.
    #[must_use]
    pub fn fingerprint(&self) -> Vec<u8> {
        let mut bytes = self.service.as_bytes().to_vec();
        for migration in SHARED.iter().chain(self.own.iter()) {
            bytes.extend(migration.version.to_be_bytes());
            bytes.extend_from_slice(&migration.checksum);
        }
        for repeatable in self.repeatable {
            bytes.extend(repeatable.checksum());
        }
        bytes
    }

    /// Brings the database behind `admin_url` up to date: schema, role, migrations, grants. May be run again, and
    /// by several processes at once. `password` is set on the role where given; without it the role's password is
    /// somebody else's business (an operator, `pg_hba.conf`).
    ///
    /// # Errors
    /// When the server is away, the admin may not do it, or a migration fails; earlier migrations stay applied.
    pub async fn run(
        &self,
        admin_url: &SecretString,
        password: Option<&SecretString>,
    ) -> Result<(), DatabaseError> {
        let options: PgConnectOptions = admin_url.expose_secret().parse().map_err(DatabaseError::Url)?;
        let merged = self.merged()?;
        // "already exists, skipping" is what idempotent means, and not news.
        let options = options.disable_statement_logging().options([("client_min_messages", "warning")]);
        let mut connection = options.connect().await.map_err(|source| self.connection(source))?;
        let result = self.run_on(&mut connection, &merged, password).await;
        // Closing gives the lock back, whatever happened.
        let closed = connection.close().await;
        result?;
        closed.map_err(|source| self.connection(source))
    }

    async fn run_on(
        &self,
        connection: &mut PgConnection,
        merged: &Migrator,
        password: Option<&SecretString>,
    ) -> Result<(), DatabaseError> {
        self.lock(connection).await?;
        self.prepare(connection, password).await.map_err(|source| self.connection(source))?;
        merged
            // `run` takes any `Acquire`, which makes futures that no task can be spawned with.
            .run_direct(None, connection, false)
            .await
            .map_err(|source| DatabaseError::Migration { service: self.service, source })?;
        let schema = self.service;
        let role = self.role();
        // The history is read by servers and written by migrations alone.
        let history =
            format!("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {schema}._sqlx_migrations FROM {role}");
        execute(connection, history).await.map_err(|source| self.connection(source))?;
        repeatable::run(self, connection).await
    }

    /// Waits for the lock by asking again and again: a session that waits inside PostgreSQL would hold a snapshot
    /// that `CREATE INDEX CONCURRENTLY` of the other session waits for.
    async fn lock(&self, connection: &mut PgConnection) -> Result<(), DatabaseError> {
        for attempt in 0..LOCK_ATTEMPTS {
            let locked: bool =
                sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended('comitia.migrations', 0))")
                    .fetch_one(&mut *connection)
                    .await
                    .map_err(|source| self.connection(source))?;
            if locked {
                return Ok(());
            }
            if attempt == 0 {
                tracing::info!(service = self.service, "another process is migrating this database; waiting");
            }
            tokio::time::sleep(LOCK_PAUSE).await;
        }
        Err(DatabaseError::Locked { service: self.service })
    }

    /// Schema, role and grants. Tables get theirs when they are made (default privileges), so that a migration may
    /// take some away again, for example UPDATE on a log.
    async fn prepare(
        &self,
        connection: &mut PgConnection,
        password: Option<&SecretString>,
    ) -> Result<(), sqlx::Error> {
        let schema = self.service;
        let role = self.role();
        create_role(connection, &role, password).await?;
        disclosure::set_for_role(connection, &role).await?;
        execute(connection, format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
        execute(connection, format!("SET search_path TO {schema}")).await?;
        execute(
            connection,
            format!(
                "GRANT USAGE ON SCHEMA {schema} TO {role};
                 ALTER DEFAULT PRIVILEGES IN SCHEMA {schema}
                   GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
                 ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}"
            ),
        )
        .await?;
        self.set_search_path(connection).await
    }

    /// Lets the role find shared tables by their bare names. Belongs to the database and not to its contents, so a
    /// database made from a template needs it again.
    ///
    /// # Errors
    /// When the connection's role may not do it.
    pub async fn set_search_path(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let database: String =
            sqlx::query_scalar("SELECT quote_ident(current_database())").fetch_one(&mut *connection).await?;
        let (schema, role) = (self.service, self.role());
        role_statement(
            connection,
            &format!("ALTER ROLE {role} IN DATABASE {database} SET search_path TO {schema}"),
        )
        .await
    }

    /// Shared and own migrations, by version.
    fn merged(&self) -> Result<Migrator, DatabaseError> {
        let all: Vec<_> = SHARED.iter().chain(self.own.iter()).cloned().collect();
        let mut merged = Migrator::with_migrations(all);
        let duplicate = merged.migrations.windows(2).find(|pair| pair[0].version == pair[1].version);
        if let Some(pair) = duplicate {
            return Err(DatabaseError::DuplicateVersion { service: self.service, version: pair[0].version });
        }
        // Our own lock is held already.
        merged.set_locking(false);
        merged.dangerous_set_table_name(format!("{}._sqlx_migrations", self.service));
        Ok(merged)
    }

    fn connection(&self, source: sqlx::Error) -> DatabaseError {
        DatabaseError::Connection { service: self.service, source }
    }
}

pub(super) async fn execute(connection: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    connection.execute(AssertSqlSafe(sql)).await.map(|_| ())
}

async fn create_role(
    connection: &mut PgConnection,
    role: &str,
    password: Option<&SecretString>,
) -> Result<(), sqlx::Error> {
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
        .bind(role)
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        role_statement(connection, &format!("CREATE ROLE {role} LOGIN")).await?;
    }
    let Some(password) = password else { return Ok(()) };
    let statement: String = sqlx::query_scalar("SELECT format('ALTER ROLE %I LOGIN PASSWORD %L', $1, $2)")
        .bind(role)
        .bind(scram::verifier(password))
        .fetch_one(&mut *connection)
        .await?;
    role_statement(connection, &statement).await
}

/// Runs a statement on a role. Migrations of two databases of a cluster may do the same at the same time: "exists"
/// is success then, and "tuple concurrently updated" is tried again.
pub(super) async fn role_statement(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match execute(connection, sql.to_owned()).await {
            Err(error) if has_code(&error, &["42710", "23505"]) => return Ok(()),
            Err(error) if has_code(&error, &["XX000"]) && attempt < ROLE_ATTEMPTS => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            result => return result,
        }
    }
}

/// One way in which a database and this program's migrations differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// This program needs a migration that has not been run.
    Pending {
        /// Version.
        version: i64,
        /// Name.
        description: String,
    },
    /// The database has a migration that this program does not know: the database is newer.
    Unknown {
        /// Version.
        version: i64,
        /// Name.
        description: String,
    },
    /// A migration was edited after it had been run.
    Changed {
        /// Version.
        version: i64,
        /// Name.
        description: String,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending { version, description } => {
                write!(f, "migration {version} ({description}) has not been run: run `comitia migrate`")
            }
            Self::Unknown { version, description } => {
                write!(f, "migration {version} ({description}) is not known to this program, which is older")
            }
            Self::Changed { version, description } => {
                write!(f, "migration {version} ({description}) was changed after it had been run")
            }
        }
    }
}

/// The differences between the database and `migrations`, through the service's own pool.
///
/// # Errors
/// When the database cannot be asked.
pub async fn pending(pool: &PgPool, migrations: &Migrations) -> Result<Vec<Difference>, DatabaseError> {
    let table = format!("{}._sqlx_migrations", migrations.service);
    let sql = format!("SELECT version, description, checksum FROM {table} WHERE success ORDER BY version");
    let applied: Result<Vec<(i64, String, Vec<u8>)>, _> =
        sqlx::query_as(AssertSqlSafe(sql)).fetch_all(pool).await;
    let applied = match applied {
        Ok(applied) => applied,
        // No such table or schema: nothing was ever run.
        Err(error) if has_code(&error, &["42P01", "3F000"]) => Vec::new(),
        Err(source) => return Err(migrations.connection(source)),
    };
    let merged = migrations.merged()?;
    let mut differences = Vec::new();
    for known in merged.iter() {
        let (version, description) = (known.version, known.description.to_string());
        match applied.iter().find(|(applied, ..)| *applied == version) {
            None => differences.push(Difference::Pending { version, description }),
            Some((.., checksum)) if checksum[..] != known.checksum[..] => {
                differences.push(Difference::Changed { version, description });
            }
            Some(_) => {}
        }
    }
    for (version, description, _) in applied {
        if !merged.version_exists(version) {
            differences.push(Difference::Unknown { version, description });
        }
    }
    differences.extend(repeatable::pending(migrations, pool).await?);
    Ok(differences)
}

/// What to make of a database that is newer than this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newer {
    /// Refuse it.
    Refuse,
    /// Go on with a warning: migrations only expand, so during a rolling upgrade replicas of the previous release
    /// can still start.
    Allow,
}

/// Refuses a database that this program's `migrations` do not fit, and one whose server would write the values of our
/// statements into its log. Servers call it before they serve.
///
/// # Errors
/// [`DatabaseError::Differs`] with every difference, [`DatabaseError::Discloses`] with every setting, or the failure to ask.
pub async fn check(pool: &PgPool, migrations: &Migrations, newer: Newer) -> Result<(), DatabaseError> {
    let mut differences = pending(pool, migrations).await?;
    if newer == Newer::Allow {
        differences.retain(|difference| {
            let unknown = matches!(difference, Difference::Unknown { .. });
            if unknown {
                tracing::warn!(service = migrations.service, "{difference}");
            }
            !unknown
        });
    }
    if !differences.is_empty() {
        return Err(DatabaseError::Differs { service: migrations.service, differences });
    }
    let disclosures = disclosure::of_session(pool).await.map_err(|source| migrations.connection(source))?;
    if !disclosures.is_empty() {
        return Err(DatabaseError::Discloses { service: migrations.service, disclosures });
    }
    Ok(())
}

/// Why a migration failed, where that helps an operator.
impl DatabaseError {
    /// The version of the migration that failed, if one did.
    #[must_use]
    pub fn failed_version(&self) -> Option<i64> {
        match self {
            Self::Migration { source: MigrateError::ExecuteMigration(_, version), .. } => Some(*version),
            _ => None,
        }
    }
}
