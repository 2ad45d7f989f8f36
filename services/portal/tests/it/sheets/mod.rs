//! Signature sheets: signing with a provider, a session or nothing; the count; the proof.

mod corrections;
mod counts;
mod proof;
mod provider;
mod refusals;
mod signing;
mod withdrawal;

use chrono::TimeDelta;
use comitia_platform::validate::timestamp;
use comitia_proto::budgets::v1::{GetBudgetOfPollRequest, GetBudgetOfPollResponse};
use comitia_proto::identity::v1::*;
use comitia_proto::spaces::v1::{Area, ListAreasRequest, ListAreasResponse};
use comitia_proto::voting::v1::*;

use crate::booth::{CODE, PERMIT, counted};
use crate::city::missing;
use crate::site::{Page, Site, now};

pub const POLL: &str = "0192f0c1-0000-7000-8000-00000000a002";
pub const TITLE: &str = "Un tilleul <b> dans chaque rue";
/// Where the provider sends browsers to.
pub const PROVIDER: &str = "https://provider.example/authorize?state=s";
pub const SEALED: &str = "sealed-by_identity";

pub fn path(step: &str) -> String {
    if step.is_empty() { format!("/fr/votes/{POLL}") } else { format!("/fr/votes/{POLL}/{step}") }
}

/// A sheet that is open, for whom this entitles.
pub fn sheet(basis: EligibilityBasis) -> Poll {
    Poll {
        poll_id: POLL.into(),
        title: TITLE.into(),
        state: PollState::Open.into(),
        open_time: Some(timestamp(now() - TimeDelta::days(2))),
        close_time: Some(timestamp(now() + TimeDelta::days(10))),
        eligibility: Some(Eligibility { basis: basis.into(), ..Eligibility::default() }),
        specification: Some(BallotSpecification {
            r#type: BallotType::Signature.into(),
            ..BallotSpecification::default()
        }),
        signature_sheet: Some(SignatureSheet { publishes_districts: true, ..SignatureSheet::default() }),
        ..Poll::default()
    }
}

pub fn provider(id: &str, name: &str, anonymous: bool) -> Provider {
    Provider { provider_id: id.into(), display_name: name.into(), anonymous }
}

pub fn log() -> Log {
    let milestone = |id: &str, total| LogMilestone {
        milestone_id: id.into(),
        min_signatures: total,
        ..LogMilestone::default()
    };
    Log {
        poll_id: POLL.into(),
        origin: "comitia.example/polls/1".into(),
        signature_count: 12_345,
        publishes_districts: true,
        districts: vec![
            DistrictSignatures { district: "c1".into(), signature_count: 12_000 },
            DistrictSignatures { district: String::new(), signature_count: 345 },
        ],
        milestones: vec![
            LogMilestone {
                reached: Some(MilestoneReach {
                    leaf_index: 9_999,
                    reach_time: Some(timestamp(now() - TimeDelta::hours(3))),
                }),
                holds: true,
                ..milestone("answer", 10_000)
            },
            milestone("debate", 100_000),
        ],
        ..Log::default()
    }
}

/// A site with this sheet, and two providers.
pub async fn site(poll: Poll) -> Site {
    let site = Site::open().await;
    serve(&site, poll);
    site
}

pub fn serve(site: &Site, poll: Poll) {
    let double = &site.double;
    double.give::<GetPollRequest, _>(GetPollResponse { poll: Some(poll) });
    double.on(|_: &GetBudgetOfPollRequest| Err::<GetBudgetOfPollResponse, _>(missing("budget")));
    double.give::<ListAreasRequest, _>(ListAreasResponse {
        areas: vec![Area { code: "c1".into(), title: "Centre".into(), ..Area::default() }],
        next_page_token: String::new(),
    });
    double.give::<GetLogRequest, _>(GetLogResponse { log: Some(log()) });
    let providers =
        vec![provider("franceconnect", "FranceConnect", true), provider("city", "Ma ville", false)];
    double.give::<ListPollProvidersRequest, _>(ListPollProvidersResponse { providers });
    double.give::<BeginProviderSignInRequest, _>(BeginProviderSignInResponse {
        authorization_url: PROVIDER.into(),
        sealed_sign_in: SEALED.into(),
        expire_time: Some(timestamp(now() + TimeDelta::minutes(15))),
    });
    double.give::<CompleteProviderSignInRequest, _>(CompleteProviderSignInResponse {
        poll_id: POLL.into(),
        permit: PERMIT.into(),
        expire_time: Some(timestamp(now() + TimeDelta::minutes(30))),
        sign_out_url: "https://provider.example/out?id_token_hint=t".into(),
    });
    double.on(|cast: &CastBallotRequest| {
        let receipt = Receipt { poll_id: cast.poll_id.clone(), tracking_code: CODE.into(), revision: 1 };
        Ok(CastBallotResponse { receipt: Some(receipt) })
    });
    double.give::<LookUpTrackingCodeRequest, _>(counted(1));
}

/// Goes to the provider and comes back to the check, as a browser does.
pub async fn come_back(site: &mut Site, language: &str) -> Page {
    let there = site.get(&format!("/{language}/sign-in/provider/franceconnect/{POLL}")).await;
    there.is(303);
    assert_eq!(there.header("location"), PROVIDER);
    site.keep_cookie(&there);
    site.get("/fr/sign-in/provider?code=abc&state=s").await
}
