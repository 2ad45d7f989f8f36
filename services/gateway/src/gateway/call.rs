//! The call of a route: limits, body, waiting room, service, answer.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use comitia_platform::auth::{CLIENT_ADDRESS_HEADER, HOST_HEADER, ORGANIZATION_HEADER};
use comitia_platform::grpc;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use hyper::body::Incoming;
use tonic::metadata::MetadataMap;
use uuid::Uuid;

use super::Gateway;
use crate::admission::bodies::BodyKind;
use crate::admission::connections::{Connection, Phase};
use crate::admission::organizations::Organization;
use crate::caching::shared::{Key, Shared};
use crate::http::answer::{Answer, Body};
use crate::http::error::Error;
use crate::http::headers::{IDEMPOTENCY_KEY, text};
use crate::http::host::host;
use crate::routes::{Route, Upload};
use crate::streams::events;
use crate::streams::feeds::Watcher;
use crate::transcode;
use crate::upstream::call as upstream;
use crate::waiting_room::Tokens;

/// A call that is ready to be made.
struct Call<'c> {
    route: &'c Route,
    organization: Option<Arc<Organization>>,
    metadata: MetadataMap,
    message: Bytes,
}

/// Whether the cached "nobody" of a host name is not trusted: a caller who needs no organization or has a
/// session may have created it a moment ago.
pub(super) fn asks_again(route: &Route, headers: &HeaderMap) -> bool {
    route.without_organization || headers.contains_key(header::AUTHORIZATION)
}

impl Gateway {
    pub(super) async fn serve(
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
            // Box the cold path to keep the future small.
            None => Box::pin(self.organization(route, parts)).await?,
        };
        let id = organization.as_ref().map(|organization| organization.id);
        let metadata = metadata(route, parts, id, address);
        let holder = organization.as_ref().unwrap_or(nobody);
        let timeout = route.timeout(self.timeout);
        if let Some(upload) = upload(route, &parts.headers) {
            let body = self.bodies.open(route, &parts.headers, metadata.as_ref(), body).await?;
            let _in_flight = self.in_flight.enter(route.priority, holder, client)?;
            let work = Box::pin(self.upload((route, upload, values), holder, metadata, parts, body));
            let work = arriving.wait_for(grpc::with_deadline(timeout, work));
            return tokio::time::timeout(timeout, work).await.unwrap_or(Err(Error::DeadlineExceeded));
        }
        let read = self.bodies.read(route, &parts.headers, metadata.as_ref(), body);
        let (body, _held) = arriving.wait_for(read).await?;
        let _in_flight = self.in_flight.enter(route.priority, holder, client)?;
        drop((arriving, phase));
        let message = message(route, values, parts, &body)?;
        drop(body);
        let work = async {
            if let Some(organization) = organization.as_ref().filter(|_| route.policy.waits_its_turn) {
                Box::pin(self.waiting_room.enter(organization.id, &Tokens::of(&parts.headers))).await?;
            }
            let call = Call { route, organization, metadata, message };
            self.respond(call, parts, address, trace_id).await
        };
        tokio::time::timeout(timeout, Box::pin(grpc::with_deadline(timeout, work)))
            .await
            .unwrap_or(Err(Error::DeadlineExceeded))
    }

    /// The answer to a call: the service's own, or one that equal reads share.
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
            let guard = self.streams.open(address, organization)?;
            if let Some(file) = &route.file {
                let Call { metadata, message, .. } = call;
                let path = route.grpc_path.clone();
                let messages = Box::pin(self.upstreams.stream(route.service, path, metadata, message));
                let mut messages = messages.await?;
                let first = match file.has_head() {
                    true => messages.message().await.map_err(|status| upstream::error(&status))?,
                    false => None,
                };
                let headers = file.headers(first).map_err(Error::AnswerMalformed)?;
                return Ok(file.respond(headers, messages, guard));
            }
            let watcher = Box::pin(self.watch(call, signed_in, trace_id)).await?;
            return Ok(events::respond(watcher, guard));
        }
        match (route.cache_seconds(), &self.shared) {
            (0, _) => Ok(self.fetch(call, false).await?.respond(&parts.headers, 0)),
            _ if signed_in => Ok(self.fetch(call, false).await?.respond(&parts.headers, 0)),
            (seconds, None) => Ok(self.fetch(call, true).await?.respond(&parts.headers, seconds)),
            (seconds, Some(shared)) => {
                let shared = Box::pin(shared.answer(call.key(), seconds, self.fetch(call, true)));
                let Shared { answer, until } = shared.await?;
                Box::pin(self.edge.keep(parts, &route.name, &answer, seconds, until)).await;
                Ok(answer.respond(&parts.headers, seconds))
            }
        }
    }

    /// The organization of a request, looked up before its body is read.
    async fn organization(&self, route: &Route, parts: &Parts) -> Result<Option<Arc<Organization>>, Error> {
        let ask_again = asks_again(route, &parts.headers);
        let lookup = self.tenants.organization(&parts.uri, &parts.headers, ask_again);
        let lookup = grpc::with_deadline(self.timeout, lookup);
        match tokio::time::timeout(self.timeout, lookup).await.unwrap_or(Err(Error::DeadlineExceeded)) {
            Err(_) if route.without_organization => Ok(None),
            Ok(None) if !route.without_organization => Err(Error::OrganizationUnknown),
            organization => organization,
        }
    }

    /// Calls the service and returns its answer: one that equal requests share, or not.
    async fn fetch(&self, call: Call<'_>, public: bool) -> Result<Answer, Error> {
        let Call { route, organization, metadata, message } = call;
        let holder = organization.as_ref().unwrap_or_else(|| self.organizations.nobody());
        let permit = self.upstreams.enter(route.service, route.priority, holder)?;
        let answer = match organization {
            Some(organization) if route.casts => {
                self.upstreams.cast(permit, organization.id, message).await?
            }
            _ => {
                let (path, repeatable) = (route.grpc_path.clone(), route.is_repeatable());
                let call = self.upstreams.unary(permit, route.service, path, metadata, message, repeatable);
                Box::pin(call).await?
            }
        };
        match &route.content {
            Some(content) => content.answer(answer, public),
            None if public => Ok(Answer::public(transcode::response(route, answer)?)),
            None => Ok(Answer::private(transcode::response(route, answer)?)),
        }
    }

    /// Watches a stream of the service. Watchers of a public stream without a session share it.
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

/// How a body is handed on while it comes, if it is.
fn upload<'r>(route: &'r Route, headers: &HeaderMap) -> Option<&'r Upload> {
    match BodyKind::of(route, headers) {
        BodyKind::Raw(_) => route.raw.as_ref()?.upload.as_ref(),
        BodyKind::Json => None,
    }
}

/// The encoded request message.
pub(super) fn message(route: &Route, values: &[&str], parts: &Parts, body: &[u8]) -> Result<Bytes, Error> {
    transcode::request(
        route,
        transcode::Parts {
            path: values,
            query: parts.uri.query(),
            body,
            raw: match BodyKind::of(route, &parts.headers) {
                BodyKind::Raw(charset) => Some(charset),
                BodyKind::Json => None,
            },
            idempotency_key: text(&parts.headers, IDEMPOTENCY_KEY),
        },
    )
}

/// What a service learns of a request besides its message. A ballot travels with its permit alone:
/// no session and no address, which would tell voting who casts it.
fn metadata(route: &Route, parts: &Parts, organization: Option<Uuid>, address: IpAddr) -> MetadataMap {
    let headers = &parts.headers;
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
    if route.policy.tells_host
        && let Some(host) = host(&parts.uri, headers)
        && let Ok(value) = HeaderValue::from_str(host)
    {
        metadata.insert(HeaderName::from_static(HOST_HEADER), value);
    }
    MetadataMap::from_headers(metadata)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::Routes;

    #[test]
    fn a_ballot_brings_nothing_of_its_sender() {
        let routes = Routes::of_all_services().unwrap();
        let by_name = |name: &str| routes.iter().find(|route| route.method.name() == name).unwrap();
        let given = http::Request::builder()
            .header(header::HOST, "city.example:8443")
            .header(header::AUTHORIZATION, "Bearer token")
            .header(header::COOKIE, "a=b")
            .header(HOST_HEADER, "evil.example");
        let given = given.body(()).unwrap().into_parts().0;
        let names = |name: &str| {
            let metadata = metadata(by_name(name), &given, Some(Uuid::nil()), IpAddr::from([192, 0, 2, 1]));
            let mut names: Vec<_> = metadata.into_headers().keys().map(|name| name.to_string()).collect();
            names.sort();
            names
        };
        let told = metadata(by_name("VerifyPasskey"), &given, None, IpAddr::from([192, 0, 2, 1]));
        assert_eq!(told.get(HOST_HEADER).unwrap(), "city.example:8443");
        assert_eq!(names("CastBallot"), ["comitia-organization"]);
        assert_eq!(names("IssuePermit"), ["authorization", "comitia-client-address", "comitia-organization"]);
    }
}
