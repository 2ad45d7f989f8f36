//! A photo and a document that come with a new proposal.

use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::BudgetState;
use comitia_proto::proposals::v1::*;
use comitia_proto::spaces::v1::*;
use comitia_proto::voting::v1::PollState;

use crate::city::{PROPOSAL, furnish, process_path, proposal, proposal_path};
use crate::site::{Page, Site};

const REQUEST: &str = "0192f0c1-0000-7000-8000-0000000000aa";

async fn open() -> Site {
    let site = Site::signed_in().await;
    furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
    site.double.give::<SubmitProposalRequest, _>(SubmitProposalResponse { proposal: Some(proposal()) });
    site.double.give::<AddProposalAttachmentRequest, _>(AddProposalAttachmentResponse::default());
    site
}

fn path() -> String {
    format!("/fr{}/proposals/new", process_path())
}

/// What a browser sends from the last page: it names the file fields that nothing was chosen for, too.
async fn send(site: &Site, fields: &[(&str, &str)], photo: &[u8], document: &[u8]) -> Page {
    let all =
        [("request_id", REQUEST), ("title", "Des arbres"), ("body", "Il faut de l’ombre."), ("to", "send")];
    let all = [all.as_slice(), fields].concat();
    site.upload_all(&format!("{}/send", path()), &all, &[("file", "x", photo), ("document", "x", document)])
        .await
}

#[tokio::test]
async fn the_last_page_asks_for_files_and_sends_them_to_the_new_proposal() {
    let site = open().await;
    let page = site
        .post(&path(), &[("title", "Des arbres"), ("body", "Il faut de l’ombre."), ("to", "check")])
        .await;
    page.is(200).shows(&[
        "multipart/form-data",
        &format!("action=\"{}/send\"", path()),
        "accept=\".jpg",
        "accept=\".pdf",
        "formenctype=\"application/x-www-form-urlencoded\"",
    ]);
    let words = [("alternative_text", "Le quai sans arbres"), ("document_title", "Plan")];
    for _ in 0..2 {
        let page = send(&site, &words, b"jpeg", b"pdf").await;
        assert_eq!(page.header("location"), format!("/fr{}?done=sent", proposal_path()));
    }
    let calls: Vec<_> =
        site.double.calls::<AddProposalAttachmentRequest>().into_iter().map(|(call, _)| call).collect();
    assert_eq!(calls.len(), 4);
    assert_eq!((calls[0].kind(), calls[1].kind()), (AttachmentKind::Photo, AttachmentKind::Document));
    assert_eq!((calls[0].proposal_id.as_str(), &calls[0].file[..]), (PROPOSAL, b"jpeg".as_slice()));
    assert_eq!(
        (calls[0].alternative_text.as_str(), calls[1].title.as_str()),
        ("Le quai sans arbres", "Plan")
    );
    assert_ne!(calls[0].request_id, calls[1].request_id);
    // A double click adds nothing twice.
    assert_eq!(calls[0].request_id, calls[2].request_id);
    assert_eq!(calls[1].request_id, calls[3].request_id);
}

#[tokio::test]
async fn a_proposal_needs_no_files() {
    let site = open().await;
    let page = send(&site, &[], b"", b"").await;
    assert_eq!(page.header("location"), format!("/fr{}?done=sent", proposal_path()));
    assert!(site.double.calls::<AddProposalAttachmentRequest>().is_empty());
    // Without a file its words are nothing.
    send(&site, &[("alternative_text", "Le quai")], b"", b"").await.is(303);
    assert!(site.double.calls::<AddProposalAttachmentRequest>().is_empty());
}

#[tokio::test]
async fn a_file_without_its_words_is_asked_for_again_before_anything_is_sent() {
    let site = open().await;
    let page = send(&site, &[("document_title", "Plan")], b"jpeg", b"pdf").await;
    page.is(422).shows(&[
        "href=\"#alternative_text\"",
        "Choisissez à nouveau ce fichier",
        "value=\"Plan\"",
        "Il faut de l’ombre.",
    ]);
    send(&site, &[("alternative_text", "Le quai")], b"", b"pdf")
        .await
        .is(422)
        .shows(&["href=\"#document_title\""]);
    assert!(site.double.calls::<SubmitProposalRequest>().is_empty());
}

#[tokio::test]
async fn a_file_that_is_not_taken_leaves_the_proposal_and_says_why() {
    for (reason, word, text) in [
        (Reason::FileKindRefused, "photo", "photo"),
        (Reason::FileTooLarge, "large", "trop"),
        (Reason::FilesNotConfigured, "closed", "ne reçoit pas de fichiers"),
    ] {
        let site = open().await;
        site.double.on(move |_: &AddProposalAttachmentRequest| {
            Err::<AddProposalAttachmentResponse, _>(ApiError::precondition(reason, "no").into())
        });
        let page = send(&site, &[("alternative_text", "Le quai")], b"gif", b"").await;
        let location = page.header("location").to_owned();
        assert_eq!(location, format!("/fr{}/files/new?refused={word}", proposal_path()));
        let own = Proposal { own: true, ..proposal() };
        site.double.give::<GetProposalRequest, _>(GetProposalResponse { proposal: Some(own) });
        site.get(&location).await.is(200).shows(&["Votre proposition est envoyée", text]);
    }
}

/// The gateway asks for this page before it reads a file, and reads none from whom it is not shown to.
#[tokio::test]
async fn nobody_without_a_session_sends_a_file() {
    let mut site = open().await;
    site.get(&format!("{}/send", path())).await.is(200);
    site.sign_out();
    let page = site.get(&format!("{}/send", path())).await;
    page.is(401).shows(&["Votre session a pris fin", "revenez à la page précédente", "/fr/sign-in"]);
    furnish(&site, PhaseKind::Vote, BudgetState::Frozen, PollState::Open);
    site.get(&format!("{}/send", path())).await.is(401);
}
