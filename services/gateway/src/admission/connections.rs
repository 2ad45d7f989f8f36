//! The connections that are open, and whose place a newcomer gets when there are as many as may be.
//!
//! As long as there is room everybody may open as many as they like: behind one address may be a whole mobile network. When the
//! house is full, a newcomer takes the place of whoever has the most, so that those who want all they can get come to have
//! equally many, and who has none comes in as long as anybody has two or is idle. What is closed is what does the least: first
//! what never sent a request, then what is idle, then what sends a body or reads an answer. A request in flight is never cut
//! off. The peers in `trusted_proxies` stand for many clients, so that their connections belong to nobody and are never closed
//! for others.

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

/// Among so many connections the least busy is looked for.
const CANDIDATES: usize = 64;
/// Among so many clients, those who have the most, a connection that may be closed is looked for.
const HEAVIEST: usize = 8;
/// The place of a connection that has lost it.
const GONE: usize = usize::MAX;

/// The open connections of all clients.
#[derive(Debug)]
pub struct Connections {
    open: Mutex<Open>,
    most: usize,
    trusted: Vec<IpNet>,
    clients: Arc<Clients>,
    started: Instant,
    full: Counter<u64>,
}

#[derive(Debug, Default)]
struct Open {
    all: Vec<Arc<Connection>>,
    by_network: HashMap<IpAddr, Vec<Arc<Connection>>>,
    /// The networks by how many they have.
    by_count: BTreeSet<(usize, IpAddr)>,
    /// Where the search for the least busy one begins, so that it sees all in turn.
    cursor: usize,
}

/// A connection of a client.
#[derive(Debug)]
pub struct Connection {
    /// Where it comes from.
    pub peer: IpAddr,
    /// Whose it is; a trusted proxy's is nobody's.
    client: Option<Present>,
    phases: [AtomicU32; 3],
    served: AtomicBool,
    /// When it began or was last busy, in microseconds since the start.
    since: AtomicU64,
    /// Where it stands among all, and among its client's.
    index: [AtomicUsize; 2],
    started: Instant,
    process_ends: AtomicBool,
    end: Notify,
}

/// Why a connection must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The process stops; what is in flight is finished.
    Process,
    /// Its place is another's, or it did nothing for too long.
    Place,
}

/// What a request on a connection is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// From its first header to its answer.
    Request,
    /// Its body has not come yet; it is counted as a request, too.
    Arriving,
    /// Its answer is being read.
    Answer,
}

/// How much a connection does: the less, the sooner it is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Activity {
    /// It never sent a whole request.
    Silent,
    Idle,
    Arriving,
    Answering,
    Working,
}

/// A request on a connection in some phase, until it is dropped.
#[derive(Debug)]
pub struct Busy {
    connection: Arc<Connection>,
    phase: Phase,
}

/// A connection with its place, which it gives back when this is dropped.
#[derive(Debug)]
pub struct Admitted {
    /// The connection.
    pub connection: Arc<Connection>,
    connections: Arc<Connections>,
}

impl Connections {
    /// At most `most` at once.
    pub fn new(most: usize, trusted: Vec<IpNet>, clients: Arc<Clients>) -> Arc<Self> {
        let full = global::meter("comitia")
            .u64_counter("comitia.gateway.connections.full")
            .with_unit("{connection}")
            .with_description(
                "connections that were refused, or closed for the sake of others, because there were too many",
            )
            .build();
        let open = Mutex::default();
        Arc::new(Self { open, most, trusted, clients, started: Instant::now(), full })
    }

    /// Lets a connection in, in the place of another if it must be; nothing when there is no place for it.
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Admitted> {
        let trusted = is_trusted(peer, &self.trusted);
        let network = (!trusted).then(|| client_network(peer));
        let client = network.map(|_| self.clients.at(peer));
        let mut open = self.lock();
        if open.all.len() >= self.most {
            let closed = open.make_room(network);
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
        Some(Admitted { connection, connections: self.clone() })
    }

    /// Tells all that the process ends.
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

    /// Takes a connection's place, unless it was taken before.
    fn remove(&mut self, connection: &Connection) {
        let [among_all, among_own] =
            connection.index.each_ref().map(|index| index.swap(GONE, Ordering::Relaxed));
        if among_all == GONE {
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

    /// Closes a connection so that one more fits, and tells whether there was one to close.
    fn make_room(&mut self, network: Option<IpAddr>) -> bool {
        let own = network.map_or(0, |network| self.count(network));
        let Some(victim) = self.victim(network, own) else { return false };
        self.remove(&victim);
        victim.end.notify_one();
        true
    }

    /// The connection whose place goes to a client that has `own`.
    fn victim(&mut self, network: Option<IpAddr>, own: usize) -> Option<Arc<Connection>> {
        self.cursor = self.cursor.wrapping_add(CANDIDATES);
        let cursor = self.cursor;
        let over = self.by_count.iter().rev().take(HEAVIEST).filter(|(count, _)| *count > own + 1);
        let mut over = over.filter_map(|(_, network)| self.by_network.get(network));
        // Behind one address may be many people: who comes is more likely to want something than who is idle.
        let same = || network.and_then(|network| least_busy(self.by_network.get(&network)?, cursor, idle));
        // Many addresses may be one attacker.
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

/// Removes what stands at `index`, and tells what comes in its place.
fn take(connections: &mut Vec<Arc<Connection>>, index: usize, which: usize) {
    connections.swap_remove(index);
    if let Some(moved) = connections.get(index) {
        moved.index[which].store(index, Ordering::Relaxed);
    }
}

/// The connection that does the least, and that for the longest time, among those that `may` be closed. Looks at some of them,
/// from `cursor` on.
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
    /// Its client, unless it is a trusted proxy's.
    pub fn client(&self) -> Option<&Client> {
        self.client.as_deref()
    }

    /// Notes that a request is in this phase, until the answer is dropped.
    pub fn enter(self: &Arc<Self>, phase: Phase) -> Busy {
        self.phases[phase as usize].fetch_add(1, Ordering::Relaxed);
        if phase == Phase::Request {
            self.served.store(true, Ordering::Relaxed);
        }
        Busy { connection: self.clone(), phase }
    }

    /// Returns when it must end.
    pub async fn must_end(&self) -> End {
        self.end.notified().await;
        if self.process_ends.load(Ordering::Relaxed) { End::Process } else { End::Place }
    }

    /// How much longer it may stay if it does nothing, where it may be idle for `idle`; `idle` while it is busy.
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

impl Drop for Busy {
    fn drop(&mut self) {
        let Connection { phases, since, started, .. } = &*self.connection;
        since.store(micros(started.elapsed()), Ordering::Relaxed);
        phases[self.phase as usize].fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.connection);
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
