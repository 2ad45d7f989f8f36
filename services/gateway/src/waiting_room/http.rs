//! The room over HTTP: JSON, server-sent events, the page, and where clients keep their tickets.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::page::{self, Language, Page};
use super::tokens::{Pass, Signer, TICKET_LIFE, Ticket};
use super::{Standing, State, WaitingRoom};
use crate::admission::limits::StreamGuard;
use crate::http::answer::{Body, full};
use crate::http::error::Error;
use crate::http::paths;
use crate::streams::events;

/// The name of the header, for programs, and of the cookie, for browsers, that hold a ticket.
pub const TICKET: HeaderName = HeaderName::from_static("comitia-ticket");
/// The same for a pass.
pub const PASS: HeaderName = HeaderName::from_static("comitia-pass");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Json,
    Watch,
    /// Works without scripts.
    Page,
}

pub const PATHS: [(&str, View); 3] = [
    (paths::WAITING_ROOM, View::Json),
    (paths::WAITING_ROOM_WATCH, View::Watch),
    (paths::WAITING_ROOM_PAGE, View::Page),
];

/// The tokens of a request, not verified yet.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    ticket: Option<String>,
    pass: Option<String>,
}

impl Tokens {
    pub fn of(headers: &HeaderMap) -> Self {
        Self { ticket: given(headers, &TICKET), pass: given(headers, &PASS) }
    }

    #[cfg(test)]
    pub(super) fn clone_ticket(&self) -> Option<String> {
        self.ticket.clone()
    }

    /// The ticket, if it is valid.
    pub(super) fn ticket(&self, signer: &Signer, organization: Uuid, now: i64) -> Option<Ticket> {
        signer.read_ticket(self.ticket.as_deref()?, organization, now)
    }

    /// The pass, if it is valid.
    pub(super) fn pass(&self, signer: &Signer, organization: Uuid, now: i64) -> Option<Pass> {
        signer.read_pass(self.pass.as_deref()?, organization, now)
    }
}

/// The value of a header, or of the cookie with the same name.
fn given(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let header = headers.get(name).and_then(|value| value.to_str().ok());
    let cookie = || {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .find_map(|cookie| cookie.trim().strip_prefix(name.as_str())?.strip_prefix('='))
    };
    header.or_else(cookie).map(str::to_owned)
}

impl WaitingRoom {
    /// Answers a visit. `slot` opens a stream for [`View::Watch`].
    ///
    /// # Errors
    /// Those of [`WaitingRoom::visit`].
    pub async fn respond(
        self: &Arc<Self>,
        view: View,
        parts: &Parts,
        organization: Uuid,
        address: IpAddr,
        slot: impl FnOnce() -> Result<StreamGuard, Error>,
        stopping: CancellationToken,
    ) -> Result<Response<Body>, Error> {
        let mut given = Tokens::of(&parts.headers);
        // A browser's event source can neither set headers nor send cookies to another site.
        given.ticket = given.ticket.or_else(|| parameter(parts, "ticket"));
        let slot = if view == View::Watch { Some(slot()?) } else { None };
        let may_take_one = parts.method != Method::HEAD;
        let standing = self.visit(organization, &given, address, may_take_one).await?;
        let mut response = match (view, slot) {
            (View::Watch, Some(slot)) => {
                self.watch(standing.clone(), given, organization, address, slot, stopping)
            }
            (View::Page, _) => page(parts, &standing),
            _ => body(serde_json::to_vec(&standing).unwrap_or_default(), "application/json"),
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        if let Some(seconds) = standing.check_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let pass_life = i64::from(self.config.pass_seconds) * 1_000_000;
        for (name, token, life) in
            [(TICKET, &standing.ticket, TICKET_LIFE), (PASS, &standing.pass, pass_life)]
        {
            let Some(token) = token else { continue };
            let secure = if self.secure_cookies { "; Secure" } else { "" };
            let cookie = format!(
                "{name}={token}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
                life / 1_000_000
            );
            if let (Ok(cookie), Ok(token)) = (HeaderValue::from_str(&cookie), HeaderValue::from_str(token)) {
                headers.append(header::SET_COOKIE, cookie);
                headers.insert(name, token);
            }
        }
        Ok(response)
    }

    /// Streams a visitor's standing, more often the closer the turn is, until it has come.
    fn watch(
        self: &Arc<Self>,
        standing: Standing,
        given: Tokens,
        organization: Uuid,
        address: IpAddr,
        slot: StreamGuard,
        stopping: CancellationToken,
    ) -> Response<Body> {
        let given = Tokens { ticket: standing.ticket.clone().or(given.ticket), ..given };
        let watcher = Watcher {
            room: self.clone(),
            given,
            organization,
            address,
            stopping,
            pause: Duration::ZERO,
            first: Some(standing),
            over: false,
        };
        let events = stream::unfold((watcher, 1_u64), |(mut watcher, number)| async move {
            let event = watcher.next(number).await?;
            Some((event, (watcher, number + 1)))
        });
        events::send(events, slot)
    }
}

/// A visitor who watches the line.
struct Watcher {
    room: Arc<WaitingRoom>,
    given: Tokens,
    organization: Uuid,
    address: IpAddr,
    stopping: CancellationToken,
    pause: Duration,
    /// Already known, and sent at once.
    first: Option<Standing>,
    over: bool,
}

impl Watcher {
    /// The next event, encoded. `None` after the end, or when the process stops.
    async fn next(&mut self, number: u64) -> Option<Bytes> {
        if self.over {
            return None;
        }
        let standing = match self.first.take() {
            Some(standing) => standing,
            None => {
                tokio::select! {
                    () = self.stopping.cancelled() => return None,
                    () = tokio::time::sleep(self.pause) => {}
                }
                self.room.visit(self.organization, &self.given, self.address, false).await.ok()?
            }
        };
        self.pause = Duration::from_secs(standing.check_after_seconds.unwrap_or(2)) / 2;
        self.over = standing.state != State::Waiting;
        let end = if self.over { "event: end\ndata: {}\n\n" } else { "" };
        let json = serde_json::to_string(&standing).unwrap_or_default();
        Some(format!("id: {number}\ndata: {json}\n\n{end}").into())
    }
}

fn page(parts: &Parts, standing: &Standing) -> Response<Body> {
    let accepted = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let by_hand = parameter(parts, "update").is_some_and(|update| update == "byHand");
    let goal = parameter(parts, "return").filter(|path| page::is_local(path));
    let language = Language::of(accepted.unwrap_or_default());
    let page = Page { language, standing, by_hand, goal: goal.as_deref() };
    let mut response = body(page.render().into_string(), "text/html; charset=utf-8");
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Language, Cookie"));
    if let Ok(policy) = HeaderValue::from_str(page::CONTENT_SECURITY_POLICY.as_str()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if let Some(seconds) = standing.check_after_seconds.filter(|_| !by_hand) {
        headers.insert(header::REFRESH, HeaderValue::from(seconds));
    }
    response
}

fn body(content: impl Into<Bytes>, kind: &'static str) -> Response<Body> {
    let mut response = Response::new(full(content));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn parameter(parts: &Parts, name: &str) -> Option<String> {
    let query = parts.uri.query()?;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The room's paths in the OpenAPI document. They are not in `proto/`, because no service answers
/// them.
pub fn openapi() -> [(&'static str, Value); 3] {
    let standing = json!({
        "type": "object",
        "required": ["state", "waiting"],
        "properties": {
            "state": {
                "type": "string",
                "enum": ["NOT_NEEDED", "WAITING", "ADMITTED"],
                "description": "Sign in at once; wait and ask again with the ticket; sign in with the pass.",
            },
            "position": {"type": "integer", "description": "The place in the line; 1 is next."},
            "waiting": {"type": "integer", "description": "How many people wait."},
            "estimateSeconds": {"type": "integer", "description": "How long it may take until the turn comes."},
            "checkAfterSeconds": {"type": "integer", "description": "When to ask again."},
            "ticket": {"type": "string", "description": "To be shown again, in the header `Comitia-Ticket`."},
            "pass": {"type": "string", "description": "To sign in with, in the header `Comitia-Pass`."},
            "passExpireTime": {"type": "string", "format": "date-time"},
        },
    });
    let parameters = json!([{
        "name": "Comitia-Ticket",
        "in": "header",
        "description": "The ticket from before; without one, a new one is made. Browsers have it in a cookie.",
        "schema": {"type": "string"},
    }]);
    let operation = |id: &str, summary: &str, kind: &str, schema: &Value| {
        json!({"get": {
            "operationId": id,
            "tags": ["WaitingRoom"],
            "summary": summary,
            "parameters": parameters,
            "responses": {
                "200": {"description": summary, "content": {kind: {"schema": schema}}},
                "default": {"$ref": "#/components/responses/Problem"},
            },
        }})
    };
    let text = json!({"type": "string"});
    PATHS.map(|(path, view)| {
        let description = match view {
            View::Json => operation(
                "WaitingRoom_Get",
                "Takes a ticket for the waiting room, or tells how the given one stands",
                "application/json",
                &standing,
            ),
            View::Watch => operation(
                "WaitingRoom_Watch",
                "The same as events, until the turn has come",
                "text/event-stream",
                &text,
            ),
            View::Page => {
                operation("WaitingRoom_Page", "The same as a page that needs no script", "text/html", &text)
            }
        };
        (path, description)
    })
}
