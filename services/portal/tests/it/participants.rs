//! Registering, and the account of a participant.

use comitia_core::ErrorCode;
use comitia_platform::validate::timestamp;
use comitia_platform::{ApiError, Reason};
use comitia_proto::budgets::v1::BudgetState;
use comitia_proto::identity::v1::{
    AcceptTermsRequest, AcceptTermsResponse, Account, CompleteRegistrationRequest,
    CompleteRegistrationResponse, Device, DeviceBrowser, DeviceKind, EndOwnSessionRequest,
    EndOwnSessionResponse, EraseOwnDataRequest, EraseOwnDataResponse, ExportOwnDataRequest,
    ExportOwnDataResponse, GetOwnAccountRequest, GetOwnAccountResponse, ListOwnSessionsRequest,
    ListOwnSessionsResponse, OwnSession, PersonalData, RegisterRequest, RegisterResponse,
    RequestEmailCodeRequest, RequestEmailCodeResponse, Residence, Session, TermsAcceptance,
    UpdateOwnAccountRequest, UpdateOwnAccountResponse, VerificationOutcome, VerifyResidentRequest,
    VerifyResidentResponse,
};
use comitia_proto::proposals::v1::SubmitProposalRequest;
use comitia_proto::spaces::v1::{GetOrganizationRequest, GetOrganizationResponse, Organization, PhaseKind};
use comitia_proto::voting::v1::PollState;
use tonic::Status;

use crate::city;
use crate::site::{CITY, HOST, Page, Site, now};

pub fn refused(code: ErrorCode, reason: Reason) -> Status {
    ApiError::new(code, reason, "no").into()
}

pub fn let_people_register(site: &Site) {
    let organization = Organization {
        organization_id: CITY.into(),
        display_name: "Ville de Lyon".into(),
        host_names: vec![HOST.into()],
        time_zone: "Europe/Paris".into(),
        languages: vec!["fr".into(), "en".into()],
        contact_email: "participer@ville.example".into(),
        registration_open: true,
        terms_version: 3,
        ..Organization::default()
    };
    site.double
        .give::<GetOrganizationRequest, _>(GetOrganizationResponse { organization: Some(organization) });
}

pub fn session(registration_pending: bool) -> Session {
    Session {
        access_token: "token".into(),
        refresh_token: "refresh".into(),
        access_token_expire_time: Some(timestamp(now() + chrono::TimeDelta::minutes(10))),
        expire_time: Some(timestamp(now() + chrono::TimeDelta::hours(2))),
        registration_pending,
        ..Session::default()
    }
}

pub fn account() -> Account {
    Account {
        display_name: "Zoë <b>".into(),
        email: "zoe@example.org".into(),
        language: "fr".into(),
        complete: true,
        terms_version: 3,
        accepted_terms_version: 3,
        ..Account::default()
    }
}

/// Somebody who has signed in to this account.
pub async fn with(account: Account) -> Site {
    let site = Site::open().await;
    let_people_register(&site);
    let site = site.sign_in().await;
    give(&site, account);
    site
}

fn give(site: &Site, account: Account) {
    let data = PersonalData {
        email: account.email.clone(),
        create_time: Some(timestamp(now())),
        account: Some(account.clone()),
        sessions: vec![own_session(true)],
        terms_acceptances: vec![TermsAcceptance { terms_version: 3, accept_time: Some(timestamp(now())) }],
        age_declaration_time: Some(timestamp(now())),
        roll_entries: vec![PersonalData { roll_title: "Liste 2026".into(), ..PersonalData::default() }],
        associations: vec!["Les Amis du parc".into()],
        ..PersonalData::default()
    };
    site.double.give::<GetOwnAccountRequest, _>(GetOwnAccountResponse { account: Some(account) });
    site.double.give::<ExportOwnDataRequest, _>(ExportOwnDataResponse { personal_data: Some(data) });
}

fn own_session(present: bool) -> OwnSession {
    OwnSession {
        session_id: "0192f0c1-0000-7000-8000-00000000c001".into(),
        start_time: Some(timestamp(now())),
        device: Some(Device { kind: DeviceKind::Phone.into(), browser: DeviceBrowser::Safari.into() }),
        present,
    }
}

async fn ask_for_code(site: &Site) -> Page {
    site.double.give::<RequestEmailCodeRequest, _>(RequestEmailCodeResponse {});
    site.post("/fr/register", &[("email", " zoe@example.org "), ("return", "/fr/processes")]).await
}

#[tokio::test]
async fn somebody_registers_and_goes_on_to_choose_a_name() {
    let site = Site::open().await;
    let_people_register(&site);
    site.get("/fr/sign-in?return=%2Ffr%2Fprocesses")
        .await
        .is(200)
        .shows(&["Pas encore de compte", "/fr/register?return=%2Ffr%2Fprocesses"]);
    let page = site.get("/fr/register?return=%2Ffr%2Fprocesses").await;
    page.is(200).shows(&["Créer un compte", "name=\"email\""]);
    assert_eq!(page.header("cache-control"), "private, no-store");

    let page = ask_for_code(&site).await;
    page.is(200).shows(&["Un code est envoyé à zoe@example.org", "autocomplete=\"one-time-code\""]);
    let (asked, _) = site.double.calls::<RequestEmailCodeRequest>().pop().unwrap();
    assert_eq!((asked.register, asked.language.as_str()), (true, "fr"));
    let request_id = page.hidden("request_id");

    let fields = [
        ("email", "zoe@example.org"),
        ("return", "/fr/processes"),
        ("request_id", request_id.as_str()),
        ("code", "1234 5678 9012"),
    ];
    site.double.on(|_: &RegisterRequest| {
        Err::<RegisterResponse, _>(refused(ErrorCode::Unauthenticated, Reason::CredentialsInvalid))
    });
    let wrong = site.post("/fr/register/code", &fields).await;
    wrong.is(422).shows(&["Ce code est faux", "href=\"#code\""]).hides(&["1234"]);
    assert_eq!(wrong.hidden("request_id"), request_id, "the same request again");

    site.double.give::<RegisterRequest, _>(RegisterResponse { session: Some(session(true)) });
    let page = site.post("/fr/register/code", &fields).await;
    page.is(303);
    assert_eq!(page.header("location"), "/fr/account/welcome?return=%2Ffr%2Fprocesses");
    assert!(page.header("set-cookie").starts_with("session="));
    let (registered, metadata) = site.double.calls::<RegisterRequest>().pop().unwrap();
    assert_eq!((registered.request_id, registered.language.as_str()), (request_id, "fr"));
    assert!(!metadata.contains_key("authorization"));
}

#[tokio::test]
async fn who_has_an_account_is_signed_in_to_it() {
    let site = Site::open().await;
    let_people_register(&site);
    site.double.give::<RegisterRequest, _>(RegisterResponse { session: Some(session(false)) });
    let fields = [("email", "zoe@example.org"), ("code", "1"), ("return", "/fr/account")];
    let page = site.post("/fr/register/code", &fields).await;
    page.is(303);
    assert_eq!(page.header("location"), "/fr/account");
}

#[tokio::test]
async fn registration_may_be_closed() {
    let site = Site::open().await;
    site.get("/fr/register").await.is(200).shows(&["ne sont pas ouvertes", "/fr/sign-in"]).hides(&["<form"]);
    site.get("/fr/sign-in").await.is(200).hides(&["/fr/register"]);
    // Identity has the last word.
    let_people_register(&site);
    site.double.on(|_: &RequestEmailCodeRequest| {
        Err::<RequestEmailCodeResponse, _>(refused(ErrorCode::FailedPrecondition, Reason::RegistrationClosed))
    });
    site.post("/fr/register", &[("email", "a@b")]).await.is(200).shows(&["ne sont pas ouvertes"]);
    site.post("/fr/register", &[("email", "a b@c")]).await.is(422).shows(&["href=\"#email\""]);
    site.get("/fr/register/code").await.is(303);
    site.post("/fr/register/code", &[("code", "1")]).await.is(400);
    site.post("/fr/register/code", &[("email", "a@b"), ("code", "")]).await.is(422);
}

#[tokio::test]
async fn a_name_the_terms_and_the_age_are_asked_for() {
    let newcomer =
        Account { display_name: String::new(), complete: false, accepted_terms_version: 0, ..account() };
    let site = with(newcomer).await;
    let page = site.get("/fr/account/welcome?return=%2Ffr%2Fprocesses").await;
    page.is(200).shows(&["J’ai 15 ans ou plus", "J’accepte les conditions", "/fr/legal/terms"]);
    assert_eq!(page.hidden("terms_version"), "3");
    site.get("/fr/account").await.is(200).shows(&["Terminer l’inscription", "Pas encore choisi"]);

    let page = site.post("/fr/account/welcome", &[("name", "Zoë")]).await;
    page.is(422).shows(&["href=\"#terms\"", "href=\"#age\"", "value=\"Zoë\""]);
    assert!(site.double.calls::<CompleteRegistrationRequest>().is_empty());

    let fields = [
        ("name", " Zoë "),
        ("terms", "yes"),
        ("age", "yes"),
        ("terms_version", "3"),
        ("return", "/fr/processes"),
    ];
    site.double.on(|_: &CompleteRegistrationRequest| {
        Err::<CompleteRegistrationResponse, _>(ApiError::invalid_field("display_name", "no").into())
    });
    site.post("/fr/account/welcome", &fields).await.is(422).shows(&["href=\"#name\"", "checked"]);
    site.double.on(|_: &CompleteRegistrationRequest| {
        Err::<CompleteRegistrationResponse, _>(refused(ErrorCode::FailedPrecondition, Reason::TermsChanged))
    });
    site.post("/fr/account/welcome", &fields).await.is(409).shows(&["viennent de changer"]);
    site.double.give::<CompleteRegistrationRequest, _>(CompleteRegistrationResponse { account: None });
    let page = site.post("/fr/account/welcome", &fields).await;
    page.is(303);
    assert_eq!(page.header("location"), "/fr/processes");
    let (sent, _) = site.double.calls::<CompleteRegistrationRequest>().pop().unwrap();
    assert_eq!((sent.display_name.as_str(), sent.accepted_terms_version), ("Zoë", 3));
    assert!(sent.fifteen_or_older);
}

#[tokio::test]
async fn changed_terms_are_asked_for_alone() {
    let site = with(Account { complete: false, accepted_terms_version: 2, ..account() }).await;
    site.get("/fr/account/welcome")
        .await
        .is(200)
        .shows(&["Les conditions d’utilisation ont changé"])
        .hides(&["name=\"age\"", "name=\"name\""]);
    site.double.give::<AcceptTermsRequest, _>(AcceptTermsResponse { account: None });
    let page = site.post("/fr/account/welcome", &[("terms", "yes"), ("terms_version", "3")]).await;
    page.is(303);
    assert_eq!(page.header("location"), "/fr/account");
    assert_eq!(site.double.calls::<AcceptTermsRequest>()[0].0.accepted_terms_version, 3);

    // Whoever wants to write is led there first.
    city::furnish(&site, PhaseKind::Submission, BudgetState::Draft, PollState::Scheduled);
    let page = site.get(&format!("/fr{}/proposals/new", city::process_path())).await;
    page.is(303);
    assert!(page.header("location").starts_with("/fr/account/welcome?return="), "{page:?}");
    assert!(site.double.calls::<SubmitProposalRequest>().is_empty());
}

#[tokio::test]
async fn the_account_shows_what_others_see_and_what_is_kept() {
    let site = with(account()).await;
    site.get("/fr/account").await.is(200).shows(&[
        "Zoë &lt;b&gt;",
        "zoe@example.org",
        "Français",
        "Pas encore",
        "/fr/account/sessions",
        "/fr/account/data",
        "/fr/account/erase",
    ]);
    site.get("/fr/account/data").await.is(200).shows(&[
        "Version 3, le 10 juin 2026",
        "Téléphone, Safari",
        "Liste 2026",
        "Les Amis du parc",
        "/fr/account/data.json",
    ]);
    let file = site.get("/fr/account/data.json").await;
    let json: serde_json::Value = serde_json::from_str(&file.text).unwrap();
    assert_eq!(json["displayName"], "Zoë <b>");
    assert_eq!(json["rollEntries"][0]["rollTitle"], "Liste 2026");
    assert_eq!(json["sessions"][0]["device"]["browser"], "DEVICE_BROWSER_SAFARI");
    assert!(json["proposals"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn name_and_language_are_changed() {
    let site = with(account()).await;
    site.get("/fr/account/profile").await.is(200).shows(&["value=\"Zoë &lt;b&gt;\"", "English"]);
    site.double.on(|_: &UpdateOwnAccountRequest| {
        Err::<UpdateOwnAccountResponse, _>(ApiError::invalid_field("account.display_name", "no").into())
    });
    let fields = [("name", "Zoé"), ("language", "en")];
    site.post("/fr/account/profile", &fields).await.is(422).shows(&["href=\"#name\"", "value=\"Zoé\""]);
    site.double.give::<UpdateOwnAccountRequest, _>(UpdateOwnAccountResponse { account: None });
    let page = site.post("/fr/account/profile", &fields).await;
    page.is(303);
    assert_eq!(page.header("location"), "/en/account?done=saved");
    site.get("/en/account?done=saved").await.is(200).shows(&["It is saved."]);
    site.post("/fr/account/profile", &[("name", ""), ("language", "fr")]).await.is(422);
    site.post("/fr/account/profile", &[("name", "Zoé"), ("language", "xx")]).await.is(400);
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let site = with(account()).await;
    let other =
        OwnSession { session_id: "0192f0c1-0000-7000-8000-00000000c002".into(), ..own_session(false) };
    let sessions = vec![own_session(true), other.clone()];
    site.double.give::<ListOwnSessionsRequest, _>(ListOwnSessionsResponse { sessions });
    site.get("/fr/account/sessions").await.is(200).shows(&[
        "Téléphone, Safari, depuis le 10 juin 2026 (cette session)",
        "action=\"/fr/sign-out\"",
        &other.session_id,
    ]);
    site.double.give::<EndOwnSessionRequest, _>(EndOwnSessionResponse {});
    let page = site.post("/fr/account/sessions", &[("session", &other.session_id)]).await;
    page.is(303);
    assert_eq!(page.header("location"), "/fr/account/sessions?done=ended");
    assert_eq!(site.double.calls::<EndOwnSessionRequest>()[0].0.session_id, other.session_id);
    site.double.on(|_: &EndOwnSessionRequest| {
        Err::<EndOwnSessionResponse, _>(refused(ErrorCode::NotFound, Reason::ResourceNotFound))
    });
    site.post("/fr/account/sessions", &[("session", &other.session_id)]).await.is(303);
}

#[tokio::test]
async fn an_account_becomes_a_residents() {
    let site = with(Account { roll_has_email: true, ..account() }).await;
    site.get("/fr/account/resident").await.is(200).shows(&["Relier mon compte à la liste", "name=\"code\""]);
    let verified = |outcome: VerificationOutcome| VerifyResidentResponse {
        outcome: outcome.into(),
        account: Some(account()),
    };
    site.double.give::<VerifyResidentRequest, _>(verified(VerificationOutcome::Verified));
    site.post("/fr/account/resident", &[("by", "roll")]).await.is(303);
    assert_eq!(site.double.calls::<VerifyResidentRequest>()[0].0, VerifyResidentRequest::default());
    let letter = [("by", "letter"), ("number", " A-1 "), ("code", "abcd efgh")];
    site.post("/fr/account/resident", &letter).await.is(303);
    let (sent, _) = site.double.calls::<VerifyResidentRequest>().pop().unwrap();
    assert_eq!((sent.member_number.as_str(), sent.access_code.as_str()), ("A-1", "abcd efgh"));

    // Another account has the person: a page that says what happens, and no error.
    site.double.give::<VerifyResidentRequest, _>(verified(VerificationOutcome::CaseOpened));
    site.post("/fr/account/resident", &letter)
        .await
        .is(200)
        .shows(&["L’équipe va examiner votre demande", "mailto:participer@ville.example"]);

    site.post("/fr/account/resident", &[("by", "letter")]).await.is(422).shows(&["#number", "#code"]);
    for (code, reason, shown) in [
        (ErrorCode::Unauthenticated, Reason::CredentialsInvalid, "ne correspondent pas"),
        (ErrorCode::FailedPrecondition, Reason::AlreadyVerified, "déjà relié"),
        (ErrorCode::FailedPrecondition, Reason::RollEntryUnknown, "Utilisez votre courrier"),
    ] {
        site.double
            .on(move |_: &VerifyResidentRequest| Err::<VerifyResidentResponse, _>(refused(code, reason)));
        site.post("/fr/account/resident", &letter).await.is(422).shows(&[shown, "A-1"]).hides(&["abcd"]);
    }
    let residence = Residence { roll_title: "Liste 2026".into(), ..Residence::default() };
    give(&site, Account { residences: vec![residence], case_open: true, ..account() });
    site.get("/fr/account/resident").await.is(200).shows(&["habitant vérifié", "Liste 2026", "examiner"]);
}

#[tokio::test]
async fn erasing_an_account_says_what_happens() {
    let residence = Residence { roll_title: "Liste 2026".into(), ..Residence::default() };
    let site = with(Account { residences: vec![residence], ..account() }).await;
    site.double.give::<EraseOwnDataRequest, _>(EraseOwnDataResponse {});
    site.get("/fr/account/erase").await.is(200).shows(&[
        "reste lisible, sans nom",
        "Effacer aussi mon inscription",
        "restent comptés",
    ]);
    site.post("/fr/account/erase", &[("roll", "yes")]).await.is(422).shows(&["href=\"#sure\""]);
    let page = site.post("/fr/account/erase", &[("sure", "yes"), ("roll", "yes")]).await;
    page.is(200).shows(&["Vos données sont effacées"]);
    assert!(page.header("set-cookie").starts_with("session=; Path=/; Max-Age=0"));
    assert!(site.double.calls::<EraseOwnDataRequest>()[0].0.roll_entries_too);
}

#[tokio::test]
async fn who_came_with_a_letter_has_no_account() {
    let site = Site::signed_in().await;
    for path in ["welcome", "profile", "resident"] {
        site.get(&format!("/fr/account/{path}")).await.is(200).shows(&["connecté sans compte"]);
    }
    let site = Site::open().await;
    for path in ["welcome", "profile", "resident", "sessions", "data"] {
        site.get(&format!("/fr/account/{path}")).await.is(303);
    }
}
