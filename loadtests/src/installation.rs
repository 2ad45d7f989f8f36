//! The plan of an installation under load. Measurements differ from it in what they measure alone.

use std::path::Path;

use anyhow::ensure;
use comitia_cli::process::Service;
use comitia_testkit::{Front, InstallationPlan, ServicePlan};

/// Every service, each as so many processes behind such a front as `shape` says, and logs without what is ordinary.
pub fn plan(program: &Path, shape: impl Fn(Service) -> (usize, Front)) -> anyhow::Result<InstallationPlan> {
    ensure!(program.is_file(), "{} is missing: cargo build --release -p comitia", program.display());
    Ok(InstallationPlan {
        program: program.canonicalize()?,
        services: Service::ALL
            .map(|service| {
                let (replicas, front) = shape(service);
                ServicePlan { name: service.name(), migrations: service.migrations(), replicas, front }
            })
            .into(),
        environment: vec![("RUST_LOG".to_owned(), "warn".to_owned())],
        settings: Vec::new(),
    })
}

/// Each service as one process, by its own address.
pub fn one_each(_: Service) -> (usize, Front) {
    (1, Front::None)
}
