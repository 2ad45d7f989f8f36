//! All that the installation has left, as text.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use comitia_bus::{Bus, BusConfig, ConsumerHandle, Event, Subscription, handler};
use comitia_core::{Clock, task};
use comitia_testkit::{wait_for, wait_until};
use sqlx::{AssertSqlSafe, PgPool};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::PATIENCE;
use super::signing::Petitions;

/// The calls of a signature.
const STEPS: [&str; 3] = ["BeginProviderSignIn", "CompleteProviderSignIn", "CastBallot"];

/// A place that something may be left in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Tables,
    Events,
    Logs,
    Metrics,
    Redis,
    Spans,
}

/// What is left: by place and what it is part of (a table, a process, a trace).
pub struct Remains(pub BTreeMap<(Place, String), String>);

/// Lines as they come, and what brings them.
pub struct Listening<T> {
    lines: Arc<Mutex<Vec<String>>>,
    _source: T,
}

/// The commands that Redis gets.
pub type Commands = Listening<JoinHandle<()>>;
/// The events on the bus.
pub type Events = Listening<(Arc<dyn Bus>, ConsumerHandle)>;

impl Petitions {
    /// Notes each command that Redis gets from now on, with its arguments.
    pub async fn listen_to_redis(&self) -> Commands {
        let address = self.cluster.redis.url().strip_prefix("redis://").unwrap();
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(b"MONITOR\r\n").await.unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let noted = lines.clone();
        let source = task::spawn("redis monitor", async move {
            let mut reader = BufReader::new(connection).lines();
            while let Ok(Some(line)) = reader.next_line().await {
                noted.lock().unwrap().push(line);
            }
        });
        let listening = Listening { lines, _source: source };
        wait_until("Redis", PATIENCE, async || !listening.lines.lock().unwrap().is_empty()).await;
        listening
    }

    /// Notes each event on the bus from now on.
    pub async fn listen_to_events(&self) -> Events {
        let config = BusConfig { url: Some(self.cluster.rabbit.url().into()), ..BusConfig::default() };
        let bus = comitia_bus::connect(&config, Clock::system(), "unlinkability").unwrap();
        let subscription = Subscription::new("unlinkability.everything", ["#"]);
        bus.declare(&subscription).await.unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let noted = lines.clone();
        let note = handler(move |event: Event| {
            noted.lock().unwrap().push(as_text(&event));
            async { Ok(()) }
        });
        let source = bus.subscribe(subscription, note).await.unwrap();
        Listening { lines, _source: (bus, source) }
    }

    /// Gathers everything, once all of it has arrived.
    pub async fn remains(&self, redis: Commands, events: Events) -> Remains {
        let mut all = BTreeMap::new();
        for (table, rows) in tables(&self.admin).await {
            all.insert((Place::Tables, table), rows);
        }
        let of_polls =
            |lines: &[String]| self.polls.iter().all(|poll| lines.iter().any(|line| line.contains(poll)));
        wait_until("events of every poll", PATIENCE, async || of_polls(&events.lines.lock().unwrap())).await;
        all.insert((Place::Events, "bus".to_owned()), taken(&events));
        all.insert((Place::Redis, "commands".to_owned()), taken(&redis));
        for name in self.cluster.pids().keys() {
            all.insert((Place::Metrics, name.clone()), self.cluster.metrics(name).await.unwrap());
            all.insert((Place::Logs, name.clone()), self.cluster.log(name));
        }
        all.insert((Place::Logs, "postgresql".to_owned()), self.cluster.postgres.log().unwrap());
        for (trace, spans) in self.traces().await {
            all.insert((Place::Spans, trace), spans);
        }
        Remains(all)
    }

    /// The spans of each trace. They come a moment after their requests.
    async fn traces(&self) -> BTreeMap<String, String> {
        let expected = self.size.traced();
        let spans = wait_for("the spans", PATIENCE, async || {
            let spans = self.spans.spans();
            let steps =
                STEPS.map(|step| spans.iter().filter(|received| received.span.name.ends_with(step)).count());
            steps.iter().all(|count| *count >= expected).then_some(spans)
        })
        .await;
        let mut traces: BTreeMap<String, String> = BTreeMap::new();
        for received in spans {
            let text = format!(
                "{} {:?}\n",
                received.service,
                (&received.span.name, &received.span.attributes, &received.span.events)
            );
            traces.entry(received.trace_id()).or_default().push_str(&text);
        }
        traces
    }
}

impl Remains {
    /// What is in a place, one text for each part.
    pub fn of(&self, place: Place) -> impl Iterator<Item = (&str, &str)> {
        let there = self.0.iter().filter(move |((where_, _), _)| *where_ == place);
        there.map(|((_, part), text)| (part.as_str(), text.as_str()))
    }

    /// Every place was read while people signed: what must be there is there.
    pub fn assert_read(&self, petitions: &Petitions) {
        let has = |place: Place, word: &str| self.of(place).any(|(_, text)| text.contains(word));
        let poll = &petitions.polls[0];
        for place in [Place::Tables, Place::Events] {
            assert!(has(place, poll), "{place:?} name the poll");
        }
        assert!(has(Place::Logs, "milestone") || has(Place::Logs, "starting"), "the services' logs");
        assert!(has(Place::Logs, "database system is ready"), "the log of PostgreSQL");
        assert!(has(Place::Metrics, "comitia_voting_log_leaves"), "the counters");
        assert!(has(Place::Redis, "comitia") || has(Place::Redis, "gateway:"), "keys of the services");
        for step in STEPS {
            assert!(has(Place::Spans, step), "spans of {step}");
        }
    }

    /// How much was read.
    pub fn summary(&self) -> String {
        let size = |place: Place| self.of(place).map(|(_, text)| text.len()).sum::<usize>() / 1_000;
        let of = |place: Place| format!("{place:?} {} kB in {} parts", size(place), self.of(place).count());
        let places = [Place::Tables, Place::Events, Place::Logs, Place::Metrics, Place::Redis, Place::Spans];
        places.map(of).join(", ")
    }
}

fn taken<T>(listening: &Listening<T>) -> String {
    std::mem::take(&mut *listening.lines.lock().unwrap()).join("\n")
}

/// All of an event, its bytes in each way that they may be written.
fn as_text(event: &Event) -> String {
    let bytes = (hex::encode(&event.payload), STANDARD.encode(&event.payload));
    format!(
        "{event:?} | {} {} {}",
        bytes.0,
        bytes.1,
        String::from_utf8_lossy(&event.payload).replace('\n', " ")
    )
}

/// All rows of all tables of all services, as text.
pub async fn tables(admin: &PgPool) -> BTreeMap<String, String> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^(pg_|information_schema)'",
    )
    .fetch_all(admin)
    .await
    .unwrap();
    let mut all = BTreeMap::new();
    for name in names {
        let query = format!(
            "SELECT string_agg(to_jsonb(t)::text, E'\\n' ORDER BY to_jsonb(t)::text) FROM {name} AS t"
        );
        let rows: Option<String> = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(admin).await.unwrap();
        all.insert(name, rows.unwrap_or_default());
    }
    all
}
