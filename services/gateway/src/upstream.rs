//! Calls to the services, with one channel for calls and one for streams to each.

pub mod call;
mod casts;
pub mod readiness;

use std::sync::Arc;

use bytes::Bytes;
use comitia_core::task::EventLoop;
use comitia_platform::grpc::{self, AddressError, Client};
use comitia_platform::limit::{LimitConfig, Limiter, Priority, Refused, Slot};
use comitia_platform::{ApiError, Reason, Runtime};
use futures_util::Stream;
use http::uri::PathAndQuery;
use http_body_util::{BodyExt, Full, Limited};
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Request, Status, Streaming};
use tower::{Service, ServiceExt};
use uuid::Uuid;

use self::call::{ATTEMPTS, RawCodec, client, error, ready, request, retryable};
use self::casts::{Cast, Casts};
use crate::admission::organizations::{Organization, OrganizationGuard, Resource};
use crate::http::error::Error;
use crate::routes::ServiceName;

/// The maximum size of a page or file of the portal. Exports of large votes are among them.
const MAX_PAGE_BYTES: usize = grpc::MAX_MESSAGE_BYTES;

/// There are no channels to the services.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address of a service is malformed.
    #[error("endpoints: {0}")]
    Endpoint(#[from] AddressError),
    /// The operating system gave no thread.
    #[error("a thread for calls: {0}")]
    Thread(#[source] std::io::Error),
}

/// Permit for one in-flight call; `done` records its latency.
#[derive(Debug)]
pub struct CallGuard {
    slot: Slot,
    _held: (OrganizationGuard, Option<OrganizationGuard>),
}

impl CallGuard {
    /// Records the outcome for the limit. A broken connection says nothing about load: another call
    /// may have broken it.
    fn done<T>(self, answer: &Result<T, ApiError>) {
        match answer {
            Err(error) if error.connection_broke() => {}
            answer => self.slot.done(answer.as_ref().is_err_and(lacks_capacity)),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Upstreams {
    calls: [Client; ServiceName::COUNT],
    /// Streams have connections of their own, so that thousands of watchers do not delay a ballot.
    streams: [Client; ServiceName::COUNT],
    /// Concurrency limits by service, adapted to measured latency.
    limits: [Limiter; ServiceName::COUNT],
    casts: Casts,
    /// A single-threaded runtime on its own thread for connections to services, isolated from the
    /// main runtime's load.
    _event_loop: Arc<EventLoop>,
}

impl Upstreams {
    /// Channels that connect when they are first used. `limit` bounds the calls to each service.
    ///
    /// # Errors
    /// [`ConnectError`]
    pub fn new(runtime: &Runtime, limit: LimitConfig) -> Result<Self, ConnectError> {
        let event_loop = Arc::new(EventLoop::start("calls").map_err(ConnectError::Thread)?);
        let endpoints = &runtime.endpoints;
        let connect = || {
            let _there = event_loop.enter();
            Ok::<_, AddressError>([
                runtime.connect(&endpoints.identity)?,
                runtime.connect(&endpoints.spaces)?,
                runtime.connect(&endpoints.proposals)?,
                runtime.connect(&endpoints.budgets)?,
                runtime.connect(&endpoints.voting)?,
                runtime.connect(&endpoints.portal)?,
            ])
        };
        let limits = [
            "gateway.identity",
            "gateway.spaces",
            "gateway.proposals",
            "gateway.budgets",
            "gateway.voting",
            "gateway.portal",
        ];
        let calls = connect()?;
        Ok(Self {
            casts: Casts::start(calls[ServiceName::Voting as usize].clone(), event_loop.clone()),
            calls,
            streams: connect()?,
            limits: limits.map(|name| Limiter::new(name, limit)),
            _event_loop: event_loop.clone(),
        })
    }

    /// Whether some service may be at its limit for some priority.
    pub fn strained(&self) -> bool {
        self.limits.iter().any(|limit| limit.in_work() >= Priority::Bulk.share(limit.limit()))
    }

    /// Refuses a call that would get no permit now, before any work is done for it.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn check(
        &self,
        service: ServiceName,
        priority: Priority,
        organization: &Organization,
    ) -> Result<(), Refused> {
        let own = organization.holds(Resource::Calls(service));
        self.limits[service as usize].check_if(priority, |all, max| organization.fits(own, all, max))
    }

    /// Takes a permit for a call.
    ///
    /// # Errors
    /// `OVERLOADED` if the service is at its limit or the organization has its share;
    /// `RATE_LIMITED` if the organization has too many exports in flight.
    pub fn enter(
        &self,
        service: ServiceName,
        priority: Priority,
        organization: &Arc<Organization>,
    ) -> Result<CallGuard, Error> {
        let export = (priority == Priority::Bulk).then(|| organization.export()).transpose()?;
        let (own, held) = organization.hold(Resource::Calls(service));
        let limit = &self.limits[service as usize];
        let slot = limit.enter_if(priority, |all, max| organization.fits(own, all, max))?;
        Ok(CallGuard { slot, _held: (held, export) })
    }

    /// The services by name, with their channels.
    pub fn all(&self) -> Vec<(&'static str, Client)> {
        ServiceName::ALL.map(|service| (service.name(), self.client(service))).into()
    }

    pub fn client(&self, service: ServiceName) -> Client {
        self.calls[service as usize].clone()
    }

    /// Makes a unary call and records its latency. If the connection breaks, the call is retried if
    /// it was never sent or is `repeatable`.
    ///
    /// # Errors
    /// The service's error; `DEPENDENCY_UNAVAILABLE` if it is unreachable.
    pub async fn unary(
        &self,
        mut guard: CallGuard,
        service: ServiceName,
        path: PathAndQuery,
        metadata: MetadataMap,
        message: Bytes,
        repeatable: bool,
    ) -> Result<Bytes, ApiError> {
        let answer = async {
            let mut attempt = 1;
            loop {
                let mut grpc = client(self.calls[service as usize].clone());
                ready(&mut grpc).await?;
                let request = request(metadata.clone(), message.clone());
                match grpc.unary(request, path.clone(), RawCodec).await {
                    Ok(response) => return Ok(response.into_inner()),
                    Err(status) if attempt < ATTEMPTS && retryable(&status, repeatable) => {
                        attempt += 1;
                        guard.slot.again();
                    }
                    Err(status) => return Err(error(&status)),
                }
            }
        };
        let answer = answer.await;
        guard.done(&answer);
        answer
    }

    /// Casts a ballot in a batch.
    ///
    /// # Errors
    /// Voting's error; `DEPENDENCY_UNAVAILABLE` if it is unreachable.
    pub async fn cast(
        &self,
        guard: CallGuard,
        organization: Uuid,
        message: Bytes,
    ) -> Result<Bytes, ApiError> {
        let Cast { result, attempts } = self.casts.cast(organization, message).await;
        let answer = result.map_err(|status| error(&status));
        if attempts == 1 {
            guard.done(&answer);
        }
        answer
    }

    /// Requests a page of the portal and records its latency. If the connection breaks, a GET is
    /// retried.
    ///
    /// # Errors
    /// `DEPENDENCY_UNAVAILABLE` if the portal is unreachable; `OVERLOADED` if it refused.
    pub async fn page(
        &self,
        guard: CallGuard,
        head: http::request::Parts,
        body: Bytes,
    ) -> Result<http::Response<Bytes>, ApiError> {
        let repeatable = head.method == http::Method::GET;
        let answer = async {
            let mut attempt = 1;
            loop {
                let body = tonic::body::Body::new(Full::new(body.clone()));
                let request = http::Request::from_parts(head.clone(), body);
                match ask(self.calls[ServiceName::Portal as usize].clone(), request).await {
                    Err(status) if attempt < ATTEMPTS && retryable(&status, repeatable) => attempt += 1,
                    answer => return answer.map_err(|status| error(&status)),
                }
            }
        };
        let answer = answer.await;
        guard.done(&answer);
        answer
    }

    /// Sends a stream of messages, on the connections of streams: a large body delays no ballot. How
    /// long that takes depends on who sends it, so `_guard` learns nothing. It is not retried,
    /// because what was sent is held nowhere.
    ///
    /// # Errors
    /// The service's error; `DEPENDENCY_UNAVAILABLE` if it is unreachable.
    pub async fn upload(
        &self,
        _guard: CallGuard,
        service: ServiceName,
        path: PathAndQuery,
        metadata: MetadataMap,
        messages: impl Stream<Item = Bytes> + Send + 'static,
    ) -> Result<Bytes, ApiError> {
        let mut grpc = client(self.streams[service as usize].clone());
        ready(&mut grpc).await?;
        let request = Request::from_parts(metadata, Extensions::default(), messages);
        let response = grpc.client_streaming(request, path, RawCodec).await;
        Ok(response.map_err(|status| error(&status))?.into_inner())
    }

    /// Opens a stream.
    ///
    /// # Errors
    /// The service's error; `DEPENDENCY_UNAVAILABLE` if it is unreachable.
    pub async fn stream(
        &self,
        service: ServiceName,
        path: PathAndQuery,
        metadata: MetadataMap,
        message: Bytes,
    ) -> Result<Streaming<Bytes>, ApiError> {
        let mut grpc = client(self.streams[service as usize].clone());
        ready(&mut grpc).await?;
        let response = grpc.server_streaming(request(metadata, message), path, RawCodec).await;
        Ok(response.map_err(|status| error(&status))?.into_inner())
    }
}

/// Sends a plain HTTP request and reads the whole answer.
async fn ask(
    mut portal: Client,
    request: http::Request<tonic::body::Body>,
) -> Result<http::Response<Bytes>, Status> {
    let failed = |error| Status::from_error(Box::new(error));
    let portal = portal.ready().await.map_err(failed)?;
    let (head, body) = portal.call(request).await.map_err(failed)?.into_parts();
    // The channel itself refuses with a gRPC status.
    if let Some(status) = Status::from_header_map(&head.headers) {
        return Err(status);
    }
    let body = Limited::new(body, MAX_PAGE_BYTES).collect().await.map_err(Status::from_error)?;
    Ok(http::Response::from_parts(head, body.to_bytes()))
}

/// Whether a call failed because the service lacks capacity.
fn lacks_capacity(error: &ApiError) -> bool {
    matches!(error.reason, Reason::Overloaded | Reason::DeadlineExceeded | Reason::DependencyUnavailable)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A service that answers each call with a status, or resets its stream.
    async fn answering(status: Option<Status>) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        comitia_core::task::spawn("answering", async move {
            let mut connection = h2::server::handshake(listener.accept().await.unwrap().0).await.unwrap();
            while let Some(Ok((_request, mut respond))) = connection.accept().await {
                match &status {
                    Some(status) => drop(respond.send_response(status.clone().into_http(), true).unwrap()),
                    None => respond.send_reset(h2::Reason::ENHANCE_YOUR_CALM),
                }
            }
        });
        address
    }

    /// The limit before and after windows full of calls that end with `status`.
    async fn limit_around(status: Option<Status>) -> (usize, usize) {
        let address = answering(status).await;
        let endpoints = grpc::Endpoints { voting: address, ..grpc::Endpoints::default() };
        let clock = comitia_core::Clock::system();
        let bus = Arc::new(comitia_bus::InProcess::new(clock.clone()));
        let cache = Arc::new(comitia_cache::InProcess::new(clock.clone()));
        let runtime = Runtime::new(
            clock.clone(),
            bus,
            cache,
            endpoints,
            comitia_platform::runtime::ServiceKeys::default(),
        )
        .unwrap();
        let bounds = LimitConfig { least: 8, most: 1_000, target_ms: 100 };
        let upstreams = Upstreams::new(&runtime, bounds).unwrap();
        let city = crate::admission::organizations::Organizations::new(Default::default(), clock)
            .get(Uuid::from_u128(1));
        let limit = &upstreams.limits[ServiceName::Voting as usize];
        let (before, started) = (limit.limit(), std::time::Instant::now());
        let path = PathAndQuery::from_static("/comitia.voting.v1.PollService/CreatePoll");
        while started.elapsed() < Duration::from_millis(350) && limit.limit() == before {
            for casts in [false, true] {
                let guard = upstreams.enter(ServiceName::Voting, Priority::Vote, &city).unwrap();
                let answer = if casts {
                    upstreams.cast(guard, Uuid::from_u128(1), Bytes::new()).await
                } else {
                    let (path, metadata) = (path.clone(), MetadataMap::new());
                    upstreams.unary(guard, ServiceName::Voting, path, metadata, Bytes::new(), false).await
                };
                assert_eq!(answer.unwrap_err().reason_name(), "DEPENDENCY_UNAVAILABLE");
            }
        }
        (before, limit.limit())
    }

    #[tokio::test]
    async fn a_broken_connection_teaches_the_limit_nothing() {
        let (before, after) = limit_around(None).await;
        assert_eq!(after, before);
        // An error that the service itself reports lowers the limit.
        let (before, after) = limit_around(Some(ApiError::unavailable("its database is away").into())).await;
        assert!(after < before, "{after} of {before}");
    }
}
