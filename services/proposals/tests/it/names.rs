//! Under which name a proposal is shown, and that it is forgotten with its author.

use comitia_bus::Event;
use comitia_platform::auth::Role;
use comitia_proposals::consumers::author;
use comitia_proto::events::v1::{AuthorErased, AuthorRenamed};
use comitia_proto::identity::v1::GetAuthorResponse;
use comitia_proto::proposals::v1 as proto;
use comitia_proto::proposals::v1::proposal_service_server::ProposalService;

use crate::harness::{Harness, refusal};

fn named(name: &str) -> GetAuthorResponse {
    GetAuthorResponse {
        has_account: true,
        complete: true,
        display_name: name.into(),
        writes_for_association: false,
    }
}

fn renamed(harness: &Harness, association_id: &str) -> Event {
    let message = AuthorRenamed { author: "author".into(), association_id: association_id.into() };
    Event::new(&harness.clock, "identity.author.renamed", Some(harness.city), "author", &message)
}

fn erased(harness: &Harness) -> Event {
    let message = AuthorErased { author: "author".into() };
    Event::new(&harness.clock, "identity.author.erased", Some(harness.city), "author", &message)
}

#[tokio::test]
async fn a_proposal_is_shown_under_its_authors_present_name() {
    let harness = Harness::start().await;
    let nameless = harness.proposal().await;
    assert_eq!((nameless.author_kind(), nameless.author_name.as_str()), (proto::AuthorKind::Person, ""));
    harness.spaces.name("author", "", named("Ada"));
    let made = harness.proposal().await;
    assert_eq!(made.author_name, "Ada");

    harness.spaces.name("author", "", named("Countess Ada"));
    let news = renamed(&harness, "");
    author(&harness.app, news.clone()).await.unwrap();
    let shown = harness.get(&made).await.unwrap();
    assert_eq!(shown.author_name, "Countess Ada");
    assert_ne!(shown.etag, made.etag);
    author(&harness.app, news).await.unwrap();
    assert_eq!(harness.get(&made).await.unwrap(), shown, "the same event again has no effect");
    // What was written without a name gets the name of the account, which is the same person's.
    assert_eq!(harness.get(&nameless).await.unwrap().author_name, "Countess Ada");
}

#[tokio::test]
async fn an_account_that_is_not_complete_writes_nothing() {
    let harness = Harness::start().await;
    harness.spaces.name("author", "", GetAuthorResponse { complete: false, ..named("Ada") });
    let refused = refusal(harness.submit(harness.submission()).await);
    assert_eq!(refused.0, "FAILED_PRECONDITION REGISTRATION_INCOMPLETE");
    assert!(harness.events().await.is_empty());
}

#[tokio::test]
async fn the_team_speaks_for_the_organization() {
    let harness = Harness::start().await;
    let request = harness.ask(Role::Moderator, "team", harness.submission());
    let made = harness.grpc.submit_proposal(request).await.unwrap().into_inner().proposal.unwrap();
    assert_eq!((made.author_kind(), made.author_name.as_str()), (proto::AuthorKind::Institution, ""));
}

#[tokio::test]
async fn a_member_writes_for_an_association() {
    let harness = Harness::start().await;
    let association = comitia_core::id::new().to_string();
    let request =
        || proto::SubmitProposalRequest { association_id: association.clone(), ..harness.submission() };
    harness.spaces.name("author", &association, named("Ada"));
    let refused = refusal(harness.submit(request()).await);
    assert_eq!(refused, ("PERMISSION_DENIED NOT_OF_THE_ASSOCIATION".into(), vec!["association_id".into()]));

    let member = |name| GetAuthorResponse { writes_for_association: true, ..named(name) };
    harness.spaces.name("author", &association, member("Friends of the park"));
    let made = harness.submit(request()).await.unwrap();
    assert_eq!(
        (made.author_kind(), made.author_name.as_str(), made.author.as_str()),
        (proto::AuthorKind::Association, "Friends of the park", ""),
        "who writes is the association's to know"
    );
    // Who wrote it can change it, and nobody else.
    let change = |title: &str| proto::UpdateProposalRequest {
        proposal_id: made.proposal_id.clone(),
        title: title.into(),
        ..Default::default()
    };
    assert!(harness.rewrite("author", change("Fewer trees")).await.is_ok());
    assert_eq!(
        refusal(harness.rewrite("other", change("No trees")).await).0,
        "PERMISSION_DENIED NOT_THE_AUTHOR"
    );

    harness.spaces.name("author", &association, member("Friends of all parks"));
    author(&harness.app, renamed(&harness, &association)).await.unwrap();
    assert_eq!(harness.get(&made).await.unwrap().author_name, "Friends of all parks");
    // The association goes on when the person is erased.
    author(&harness.app, erased(&harness)).await.unwrap();
    assert_eq!(harness.get(&made).await.unwrap().author_name, "Friends of all parks");
}

#[tokio::test]
async fn an_erased_author_is_forgotten_and_writes_no_more() {
    let harness = Harness::start().await;
    harness.spaces.name("author", "", named("Ada"));
    let request_id = comitia_core::id::new().to_string();
    let request = proto::SubmitProposalRequest { request_id, ..harness.submission() };
    let made = harness.submit(request).await.unwrap();
    author(&harness.app, erased(&harness)).await.unwrap();
    let shown = harness.get(&made).await.unwrap();
    assert_eq!((shown.author.as_str(), shown.author_name.as_str()), ("", ""));
    assert_eq!((shown.title.as_str(), shown.body.as_str()), (made.title.as_str(), made.body.as_str()));
    // Neither is the name in the answers that are kept for requests that come again.
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM proposals.requests")
        .fetch_one(&harness.admin)
        .await
        .unwrap();
    assert_eq!(kept, 0);
    // A call that was in flight while the author was erased comes too late.
    let late = refusal(harness.submit(harness.submission()).await);
    assert_eq!(late.0, "UNAUTHENTICATED SESSION_REVOKED");
    // Nobody is the author any more, not even somebody without a name.
    let withdrawn = refusal(harness.withdraw("", &made).await);
    assert_eq!(withdrawn.0, "PERMISSION_DENIED NOT_THE_AUTHOR");
    author(&harness.app, erased(&harness)).await.unwrap();
}
