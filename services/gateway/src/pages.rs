//! Pages of the portal, under the API's limits, tenancy and caching.
//!
//! A page that the portal marks as public is shared among requests without a session, as answers of
//! the API are. All others are passed through. A ballot on its way to the portal is stripped of
//! cookie and address, as it is on its way to voting; a sign-in at a provider keeps its own cookie.

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

use crate::admission::bodies::Form;
use crate::http::answer::{Answer, Body, full};
use crate::http::error::Error;
use crate::http::headers::REQUEST_ID;
use crate::http::host::host;
use crate::routes::Class;

pub use refusal::refusal;

/// The name of all pages in metrics and traces, because there are too many paths.
pub const NAME: &str = "page";
/// The maximum size of a form in bytes: a ballot of a thousand choices, or a proposal with its
/// text.
pub const FORM_LIMIT: usize = 256 * 1024;
/// The maximum size of a form with a file, in bytes: a roll of 500,000 members.
pub const UPLOAD_LIMIT: usize = 33 << 20;
/// The maximum age of a shared page in seconds.
pub const SECONDS: u32 = 2;
const CAPACITY: u64 = 64 << 20;
/// The host name of the request, for the portal.
const HOST_HEADER: HeaderName = HeaderName::from_static("comitia-host");

/// Headers that are passed on to the portal.
const HANDED_ON: [HeaderName; 7] = [
    header::COOKIE,
    header::CONTENT_TYPE,
    header::ACCEPT_LANGUAGE,
    header::ORIGIN,
    header::IF_NONE_MATCH,
    HeaderName::from_static("sec-fetch-site"),
    REQUEST_ID,
];

/// The cookie that a browser keeps its sign-in at a provider in; with the prefix where it comes over
/// HTTPS.
const AT_PROVIDER: [&str; 2] = ["at-provider", "__Host-at-provider"];

/// A request for a page, by its method and path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub class: Class,
    pub priority: Priority,
    /// Whether it carries or brings a permit, and therefore nothing that identifies the sender.
    pub anonymous: bool,
    /// Whether people sign in or register there, behind the waiting room.
    pub signs_in: bool,
    /// Whether it is on the way to an OpenID provider and back, for a permit and without an account.
    pub at_provider: bool,
    /// Whether it leads to an OpenID provider. The way there is a link, which takes its turn as a form
    /// does. The way back waits for nobody: it brings a code that is good for seconds.
    pub begins: bool,
    /// Whether a session may begin there, so that the portal learns of the browser.
    pub opens_session: bool,
    /// Whether somebody sends a file to it: larger than other forms, and read only when the portal knows the sender.
    pub uploads: bool,
}

impl Page {
    /// The page at a path. `None` if the path belongs to the API.
    pub fn of(method: &Method, path: &str) -> Option<Self> {
        // API clients with a mistyped path get an error in JSON.
        if path == "/v1" || ["/v1/", "/comitia.", "/grpc."].iter().any(|api| path.starts_with(api)) {
            return None;
        }
        let mut parts = path.trim_start_matches('/').split('/').skip(1);
        let (first, second, third) = (parts.next(), parts.next(), parts.next());
        let rest = (parts.next(), parts.next(), parts.next());
        let uploads = *method == Method::POST && takes_files((first, second, third), rest);
        let at_provider = first == Some("sign-in") && second == Some("provider");
        // An account, and not a permit: with the session, whose account it may be linked to.
        let account = first == Some("sign-in") && second == Some("with");
        let begins =
            (at_provider && third.is_some_and(|provider| provider != "out")) || (account && third.is_some());
        let votes = first == Some("votes");
        let anonymous = at_provider
            || votes && matches!(third, Some("check" | "cast" | "receipt" | "prove" | "withdraw"));
        let of_provider = at_provider || account;
        let signs_in = matches!(first, Some("sign-in" | "register")) && (begins || !of_provider);
        let opens_session = account || (signs_in && !at_provider);
        let reads = matches!(*method, Method::GET | Method::HEAD);
        let (class, priority) = match reads {
            true if begins => (Class::SignIn, Priority::Vote),
            true if of_provider => (Class::Vote, Priority::Vote),
            true => (Class::Read, Priority::Read),
            false if signs_in || first == Some("desk") => (Class::SignIn, Priority::Vote),
            false if votes => (Class::Vote, Priority::Vote),
            false => (Class::Write, Priority::Write),
        };
        Some(Self { class, priority, anonymous, signs_in, at_provider, begins, opens_session, uploads })
    }

    /// Whether a request with this method goes through the waiting room, and not only looks at what
    /// is behind it.
    pub fn enters(self, method: &Method) -> bool {
        self.signs_in && (self.begins || *method == Method::POST)
    }

    /// The form that may be sent to it.
    pub fn form(self) -> Form {
        match self.uploads {
            true => Form { media_type: "multipart/form-data", limit: UPLOAD_LIMIT },
            false => Form { media_type: "application/x-www-form-urlencoded", limit: FORM_LIMIT },
        }
    }
}

/// A part of a path, where there is one.
type Part<'a> = Option<&'a str>;

/// Whether a form with a file is at the path of these parts after the language.
fn takes_files(start: (Part<'_>, Part<'_>, Part<'_>), rest: (Part<'_>, Part<'_>, Part<'_>)) -> bool {
    matches!(
        (start, rest),
        ((Some("office"), Some("areas"), Some("file")), (None, ..))
            | ((Some("office"), Some("budgets"), Some("try")), (None, ..))
            | ((Some("office"), Some("organization"), Some("logo")), (None, ..))
            | ((Some("office"), Some("rolls"), Some(_)), (Some("file"), ..))
            | ((Some("office"), Some("processes" | "projects"), Some(_)), (Some("files"), Some("new"), None))
            | ((Some("proposals"), Some(_), Some("files")), (Some("new"), None, _))
            | ((Some("processes"), Some(_), Some("proposals")), (Some("new"), Some("send"), None))
    )
}

/// The cache of shared pages.
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

/// The portal's answer.
pub enum Shown {
    /// A public page, and when it expires.
    Shared(Answer, Instant),
    /// A personal page, a file, a redirect or an error.
    Alone(Box<Response<Bytes>>),
}

#[derive(Debug, thiserror::Error)]
#[error("not public")]
struct NotShared;

impl Pages {
    pub fn new() -> Self {
        let weight = |key: &(Uuid, String), ready: &Ready| {
            let gzip = ready.answer.gzip.as_ref().map_or(0, Bytes::len);
            u32::try_from(key.1.len() + ready.answer.body.len() + gzip + 2048).unwrap_or(u32::MAX)
        };
        Self { shared: Cache::builder().max_capacity(CAPACITY).weigher(weight).expire_after(GoodFor).build() }
    }

    /// A page for a request without a session. Concurrent requests for one page are coalesced. If
    /// the page is not public, each caller makes a request of its own. Pages name the host that they
    /// were asked for at, and one host name of an organization may lead to another.
    ///
    /// # Errors
    /// Those of `ask`.
    pub async fn show<F>(
        &self,
        organization: Uuid,
        host: &str,
        uri: &Uri,
        ask: impl Fn() -> F,
    ) -> Result<Shown, Error>
    where
        F: Future<Output = Result<Response<Bytes>, Error>>,
    {
        let Some(path) = uri.path_and_query() else { return Ok(Shown::Alone(Box::new(ask().await?))) };
        // The result of this caller's own request, if it cannot be shared.
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
        // A path begins with a slash, which no host name contains.
        let key = (organization, format!("{host}{path}"));
        if let Ok(Ready { answer, until }) = self.shared.try_get_with(key, make).await {
            return Ok(Shown::Shared(answer, until));
        }
        match own.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(shown) => shown,
            None => Ok(Shown::Alone(Box::new(ask().await?))),
        }
    }
}

/// The page as a shared answer, or back again if it is not public.
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

/// The answer with a page that is not shared.
pub fn alone(page: Response<Bytes>) -> Response<Body> {
    let (head, body) = page.into_parts();
    let mut response = Response::new(full(body));
    *response.status_mut() = head.status;
    *response.headers_mut() = own_headers(head.headers);
    response
}

/// Drops the headers of the connection to the portal.
fn own_headers(mut headers: HeaderMap) -> HeaderMap {
    for name in [header::CONTENT_LENGTH, header::DATE, header::CONNECTION, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}

/// The head of the request to the portal.
///
/// # Errors
/// If the path is malformed.
pub fn head(page: Page, parts: &Parts, organization: Uuid, address: IpAddr) -> Result<Parts, Error> {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let method = if parts.method == Method::HEAD { Method::GET } else { parts.method.clone() };
    let request = http::Request::builder().method(method).uri(path).body(());
    let mut head = request.map_err(|_| Error::parameter("path", "must be a path"))?.into_parts().0;
    for name in HANDED_ON {
        // Drop what could recur on another page and so link the two: a session, or the client's own
        // request id.
        if page.anonymous && (name == header::COOKIE || name == REQUEST_ID) {
            continue;
        }
        for value in parts.headers.get_all(&name) {
            head.headers.append(&name, value.clone());
        }
    }
    if page.at_provider
        && let Some(cookie) = sign_in_at_provider(&parts.headers)
    {
        head.headers.insert(header::COOKIE, cookie);
    }
    // Where a session begins, its owner is later told with what: the portal makes a few words of it.
    if page.opens_session
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

/// What a browser keeps of its sign-in at a provider, without its other cookies.
fn sign_in_at_provider(headers: &HeaderMap) -> Option<HeaderValue> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|value| value.split(';')).map(str::trim);
    let own =
        cookies.find(|cookie| cookie.split_once('=').is_some_and(|(name, _)| AT_PROVIDER.contains(&name)))?;
    HeaderValue::from_str(own).ok()
}

/// Host name and port, as the browser knows them.
fn authority(parts: &Parts) -> Option<&str> {
    let named = parts.uri.authority().map(|authority| authority.as_str());
    named.or_else(|| parts.headers.get(header::HOST)?.to_str().ok()).filter(|_| {
        // A malformed host name has no organization and is refused earlier.
        host(&parts.uri, &parts.headers).is_some()
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
        let desk = of(Method::POST, "/fr/desk");
        assert_eq!((desk.class, desk.priority, desk.signs_in), (Class::SignIn, Priority::Vote, false));
        assert_eq!(of(Method::POST, "/fr/proposals").class, Class::Write);
        assert!(!of(Method::GET, "/v1x").anonymous);
    }

    #[test]
    fn files_go_to_the_office_and_to_ones_own_proposal_alone() {
        let uploads = |method, path| Page::of(&method, path).unwrap().uploads;
        assert!(uploads(Method::POST, "/fr/office/rolls/liste-7/file"));
        assert!(uploads(Method::POST, "/en/office/areas/file"));
        assert!(uploads(Method::POST, "/en/office/budgets/try"));
        assert!(uploads(Method::POST, "/fr/office/processes/budget-7/files/new"));
        assert!(uploads(Method::POST, "/fr/office/projects/quai-7/files/new"));
        assert!(uploads(Method::POST, "/fr/office/organization/logo"));
        assert!(uploads(Method::POST, "/fr/proposals/quai-7/files/new"));
        assert!(uploads(Method::POST, "/fr/processes/budget-7/proposals/new/send"));
        for path in [
            "/fr/office/rolls/file",
            "/fr/office/rolls/liste-7/load",
            "/fr/rolls/a/file",
            "/fr/office/areas/new",
            "/fr/office/organization/logo/remove",
            "/fr/proposals/quai-7/files",
            "/fr/proposals/quai-7/files/9",
            "/fr/proposals/quai-7/files/new/more",
            "/fr/proposals/quai-7/edit",
            "/fr/processes/budget-7/proposals/new",
            "/fr/office/processes/budget-7/files",
            "/fr/office/processes/budget-7/files/9",
            "/fr/office/processes/budget-7/files/9/remove",
        ] {
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
    fn a_sign_in_at_a_provider_brings_its_own_cookie_alone() {
        let given = parts(
            "/fr/sign-in/provider",
            &[("cookie", "session=a; __Host-at-provider=fr.b; browser=c"), ("user-agent", "Firefox")],
        );
        let page = Page::of(&Method::GET, "/fr/sign-in/provider").unwrap();
        let head = head(page, &given, Uuid::nil(), IpAddr::from([192, 0, 2, 1])).unwrap();
        let mut names: Vec<_> = head.headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["comitia-host", "comitia-organization", "cookie"]);
        assert_eq!(head.headers[header::COOKIE], "__Host-at-provider=fr.b");
    }

    #[test]
    fn the_way_to_a_provider_takes_its_turn_and_the_way_back_does_not_wait() {
        let of = |path| Page::of(&Method::GET, path).unwrap();
        let there = of("/fr/sign-in/provider/franceconnect/7");
        assert!(there.signs_in && there.enters(&Method::GET) && there.anonymous);
        assert_eq!((there.class, there.priority), (Class::SignIn, Priority::Vote));
        for path in ["/fr/sign-in/provider", "/fr/sign-in/provider/out"] {
            let back = of(path);
            assert!(back.anonymous && !back.signs_in && !back.enters(&Method::GET), "{path}");
            assert_eq!((back.class, back.priority), (Class::Vote, Priority::Vote));
        }
        assert!(!of("/fr/sign-in").enters(&Method::GET) && of("/fr/sign-in").enters(&Method::POST));
        assert!(of("/fr/votes/7/prove").anonymous && !of("/fr/votes/7/sign").anonymous);
    }

    #[test]
    fn a_sign_in_to_an_account_keeps_its_session() {
        let of = |path| Page::of(&Method::GET, path).unwrap();
        let there = of("/fr/sign-in/with/franceconnect");
        assert!(there.signs_in && there.enters(&Method::GET) && !there.anonymous && !there.at_provider);
        assert_eq!((there.class, there.priority), (Class::SignIn, Priority::Vote));
        let back = of("/fr/sign-in/with");
        assert!(!back.signs_in && !back.enters(&Method::GET) && !back.anonymous && back.opens_session);
        assert_eq!((back.class, back.priority), (Class::Vote, Priority::Vote));
        let given = parts("/fr/sign-in/with", &[("cookie", "session=a; with=b"), ("user-agent", "Firefox")]);
        let head = head(back, &given, Uuid::nil(), IpAddr::from([192, 0, 2, 1])).unwrap();
        assert_eq!(head.headers[header::COOKIE], "session=a; with=b");
        assert!(head.headers.contains_key(header::USER_AGENT));
        assert!(Page::of(&Method::POST, "/fr/register/with").unwrap().enters(&Method::POST));
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
            let shown =
                pages.show(Uuid::nil(), "city.example", &uri, || ask("private, no-store")).await.unwrap();
            assert!(matches!(shown, Shown::Alone(_)));
        }
        for _ in 0..3 {
            let shown =
                pages.show(Uuid::nil(), "city.example", &uri, || ask("public, s-maxage=2")).await.unwrap();
            let Shown::Shared(answer, _) = shown else { panic!("not shared") };
            let response = answer.respond(&HeaderMap::new(), 2);
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html");
            assert_eq!(response.headers()[header::CACHE_CONTROL], "public, s-maxage=2");
        }
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }
}
