//! The host names of an organization.

use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::organization_service_server::OrganizationService;
use tonic::{Request, Status};
use uuid::Uuid;

use crate::harness::{Harness, administrator, refusal};

async fn update(
    harness: &Harness,
    city: Uuid,
    names: &[&str],
    canonical: &str,
    etag: &str,
) -> Result<proto::Organization, Status> {
    let request = proto::UpdateHostNamesRequest {
        host_names: names.iter().map(|&name| name.to_owned()).collect(),
        canonical_host_name: canonical.into(),
        etag: etag.into(),
    };
    let answer = harness.grpc.update_host_names(administrator(city, request)).await?;
    Ok(answer.into_inner().organization.unwrap())
}

async fn leads_to(harness: &Harness, host_name: &str) -> Option<String> {
    let request = proto::ResolveOrganizationRequest { host_name: host_name.into() };
    let answer = harness.grpc.resolve_organization(Request::new(request)).await.ok()?;
    Some(answer.into_inner().organization.unwrap().organization_id)
}

#[tokio::test]
async fn names_are_added_removed_and_one_is_the_address() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let names = ["jeparticipe.montfleury.fr", "participation.montfleury.fr"];
    let changed = update(&harness, city, &names, names[1], "").await.unwrap();
    assert_eq!(changed.host_names, names);
    assert_eq!(changed.canonical_host_name, names[1]);
    for name in names {
        assert_eq!(leads_to(&harness, name).await, Some(city.to_string()));
    }
    let changed = update(&harness, city, &names[..1], "", &changed.etag).await.unwrap();
    assert_eq!((changed.host_names, changed.canonical_host_name.as_str()), (vec![names[0].to_owned()], ""));
    assert_eq!(leads_to(&harness, names[1]).await, None);
    // What one has let go, another may have.
    let other = harness.organization().await;
    update(&harness, other, &[names[1]], "", "").await.unwrap();
    assert_eq!(leads_to(&harness, names[1]).await, Some(other.to_string()));
    assert_eq!(harness.subjects("spaces.organization.updated").await.len(), 3);
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_changes_nothing() {
    let harness = Harness::start().await;
    let (city, other) = (harness.organization().await, harness.organization().await);
    let made = update(&harness, city, &["a.example.fr"], "a.example.fr", "").await.unwrap();
    update(&harness, other, &["b.example.fr"], "", "").await.unwrap();
    let invalid = |field: &str| ("INVALID_ARGUMENT FIELD_INVALID".to_owned(), vec![field.to_owned()]);
    assert_eq!(refusal(update(&harness, city, &[], "", "").await), invalid("host_names"));
    for wrong in ["A.example.fr", "https://a.example.fr", "a_b.fr", "a.example.fr:8080", ""] {
        let names = ["a.example.fr", wrong];
        assert_eq!(refusal(update(&harness, city, &names, "", "").await), invalid("host_names[1]"));
    }
    let twice = ["a.example.fr", "a.example.fr"];
    assert_eq!(refusal(update(&harness, city, &twice, "", "").await), invalid("host_names[1]"));
    let names = ["a.example.fr"];
    let elsewhere = update(&harness, city, &names, "b.example.fr", "").await;
    assert_eq!(refusal(elsewhere), invalid("canonical_host_name"));
    let taken = ("ALREADY_EXISTS RESOURCE_ALREADY_EXISTS".to_owned(), vec!["host_names[1]".to_owned()]);
    let names = ["a.example.fr", "b.example.fr"];
    assert_eq!(refusal(update(&harness, city, &names, "", "").await), taken);
    let old = update(&harness, city, &["c.example.fr"], "", "1").await;
    assert_eq!(refusal(old).0, "ABORTED ETAG_MISMATCH");
    assert_eq!(leads_to(&harness, "a.example.fr").await, Some(made.organization_id));
    assert_eq!(leads_to(&harness, "b.example.fr").await, Some(other.to_string()));
}
