//! The contracts in `proto/` as Rust: messages, gRPC clients and servers, descriptors, and the policy of each
//! method. The proto files are the one source of the API; nothing here repeats them.

pub mod acts;
pub mod codec;

use std::collections::HashMap;
use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, ExtensionDescriptor, FieldDescriptor, MethodDescriptor};

use crate::common::v1::{FieldRules, MethodPolicy};

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

static RULES: LazyLock<HashMap<String, FieldRules>> = LazyLock::new(|| {
    let extension = extension("comitia.common.v1.rules");
    POOL.all_messages()
        .flat_map(|message| message.fields().collect::<Vec<_>>())
        .filter_map(|field| {
            let options = field.options();
            if !options.has_extension(&extension) {
                return None;
            }
            let value = options.get_extension(&extension);
            let rules = value.as_message()?.transcode_to::<FieldRules>().ok()?;
            Some((field.full_name().to_owned(), rules))
        })
        .collect()
});

/// The most items in a list whose field sets no bound of its own.
pub const MAX_ITEMS: u32 = 1_000;

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

/// What the value of a field must keep, where the proto says something.
#[must_use]
pub fn rules(field: &FieldDescriptor) -> Option<&'static FieldRules> {
    RULES.get(field.full_name())
}

/// The most items that a list in a request may have.
#[must_use]
pub fn max_items(field: &FieldDescriptor) -> u32 {
    match rules(field) {
        Some(FieldRules { max_items: own @ 1.., .. }) => *own,
        _ => MAX_ITEMS,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost_reflect::{Kind, MessageDescriptor};

    use super::*;
    use crate::common::v1::Role;

    #[test]
    fn every_method_has_a_policy_that_lets_somebody_in() {
        for method in methods() {
            let path = path(&method);
            let policy = policy(&path).unwrap_or_else(|| panic!("{path} has no policy"));
            assert_eq!(policy.public, policy.roles.is_empty(), "{path} is either public or for some roles");
            let is_for_services = policy.roles.contains(&(Role::Service as i32));
            assert!(!is_for_services || !policy.services.is_empty(), "{path} does not name its services");
            assert!(
                is_for_services || policy.public || policy.services.is_empty(),
                "{path} names services in vain"
            );
        }
    }

    /// The table "Who calls whom" of ARCHITECTURE.md: caller and callee.
    fn edges() -> BTreeSet<(String, String)> {
        let text =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../ARCHITECTURE.md")).unwrap();
        let (_, table) = text.split_once("| caller | calls | besides |\n|---|---|---|\n").unwrap();
        let rows = table.lines().take_while(|line| line.starts_with('|'));
        rows.flat_map(|row| {
            let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
            let caller = cells[0].to_owned();
            cells[1]
                .split(", ")
                .filter(|callee| !callee.is_empty())
                .map(move |callee| (caller.clone(), callee.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect()
    }

    #[test]
    fn services_are_let_in_where_the_architecture_says_that_they_call() {
        let edges = edges();
        assert!(edges.contains(&("budgets".to_owned(), "voting".to_owned())), "{edges:?}");
        for method in methods() {
            let path = path(&method);
            let callee = path.trim_start_matches("/comitia.").split('.').next().unwrap().to_owned();
            for caller in &policy(&path).unwrap().services {
                let edge = (caller.clone(), callee.clone());
                assert!(
                    edges.contains(&edge),
                    "{path}: ARCHITECTURE.md has no call from {caller} to {callee}"
                );
            }
        }
        // Every process that verifies sessions has to know which were revoked: all but identity itself, and the portal, which
        // passes them on.
        let list = policy("/comitia.identity.v1.RevocationService/ListRevocations").unwrap();
        let callers: BTreeSet<_> = list.services.iter().map(String::as_str).collect();
        let all = edges.iter().flat_map(|(caller, callee)| [caller.as_str(), callee.as_str()]);
        assert_eq!(callers, all.filter(|service| !matches!(*service, "identity" | "portal")).collect());
    }
    /// Whether the message, or a message in it, has a field with a permit.
    fn takes_permit(message: &MessageDescriptor, depth: usize) -> bool {
        depth > 0
            && message.fields().any(|field| match field.kind() {
                Kind::Message(nested) => takes_permit(&nested, depth - 1),
                _ => field.name() == "permit",
            })
    }

    /// A provider's code is good once: these calls take no permit and must not be repeated.
    const SIGN_INS: [&str; 2] = [
        "/comitia.identity.v1.ProviderService/BeginProviderSignIn",
        "/comitia.identity.v1.ProviderService/CompleteProviderSignIn",
    ];

    #[test]
    fn what_takes_a_permit_is_anonymous_and_may_be_repeated() {
        let mut found = 0;
        for method in methods() {
            let path = path(&method);
            let policy = policy(&path).unwrap_or_else(|| panic!("{path} has no policy"));
            // Officers send voters' paper permits under their own session, inside of forms.
            let permit = method.input().get_field_by_name("permit").is_some()
                || (policy.public && takes_permit(&method.input(), 8));
            // A sign-in at a provider gives a permit. With a session beside it, one could be joined to the other.
            let sign_in = SIGN_INS.contains(&path.as_str());
            assert_eq!(
                permit || sign_in,
                policy.anonymous,
                "{path}: the permit stands in place of the session"
            );
            assert!(!policy.anonymous || (policy.public && (policy.repeatable || sign_in)), "{path}");
            found += usize::from(permit);
        }
        assert!(found >= 3, "{found}");
    }

    #[test]
    fn a_public_method_takes_no_large_body() {
        let http = extension("google.api.http");
        for method in methods() {
            let options = method.options();
            let Some(rule) = options.get_extension(&http).as_message().cloned() else { continue };
            let body = rule.get_field_by_name("body").is_some_and(|body| body.as_str() != Some(""));
            let policy = policy(&path(&method)).unwrap();
            if policy.public && body {
                let limit = policy.max_body_bytes;
                assert!((1..=128 * 1024).contains(&limit), "{} takes {limit} bytes", method.full_name());
            }
        }
    }

    #[test]
    fn rules_fit_their_fields() {
        let mut found = 0;
        for field in POOL.all_messages().flat_map(|message| message.fields().collect::<Vec<_>>()) {
            let Some(rules) = rules(&field) else { continue };
            found += 1;
            let name = field.full_name();
            let text = match field.kind() {
                Kind::String => true,
                Kind::Bytes => rules.max_length == 0,
                Kind::Message(kind) => kind.full_name() == "google.protobuf.FieldMask",
                _ => false,
            };
            let textual = rules.uuid || rules.min_length + rules.max_length > 0 || !rules.pattern.is_empty();
            assert!(text || !textual, "{name} is no text");
            assert!(field.is_list() || rules.min_items + rules.max_items == 0, "{name} is no list");
            for value in &rules.one_of {
                let Kind::Enum(kind) = field.kind() else { panic!("{name} is no enum") };
                assert!(kind.get_value_by_name(value).is_some(), "{name} has no {value}");
            }
        }
        assert!(found > 100, "{found}");
    }
}
