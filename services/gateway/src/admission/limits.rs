//! Rate limits by client, and permits for arriving requests, requests in flight and event streams.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use comitia_cache::{RateLimit, Resilient};
use comitia_platform::address::client_network;
use comitia_platform::limit::{Priority, jitter};

use crate::admission::address::ClientNames;
use crate::admission::clients::{self, Client, Clients, Share};
use crate::admission::organizations::{Organization, OrganizationGuard, Resource};
use crate::config::{RateLimits, StreamConfig};
use crate::http::error::Error;
use crate::routes::Class;

/// Rate limits by client address, shared by all replicas.
#[derive(Clone, Debug)]
pub struct Rates {
    cache: Resilient,
    names: ClientNames,
    config: RateLimits,
}

impl Rates {
    pub fn new(cache: Resilient, names: ClientNames, config: RateLimits) -> Self {
        Self { cache, names, config }
    }

    /// Counts a request.
    ///
    /// # Errors
    /// `RATE_LIMITED` if the client has sent too many.
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
        let key = format!("gateway:rate:{name}:{}", self.names.of(address));
        let decision = self.cache.allow(&key, RateLimit::from(limit)).await;
        if decision.allowed { Ok(()) } else { Err(Error::RateLimited { retry_after: decision.retry_after }) }
    }
}

/// Requests whose bodies have not arrived. A slow body holds no in-flight permit. When there are
/// too many, the client with the most loses those that have been arriving longest.
#[derive(Debug)]
pub struct Arrivals {
    count: AtomicUsize,
    max: usize,
    clients: Arc<Clients>,
}

/// Permit for one arriving request.
#[derive(Debug)]
pub struct ArrivingGuard<'c> {
    arrivals: &'c Arrivals,
    client: &'c Client,
    _held: clients::ClientGuard<'c>,
}

impl Arrivals {
    pub fn new(max: usize, clients: Arc<Clients>) -> Self {
        Self { count: AtomicUsize::new(0), max, clients }
    }

    /// Takes a permit.
    ///
    /// # Errors
    /// `OVERLOADED` if there are too many and no client has more of them than this one.
    pub fn enter<'c>(&'c self, client: &'c Client) -> Result<ArrivingGuard<'c>, Error> {
        let (own, held) = client.hold(Share::Arriving);
        let all = self.count.fetch_add(1, Ordering::Relaxed);
        let arriving = ArrivingGuard { arrivals: self, client, _held: held };
        if all < self.max || self.clients.displace(Share::Arriving, own) {
            Ok(arriving)
        } else {
            Err(overloaded())
        }
    }
}

impl ArrivingGuard<'_> {
    /// Waits for the body.
    ///
    /// # Errors
    /// Those of `body`; `OVERLOADED` if another client got the place.
    pub async fn wait_for<T>(&self, body: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        tokio::select! {
            biased;
            body = body => body,
            () = self.client.is_displaced() => Err(overloaded()),
        }
    }
}

impl Drop for ArrivingGuard<'_> {
    fn drop(&mut self) {
        self.arrivals.count.fetch_sub(1, Ordering::Relaxed);
    }
}

fn overloaded() -> Error {
    Error::Overloaded { retry_after: jitter(Duration::from_secs(1)) }
}

/// Requests in flight. The lowest priority is refused first. Organizations share the permits by
/// need, and so do the clients of an organization.
#[derive(Debug)]
pub struct InFlight {
    count: AtomicUsize,
    max: usize,
}

/// Permit for one request in flight.
#[derive(Debug)]
pub struct InFlightGuard<'c> {
    in_flight: &'c InFlight,
    _held: (OrganizationGuard, clients::ClientGuard<'c>),
}

impl InFlight {
    /// About `max` at once: a few more if one organization or client holds them all and another
    /// comes.
    pub fn new(max: usize) -> Self {
        Self { count: AtomicUsize::new(0), max }
    }

    /// Refuses a request that would get no permit now, before any work is done for it.
    ///
    /// # Errors
    /// As [`InFlight::enter`].
    pub fn check(
        &self,
        priority: Priority,
        organization: &Organization,
        client: &Client,
    ) -> Result<(), Error> {
        let own = [client.holds(Share::InFlight), organization.holds(Resource::Requests)];
        let all = self.count.load(Ordering::Relaxed);
        if organization.fits_client(own, all, priority.share(self.max)) { Ok(()) } else { Err(overloaded()) }
    }

    /// Takes a permit.
    ///
    /// # Errors
    /// `OVERLOADED` if all are taken, or the organization or the client has its share.
    pub fn enter<'c>(
        &'c self,
        priority: Priority,
        organization: &Arc<Organization>,
        client: &'c Client,
    ) -> Result<InFlightGuard<'c>, Error> {
        let (theirs, organization_held) = organization.hold(Resource::Requests);
        let (own, client_held) = client.hold(Share::InFlight);
        let guard = InFlightGuard { in_flight: self, _held: (organization_held, client_held) };
        let all = self.count.fetch_add(1, Ordering::Relaxed);
        let fits = organization.fits_client([own, theirs], all, priority.share(self.max));
        if fits { Ok(guard) } else { Err(overloaded()) }
    }
}

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        self.in_flight.count.fetch_sub(1, Ordering::Relaxed);
    }
}

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

/// Permit for one open event stream.
#[derive(Debug)]
pub struct StreamGuard {
    streams: Arc<Streams>,
    address: IpAddr,
    _held: OrganizationGuard,
}

impl Streams {
    pub fn new(config: StreamConfig) -> Arc<Self> {
        Arc::new(Self { open: Mutex::default(), config })
    }

    /// Takes a permit.
    ///
    /// # Errors
    /// `RATE_LIMITED` if the address, the organization or the gateway has too many open.
    pub fn open(
        self: &Arc<Self>,
        address: IpAddr,
        organization: &Arc<Organization>,
    ) -> Result<StreamGuard, Error> {
        let address = client_network(address);
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
    use futures_util::stream::FuturesUnordered;
    use futures_util::{FutureExt, StreamExt};
    use uuid::Uuid;

    use super::*;
    use crate::admission::clients::Present;
    use crate::admission::organizations::Organizations;
    use crate::config::{Limit, OrganizationLimits};

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[tokio::test]
    async fn an_address_gets_its_burst_and_is_then_throttled() {
        let clock = Clock::manual(chrono_start());
        let cache = Resilient::new(Arc::new(InProcess::new(clock.clone())), clock.clone());
        let config = RateLimits { vote: Limit { burst: 2, per_seconds: 20 }, ..RateLimits::default() };
        let names = ClientNames::new(&"a key".into());
        let rates = Rates::new(cache.clone(), names.clone(), config.clone());
        for _ in 0..2 {
            rates.admit(Class::Vote, HERE).await.unwrap();
        }
        let Err(Error::RateLimited { retry_after }) = rates.admit(Class::Vote, HERE).await else {
            panic!("a third was let in");
        };
        assert!(retry_after > Duration::ZERO && retry_after <= Duration::from_secs(10), "{retry_after:?}");
        rates.admit(Class::Vote, THERE).await.unwrap();
        rates.admit(Class::Read, HERE).await.unwrap();
        let off = Rates::new(cache, names, RateLimits { enabled: false, ..config });
        off.admit(Class::Vote, HERE).await.unwrap();
    }

    fn chrono_start() -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    fn organizations() -> [Arc<Organization>; 2] {
        let organizations = Organizations::new(OrganizationLimits::default(), Clock::system());
        [1, 2].map(|id| organizations.get(Uuid::from_u128(id)))
    }

    fn at(address: IpAddr) -> Present {
        Arc::new(Clients::default()).at(address)
    }

    #[test]
    fn reads_are_refused_before_writes() {
        let ([city, _], in_flight, here) = (organizations(), InFlight::new(4), at(HERE));
        let enter = |priority| in_flight.enter(priority, &city, &here);
        let three: Vec<_> = (0..3).map(|_| enter(Priority::Read).unwrap()).collect();
        assert!(matches!(enter(Priority::Read), Err(Error::Overloaded { .. })));
        let vote = enter(Priority::Vote).unwrap();
        assert!(matches!(enter(Priority::Vote), Err(Error::Overloaded { .. })));
        assert!(matches!(in_flight.check(Priority::Vote, &city, &here), Err(Error::Overloaded { .. })));
        drop((three, vote));
        assert_eq!(in_flight.count.load(Ordering::Relaxed), 0);
        assert_eq!((city.holds(Resource::Requests), here.holds(Share::InFlight)), (0, 0));
        assert!(in_flight.check(Priority::Vote, &city, &here).is_ok());
    }

    #[test]
    fn an_organization_gets_its_share_when_another_holds_all_permits() {
        let ([city, town], in_flight, here) = (organizations(), InFlight::new(64), at(HERE));
        let enter = |organization| in_flight.enter(Priority::Vote, organization, &here);
        let full: Vec<_> = (0..64).map(|_| enter(&city).unwrap()).collect();
        assert!(enter(&city).is_err());
        let vote = enter(&town).unwrap();
        assert!(enter(&city).is_err());
        drop((full, vote));
        assert_eq!(in_flight.count.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_client_gets_its_share_when_another_of_the_organization_holds_all() {
        let ([city, _], in_flight, here, there) = (organizations(), InFlight::new(64), at(HERE), at(THERE));
        let full: Vec<_> = (0..64).map(|_| in_flight.enter(Priority::Vote, &city, &here).unwrap()).collect();
        assert!(in_flight.enter(Priority::Vote, &city, &here).is_err());
        assert!(in_flight.check(Priority::Vote, &city, &there).is_ok());
        assert!(in_flight.enter(Priority::Vote, &city, &there).is_ok());
        drop(full);
    }

    async fn never_comes(arriving: ArrivingGuard<'_>) -> Result<(), Error> {
        arriving.wait_for(std::future::pending()).await
    }

    #[tokio::test]
    async fn slow_senders_give_way_to_all_others() {
        let clients = Arc::new(Clients::default());
        let arrivals = Arrivals::new(64, clients.clone());
        let slow: Vec<_> = (1..=5).map(|last| clients.at(IpAddr::from([198, 51, 100, last]))).collect();
        let mut bodies = FuturesUnordered::new();
        for client in slow.iter().cycle().take(300) {
            bodies.extend(arrivals.enter(client).ok().map(never_comes));
            // Displaced requests leave.
            while let Some(displaced) = bodies.next().now_or_never().flatten() {
                assert!(matches!(displaced, Err(Error::Overloaded { .. })));
            }
        }
        assert!((56..=70).contains(&bodies.len()), "{}", bodies.len());
        for last in 1..=200 {
            let other = clients.at(IpAddr::from([192, 0, 2, last]));
            let arriving = arrivals.enter(&other).unwrap();
            arriving.wait_for(async { Ok(()) }).await.unwrap();
        }
        drop(bodies);
        assert_eq!(arrivals.count.load(Ordering::Relaxed), 0);
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
