//! Rolls from the files that offices have: read as they are meant, or refused by line and reason; numbers that people can
//! type; corrections and registers that are loaded again.

use std::time::Duration;

use comitia_cli::api::text;
use comitia_testkit::wait_for;
use serde_json::{Value, json};

use crate::city::{HOST, Installation};

/// What the API answers to a body as it is: status and JSON.
async fn send(
    here: &Installation,
    method: &str,
    path: &str,
    kind: &str,
    body: impl Into<reqwest::Body>,
) -> (u16, Value) {
    let request = reqwest::Client::new()
        .request(method.parse().unwrap(), format!("{}{path}", here.embedded.url))
        .header("host", HOST)
        .bearer_auth(&here.city.token);
    let answer = request.header("content-type", kind).body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn roll(here: &Installation) -> String {
    let roll = here.post("/v1/rolls", json!({"title": "Roll"})).await.unwrap();
    text(&roll, "/roll/rollId").unwrap()
}

/// The codes of a roll's members who have none yet.
async fn codes(here: &Installation, roll: &str) -> Vec<(String, String)> {
    let codes = here.post(&format!("/v1/rolls/{roll}/accessCodes:generate"), json!({})).await.unwrap();
    let codes = codes["accessCodes"].as_array().unwrap().iter();
    codes.map(|code| (text(code, "/memberNumber").unwrap(), text(code, "/accessCode").unwrap())).collect()
}

async fn sign_in(here: &Installation, number: &str, code: &str) -> Result<String, String> {
    let body = json!({"memberNumber": number, "accessCode": code});
    let answer = here.api.post("/v1/sessions:signInWithAccessCode", None, &body).await;
    answer.map(|answer| text(&answer, "/session/accessToken").unwrap()).map_err(|failure| failure.to_string())
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_files_of_offices_are_read_and_their_numbers_can_be_typed() {
    let here = Installation::start(1, &[]).await;
    let plain = "member_number;district\r\n1001;north\r\n";
    let marked = format!("\u{feff}{plain}");
    for (kind, file) in [
        ("text/csv", plain.as_bytes().to_vec()),
        ("text/csv; charset=utf-8", marked.as_bytes().to_vec()),
        ("text/csv", utf_16(plain, u16::to_le_bytes)),
        ("text/csv", utf_16(&marked, u16::to_be_bytes)),
        ("text/csv", format!("sep=;\r\n{plain};\r\n;;;\r\n\r\n").into_bytes()),
        ("text/csv", plain.replace(';', "\t").into_bytes()),
        ("text/csv", plain.replace(';', ",").replace("1001", "\u{200b}1001\u{a0}").into_bytes()),
        ("text/csv", plain.replace("1001", "=\"1001\"").into_bytes()),
        ("text/csv", plain.replace("1001", "'1001").into_bytes()),
        ("text/csv", plain.replace("1001", "１００１").into_bytes()),
    ] {
        let roll = roll(&here).await;
        let path = format!("/v1/rolls/{roll}/members:import");
        let (status, answer) = send(&here, "POST", &path, kind, file).await;
        assert_eq!(
            (status, &answer["importedCount"], &answer["lineCount"]),
            (200, &json!("1"), &json!("1")),
            "{answer}"
        );
        let codes = codes(&here, &roll).await;
        assert_eq!(codes[0].0, "1001", "letters have what can be typed");
        let wide: String =
            codes[0].1.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        for (number, code) in [("1001", codes[0].1.clone()), (" １００１\u{a0}", wide)] {
            sign_in(&here, number, &code).await.unwrap();
        }
    }

    let roll = roll(&here).await;
    let path = format!("/v1/rolls/{roll}/members:import");
    let (_, answer) = send(&here, "POST", &path, "text/csv", "member_number\n12345678Z\n").await;
    assert_eq!(answer["importedCount"], "1");
    let letter = codes(&here, &roll).await.remove(0);
    sign_in(&here, "12345678z", &letter.1).await.unwrap();

    let latin = b"member_number,district\r\nn\xba1001,north\r\n".to_vec();
    for (kind, file, field, words) in [
        ("text/csv", latin.clone(), "csv line 2, column encoding", "Windows-1252"),
        ("text/csv; charset=wide", latin.clone(), "encoding", "must be the name of an encoding"),
        (
            "text/csv",
            "member_number\nn\u{fffd}1\n".into(),
            "csv line 2, column member_number",
            "cannot be read",
        ),
        (
            "text/csv",
            "member_number,district,District\n1,a,b\n".into(),
            "csv line 1, column header",
            "district twice",
        ),
        ("text/csv", "member_number\n12345678z\n".into(), "csv line 2, column member_number", "already"),
        ("text/csv", b"PK\x03\x04\x14\0".to_vec(), "csv line 1, column encoding", "workbook"),
        ("text/plain", latin.clone(), "content-type", "text/csv"),
    ] {
        let (status, answer) = send(&here, "POST", &path, kind, file).await;
        assert!((400..500).contains(&status), "{answer}");
        let violation = &answer["violations"][0];
        assert_eq!(violation["field"], field, "{answer}");
        assert!(violation["rule"].as_str().unwrap().contains(words), "{answer}");
    }
    let (status, answer) = send(&here, "POST", &path, "text/csv; charset=windows-1252", latin).await;
    assert_eq!((status, &answer["importedCount"]), (200, &json!("1")), "{answer}");
    let letter = codes(&here, &roll).await.remove(0);
    sign_in(&here, "nº1001", &letter.1).await.unwrap();
    sign_in(&here, "NO1001", &letter.1).await.unwrap();

    let mut open = "member_number,district\n".to_owned();
    for number in 1..=10 {
        open.push_str(&if number == 4 { "4,\"north\n".to_owned() } else { format!("{number},north\n") });
    }
    let refused = here.refused(&path, None, json!({"csv": open})).await;
    assert_eq!(refused.violations.len(), 1, "{refused:?}");
    crate::city::assert_problem(&refused, 400, "CSV_INVALID", "csv line 5, column line");
    let (_, answer) = send(&here, "POST", &format!("{path}?partial=true"), "text/csv", open).await;
    let sums =
        ["lineCount", "importedCount", "rejectedCount"].map(|name| answer[name].as_str().unwrap().to_owned());
    assert_eq!(sums, ["10", "9", "1"], "{answer}");
    assert_eq!(answer["badLines"][0]["line"], "5", "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn journey_a_register_is_corrected_and_loaded_again() {
    let here = Installation::start(1, &[]).await;
    let roll = roll(&here).await;
    let import = format!("/v1/rolls/{roll}/members:import");
    let first =
        "member_number,district,email\n1,north,family@example.org\n2,north,family@example.org\n3,south,\n";
    let (_, answer) = send(&here, "POST", &import, "text/csv", first).await;
    assert_eq!((&answer["importedCount"], &answer["noticeCount"]), (&json!("3"), &json!("2")), "{answer}");

    // One address of two members: the number says whose code it is.
    here.api
        .post("/v1/sessions:requestEmailCode", None, &json!({"email": "family@example.org"}))
        .await
        .unwrap();
    let code = wait_for("the e-mail", Duration::from_secs(10), async || {
        std::fs::read_dir(&here.embedded.mail).unwrap().find_map(|mail| {
            let mail = std::fs::read_to_string(mail.unwrap().path()).unwrap_or_default();
            let code = mail.split("sign in: ").nth(1)?.get(..12)?.to_owned();
            mail.contains("family@example.org").then_some(code)
        })
    })
    .await;
    let with = async |code: &str, number: &str| {
        let body = json!({"email": "family@example.org", "code": code, "memberNumber": number});
        here.api.post("/v1/sessions:signInWithEmailCode", None, &body).await
    };
    let outsider = crate::city::problem(with("000000000000", "").await);
    crate::city::assert_problem(&outsider, 401, "CREDENTIALS_INVALID", "");
    let whose = crate::city::problem(with(&code, "").await);
    crate::city::assert_problem(&whose, 409, "MEMBER_NUMBER_REQUIRED", "member_number");
    let session = with(&code, "2").await.unwrap();
    let token = text(&session, "/session/accessToken").unwrap();
    let own = here.api.get("/v1/me:export", Some(&token)).await.unwrap();
    assert_eq!(own["personalData"]["memberNumber"], "2", "{own}");

    let member = format!("/v1/rolls/{roll}/members/3?updateMask=district,birthDate");
    let body = json!({"district": "West", "birthDate": "1990-01-31"}).to_string();
    let (status, answer) = send(&here, "PATCH", &member, "application/json", body).await;
    assert_eq!((status, &answer["changedFields"]), (200, &json!(["district", "birth_date"])), "{answer}");
    let wrong = json!({"birthDate": "31.01.1990"}).to_string();
    let (status, answer) = send(&here, "PATCH", &member, "application/json", wrong).await;
    assert_eq!((status, &answer["violations"][0]["field"]), (400, &json!("member.birth_date")), "{answer}");

    let reload = format!("/v1/rolls/{roll}/members:reload");
    let second = "member_number,district\n1,south\n2,north\n4,south\n";
    let (status, shown) =
        send(&here, "POST", &format!("{reload}?validateOnly=true"), "text/csv", second).await;
    let counts = |answer: &Value| {
        ["addedCount", "changedCount", "unchangedCount", "leftCount"]
            .map(|name| answer[name].as_str().unwrap().to_owned())
    };
    assert_eq!((status, counts(&shown)), (200, ["1", "1", "1", "1"].map(str::to_owned)), "{shown}");
    let (status, answer) = send(&here, "POST", &reload, "text/csv", second).await;
    assert_eq!((status, &answer["reason"]), (409, &json!("ROLL_CHANGED")), "{answer}");
    let etag = text(&shown, "/etag").unwrap();
    let (status, done) = send(&here, "POST", &format!("{reload}?etag={etag}"), "text/csv", second).await;
    assert_eq!((status, counts(&done)), (200, counts(&shown)), "{done}");
    let now = here.api.get(&format!("/v1/rolls/{roll}"), Some(&here.city.token)).await.unwrap();
    assert_eq!(now["roll"]["memberCount"], "3");
    let changes = here.api.get(&format!("/v1/rolls/{roll}/changes"), Some(&here.city.token)).await.unwrap();
    let kinds: Vec<_> = changes["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["ROLL_CHANGE_KIND_RELOAD", "ROLL_CHANGE_KIND_CORRECTION", "ROLL_CHANGE_KIND_IMPORT"]);
    assert_eq!(changes["changes"][0]["officer"], "operator");

    // The roll of the vote that is open: the district of a voter stays, and so does the voter who is not in the file.
    let poll = here.api.get(&format!("/v1/polls/{}", here.city.poll), None).await.unwrap();
    let open = text(&poll, "/poll/eligibility/rollId").unwrap();
    here.permit(1, &here.city.poll).await;
    let member = format!("/v1/rolls/{open}/members/000001");
    let elsewhere = json!({"district": "elsewhere"}).to_string();
    let (status, answer) = send(&here, "PATCH", &member, "application/json", elsewhere).await;
    assert_eq!((status, &answer["reason"]), (409, &json!("OPEN_POLL_AFFECTED")), "{answer}");
    let other = "member_number\n999999\n";
    let reload = format!("/v1/rolls/{open}/members:reload");
    let (_, shown) = send(&here, "POST", &format!("{reload}?validate_only=true"), "text/csv", other).await;
    let etag = text(&shown, "/etag").unwrap();
    let (status, answer) = send(&here, "POST", &format!("{reload}?etag={etag}"), "text/csv", other).await;
    assert_eq!((status, &answer["leftCount"]), (200, &json!("1")), "{answer}");
    let permit = here.permit(1, &here.city.poll).await;
    here.cast(&here.city.poll.clone(), &permit, &["1"]).await.unwrap();
}
