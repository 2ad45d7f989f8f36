//! What each organization has in flight at this gateway, and what it may have, so that the rush of one city does not take the
//! places of another's vote.
//!
//! Places are shared by need ([`comitia_platform::fairness`]): an organization that is alone may use all of them, several that
//! want all they can get come to hold equally much, and one that needs few finds them also where another fills the house.
//! Besides, an organization may have a ceiling of requests a second. Both cost a few atomic numbers: the organization of
//! a host name is looked up once, with all of them ([`crate::caching::tenants`]).

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use comitia_cache::{LocalLimit, RateLimit};
use comitia_core::Clock;
use comitia_platform::fairness;
use comitia_platform::limit::jitter;
use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};
use uuid::Uuid;

use crate::config::{OrganizationLimit, OrganizationLimits};
use crate::http::error::Error;
use crate::routes::{Class, ServiceName};

/// Of an organization that is held back the log tells once in so many seconds.
const TELL_SECONDS: i64 = 60;

/// What organizations share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Requests in flight in this gateway.
    Requests,
    /// Calls to a service.
    Calls(ServiceName),
    /// Exports, among the calls.
    Exports,
    /// Open event streams.
    Streams,
}

impl Resource {
    const COUNT: usize = ServiceName::COUNT + 3;

    fn index(self) -> usize {
        match self {
            Self::Calls(service) => service as usize,
            Self::Requests => ServiceName::COUNT,
            Self::Exports => ServiceName::COUNT + 1,
            Self::Streams => ServiceName::COUNT + 2,
        }
    }
}

/// The organizations that this gateway has met: as many as there are, and no host name makes one.
#[derive(Debug)]
pub struct Organizations {
    limits: OrganizationLimits,
    clock: Clock,
    met: Mutex<HashMap<Uuid, Arc<Organization>>>,
    nobody: Arc<Organization>,
    refused: Counter<u64>,
}

/// An organization at this gateway.
#[derive(Debug)]
pub struct Organization {
    /// Its id.
    pub id: Uuid,
    limit: OrganizationLimit,
    clock: Clock,
    held: [AtomicUsize; Resource::COUNT],
    ceilings: [Option<LocalLimit>; 4],
    refused: Counter<u64>,
    /// When the log told last, in seconds since the epoch.
    told: AtomicI64,
}

/// A place that an organization holds, until it is dropped.
#[derive(Debug)]
pub struct Held {
    organization: Arc<Organization>,
    what: Resource,
}

impl Organizations {
    /// None met yet.
    pub fn new(limits: OrganizationLimits, clock: Clock) -> Self {
        let refused = global::meter("comitia")
            .u64_counter("comitia.gateway.organization.refused")
            .with_unit("{request}")
            .with_description(
                "requests refused because their organization had its share, or its ceiling, by which",
            )
            .build();
        let unlimited = OrganizationLimit::default();
        let nobody = Organization::new(Uuid::nil(), unlimited, clock.clone(), refused.clone());
        Self { limits, clock, met: Mutex::default(), nobody, refused }
    }

    /// The organization with this id.
    pub fn get(&self, id: Uuid) -> Arc<Organization> {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Organization::new(id, self.limits.of(id), self.clock.clone(), self.refused.clone());
        met.entry(id).or_insert_with(new).clone()
    }

    /// Who stands for all requests that belong to no organization.
    pub fn nobody(&self) -> &Arc<Organization> {
        &self.nobody
    }
}

impl Organization {
    fn new(id: Uuid, limit: OrganizationLimit, clock: Clock, refused: Counter<u64>) -> Arc<Self> {
        let ceiling = |a_second: u32| {
            (a_second > 0).then(|| LocalLimit::new(RateLimit::new(a_second, Duration::from_secs(1))))
        };
        Arc::new(Self {
            id,
            limit,
            clock,
            held: Default::default(),
            ceilings: [limit.sign_in, limit.vote, limit.read, limit.write].map(ceiling),
            refused,
            told: AtomicI64::new(i64::MIN / 2),
        })
    }

    /// Counts a request.
    ///
    /// # Errors
    /// `RATE_LIMITED` when there were too many of its class within a second.
    pub fn admit(&self, class: Class) -> Result<(), Error> {
        let ceiling = match class {
            Class::SignIn => &self.ceilings[0],
            Class::Vote => &self.ceilings[1],
            Class::Read => &self.ceilings[2],
            Class::Write => &self.ceilings[3],
        };
        let Some(ceiling) = ceiling else { return Ok(()) };
        if ceiling.allow(self.clock.now()).allowed {
            return Ok(());
        }
        self.tell("ceiling");
        Err(Error::OrganizationLimited { retry_after: jitter(Duration::from_secs(1)) })
    }

    /// Takes a place, and gives how many it held before.
    pub fn hold(self: &Arc<Self>, what: Resource) -> (usize, Held) {
        let before = self.held[what.index()].fetch_add(1, Ordering::Relaxed);
        (before, Held { organization: self.clone(), what })
    }

    /// How many places it holds.
    pub fn holds(&self, what: Resource) -> usize {
        self.held[what.index()].load(Ordering::Relaxed)
    }

    /// Whether it may take one more of `all` places in use, where there are `most`, while it holds `own`.
    pub fn fits(&self, own: usize, all: usize, most: usize) -> bool {
        let fits = fairness::fits(own, all, most, self.limit.weight());
        // Where the others hold nothing, the house is full, and no share is to blame.
        if !fits && own < all {
            self.tell("share");
        }
        fits
    }

    /// As [`Organization::fits`], for a client that holds `own[0]` of the `own[1]` places of the organization.
    pub fn fits_client(&self, own: [usize; 2], all: usize, most: usize) -> bool {
        let [client, organization] = own;
        let weight = self.limit.weight();
        let fits = fairness::fits_within(client, organization, all, most, weight);
        if !fits && organization < all && !fairness::fits(organization, all, most, weight) {
            self.tell("share");
        }
        fits
    }

    /// Takes a place for an export.
    ///
    /// # Errors
    /// `RATE_LIMITED` when the organization has too many exports in flight.
    pub fn export(self: &Arc<Self>) -> Result<Held, Error> {
        let (own, held) = self.hold(Resource::Exports);
        if own < self.limit.exports() {
            return Ok(held);
        }
        self.tell("exports");
        Err(Error::OrganizationLimited { retry_after: jitter(Duration::from_secs(5)) })
    }

    /// Takes a place for an event stream, of `all` that are open, where there may be `most`.
    ///
    /// # Errors
    /// `RATE_LIMITED` when the organization has its share, or its ceiling.
    pub fn stream(self: &Arc<Self>, all: usize, most: usize) -> Result<Held, Error> {
        let (own, held) = self.hold(Resource::Streams);
        if own < self.limit.streams() && fairness::leaves_room(own, all, most, self.limit.weight()) {
            return Ok(held);
        }
        self.tell("streams");
        Err(Error::TooManyStreams)
    }

    /// Counts a refusal, and says now and then in the log whose it was: metrics name no organization, for there may be many.
    fn tell(&self, why: &'static str) {
        self.refused.add(1, &[KeyValue::new("limit", why)]);
        let (now, told) = (self.clock.now().timestamp(), self.told.load(Ordering::Relaxed));
        if now - told >= TELL_SECONDS
            && self.told.compare_exchange(told, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            tracing::warn!(organization = %self.id, limit = why, "an organization is held back");
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.organization.held[self.what.index()].fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::config::OrganizationOverride;

    const CITY: Uuid = Uuid::from_u128(1);
    const TOWN: Uuid = Uuid::from_u128(2);

    fn organizations(each: OrganizationLimit) -> (Organizations, Clock) {
        let clock = Clock::manual(DateTime::from_timestamp(1_700_000_000, 0).unwrap());
        let town = OrganizationOverride { vote: Some(3), exports: Some(2), ..Default::default() };
        let limits = OrganizationLimits { each, overrides: HashMap::from([(TOWN, town)]) };
        (Organizations::new(limits, clock.clone()), clock)
    }

    #[test]
    fn a_ceiling_is_of_one_organization_and_one_class() {
        let (organizations, clock) = organizations(OrganizationLimit { vote: 2, ..Default::default() });
        let admitted =
            |id: Uuid, class| (0..10).filter(|_| organizations.get(id).admit(class).is_ok()).count();
        assert_eq!((admitted(CITY, Class::Vote), admitted(TOWN, Class::Vote)), (2, 3));
        assert_eq!(admitted(CITY, Class::Read), 10, "another class");
        clock.advance(TimeDelta::milliseconds(500));
        assert_eq!(admitted(CITY, Class::Vote), 1);
        let Err(Error::OrganizationLimited { retry_after }) = organizations.get(CITY).admit(Class::Vote)
        else {
            panic!("one too many");
        };
        assert!((1..=4).contains(&retry_after.as_secs()), "{retry_after:?}");
        assert!((0..10).all(|_| organizations.nobody().admit(Class::Vote).is_ok()));
    }

    #[test]
    fn exports_have_a_ceiling_and_places_come_back() {
        let (organizations, _) = organizations(OrganizationLimit::default());
        let town = organizations.get(TOWN);
        let exports: Vec<_> = (0..2).map(|_| town.export().unwrap()).collect();
        assert!(matches!(town.export(), Err(Error::OrganizationLimited { .. })));
        assert_eq!(town.holds(Resource::Exports), 2, "who is refused holds nothing");
        drop(exports);
        assert!(town.export().is_ok());
        let city = organizations.get(CITY);
        let _held: Vec<_> = (0..16).map(|_| city.export().unwrap()).collect();
        assert!(city.export().is_err());
    }

    #[test]
    fn one_organization_is_one_whatever_its_host_names() {
        let (organizations, _) = organizations(OrganizationLimit::default());
        let (_, _held) = organizations.get(CITY).hold(Resource::Requests);
        assert_eq!(organizations.get(CITY).holds(Resource::Requests), 1);
        assert_eq!(organizations.get(TOWN).holds(Resource::Requests), 0);
    }

    #[test]
    fn every_resource_has_a_count_of_its_own() {
        use ServiceName::{Budgets, Identity, Portal, Proposals, Spaces, Voting};
        let calls = [Identity, Spaces, Proposals, Budgets, Voting, Portal].map(Resource::Calls);
        let others = [Resource::Requests, Resource::Exports, Resource::Streams];
        let mut indices: Vec<_> = calls.into_iter().chain(others).map(Resource::index).collect();
        indices.sort_unstable();
        assert_eq!(indices, (0..Resource::COUNT).collect::<Vec<_>>());
    }
}
