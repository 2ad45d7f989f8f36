//! The client side: channels that pass trace and deadline on, and the identity that a service calls others with.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use comitia_core::Clock;
use comitia_proto::identity::v1::SignInServiceRequest;
use comitia_proto::identity::v1::session_service_client::SessionServiceClient;
use futures_util::future::BoxFuture;
use http::{HeaderValue, Request, Response};
use opentelemetry::global;
use opentelemetry_http::HeaderInjector;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tonic::body::Body;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::Service;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use uuid::Uuid;

use crate::auth::ORGANIZATION_HEADER;
use crate::error::ApiError;
use crate::grpc::discovery::{self, Address, AddressError};
use crate::grpc::{DEFAULT_DEADLINE, Fault, heads, remaining, retry};
use crate::tls::Tls;
use crate::validate;

/// Where the services are: `http://host:port`, or `https://host:port` with `common.tls`. Calls are spread over all
/// addresses that a name has (that of a headless Service has each pod's) and over several that are separated by commas.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Endpoints {
    /// identity.
    pub identity: String,
    /// spaces.
    pub spaces: String,
    /// proposals.
    pub proposals: String,
    /// budgets.
    pub budgets: String,
    /// voting.
    pub voting: String,
    /// portal.
    pub portal: String,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            identity: "http://127.0.0.1:7001".into(),
            spaces: "http://127.0.0.1:7002".into(),
            proposals: "http://127.0.0.1:7003".into(),
            budgets: "http://127.0.0.1:7004".into(),
            voting: "http://127.0.0.1:7005".into(),
            portal: "http://127.0.0.1:7006".into(),
        }
    }
}

impl Endpoints {
    /// Sets the address of a service by its name in the configuration. The gateway has none, as no service calls it.
    pub fn set(&mut self, service: &str, endpoint: String) {
        let own = match service {
            "identity" => &mut self.identity,
            "spaces" => &mut self.spaces,
            "proposals" => &mut self.proposals,
            "budgets" => &mut self.budgets,
            "voting" => &mut self.voting,
            "portal" => &mut self.portal,
            _ => return,
        };
        *own = endpoint;
    }
}

/// A channel to a service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    channel: Channel,
}

/// A channel to the replicas in `endpoints` (addresses separated by commas; all that a name stands for), which connects
/// when it is first used and again whenever a connection breaks. With `tls` they are called by `https://`, without by
/// `http://`. Must be called on a tokio runtime.
///
/// # Errors
/// When an address is not one, or of the other kind.
pub fn connect(endpoints: &str, tls: Option<&Tls>) -> Result<Client, AddressError> {
    let addresses =
        endpoints.split(',').map(|text| Address::parse(text, tls.is_some())).collect::<Result<_, _>>()?;
    Ok(Client { channel: discovery::channel(addresses, tls)? })
}

impl Client {
    /// Whether the service answers a health check within `patience`, healthy or not.
    pub async fn answers(&self, patience: Duration) -> bool {
        let mut health = HealthClient::new(self.clone());
        let answer = tokio::time::timeout(patience, health.check(HealthCheckRequest::default())).await;
        matches!(answer, Ok(answer) if answer.as_ref().err().and_then(Fault::of).is_none())
    }
}

impl Service<Request<Body>> for Client {
    type Response = Response<Body>;
    type Error = tonic::transport::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let trace = tracing::Span::current().context();
        global::get_text_map_propagator(|propagator| {
            propagator.inject_context(&trace, &mut HeaderInjector(request.headers_mut()));
        });
        if !request.headers().contains_key("grpc-timeout") {
            let left = remaining().unwrap_or(DEFAULT_DEADLINE).as_millis().min(99_999_999);
            if let Ok(value) = HeaderValue::from_str(&format!("{left}m")) {
                request.headers_mut().insert("grpc-timeout", value);
            }
        }
        if let Err(refused) = heads::check(&request) {
            return Box::pin(async move { Ok(refused.into_http()) });
        }
        let next = self.channel.clone();
        Box::pin(retry::call(std::mem::replace(&mut self.channel, next), request))
    }
}

/// The identity that a service calls other services with: a session with the role SERVICE, renewed before it
/// expires. Cheap to clone.
#[derive(Clone)]
pub struct ServiceIdentity {
    inner: Arc<Inner>,
}

struct Inner {
    service: &'static str,
    key: SecretString,
    identity: Client,
    clock: Clock,
    token: tokio::sync::Mutex<Option<(String, DateTime<Utc>)>>,
}

impl ServiceIdentity {
    /// The identity of `service`, which signs in at `identity` with its key.
    #[must_use]
    pub fn new(service: &'static str, key: SecretString, identity: Client, clock: Clock) -> Self {
        Self {
            inner: Arc::new(Inner { service, key, identity, clock, token: tokio::sync::Mutex::new(None) }),
        }
    }

    /// `message` as a request of this service, for an organization.
    ///
    /// # Errors
    /// When identity is away or refuses the key.
    pub async fn request<T>(
        &self,
        organization: Option<Uuid>,
        message: T,
    ) -> Result<tonic::Request<T>, ApiError> {
        let mut request = tonic::Request::new(message);
        let bearer = format!("Bearer {}", self.token().await?).parse().map_err(ApiError::internal)?;
        request.metadata_mut().insert("authorization", bearer);
        if let Some(organization) = organization {
            let value = organization.to_string().parse().map_err(ApiError::internal)?;
            request.metadata_mut().insert(ORGANIZATION_HEADER, value);
        }
        Ok(request)
    }

    /// Signs in again before the next request, because the session was refused.
    pub(crate) async fn renew(&self) {
        *self.inner.token.lock().await = None;
    }

    async fn token(&self) -> Result<String, ApiError> {
        let mut token = self.inner.token.lock().await;
        let now = self.inner.clock.now();
        if let Some((token, renew)) = token.as_ref()
            && now < *renew
        {
            return Ok(token.clone());
        }
        let session = SessionServiceClient::new(self.inner.identity.clone())
            .sign_in_service(SignInServiceRequest {
                service: self.inner.service.to_owned(),
                service_key: self.inner.key.expose_secret().to_owned(),
            })
            .await
            .map_err(|status| ApiError::unavailable(ApiError::from_status(&status)))?
            .into_inner()
            .session
            .ok_or_else(|| ApiError::internal("identity gave no session"))?;
        let expires = validate::time("access_token_expire_time", session.access_token_expire_time.as_ref())?;
        *token = Some((session.access_token.clone(), expires - TimeDelta::seconds(60)));
        Ok(session.access_token)
    }
}
