//! What each client has in flight at this gateway. A client is a network ([`client_network`]), so
//! that a million addresses of one network are one client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use comitia_platform::address::client_network;
use tokio::sync::Notify;

/// The maximum number of places that one client gives up at once.
const MAX_DISPLACED: usize = 64;

/// What clients share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Requests whose body has not arrived.
    Arriving,
    InFlight,
}

/// The clients with a connection or a request here.
#[derive(Debug, Default)]
pub struct Clients {
    /// Clients with their number of references.
    present: Mutex<HashMap<IpAddr, (Arc<Client>, usize)>>,
}

#[derive(Debug)]
pub struct Client {
    pub network: IpAddr,
    held: [AtomicUsize; 2],
    displaced: Notify,
}

/// Keeps a client registered.
#[derive(Debug)]
pub struct Present {
    client: Arc<Client>,
    clients: Arc<Clients>,
}

/// A client's permit, held until it is dropped.
#[derive(Debug)]
pub struct ClientGuard<'c> {
    client: &'c Client,
    what: Share,
}

impl Clients {
    pub fn at(self: &Arc<Self>, address: IpAddr) -> Present {
        let network = client_network(address);
        let new = || Arc::new(Client { network, held: Default::default(), displaced: Notify::new() });
        let mut present = self.lock();
        let (client, times) = present.entry(network).or_insert_with(|| (new(), 0));
        *times += 1;
        Present { client: client.clone(), clients: self.clone() }
    }

    /// Makes the client with the most permits give up some, if it has more than `own`. Returns
    /// whether there was one.
    pub fn displace(&self, what: Share, own: usize) -> bool {
        let present = self.lock();
        let clients = present.values().map(|(client, _)| client);
        let Some(heaviest) = clients.max_by_key(|client| client.holds(what)) else { return false };
        let more = heaviest.holds(what).saturating_sub(own);
        if more < 2 {
            return false;
        }
        // Several at once, because the search visits all clients.
        for _ in 0..(more / 2).min(MAX_DISPLACED) {
            heaviest.displaced.notify_one();
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, (Arc<Client>, usize)>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// Takes a permit. Also returns how many the client held before.
    pub fn hold(&self, what: Share) -> (usize, ClientGuard<'_>) {
        let before = self.held[what as usize].fetch_add(1, Ordering::Relaxed);
        (before, ClientGuard { client: self, what })
    }

    /// Returns when the client must give up a permit. The waiter that has waited longest returns
    /// first.
    pub async fn is_displaced(&self) {
        self.displaced.notified().await;
    }

    pub fn holds(&self, what: Share) -> usize {
        self.held[what as usize].load(Ordering::Relaxed)
    }
}

impl Deref for Present {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut present = self.clients.lock();
        if let Some((_, times)) = present.get_mut(&self.client.network) {
            *times -= 1;
            if *times == 0 {
                present.remove(&self.client.network);
            }
        }
    }
}

impl Drop for ClientGuard<'_> {
    fn drop(&mut self) {
        self.client.held[self.what as usize].fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_known_as_long_as_something_of_it_is_here() {
        let clients = Arc::new(Clients::default());
        let at = |address: &str| clients.at(address.parse().unwrap());
        let (one, same, other) = (at("2001:db8::1"), at("2001:db8::2"), at("192.0.2.1"));
        let (before, held) = one.hold(Share::InFlight);
        assert_eq!((before, same.holds(Share::InFlight), same.holds(Share::Arriving)), (0, 1, 0));
        assert_eq!(other.holds(Share::InFlight), 0);
        assert_eq!(clients.lock().len(), 2);
        drop((held, other));
        drop(one);
        assert_eq!(clients.lock().len(), 1, "the other address of the network is still here");
        drop(same);
        assert!(clients.lock().is_empty());
    }
}
