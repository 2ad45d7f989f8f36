//! What PostgreSQL writes into its log of a vote: no ballot and no nullifier, however talkative it is.

use comitia_platform::database::{self, DatabaseError, Newer};
use comitia_testkit::{PostgresServer, TestDatabase};
use secrecy::ExposeSecret;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};

use crate::harness::{Bench, nullifier, soon};

/// Everything that a server's configuration can say about logging statements, at its loudest.
const TALKATIVE: &[(&str, &str)] = &[
    ("log_min_duration_statement", "0"),
    ("log_statement", "all"),
    ("log_error_verbosity", "verbose"),
    ("log_parameter_max_length", "-1"),
    ("log_parameter_max_length_on_error", "-1"),
];

/// Long and strange enough to be found in whatever form a log may have it.
const BALLOT: [u8; 12] = [1, 1, 0xc3, 0x5a, 0x91, 0x0d, 0xe7, 0x44, 0xb8, 0x29, 0x6f, 0xd2];

async fn talkative() -> (PostgresServer, Bench) {
    let server = PostgresServer::start_set(TALKATIVE).await.unwrap();
    let database = TestDatabase::create_on(&server, &[comitia_voting::migrations()]).await.unwrap();
    (server, Bench::on(database))
}

fn assert_silent(log: &str, voters: impl IntoIterator<Item = u32>) {
    let ballot = hex(&BALLOT[2..]);
    assert!(!log.contains(&ballot), "a ballot is in the server's log");
    for voter in voters {
        let nullifier = hex(nullifier(voter).as_bytes());
        assert!(!log.contains(&nullifier), "a nullifier is in the server's log");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_batch_that_is_logged_leaves_no_ballot_and_no_nullifier() {
    let (server, bench) = talkative().await;
    let replica = bench.replica();
    let poll = replica.open_poll(true).await;
    let voters = 0xa1b2_c301..0xa1b2_c305_u32;
    for voter in voters.clone() {
        let mut cast = replica.cast(poll, voter, 0, "north");
        cast.cast.ballot = BALLOT.to_vec();
        replica.app.intake.cast(cast, soon()).await.unwrap();
    }
    assert_eq!(bench.stored(poll).await.len(), 4);
    let log = server.log().unwrap();
    assert!(
        log.contains("accept_ballots"),
        "the statement itself is not logged, so that this test shows nothing"
    );
    assert_silent(&log, voters);
    // Migrations have set the password of the role, and all statements are logged.
    let url: PgConnectOptions = url(&bench).parse().unwrap();
    let password = url.to_url_lossy().password().unwrap().to_owned();
    assert!(log.contains("PASSWORD 'SCRAM-SHA-256$") && !log.contains(&password), "a password is in the log");
    replica.stop().await;
}

#[tokio::test]
async fn a_batch_that_fails_leaves_no_ballot_and_no_nullifier() {
    let (server, bench) = talkative().await;
    let replica = bench.replica();
    let poll = replica.open_poll(true).await;
    // The row breaks a constraint inside the batch.
    sqlx::raw_sql("ALTER TABLE voting.ballots ADD CONSTRAINT broken CHECK (district <> 'north')")
        .execute(&bench.admin)
        .await
        .unwrap();
    let mut cast = replica.cast(poll, 0xa1b2_c3d4, 0, "north");
    cast.cast.ballot = BALLOT.to_vec();
    replica.app.intake.cast(cast, soon()).await.unwrap_err();

    // A unique key that is taken, by a session of the service.
    let mut connection = PgConnection::connect(&url(&bench)).await.unwrap();
    let taken =
        "INSERT INTO voting.ballots (poll_id, nullifier, ballot, district, paper, revision, cast_digest, arrival_order)
         SELECT $1, $2, $3, 'south', false, 1, uuid_send(gen_random_uuid()), 0 FROM generate_series(1, 2)";
    let error = sqlx::query(taken)
        .bind(poll)
        .bind(nullifier(0xa1b2_c3d5).as_bytes())
        .bind(&BALLOT[..])
        .execute(&mut connection)
        .await
        .unwrap_err();
    assert!(!format!("{error:?}").contains(&hex(&BALLOT[2..])), "a ballot is in the error");

    let log = server.log().unwrap();
    assert!(log.contains("broken") && log.contains("ballots_0"), "the errors are not logged:\n{log}");
    assert_silent(&log, [0xa1b2_c3d4, 0xa1b2_c3d5]);
    replica.stop().await;
}

#[tokio::test]
async fn a_server_that_would_log_parameters_is_refused_with_the_setting_and_the_remedy() {
    let (_server, bench) = talkative().await;
    check(&bench).await.unwrap();
    // Somebody takes the role's protection away.
    sqlx::raw_sql("ALTER ROLE comitia_voting RESET ALL").execute(&bench.admin).await.unwrap();
    let text = check(&bench).await.unwrap_err().to_string();
    for part in
        ["log_min_duration_statement is 0", "log_statement is all", "set log_parameter_max_length = 0"]
    {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
}

/// What a server does before it serves.
async fn check(bench: &Bench) -> Result<(), DatabaseError> {
    let pool = bench.database.pool("voting").unwrap();
    database::check(&pool, &comitia_voting::migrations(), Newer::Refuse).await
}

fn url(bench: &Bench) -> String {
    bench.database.url("voting").expose_secret().to_owned()
}
