use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::area_service_server::AreaService;
use comitia_spaces::domain::area::Uses;
use tonic::Status;
use uuid::Uuid;

use crate::harness::{Harness, administrator, anybody, refusal};

async fn create(
    harness: &Harness,
    organization: Uuid,
    code: &str,
    parent: &str,
) -> Result<proto::Area, Status> {
    let request = proto::CreateAreaRequest {
        code: code.into(),
        title: format!("Area {code}"),
        parent_code: parent.into(),
    };
    let answer = harness.grpc.create_area(administrator(organization, request)).await?;
    Ok(answer.into_inner().area.unwrap())
}

async fn update(
    harness: &Harness,
    organization: Uuid,
    code: &str,
    parent: &str,
) -> Result<proto::Area, Status> {
    let request = proto::UpdateAreaRequest {
        code: code.into(),
        title: " New title ".into(),
        parent_code: parent.into(),
    };
    let answer = harness.grpc.update_area(administrator(organization, request)).await?;
    Ok(answer.into_inner().area.unwrap())
}

async fn delete(harness: &Harness, organization: Uuid, code: &str) -> Result<(), Status> {
    let request = proto::DeleteAreaRequest { code: code.into() };
    harness.grpc.delete_area(administrator(organization, request)).await?;
    Ok(())
}

async fn page(harness: &Harness, organization: Uuid, size: i32, token: &str) -> (Vec<String>, String) {
    let request = proto::ListAreasRequest { page_size: size, page_token: token.into() };
    let answer = harness.grpc.list_areas(anybody(organization, request)).await.unwrap().into_inner();
    (answer.areas.into_iter().map(|area| area.code).collect(), answer.next_page_token)
}

#[tokio::test]
async fn areas_are_made_changed_listed_and_removed() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    for (code, parent) in [("city", ""), ("baluty", "city"), ("Widzew", "city"), ("radogoszcz", "baluty")] {
        assert_eq!(create(&harness, city, code, parent).await.unwrap().parent_code, parent);
    }
    // By code, in the order of its bytes.
    let (first, token) = page(&harness, city, 3, "").await;
    assert_eq!(first, ["baluty", "city", "radogoszcz"]);
    assert_eq!(page(&harness, city, 3, &token).await, (vec!["widzew".to_owned()], String::new()));

    for odd in ["", "a\0b", "no code"] {
        let page_token = comitia_platform::page::token("ListAreas", odd);
        let forged = proto::ListAreasRequest { page_size: 3, page_token };
        let refused = harness.grpc.list_areas(anybody(city, forged)).await.unwrap_err();
        let refused = comitia_platform::ApiError::from_status(&refused);
        assert_eq!(refused.reason, comitia_platform::Reason::PageTokenInvalid, "{odd:?}");
    }

    let moved = update(&harness, city, "radogoszcz", "").await.unwrap();
    assert_eq!((moved.title.as_str(), moved.parent_code.as_str()), ("New title", ""));
    delete(&harness, city, "baluty").await.unwrap();
    assert_eq!(page(&harness, city, 0, "").await.0, ["city", "radogoszcz", "widzew"]);
}

#[tokio::test]
async fn codes_are_compared_without_case() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    create(&harness, city, "Centre", "").await.unwrap();
    let part = create(&harness, city, "Centre-1", "CENTRE").await.unwrap();
    assert_eq!((part.code.as_str(), part.parent_code.as_str()), ("centre-1", "centre"));
    let exists = "ALREADY_EXISTS RESOURCE_ALREADY_EXISTS";
    assert_eq!(refusal(create(&harness, city, "CENTRE-1", "").await).0, exists);
    assert_eq!(refusal(update(&harness, city, "centre", "CENTRE-1").await).1, ["parent_code"]);
    update(&harness, city, "CENTRE-1", "").await.unwrap();
    delete(&harness, city, "cenTRE").await.unwrap();
    assert_eq!(page(&harness, city, 0, "").await.0, ["centre-1"]);
}

async fn create_all(
    harness: &Harness,
    organization: Uuid,
    areas: &[(&str, &str)],
    validate_only: bool,
) -> Result<usize, Status> {
    let areas = areas
        .iter()
        .map(|(code, parent)| proto::CreateAreaRequest {
            code: (*code).into(),
            title: format!("Area {code}"),
            parent_code: (*parent).into(),
        })
        .collect();
    let request = proto::BatchCreateAreasRequest { areas, validate_only };
    let answer = harness.grpc.batch_create_areas(administrator(organization, request)).await?;
    Ok(answer.into_inner().areas.len())
}

#[tokio::test]
async fn several_areas_are_made_together_or_not_at_all() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    create(&harness, city, "centre", "").await.unwrap();
    let listed = async || page(&harness, city, 0, "").await.0;

    let invalid = "INVALID_ARGUMENT FIELD_INVALID".to_owned();
    let wrong = [("quay", "old"), ("centre", ""), ("old", "nowhere"), ("é", "")];
    let spelling = (invalid.clone(), vec!["areas[3].code".to_owned()]);
    assert_eq!(refusal(create_all(&harness, city, &wrong, false).await), spelling);
    let faults = vec!["areas[1].code".to_owned(), "areas[2].parent_code".to_owned()];
    assert_eq!(refusal(create_all(&harness, city, &wrong[..3], false).await), (invalid.clone(), faults));
    let twice = vec!["areas[1].code".to_owned()];
    assert_eq!(
        refusal(create_all(&harness, city, &[("a", ""), ("A", "")], false).await),
        (invalid.clone(), twice)
    );
    assert_eq!(refusal(create_all(&harness, city, &[], false).await), (invalid, vec!["areas".to_owned()]));
    assert_eq!(listed().await, ["centre"]);

    // A parent may come after its parts, or be there already.
    let good = [("quay", "Old"), ("old", "centre"), ("hills", "")];
    assert_eq!(create_all(&harness, city, &good, true).await.unwrap(), 3);
    assert_eq!(listed().await, ["centre"]);
    assert_eq!(create_all(&harness, city, &good, false).await.unwrap(), 3);
    assert_eq!(listed().await, ["centre", "hills", "old", "quay"]);
}

#[tokio::test]
async fn an_area_in_use_stays() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    create(&harness, city, "north", "").await.unwrap();
    for uses in [
        Uses { budgets: 1, ..Uses::default() },
        Uses { proposals: 3, ..Uses::default() },
        Uses { members: 120, ..Uses::default() },
    ] {
        harness.uses.put("north", uses);
        let status = delete(&harness, city, "North").await.unwrap_err();
        let error = comitia_platform::ApiError::from_status(&status);
        assert!(error.message.contains(&uses.to_string()), "{}", error.message);
        let refused = ("FAILED_PRECONDITION AREA_IN_USE".to_owned(), vec!["code".to_owned()]);
        assert_eq!(refusal(Err::<(), _>(status)), refused);
        assert_eq!(page(&harness, city, 0, "").await.0, ["north"]);
    }
    harness.uses.put("north", Uses::default());
    delete(&harness, city, "north").await.unwrap();
    assert!(page(&harness, city, 0, "").await.0.is_empty());
}

#[tokio::test]
async fn an_area_is_not_part_of_itself() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    for (code, parent) in [("a", ""), ("b", "a"), ("c", "b")] {
        create(&harness, city, code, parent).await.unwrap();
    }
    let circle = ("INVALID_ARGUMENT FIELD_INVALID".to_owned(), vec!["parent_code".to_owned()]);
    assert_eq!(refusal(update(&harness, city, "a", "a").await), circle);
    assert_eq!(refusal(update(&harness, city, "a", "c").await), circle);
    assert_eq!(refusal(create(&harness, city, "d", "d").await), circle);
    assert_eq!(refusal(create(&harness, city, "d", "nowhere").await), circle);
    update(&harness, city, "c", "a").await.unwrap();
    // Two changes that together would make a circle: one of them is refused.
    let (left, right) = tokio::join!(update(&harness, city, "b", "c"), update(&harness, city, "c", "b"));
    assert!(left.is_ok() != right.is_ok());
}

#[tokio::test]
async fn every_rule_of_an_area_is_kept() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    create(&harness, city, "a", "").await.unwrap();
    create(&harness, city, "b", "a").await.unwrap();

    let exists = ("ALREADY_EXISTS RESOURCE_ALREADY_EXISTS".to_owned(), vec!["code".to_owned()]);
    assert_eq!(refusal(create(&harness, city, "a", "").await), exists);
    let in_use = ("FAILED_PRECONDITION FIELD_INVALID".to_owned(), vec!["code".to_owned()]);
    assert_eq!(refusal(delete(&harness, city, "a").await), in_use);
    let missing = "NOT_FOUND RESOURCE_NOT_FOUND";
    assert_eq!(refusal(delete(&harness, city, "x").await).0, missing);
    assert_eq!(refusal(update(&harness, city, "x", "").await).0, missing);

    let long = "x".repeat(65);
    for code in ["", "with space", "łódź", &long] {
        let bad = ("INVALID_ARGUMENT FIELD_INVALID".to_owned(), vec!["code".to_owned()]);
        assert_eq!(refusal(create(&harness, city, code, "").await), bad, "{code}");
    }
    let request =
        proto::CreateAreaRequest { code: "c".into(), title: "x".repeat(201), parent_code: "no code".into() };
    let refused = refusal(harness.grpc.create_area(administrator(city, request)).await);
    assert_eq!(refused.1, ["title", "parent_code"]);
    let request = proto::ListAreasRequest { page_size: -1, ..Default::default() };
    assert_eq!(refusal(harness.grpc.list_areas(anybody(city, request)).await).1, ["page_size"]);
    let nobody = comitia_core::id::new();
    assert_eq!(refusal(create(&harness, nobody, "a", "").await).0, "NOT_FOUND ORGANIZATION_UNKNOWN");
}
