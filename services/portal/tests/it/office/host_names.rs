//! The host names of the organization, and the one that is its address.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::common::v1::Role;
use comitia_proto::spaces::v1::*;

use super::{administrator, office, organization};
use crate::site::{HOST, Site};

const HOSTS: &str = "/fr/office/organization/hosts";
const OTHER: &str = "participer.example";

/// An organization with two names, and perhaps an address.
fn with_two(site: &Site, canonical: &str) {
    let organization = Organization {
        host_names: vec![HOST.into(), OTHER.into()],
        canonical_host_name: canonical.into(),
        ..organization()
    };
    site.double
        .give::<GetOrganizationRequest, _>(GetOrganizationResponse { organization: Some(organization) });
    site.double.give::<UpdateHostNamesRequest, _>(UpdateHostNamesResponse::default());
}

fn last(site: &Site) -> UpdateHostNamesRequest {
    site.double.calls::<UpdateHostNamesRequest>().pop().unwrap().0
}

#[tokio::test]
async fn a_name_is_added_with_the_work_that_it_needs_said() {
    let site = administrator().await;
    site.get("/fr/office/organization").await.is(200).shows(&["Gérer les adresses du site"]);
    let page = site.get(HOSTS).await;
    page.is(200).shows(&[HOST, "Vous êtes ici", "CNAME", "certificat", "FranceConnect"]);
    site.double.give::<UpdateHostNamesRequest, _>(UpdateHostNamesResponse::default());
    site.post(HOSTS, &[("name", "Participer.Example")]).await.is(303);
    let asked = UpdateHostNamesRequest {
        host_names: vec![HOST.into(), OTHER.into()],
        canonical_host_name: String::new(),
        etag: "o1".into(),
    };
    assert_eq!(last(&site), asked);
    site.get(&format!("{HOSTS}?done=added")).await.shows(&["Le nom est ajouté"]);
}

#[tokio::test]
async fn what_is_no_name_or_taken_is_said_at_the_field() {
    let site = administrator().await;
    site.post(HOSTS, &[("name", " ")]).await.is(422).shows(&["href=\"#name\""]);
    site.post(HOSTS, &[("name", HOST)]).await.is(422).shows(&["déjà à votre site"]);
    assert!(site.double.calls::<UpdateHostNamesRequest>().is_empty());
    for (code, reason, text) in [
        (ErrorCode::AlreadyExists, Reason::ResourceAlreadyExists, "site d’une autre organisation"),
        (ErrorCode::InvalidArgument, Reason::FieldInvalid, "nom de domaine complet"),
    ] {
        site.double.on(move |_: &UpdateHostNamesRequest| -> Result<UpdateHostNamesResponse, _> {
            Err(ApiError::new(code, reason, "no").with_violation("host_names[1]", "no").into())
        });
        let page = site.post(HOSTS, &[("name", "a_b.example")]).await;
        page.is(422).shows(&[text, "value=\"a_b.example\""]);
    }
    site.double.on(|_: &UpdateHostNamesRequest| -> Result<UpdateHostNamesResponse, _> {
        Err(ApiError::new(ErrorCode::Aborted, Reason::EtagMismatch, "no").into())
    });
    site.post(HOSTS, &[("name", "c.example")]).await.is(200).shows(&["value=\"c.example\""]);
}

#[tokio::test]
async fn a_name_is_removed_from_a_page_at_another_one() {
    let site = administrator().await;
    with_two(&site, OTHER);
    let ask = format!("{HOSTS}/remove?name={OTHER}");
    site.get(HOSTS).await.is(200).shows(&[&format!("/remove?name={OTHER}")]);
    site.get(&ask).await.is(200).shows(&["codes QR déjà envoyés", "le site n’en aura plus"]);
    let remove = format!("{HOSTS}/remove");
    site.post(&remove, &[("name", OTHER)]).await.is(422).shows(&["href=\"#sure\""]);
    site.post(&remove, &[("name", OTHER), ("sure", "yes")]).await.is(303);
    let asked = last(&site);
    assert_eq!((asked.host_names, asked.canonical_host_name.as_str()), (vec![HOST.to_owned()], ""));
    // The one that one is at stays, so that there is always one.
    site.get(&format!("{HOSTS}/remove?name={HOST}")).await.is(404);
    site.post(&remove, &[("name", HOST), ("sure", "yes")]).await.is(404);
    site.get(&format!("{HOSTS}/remove?name=nobody.example")).await.is(404);
}

#[tokio::test]
async fn the_address_is_chosen_from_a_page_that_proves_that_it_works() {
    let site = administrator().await;
    with_two(&site, "");
    let page = site.get(HOSTS).await;
    page.is(200).shows(&[
        &format!("/choose?name={HOST}"),
        &format!("href=\"http://{OTHER}/fr/office/organization/hosts\""),
    ]);
    page.hides(&[&format!("/choose?name={OTHER}")]);
    site.get(&format!("{HOSTS}/choose?name={OTHER}")).await.is(404);
    site.get(&format!("{HOSTS}/choose?name={HOST}")).await.is(200).shows(&["moteurs de recherche"]);
    let choose = format!("{HOSTS}/choose");
    site.post(&choose, &[("name", HOST), ("sure", "yes")]).await.is(303);
    assert_eq!((last(&site).canonical_host_name.as_str(), last(&site).host_names.len()), (HOST, 2));
    with_two(&site, HOST);
    site.get(HOSTS).await.shows(&["Adresse principale", "/hosts/release"]);
    site.post(&format!("{HOSTS}/release"), &[("sure", "yes")]).await.is(303);
    assert_eq!(last(&site).canonical_host_name, "");
}

#[tokio::test]
async fn pages_at_another_name_lead_to_the_address_and_the_office_stays_open() {
    let mut site = administrator().await;
    with_two(&site, OTHER);
    site.get(HOSTS).await.is(200);
    site.get("/fr/sign-in").await.is(200);
    site.sign_out();
    let page = site.get("/fr/help?a=b").await;
    page.is(307);
    assert_eq!(page.header("location"), format!("http://{OTHER}/fr/help?a=b"));
    assert!(!page.header("cache-control").starts_with("public"), "{page:?}");
    // A form is not lost on the way, and the booth keeps its cookies.
    assert_ne!(site.post("/fr/preview", &[("code", "")]).await.status.as_u16(), 307);
    let booth = site.get("/fr/votes/0192f0c1-0000-7000-8000-00000000000f/check").await;
    assert_ne!(booth.status.as_u16(), 307);
    // At the address itself, pages name it.
    let site = Site::open().await;
    with_two(&site, HOST);
    let page = site.get("/fr/help").await;
    page.is(200).shows(&[&format!("rel=\"canonical\" href=\"http://{HOST}/fr/help\"")]);
}

#[tokio::test]
async fn staff_read_and_administrators_change() {
    let site = office(&[Role::Auditor]).await;
    with_two(&site, HOST);
    site.get(HOSTS).await.is(200).shows(&[HOST, OTHER]).hides(&["name=\"name\"", "/remove", "/release"]);
    site.post(HOSTS, &[("name", "a.example")]).await.is(403);
    site.get(&format!("{HOSTS}/remove?name={OTHER}")).await.is(403);
    site.post(&format!("{HOSTS}/release"), &[("sure", "yes")]).await.is(403);
}
