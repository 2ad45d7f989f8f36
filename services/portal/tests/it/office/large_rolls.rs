//! A large roll, whose loading goes on behind a page that says how far it is.

use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::identity::v1::*;
use comitia_testkit::wait_until;

use super::{administrator, roll_path};
use crate::site::{Page, Site};

const PATIENCE: Duration = Duration::from_secs(20);

/// The preview of a file of 3 MB, of which all lines are new, or some.
async fn preview(site: &Site, all_new: bool) -> Page {
    let read = ReloadMembersResponse {
        line_count: 90_000,
        added_count: if all_new { 90_000 } else { 80_000 },
        etag: "plan-1".into(),
        ..ReloadMembersResponse::default()
    };
    site.double.give::<ReloadMembersRequest, _>(read);
    site.upload(&format!("{}/file", roll_path()), &[], "liste.csv", &file()).await
}

fn file() -> Vec<u8> {
    (0..3_000_000_u32).map(|number| u8::try_from(number % 251).unwrap()).collect()
}

async fn load(site: &Site, page: &Page) -> Page {
    let names = ["upload", "encoding", "etag", "request_id"];
    let fields: Vec<_> = names.iter().map(|name| (*name, page.hidden(name))).collect();
    let all_new = page.text.contains("name=\"all_new\"").then_some(("all_new", "yes"));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).chain(all_new).collect();
    site.post(&format!("{}/load", roll_path()), &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_roll_is_loaded_behind_its_page() {
    let site = administrator().await;
    let shown = preview(&site, true).await;
    let (go_on, goes_on) = mpsc::channel::<()>();
    let goes_on = Mutex::new(goes_on);
    site.double.on(move |_: &UploadMembersRequest| {
        // The other calls go on meanwhile.
        let _ = tokio::task::block_in_place(|| goes_on.lock().unwrap().recv());
        Ok(UploadMembersResponse { import: Some(ImportMembersResponse::default()) })
    });
    let begun = load(&site, &shown).await;
    begun.is(303);
    let there = begun.header("location").to_owned();
    assert_eq!(there, format!("{}/load/{}", roll_path(), shown.hidden("request_id")));
    let page = site.get(&there).await;
    page.is(200).shows(&["Chargement de la liste", "Rien n’est visible avant"]);
    assert_eq!(page.header("refresh"), "2");
    wait_until("the file at identity", PATIENCE, async || {
        !site.double.calls::<UploadMembersRequest>().is_empty()
    })
    .await;
    // A double click, and who comes back, see the same.
    assert_eq!(load(&site, &shown).await.header("location"), there);
    wait_until("the progress", PATIENCE, async || site.get(&there).await.text.contains("<progress")).await;
    go_on.send(()).unwrap();
    wait_until("the end", PATIENCE, async || site.get(&there).await.status == 303).await;
    assert_eq!(site.get(&there).await.header("location"), format!("{}?done=loaded", roll_path()));
    let sent = site.double.calls::<UploadMembersRequest>();
    assert_eq!(sent.len(), 1, "it is loaded once");
    let sent = &sent[0].0;
    assert!(sent.file == file() && sent.complete);
    assert_eq!(sent.import.as_ref().unwrap().request_id, shown.hidden("request_id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_loaded_is_said_on_its_page() {
    let site = administrator().await;
    for (all_new, code, reason, words) in [
        (true, ErrorCode::InvalidArgument, Reason::CsvInvalid, "La liste a changé depuis"),
        (true, ErrorCode::Unavailable, Reason::DependencyUnavailable, "Le chargement a été interrompu"),
        (false, ErrorCode::Aborted, Reason::RollChanged, "La liste a changé depuis"),
    ] {
        let shown = preview(&site, all_new).await;
        assert_eq!(shown.text.contains("name=\"all_new\""), all_new);
        let refused = move || ApiError::new(code, reason, "no");
        site.double.on(move |_: &UploadMembersRequest| Err::<UploadMembersResponse, _>(refused().into()));
        site.double.on(move |_: &ReloadMembersRequest| Err::<ReloadMembersResponse, _>(refused().into()));
        let there = load(&site, &shown).await.header("location").to_owned();
        wait_until("the end", PATIENCE, async || site.get(&there).await.text.contains("Rien n’a été chargé"))
            .await;
        let page = site.get(&there).await;
        page.is(200).shows(&[words, "/file\""]);
        assert!(page.headers.get("refresh").is_none());
    }
    let unknown = format!("{}/load/0192f0c1-0000-7000-8000-00000000dead", roll_path());
    site.get(&unknown).await.is(404);
}
