//! Pages: what is not the API's goes to the portal, under the same limits, tenancy and edge.
//!
//! A page that the portal marks as public, asked for without a session, is shared as answers of the API are: made once in
//! two seconds at the most, compressed once. Everything else goes through. A ballot on its way to the portal loses cookie and
//! address here, as it does on its way to voting.

mod refusal;

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use comitia_platform::auth::{CLIENT_ADDRESS_HEADER, ORGANIZATION_HEADER};
use comitia_platform::limit::Priority;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri, header};
use moka::Expiry;
use moka::future::Cache;
use uuid::Uuid;

use crate::answer::{Answer, Body, full};
use crate::error::Error;
use crate::gateway::REQUEST_ID;
use crate::routes::Class;
use crate::tenants;

pub use refusal::refusal;

/// The name of pages in metrics and traces: paths are as many as there are things.
pub const NAME: &str = "page";
/// The largest form, in bytes: a ballot of a thousand choices, or a proposal with its text.
pub const FORM_LIMIT: usize = 256 * 1024;
/// The largest form with a file, in bytes: a roll of 500,000 members.
pub const UPLOAD_LIMIT: usize = 33 << 20;
/// How old a shared page may be, in seconds.
pub const SECONDS: u32 = 2;
const CAPACITY: u64 = 64 << 20;
/// The host name that the request came to.
const HOST_HEADER: HeaderName = HeaderName::from_static("comitia-host");

/// What the portal may know of a request, besides organization, address and host.
const HANDED_ON: [HeaderName; 7] = [
    header::COOKIE,
    header::CONTENT_TYPE,
    header::ACCEPT_LANGUAGE,
    header::ORIGIN,
    header::IF_NONE_MATCH,
    HeaderName::from_static("sec-fetch-site"),
    REQUEST_ID,
];

/// A request for a page, as its method and path tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Which rates count it.
    pub class: Class,
    /// What it is refused before.
    pub priority: Priority,
    /// Whether it carries a permit, and nothing that tells who sends it.
    pub anonymous: bool,
    /// Whether it is where people sign in or register, behind the waiting room.
    pub signs_in: bool,
    /// Whether the team sends a file to it: larger than other forms, and read only when the portal knows the sender.
    pub uploads: bool,
}

impl Page {
    /// What a path asks for; nothing where it is the API's.
    pub fn of(method: &Method, path: &str) -> Option<Self> {
        // Programs that look for a method by another name get an error that programs read.
        if path == "/v1" || ["/v1/", "/comitia.", "/grpc."].iter().any(|api| path.starts_with(api)) {
            return None;
        }
        let mut parts = path.trim_start_matches('/').split('/').skip(1);
        let (first, second, third) = (parts.next(), parts.next(), parts.next());
        let uploads = *method == Method::POST
            && first == Some("office")
            && match second {
                Some("areas") => third == Some("file"),
                Some("rolls") => third.is_some() && parts.next() == Some("file"),
                _ => false,
            };
        let anonymous = first == Some("votes") && matches!(third, Some("check" | "cast" | "receipt"));
        let signs_in = matches!(first, Some("sign-in" | "register"));
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let (class, priority) = match reads {
            true => (Class::Read, Priority::Read),
            false if signs_in => (Class::SignIn, Priority::Vote),
            false if first == Some("votes") => (Class::Vote, Priority::Vote),
            false => (Class::Write, Priority::Write),
        };
        Some(Self { class, priority, anonymous, signs_in, uploads })
    }
}

/// The shared pages.
#[derive(Clone, Debug)]
pub struct Pages {
    shared: Cache<(Uuid, String), Ready>,
}

#[derive(Clone, Debug)]
struct Ready {
    answer: Answer,
    until: Instant,
}

struct GoodFor;

impl Expiry<(Uuid, String), Ready> for GoodFor {
    fn expire_after_create(&self, _: &(Uuid, String), ready: &Ready, now: Instant) -> Option<Duration> {
        Some(ready.until.saturating_duration_since(now))
    }
}

/// What the portal answered.
pub enum Shown {
    /// A page that everybody may see, until when.
    Shared(Answer, Instant),
    /// A page of this person alone, a file, a redirect, or an error.
    Alone(Box<Response<Bytes>>),
}

/// The page is not one that could be shared.
#[derive(Debug, thiserror::Error)]
#[error("not public")]
struct NotShared;

impl Pages {
    /// No page yet.
    pub fn new() -> Self {
        let weight = |key: &(Uuid, String), ready: &Ready| {
            let gzip = ready.answer.gzip.as_ref().map_or(0, Bytes::len);
            u32::try_from(key.1.len() + ready.answer.body.len() + gzip + 2048).unwrap_or(u32::MAX)
        };
        Self { shared: Cache::builder().max_capacity(CAPACITY).weigher(weight).expire_after(GoodFor).build() }
    }

    /// A page for those who have not signed in. Those who ask for the same one at the same time share one request, and where
    /// its page turns out to be no public one, each makes their own.
    ///
    /// # Errors
    /// Those of `ask`.
    pub async fn show<F>(&self, organization: Uuid, uri: &Uri, ask: impl Fn() -> F) -> Result<Shown, Error>
    where
        F: Future<Output = Result<Response<Bytes>, Error>>,
    {
        let Some(path) = uri.path_and_query() else { return Ok(Shown::Alone(Box::new(ask().await?))) };
        // What came of this caller's own request, where it cannot be shared.
        let own = Mutex::new(None);
        let keep = |page| *own.lock().unwrap_or_else(PoisonError::into_inner) = Some(page);
        let make = async {
            let until = Instant::now() + Duration::from_secs(SECONDS.into());
            let page = match ask().await {
                Ok(page) => public(page),
                Err(error) => {
                    keep(Err(error));
                    return Err(NotShared);
                }
            };
            page.map(|answer| Ready { answer, until }).map_err(|page| {
                keep(Ok(Shown::Alone(page)));
                NotShared
            })
        };
        let key = (organization, path.as_str().to_owned());
        if let Ok(Ready { answer, until }) = self.shared.try_get_with(key, make).await {
            return Ok(Shown::Shared(answer, until));
        }
        match own.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(shown) => shown,
            None => Ok(Shown::Alone(Box::new(ask().await?))),
        }
    }
}

/// The page as an answer for all, or back again.
fn public(page: Response<Bytes>) -> Result<Answer, Box<Response<Bytes>>> {
    let control = page.headers().get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
    let shared = page.status() == StatusCode::OK
        && control.is_some_and(|control| control.starts_with("public"))
        && !page.headers().contains_key(header::SET_COOKIE)
        && !page.headers().contains_key(header::CONTENT_ENCODING);
    if !shared {
        return Err(Box::new(page));
    }
    let (head, body) = page.into_parts();
    Ok(Answer::page(body, own_headers(head.headers)))
}

/// A page that is not shared, as it goes to the browser.
pub fn alone(page: Response<Bytes>) -> Response<Body> {
    let (head, body) = page.into_parts();
    let mut response = Response::new(full(body));
    *response.status_mut() = head.status;
    *response.headers_mut() = own_headers(head.headers);
    response
}

/// The headers that are the page's, and not those of the connection to the portal.
fn own_headers(mut headers: HeaderMap) -> HeaderMap {
    for name in [header::CONTENT_LENGTH, header::DATE, header::CONNECTION, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}

/// Whether a request brings somebody's session. The portal has the same names.
pub fn has_session(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .map(|cookie| cookie.trim_ascii())
        .any(|cookie| cookie.starts_with(b"session=") || cookie.starts_with(b"__Host-session="))
}

/// The head of the request to the portal.
///
/// # Errors
/// When the address cannot be one.
pub fn head(page: Page, parts: &Parts, organization: Uuid, address: IpAddr) -> Result<Parts, Error> {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let method = if parts.method == Method::HEAD { Method::GET } else { parts.method.clone() };
    let request = http::Request::builder().method(method).uri(path).body(());
    let mut head = request.map_err(|_| Error::parameter("path", "must be a path"))?.into_parts().0;
    for name in HANDED_ON {
        // Whatever could be the same on another page: a session, or a client's own id of the request.
        if page.anonymous && (name == header::COOKIE || name == REQUEST_ID) {
            continue;
        }
        for value in parts.headers.get_all(&name) {
            head.headers.append(&name, value.clone());
        }
    }
    // Where a session begins, its owner is later told with what: the portal makes a few words of it.
    if page.signs_in
        && let Some(browser) = parts.headers.get(header::USER_AGENT)
    {
        head.headers.insert(header::USER_AGENT, browser.clone());
    }
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            head.headers.insert(name, value);
        }
    };
    set(HeaderName::from_static(ORGANIZATION_HEADER), &organization.to_string());
    if let Some(host) = authority(parts) {
        set(HOST_HEADER, host);
    }
    if !page.anonymous {
        set(HeaderName::from_static(CLIENT_ADDRESS_HEADER), &address.to_string());
    }
    Ok(head)
}

/// Host name and port as the browser has them.
fn authority(parts: &Parts) -> Option<&str> {
    let named = parts.uri.authority().map(|authority| authority.as_str());
    named.or_else(|| parts.headers.get(header::HOST)?.to_str().ok()).filter(|_| {
        // What is no host name has no organization, and comes no further.
        tenants::host(&parts.uri, &parts.headers).is_some()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    fn parts(path: &str, headers: &[(&'static str, &'static str)]) -> Parts {
        let mut request = http::Request::builder().uri(path).header("host", "city.example:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_api_is_no_page() {
        for path in ["/v1", "/v1/polls", "/v1/nothing", "/comitia.voting.v1.PollService/GetPoll"] {
            assert_eq!(Page::of(&Method::GET, path), None, "{path}");
        }
        let of = |method, path| Page::of(&method, path).unwrap();
        assert_eq!(of(Method::GET, "/").class, Class::Read);
        assert_eq!(of(Method::POST, "/fr/sign-in/letter").class, Class::SignIn);
        assert!(of(Method::GET, "/fr/sign-in").signs_in && of(Method::GET, "/fr/register").signs_in);
        assert_eq!(of(Method::POST, "/fr/register/code").class, Class::SignIn);
        assert_eq!(of(Method::POST, "/fr/votes/7/cast").priority, Priority::Vote);
        assert_eq!(of(Method::POST, "/fr/proposals").class, Class::Write);
        assert!(!of(Method::GET, "/v1x").anonymous);
    }

    #[test]
    fn files_go_to_the_office_alone() {
        let uploads = |method, path| Page::of(&method, path).unwrap().uploads;
        assert!(uploads(Method::POST, "/fr/office/rolls/liste-7/file"));
        assert!(uploads(Method::POST, "/en/office/areas/file"));
        for path in ["/fr/office/rolls/file", "/fr/office/rolls/liste-7/load", "/fr/rolls/a/file", "/fr/office/areas/new"] {
            assert!(!uploads(Method::POST, path), "{path}");
        }
        assert!(!uploads(Method::GET, "/fr/office/areas/file"));
    }

    #[test]
    fn a_ballot_brings_nothing_of_its_sender() {
        let given = parts(
            "/fr/votes/7/cast",
            &[("cookie", "session=a"), ("sec-fetch-site", "same-origin"), ("x-request-id", "1")],
        );
        let page = Page::of(&Method::POST, "/fr/votes/7/cast").unwrap();
        let head = head(page, &given, Uuid::nil(), IpAddr::from([192, 0, 2, 1])).unwrap();
        let mut names: Vec<_> = head.headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["comitia-host", "comitia-organization", "sec-fetch-site"]);
        assert_eq!(head.headers[HOST_HEADER], "city.example:8080");
    }

    #[test]
    fn a_browser_is_named_where_a_session_begins_alone() {
        let given = parts("/", &[("user-agent", "Firefox")]);
        let named = |path| {
            let page = Page::of(&Method::POST, path).unwrap();
            let head = head(page, &given, Uuid::nil(), IpAddr::from([192, 0, 2, 1])).unwrap();
            head.headers.contains_key(header::USER_AGENT)
        };
        assert!(named("/fr/register/code") && named("/fr/sign-in/email/code"));
        assert!(!named("/fr/account") && !named("/fr/votes/7/cast") && !named("/fr/votes/7"));
    }

    #[test]
    fn sessions_are_seen_among_other_cookies() {
        let with = |cookie| has_session(&parts("/", &[("cookie", cookie)]).headers);
        assert!(with("session=a") && with("a=b; __Host-session=c"));
        assert!(!with("comitia-ticket=session=1") && !with("") && !with("sessions=1"));
    }

    fn page(control: &'static str) -> Response<Bytes> {
        let page = Response::builder().header("cache-control", control).header("content-type", "text/html");
        page.body(Bytes::from_static(b"<p>page</p>")).unwrap()
    }

    #[tokio::test]
    async fn public_pages_are_shared_and_others_are_not() {
        let (pages, uri) = (Pages::new(), Uri::from_static("/fr/a?b=c"));
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let ask = |control| {
            asked.fetch_add(1, Ordering::Relaxed);
            async move { Ok(page(control)) }
        };
        for _ in 0..2 {
            let shown = pages.show(Uuid::nil(), &uri, || ask("private, no-store")).await.unwrap();
            assert!(matches!(shown, Shown::Alone(_)));
        }
        for _ in 0..3 {
            let shown = pages.show(Uuid::nil(), &uri, || ask("public, s-maxage=2")).await.unwrap();
            let Shown::Shared(answer, _) = shown else { panic!("not shared") };
            let response = answer.respond(&HeaderMap::new(), 2);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html");
            assert_eq!(response.headers()[header::CACHE_CONTROL], "public, s-maxage=2");
        }
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }
}
