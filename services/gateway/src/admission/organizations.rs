//! Permits and rate limits by organization, so that one city's rush does not block another's vote.
//!
//! Permits are shared by need ([`comitia_platform::fairness`]): one organization alone may hold
//! all, several greedy ones converge to equal shares, and one that needs few gets them even when
//! another has taken the rest. An organization may also have a rate limit. Both cost a few atomic
//! operations: a host name resolves to an organization with all its counters
//! ([`crate::caching::tenants`]).

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

/// The minimum time between two log lines about one throttled organization.
const LOG_SECONDS: i64 = 60;

/// What organizations share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    Requests,
    Calls(ServiceName),
    /// Exports, which also count as calls.
    Exports,
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

/// The organizations that this gateway has served. Only existing organizations are added.
#[derive(Debug)]
pub struct Organizations {
    limits: OrganizationLimits,
    clock: Clock,
    known: Mutex<HashMap<Uuid, Arc<Organization>>>,
    nobody: Arc<Organization>,
    refused: Counter<u64>,
}

#[derive(Debug)]
pub struct Organization {
    pub id: Uuid,
    limit: OrganizationLimit,
    clock: Clock,
    held: [AtomicUsize; Resource::COUNT],
    rates: [Option<LocalLimit>; 4],
    refused: Counter<u64>,
    /// When it was last logged, in seconds since the epoch.
    logged: AtomicI64,
}

/// An organization's permit, held until it is dropped.
#[derive(Debug)]
pub struct OrganizationGuard {
    organization: Arc<Organization>,
    what: Resource,
}

impl Organizations {
    pub fn new(limits: OrganizationLimits, clock: Clock) -> Self {
        let refused = global::meter("comitia")
            .u64_counter("comitia.gateway.organization.refused")
            .with_unit("{request}")
            .with_description(
                "requests refused because their organization exceeded its share or a limit, by which",
            )
            .build();
        let unlimited = OrganizationLimit::default();
        let nobody = Organization::new(Uuid::nil(), unlimited, clock.clone(), refused.clone());
        Self { limits, clock, known: Mutex::default(), nobody, refused }
    }

    pub fn get(&self, id: Uuid) -> Arc<Organization> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Organization::new(id, self.limits.of(id), self.clock.clone(), self.refused.clone());
        known.entry(id).or_insert_with(new).clone()
    }

    /// Stands for requests without an organization.
    pub fn nobody(&self) -> &Arc<Organization> {
        &self.nobody
    }
}

impl Organization {
    fn new(id: Uuid, limit: OrganizationLimit, clock: Clock, refused: Counter<u64>) -> Arc<Self> {
        let rate = |a_second: u32| {
            (a_second > 0).then(|| LocalLimit::new(RateLimit::new(a_second, Duration::from_secs(1))))
        };
        Arc::new(Self {
            id,
            limit,
            clock,
            held: Default::default(),
            rates: [limit.sign_in, limit.vote, limit.read, limit.write].map(rate),
            refused,
            logged: AtomicI64::new(i64::MIN / 2),
        })
    }

    /// Counts a request.
    ///
    /// # Errors
    /// `RATE_LIMITED` if the organization exceeds the rate of this class.
    pub fn admit(&self, class: Class) -> Result<(), Error> {
        let rate = match class {
            Class::SignIn => &self.rates[0],
            Class::Vote => &self.rates[1],
            Class::Read => &self.rates[2],
            Class::Write => &self.rates[3],
        };
        let Some(rate) = rate else { return Ok(()) };
        if rate.allow(self.clock.now()).allowed {
            return Ok(());
        }
        self.count_refusal("ceiling");
        Err(Error::OrganizationLimited { retry_after: jitter(Duration::from_secs(1)) })
    }

    /// Takes a permit. Also returns how many the organization held before.
    pub fn hold(self: &Arc<Self>, what: Resource) -> (usize, OrganizationGuard) {
        let before = self.held[what.index()].fetch_add(1, Ordering::Relaxed);
        (before, OrganizationGuard { organization: self.clone(), what })
    }

    pub fn holds(&self, what: Resource) -> usize {
        self.held[what.index()].load(Ordering::Relaxed)
    }

    /// Whether an organization that holds `own` permits may take one more, with `all` of at most
    /// `max` taken.
    pub fn fits(&self, own: usize, all: usize, max: usize) -> bool {
        let fits = fairness::fits(own, all, max, self.limit.weight());
        // If no other organization holds any, all permits are taken and no share is exceeded.
        if !fits && own < all {
            self.count_refusal("share");
        }
        fits
    }

    /// As [`Organization::fits`], for a client that holds `own[0]` of the organization's `own[1]`
    /// permits.
    pub fn fits_client(&self, own: [usize; 2], all: usize, max: usize) -> bool {
        let [client, organization] = own;
        let weight = self.limit.weight();
        let fits = fairness::fits_within(client, organization, all, max, weight);
        if !fits && organization < all && !fairness::fits(organization, all, max, weight) {
            self.count_refusal("share");
        }
        fits
    }

    /// Takes a permit for an export.
    ///
    /// # Errors
    /// `RATE_LIMITED` if the organization has too many in flight.
    pub fn export(self: &Arc<Self>) -> Result<OrganizationGuard, Error> {
        let (own, held) = self.hold(Resource::Exports);
        if own < self.limit.exports() {
            return Ok(held);
        }
        self.count_refusal("exports");
        Err(Error::OrganizationLimited { retry_after: jitter(Duration::from_secs(5)) })
    }

    /// Takes a permit for an event stream, with `all` of at most `max` open.
    ///
    /// # Errors
    /// `RATE_LIMITED` if the organization has its share or its maximum.
    pub fn stream(self: &Arc<Self>, all: usize, max: usize) -> Result<OrganizationGuard, Error> {
        let (own, held) = self.hold(Resource::Streams);
        if own < self.limit.streams() && fairness::leaves_room(own, all, max, self.limit.weight()) {
            return Ok(held);
        }
        self.count_refusal("streams");
        Err(Error::TooManyStreams)
    }

    /// Counts a refusal and sometimes logs the organization. Metrics do not name it, because there
    /// may be many.
    fn count_refusal(&self, why: &'static str) {
        self.refused.add(1, &[KeyValue::new("limit", why)]);
        let (now, logged) = (self.clock.now().timestamp(), self.logged.load(Ordering::Relaxed));
        if now - logged >= LOG_SECONDS
            && self.logged.compare_exchange(logged, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            tracing::warn!(organization = %self.id, limit = why, "an organization is throttled");
        }
    }
}

impl Drop for OrganizationGuard {
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
