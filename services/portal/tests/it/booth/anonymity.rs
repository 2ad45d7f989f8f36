//! Nothing in the portal can join a ballot and its voter: the paths of the ballot never meet a session, not even when one is
//! brought to them, and what is noted of them names neither.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use comitia_proto::identity::v1::{IssuePermitRequest, RefreshSessionRequest};
use comitia_proto::voting::v1::{
    BallotType, CastBallotRequest, LookUpTrackingCodeRequest, LookUpTrackingCodeResponse, TrackedState,
};
use reqwest::Method;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use super::{CODE, PERMIT, check, filled, path, poll, site};

const ADDRESS: &str = "192.0.2.77";

/// Everything that spans and events of Comitia's own code say.
#[derive(Clone, Default)]
pub struct Noted(pub Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0, "{}={value:?}", field.name()).unwrap();
    }
}

impl<S: Subscriber> Layer<S> for Noted {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        let mut text = self.0.lock().unwrap();
        writeln!(text, "span {}", attributes.metadata().name()).unwrap();
        attributes.record(&mut Line(&mut text));
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        values.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        // What the transport says of itself is not logged in any installation.
        if event.metadata().target().starts_with("comitia") {
            let mut text = self.0.lock().unwrap();
            writeln!(text, "event {}", event.metadata().target()).unwrap();
            event.record(&mut Line(&mut text));
        }
    }
}

#[tokio::test]
async fn a_ballot_and_its_voter_never_meet() {
    let noted = Noted::default();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(noted.clone())).unwrap();
    let site = site(poll(BallotType::Approval)).await;
    let state = TrackedState::Counted.into();
    site.double.give::<LookUpTrackingCodeRequest, _>(LookUpTrackingCodeResponse {
        state,
        revision: 1,
        latest_revision: 1,
    });
    let checked = check(&site, &[("choice", "p/2")]).await;
    checked.is(200);
    // From here on even a session whose tokens have run out would have to be renewed, if anybody looked at it.
    site.clock.advance(chrono::TimeDelta::minutes(20));
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(filled(&checked, &[]));
    let body = body.finish();
    for (method, step) in
        [(Method::POST, "check"), (Method::POST, "cast"), (Method::GET, "receipt?code=7KXM")]
    {
        let request = site
            .request(method, &path(step))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("comitia-client-address", ADDRESS)
            .header("authorization", "Bearer the-access-token")
            .body(body.clone());
        let response = request.send().await.unwrap();
        // A cast leads to its receipt.
        let status = if step == "cast" { 303 } else { 200 };
        assert_eq!(response.status().as_u16(), status, "{step}");
        let headers = format!("{:?}", response.headers());
        assert!(!headers.contains("set-cookie") && !headers.contains("session"), "{headers}");
        let page = response.text().await.unwrap();
        for trace in ["/fr/account", "sign-out", "the-access-token", ADDRESS] {
            assert!(!page.contains(trace), "{trace} is in the page of {step}: {page}");
        }
    }

    // What voting heard: the organization and the ballot.
    let casts = site.double.calls::<CastBallotRequest>();
    let look_ups = site.double.calls::<LookUpTrackingCodeRequest>();
    for metadata in
        casts.iter().map(|(_, metadata)| metadata).chain(look_ups.iter().map(|(_, metadata)| metadata))
    {
        for name in ["authorization", "cookie", "comitia-client-address", "x-forwarded-for", "forwarded"] {
            assert!(!metadata.contains_key(name), "{metadata:?}");
        }
        assert!(!format!("{metadata:?}").contains("the-access-token"));
    }
    assert_eq!(casts.len(), 1);
    // Nobody looked at the session.
    assert!(site.double.calls::<RefreshSessionRequest>().is_empty());
    assert_eq!(site.double.calls::<IssuePermitRequest>().len(), 1);

    // What was noted: that there were pages, by their patterns.
    let noted = noted.0.lock().unwrap().clone();
    assert!(noted.contains("/votes/{poll}/cast"), "{noted}");
    let secret = checked.hidden("secret");
    for trace in [PERMIT, secret.as_str(), CODE, ADDRESS, "the-access-token", "session=", "p/2", super::POLL]
    {
        assert!(!noted.contains(trace), "{trace:?} is noted: {noted}");
    }
}
