//! A roll from a file: read and shown, nothing half done, and what is wrong in the words of the page.

use comitia_platform::error::ErrorCode;
use comitia_platform::{ApiError, Reason};
use comitia_proto::identity::v1::*;

use super::{administrator, roll_path};
use crate::site::Site;

fn path() -> String {
    format!("{}/file", roll_path())
}

fn read() -> ReloadMembersResponse {
    let member = |number: &str| Member {
        member_number: number.into(),
        district: "quais".into(),
        birth_date: "1980-02-28".into(),
        ..Member::default()
    };
    ReloadMembersResponse {
        line_count: 3,
        added_count: 2,
        unchanged_count: 1,
        first_members: vec![member("0001"), member("<0002>")],
        columns: vec!["member_number".into(), "district".into(), "birth_date".into()],
        separator: ";".into(),
        encoding: "windows-1252".into(),
        etag: "plan-1".into(),
        ..ReloadMembersResponse::default()
    }
}

fn answer(site: &Site, read: ReloadMembersResponse) {
    site.double.give::<ReloadMembersRequest, _>(read);
}

#[tokio::test]
async fn a_file_is_shown_as_it_was_read_and_loaded_as_it_was_shown() {
    let site = administrator().await;
    answer(&site, read());
    site.get(&path()).await.is(200).shows(&["multipart/form-data", "member_number", "Reconnaître"]);
    // Larger than one piece of what is kept.
    let file: Vec<u8> = (0..900_000_u32).map(|number| u8::try_from(number % 251).unwrap()).collect();
    let page = site.upload(&path(), &[("encoding", "windows-1252")], "liste.csv", &file).await;
    page.is(200).shows(&[
        "Rien n’est encore fait",
        "windows-1252",
        "point-virgule",
        "Numéro, Quartier, Date de naissance",
        "0001",
        "&lt;0002&gt;",
        "nouveaux membres",
    ]);
    let (shown, _) = site.double.calls::<ReloadMembersRequest>().pop().unwrap();
    assert!(shown.validate_only && shown.file == file && shown.encoding == "windows-1252");

    let fields = [
        ("upload", page.hidden("upload")),
        ("encoding", page.hidden("encoding")),
        ("etag", page.hidden("etag")),
        ("request_id", page.hidden("request_id")),
    ];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let load = format!("{}/load", roll_path());
    let done = site.post(&load, &fields).await;
    assert_eq!(done.header("location"), format!("{}?done=loaded", roll_path()));
    let (loaded, _) = site.double.calls::<ReloadMembersRequest>().pop().unwrap();
    assert!(!loaded.validate_only && loaded.file == file);
    assert_eq!((loaded.etag.as_str(), loaded.encoding.as_str()), ("plan-1", "windows-1252"));
    assert_eq!(loaded.request_id, page.hidden("request_id"));

    // It is kept no longer than it is needed.
    let again = site.post(&load, &fields).await;
    again.is(422).shows(&["Le fichier n’est plus là", "href=\"#file\""]);
    assert_eq!(site.get(&load).await.header("location"), path());
    site.post(&load, &[("upload", "x")]).await.is(400);
}

#[tokio::test]
async fn who_would_leave_is_asked_for() {
    let site = administrator().await;
    let change = MemberChange {
        kind: MemberChangeKind::Left.into(),
        member_number: "0009".into(),
        ..MemberChange::default()
    };
    answer(&site, ReloadMembersResponse { left_count: 1, changes: vec![change], ..read() });
    let page = site.upload(&path(), &[], "liste.csv", b"member_number\n1\n").await;
    page.is(200).shows(&["1 membre de la liste n’est pas dans le fichier", "0009", "Le fichier est complet"]);
    let (upload, etag) = (page.hidden("upload"), page.hidden("etag"));
    let mut fields = vec![("upload", upload.as_str()), ("etag", &etag), ("leave", "yes")];
    let load = format!("{}/load", roll_path());
    site.post(&load, &fields).await.is(422).shows(&["href=\"#sure\"", "0009"]);
    let done = |site: &Site| {
        site.double.calls::<ReloadMembersRequest>().iter().filter(|(call, _)| !call.validate_only).count()
    };
    assert_eq!(done(&site), 0);
    fields.push(("sure", "yes"));
    site.post(&load, &fields).await.is(303);
    assert_eq!(done(&site), 1);
}

#[tokio::test]
async fn a_roll_that_changed_meanwhile_is_shown_again() {
    let site = administrator().await;
    answer(&site, read());
    let page = site.upload(&path(), &[], "liste.csv", b"member_number\n1\n").await;
    let upload = page.hidden("upload");
    site.double.on(|request: &ReloadMembersRequest| match request.validate_only {
        true => Ok(ReloadMembersResponse { etag: "plan-2".into(), ..read() }),
        false => Err(ApiError::new(ErrorCode::Aborted, Reason::RollChanged, "changed").into()),
    });
    let page = site.post(&format!("{}/load", roll_path()), &[("upload", &upload), ("etag", "plan-1")]).await;
    page.is(422).shows(&["La liste a changé depuis"]);
    assert_eq!(page.hidden("etag"), "plan-2");
}

#[tokio::test]
async fn bad_lines_have_line_column_and_what_to_do() {
    let site = administrator().await;
    let bad = |line, column: &str, rule: &str| BadLine { line, column: column.into(), rule: rule.into() };
    answer(
        &site,
        ReloadMembersResponse {
            rejected_count: 1234,
            bad_lines: vec![
                bad(12, "birth_date", "must be a date, YYYY-MM-DD"),
                bad(40, "member_number", "must be on one line only, and is on line 12"),
                bad(41, "line", "must have 4 fields as the header has, and has 3"),
            ],
            ..read()
        },
    );
    site.upload(&path(), &[], "liste.csv", b"member_number\n1\n").await.is(422).shows(&[
        "1 234 points sont à corriger",
        "Rien n’a été fait",
        ">12<",
        "Écrivez la date comme 28/02/1980",
        "figure déjà à la ligne 12",
        "a 3 valeurs et non 4",
    ]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_says_what_to_do() {
    let site = administrator().await;
    for (column, rule, words) in [
        ("encoding", "byte 2 (0xBA) is not UTF-8: the file is", "Windows, Europe occidentale"),
        ("encoding", "is a workbook of a spreadsheet and no CSV", "C’est un classeur de tableur"),
        ("encoding", "is no CSV, whatever its name says", "quel que soit son nom"),
        ("header", "must have no names but member_number, district", "Supprimez les titres au-dessus"),
    ] {
        site.double.on(move |_: &ReloadMembersRequest| {
            let error = ApiError::new(ErrorCode::InvalidArgument, Reason::CsvInvalid, "bad")
                .with_violation(format!("csv line 3, column {column}"), rule);
            Err::<ReloadMembersResponse, _>(error.into())
        });
        let page = site.upload(&path(), &[("encoding", "windows-1250")], "liste.csv", b"x").await;
        page.is(422).shows(&[words, ">3<", "value=\"windows-1250\" selected"]);
    }
    site.upload(&path(), &[], "liste.csv", b"").await.is(422).shows(&["Choisissez un fichier"]);
    // What is no form with a file is refused.
    site.post(&path(), &[("encoding", "")]).await.is(400);
}

#[tokio::test]
async fn what_is_kept_is_of_one_file_and_nobody_reads_it() {
    let site = administrator().await;
    answer(&site, read());
    let unknown = "0192f0c1-0000-7000-8000-00000000ffff";
    site.post(&format!("{}/load", roll_path()), &[("upload", unknown)])
        .await
        .is(422)
        .shows(&["Le fichier n’est plus là"]);
}
