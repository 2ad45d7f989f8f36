//! A look at a page: who looks, at which organization, in which language; and what is round every page: the session, the
//! check for forged forms, the page of an error, the headers.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use comitia_platform::auth::{CLIENT_ADDRESS_HEADER, ORGANIZATION_HEADER, PREVIEW_HEADER};
use comitia_proto::spaces::v1::{Organization, OrganizationTextKind};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tonic::metadata::MetadataValue;
use uuid::Uuid;

use crate::App;
use crate::error::PageError;
use crate::host;
use crate::locale::{Language, Locale};
use crate::pages;
use crate::services::{Services, for_organization};
use crate::session::{Found, Preview, Session, Sessions};
use crate::tiles::Tiles;

/// The host name that the request came to, as the gateway tells it.
pub const HOST_HEADER: &str = "comitia-host";

/// No inline code, nothing from elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; \
     require-trusted-types-for 'script'";

/// How long, in seconds, shared caches keep what everybody sees without a session.
const PUBLIC: &str = "public, max-age=0, s-maxage=2, stale-while-revalidate=2, stale-if-error=600";

/// A result that is a page, or the reason that there is none.
pub type PageResult = Result<Response, PageError>;

/// A look at a page. Cheap to clone.
#[derive(Clone)]
pub struct Visit(Arc<Looks>);

/// What a page knows of the request.
pub struct Looks {
    app: App,
    /// The organization that the person came to.
    pub organization: Arc<Organization>,
    /// Its id.
    pub organization_id: Uuid,
    /// The languages of the organization's site; the first is the one that it falls back to.
    pub languages: Vec<Language>,
    /// The language of the path, and the organization's time zone.
    pub locale: Locale,
    /// The person's session, if they have signed in.
    pub session: Option<Session>,
    /// The preview that the browser has opened.
    pub preview: Option<Preview>,
    /// The path, with the language.
    pub path: String,
    /// The query, without the question mark.
    pub query: Option<String>,
    /// The scheme and host of the organization's address, for canonical addresses and links in files: the host that the person came
    /// to, unless the organization has chosen one.
    pub origin: String,
    /// The host that the person came to, with its port.
    pub host: String,
    client: Option<MetadataValue<tonic::metadata::Ascii>>,
}

impl Deref for Visit {
    type Target = Looks;

    fn deref(&self) -> &Looks {
        &self.0
    }
}

impl Visit {
    /// The services.
    pub fn services(&self) -> &Services {
        &self.app.services
    }

    /// Sessions, for the pages that begin and end them.
    pub fn sessions(&self) -> &Sessions {
        &self.app.sessions
    }

    /// The tiles behind maps, where the installation has some.
    pub fn tiles(&self) -> Option<&Tiles> {
        self.app.tiles.as_deref()
    }

    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        self.app.sessions.now()
    }

    /// `message` as a request of the person who looks.
    pub fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = for_organization(self.organization_id, message);
        if let Some(session) = &self.session
            && let Ok(bearer) = MetadataValue::try_from(session.bearer())
        {
            request.metadata_mut().insert("authorization", bearer);
        }
        if let Some(preview) = &self.preview
            && let Ok(mut code) = preview.code.parse::<MetadataValue<tonic::metadata::Ascii>>()
        {
            code.set_sensitive(true);
            request.metadata_mut().insert(PREVIEW_HEADER, code);
        }
        if let Some(client) = &self.client {
            request.metadata_mut().insert(CLIENT_ADDRESS_HEADER, client.clone());
        }
        request
    }

    /// The same, which says where the person came to: passkeys belong to host names.
    pub fn request_here<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = self.request(message);
        if let Ok(host) = MetadataValue::try_from(&self.host) {
            request.metadata_mut().insert(HOST_HEADER, host);
        }
        request
    }

    /// `message` as a request of somebody who is not known yet: a sign-in. Whatever session the browser still has does not
    /// stand in its way.
    pub fn stranger<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = for_organization(self.organization_id, message);
        if let Some(client) = &self.client {
            request.metadata_mut().insert(CLIENT_ADDRESS_HEADER, client.clone());
        }
        request
    }

    /// `message` as a request of nobody: what a permit alone is shown with.
    pub fn anonymous<T>(&self, message: T) -> tonic::Request<T> {
        for_organization(self.organization_id, message)
    }

    /// The same look by somebody who has neither signed in nor opened a preview: what such a page calls for, everybody may see.
    pub fn public(&self) -> Self {
        let looks = &*self.0;
        Self(Arc::new(Looks {
            app: looks.app.clone(),
            organization: looks.organization.clone(),
            organization_id: looks.organization_id,
            languages: looks.languages.clone(),
            locale: looks.locale,
            session: None,
            preview: None,
            path: looks.path.clone(),
            query: looks.query.clone(),
            origin: looks.origin.clone(),
            host: looks.host.clone(),
            client: looks.client.clone(),
        }))
    }

    /// The session of a page that needs one.
    ///
    /// # Errors
    /// [`PageError::SignInFirst`], which leads to the sign-in and back.
    pub fn signed_in(&self) -> Result<&Session, PageError> {
        self.session.as_ref().ok_or(PageError::SignInFirst)
    }

    /// An address of the site in the language of this page. `path` begins with a slash.
    pub fn link(&self, path: &str) -> String {
        format!("/{}{path}", self.locale.language.code())
    }

    /// The same page in another language.
    pub fn in_language(&self, language: Language) -> String {
        let rest = self.path.trim_start_matches('/').split_once('/').map_or("", |(_, rest)| rest);
        let query = self.query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
        if rest.is_empty() {
            format!("/{}{query}", language.code())
        } else {
            format!("/{}/{rest}{query}", language.code())
        }
    }

    /// The text that the organization has for something, in the language of this page or else in the one that it falls back to,
    /// with its language.
    pub fn organization_text(&self, kind: OrganizationTextKind) -> Option<(&str, &str)> {
        let of = |language: &str| {
            let texts = &mut self.organization.texts.iter();
            texts.find(|text| text.kind() == kind && text.language == language)
        };
        let fallback = self.languages.first().map(|language| language.code()).unwrap_or_default();
        let text = of(self.locale.language.code()).or_else(|| of(fallback))?;
        Some((&text.body, &text.language))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        parts.extensions.get::<Self>().cloned().ok_or(PageError::NotFound)
    }
}

/// What is round every page.
pub async fn around(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let (visit, cookie) = match visit(app, request.uri().clone(), request.headers().clone()).await {
        Ok(found) => found,
        Err(error) => return finish(pages::errors::without_organization(&error), None),
    };
    let response = if is_forged(&request) {
        PageError::Forged.into_response()
    } else if let Some(there) = host::elsewhere(&visit, request.method()) {
        Redirect::temporary(&there).into_response()
    } else {
        request.extensions_mut().insert(visit.clone());
        next.run(request).await
    };
    let mut response = match response.extensions().get::<PageError>().cloned() {
        Some(PageError::SignInFirst) => to_sign_in(&visit),
        Some(error) if error.wants_second_factor() => pages::to_second_factor(&visit),
        Some(error) if error.status() == StatusCode::UNAUTHORIZED => {
            let mut response = to_sign_in(&visit);
            response.headers_mut().append(header::SET_COOKIE, visit.sessions().end());
            response
        }
        Some(error) => match pages::preview::ended(&visit, &error).await {
            Some(page) => page,
            None => pages::errors::render(&visit, &error),
        },
        None => response,
    };
    if let Ok(language) = HeaderValue::from_str(visit.locale.language.code()) {
        response.headers_mut().entry(header::CONTENT_LANGUAGE).or_insert(language);
    }
    finish(response, cookie)
}

async fn visit(app: App, uri: Uri, headers: HeaderMap) -> Result<(Visit, Option<HeaderValue>), PageError> {
    let headers = &headers;
    let organization_id = text(headers, ORGANIZATION_HEADER).and_then(|id| Uuid::parse_str(id).ok());
    let organization_id = organization_id.ok_or(PageError::NotFound)?;
    let organization = app.services.organization_of(organization_id).await?;
    let path = uri.path();
    // A ballot travels with its permit alone. The gateway has taken the cookie off; here it is not even looked at.
    let anonymous = pages::is_anonymous(path);
    let found =
        if anonymous { Found::default() } else { app.sessions.find(organization_id, headers).await? };
    let languages = languages(&organization);
    let language = language(path, headers, &languages);
    let zone = organization.time_zone.parse().unwrap_or(chrono_tz::UTC);
    let scheme = if app.sessions.are_secure() { "https" } else { "http" };
    let given = host::given(headers);
    let canonical = match organization.canonical_host_name.as_str() {
        "" => given.to_owned(),
        name => host::beside(name, given),
    };
    let visit = Visit(Arc::new(Looks {
        locale: Locale::new(language, zone),
        languages,
        organization,
        organization_id,
        session: found.session,
        preview: if anonymous { None } else { app.sessions.preview(organization_id, headers) },
        path: path.to_owned(),
        query: uri.query().map(str::to_owned),
        origin: format!("{scheme}://{canonical}"),
        host: given.to_owned(),
        client: text(headers, CLIENT_ADDRESS_HEADER)
            .filter(|_| !anonymous)
            .and_then(|address| address.parse().ok()),
        app,
    }));
    Ok((visit, found.cookie))
}

/// The languages that the organization has chosen, as far as the pages speak them; all where that is none.
fn languages(organization: &Organization) -> Vec<Language> {
    let chosen: Vec<_> = organization.languages.iter().filter_map(|code| Language::parse(code)).collect();
    if chosen.is_empty() { Language::all().collect() } else { chosen }
}

/// The language of the path, or else the one that the reader likes best, or else the organization's first.
fn language(path: &str, headers: &HeaderMap, among: &[Language]) -> Language {
    let named = path.trim_start_matches('/').split('/').next().and_then(Language::parse);
    let named = named.filter(|language| among.contains(language));
    let liked = || Language::negotiate(text(headers, "accept-language").unwrap_or_default(), among);
    // There is always one: a folder is a language.
    named.or_else(liked).unwrap_or(among[0])
}

/// Whether a form may have been sent by another site's page. Browsers say where a form comes from; what says nothing is no
/// browser, and has no cookie that it does not know of (`Sec-Fetch-Site`, W3C Fetch Metadata; `Origin`, RFC 6454).
fn is_forged(request: &Request) -> bool {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return false;
    }
    let headers = request.headers();
    match (text(headers, "sec-fetch-site"), text(headers, "origin")) {
        (Some(site), _) => !matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_none() || host != text(headers, HOST_HEADER)
        }
        (None, None) => false,
    }
}

fn to_sign_in(visit: &Visit) -> Response {
    let query = visit.query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
    let back = format!("{}{query}", visit.path);
    let back = utf8_percent_encode(&back, NON_ALPHANUMERIC);
    Redirect::to(&format!("{}?return={back}", visit.link("/sign-in"))).into_response()
}

/// The headers of every page, unless it has its own.
fn finish(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        // With `no-referrer`, browsers say `Origin: null` of every form.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "private, no-store"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // A page that sets the session's cookie itself has the last word; one that sets another does not lose the new tokens.
    if let Some(cookie) = cookie
        && !headers.get_all(header::SET_COOKIE).iter().any(|own| name_of(own) == name_of(&cookie))
    {
        headers.append(header::SET_COOKIE, cookie);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    response
}

/// The name of a cookie that is set.
fn name_of(cookie: &HeaderValue) -> Option<&[u8]> {
    cookie.as_bytes().split(|byte| *byte == b'=').next()
}

/// Marks a page as the same for everybody, if nobody has signed in here or opened a preview.
pub fn shared(visit: &Visit, mut response: Response) -> Response {
    if visit.session.is_none() && visit.preview.is_none() && response.status() == StatusCode::OK {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(PUBLIC));
    }
    response
}

/// Lets the scripts of a page run WebAssembly; text becomes code there no more than elsewhere.
pub fn with_webassembly(mut response: Response) -> Response {
    let policy = CONTENT_SECURITY_POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'");
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Lets a page load the tiles of its map, where the installation has some.
pub fn with_tiles(visit: &Visit, mut response: Response) -> Response {
    if let Some(tiles) = visit.tiles() {
        let images = format!("img-src 'self' data: {};", tiles.origin);
        let policy = CONTENT_SECURITY_POLICY.replace("img-src 'self' data:;", &images);
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
    response
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
