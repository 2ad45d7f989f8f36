//! Service discovery by DNS: a name is resolved again and again, and calls are balanced over all its addresses. When a
//! lookup fails, the known replicas stay.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use comitia_core::task;
use http::Uri;
use http::uri::{Authority, Scheme};
use tokio::sync::mpsc::Sender;
use tokio::time::{Interval, MissedTickBehavior};
use tonic::transport::channel::Change;
use tonic::transport::{Channel, Endpoint};

use crate::grpc::{MAX_GIVEN_UP, heads};
use crate::tls::Tls;

/// The time between two lookups. A pod that stops serves for longer than DNS and this need together.
const ASK_EVERY: Duration = Duration::from_secs(2);
/// How many changes may be queued for the balancer.
const CHANGES: usize = 64;

/// The address of a service cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// It is not one.
    #[error("{0:?} is not an address such as http://comitia-voting:7005")]
    Invalid(String),
    /// Its scheme (http or https) contradicts `common.tls`.
    #[error("{0}: https:// needs common.tls, and common.tls needs https://")]
    Scheme(Uri),
    /// The certificate cannot be used for it.
    #[error("{0}: {1}")]
    Tls(Uri, #[source] tonic::transport::Error),
}

/// An address of a service, which may be that of several replicas.
#[derive(Clone, Debug)]
pub(super) struct Address {
    uri: Uri,
    host: String,
    port: u16,
}

impl Address {
    /// Reads `text`, which has to say whether TLS is spoken.
    pub(super) fn parse(text: &str, tls: bool) -> Result<Self, AddressError> {
        let invalid = || AddressError::Invalid(text.to_owned());
        let uri: Uri = text.trim().parse().map_err(|_| invalid())?;
        let (scheme, host) = (uri.scheme().ok_or_else(invalid)?, uri.host().ok_or_else(invalid)?);
        let secure = *scheme == Scheme::HTTPS;
        if !secure && *scheme != Scheme::HTTP {
            return Err(invalid());
        }
        if secure != tls {
            return Err(AddressError::Scheme(uri));
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { uri, host, port })
    }

    /// Whether it is a name that has to be resolved.
    fn is_name(&self) -> bool {
        self.host.parse::<IpAddr>().is_err()
    }

    /// The way to `replica`, or to whatever the name leads to. It is called by the name of the address in any case.
    fn endpoint(&self, replica: Option<SocketAddr>, tls: Option<&Tls>) -> Result<Endpoint, AddressError> {
        let mut parts = self.uri.clone().into_parts();
        if let Some(replica) = replica {
            parts.authority = Authority::try_from(replica.to_string()).ok();
        }
        let uri = Uri::from_parts(parts).map_err(|_| AddressError::Invalid(self.uri.to_string()))?;
        let endpoint = Endpoint::from(uri)
            .origin(self.uri.clone())
            .connect_timeout(Duration::from_secs(2))
            .tcp_nodelay(true)
            .initial_stream_window_size(1 << 20)
            .initial_connection_window_size(1 << 22)
            .http2_keep_alive_interval(Duration::from_secs(15))
            .keep_alive_timeout(Duration::from_secs(5))
            .http2_max_header_list_size(heads::TAKEN)
            .http2_max_concurrent_reset_streams(MAX_GIVEN_UP)
            // Counts the answers that come after their calls were given up, over the life of the connection, and ends
            // it at a thousand.
            .http2_max_local_error_reset_streams(None);
        match tls {
            None => Ok(endpoint),
            Some(tls) => endpoint
                .tls_config(tls.client(&self.host))
                .map_err(|error| AddressError::Tls(self.uri.clone(), error)),
        }
    }
}

/// A channel to all replicas at `addresses`, which connects when it is first used.
pub(super) fn channel(addresses: Vec<Address>, tls: Option<&Tls>) -> Result<Channel, AddressError> {
    if let ([address], None) = (addresses.as_slice(), tls)
        && !address.is_name()
    {
        return Ok(address.endpoint(None, None)?.connect_lazy());
    }
    channel_by(addresses, tls, ASK_EVERY, |host, port| async move {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    })
}

/// As [`channel`], with `ask` for the name service.
fn channel_by<A, F>(
    addresses: Vec<Address>,
    tls: Option<&Tls>,
    every: Duration,
    ask: A,
) -> Result<Channel, AddressError>
where
    A: Fn(String, u16) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'static,
{
    let (channel, changes) = Channel::balance_channel(CHANGES);
    for address in addresses {
        // An invalid address fails at once.
        address.endpoint(None, tls)?;
        let mut looks = tokio::time::interval(every);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let follower =
            Follower { address, tls: tls.cloned(), changes: changes.clone(), known: BTreeSet::new() };
        task::spawn("replicas", follower.run(looks, ask.clone()));
    }
    Ok(channel)
}

/// A replica of an address; `None` until the name is resolved.
type Replica = (Uri, Option<SocketAddr>);

/// Tells a channel where the replicas of an address are, until the channel is gone.
struct Follower {
    address: Address,
    tls: Option<Tls>,
    changes: Sender<Change<Replica, Endpoint>>,
    known: BTreeSet<Option<SocketAddr>>,
}

impl Follower {
    async fn run<A, F>(mut self, mut looks: Interval, ask: A)
    where
        A: Fn(String, u16) -> F,
        F: Future<Output = io::Result<Vec<SocketAddr>>>,
    {
        let named = self.address.is_name();
        if !named {
            self.become_known(BTreeSet::from([None])).await;
        }
        let (closed, mut renewals) = (self.changes.clone(), self.tls.clone());
        loop {
            let renewed = async {
                match &mut renewals {
                    Some(tls) => tls.renewed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = looks.tick(), if named => {
                    let answer = ask(self.address.host.clone(), self.address.port).await;
                    let found = self.replicas(answer);
                    self.become_known(found).await;
                }
                () = renewed => {
                    // Each keeps its connection until there is one with the new certificate.
                    let known = std::mem::take(&mut self.known);
                    self.become_known(known).await;
                }
                () = closed.closed() => return,
            }
        }
    }

    /// The replicas after this answer of the name service.
    fn replicas(&self, answer: io::Result<Vec<SocketAddr>>) -> BTreeSet<Option<SocketAddr>> {
        let host = &self.address.host;
        let found = answer.unwrap_or_else(|error| {
            tracing::debug!(host, %error, "the name service does not answer");
            Vec::new()
        });
        // Servers listen on addresses of one kind: where a name has both, these are two ways to one replica.
        let four = found.iter().any(SocketAddr::is_ipv4);
        let found: BTreeSet<_> = found.into_iter().filter(|at| at.is_ipv4() == four).map(Some).collect();
        match (found.is_empty(), self.known.is_empty()) {
            (false, _) => found,
            (true, false) => self.known.clone(),
            // Calls fail with the reason rather than wait for a replica.
            (true, true) => BTreeSet::from([None]),
        }
    }

    async fn become_known(&mut self, replicas: BTreeSet<Option<SocketAddr>>) {
        if replicas != self.known && self.address.is_name() {
            tracing::info!(
                host = self.address.host,
                replicas = replicas.iter().flatten().count(),
                "replicas"
            );
        }
        for &replica in replicas.difference(&self.known) {
            match self.address.endpoint(replica, self.tls.as_ref()) {
                Ok(endpoint) => {
                    self.tell(Change::Insert((self.address.uri.clone(), replica), endpoint)).await
                }
                Err(error) => tracing::error!(%error, "a replica that cannot be reached"),
            }
        }
        for &gone in self.known.difference(&replicas) {
            self.tell(Change::Remove((self.address.uri.clone(), gone))).await;
        }
        self.known = replicas;
    }

    async fn tell(&self, change: Change<Replica, Endpoint>) {
        // Fails when the channel is gone, which ends the task.
        let _ = self.changes.send(change).await;
    }
}

#[cfg(test)]
mod tests;
