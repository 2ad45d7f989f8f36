//! A session over its time: renewed once by whichever tab and replica comes first, and through a change of keys.

use chrono::TimeDelta;
use comitia_platform::validate::timestamp;
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::{RefreshSessionRequest, RefreshSessionResponse, Session};
use futures_util::future::join_all;
use tonic::Status;

use crate::city;
use crate::site::{KEY, Site, now};

const NEW_KEY: &str = "another service key of 32 characters!";

/// Somebody whose access token has run out. As identity does it, a refresh token is good once.
async fn after_ten_minutes() -> Site {
    let site = Site::signed_in().await;
    city::furnish_empty(&site);
    let used = std::sync::Mutex::new(Vec::new());
    site.double.on(move |request: &RefreshSessionRequest| {
        let mut used = used.lock().unwrap();
        if used.contains(&request.refresh_token) {
            return Err(Status::unauthenticated("the session is over"));
        }
        used.push(request.refresh_token.clone());
        let session = Session {
            access_token: format!("access-token-{}", used.len() + 1),
            refresh_token: format!("refresh-token-{}", used.len() + 1),
            access_token_expire_time: Some(timestamp(now() + TimeDelta::minutes(20))),
            expire_time: Some(timestamp(now() + TimeDelta::hours(2))),
            roles: vec![Role::Participant.into()],
            ..Session::default()
        };
        Ok(RefreshSessionResponse { session: Some(session) })
    });
    site.clock.advance(TimeDelta::minutes(10));
    site
}

fn exchanges(site: &Site) -> usize {
    site.double.calls::<RefreshSessionRequest>().len()
}

#[tokio::test]
async fn tabs_that_come_back_together_share_one_exchange() {
    let site = after_ten_minutes().await;
    let pages = join_all((0..8).map(|_| site.get("/fr/processes"))).await;
    for page in &pages {
        page.is(200);
        assert!(page.header("set-cookie").starts_with("session="), "{page:?}");
        assert!(!page.header("set-cookie").contains("Max-Age=0"), "signed out: {page:?}");
    }
    assert_eq!(exchanges(&site), 1);
}

#[tokio::test]
async fn replicas_share_one_exchange_by_the_cache() {
    let site = after_ten_minutes().await;
    let other = site.replica(KEY, None).await;
    let looks =
        (0..8).map(|tab| if tab % 2 == 0 { site.get("/fr/processes") } else { other.get("/fr/processes") });
    for page in join_all(looks).await {
        page.is(200);
        assert!(!page.header("set-cookie").contains("Max-Age=0"), "signed out: {page:?}");
    }
    // A tab that comes some seconds later with the cookie of before gets what the others got.
    let third = site.replica(KEY, None).await;
    let mut late = third.get("/fr/processes").await;
    assert!(!late.is(200).header("set-cookie").contains("Max-Age=0"), "{late:?}");
    assert_eq!(exchanges(&site), 1);
    // Its new cookie is good, and needs no exchange.
    let mut third = third;
    third.keep_cookie(&late);
    late = third.get("/fr/processes").await;
    assert_eq!(late.is(200).header("set-cookie"), "");
    assert_eq!(exchanges(&site), 1);
}

#[tokio::test]
async fn a_change_of_keys_signs_nobody_out() {
    let before = Site::signed_in().await;
    city::furnish_empty(&before);
    let signed_in = |page: &crate::site::Page| page.text.contains("action=\"/fr/sign-out\"");
    // First every replica learns the new key, then each begins to seal with it.
    let ready = before.replica(KEY, Some(NEW_KEY)).await;
    let mut after = before.replica(NEW_KEY, Some(KEY)).await;
    for site in [&ready, &after] {
        let page = site.get("/fr/processes").await;
        assert!(signed_in(page.is(200)), "{page:?}");
        assert_eq!(page.header("set-cookie"), "");
    }
    // What the new key has sealed, a replica that still seals with the old one opens.
    drop(before);
    let renewed = after_ten_minutes().await.replica(NEW_KEY, Some(KEY)).await;
    let page = renewed.get("/fr/processes").await;
    assert!(signed_in(page.is(200)), "{page:?}");
    after.keep_cookie(&page);
    let back = after.replica(KEY, Some(NEW_KEY)).await;
    let page = back.get("/fr/processes").await;
    assert!(signed_in(page.is(200)), "{page:?}");
    // Without the key, a cookie is nothing.
    let stranger = after.replica(KEY, None).await;
    let page = stranger.get("/fr/processes").await;
    assert!(!signed_in(page.is(200)) && page.header("set-cookie").contains("Max-Age=0"), "{page:?}");
}
