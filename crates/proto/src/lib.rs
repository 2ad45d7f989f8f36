//! The contracts in `proto/` as Rust: messages, gRPC clients and servers, descriptors, and the policy of each
//! method. The proto files are the one source of the API; nothing here repeats them.

pub mod codec;

use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, ExtensionDescriptor, MethodDescriptor};

use crate::common::v1::MethodPolicy;

macro_rules! packages {
    ($($service:ident => $package:literal),+ $(,)?) => {$(
        #[doc = concat!("Package `", $package, "`.")]
        pub mod $service {
            /// Version 1.
            #[allow(missing_docs, clippy::all, clippy::allow_attributes)]
            pub mod v1 {
                tonic::include_proto!($package);
            }
        }
    )+};
}

packages! {
    common => "comitia.common.v1",
    events => "comitia.events.v1",
    identity => "comitia.identity.v1",
    spaces => "comitia.spaces.v1",
    proposals => "comitia.proposals.v1",
    budgets => "comitia.budgets.v1",
    voting => "comitia.voting.v1",
}

/// The encoded `FileDescriptorSet` of everything in `proto/`, with comments and options.
pub static DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the descriptor set was made by this crate's build")]
    DescriptorPool::decode(DESCRIPTOR_SET).expect("the built descriptor set decodes")
});

static POLICIES: LazyLock<HashMap<String, MethodPolicy>> = LazyLock::new(|| {
    let extension = extension("comitia.common.v1.policy");
    methods()
        .filter_map(|method| {
            let options = method.options();
            if !options.has_extension(&extension) {
                return None;
            }
            let value = options.get_extension(&extension);
            let policy = value.as_message()?.transcode_to::<MethodPolicy>().ok()?;
            Some((path(&method), policy))
        })
        .collect()
});

/// The descriptors of everything in `proto/`.
#[must_use]
pub fn descriptors() -> &'static DescriptorPool {
    &POOL
}

/// The extension with this full name, such as `google.api.http`.
///
/// # Panics
/// When `proto/` has no such extension.
#[must_use]
pub fn extension(name: &str) -> ExtensionDescriptor {
    #[expect(clippy::expect_used, reason = "only called with names that proto/ defines")]
    POOL.get_extension_by_name(name).expect("proto/ defines the extension")
}

/// Every RPC of every service.
pub fn methods() -> impl Iterator<Item = MethodDescriptor> {
    POOL.services().flat_map(|service| service.methods().collect::<Vec<_>>())
}

/// The gRPC path of a method, such as `/comitia.voting.v1.BallotService/CastBallot`.
#[must_use]
pub fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// The policy of the method with this gRPC path; nothing means that nobody may call it.
#[must_use]
pub fn policy(path: &str) -> Option<&'static MethodPolicy> {
    POLICIES.get(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_a_policy_that_lets_somebody_in() {
        for method in methods() {
            let path = path(&method);
            let policy = policy(&path).unwrap_or_else(|| panic!("{path} has no policy"));
            assert_eq!(policy.public, policy.roles.is_empty(), "{path} is either public or for some roles");
        }
    }
}
