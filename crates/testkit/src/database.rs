//! A database a test.

use anyhow::Context;
use comitia_platform::database::{DatabaseConfig, Migrations, connect};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::PostgresServer;
use crate::shared::test_postgres_url;

/// What runtime roles sign in with on test servers.
const ROLE_PASSWORD: &str = "comitia-test";

/// A database with the schemas of some services, of this test alone, dropped with the value.
///
/// It is copied from a template that is migrated once a server and set of migrations.
#[derive(Debug)]
pub struct TestDatabase {
    server: PgConnectOptions,
    name: String,
}

impl TestDatabase {
    /// A database of one service, on the server that tests share.
    ///
    /// # Errors
    /// When there is no server, or a migration fails.
    pub async fn create(migrations: &Migrations) -> anyhow::Result<Self> {
        Self::create_all(std::slice::from_ref(migrations)).await
    }

    /// One database for several services, on the server that tests share.
    ///
    /// # Errors
    /// As [`TestDatabase::create`].
    pub async fn create_all(migrations: &[Migrations]) -> anyhow::Result<Self> {
        Self::create_at(&test_postgres_url().await?, migrations).await
    }

    /// One database for several services, on a server of the test's own.
    ///
    /// # Errors
    /// As [`TestDatabase::create`].
    pub async fn create_on(server: &PostgresServer, migrations: &[Migrations]) -> anyhow::Result<Self> {
        Self::create_at(server.url(), migrations).await
    }

    async fn create_at(url: &SecretString, migrations: &[Migrations]) -> anyhow::Result<Self> {
        let server: PgConnectOptions = url.expose_secret().parse().context("the test server's URL")?;
        let server = server.options([("client_min_messages", "warning")]);
        let mut connection = server.connect().await.context("connecting to the test server")?;
        let template = template(&server, &mut connection, migrations).await?;
        let name = format!("test_{}", hex::encode(comitia_core::random::bytes::<8>()));
        run(&mut connection, format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
        connection.close().await?;
        let database = Self { server, name };
        // Settings of a role in a database are not copied with it.
        let mut connection = database.options().connect().await?;
        for migrations in migrations {
            migrations.set_search_path(&mut connection).await?;
        }
        connection.close().await?;
        Ok(database)
    }

    /// The URL of a service's runtime role.
    #[must_use]
    pub fn url(&self, service: &str) -> SecretString {
        let role = self.options().username(&format!("comitia_{service}")).password(ROLE_PASSWORD);
        role.to_url_lossy().to_string().into()
    }

    /// The URL of the superuser, whom row-level security does not bind.
    #[must_use]
    pub fn admin_url(&self) -> SecretString {
        self.options().to_url_lossy().to_string().into()
    }

    /// The configuration of a service on this database.
    #[must_use]
    pub fn config(&self, service: &str) -> DatabaseConfig {
        DatabaseConfig { max_connections: 8, ..DatabaseConfig::new(self.url(service)) }
    }

    /// A pool of the service's runtime role.
    ///
    /// # Errors
    /// Never, as long as the server's URL is one.
    pub fn pool(&self, service: &str) -> anyhow::Result<PgPool> {
        Ok(connect(&self.config(service))?)
    }

    /// A pool of the superuser, for looking and preparing.
    ///
    /// # Errors
    /// As [`TestDatabase::pool`].
    pub fn admin_pool(&self) -> anyhow::Result<PgPool> {
        Ok(connect(&DatabaseConfig { max_connections: 2, ..DatabaseConfig::new(self.admin_url()) })?)
    }

    /// Takes the checks from the columns of a table, so that a test can write what a newer version may write.
    ///
    /// # Errors
    /// When there is no such table.
    pub async fn drop_checks(&self, table: &str) -> anyhow::Result<()> {
        let mut connection = self.options().connect().await?;
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT quote_ident(conname) FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'c'",
        )
        .bind(table)
        .fetch_all(&mut connection)
        .await?;
        for name in names {
            run(&mut connection, format!("ALTER TABLE {table} DROP CONSTRAINT {name}")).await?;
        }
        Ok(())
    }

    fn options(&self) -> PgConnectOptions {
        self.server.clone().database(&self.name)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let work = async move {
            let mut connection = server.connect().await.ok()?;
            run(&mut connection, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await.ok()
        };
        // In a thread, because a value is dropped inside a runtime; waited for, because the process may end next. A
        // server that is gone or frozen takes its databases with it.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime
                .block_on(async { tokio::time::timeout(std::time::Duration::from_secs(5), work).await.ok() })
        });
        let _ = thread.join();
    }
}

/// The name of the migrated template, made at first use.
async fn template(
    server: &PgConnectOptions,
    connection: &mut PgConnection,
    migrations: &[Migrations],
) -> anyhow::Result<String> {
    let mut digest = Sha256::new();
    for migrations in migrations {
        digest.update(migrations.fingerprint());
    }
    let digest = hex::encode(&digest.finalize()[..8]);
    let (name, building) = (format!("template_{digest}"), format!("building_{digest}"));
    // Tests are processes of their own: one makes the template, the others wait for it.
    sqlx::query("SELECT pg_advisory_lock(hashtextextended($1, 0))")
        .bind(&name)
        .execute(&mut *connection)
        .await?;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&name)
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        run(connection, format!("DROP DATABASE IF EXISTS {building} WITH (FORCE)")).await?;
        run(connection, format!("CREATE DATABASE {building}")).await?;
        let url = server.clone().database(&building).to_url_lossy().to_string().into();
        for migrations in migrations {
            migrations.run(&url, Some(&ROLE_PASSWORD.into())).await?;
        }
        run(connection, format!("ALTER DATABASE {building} RENAME TO {name}")).await?;
    }
    sqlx::query("SELECT pg_advisory_unlock(hashtextextended($1, 0))").bind(&name).execute(connection).await?;
    Ok(name)
}

async fn run(connection: &mut PgConnection, sql: String) -> anyhow::Result<()> {
    let shown = sql.clone();
    connection.execute(AssertSqlSafe(sql)).await.with_context(|| shown)?;
    Ok(())
}
