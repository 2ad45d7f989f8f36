//! A request from its first header to its answer.
//!
//! [`Gateway::ready`] is the fast path. Everything else goes through [`Gateway::answer`]: the
//! target is found, then [`call`] makes the call of a route and [`page`] asks the portal for a
//! page.

mod call;
mod page;
mod target;
mod upload;

use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use comitia_cache::Resilient;
use comitia_platform::limit::Refused;
use comitia_platform::{Runtime, grpc};
use futures_util::FutureExt;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use self::call::asks_again;
use self::target::Target;
use crate::admission::address::{self, ClientNames};
use crate::admission::bodies::Bodies;
use crate::admission::clients::{Client, Clients, Present};
use crate::admission::connections::Connection;
use crate::admission::limits::{Arrivals, InFlight, Rates, Streams};
use crate::admission::organizations::{Organization, Organizations};
use crate::admission::refusals::Refusals;
use crate::caching::edge::Edge;
use crate::caching::shared::SharedAnswers;
use crate::caching::tenants::Tenants;
use crate::config::Config;
use crate::documents::{self, Document};
use crate::http::answer::{Body, full};
use crate::http::error::{self, Error, allow};
use crate::http::head;
use crate::http::headers::{REQUEST_ID, request_id, security_headers};
use crate::http::telemetry::{self, Metrics};
use crate::pages::{self, Pages};
use crate::routes::{Class, Route, RouteError, Routes, ServiceName};
use crate::streams::feeds::Feeds;
use crate::upstream::{ConnectError, Upstreams};
use crate::waiting_room::{View, WaitingRoom};

/// The gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The contracts make no routes.
    #[error("routes: {0}")]
    Routes(#[from] RouteError),
    /// There are no channels to the services.
    #[error(transparent)]
    Upstream(#[from] ConnectError),
    /// The gateway has no key to sign tickets with.
    #[error("configuration: {0}")]
    ServiceKey(#[from] comitia_platform::runtime::ServiceKeyError),
    /// An allowed origin is malformed.
    #[error("gateway.cors.allowed_origins: {0:?} is not an origin")]
    Origin(String),
}

/// Everything that requests need.
#[derive(Debug)]
pub struct Gateway {
    routes: Routes,
    documents: [Document; 2],
    upstreams: Upstreams,
    tenants: Tenants,
    organizations: Arc<Organizations>,
    rates: Rates,
    /// The clients with something in flight here.
    pub clients: Arc<Clients>,
    arrivals: Arrivals,
    in_flight: InFlight,
    streams: Arc<Streams>,
    shared: Option<SharedAnswers>,
    /// Shared answers, ready for the wire.
    edge: Edge,
    refusals: Refusals,
    feeds: Feeds,
    pages: Pages,
    metrics: Metrics,
    pub waiting_room: Arc<WaitingRoom>,
    stopping: CancellationToken,
    /// Whether pages of other origins may read answers.
    other_origins: bool,
    trusted_proxies: Vec<IpNet>,
    bodies: Bodies,
    timeout: Duration,
}

impl Gateway {
    /// A gateway for all services of `runtime`.
    ///
    /// # Errors
    /// [`StartError`]
    pub fn new(config: &Config, runtime: &Runtime) -> Result<Self, StartError> {
        let routes = Routes::of_all_services()?;
        let documents = documents::all(&routes);
        let upstreams = Upstreams::new(runtime, config.upstream_limit())?;
        let metrics = Metrics::new();
        let cache = Resilient::new(runtime.cache.clone(), runtime.clock.clone());
        let organizations =
            Arc::new(Organizations::new(config.organization_limits.clone(), runtime.clock.clone()));
        let clients: Arc<Clients> = Arc::default();
        let service_key = runtime.service_keys.require("gateway")?;
        Ok(Self {
            waiting_room: WaitingRoom::new(
                config.waiting_room.clone(),
                cache.clone(),
                runtime.clock.clone(),
                service_key,
                config.hsts_seconds > 0,
            ),
            stopping: runtime.lifecycle.stopping(),
            tenants: Tenants::new(
                upstreams.client(ServiceName::Spaces),
                config.default_organization_host.clone(),
                organizations.clone(),
            ),
            organizations,
            rates: Rates::new(cache, ClientNames::new(service_key), config.rate_limits.clone()),
            // A request that only arrives costs little besides its connection.
            arrivals: Arrivals::new(config.max_in_flight.max(config.max_connections), clients.clone()),
            clients,
            in_flight: InFlight::new(config.max_in_flight),
            streams: Streams::new(config.streams.clone()),
            shared: config.share_answers.then(SharedAnswers::new),
            edge: Edge::new(security_headers(config.hsts_seconds), metrics.clone()),
            refusals: Refusals::new(&security_headers(config.hsts_seconds)),
            feeds: Feeds::new(
                Duration::from_millis(config.streams.heartbeat_ms),
                runtime.lifecycle.stopping(),
            ),
            pages: Pages::new(),
            metrics,
            other_origins: !config.cors.allowed_origins.is_empty(),
            trusted_proxies: config.trusted_proxies.clone(),
            bodies: Bodies::new(config, runtime.verifier.clone()),
            timeout: Duration::from_millis(config.request_timeout_ms),
            routes,
            documents,
            upstreams,
        })
    }

    /// The services behind the gateway, by name.
    pub fn services(&self) -> Vec<(&'static str, grpc::Client)> {
        self.upstreams.all()
    }

    /// Answers a request, whatever happens.
    pub async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let started = Instant::now();
        let head = head::check(&request);
        let (parts, body) = request.into_parts();
        let request_id = request_id(&parts.headers);
        let target = self.target(&parts.method, parts.uri.path());
        let waits = target.waits_its_turn(&parts.method);
        let is_page = matches!(target, Target::Page(_));
        let ask_again = matches!(&target, Target::Route(route, _) if asks_again(route, &parts.headers));
        let known = self.tenants.known(&parts.uri, &parts.headers, ask_again).await;
        let route = target.name().to_owned();
        let span = telemetry::span(&parts.method, &route, &parts.headers, &request_id);
        // Without tracing, problem details and logs share the request's id instead.
        let traced = telemetry::trace_id(&span);
        let trace_id = traced.as_deref().unwrap_or(&request_id);
        let active = self.metrics.begin(&parts.method);

        let work = async {
            head?;
            Box::pin(self.dispatch(target, known, &parts, body, trace_id)).await
        };
        let work = AssertUnwindSafe(work).catch_unwind();
        let answer = work.instrument(span.clone()).await.unwrap_or(Err(Error::Panicked));
        self.waiting_room.observe(waits, answer.as_ref().err(), started.elapsed());
        let mut response = span.in_scope(|| match answer {
            Ok(answer) => answer,
            Err(error) if is_page => pages::refusal(error, &parts, trace_id),
            Err(error) => error::response(error, trace_id),
        });

        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        let status = response.status();
        if traced.is_some() {
            span.record("http.response.status_code", status.as_u16());
        }
        self.metrics.record(&parts.method, &route, status, started.elapsed());
        drop(active);
        response
    }

    /// Fast path: serve from cache or shed load before tracing, limits and body.
    pub async fn ready<B: http_body::Body>(&self, request: &Request<B>) -> Option<Response<Full<Bytes>>> {
        head::check(request).ok()?;
        if let Some(ready) = self.edge.answer(request).await {
            return Some(ready);
        }
        // Pages of other origins can read an answer only with the CORS headers, which a layer
        // behind this path adds.
        let needs_cors = self.other_origins && request.headers().contains_key(header::ORIGIN);
        if needs_cors || !self.upstreams.strained() {
            return None;
        }
        let started = Instant::now();
        let Target::Route(route, _) = self.target(request.method(), request.uri().path()) else {
            return None;
        };
        let ask_again = asks_again(route, request.headers());
        let known = self.tenants.known(request.uri(), request.headers(), ask_again).await;
        let Refused { retry_after } = self.check(route, known.as_ref()).err()?;
        let response = self.refusals.overloaded(retry_after, request.headers());
        let waits = route.policy.waits_its_turn;
        self.waiting_room.observe(waits, Some(&Error::Overloaded { retry_after }), started.elapsed());
        self.metrics.record(request.method(), &route.name, response.status(), started.elapsed());
        Some(response)
    }

    /// Refuses a call that its service has no capacity for. Shared reads are checked later, if they
    /// need a call.
    fn check(&self, route: &Route, known: Option<&Arc<Organization>>) -> Result<(), Refused> {
        if route.cache_seconds() == 0 && !route.streaming {
            let organization = known.unwrap_or_else(|| self.organizations.nobody());
            self.upstreams.check(route.service, route.priority, organization)?;
        }
        Ok(())
    }

    async fn dispatch(
        &self,
        target: Target<'_, '_>,
        known: Option<Arc<Organization>>,
        parts: &Parts,
        body: Incoming,
        trace_id: &str,
    ) -> Result<Response<Body>, Error> {
        match target {
            Target::Route(route, values) => self.serve(route, &values, known, parts, body, trace_id).await,
            Target::Document(document) => {
                Ok(document.answer.clone().respond(&parts.headers, documents::CACHE_SECONDS))
            }
            Target::Page(page) => Box::pin(self.page(page, known, parts, body)).await,
            Target::WaitingRoom(_, view) => Box::pin(self.show_waiting_room(view, parts)).await,
            Target::OtherMethods(methods) if parts.method == Method::OPTIONS => {
                let mut response = Response::new(full(Bytes::new()));
                *response.status_mut() = StatusCode::NO_CONTENT;
                if let Ok(allowed) = HeaderValue::from_str(&allow(&methods)) {
                    response.headers_mut().insert(header::ALLOW, allowed);
                }
                Ok(response)
            }
            Target::OtherMethods(allowed) => Err(Error::MethodNotAllowed { allowed }),
            Target::Nothing => Err(Error::RouteUnknown),
        }
    }

    /// Needs no call and counts only in the rate limit for reads: people who wait are never refused
    /// for overload.
    async fn show_waiting_room(&self, view: View, parts: &Parts) -> Result<Response<Body>, Error> {
        let address = self.address(parts);
        self.rates.admit(Class::Read, address).await?;
        let organization = self.tenants.organization(&parts.uri, &parts.headers, false).await?;
        let organization = organization.ok_or(Error::OrganizationUnknown)?;
        let open_stream = || self.streams.open(address, &organization);
        self.waiting_room
            .respond(view, parts, organization.id, address, open_stream, self.stopping.clone())
            .await
    }

    /// Where a request comes from.
    fn address(&self, parts: &Parts) -> IpAddr {
        let connection = parts.extensions.get::<Arc<Connection>>();
        let peer = connection.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |connection| connection.peer);
        address::of(peer, &parts.headers, &self.trusted_proxies)
    }

    /// The client of a request: the connection's, or the one behind a proxy.
    fn client<'c>(
        &self,
        connection: Option<&'c Arc<Connection>>,
        address: IpAddr,
        behind_proxy: &'c mut Option<Present>,
    ) -> &'c Client {
        match connection.and_then(|connection| connection.client()) {
            Some(client) => client,
            None => behind_proxy.insert(self.clients.at(address)),
        }
    }
}
