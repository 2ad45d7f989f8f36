//! Limits: requests by client address, requests in work, open event streams.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use comitia_cache::{RateLimit, Resilient};
use comitia_platform::limit::{Priority, jitter};

use crate::client::subscriber;
use crate::config::{RateLimits, StreamConfig};
use crate::error::Error;
use crate::organizations::{Held, Organization, Resource};
use crate::routes::Class;

/// The rate limits by client address, which all replicas share.
#[derive(Clone, Debug)]
pub struct Rates {
    cache: Resilient,
    config: RateLimits,
}

impl Rates {
    /// The limits of `config`, counted in `cache`.
    pub fn new(cache: Resilient, config: RateLimits) -> Self {
        Self { cache, config }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// `RATE_LIMITED` when the address has sent too many.
    pub async fn admit(&self, class: Class, address: IpAddr) -> Result<(), Error> {
        if !self.config.enabled {
            return Ok(());
        }
        let (name, limit) = match class {
            Class::SignIn => ("sign_in", self.config.sign_in),
            Class::Vote => ("vote", self.config.vote),
            Class::Read => ("read", self.config.read),
            Class::Write => ("write", self.config.write),
        };
        let key = format!("gateway:rate:{name}:{}", subscriber(address));
        let decision = self.cache.allow(&key, RateLimit::from(limit)).await;
        if decision.allowed { Ok(()) } else { Err(Error::RateLimited { retry_after: decision.retry_after }) }
    }
}

/// The requests in work, to bound what they take up here. What matters least is refused first.
#[derive(Debug)]
pub struct InFlight {
    count: AtomicUsize,
    max: usize,
}

/// A request in work, until it is dropped.
#[derive(Debug)]
pub struct InFlightGuard {
    in_flight: Arc<InFlight>,
    _held: Held,
}

impl InFlight {
    /// At most `max` at once.
    pub fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { count: AtomicUsize::new(0), max })
    }

    /// Takes a request into work.
    ///
    /// # Errors
    /// `OVERLOADED` when there are too many, or the organization has its share of them.
    pub fn enter(
        self: &Arc<Self>,
        priority: Priority,
        organization: &Arc<Organization>,
    ) -> Result<InFlightGuard, Error> {
        let (own, held) = organization.hold(Resource::Requests);
        let guard = InFlightGuard { in_flight: self.clone(), _held: held };
        let all = self.count.fetch_add(1, Ordering::Relaxed);
        if organization.fits(own, all, priority.share(self.max)) {
            Ok(guard)
        } else {
            Err(Error::Overloaded { retry_after: jitter(Duration::from_secs(1)) })
        }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.in_flight.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The open event streams.
#[derive(Debug)]
pub struct Streams {
    open: Mutex<Open>,
    config: StreamConfig,
}

#[derive(Debug, Default)]
struct Open {
    total: u32,
    by_address: HashMap<IpAddr, u32>,
}

/// An open event stream, until it is dropped.
#[derive(Debug)]
pub struct StreamGuard {
    streams: Arc<Streams>,
    address: IpAddr,
    _held: Held,
}

impl Streams {
    /// None open yet.
    pub fn new(config: StreamConfig) -> Arc<Self> {
        Arc::new(Self { open: Mutex::default(), config })
    }

    /// Opens a stream.
    ///
    /// # Errors
    /// `RATE_LIMITED` when the address or the organization has too many, or there are too many in all.
    pub fn open(
        self: &Arc<Self>,
        address: IpAddr,
        organization: &Arc<Organization>,
    ) -> Result<StreamGuard, Error> {
        let address = subscriber(address);
        let mut open = self.lock();
        let own = open.by_address.get(&address).copied().unwrap_or(0);
        if own >= self.config.max_per_address {
            return Err(Error::TooManyStreams);
        }
        let held = organization.stream(open.total as usize, self.config.max_total as usize)?;
        open.by_address.insert(address, own + 1);
        open.total += 1;
        drop(open);
        Ok(StreamGuard { streams: self.clone(), address, _held: held })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for StreamGuard {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        open.total -= 1;
        if let Some(count) = open.by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use comitia_cache::InProcess;
    use comitia_core::Clock;

    use uuid::Uuid;

    use super::*;
    use crate::config::{Limit, OrganizationLimits};
    use crate::organizations::Organizations;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[tokio::test]
    async fn an_address_gets_its_burst_and_then_waits() {
        let clock = Clock::manual(chrono_start());
        let cache = Resilient::new(Arc::new(InProcess::new(clock.clone())), clock.clone());
        let config = RateLimits { vote: Limit { burst: 2, per_seconds: 20 }, ..RateLimits::default() };
        let rates = Rates::new(cache.clone(), config.clone());
        for _ in 0..2 {
            rates.admit(Class::Vote, HERE).await.unwrap();
        }
        let Err(Error::RateLimited { retry_after }) = rates.admit(Class::Vote, HERE).await else {
            panic!("a third was let in");
        };
        assert!(retry_after > Duration::ZERO && retry_after <= Duration::from_secs(10), "{retry_after:?}");
        rates.admit(Class::Vote, THERE).await.unwrap();
        rates.admit(Class::Read, HERE).await.unwrap();
        Rates::new(cache, RateLimits { enabled: false, ..config }).admit(Class::Vote, HERE).await.unwrap();
    }

    fn chrono_start() -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    fn organizations() -> [Arc<Organization>; 2] {
        let organizations = Organizations::new(OrganizationLimits::default(), Clock::system());
        [1, 2].map(|id| organizations.get(Uuid::from_u128(id)))
    }

    #[test]
    fn reads_are_refused_before_writes() {
        let ([city, _], in_flight) = (organizations(), InFlight::new(4));
        let three: Vec<_> = (0..3).map(|_| in_flight.enter(Priority::Read, &city).unwrap()).collect();
        assert!(matches!(in_flight.enter(Priority::Read, &city), Err(Error::Overloaded { .. })));
        let vote = in_flight.enter(Priority::Vote, &city).unwrap();
        assert!(matches!(in_flight.enter(Priority::Vote, &city), Err(Error::Overloaded { .. })));
        drop((three, vote));
        assert_eq!(in_flight.count.load(Ordering::Relaxed), 0);
        assert_eq!(city.holds(Resource::Requests), 0);
    }

    #[test]
    fn a_house_that_one_organization_has_filled_has_room_for_another() {
        let ([city, town], in_flight) = (organizations(), InFlight::new(64));
        let full: Vec<_> = (0..64).map(|_| in_flight.enter(Priority::Vote, &city).unwrap()).collect();
        assert!(in_flight.enter(Priority::Vote, &city).is_err());
        let vote = in_flight.enter(Priority::Vote, &town).unwrap();
        assert!(in_flight.enter(Priority::Vote, &city).is_err());
        drop((full, vote));
        assert_eq!(in_flight.count.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn streams_are_counted_by_address_by_organization_and_in_all() {
        let [city, town] = organizations();
        let streams = Streams::new(StreamConfig { max_per_address: 2, max_total: 4, heartbeat_ms: 1 });
        let first = streams.open(HERE, &city).unwrap();
        let _second = streams.open(HERE, &city).unwrap();
        assert!(matches!(streams.open(HERE, &town), Err(Error::TooManyStreams)), "the address has two");
        let _third = streams.open(THERE, &city).unwrap();
        assert!(matches!(streams.open(THERE, &city), Err(Error::TooManyStreams)), "one is left to others");
        let _fourth = streams.open(THERE, &town).unwrap();
        drop(first);
        assert!(matches!(streams.open(THERE, &town), Err(Error::TooManyStreams)));
        assert_eq!((streams.lock().total, city.holds(Resource::Streams)), (3, 2));
    }
}
