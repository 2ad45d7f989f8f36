//! A copy of a roll as a file.

use comitia_proto::identity::v1::*;

use super::{ROLL, administrator, roll_path};

#[tokio::test]
async fn a_copy_is_asked_for_and_comes_as_a_file() {
    let site = administrator().await;
    site.get(&roll_path()).await.is(200).shows(&[&format!("{}/copy", roll_path())]);
    let content = "member_number,district\n0042,quais\n";
    site.double.give::<ExportMembersRequest, _>(ExportMembersResponse { content: content.into() });
    let path = format!("{}/copy", roll_path());
    site.get(&path).await.is(200).shows(&["Télécharger une copie de «\u{a0}Habitants 2026", "historique"]);
    site.post(&path, &[]).await.is(422).shows(&["href=\"#sure\""]);
    assert!(site.double.calls::<ExportMembersRequest>().is_empty(), "a copy is written into the history");
    let file = site.post(&path, &[("sure", "yes")]).await;
    file.is(200);
    assert_eq!(file.text, content);
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"habitants-2026-"));
    assert_eq!(file.header("cache-control"), "no-store");
    assert_eq!(site.double.calls::<ExportMembersRequest>()[0].0.roll_id, ROLL);
}
