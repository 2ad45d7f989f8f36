//! Processes: made, dated, filled, published.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::common::v1::Role;
use comitia_proto::spaces::v1::*;

use super::{administrator, office};
use crate::city::{PROCESS, process, process_path};

fn path() -> String {
    format!("/fr/office{}", process_path())
}

fn created(site: &crate::site::Site) {
    site.double.on(|request: &CreateProcessRequest| {
        let process =
            Process { process_id: PROCESS.into(), title: request.title.clone(), ..Process::default() };
        Ok(CreateProcessResponse { process: Some(process) })
    });
    site.double.give::<CreateComponentRequest, _>(CreateComponentResponse::default());
}

#[tokio::test]
async fn the_list_says_where_each_process_stands() {
    let site = administrator().await;
    site.get("/fr/office/processes")
        .await
        .is(200)
        .shows(&["En préparation", "Maintenant, jusqu’au 12 juin 2026"]);
    site.double.give::<ListProcessesRequest, _>(ListProcessesResponse::default());
    site.get("/fr/office/processes").await.is(200).shows(&["Commencez par un modèle"]);
    site.get("/fr/office").await.shows(&["Créez votre première démarche"]);
    let site = office(&[Role::Auditor]).await;
    site.get("/fr/office/processes").await.is(200).hides(&["Créer une démarche"]);
    site.get(&path()).await.is(200).hides(&["Publier…", "/phases\"", "Ajouter une composante"]);
}

#[tokio::test]
async fn a_template_brings_phases_and_components_once() {
    let site = administrator().await;
    created(&site);
    let form = site.get("/fr/office/processes/new").await;
    form.is(200).shows(&["Budget participatif", "Boîte à idées", "Copie d’une autre démarche"]);
    let id = form.hidden("request_id");
    site.post("/fr/office/processes/new", &[("template", "budget"), ("title", "")]).await.is(422).shows(&[
        "href=\"#title\"",
        "href=\"#first\"",
        "value=\"budget\" checked",
    ]);
    let fields = [
        ("request_id", id.as_str()),
        ("title", "Budget 2027"),
        ("template", "budget"),
        ("first", "2026-10-01"),
    ];
    for _ in 0..2 {
        let page = site.post("/fr/office/processes/new", &fields).await;
        page.is(303);
        assert!(page.header("location").ends_with("?done=created"), "{page:?}");
    }
    let calls = site.double.calls::<CreateProcessRequest>();
    let (request, _) = calls.last().unwrap();
    assert_eq!((request.phases.len(), &request.request_id), (5, &id));
    assert_eq!(request.phases[0].start_time.unwrap().seconds, 1_790_805_600);
    assert_eq!(request.phases[3].kind(), PhaseKind::Vote);
    let components = site.double.calls::<CreateComponentRequest>();
    assert_eq!(components.len(), 4);
    assert_eq!(components[0].0.request_id, components[2].0.request_id);
    assert_ne!(components[0].0.request_id, components[1].0.request_id);
}

#[tokio::test]
async fn a_copy_takes_the_calendar_along() {
    let site = administrator().await;
    created(&site);
    let fields = [("title", "Encore"), ("template", "copy"), ("copied", ""), ("first", "2027-06-08")];
    site.post("/fr/office/processes/new", &fields).await.is(422).shows(&["Choisissez la démarche à copier"]);
    let fields = [("title", "Encore"), ("template", "copy"), ("copied", PROCESS), ("first", "2027-06-08")];
    site.post("/fr/office/processes/new", &fields).await.is(303);
    let (request, _) = site.double.calls::<CreateProcessRequest>().pop().unwrap();
    let from = process(PhaseKind::Submission);
    let year = 365 * 24 * 3600;
    let start = |phase: &Phase| phase.start_time.unwrap().seconds;
    assert_eq!(start(&request.phases[1]), start(&from.phases[1]) + year);
    assert!(request.phases[0].phase_id.is_empty());
}

/// The rows of the calendar's form.
fn rows(list: &[(&str, &str, &str)]) -> Vec<(String, String)> {
    let mut fields = vec![("rows".to_owned(), list.len().to_string()), ("etag".to_owned(), "p1".to_owned())];
    for (place, (title, first, last)) in list.iter().enumerate() {
        for (name, value) in [("title", *title), ("kind", "vote"), ("first", first), ("last", last)] {
            fields.push((format!("{name}-{place}"), value.to_owned()));
        }
    }
    fields
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn the_calendar_is_checked_before_it_is_saved() {
    let site = administrator().await;
    let path = format!("{}/phases", path());
    site.get(&path).await.is(200).shows(&[
        "Europe/Paris",
        "value=\"2026-06-09\"",
        "Phase 1",
        "Phase de plus",
    ]);

    let overlap = rows(&[("A", "2026-07-01", "2026-07-10"), ("B", "2026-07-10", "2026-07-20")]);
    let page = site.post(&path, &borrowed(&overlap)).await;
    page.is(422).shows(&["commence avant la fin de « A »", "href=\"#first-1\"", "value=\"2026-07-20\""]);
    let odd = rows(&[("", "2026-02-30", "2026-07-10")]);
    site.post(&path, &borrowed(&odd))
        .await
        .is(422)
        .shows(&["href=\"#title-0\"", "Choisissez un jour qui existe"]);

    let mut gap = rows(&[("A", "2026-07-01", "2026-07-10"), ("B", "2026-07-13", "2026-07-20")]);
    let page = site.post(&path, &borrowed(&gap)).await;
    page.is(200).shows(&[
        "rien n’est ouvert pendant 2 jours",
        "Enregistrer le calendrier",
        "Ce qui change",
        "Nouvelle",
    ]);
    page.hides(&["La démarche est publiée"]);
    assert!(site.double.calls::<UpdateProcessRequest>().is_empty());

    site.double.give::<UpdateProcessRequest, _>(UpdateProcessResponse::default());
    gap.push(("to".into(), "change".into()));
    site.post(&path, &borrowed(&gap)).await.is(200).shows(&["value=\"2026-07-13\""]);
    gap.pop();
    gap.push(("to".into(), "save".into()));
    site.post(&path, &borrowed(&gap)).await.is(303);
    let (request, _) = site.double.calls::<UpdateProcessRequest>().pop().unwrap();
    let sent = request.process.unwrap();
    assert_eq!((sent.phases.len(), sent.etag.as_str()), (2, "p1"));
    assert_eq!(sent.phases[0].end_time.unwrap().seconds, 1_783_720_800);
    assert_eq!(request.update_mask.unwrap().paths, ["phases"]);
}

#[tokio::test]
async fn dates_of_a_published_process_move_with_a_word_and_a_vote_keeps_its_phase() {
    let site = administrator().await;
    let mut published = Process { etag: "p1".into(), ..process(PhaseKind::Vote) };
    for (place, phase) in published.phases.iter_mut().enumerate() {
        phase.phase_id = format!("phase-{place}");
    }
    site.double.give::<GetProcessRequest, _>(GetProcessResponse { process: Some(published) });
    let path = format!("{}/phases", path());
    let mut fields = rows(&[("A", "2026-07-01", "2026-07-10")]);
    site.post(&path, &borrowed(&fields)).await.is(200).shows(&["La démarche est publiée", "Supprimée"]);
    fields.push(("to".into(), "save".into()));
    let long = "x".repeat(1_001);
    let long = [borrowed(&fields), vec![("reason", long.as_str())]].concat();
    site.post(&path, &long).await.is(422);
    for (reason, words) in [
        (Reason::PhaseHasVote, "Un vote est programmé ou ouvert"),
        (Reason::EtagMismatch, "modifié cette page entre-temps"),
    ] {
        site.double.on(move |_: &UpdateProcessRequest| {
            Err::<UpdateProcessResponse, _>(ApiError::new(ErrorCode::Aborted, reason, "no").into())
        });
        site.post(&path, &borrowed(&fields)).await.shows(&[words, "value=\"2026-07-10\""]);
    }
}

#[tokio::test]
async fn text_and_components_change() {
    let site = administrator().await;
    let text = format!("{}/text", path());
    site.double.on(|_: &UpdateProcessRequest| {
        Err::<UpdateProcessResponse, _>(ApiError::invalid_field("process.title", "must have 1").into())
    });
    site.post(&text, &[("title", ""), ("description", "Neuf & vieux")])
        .await
        .is(422)
        .shows(&["href=\"#title\"", "Neuf &amp; vieux"]);
    let components = format!("{}/components", path());
    site.double.on(|_: &CreateComponentRequest| {
        Err::<CreateComponentResponse, _>(ApiError::invalid_field("title", "must have 1").into())
    });
    site.post(&components, &[("kind", "budgets"), ("component", "")])
        .await
        .is(422)
        .shows(&["href=\"#component\""]);
    site.double.give::<CreateComponentRequest, _>(CreateComponentResponse::default());
    site.post(&components, &[("kind", "budgets"), ("component", "Vos budgets")]).await.is(303);
    let (request, _) = site.double.calls::<CreateComponentRequest>().pop().unwrap();
    assert_eq!((request.kind(), request.title.as_str()), (ComponentKind::Budgets, "Vos budgets"));
}

#[tokio::test]
async fn a_component_is_removed_after_a_question() {
    let site = administrator().await;
    let component =
        Component {
            component_id: "c1".into(), kind: ComponentKind::Proposals.into(), title: "Idées".into()
        };
    let with = Process { components: vec![component], ..process(PhaseKind::Submission) };
    site.double.give::<GetProcessRequest, _>(GetProcessResponse { process: Some(with) });
    site.double.give::<DeleteComponentRequest, _>(DeleteComponentResponse {});
    let path = format!("{}/components/c1/remove", path());
    site.get(&path).await.is(200).shows(&["Retirer la composante « Idées »"]);
    site.post(&path, &[]).await.is(422);
    site.post(&path, &[("sure", "yes")]).await.is(303);
    assert_eq!(site.double.calls::<DeleteComponentRequest>().len(), 1);
    site.get(&path.replace("c1", "c2")).await.is(404);
}

#[tokio::test]
async fn publishing_says_what_will_happen() {
    let site = administrator().await;
    site.double.give::<PublishProcessRequest, _>(PublishProcessResponse::default());
    let path = format!("{}/publish", path());
    site.get(&path).await.is(200).shows(&[
        "Publier « Budget 2026 »",
        "Maintenant, jusqu’au",
        "ne peut plus être cachée",
        "n’a pas de phase de vote",
    ]);
    site.post(&path, &[]).await.is(422).shows(&["Cochez la case"]);
    assert!(site.double.calls::<PublishProcessRequest>().is_empty());
    let page = site.post(&path, &[("sure", "yes")]).await;
    page.is(303);
    assert!(page.header("location").ends_with("?done=published"));
}
