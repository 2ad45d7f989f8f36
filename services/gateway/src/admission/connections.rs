//! Open connections, and which one is evicted when all places are taken.
//!
//! While there is room, a client may open any number of connections: a whole mobile network may
//! share one address. When there is none, a new connection evicts one of the client with the most.
//! So greedy clients converge to equal shares, and a client without a connection gets in while
//! another has two or an idle one. The least active connection is evicted: first one that never
//! sent a request, then an idle one, then one that sends a body or reads an answer. A request in
//! flight is never cut off. Peers in `trusted_proxies` stand for many clients, so their connections
//! belong to no client and are never evicted.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use comitia_platform::address::client_network;
use ipnet::IpNet;
use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::admission::address::is_trusted;
use crate::admission::clients::{Client, Clients, Present};

/// How many connections are searched for the least active one.
const CANDIDATES: usize = 64;
/// How many of the heaviest clients are searched for a connection to evict.
const HEAVIEST: usize = 8;
/// The index of an evicted connection.
const EVICTED: usize = usize::MAX;

#[derive(Debug)]
pub struct Connections {
    open: Mutex<Open>,
    max: usize,
    trusted: Vec<IpNet>,
    clients: Arc<Clients>,
    started: Instant,
    full: Counter<u64>,
}

#[derive(Debug, Default)]
struct Open {
    all: Vec<Arc<Connection>>,
    by_network: HashMap<IpAddr, Vec<Arc<Connection>>>,
    /// Networks by their number of connections.
    by_count: BTreeSet<(usize, IpAddr)>,
    /// Where the next search starts, so that searches visit all connections in turn.
    cursor: usize,
}

#[derive(Debug)]
pub struct Connection {
    pub peer: IpAddr,
    /// `None` for a trusted proxy.
    client: Option<Present>,
    phases: [AtomicU32; 3],
    served: AtomicBool,
    /// When it was opened or last busy, in microseconds since `started`.
    since: AtomicU64,
    /// The index among all connections, and among the client's.
    index: [AtomicUsize; 2],
    started: Instant,
    process_ends: AtomicBool,
    end: Notify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The process stops. Requests in flight are finished.
    Process,
    /// It was evicted, or idle for too long.
    Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// From its first header to its answer.
    Request,
    /// Its body has not arrived. It also counts as [`Phase::Request`].
    Arriving,
    /// Its answer is being read.
    Answer,
}

/// How active a connection is. The least active is evicted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Activity {
    /// It never sent a whole request.
    Silent,
    Idle,
    Arriving,
    Answering,
    Working,
}

/// A request in some phase, until this is dropped.
#[derive(Debug)]
pub struct PhaseGuard {
    connection: Arc<Connection>,
    phase: Phase,
}

/// A connection that frees its place when this is dropped.
#[derive(Debug)]
pub struct ConnectionGuard {
    pub connection: Arc<Connection>,
    connections: Arc<Connections>,
}

impl Connections {
    pub fn new(max: usize, trusted: Vec<IpNet>, clients: Arc<Clients>) -> Arc<Self> {
        let full = global::meter("comitia")
            .u64_counter("comitia.gateway.connections.full")
            .with_unit("{connection}")
            .with_description(
                "connections that were refused, or closed for the sake of others, because there were too many",
            )
            .build();
        let open = Mutex::default();
        Arc::new(Self { open, max, trusted, clients, started: Instant::now(), full })
    }

    /// Admits a connection, if need be by evicting another. `None` if there is no place.
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<ConnectionGuard> {
        let trusted = is_trusted(peer, &self.trusted);
        let network = (!trusted).then(|| client_network(peer));
        let client = network.map(|_| self.clients.at(peer));
        let mut open = self.lock();
        if open.all.len() >= self.max {
            let closed = open.evict_one(network);
            let outcome = if closed { "closed" } else { "refused" };
            self.full.add(1, &[KeyValue::new("outcome", outcome)]);
            if !closed {
                return None;
            }
        }
        let connection = Arc::new(Connection {
            peer,
            client,
            phases: Default::default(),
            served: AtomicBool::new(false),
            since: AtomicU64::new(micros(self.started.elapsed())),
            index: Default::default(),
            started: self.started,
            process_ends: AtomicBool::new(false),
            end: Notify::new(),
        });
        open.add(network, &connection);
        drop(open);
        Some(ConnectionGuard { connection, connections: self.clone() })
    }

    /// Ends all connections, because the process stops.
    pub fn end(&self) {
        for connection in &self.lock().all {
            connection.process_ends.store(true, Ordering::Relaxed);
            connection.end.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn add(&mut self, network: Option<IpAddr>, connection: &Arc<Connection>) {
        connection.index[0].store(self.all.len(), Ordering::Relaxed);
        self.all.push(connection.clone());
        let Some(network) = network else { return };
        let own = self.by_network.entry(network).or_insert_with(|| Vec::with_capacity(1));
        connection.index[1].store(own.len(), Ordering::Relaxed);
        self.by_count.remove(&(own.len(), network));
        own.push(connection.clone());
        self.by_count.insert((own.len(), network));
    }

    /// Frees a connection's place, unless it was freed before.
    fn remove(&mut self, connection: &Connection) {
        let [among_all, among_own] =
            connection.index.each_ref().map(|index| index.swap(EVICTED, Ordering::Relaxed));
        if among_all == EVICTED {
            return;
        }
        take(&mut self.all, among_all, 0);
        if connection.client.is_none() {
            return;
        }
        let network = client_network(connection.peer);
        let Some(own) = self.by_network.get_mut(&network) else { return };
        self.by_count.remove(&(own.len(), network));
        take(own, among_own, 1);
        if own.is_empty() {
            self.by_network.remove(&network);
        } else {
            self.by_count.insert((own.len(), network));
        }
    }

    fn count(&self, network: IpAddr) -> usize {
        self.by_network.get(&network).map_or(0, Vec::len)
    }

    /// Evicts a connection. Returns whether there was one to evict.
    fn evict_one(&mut self, network: Option<IpAddr>) -> bool {
        let own = network.map_or(0, |network| self.count(network));
        let Some(victim) = self.victim(network, own) else { return false };
        self.remove(&victim);
        victim.end.notify_one();
        true
    }

    /// The connection to evict for a client that has `own` connections.
    fn victim(&mut self, network: Option<IpAddr>, own: usize) -> Option<Arc<Connection>> {
        self.cursor = self.cursor.wrapping_add(CANDIDATES);
        let cursor = self.cursor;
        let over = self.by_count.iter().rev().take(HEAVIEST).filter(|(count, _)| *count > own + 1);
        let mut over = over.filter_map(|(_, network)| self.by_network.get(network));
        // Many people may share an address: a new connection is more likely to be used than an idle
        // one.
        let same = || network.and_then(|network| least_busy(self.by_network.get(&network)?, cursor, idle));
        // One attacker may have many addresses.
        let idle_elsewhere = |connection: &Connection, activity| {
            connection.client.is_some()
                && idle(connection, activity)
                && self.count(client_network(connection.peer)) > own
        };
        over.find_map(|theirs| least_busy(theirs, cursor, |_, activity| activity < Activity::Working))
            .or_else(same)
            .or_else(|| least_busy(&self.all, cursor, idle_elsewhere))
    }
}

fn idle(_: &Connection, activity: Activity) -> bool {
    activity <= Activity::Idle
}

/// Removes the connection at `index` and updates the one that takes its index.
fn take(connections: &mut Vec<Arc<Connection>>, index: usize, which: usize) {
    connections.swap_remove(index);
    if let Some(moved) = connections.get(index) {
        moved.index[which].store(index, Ordering::Relaxed);
    }
}

/// The least active connection that `may` be evicted; the one idle longest if several are. Searches
/// some of them, from `cursor` on.
fn least_busy(
    connections: &[Arc<Connection>],
    cursor: usize,
    may: impl Fn(&Connection, Activity) -> bool,
) -> Option<Arc<Connection>> {
    let (before, after) = connections.split_at(cursor.checked_rem(connections.len())?);
    let candidates = after.iter().chain(before).take(CANDIDATES);
    candidates
        .map(|connection| (connection.activity(), connection.since.load(Ordering::Relaxed), connection))
        .filter(|(activity, _, connection)| may(connection, *activity))
        .min_by_key(|(activity, since, _)| (*activity, *since))
        .map(|(.., connection)| connection.clone())
}

impl Connection {
    pub fn client(&self) -> Option<&Client> {
        self.client.as_deref()
    }

    /// Marks a request as being in this phase until the guard is dropped.
    pub fn enter(self: &Arc<Self>, phase: Phase) -> PhaseGuard {
        self.phases[phase as usize].fetch_add(1, Ordering::Relaxed);
        if phase == Phase::Request {
            self.served.store(true, Ordering::Relaxed);
        }
        PhaseGuard { connection: self.clone(), phase }
    }

    pub async fn must_end(&self) -> End {
        self.end.notified().await;
        if self.process_ends.load(Ordering::Relaxed) { End::Process } else { End::Place }
    }

    /// How much longer the connection may be idle. `idle` while it is busy.
    pub fn may_stay(&self, idle: Duration) -> Duration {
        if self.activity() > Activity::Idle {
            return idle;
        }
        let since = Duration::from_micros(self.since.load(Ordering::Relaxed));
        (since + idle).saturating_sub(self.started.elapsed())
    }

    fn activity(&self) -> Activity {
        let [requests, arriving, answers] = self.phases.each_ref().map(|phase| phase.load(Ordering::Relaxed));
        match (requests, answers) {
            (0, 0) if self.served.load(Ordering::Relaxed) => Activity::Idle,
            (0, 0) => Activity::Silent,
            (0, _) => Activity::Answering,
            _ if requests > arriving => Activity::Working,
            _ => Activity::Arriving,
        }
    }
}

impl Drop for PhaseGuard {
    fn drop(&mut self) {
        let Connection { phases, since, started, .. } = &*self.connection;
        since.store(micros(started.elapsed()), Ordering::Relaxed);
        phases[self.phase as usize].fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.connection);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
