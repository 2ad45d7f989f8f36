use chrono::TimeDelta;
use comitia_platform::auth::Role;
use comitia_proto::spaces::v1 as proto;
use comitia_proto::spaces::v1::process_service_server::ProcessService;
use prost_types::FieldMask;
use tonic::Status;
use uuid::Uuid;

use crate::harness::{Harness, administrator, anybody, phase, refusal, start, with_role};

async fn update(
    harness: &Harness,
    organization: Uuid,
    process: proto::Process,
    mask: &[&str],
) -> Result<proto::Process, Status> {
    let update_mask =
        (!mask.is_empty()).then(|| FieldMask { paths: mask.iter().map(|path| (*path).to_owned()).collect() });
    let request = proto::UpdateProcessRequest { process: Some(process), update_mask, ..Default::default() };
    let answer = harness.grpc.update_process(administrator(organization, request)).await?;
    Ok(answer.into_inner().process.unwrap())
}

async fn titles(harness: &Harness, organization: Uuid, role: Option<Role>) -> Vec<String> {
    let request = proto::ListProcessesRequest::default();
    let request = match role {
        Some(role) => with_role(role, organization, request),
        None => anybody(organization, request),
    };
    let answer = harness.grpc.list_processes(request).await.unwrap().into_inner();
    answer.processes.into_iter().map(|process| process.title).collect()
}

#[tokio::test]
async fn a_process_is_seen_by_staff_first_and_by_everybody_when_published() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let made = harness.process(city, &[(5, 7), (1, 5)]).await;
    assert!(!made.published && made.phases[0].start_time == phase(1, 5).start_time);

    assert_eq!(refusal(harness.get(city, &made).await).0, "NOT_FOUND RESOURCE_NOT_FOUND");
    for (role, sees) in [
        (Role::Administrator, true),
        (Role::Moderator, true),
        (Role::BudgetOfficer, true),
        (Role::Auditor, true),
        (Role::Service, true),
        (Role::Participant, false),
        (Role::Operator, false),
    ] {
        let request = proto::GetProcessRequest { process_id: made.process_id.clone() };
        let seen = harness.grpc.get_process(with_role(role, city, request)).await.is_ok();
        assert_eq!(seen, sees, "{role:?}");
        assert_eq!(titles(&harness, city, Some(role)).await.len(), usize::from(sees), "{role:?}");
    }
    assert!(titles(&harness, city, None).await.is_empty());

    let published = harness.publish(city, &made).await;
    assert!(published.published && published.etag != made.etag);
    assert_eq!(harness.publish(city, &made).await, published, "publishing again changes nothing");
    assert_eq!(harness.get(city, &made).await.unwrap(), published);
    assert_eq!(titles(&harness, city, None).await, ["Budget"]);
    assert_eq!(harness.subjects("spaces.process.published").await, [made.process_id]);
}

#[tokio::test]
async fn the_current_phase_follows_the_clock() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let made = harness.process(city, &[(1, 2), (2, 3), (4, 5)]).await;
    harness.publish(city, &made).await;
    let second = TimeDelta::seconds(1);
    let hour = TimeDelta::hours(1);
    for (time, current) in [
        (start() + hour - second, None),
        (start() + hour, Some(0)),
        (start() + hour * 2 - second, Some(0)),
        (start() + hour * 2, Some(1)),
        (start() + hour * 3, None),
        (start() + hour * 4, Some(2)),
        (start() + hour * 5, None),
    ] {
        harness.clock.set(time);
        let seen = harness.get(city, &made).await.unwrap();
        let expected = current.map(|index: usize| made.phases[index].clone());
        assert_eq!(seen.current_phase, expected, "{time}");
    }
}

#[tokio::test]
async fn the_same_request_again_creates_nothing_twice() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let request = proto::CreateProcessRequest {
        title: "Budget".into(),
        request_id: comitia_core::id::new().to_string(),
        ..Default::default()
    };
    let first = harness.grpc.create_process(administrator(city, request.clone())).await.unwrap().into_inner();
    harness.clock.advance(TimeDelta::hours(1));
    let again = harness.grpc.create_process(administrator(city, request)).await.unwrap().into_inner();
    assert_eq!(first, again);
    assert_eq!(titles(&harness, city, Some(Role::Administrator)).await.len(), 1);

    let request = proto::CreateComponentRequest {
        process_id: first.process.unwrap().process_id,
        kind: proto::ComponentKind::Budgets.into(),
        title: "Budgets".into(),
        request_id: comitia_core::id::new().to_string(),
    };
    let one = harness.grpc.create_component(administrator(city, request.clone())).await.unwrap().into_inner();
    let two = harness.grpc.create_component(administrator(city, request)).await.unwrap().into_inner();
    assert_eq!(one, two);
}

#[tokio::test]
async fn processes_come_in_pages_newest_first() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(harness.process(city, &[]).await.process_id);
    }
    made.reverse();
    let mut seen = Vec::new();
    let mut request = proto::ListProcessesRequest { page_size: 2, page_token: String::new() };
    loop {
        let call = administrator(city, request.clone());
        let answer = harness.grpc.list_processes(call).await.unwrap().into_inner();
        assert!(answer.processes.len() <= 2);
        seen.extend(answer.processes.into_iter().map(|process| process.process_id));
        if answer.next_page_token.is_empty() {
            break;
        }
        request.page_token = answer.next_page_token;
    }
    assert_eq!(seen, made);
    request.page_token = "made up".into();
    let refused = refusal(harness.grpc.list_processes(anybody(city, request)).await);
    assert_eq!(refused, ("INVALID_ARGUMENT PAGE_TOKEN_INVALID".into(), vec!["page_token".into()]));
}

#[tokio::test]
async fn an_update_changes_what_its_mask_names() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let made = harness.process(city, &[(1, 2), (3, 4)]).await;
    harness.clock.advance(TimeDelta::minutes(1));

    let change = proto::Process {
        process_id: made.process_id.clone(),
        title: "New".into(),
        description: "Text".into(),
        ..Default::default()
    };
    let one = update(&harness, city, change.clone(), &["description"]).await.unwrap();
    assert_eq!((one.title.as_str(), one.description.as_str()), ("Budget", "Text"));
    assert_eq!(one.phases, made.phases);
    assert!(
        one.etag != made.etag && one.update_time != made.update_time && one.create_time == made.create_time
    );

    // Without a mask: what is set.
    let two =
        update(&harness, city, proto::Process { description: String::new(), ..change.clone() }, &[]).await;
    let two = two.unwrap();
    assert_eq!((two.title.as_str(), two.description.as_str(), two.phases.len()), ("New", "Text", 2));

    // A phase is kept by its id, another one removed, a new one added.
    let mut moved = made.phases[1].clone();
    moved.end_time = phase(3, 9).end_time;
    let phases = vec![moved.clone(), phase(0, 1)];
    let three =
        update(&harness, city, proto::Process { phases, ..change.clone() }, &["phases"]).await.unwrap();
    assert_eq!(three.phases.len(), 2);
    assert_eq!(three.phases[1], moved);
    assert!(made.phases.iter().all(|phase| phase.phase_id != three.phases[0].phase_id));

    let four = update(&harness, city, change, &["*"]).await.unwrap();
    assert_eq!((four.title.as_str(), four.phases.len()), ("New", 0));
}

#[tokio::test]
async fn an_update_with_an_old_etag_changes_nothing() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let made = harness.process(city, &[]).await;
    let mine = proto::Process { title: "Mine".into(), ..made.clone() };
    let won = update(&harness, city, mine.clone(), &["title"]).await.unwrap();
    let lost = refusal(update(&harness, city, mine, &["title"]).await);
    assert_eq!(lost, ("ABORTED ETAG_MISMATCH".into(), vec!["process.etag".into()]));
    let blind = proto::Process { title: "Blind".into(), etag: String::new(), ..made };
    assert_eq!(update(&harness, city, blind, &["title"]).await.unwrap().title, "Blind");
    assert_eq!(won.title, "Mine");

    // Of several that read the same, one wins.
    let read = proto::Process { title: "Race".into(), ..harness.process(city, &[]).await };
    let attempts = [(); 4].map(|()| update(&harness, city, read.clone(), &["title"]));
    let [a, b, c, d] = attempts;
    let results = tokio::join!(a, b, c, d);
    let won = [results.0, results.1, results.2, results.3].into_iter().filter(Result::is_ok).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn phases_that_do_not_fit_are_refused_by_name() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let create = async |phases: Vec<proto::Phase>| {
        let request = proto::CreateProcessRequest { title: "Budget".into(), phases, ..Default::default() };
        refusal(harness.grpc.create_process(administrator(city, request)).await)
    };
    let invalid = "INVALID_ARGUMENT PHASE_DATES_INVALID".to_owned();
    let ends = create(vec![phase(1, 2), phase(5, 4)]).await;
    assert_eq!(ends, (invalid.clone(), vec!["phases[1].end_time".into()]));
    let overlap = create(vec![phase(1, 3), phase(2, 4)]).await;
    assert_eq!(overlap, (invalid.clone(), vec!["phases[1].start_time".into()]));

    let made = harness.process(city, &[(1, 2)]).await;
    let with = |phases: Vec<proto::Phase>| proto::Process { phases, ..made.clone() };
    let refused = refusal(update(&harness, city, with(vec![phase(2, 1)]), &["phases"]).await);
    assert_eq!(refused, (invalid, vec!["process.phases[0].end_time".into()]));
    let foreign = proto::Phase { phase_id: comitia_core::id::new().to_string(), ..phase(3, 4) };
    let refused = refusal(update(&harness, city, with(vec![phase(1, 2), foreign]), &["phases"]).await);
    assert_eq!(refused.1, ["process.phases[1].phase_id"]);
    let read = proto::GetProcessRequest { process_id: made.process_id.clone() };
    let read = harness.grpc.get_process(administrator(city, read)).await.unwrap().into_inner();
    assert_eq!(read.process.unwrap(), made, "a refused update changes nothing");
}

#[tokio::test]
async fn every_rule_of_a_process_is_kept() {
    type Change = fn(&mut proto::CreateProcessRequest);
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let cases: [(Change, &str); 10] = [
        (|request| request.title = String::new(), "title"),
        (|request| request.title = "x".repeat(201), "title"),
        (|request| request.description = "x".repeat(20_001), "description"),
        (|request| request.phases[0].title = String::new(), "phases[0].title"),
        (|request| request.phases[0].kind = 0, "phases[0].kind"),
        (|request| request.phases[0].kind = 77, "phases[0].kind"),
        (|request| request.phases[0].start_time = None, "phases[0].start_time"),
        (|request| request.phases[0].end_time = None, "phases[0].end_time"),
        (|request| request.phases = (0..101).map(|hour| phase(hour, hour + 1)).collect(), "phases"),
        (|request| request.request_id = "none".into(), "request_id"),
    ];
    for (change, field) in cases {
        let mut request = proto::CreateProcessRequest {
            title: "Budget".into(),
            phases: vec![phase(1, 2)],
            ..Default::default()
        };
        change(&mut request);
        let refused = refusal(harness.grpc.create_process(administrator(city, request)).await);
        assert_eq!(refused, ("INVALID_ARGUMENT FIELD_INVALID".into(), vec![field.into()]));
    }
    let made = harness.process(city, &[]).await;
    let refused = refusal(update(&harness, city, made.clone(), &["published"]).await);
    assert_eq!(refused.1, ["update_mask"]);
    let untitled = proto::Process { title: String::new(), ..made };
    assert_eq!(refusal(update(&harness, city, untitled, &["title"]).await).1, ["process.title"]);
    let nothing = proto::UpdateProcessRequest::default();
    let refused = refusal(harness.grpc.update_process(administrator(city, nothing)).await);
    assert_eq!(refused.1, ["process"]);
    let nobody = comitia_core::id::new();
    let request = proto::CreateProcessRequest { title: "Budget".into(), ..Default::default() };
    let refused = refusal(harness.grpc.create_process(administrator(nobody, request)).await);
    assert_eq!(refused.0, "NOT_FOUND ORGANIZATION_UNKNOWN");
}

#[tokio::test]
async fn components_come_and_go() {
    let harness = Harness::start().await;
    let city = harness.organization().await;
    let made = harness.process(city, &[]).await;
    harness.publish(city, &made).await;
    let request = proto::CreateComponentRequest {
        process_id: made.process_id.clone(),
        kind: proto::ComponentKind::Proposals.into(),
        title: "Ideas".into(),
        request_id: String::new(),
    };
    let before = harness.get(city, &made).await.unwrap();
    let answer = harness.grpc.create_component(administrator(city, request.clone())).await.unwrap();
    let component = answer.into_inner().component.unwrap();
    let after = harness.get(city, &made).await.unwrap();
    assert_eq!(after.components, std::slice::from_ref(&component));
    assert_ne!(after.etag, before.etag);

    for (bad, field) in [
        (proto::CreateComponentRequest { kind: 0, ..request.clone() }, "kind"),
        (proto::CreateComponentRequest { title: String::new(), ..request.clone() }, "title"),
        (proto::CreateComponentRequest { process_id: "x".into(), ..request.clone() }, "process_id"),
    ] {
        assert_eq!(refusal(harness.grpc.create_component(administrator(city, bad)).await).1, [field]);
    }
    let missing = "NOT_FOUND RESOURCE_NOT_FOUND";
    let nowhere =
        proto::CreateComponentRequest { process_id: comitia_core::id::new().to_string(), ..request };
    assert_eq!(refusal(harness.grpc.create_component(administrator(city, nowhere)).await).0, missing);

    let request = proto::DeleteComponentRequest {
        process_id: made.process_id.clone(),
        component_id: component.component_id,
    };
    harness.grpc.delete_component(administrator(city, request.clone())).await.unwrap();
    assert_eq!(refusal(harness.grpc.delete_component(administrator(city, request)).await).0, missing);
    assert!(harness.get(city, &made).await.unwrap().components.is_empty());
}
