//! The services behind the door: one channel each for calls and one for streams, and a codec that leaves messages
//! as the bytes that they are, because the gateway has encoded them already.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};
use comitia_core::task::EventLoop;
use comitia_platform::error::ErrorCode;
use comitia_platform::grpc::{self, AddressError, Client, Fault};
use comitia_platform::limit::{LimitConfig, Limiter, Priority, Refused, Slot};
use comitia_platform::{ApiError, Reason, Runtime};
use comitia_proto::codec;
use http::uri::PathAndQuery;
use http_body_util::{BodyExt, Full, Limited};
use tonic::client::Grpc;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Status, Streaming};
use tower::{Service, ServiceExt};
use uuid::Uuid;

use crate::StartError;
use crate::casts::{Cast, Casts};
use crate::error::Error;
use crate::organizations::{Held, Organization, Resource};

/// A service that answers calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceName {
    /// identity.
    Identity,
    /// spaces.
    Spaces,
    /// proposals.
    Proposals,
    /// budgets.
    Budgets,
    /// voting.
    Voting,
    /// portal: answers with pages, to requests that are not the API's.
    Portal,
}

impl ServiceName {
    /// How many there are.
    pub const COUNT: usize = 6;

    /// Every service.
    const ALL: [Self; Self::COUNT] =
        [Self::Identity, Self::Spaces, Self::Proposals, Self::Budgets, Self::Voting, Self::Portal];

    /// Its name, as in configuration.
    const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Spaces => "spaces",
            Self::Proposals => "proposals",
            Self::Budgets => "budgets",
            Self::Voting => "voting",
            Self::Portal => "portal",
        }
    }

    /// The service of a proto package such as `comitia.voting.v1`.
    pub fn of_package(package: &str) -> Option<Self> {
        Some(match package.strip_prefix("comitia.")?.split('.').next()? {
            "identity" => Self::Identity,
            "spaces" => Self::Spaces,
            "proposals" => Self::Proposals,
            "budgets" => Self::Budgets,
            "voting" => Self::Voting,
            _ => return None,
        })
    }
}

/// How often a call is tried whose connection broke: the next one goes to another replica, if there is one.
pub const ATTEMPTS: u32 = 3;

/// The largest page or file that the portal may answer with, in bytes: exports of large votes are among them.
const LARGEST_PAGE: usize = grpc::MAX_MESSAGE_BYTES;

/// A place among the calls to a service.
#[derive(Debug)]
pub struct Place {
    slot: Slot,
    _held: (Held, Option<Held>),
}

impl Place {
    /// The call has ended; what it has shown of the service is taken in. A connection that broke shows nothing: it
    /// may have been another call's fault.
    fn done<T>(self, answer: &Result<T, ApiError>) {
        match answer {
            Err(error) if error.connection_broke() => {}
            answer => self.slot.done(answer.as_ref().is_err_and(wants_capacity)),
        }
    }
}

/// The channels to all services.
#[derive(Clone, Debug)]
pub struct Upstreams {
    calls: [Client; ServiceName::COUNT],
    /// Thousands of watchers must not stand in the way of a ballot, so streams have connections of their own.
    streams: [Client; ServiceName::COUNT],
    /// How many calls each service takes at once, as measured from here.
    limits: [Limiter; ServiceName::COUNT],
    casts: Casts,
    /// Where connections to the services are read and written: with thousands of clients in the event loop of the requests, a call
    /// under way has its turn there only after all of them.
    _event_loop: Arc<EventLoop>,
}

impl Upstreams {
    /// Channels to the services at the runtime's endpoints, which connect when they are first used. `limit` bounds the
    /// calls to each service.
    ///
    /// # Errors
    /// When an address is not one, or the operating system gives no thread.
    pub fn new(runtime: &Runtime, limit: LimitConfig) -> Result<Self, StartError> {
        let event_loop = Arc::new(EventLoop::start("calls").map_err(StartError::Thread)?);
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

    /// Whether there is a service that may have no room for some call now.
    pub fn strained(&self) -> bool {
        self.limits.iter().any(|limit| limit.in_work() >= Priority::Bulk.share(limit.limit()))
    }

    /// Refuses a call to a service that has no room for it now, before anything is done for it.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn check(
        &self,
        service: ServiceName,
        priority: Priority,
        organization: &Organization,
    ) -> Result<(), Refused> {
        let own = organization.holds(Resource::Calls(service));
        self.limits[service as usize].check_if(priority, |all, most| organization.fits(own, all, most))
    }

    /// Takes a place among the calls to a service, for [`Upstreams::unary`].
    ///
    /// # Errors
    /// `OVERLOADED` when the service, or the organization, has as many as may be; `RATE_LIMITED` when these are exports.
    pub fn enter(
        &self,
        service: ServiceName,
        priority: Priority,
        organization: &Arc<Organization>,
    ) -> Result<Place, Error> {
        let export = (priority == Priority::Bulk).then(|| organization.export()).transpose()?;
        let (own, held) = organization.hold(Resource::Calls(service));
        let limit = &self.limits[service as usize];
        let slot = limit.enter_if(priority, |all, most| organization.fits(own, all, most))?;
        Ok(Place { slot, _held: (held, export) })
    }

    /// Every service by its name, with the channel for calls to it.
    pub fn all(&self) -> Vec<(&'static str, Client)> {
        ServiceName::ALL.map(|service| (service.name(), self.client(service))).into()
    }

    /// The channel for calls to a service.
    pub fn client(&self, service: ServiceName) -> Client {
        self.calls[service as usize].clone()
    }

    /// Calls a method: one message there, one back. The time that it takes is measured. Where the connection breaks, the call
    /// is made again if it never left, or if it is `repeatable`.
    ///
    /// # Errors
    /// What the service answered; `DEPENDENCY_UNAVAILABLE` when it is away.
    pub async fn unary(
        &self,
        mut place: Place,
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
                    Err(status) if attempt < ATTEMPTS && may_go_again(&status, repeatable) => {
                        attempt += 1;
                        place.slot.again();
                    }
                    Err(status) => return Err(error(&status)),
                }
            }
        };
        let answer = answer.await;
        place.done(&answer);
        answer
    }

    /// Casts a ballot, as [`Upstreams::unary`] calls other methods, but together with what else is cast.
    ///
    /// # Errors
    /// What voting answered; `DEPENDENCY_UNAVAILABLE` when it is away.
    pub async fn cast(&self, place: Place, organization: Uuid, message: Bytes) -> Result<Bytes, ApiError> {
        let Cast { result, attempts } = self.casts.cast(organization, message).await;
        let answer = result.map_err(|status| error(&status));
        if attempts == 1 {
            place.done(&answer);
        }
        answer
    }

    /// Asks the portal for a page. The time that it takes is measured. Where the connection breaks, a page that changes nothing
    /// is asked for again.
    ///
    /// # Errors
    /// `DEPENDENCY_UNAVAILABLE` when the portal is away; `OVERLOADED` when it refused the request.
    pub async fn page(
        &self,
        place: Place,
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
                    Err(status) if attempt < ATTEMPTS && may_go_again(&status, repeatable) => attempt += 1,
                    answer => return answer.map_err(|status| error(&status)),
                }
            }
        };
        let answer = answer.await;
        place.done(&answer);
        answer
    }

    /// Calls a method that answers with a stream.
    ///
    /// # Errors
    /// What the service answered instead of a stream; `DEPENDENCY_UNAVAILABLE` when it is away.
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

/// What makes calls over a channel.
pub fn client(client: Client) -> Grpc<Client> {
    Grpc::new(client).max_decoding_message_size(grpc::MAX_MESSAGE_BYTES)
}

/// Sends a request that is no call, and takes the whole answer.
async fn ask(
    mut portal: Client,
    request: http::Request<tonic::body::Body>,
) -> Result<http::Response<Bytes>, Status> {
    let failed = |error| Status::from_error(Box::new(error));
    let portal = portal.ready().await.map_err(failed)?;
    let (head, body) = portal.call(request).await.map_err(failed)?.into_parts();
    // The channel itself refuses by a status, as if this were a call.
    if let Some(status) = Status::from_header_map(&head.headers) {
        return Err(status);
    }
    let body = Limited::new(body, LARGEST_PAGE).collect().await.map_err(Status::from_error)?;
    Ok(http::Response::from_parts(head, body.to_bytes()))
}

fn request(metadata: MetadataMap, message: Bytes) -> Request<Bytes> {
    Request::from_parts(metadata, tonic::Extensions::default(), message)
}

async fn ready(grpc: &mut Grpc<Client>) -> Result<(), ApiError> {
    grpc.ready().await.map_err(ApiError::unavailable)
}

/// Whether a call failed because the service could not keep up, or was not there.
fn wants_capacity(error: &ApiError) -> bool {
    matches!(error.reason, Reason::Overloaded | Reason::DeadlineExceeded | Reason::DependencyUnavailable)
}

/// What a status says ([`ApiError::from_status`]).
pub fn error(status: &Status) -> ApiError {
    match status.code() {
        Code::Cancelled | Code::DeadlineExceeded if timed_out() => {
            ApiError::new(ErrorCode::DeadlineExceeded, Reason::DeadlineExceeded, "it took too long and was given up; try again")
        }
        _ => ApiError::from_status(status),
    }
}

fn timed_out() -> bool {
    grpc::remaining().is_some_and(|left| left < Duration::from_millis(5))
}

/// Whether a call that ended so may be made again at once.
pub fn may_go_again(status: &Status, repeatable: bool) -> bool {
    !timed_out()
        && match Fault::of(status) {
            Some(Fault::NotConnected) => true,
            Some(Fault::Broken) => repeatable,
            Some(Fault::TimedOut) | None => false,
        }
}

/// Messages as bytes, in and out.
#[derive(Clone, Copy, Debug, Default)]
pub struct RawCodec;

impl Codec for RawCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        codec::buffers()
    }
}

impl Decoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }

    fn buffer_settings(&self) -> BufferSettings {
        codec::buffers()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_with_services_has_its_service() {
        for method in comitia_proto::methods() {
            let service = method.parent_service();
            assert!(ServiceName::of_package(service.package_name()).is_some(), "{}", service.full_name());
        }
        assert_eq!(ServiceName::of_package("comitia.voting.v1"), Some(ServiceName::Voting));
        assert_eq!(ServiceName::of_package("google.api"), None);
    }

    /// A service that answers each call with a status, or breaks its stream off.
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

    /// The limit of calls before and after some windows full of calls that end as `status` says.
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
        let city =
            crate::organizations::Organizations::new(Default::default(), clock).get(Uuid::from_u128(1));
        let limit = &upstreams.limits[ServiceName::Voting as usize];
        let (before, started) = (limit.limit(), std::time::Instant::now());
        let path = PathAndQuery::from_static("/comitia.voting.v1.PollService/CreatePoll");
        while started.elapsed() < Duration::from_millis(350) && limit.limit() == before {
            for casts in [false, true] {
                let place = upstreams.enter(ServiceName::Voting, Priority::Vote, &city).unwrap();
                let answer = if casts {
                    upstreams.cast(place, Uuid::from_u128(1), Bytes::new()).await
                } else {
                    let (path, metadata) = (path.clone(), MetadataMap::new());
                    upstreams.unary(place, ServiceName::Voting, path, metadata, Bytes::new(), false).await
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
        // The service's own word does.
        let (before, after) = limit_around(Some(ApiError::unavailable("its database is away").into())).await;
        assert!(after < before, "{after} of {before}");
    }

    #[test]
    fn a_broken_connection_is_unavailable_and_a_defect_is_not() {
        let mut broken = Status::unknown("transport error");
        broken.set_source(std::sync::Arc::new(std::io::Error::other("connection reset")));
        assert_eq!(error(&broken).code, ErrorCode::Unavailable);
        assert_eq!(error(&Status::unknown("a defect")).code, ErrorCode::Internal);
        assert_eq!(error(&Status::not_found("no poll")).code, ErrorCode::NotFound);
        // A call that may have arrived is made again only where that does no harm.
        assert!(may_go_again(&broken, true) && !may_go_again(&broken, false));
        assert!(!may_go_again(&Status::unavailable("its own word"), true));
        let away = tonic::ConnectError(Box::new(std::io::Error::other("refused")));
        let never_sent = Status::from_error(Box::new(away));
        assert!(may_go_again(&never_sent, false));
    }
}
