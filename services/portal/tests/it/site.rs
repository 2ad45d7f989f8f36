//! A portal in front of doubles, as the gateway calls it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use comitia_core::Clock;
use comitia_platform::Runtime;
use comitia_platform::grpc::Endpoints;
use comitia_platform::runtime::{ServerConfig, ServiceKeys};
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_portal::{Config, TilesConfig};
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{
    GetOwnAccountRequest, GetOwnAccountResponse, Session, SignInWithAccessCodeRequest,
    SignInWithAccessCodeResponse, SignInWithEmailCodeRequest, SignInWithEmailCodeResponse,
};
use comitia_proto::proposals::v1::{ListMyProposalsRequest, ListMyProposalsResponse};
use comitia_proto::spaces::v1::{
    GetOrganizationRequest, GetOrganizationResponse, ListAreaOutlinesRequest, ListAreaOutlinesResponse,
    ListMyAttachmentsRequest, ListMyAttachmentsResponse, Organization,
};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use tokio::net::TcpListener;

use crate::doubles::Double;
use crate::html::check;

pub const CITY: &str = "0192f0c1-0000-7000-8000-000000000001";
pub const HOST: &str = "ville.example";

/// The moment at which all tests are.
pub fn now() -> DateTime<Utc> {
    "2026-06-10T10:00:00Z".parse().unwrap()
}

/// The portal's key in all tests that do not change it.
pub const KEY: &str = "a service key of thirty-two characters";

pub struct Site {
    url: String,
    pub double: Double,
    pub clock: Clock,
    cache: Arc<comitia_cache::InProcess>,
    client: Client,
    cookie: Option<String>,
}

/// A page as it came.
#[derive(Debug)]
pub struct Page {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Page {
    /// A header; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Whether the page has all of this text, spaces of every kind being equal.
    #[track_caller]
    pub fn shows(&self, texts: &[&str]) -> &Self {
        let page = plain(&self.text);
        for text in texts {
            assert!(page.contains(&plain(text)), "{text:?} is not in the page: {page}");
        }
        self
    }

    /// Whether the page has none of this text.
    #[track_caller]
    pub fn hides(&self, texts: &[&str]) -> &Self {
        let page = plain(&self.text);
        for text in texts {
            assert!(!page.contains(&plain(text)), "{text:?} is in the page: {page}");
        }
        self
    }

    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// The value of the first hidden field with this name.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        let start = format!("<input type=\"hidden\" name=\"{name}\" value=\"");
        let found = self.text.split_once(&start).and_then(|(_, rest)| rest.split_once('"'));
        found.unwrap_or_else(|| panic!("no hidden field {name}: {}", self.text)).0.to_owned()
    }
}

fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

impl Site {
    /// A site of a city in Paris' time zone.
    pub async fn open() -> Self {
        Self::open_with(TilesConfig::default()).await
    }

    /// The same with tiles behind its maps.
    pub async fn open_with(tiles: TilesConfig) -> Self {
        let double = Double::start().await;
        let organization = Organization {
            organization_id: CITY.into(),
            display_name: "Ville de Lyon".into(),
            host_names: vec![HOST.into()],
            time_zone: "Europe/Paris".into(),
            ..Organization::default()
        };
        double
            .give::<GetOrganizationRequest, _>(GetOrganizationResponse { organization: Some(organization) });
        double.give::<ListAreaOutlinesRequest, _>(ListAreaOutlinesResponse::default());
        let clock = Clock::manual(now());
        let cache = Arc::new(comitia_cache::InProcess::new(clock.clone()));
        Self::start(double, clock, cache, (KEY, None), tiles).await
    }

    /// Another replica of the portal: same services, same clock, same cache, and keys of its own. Whoever is signed in here
    /// brings their cookie there.
    pub async fn replica(&self, key: &str, previous: Option<&str>) -> Self {
        let parts = (self.double.clone(), self.clock.clone(), self.cache.clone());
        let tiles = TilesConfig::default();
        let site = Self::start(parts.0, parts.1, parts.2, (key, previous), tiles).await;
        Self { cookie: self.cookie.clone(), ..site }
    }

    async fn start(
        double: Double,
        clock: Clock,
        cache: Arc<comitia_cache::InProcess>,
        (key, previous): (&str, Option<&str>),
        tiles: TilesConfig,
    ) -> Self {
        let address = double.address.clone();
        let endpoints = Endpoints {
            identity: address.clone(),
            spaces: address.clone(),
            proposals: address.clone(),
            budgets: address.clone(),
            voting: address,
            ..Endpoints::default()
        };
        let keys = ServiceKeys { portal: Some(key.into()), ..ServiceKeys::default() };
        let bus = Arc::new(comitia_bus::InProcess::new(clock.clone()));
        let runtime = Runtime::new(clock.clone(), bus, cache.clone(), endpoints, keys).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = listener.local_addr().unwrap();
        let config = Config {
            server: ServerConfig { listen },
            secure_cookies: false,
            gallery: false,
            tiles,
            previous_service_key: previous.map(Into::into),
        };
        comitia_core::task::spawn("portal", comitia_portal::serve(config, listener, runtime));
        let client = Client::builder()
            .no_proxy()
            .http2_prior_knowledge()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { url: format!("http://{listen}"), double, clock, cache, client, cookie: None }
    }

    /// The same with somebody signed in.
    pub async fn signed_in() -> Self {
        Self::open().await.sign_in().await
    }

    /// Signs somebody in with a letter.
    pub async fn sign_in(self) -> Self {
        let mut site = self;
        // With a letter, and so without an account; has written nothing.
        site.double.on(|_: &GetOwnAccountRequest| {
            let missing = ApiError::precondition(Reason::AccountMissing, "the session has no account");
            Err::<GetOwnAccountResponse, _>(missing.into())
        });
        site.double.give::<ListMyProposalsRequest, _>(ListMyProposalsResponse::default());
        site.double.give::<ListMyAttachmentsRequest, _>(ListMyAttachmentsResponse::default());
        let session = Session {
            access_token: "the-access-token".into(),
            refresh_token: "the-refresh-token".into(),
            access_token_expire_time: Some(timestamp(now() + chrono::TimeDelta::minutes(10))),
            expire_time: Some(timestamp(now() + chrono::TimeDelta::hours(2))),
            roles: vec![Role::Participant.into()],
            ..Session::default()
        };
        site.double
            .give::<SignInWithAccessCodeRequest, _>(SignInWithAccessCodeResponse { session: Some(session) });
        let page = site.post("/fr/sign-in/letter", &[("number", "1"), ("code", "ABCD-EFGH")]).await;
        let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
        assert!(cookie.starts_with("session="), "{page:?}");
        site.cookie = Some(cookie);
        site
    }

    /// Takes the cookies that a page sets, as browsers do: beside those with other names.
    pub fn keep_cookie(&mut self, page: &Page) {
        for header in page.headers.get_all("set-cookie") {
            let cookie = header.to_str().unwrap().split(';').next().unwrap();
            let name = format!("{}=", cookie.split('=').next().unwrap());
            let kept = self.cookie.take().unwrap_or_default();
            let others = kept.split("; ").filter(|other| !other.is_empty() && !other.starts_with(&name));
            self.cookie = Some(others.chain([cookie]).collect::<Vec<_>>().join("; "));
        }
    }

    /// The same with somebody of the team signed in, who has these roles.
    pub async fn staff(roles: &[Role]) -> Self {
        let mut site = Self::open().await;
        let session = Session {
            access_token: "the-staff-token".into(),
            refresh_token: "the-refresh-token".into(),
            access_token_expire_time: Some(timestamp(now() + chrono::TimeDelta::minutes(10))),
            expire_time: Some(timestamp(now() + chrono::TimeDelta::hours(2))),
            roles: roles.iter().map(|role| *role as i32).collect(),
            ..Session::default()
        };
        site.double
            .give::<SignInWithEmailCodeRequest, _>(SignInWithEmailCodeResponse { session: Some(session) });
        let page = site.post("/fr/sign-in/email/code", &[("email", "a@ville.example"), ("code", "1")]).await;
        assert_eq!(page.header("location"), "/fr/office", "{page:?}");
        site.cookie = Some(page.header("set-cookie").split(';').next().unwrap().to_owned());
        site
    }

    /// Sends a form with a file.
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], name: &str, file: &[u8]) -> Page {
        self.upload_all(path, fields, &[("file", name, file)]).await
    }

    /// Sends a form with files: field, name and content of each.
    pub async fn upload_all(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Page {
        let mut body = Vec::new();
        for (field, value) in fields {
            let part =
                format!("--LINE\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        for (field, name, file) in files {
            let head = format!(
                "--LINE\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            );
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(file);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--LINE--\r\n");
        let request = self
            .request(Method::POST, path)
            .header("content-type", "multipart/form-data; boundary=LINE")
            .header("sec-fetch-site", "same-origin")
            .body(body);
        page(request).await
    }

    /// The same site, looked at by somebody who has not signed in.
    pub fn sign_out(&mut self) {
        self.cookie = None;
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self
            .client
            .request(method, format!("{}{path}", self.url))
            .header("comitia-organization", CITY)
            .header("comitia-host", HOST);
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    /// Asks for a page; HTML that comes is sound.
    pub async fn get(&self, path: &str) -> Page {
        page(self.request(Method::GET, path)).await
    }

    /// Sends a form.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(body.finish());
        page(request).await
    }
}

async fn page(request: RequestBuilder) -> Page {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let page = Page { status, headers, text: response.text().await.unwrap() };
    if page.header("content-type").starts_with("text/html") {
        check(&page.text);
    }
    page
}
