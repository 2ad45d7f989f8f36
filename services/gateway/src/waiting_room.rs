//! The waiting room before sign-in. When more people want to sign in than there is capacity for,
//! visitors take a ticket, see their position and an estimate, and are admitted in order of
//! arrival.
//!
//! **A ticket is a time.** A place in the line is the moment of arrival in microseconds, signed
//! into the ticket ([`tokens`]) with the organization and a nonce. The *frontier* is one moment per
//! organization, which only moves forward: everybody who arrived up to it is admitted. So nothing
//! about a person is stored, a ticket survives restarts of every gateway, and no counter that could
//! be lost determines the order.
//!
//! **Shared state.** The cache holds the number of arrivals per second and the frontier. Twice a
//! second each gateway reports its arrivals and advances the frontier by as many people as its own
//! pace allows ([`comitia_cache::Cache::line`]). The paces of several gateways add up, and no
//! gateway needs to know how many there are.
//! - *The cache is unreachable*: each gateway advances its own frontier at the combined pace, over
//!   the line as all last knew it ([`queue`]). Afterwards it takes over the furthest frontier and
//!   reports again who waits.
//! - *Cache and all gateways are lost*: nobody is admitted for a moment. Tickets that turn up are
//!   counted again, once each, and the line continues from the oldest.
//! - *A gateway dies before it reports*: people it did not report are admitted once the frontier
//!   has passed them or the line is empty.
//!
//! **Capacity** is a token bucket in each gateway ([`pace`]). It fills between a floor and a
//! ceiling: faster while all is well, slower while requests are refused for overload or sign-ins
//! are slow. While nobody waits, a sign-in takes from the bucket and passes: the room is closed.
//! When the bucket is empty, the caller must take a ticket: the room is open until the line is
//! empty. Organizations share the bucket evenly.
//!
//! **A pass** is what a ticket becomes when its turn comes. It is valid for some minutes and some
//! calls, counted in the cache by nonce. A ticket becomes a pass once. Its holder goes to the end
//! of the line when the pass has expired.
//!
//! **Hoarding.** An address may take some tickets at once, because a mobile operator or a town hall
//! may be one address. Further tickets get later places, evenly spaced, as if their holders came
//! one by one. So nobody is refused because of a neighbour, and a thousand tickets of one address
//! delay nobody else.
//!
//! Only a visit to the room issues a ticket, not a refused call: a client that retries does not
//! lengthen the line.

mod http;
mod lines;
mod pace;
pub mod page;
mod queue;
mod seen;
mod standing;
mod tokens;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use comitia_cache::{RateLimit, Resilient};
use comitia_core::Clock;
use opentelemetry::global;
use opentelemetry::metrics::{Counter, Gauge, Histogram};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use self::http::{PASS, PATHS, TICKET, Tokens, View, openapi};
use self::pace::Pace;
use self::queue::Queue;
use self::seen::Seen;
pub use self::standing::{Standing, State};
use self::tokens::{Pass, Signer, TICKET_LIFE, Ticket};
use crate::admission::address::ClientNames;
use crate::config::{WaitingRoomConfig, WaitingRoomMode};
use crate::http::error::Error;

/// How often gateways report arrivals and admit people.
const TICK: Duration = Duration::from_millis(500);
/// How long the cache keeps an unused line, and the fate of a ticket.
const MEMORY: Duration = Duration::from_micros(TICKET_LIFE.unsigned_abs());
/// The maximum delay of a ticket from an address with many. Beyond it tickets are refused.
const MAX_DELAY: Duration = Duration::from_secs(3_600);

#[derive(Debug)]
pub struct WaitingRoom {
    config: WaitingRoomConfig,
    cache: Resilient,
    clock: Clock,
    signer: Signer,
    names: ClientNames,
    secure_cookies: bool,
    member: u64,
    pace: Mutex<Pace>,
    queues: Mutex<HashMap<Uuid, Queue>>,
    seen: Seen,
    metrics: Metrics,
}

#[derive(Debug)]
struct Metrics {
    length: Gauge<u64>,
    rate: Gauge<f64>,
    admitted: Counter<u64>,
    wait: Histogram<f64>,
}

impl WaitingRoom {
    /// `secure_cookies` restricts cookies to encrypted connections.
    pub fn new(
        config: WaitingRoomConfig,
        cache: Resilient,
        clock: Clock,
        service_key: &SecretString,
        secure_cookies: bool,
    ) -> Arc<Self> {
        let now = clock.now().timestamp_micros();
        let meter = global::meter("comitia");
        Arc::new(Self {
            pace: Mutex::new(Pace::new(&config, now)),
            config,
            cache,
            clock,
            signer: Signer::new(service_key),
            names: ClientNames::new(service_key),
            secure_cookies,
            // Numbers in Lua are exact up to 2^53.
            member: u64::from_be_bytes(comitia_core::random::bytes()) >> 11,
            queues: Mutex::default(),
            seen: Seen::default(),
            metrics: Metrics {
                length: meter
                    .u64_gauge("comitia.gateway.waiting_room.length")
                    .with_description("people who wait to sign in, by organization")
                    .build(),
                rate: meter
                    .f64_gauge("comitia.gateway.waiting_room.rate")
                    .with_description("people a second that this gateway can let in")
                    .build(),
                admitted: meter
                    .u64_counter("comitia.gateway.waiting_room.admitted")
                    .with_description("people who waited and were let in, by organization")
                    .build(),
                wait: meter
                    .f64_histogram("comitia.gateway.waiting_room.wait")
                    .with_unit("s")
                    .with_description("how long people waited until they took their pass")
                    .with_boundaries(vec![
                        1.0, 3.0, 10.0, 30.0, 60.0, 180.0, 600.0, 1_800.0, 3_600.0, 10_800.0,
                    ])
                    .build(),
            },
        })
    }

    /// Advances the lines until the process stops.
    pub async fn run(self: Arc<Self>, stopping: CancellationToken) {
        if self.config.mode == WaitingRoomMode::Off {
            return;
        }
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = ticks.tick() => self.tick().await,
            }
        }
    }

    /// Counts a request for the pace. `waits` says whether its method waits its turn.
    pub fn observe(&self, waits: bool, error: Option<&Error>, took: Duration) {
        self.seen.count(waits, error, took > Duration::from_millis(self.config.latency_target_ms));
    }

    /// Lets a sign-in pass, or refuses it.
    ///
    /// # Errors
    /// `WAITING_ROOM` if others arrived before, or there is no capacity now.
    pub async fn enter(&self, organization: Uuid, given: &Tokens) -> Result<(), Error> {
        if self.config.mode == WaitingRoomMode::Off {
            return Ok(());
        }
        let now = self.now();
        let pass = match given.pass(&self.signer, organization, now) {
            Some(pass) => Some(pass),
            None => {
                self.open_queue(organization, now).await;
                match given.ticket(&self.signer, organization, now) {
                    Some(ticket) if self.is_turn(&ticket, now) => self.pass(&ticket, now).await,
                    Some(ticket) => return Err(self.refuse(organization, Some(&ticket), now)),
                    None if self.goes_through(organization, now) => return Ok(()),
                    None => None,
                }
            }
        };
        let Some(pass) = pass else { return Err(self.refuse(organization, None, now)) };
        let key = format!("gateway:waiting_room:uses:{}", hex::encode(pass.nonce));
        let uses = RateLimit::new(self.config.pass_uses, 4 * MEMORY);
        if self.cache.allow(&key, uses).await.allowed {
            Ok(())
        } else {
            Err(self.refuse(organization, None, now))
        }
    }

    /// Whether a visitor may open the sign-in page: nobody waits, or the visitor has a pass. Uses
    /// up nothing.
    ///
    /// # Errors
    /// `WAITING_ROOM` if others arrived before.
    pub async fn look(&self, organization: Uuid, given: &Tokens) -> Result<(), Error> {
        let now = self.now();
        if self.config.mode == WaitingRoomMode::Off || given.pass(&self.signer, organization, now).is_some() {
            return Ok(());
        }
        self.open_queue(organization, now).await;
        let closed = self.config.mode == WaitingRoomMode::Auto
            && !self.with_queue(organization, now, |queue| queue.is_open(now));
        if closed { Ok(()) } else { Err(self.refuse(organization, None, now)) }
    }

    /// A visitor's standing. Issues a ticket if there is none and `may_take_one`.
    ///
    /// # Errors
    /// `RATE_LIMITED` if the address took so many tickets that it gets no place within an hour.
    pub async fn visit(
        &self,
        organization: Uuid,
        given: &Tokens,
        address: IpAddr,
        may_take_one: bool,
    ) -> Result<Standing, Error> {
        if self.config.mode == WaitingRoomMode::Off {
            return Ok(Standing::new(State::NotNeeded, 0));
        }
        let now = self.now();
        if let Some(pass) = given.pass(&self.signer, organization, now) {
            return Ok(self.admitted(organization, &pass, now));
        }
        self.open_queue(organization, now).await;
        if let Some(ticket) = given.ticket(&self.signer, organization, now) {
            if !self.is_turn(&ticket, now) {
                return Ok(self.waiting(organization, Some(&ticket), now));
            }
            if let Some(pass) = self.pass(&ticket, now).await {
                return Ok(self.admitted(organization, &pass, now));
            }
        }
        if !may_take_one {
            return Ok(self.waiting(organization, None, now));
        }
        let nonce = comitia_core::random::bytes();
        if self.goes_through(organization, now) {
            let ticket = Ticket { organization, arrival: now, issued: now, nonce };
            if let Some(pass) = self.pass(&ticket, now).await {
                return Ok(self.admitted(organization, &pass, now));
            }
        }
        let key = format!("gateway:waiting_room:tickets:{}", self.names.of(address));
        let limit = RateLimit::from(self.config.tickets_per_address);
        let turn = self.cache.reserve(&key, limit, MAX_DELAY).await;
        if !turn.allowed {
            return Err(Error::RateLimited { retry_after: turn.retry_after });
        }
        let delay = i64::try_from(turn.retry_after.as_micros()).unwrap_or(0);
        let arrival = self.with_queue(organization, now, |queue| queue.arrive(now, delay));
        let ticket = Ticket { organization, arrival, issued: now, nonce };
        Ok(self.waiting(organization, Some(&ticket), now))
    }

    /// Whether the turn of a ticket has come: the frontier has passed it, or nobody waits and there
    /// is capacity.
    fn is_turn(&self, ticket: &Ticket, now: i64) -> bool {
        let admitted = self.with_queue(ticket.organization, now, |queue| {
            queue.see(ticket, now);
            queue.is_admitted(ticket.arrival)
        });
        admitted || self.goes_through(ticket.organization, now)
    }

    /// Whether a visitor may pass without waiting. Takes from the bucket if so.
    fn goes_through(&self, organization: Uuid, now: i64) -> bool {
        self.config.mode == WaitingRoomMode::Auto
            && !self.with_queue(organization, now, |queue| {
                queue.touch(now);
                queue.is_open(now)
            })
            && lock(&self.pace).take_one(now)
    }

    /// The pass of a ticket whose turn has come: the same each time. `None` once it has expired.
    async fn pass(&self, ticket: &Ticket, now: i64) -> Option<Pass> {
        let key = format!("gateway:waiting_room:pass:{}", hex::encode(ticket.nonce));
        let known = self.cache.get(&key).await;
        let known = known.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.parse().ok());
        let expiry = match known {
            Some(expiry) => expiry,
            None => {
                let expiry = now + i64::from(self.config.pass_seconds) * 1_000_000;
                self.cache.set(&key, Bytes::from(expiry.to_string()), MEMORY).await;
                self.metrics
                    .wait
                    .record(Duration::from_micros((now - ticket.issued).unsigned_abs()).as_secs_f64(), &[]);
                expiry
            }
        };
        let Ticket { organization, nonce, .. } = *ticket;
        (now < expiry).then_some(Pass { organization, expiry, nonce })
    }

    fn admitted(&self, organization: Uuid, pass: &Pass, now: i64) -> Standing {
        let waiting = self.with_queue(organization, now, |queue| queue.waiting(now));
        Standing {
            pass: Some(self.signer.pass(pass)),
            pass_expire_time: DateTime::from_timestamp_micros(pass.expiry)
                .map(|time| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
            ..Standing::new(State::Admitted, waiting)
        }
    }

    fn waiting(&self, organization: Uuid, ticket: Option<&Ticket>, now: i64) -> Standing {
        let rate = u64::try_from(lock(&self.pace).rate()).unwrap_or(0);
        self.with_queue(organization, now, |queue| {
            let waiting = queue.waiting(now);
            let position = ticket.map(|ticket| queue.ahead(ticket.arrival, now) + 1);
            let speed = queue.speed().unwrap_or_else(|| rate * u64::from(queue.members())).max(1);
            let by_line = position.unwrap_or(waiting + 1).saturating_mul(1_000).div_ceil(speed);
            // Not before its own place, which is in the future for an address with many tickets.
            let by_place = ticket.map_or(0, |ticket| ticket.arrival - now).max(0).unsigned_abs() / 1_000_000;
            let estimate = by_line.max(by_place);
            let check = (estimate / 8).clamp(2, 30);
            // Spread the next visits of those who arrived together.
            let spread = ticket.map_or(0, |ticket| u64::from(ticket.nonce[0]) % (check / 4 + 1));
            Standing {
                position,
                estimate_seconds: Some(estimate),
                check_after_seconds: Some(check + spread),
                ticket: ticket.map(|ticket| self.signer.ticket(ticket)),
                ..Standing::new(State::Waiting, waiting)
            }
        })
    }

    fn refuse(&self, organization: Uuid, ticket: Option<&Ticket>, now: i64) -> Error {
        let seconds = self.waiting(organization, ticket, now).check_after_seconds;
        Error::WaitingRoom { retry_after: Duration::from_secs(seconds.unwrap_or(2)) }
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp_micros()
    }
}

/// A panic while the lock is held leaves numbers that the next tick corrects.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
