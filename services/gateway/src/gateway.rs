//! A request from its first header to its answer.

use std::net::{IpAddr, Ipv4Addr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use comitia_cache::Resilient;
use comitia_platform::auth::{CLIENT_ADDRESS_HEADER, ORGANIZATION_HEADER};
use comitia_platform::limit::Refused;
use comitia_platform::{Runtime, grpc};
use futures_util::FutureExt;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataMap;
use tracing::Instrument;
use uuid::Uuid;

use crate::answer::{Answer, Body, full};
use crate::bodies::{Bodies, BodyKind};
use crate::client::ClientNames;
use crate::clients::{Client, Clients, Present};
use crate::config::Config;
use crate::connections::{Connection, Phase};
use crate::edge::Edge;
use crate::error::{self, Error, allow};
use crate::feeds::{Feeds, Watcher};
use crate::limits::{Arrivals, InFlight, Rates, Streams};
use crate::organizations::{Organization, Organizations};
use crate::pages::{self, Page, Pages, Shown};
use crate::refusals::Refusals;
use crate::routes::{Class, Found, Route, Routes};
use crate::server::security_headers;
use crate::shared::{Key, Shared, SharedAnswers};
use crate::telemetry::{self, Metrics};
use crate::tenants::Tenants;
use crate::transcode::{self, IDEMPOTENCY_KEY};
use crate::upstream::{ServiceName, Upstreams};
use crate::waiting_room::{self, Tokens, View, WaitingRoom};
use crate::{StartError, client, events, head, openapi};

/// The header with the id of a request: the client's, or a new one.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Everything that requests need.
#[derive(Debug)]
pub struct Gateway {
    routes: Routes,
    documents: [Document; 2],
    upstreams: Upstreams,
    tenants: Tenants,
    organizations: Arc<Organizations>,
    rates: Rates,
    /// Who has something in flight here.
    pub clients: Arc<Clients>,
    arrivals: Arrivals,
    in_flight: InFlight,
    streams: Arc<Streams>,
    shared: Option<SharedAnswers>,
    /// The shared answers as they go over the wire.
    edge: Edge,
    refusals: Refusals,
    feeds: Feeds,
    pages: Pages,
    metrics: Metrics,
    /// Who waits before they sign in.
    pub waiting_room: Arc<WaitingRoom>,
    stopping: CancellationToken,
    /// Whether pages of other origins may read answers.
    other_origins: bool,
    trusted_proxies: Vec<IpNet>,
    bodies: Bodies,
    timeout: Duration,
}

/// Something that the gateway answers itself.
#[derive(Debug)]
struct Document {
    path: &'static str,
    answer: Answer,
}

/// How long, in seconds, caches may keep the gateway's own documents.
const DOCUMENT_SECONDS: u32 = 60;

/// Where a request goes.
enum Target<'g, 'p> {
    Route(&'g Route, Vec<&'p str>),
    Document(&'g Document),
    WaitingRoom(&'static str, View),
    Page(Page),
    OtherMethods(Vec<Method>),
    Nothing,
}

impl Target<'_, '_> {
    fn name(&self) -> &str {
        match self {
            Self::Route(route, _) => &route.name,
            Self::Document(document) => document.path,
            Self::WaitingRoom(path, _) => path,
            Self::Page(_) => pages::NAME,
            Self::OtherMethods(_) | Self::Nothing => "unknown",
        }
    }
}

/// What the steps of a call share.
struct Call<'c> {
    route: &'c Route,
    organization: Option<Arc<Organization>>,
    metadata: MetadataMap,
    message: Bytes,
}

impl Gateway {
    /// The services behind it, by their names.
    pub fn services(&self) -> Vec<(&'static str, grpc::Client)> {
        self.upstreams.all()
    }

    /// A gateway for all services of `runtime`.
    ///
    /// # Errors
    /// When the contracts make no routes, or an address is not one.
    pub fn new(config: &Config, runtime: &Runtime) -> Result<Self, StartError> {
        let routes = Routes::of_all_services()?;
        let upstreams = Upstreams::new(runtime, config.upstream_limit())?;
        let metrics = Metrics::new();
        let heartbeat = Duration::from_millis(config.streams.heartbeat_ms);
        let documents = [
            Document { path: "/v1", answer: Answer::public(welcome().to_string()) },
            Document {
                path: "/openapi.json",
                answer: Answer::public(openapi::document(&routes).to_string()),
            },
        ];
        let cache = Resilient::new(runtime.cache.clone(), runtime.clock.clone());
        let organizations = Organizations::new(config.organization_limits.clone(), runtime.clock.clone());
        let organizations = Arc::new(organizations);
        let clients: Arc<Clients> = Arc::default();
        Ok(Self {
            waiting_room: WaitingRoom::new(
                config.waiting_room.clone(),
                cache.clone(),
                runtime.clock.clone(),
                runtime.service_keys.require("gateway")?,
                config.hsts_seconds > 0,
            ),
            stopping: runtime.lifecycle.stopping(),
            tenants: Tenants::new(
                upstreams.client(ServiceName::Spaces),
                config.default_organization_host.clone(),
                organizations.clone(),
            ),
            organizations,
            rates: Rates::new(
                cache,
                ClientNames::new(runtime.service_keys.require("gateway")?),
                config.rate_limits.clone(),
            ),
            // What only arrives costs little besides its connection.
            arrivals: Arrivals::new(config.max_in_flight.max(config.max_connections), clients.clone()),
            clients,
            in_flight: InFlight::new(config.max_in_flight),
            streams: Streams::new(config.streams.clone()),
            shared: config.share_answers.then(SharedAnswers::new),
            edge: Edge::new(security_headers(config.hsts_seconds), metrics.clone()),
            refusals: Refusals::new(&security_headers(config.hsts_seconds)),
            feeds: Feeds::new(heartbeat, runtime.lifecycle.stopping()),
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

    /// Answers a request, whatever happens.
    pub async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let started = Instant::now();
        let head = head::check(&request);
        let (parts, body) = request.into_parts();
        let request_id = request_id(&parts.headers);
        let target = self.target(&parts.method, parts.uri.path());
        let waits = match &target {
            Target::Route(route, _) => route.policy.waits_its_turn,
            Target::Page(page) => page.signs_in && parts.method == Method::POST,
            _ => false,
        };
        let is_page = matches!(target, Target::Page(_));
        let known = self.tenants.known(&parts.uri, &parts.headers).await;
        let route = target.name().to_owned();
        let span = telemetry::span(&parts.method, &route, &parts.headers, &request_id);
        // Without tracing the request's own id is what problem details and logs have in common.
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

    fn target<'p>(&self, method: &Method, path: &'p str) -> Target<'_, 'p> {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        if let Some(document) = self.documents.iter().find(|document| document.path == path) {
            return match *method {
                Method::GET => Target::Document(document),
                _ => Target::OtherMethods(vec![Method::GET]),
            };
        }
        if let Some(&(path, view)) = waiting_room::PATHS.iter().find(|(own, _)| *own == path) {
            return match *method {
                Method::GET => Target::WaitingRoom(path, view),
                _ => Target::OtherMethods(vec![Method::GET]),
            };
        }
        match self.routes.find(method, path) {
            Found::Route(route, values) => Target::Route(route, values),
            Found::OtherMethods(methods) => Target::OtherMethods(methods),
            Found::Nothing => match (Page::of(method, path), method) {
                (None, _) => Target::Nothing,
                (Some(page), &Method::GET | &Method::POST) => Target::Page(page),
                (Some(_), _) => Target::OtherMethods(vec![Method::GET, Method::POST]),
            },
        }
    }

    /// Refuses what the service behind its route has no room for. Reads that equal requests share are refused only when they
    /// need a call.
    fn check(&self, route: &Route, known: Option<&Arc<Organization>>) -> Result<(), Refused> {
        if route.cache_seconds() == 0 && !route.streaming {
            let organization = known.unwrap_or_else(|| self.organizations.nobody());
            self.upstreams.check(route.service, route.priority, organization)?;
        }
        Ok(())
    }

    /// The answer to a request that costs next to nothing: what is ready at the edge, and the refusal of what there is no room
    /// for, without trace, limits and body.
    pub async fn ready<B: http_body::Body>(&self, request: &Request<B>) -> Option<Response<Full<Bytes>>> {
        head::check(request).ok()?;
        if let Some(ready) = self.edge.answer(request).await {
            return Some(ready);
        }
        // Where pages of other origins are let in, they can read only what the layers of the server mark for them.
        let marked = self.other_origins && request.headers().contains_key(header::ORIGIN);
        if marked || !self.upstreams.strained() {
            return None;
        }
        let started = Instant::now();
        let Target::Route(route, _) = self.target(request.method(), request.uri().path()) else {
            return None;
        };
        let known = self.tenants.known(request.uri(), request.headers()).await;
        let Refused { retry_after } = self.check(route, known.as_ref()).err()?;
        let response = self.refusals.overloaded(retry_after, request.headers());
        let waits = route.policy.waits_its_turn;
        self.waiting_room.observe(waits, Some(&Error::Overloaded { retry_after }), started.elapsed());
        self.metrics.record(request.method(), &route.name, response.status(), started.elapsed());
        Some(response)
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
                Ok(document.answer.clone().respond(&parts.headers, DOCUMENT_SECONDS))
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

    /// Costs no call and counts in no limit but that of reads: whoever waits is never turned away for want of capacity.
    async fn show_waiting_room(&self, view: View, parts: &Parts) -> Result<Response<Body>, Error> {
        let address = self.address(parts);
        self.rates.admit(Class::Read, address).await?;
        let organization = self.tenants.organization(&parts.uri, &parts.headers, false).await?;
        let organization = organization.ok_or(Error::OrganizationUnknown)?;
        let slot = || self.streams.open(address, &organization);
        self.waiting_room.respond(view, parts, organization.id, address, slot, self.stopping.clone()).await
    }

    /// Hands a request on to the portal, under the limits that calls have.
    async fn page(
        &self,
        page: Page,
        known: Option<Arc<Organization>>,
        parts: &Parts,
        body: Incoming,
    ) -> Result<Response<Body>, Error> {
        let address = self.address(parts);
        let connection = parts.extensions.get::<Arc<Connection>>();
        let mut behind_proxy = None;
        let client = self.client(connection, address, &mut behind_proxy);
        let nobody = self.organizations.nobody();
        self.in_flight.check(page.priority, known.as_ref().unwrap_or(nobody), client)?;
        let arriving = self.arrivals.enter(client)?;
        let phase = connection.map(|connection| connection.enter(Phase::Arriving));
        self.rates.admit(page.class, address).await?;
        let organization = match known {
            Some(known) => known,
            None => {
                let asked = self.tenants.organization(&parts.uri, &parts.headers, false);
                Box::pin(grpc::with_deadline(self.timeout, asked)).await?.ok_or(Error::OrganizationUnknown)?
            }
        };
        organization.admit(page.class)?;
        let read = self.bodies.read_form(&parts.headers, page.priority, pages::FORM_LIMIT, body);
        let (body, _held) = arriving.wait_for(read).await?;
        let _in_flight = self.in_flight.enter(page.priority, &organization, client)?;
        drop((arriving, phase));
        let tokens = Tokens::of(&parts.headers);
        let work = async {
            match (page.signs_in, &parts.method) {
                (true, &Method::POST) => self.waiting_room.enter(organization.id, &tokens).await?,
                (true, _) => self.waiting_room.look(organization.id, &tokens).await?,
                _ => {}
            }
            self.show(page, &organization, parts, address, body).await
        };
        tokio::time::timeout(self.timeout, Box::pin(grpc::with_deadline(self.timeout, work)))
            .await
            .unwrap_or(Err(Error::DeadlineExceeded))
    }

    async fn show(
        &self,
        page: Page,
        organization: &Arc<Organization>,
        parts: &Parts,
        address: IpAddr,
        body: Bytes,
    ) -> Result<Response<Body>, Error> {
        let head = pages::head(page, parts, organization.id, address)?;
        let ask = || async {
            let place = self.upstreams.enter(ServiceName::Portal, page.priority, organization)?;
            Ok(self.upstreams.page(place, head.clone(), body.clone()).await?)
        };
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        if !reads || self.shared.is_none() || pages::has_session(&parts.headers) {
            return Ok(pages::alone(ask().await?));
        }
        match self.pages.show(organization.id, &parts.uri, ask).await? {
            Shown::Alone(page) => Ok(pages::alone(*page)),
            Shown::Shared(answer, until) => {
                self.edge.keep(parts, pages::NAME, &answer, pages::SECONDS, until).await;
                Ok(answer.respond(&parts.headers, pages::SECONDS))
            }
        }
    }

    /// Where a request comes from.
    fn address(&self, parts: &Parts) -> IpAddr {
        let connection = parts.extensions.get::<Arc<Connection>>();
        let peer = connection.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |connection| connection.peer);
        client::address(peer, &parts.headers, &self.trusted_proxies)
    }

    /// Whose request it is: the connection's client's, or that of the one who is behind a proxy.
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

    async fn serve(
        &self,
        route: &Route,
        values: &[&str],
        known: Option<Arc<Organization>>,
        parts: &Parts,
        body: Incoming,
        trace_id: &str,
    ) -> Result<Response<Body>, Error> {
        if let Some(organization) = &known {
            organization.admit(route.class)?;
        }
        self.check(route, known.as_ref())?;
        let address = self.address(parts);
        let nobody = self.organizations.nobody();
        let connection = parts.extensions.get::<Arc<Connection>>();
        let mut behind_proxy = None;
        let client = self.client(connection, address, &mut behind_proxy);
        self.in_flight.check(route.priority, known.as_ref().unwrap_or(nobody), client)?;
        let arriving = self.arrivals.enter(client)?;
        let phase = connection.map(|connection| connection.enter(Phase::Arriving));
        self.rates.admit(route.class, address).await?;
        let organization = match known {
            Some(known) => Some(known),
            // What is rare is boxed: a request in flight has the size of what it may ever do.
            None => Box::pin(self.organization(route, parts)).await?,
        };
        let id = organization.as_ref().map(|organization| organization.id);
        let metadata = metadata(route, &parts.headers, id, address);
        let read = self.bodies.read(route, &parts.headers, metadata.as_ref(), body);
        let (body, _held) = arriving.wait_for(read).await?;
        let holder = organization.as_ref().unwrap_or(nobody);
        let _in_flight = self.in_flight.enter(route.priority, holder, client)?;
        drop((arriving, phase));
        let message = transcode::request(
            route,
            transcode::Parts {
                path: values,
                query: parts.uri.query(),
                body: &body,
                raw: match BodyKind::of(route, &parts.headers) {
                    BodyKind::Raw(charset) => Some(charset),
                    BodyKind::Json => None,
                },
                idempotency_key: text(&parts.headers, IDEMPOTENCY_KEY),
            },
        )?;
        drop(body);
        let work = async {
            if let Some(organization) = organization.as_ref().filter(|_| route.policy.waits_its_turn) {
                Box::pin(self.waiting_room.enter(organization.id, &Tokens::of(&parts.headers))).await?;
            }
            let call = Call { route, organization, metadata, message };
            self.respond(call, parts, address, trace_id).await
        };
        tokio::time::timeout(self.timeout, Box::pin(grpc::with_deadline(self.timeout, work)))
            .await
            .unwrap_or(Err(Error::DeadlineExceeded))
    }

    /// The answer to a call: from its service, or from where equal reads share one.
    async fn respond(
        &self,
        call: Call<'_>,
        parts: &Parts,
        address: IpAddr,
        trace_id: &str,
    ) -> Result<Response<Body>, Error> {
        let route = call.route;
        let signed_in = parts.headers.contains_key(header::AUTHORIZATION);
        if route.streaming {
            let organization = call.organization.as_ref().unwrap_or_else(|| self.organizations.nobody());
            let slot = self.streams.open(address, organization)?;
            if let Some(file) = &route.file {
                let Call { metadata, message, .. } = call;
                let path = route.grpc_path.clone();
                let messages =
                    Box::pin(self.upstreams.stream(route.service, path, metadata, message)).await?;
                return Ok(file.respond(messages, slot));
            }
            let watcher = Box::pin(self.watch(call, signed_in, trace_id)).await?;
            return Ok(events::respond(watcher, slot));
        }
        match (route.cache_seconds(), &self.shared) {
            (0, _) => Ok(Answer::private(self.fetch(call).await?).respond(&parts.headers, 0)),
            _ if signed_in => Ok(Answer::private(self.fetch(call).await?).respond(&parts.headers, 0)),
            (seconds, None) => Ok(Answer::public(self.fetch(call).await?).respond(&parts.headers, seconds)),
            (seconds, Some(shared)) => {
                let fetch = async |call| Ok(Answer::public(self.fetch(call).await?));
                let shared = Box::pin(shared.answer(call.key(), seconds, fetch(call)));
                let Shared { answer, until } = shared.await?;
                Box::pin(self.edge.keep(parts, &route.name, &answer, seconds, until)).await;
                Ok(answer.respond(&parts.headers, seconds))
            }
        }
    }

    /// The organization that a request is for, asked for before anything of its body is read.
    async fn organization(&self, route: &Route, parts: &Parts) -> Result<Option<Arc<Organization>>, Error> {
        // Who needs no organization, or brings a session, may have created it just now.
        let unknown_asked = route.without_organization || parts.headers.contains_key(header::AUTHORIZATION);
        let asked = self.tenants.organization(&parts.uri, &parts.headers, unknown_asked);
        let asked = grpc::with_deadline(self.timeout, asked);
        match tokio::time::timeout(self.timeout, asked).await.unwrap_or(Err(Error::DeadlineExceeded)) {
            Err(_) if route.without_organization => Ok(None),
            Ok(None) if !route.without_organization => Err(Error::OrganizationUnknown),
            organization => organization,
        }
    }

    /// Calls the service; the JSON of its answer.
    async fn fetch(&self, call: Call<'_>) -> Result<Vec<u8>, Error> {
        let Call { route, organization, metadata, message } = call;
        let holder = organization.as_ref().unwrap_or_else(|| self.organizations.nobody());
        let place = self.upstreams.enter(route.service, route.priority, holder)?;
        let answer = match organization {
            Some(organization) if route.casts => self.upstreams.cast(place, organization.id, message).await?,
            _ => {
                let (path, repeatable) = (route.grpc_path.clone(), route.is_repeatable());
                let call = self.upstreams.unary(place, route.service, path, metadata, message, repeatable);
                Box::pin(call).await?
            }
        };
        transcode::response(route, answer)
    }

    /// Watches what the service streams. Those without a session who watch the same public stream share it.
    async fn watch(&self, call: Call<'_>, signed_in: bool, trace_id: &str) -> Result<Watcher, Error> {
        let route = call.route;
        let key = (route.policy.public && !signed_in).then(|| call.key());
        let (upstreams, service, path) = (self.upstreams.clone(), route.service, route.grpc_path.clone());
        let (metadata, message) = (call.metadata, call.message);
        let open = move || {
            let (upstreams, path) = (upstreams.clone(), path.clone());
            let (metadata, message) = (metadata.clone(), message.clone());
            async move { upstreams.stream(service, path, metadata, message).await }
        };
        self.feeds.watch(key, route, trace_id, open).await
    }
}

impl Call<'_> {
    /// Equal public calls have equal answers.
    fn key(&self) -> Key {
        let organization = self.organization.as_ref().map(|organization| organization.id);
        (self.route.index, organization, self.message.clone())
    }
}

/// What a service may know of the request besides the message. A ballot travels with its permit alone.
fn metadata(route: &Route, headers: &HeaderMap, organization: Option<Uuid>, address: IpAddr) -> MetadataMap {
    let mut metadata = HeaderMap::with_capacity(4);
    if let Some(organization) = organization
        && let Ok(value) =
            HeaderValue::from_str(organization.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    {
        metadata.insert(HeaderName::from_static(ORGANIZATION_HEADER), value);
    }
    if !route.anonymous {
        if let Some(authorization) = headers.get(header::AUTHORIZATION) {
            metadata.insert(header::AUTHORIZATION, authorization.clone());
        }
        if let Ok(value) = HeaderValue::from_str(&address.to_string()) {
            metadata.insert(HeaderName::from_static(CLIENT_ADDRESS_HEADER), value);
        }
    }
    MetadataMap::from_headers(metadata)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The client's request id, if it is a harmless one, or a new one.
pub fn request_id(headers: &HeaderMap) -> String {
    text(headers, REQUEST_ID.as_str())
        .filter(|id| is_request_id(id))
        .map_or_else(|| comitia_core::id::new().to_string(), str::to_owned)
}

/// Whether a client's request id is a harmless one.
pub fn is_request_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn welcome() -> serde_json::Value {
    serde_json::json!({
        "name": "Comitia",
        "version": env!("CARGO_PKG_VERSION"),
        "openapi": "/openapi.json",
        "organization": "/v1/organization",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_request_keeps_its_id_unless_it_is_odd() {
        assert_eq!(request_id(&headers("x-request-id", "abc-1_2")), "abc-1_2");
        for odd in ["", "a b", "<script>", &"a".repeat(65)] {
            assert!(Uuid::parse_str(&request_id(&headers("x-request-id", odd))).is_ok(), "{odd}");
        }
    }

    #[test]
    fn a_ballot_brings_nothing_of_its_sender() {
        let routes = Routes::of_all_services().unwrap();
        let by_name = |name: &str| routes.iter().find(|route| route.method.name() == name).unwrap();
        let mut given = headers("authorization", "Bearer token");
        given.insert(header::COOKIE, HeaderValue::from_static("a=b"));
        let names = |name: &str| {
            let metadata = metadata(by_name(name), &given, Some(Uuid::nil()), IpAddr::from([192, 0, 2, 1]));
            let mut names: Vec<_> = metadata.into_headers().keys().map(|name| name.to_string()).collect();
            names.sort();
            names
        };
        assert_eq!(names("CastBallot"), ["comitia-organization"]);
        assert_eq!(names("IssuePermit"), ["authorization", "comitia-client-address", "comitia-organization"]);
    }
}
