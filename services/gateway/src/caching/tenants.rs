//! The organization of a host name, resolved by spaces and cached.

use std::sync::Arc;
use std::time::{Duration, Instant};

use comitia_platform::ApiError;
use comitia_platform::error::ErrorCode;
use comitia_platform::grpc::Client;
use comitia_platform::validate;
use comitia_proto::spaces::v1::ResolveOrganizationRequest;
use comitia_proto::spaces::v1::organization_service_client::OrganizationServiceClient;
use http::{HeaderMap, Uri};
use moka::Expiry;
use moka::future::Cache;

use crate::admission::organizations::{Organization, Organizations};
use crate::http::error::Error;
use crate::http::host::{host, normalise};
use crate::upstream::call;

/// The lifetime of a host name's organization.
const KNOWN: Duration = Duration::from_secs(30);
/// The lifetime of the fact that a host name belongs to nobody.
const UNKNOWN: Duration = Duration::from_secs(2);
/// How long the last known organization is used while spaces is unreachable.
const LAST_RESORT: Duration = Duration::from_secs(3600);
/// In host names.
const CAPACITY: u64 = 10_000;

/// The organizations by host name. Concurrent misses for one name are coalesced. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Tenants {
    spaces: Client,
    default_host: Option<String>,
    organizations: Arc<Organizations>,
    known: Cache<String, Resolved>,
    last: Cache<String, Arc<Organization>>,
}

#[derive(Clone, Debug)]
struct Resolved {
    organization: Option<Arc<Organization>>,
    good_for: Duration,
}

struct GoodFor;

impl Expiry<String, Resolved> for GoodFor {
    fn expire_after_create(&self, _: &String, resolved: &Resolved, _: Instant) -> Option<Duration> {
        Some(resolved.good_for)
    }
}

impl Tenants {
    pub fn new(spaces: Client, default_host: Option<String>, organizations: Arc<Organizations>) -> Self {
        Self {
            spaces,
            organizations,
            default_host: default_host.as_deref().and_then(normalise),
            known: Cache::builder().max_capacity(CAPACITY).expire_after(GoodFor).build(),
            last: Cache::builder().max_capacity(CAPACITY).time_to_live(LAST_RESORT).build(),
        }
    }

    /// The organization of a request; `None` if its host name belongs to nobody.
    ///
    /// With `ask_again`, a cached "nobody" is not trusted. So a new organization is visible at once
    /// to its creator, while a crowd at an unknown host name costs spaces one call in two seconds.
    ///
    /// # Errors
    /// If spaces is unreachable and the host name was not known within the last hour.
    pub async fn organization(
        &self,
        uri: &Uri,
        headers: &HeaderMap,
        ask_again: bool,
    ) -> Result<Option<Arc<Organization>>, Error> {
        let organization = match host(uri, headers).and_then(normalise) {
            Some(host) => self.resolve(host, ask_again).await?,
            None => None,
        };
        match (&organization, &self.default_host) {
            (None, Some(default)) => self.resolve(default.clone(), ask_again).await,
            _ => Ok(organization),
        }
    }

    /// The organization of a request, if it is cached. With `ask_again`, as in [`Tenants::organization`]:
    /// the default organization does not stand in for a cached "nobody".
    pub async fn known(&self, uri: &Uri, headers: &HeaderMap, ask_again: bool) -> Option<Arc<Organization>> {
        let host = host(uri, headers).and_then(normalise)?;
        match (self.known.get(&host).await?.organization, &self.default_host) {
            (None, Some(default)) if !ask_again => self.known.get(default).await?.organization,
            (organization, _) => organization,
        }
    }

    async fn resolve(&self, host: String, ask_again: bool) -> Result<Option<Arc<Organization>>, Error> {
        match self.known.get(&host).await {
            Some(Resolved { organization: None, .. }) if ask_again => self.known.invalidate(&host).await,
            Some(resolved) => return Ok(resolved.organization),
            None => {}
        }
        let resolved = self.known.try_get_with(host.clone(), Box::pin(self.ask(host))).await?;
        Ok(resolved.organization)
    }

    async fn ask(&self, host: String) -> Result<Resolved, ApiError> {
        let mut spaces = OrganizationServiceClient::new(self.spaces.clone());
        let answer =
            spaces.resolve_organization(ResolveOrganizationRequest { host_name: host.clone() }).await;
        match answer.map_err(|status| call::error(&status)) {
            Ok(answer) => match answer.into_inner().organization {
                Some(organization) => {
                    let organization = validate::uuid("organization_id", &organization.organization_id)
                        .map_err(ApiError::internal)?;
                    let organization = self.organizations.get(organization);
                    self.last.insert(host, organization.clone()).await;
                    Ok(Resolved { organization: Some(organization), good_for: KNOWN })
                }
                None => Ok(self.nobody(&host).await),
            },
            Err(error) if matches!(error.code, ErrorCode::NotFound | ErrorCode::InvalidArgument) => {
                Ok(self.nobody(&host).await)
            }
            Err(error) => match self.last.get(&host).await {
                Some(organization) => Ok(Resolved { organization: Some(organization), good_for: UNKNOWN }),
                None => Err(error),
            },
        }
    }

    async fn nobody(&self, host: &str) -> Resolved {
        self.last.invalidate(host).await;
        Resolved { organization: None, good_for: UNKNOWN }
    }
}
