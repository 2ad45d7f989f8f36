use comitia_platform::auth::Context;
use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::organization_service_server::OrganizationService;
use tonic::{Request, Status};

use crate::harness::{Harness, administrator, anybody, operator, refusal};

fn lodz() -> proto::CreateOrganizationRequest {
    proto::CreateOrganizationRequest {
        display_name: " City of Łódź ".into(),
        host_names: vec!["participate.lodz.pl".into(), "127.0.0.1".into()],
        time_zone: "Europe/Warsaw".into(),
        ..Default::default()
    }
}

async fn create(
    harness: &Harness,
    request: proto::CreateOrganizationRequest,
) -> Result<proto::Organization, Status> {
    let answer = harness.grpc.create_organization(operator(request)).await?;
    Ok(answer.into_inner().organization.unwrap())
}

async fn resolve(harness: &Harness, host_name: &str) -> Result<proto::Organization, Status> {
    let request = proto::ResolveOrganizationRequest { host_name: host_name.into() };
    let answer = harness.grpc.resolve_organization(Request::new(request)).await?;
    Ok(answer.into_inner().organization.unwrap())
}

#[tokio::test]
async fn an_organization_is_found_by_each_of_its_host_names() {
    let harness = Harness::start().await;
    let made = create(&harness, lodz()).await.unwrap();
    assert_eq!(made.display_name, "City of Łódź");
    assert_eq!(made.host_names, lodz().host_names);
    for name in ["participate.lodz.pl", "Participate.LODZ.pl.", "127.0.0.1"] {
        assert_eq!(resolve(&harness, name).await.unwrap(), made, "{name}");
    }
    let unknown = ("NOT_FOUND ORGANIZATION_UNKNOWN".to_owned(), vec![]);
    for name in ["lodz.pl", "", "participate.lodz.pl:8080", "x\0y"] {
        assert_eq!(refusal(resolve(&harness, name).await), unknown, "{name:?}");
    }

    let id = made.organization_id.parse().unwrap();
    let own = harness.grpc.get_organization(anybody(id, proto::GetOrganizationRequest {})).await.unwrap();
    assert_eq!(own.into_inner().organization.unwrap(), made);
    let nobody = comitia_core::id::new();
    let other = harness.grpc.get_organization(anybody(nobody, proto::GetOrganizationRequest {})).await;
    assert_eq!(refusal(other), unknown);
    let mut nowhere = Request::new(proto::GetOrganizationRequest {});
    nowhere.extensions_mut().insert(Context::default());
    assert_eq!(refusal(harness.grpc.get_organization(nowhere).await), unknown);

    assert_eq!(harness.events().await, [("spaces.organization.created".to_owned(), made.organization_id)]);
}

#[tokio::test]
async fn a_time_zone_is_utc_by_default() {
    let harness = Harness::start().await;
    let made =
        create(&harness, proto::CreateOrganizationRequest { time_zone: String::new(), ..lodz() }).await;
    assert_eq!(made.unwrap().time_zone, "UTC");
}

#[tokio::test]
async fn the_same_request_again_creates_nothing_twice() {
    let harness = Harness::start().await;
    let request =
        proto::CreateOrganizationRequest { request_id: comitia_core::id::new().to_string(), ..lodz() };
    let first = create(&harness, request.clone()).await.unwrap();
    assert_eq!(create(&harness, request.clone()).await.unwrap(), first);
    assert_eq!(harness.events().await.len(), 1);
    let other = proto::CreateOrganizationRequest { display_name: "Another".into(), ..request };
    assert_eq!(
        refusal(create(&harness, other).await),
        ("ALREADY_EXISTS REQUEST_ID_REUSED".into(), vec!["request_id".into()])
    );
}

#[tokio::test]
async fn a_host_name_belongs_to_one_organization() {
    let harness = Harness::start().await;
    create(&harness, lodz()).await.unwrap();
    let mut second = lodz();
    second.host_names = vec!["other.lodz.pl".into(), "participate.lodz.pl".into()];
    assert_eq!(
        refusal(create(&harness, second).await),
        ("ALREADY_EXISTS RESOURCE_ALREADY_EXISTS".into(), vec!["host_names[1]".into()])
    );
    // Nothing of it stays.
    assert!(resolve(&harness, "other.lodz.pl").await.is_err());
    assert_eq!(harness.events().await.len(), 1);
}

#[tokio::test]
async fn two_at_once_do_not_both_get_a_name() {
    let harness = Harness::start().await;
    let (mut left, mut right) = (lodz(), lodz());
    left.host_names = vec!["a.org".into(), "b.org".into()];
    right.host_names = vec!["b.org".into(), "a.org".into()];
    let (left, right) = tokio::join!(create(&harness, left), create(&harness, right));
    let refused = if left.is_ok() { right } else { left };
    assert_eq!(refusal(refused).0, "ALREADY_EXISTS RESOURCE_ALREADY_EXISTS");
}

#[tokio::test]
async fn every_rule_of_an_organization_is_kept() {
    type Change = fn(&mut proto::CreateOrganizationRequest);
    let harness = Harness::start().await;
    let cases: [(Change, &str); 10] = [
        (|request| request.display_name = "  ".into(), "display_name"),
        (|request| request.display_name = "x".repeat(201), "display_name"),
        (|request| request.display_name = "bell\u{7}".into(), "display_name"),
        (|request| request.host_names.clear(), "host_names"),
        (|request| request.host_names = (0..101).map(|i| format!("h{i}.org")).collect(), "host_names"),
        (|request| request.host_names[1] = "Lodz.pl".into(), "host_names[1]"),
        (|request| request.host_names[1] = "lodz.pl:80".into(), "host_names[1]"),
        (|request| request.host_names[1] = request.host_names[0].clone(), "host_names[1]"),
        (|request| request.time_zone = "Europe/Lodz".into(), "time_zone"),
        (|request| request.request_id = "7".into(), "request_id"),
    ];
    for (change, field) in cases {
        let mut request = lodz();
        change(&mut request);
        let refused = refusal(create(&harness, request).await);
        assert_eq!(refused, ("INVALID_ARGUMENT FIELD_INVALID".into(), vec![field.into()]));
    }
    assert_eq!(harness.events().await, []);
}

async fn update(
    harness: &Harness,
    organization: uuid::Uuid,
    given: proto::Organization,
    mask: &[&str],
) -> Result<proto::Organization, Status> {
    let paths: Vec<String> = mask.iter().map(|&path| path.to_owned()).collect();
    let update_mask = (!paths.is_empty()).then_some(prost_types::FieldMask { paths });
    let request = proto::UpdateOrganizationRequest { organization: Some(given), update_mask };
    let answer = harness.grpc.update_organization(administrator(organization, request)).await?;
    Ok(answer.into_inner().organization.unwrap())
}

fn text(kind: proto::OrganizationTextKind, language: &str, body: &str) -> proto::OrganizationText {
    proto::OrganizationText { kind: kind.into(), language: language.into(), body: body.into() }
}

#[tokio::test]
async fn an_organization_shows_what_its_team_says() {
    let harness = Harness::start().await;
    let made = create(&harness, lodz()).await.unwrap();
    assert_eq!(made.languages, ["fr", "en"]);
    let id = made.organization_id.parse().unwrap();
    let terms = text(proto::OrganizationTextKind::Terms, "pl", "Regulamin");
    let given = proto::Organization {
        languages: vec!["pl".into(), "en".into()],
        country: "PL".into(),
        brand_color: "#1A4D8F".into(),
        texts: vec![terms.clone()],
        etag: made.etag.clone(),
        ..Default::default()
    };
    let changed = update(&harness, id, given.clone(), &[]).await.unwrap();
    assert_eq!((changed.country.as_str(), changed.brand_color.as_str()), ("PL", "#1a4d8f"));
    assert_eq!(changed.texts, [terms]);
    assert_eq!(changed.display_name, made.display_name, "what is not given stays");
    let own = harness.grpc.get_organization(anybody(id, proto::GetOrganizationRequest {})).await.unwrap();
    assert_eq!(own.into_inner().organization.unwrap(), changed);
    assert!(resolve(&harness, "participate.lodz.pl").await.unwrap().texts.is_empty());

    let late = refusal(update(&harness, id, given, &[]).await);
    assert_eq!(late.0, "ABORTED ETAG_MISMATCH");
    let without = proto::Organization { languages: vec!["en".into()], ..Default::default() };
    let refused = refusal(update(&harness, id, without, &["languages"]).await);
    assert_eq!(refused.1, ["organization.texts"]);
    let cleared = update(&harness, id, proto::Organization::default(), &["texts", "country"]).await.unwrap();
    assert!(cleared.texts.is_empty() && cleared.country.is_empty());
}

#[tokio::test]
async fn what_cannot_be_shown_is_named() {
    let harness = Harness::start().await;
    let made = create(&harness, lodz()).await.unwrap();
    let id = made.organization_id.parse().unwrap();
    let welcome = proto::OrganizationTextKind::Welcome;
    let given = proto::Organization {
        time_zone: "Europe/Lodz".into(),
        languages: vec!["fr".into(), "fr".into()],
        country: "Poland".into(),
        contact_email: "nobody".into(),
        brand_color: "#ff9900".into(),
        texts: vec![text(welcome, "fr", "a"), text(welcome, "fr", "b"), text(welcome, "en", "")],
        ..Default::default()
    };
    let (_, fields) = refusal(update(&harness, id, given, &[]).await);
    assert_eq!(
        fields,
        [
            "organization.time_zone",
            "organization.languages",
            "organization.country",
            "organization.contact_email",
            "organization.brand_color",
            "organization.texts[1].language",
            "organization.texts[2].body",
        ]
    );
    let unknown = refusal(update(&harness, id, proto::Organization::default(), &["host_names"]).await);
    assert_eq!(unknown.1, ["update_mask"]);
}

#[tokio::test]
async fn changed_terms_and_registering_are_told() {
    let harness = Harness::start().await;
    let made = create(&harness, lodz()).await.unwrap();
    assert_eq!((made.registration_open, made.terms_version), (false, 1));
    let id = made.organization_id.parse().unwrap();
    let terms = text(proto::OrganizationTextKind::Terms, "fr", "Conditions");
    let help = text(proto::OrganizationTextKind::Help, "fr", "Aide");
    let with = |texts: Vec<proto::OrganizationText>| proto::Organization { texts, ..Default::default() };
    let change = async |given: proto::Organization, mask: &[&str]| {
        let changed = update(&harness, id, given, mask).await.unwrap();
        (changed.registration_open, changed.terms_version)
    };
    assert_eq!(change(with(vec![terms.clone()]), &["texts"]).await, (false, 2));
    // Another text is no other terms.
    assert_eq!(change(with(vec![help.clone(), terms.clone()]), &["texts"]).await, (false, 2));
    let open = proto::Organization { registration_open: true, ..Default::default() };
    assert_eq!(change(open, &[]).await, (true, 2));
    assert_eq!(
        change(with(vec![help]), &["texts"]).await,
        (true, 3),
        "the terms are those of the program again"
    );
    assert_eq!(change(proto::Organization::default(), &["registration_open"]).await, (false, 3));
    let told = harness
        .events()
        .await
        .into_iter()
        .filter(|(key, _)| key == "spaces.organization.participation_changed")
        .count();
    assert_eq!(told, 4);
    // Who registers is as old as the organization's calendar says.
    let elsewhere = proto::Organization { time_zone: "Indian/Reunion".into(), ..Default::default() };
    change(elsewhere, &["time_zone"]).await;
    let events = harness.events().await;
    let told = events.iter().filter(|(key, _)| key == "spaces.organization.participation_changed");
    assert_eq!(told.count(), 5);
}
