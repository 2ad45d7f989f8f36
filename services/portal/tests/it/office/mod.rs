//! The office: who gets in, what each role sees, and each page in its states.

mod account_sign_in;
mod area_maps;
mod areas;
mod associations;
mod budgets;
mod checklists;
mod corrections;
mod extensions;
mod files;
mod gate;
mod host_names;
mod large_rolls;
mod letters;
mod log;
mod logo;
mod organization;
mod paper;
mod participation;
mod passkeys;
mod previews;
mod processes;
mod proposal_batches;
mod proposals;
mod residents;
mod roll_copies;
mod roll_files;
mod rolls;
mod staff;
mod visits;
mod votes;

use comitia_platform::ApiError;
use comitia_platform::validate::timestamp;
use comitia_proto::budgets::v1::{
    GetProposedExtensionRequest, GetProposedExtensionResponse, ListBudgetsRequest, ListBudgetsResponse,
};
use comitia_proto::common::v1::Role;
use comitia_proto::identity::v1::*;
use comitia_proto::proposals::v1::{ListProposalsRequest, ListProposalsResponse};
use comitia_proto::spaces::v1::*;
use comitia_proto::voting::v1::{ListPollsRequest, ListPollsResponse};

use crate::site::{CITY, HOST, Site, now};

pub const ME: &str = "0192f0c1-0000-7000-8000-00000000e001";
pub const OTHER: &str = "0192f0c1-0000-7000-8000-00000000e002";
pub const ROLL: &str = "0192f0c1-0000-7000-8000-00000000e003";

pub fn member(id: &str, name: &str, roles: &[Role]) -> StaffMember {
    StaffMember {
        staff_member_id: id.into(),
        email: format!("{}@ville.example", name.to_lowercase()),
        display_name: name.into(),
        roles: roles.iter().map(|role| *role as i32).collect(),
        create_time: Some(timestamp(now())),
        actor: format!("actor-of-{id}"),
        passkey_count: 1,
    }
}

pub fn organization() -> Organization {
    Organization {
        organization_id: CITY.into(),
        display_name: "Ville de Lyon".into(),
        host_names: vec![HOST.into()],
        time_zone: "Europe/Paris".into(),
        languages: vec!["fr".into(), "en".into()],
        country: "FR".into(),
        etag: "o1".into(),
        ..Organization::default()
    }
}

pub fn roll(members: i64, codes: i64) -> Roll {
    Roll {
        roll_id: ROLL.into(),
        title: "Habitants 2026".into(),
        member_count: members,
        access_code_count: codes,
        create_time: Some(timestamp(now())),
    }
}

pub const ASSOCIATION: &str = "0192f0c1-0000-7000-8000-00000000e004";
pub const WRITER: &str = "0192f0c1-0000-7000-8000-00000000e005";
pub const CASE: &str = "0192f0c1-0000-7000-8000-00000000e006";

pub fn association() -> Association {
    Association {
        association_id: ASSOCIATION.into(),
        display_name: "Les Amis <du> parc".into(),
        create_time: Some(timestamp(now())),
    }
}

/// Two accounts claim number 0042.
pub fn resident_case(decision: CaseDecision) -> ResidentCase {
    let account =
        |name: &str, email: &str| Some(CaseAccount { display_name: name.into(), email: email.into() });
    let decided = decision != CaseDecision::Unspecified;
    ResidentCase {
        case_id: CASE.into(),
        roll_id: ROLL.into(),
        member_number: "0042".into(),
        claimant: account("", "claimant@ville.example"),
        holder: account("Zoë <b>", "holder@ville.example"),
        open_time: Some(timestamp(now())),
        decision: decision.into(),
        resolved_by: if decided { OTHER.into() } else { String::new() },
        resolve_time: decided.then(|| timestamp(now())),
    }
}

pub fn roll_path() -> String {
    format!("/fr/office/rolls/habitants-2026-{}", ROLL.replace('-', ""))
}

/// An office of a city with one process in preparation, two areas, a roll without codes, and two people.
pub async fn office(roles: &[Role]) -> Site {
    let site = Site::staff(roles).await;
    let double = &site.double;
    let me = member(ME, "Amélie", roles);
    double.give::<GetOwnStaffMemberRequest, _>(GetOwnStaffMemberResponse { staff_member: Some(me.clone()) });
    double.give::<ListStaffMembersRequest, _>(ListStaffMembersResponse {
        staff_members: vec![me, member(OTHER, "Bilal", &[Role::Administrator])],
        next_page_token: String::new(),
    });
    double.give::<GetOrganizationRequest, _>(GetOrganizationResponse { organization: Some(organization()) });
    let area = |code: &str, title: &str, parent: &str| Area {
        code: code.into(),
        title: title.into(),
        parent_code: parent.into(),
    };
    double.give::<ListAreasRequest, _>(ListAreasResponse {
        areas: vec![area("centre", "Centre <b>", ""), area("quais", "Les Quais", "centre")],
        next_page_token: String::new(),
    });
    let draft =
        Process { published: false, etag: "p1".into(), ..crate::city::process(PhaseKind::Submission) };
    let processes = vec![draft.clone()];
    double
        .give::<ListProcessesRequest, _>(ListProcessesResponse { processes, next_page_token: String::new() });
    double.give::<GetProcessRequest, _>(GetProcessResponse { process: Some(draft) });
    double.give::<ListActsRequest, _>(ListActsResponse::default());
    double.give::<ListAttachmentsRequest, _>(ListAttachmentsResponse::default());
    double.give::<ListProposalAttachmentsRequest, _>(ListProposalAttachmentsResponse::default());
    double.give::<ListCoverPhotosRequest, _>(ListCoverPhotosResponse::default());
    double.give::<ListProjectAttachmentsRequest, _>(ListProjectAttachmentsResponse::default());
    double.give::<ListRollsRequest, _>(ListRollsResponse {
        rolls: vec![roll(1200, 0)],
        next_page_token: String::new(),
    });
    double.give::<GetProposedExtensionRequest, _>(GetProposedExtensionResponse::default());
    double.give::<GetRollFiguresRequest, _>(GetRollFiguresResponse::default());
    double.give::<GetRollRequest, _>(GetRollResponse { roll: Some(roll(1200, 0)) });
    double.give::<ListResidentCasesRequest, _>(ListResidentCasesResponse {
        cases: vec![resident_case(CaseDecision::Unspecified)],
        next_page_token: String::new(),
    });
    double.on(|asked: &GetResidentCaseRequest| match asked.case_id.as_str() {
        CASE => Ok(GetResidentCaseResponse { case: Some(resident_case(CaseDecision::Unspecified)) }),
        _ => Err(ApiError::not_found("case").into()),
    });
    double.give::<ListPreviewLinksRequest, _>(ListPreviewLinksResponse::default());
    double.give::<ListAssociationsRequest, _>(ListAssociationsResponse {
        associations: vec![association()],
        next_page_token: String::new(),
    });
    double.give::<ListAssociationMembersRequest, _>(ListAssociationMembersResponse {
        members: vec![AssociationMember {
            association_member_id: WRITER.into(),
            email: "w@parc.example".into(),
        }],
    });
    double.give::<GetStaffSignInRequest, _>(GetStaffSignInResponse::default());
    let passkeys = vec![passkeys::passkey()];
    double.give::<ListOwnPasskeysRequest, _>(ListOwnPasskeysResponse { passkeys });
    double.give::<BeginPasskeyRegistrationRequest, _>(BeginPasskeyRegistrationResponse {
        options_json: passkeys::OPTIONS.into(),
    });
    double.give::<ListRollChangesRequest, _>(ListRollChangesResponse::default());
    double.give::<ListAccessCodeReplacementsRequest, _>(ListAccessCodeReplacementsResponse::default());
    double.give::<ListDeskVisitsRequest, _>(ListDeskVisitsResponse::default());
    double.give::<ListPollsRequest, _>(ListPollsResponse::default());
    double.give::<ListProposalsRequest, _>(ListProposalsResponse::default());
    double.give::<ListBudgetsRequest, _>(ListBudgetsResponse::default());
    site
}

pub async fn administrator() -> Site {
    office(&[Role::Administrator]).await
}
