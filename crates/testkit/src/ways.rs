//! A network that opens late.

use std::net::SocketAddr;

use anyhow::Context;

use crate::{Installation, TcpSwitch};

/// The ways of one process to the services that it calls, closed at first, as where a network plugin learns of a new pod
/// seconds after it has started.
#[derive(Debug, Default)]
pub struct Ways {
    switches: Vec<(TcpSwitch, SocketAddr)>,
    environment: Vec<(String, String)>,
}

impl Ways {
    /// Ways to each service of an installation whose services have one front each.
    ///
    /// # Errors
    /// When there is no port, or a service has no front.
    pub async fn closed(installation: &Installation) -> anyhow::Result<Self> {
        let mut ways = Self::default();
        for service in installation.called() {
            let front = installation.switches(service).first().context("the front of a service")?.address();
            let switch = TcpSwitch::start(Vec::new()).await?;
            let variable = format!("COMITIA__COMMON__ENDPOINTS__{}", service.to_uppercase());
            ways.environment.push((variable, format!("http://{}", switch.address())));
            ways.switches.push((switch, front));
        }
        Ok(ways)
    }

    /// What tells the process of them.
    #[must_use]
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// From now on they lead to the services.
    pub fn open(&self) {
        for (switch, front) in &self.switches {
            switch.set_targets(vec![*front]);
        }
    }
}
