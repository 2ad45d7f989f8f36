//! Letters: a file of addresses beside the codes, in batches for the printer, with nothing kept.

use comitia_proto::identity::v1::*;
use comitia_proto::spaces::v1::{
    ReadAttachmentFileRequest, ReadAttachmentFileResponse, SetLogoRequest, SetLogoResponse,
};

use super::logo::{self, give_logo};
use super::{administrator, roll, roll_path};
use crate::site::{CITY, Page, Site};

const FILE: &str = "Numéro;Prénom;Nom;Voie;Code postal;Ville;Langue\n\
                    0001;Amélie;Roux;3, rue de l’Île;69001;LYON;\n\
                    0002;Bilal;Haddad;5, quai du Port;69002;LYON;en\n\
                    0009;Zoë;Ÿves;;69003;LYON;\n";

fn path() -> String {
    format!("{}/file/letters", roll_path())
}

/// A roll whose member 0009 has a code already.
async fn with_codes() -> Site {
    let site = administrator().await;
    site.double.give::<GetRollRequest, _>(GetRollResponse { roll: Some(roll(3, 1)) });
    site.double.on(|request: &GenerateAccessCodesRequest| {
        let code = |number: &String| AccessCode {
            member_number: number.clone(),
            access_code: if request.validate_only { String::new() } else { "4F7K-9QXR-2MTB-8VWC".into() },
        };
        let given = request.member_numbers.iter().filter(|number| *number != "0009");
        Ok(GenerateAccessCodesResponse { access_codes: given.map(code).collect(), remaining: 0 })
    });
    site
}

const CHOSEN: [(&str, &str); 4] = [
    ("sender", "Ville de Lyon\n1, place de la Comédie\n69001 Lyon"),
    ("window", "right"),
    ("language", "fr"),
    ("note", ""),
];

fn hidden(page: &Page) -> Vec<(&'static str, String)> {
    ["upload", "encoding", "sender", "window", "language", "note"]
        .map(|name| (name, page.hidden(name)))
        .into_iter()
        .collect()
}

fn borrowed<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test]
async fn a_file_of_addresses_becomes_letters() {
    let site = with_codes().await;
    site.get(&roll_path()).await.shows(&["Courriers"]);
    site.get(&path()).await.is(200).shows(&[
        "multipart/form-data",
        "Rien n’en est gardé",
        // The organization names no country.
        "<option value=\"left\" selected",
        "Ville de Lyon",
    ]);
    let page = site.upload(&path(), &CHOSEN, "adresses.csv", FILE.as_bytes()).await;
    page.is(200).shows(&[
        "3, rue de l’Île",
        "69001 LYON",
        "1 ligne ne reçoit pas de nouveau code",
        "Ligne 4",
        "Lot 1 : lignes 2 à 4",
    ]);
    let calls = site.double.calls::<GenerateAccessCodesRequest>();
    assert!(calls.iter().all(|(call, _)| call.validate_only), "nothing is made yet");

    let mut fields = hidden(&page);
    let specimen = site.post(&format!("{}/letters/specimen", roll_path()), &borrowed(&fields)).await;
    specimen.is(200);
    assert_eq!(specimen.header("content-type"), "application/pdf");
    assert!(specimen.text.starts_with("%PDF-1.7"));
    assert!(site.double.calls::<GenerateAccessCodesRequest>().iter().all(|(call, _)| call.validate_only));

    fields.push(("batch", "0".into()));
    let letters = format!("{}/letters/batch", roll_path());
    let file = site.post(&letters, &borrowed(&fields)).await;
    file.is(200);
    assert_eq!(file.header("content-type"), "application/pdf");
    assert_eq!(file.header("cache-control"), "no-store");
    assert!(file.header("content-disposition").ends_with("-1-letters.pdf\""));
    assert_eq!(file.text.matches("/Type/Page/").count(), 2);
    let (made, _) = site.double.calls::<GenerateAccessCodesRequest>().pop().unwrap();
    assert_eq!(made.member_numbers, ["0001", "0002", "0009"]);

    // The same file, chosen once more, asks for the same codes.
    let again = site.upload(&path(), &CHOSEN, "copie.csv", FILE.as_bytes()).await;
    let mut fields = hidden(&again);
    fields.push(("batch", "0".into()));
    site.post(&letters, &borrowed(&fields)).await.is(200);
    let (remade, _) = site.double.calls::<GenerateAccessCodesRequest>().pop().unwrap();
    assert_eq!((remade.request_id.as_str(), remade.request_id.len()), (made.request_id.as_str(), 36));
    assert!(!remade.validate_only);
    // A page that is loaded again begins with the file.
    assert_eq!(site.get(&letters).await.header("location"), path());
}

#[tokio::test]
async fn letters_show_the_logo_and_there_are_none_while_it_cannot_be_had() {
    let site = with_codes().await;
    give_logo(&site);
    // The site knows its logo from here on.
    site.double.give::<SetLogoRequest, _>(SetLogoResponse::default());
    let sent = [("request_id", CITY), ("alternative_text", "Deux saules")];
    site.upload(logo::PATH, &sent, "logo.png", b"\x89PNG").await.is(303);
    site.double.on(|_: &ReadAttachmentFileRequest| {
        Err::<ReadAttachmentFileResponse, _>(tonic::Status::unavailable("away"))
    });
    site.upload(&path(), &CHOSEN, "a.csv", FILE.as_bytes()).await.is(503);

    site.double.on(|request: &ReadAttachmentFileRequest| {
        assert!(request.width >= 709, "{}: not as sharp as it is printed", request.width);
        let content = include_bytes!("../../../../../crates/letters/tests/logo.jpg").to_vec();
        Ok(ReadAttachmentFileResponse { content, ..Default::default() })
    });
    let page = site.upload(&path(), &CHOSEN, "a.csv", FILE.as_bytes()).await;
    let fields = hidden(&page);
    let specimen = site.post(&format!("{}/letters/specimen", roll_path()), &borrowed(&fields)).await;
    specimen.is(200);
    assert_eq!(specimen.text.matches("/Subtype/Image").count(), 1);
    assert!(specimen.text.matches("/Figure").count() >= 2, "the logo and the code");
}

#[tokio::test]
async fn what_cannot_be_printed_is_named_by_line_and_column_and_makes_no_code() {
    let site = with_codes().await;
    let wide = format!("numéro;nom;rue\n1;漢字;x\n2;A;{}\n", "M".repeat(80));
    site.upload(&path(), &CHOSEN, "a.csv", wide.as_bytes()).await.is(422).shows(&[
        "2 points sont à corriger",
        "« 漢 »",
        ">nom<",
        ">3<",
        "trop long pour la place",
    ]);
    site.upload(&path(), &CHOSEN, "a.csv", b"").await.is(422).shows(&["href=\"#file\""]);
    site.upload(&path(), &CHOSEN, "a.csv", b"nom\nA\n").await.is(422).shows(&["Nommez-la"]);
    site.upload(&path(), &CHOSEN, "a.csv", b"num\xe9ro;nom\n1;A\n").await.is(422).shows(&["l’encodage"]);
    let nobody = [("sender", " "), ("window", "left"), ("note", "")];
    site.upload(&path(), &nobody, "a.csv", FILE.as_bytes()).await.is(422).shows(&["href=\"#sender\""]);
    for words in ["mot ".repeat(201), "x ".repeat(2) + &"M".repeat(200)] {
        let wordy = [CHOSEN[0], ("window", "left"), ("note", words.trim_end())];
        site.upload(&path(), &wordy, "a.csv", FILE.as_bytes()).await.is(422).shows(&["href=\"#note\""]);
    }
    assert!(site.double.calls::<GenerateAccessCodesRequest>().iter().all(|(call, _)| call.validate_only));
}

#[tokio::test]
async fn a_file_that_is_gone_is_asked_for_and_nobody_else_makes_letters() {
    let site = with_codes().await;
    let batch = format!("{}/letters/batch", roll_path());
    let gone = [("upload", "0192f0c1-0000-7000-8000-0000000000ff"), ("batch", "0")];
    site.post(&batch, &gone).await.is(422).shows(&["les mêmes courriers", "href=\"#file\""]);
    site.post(&batch, &[("upload", "x"), ("batch", "0")]).await.is(400);
    let page = site.upload(&path(), &CHOSEN, "a.csv", FILE.as_bytes()).await;
    let mut fields = hidden(&page);
    fields.push(("batch", "7".into()));
    site.post(&batch, &borrowed(&fields)).await.is(400);
    // Nobody in it gets a code.
    let page = site.upload(&path(), &CHOSEN, "a.csv", b"num;nom\n0009;A\n").await.text;
    assert!(page.contains("Nommez-la"), "{page}");
    let page = site.upload(&path(), &CHOSEN, "a.csv", b"number;name\n0009;A\n").await;
    let mut fields = hidden(&page);
    fields.push(("batch", "0".into()));
    site.post(&batch, &borrowed(&fields)).await.is(409).shows(&["Personne dans ce lot"]);

    let auditor = super::office(&[comitia_proto::common::v1::Role::Auditor]).await;
    auditor.get(&path()).await.is(403);
    auditor.post(&batch, &gone).await.is(403);
}
