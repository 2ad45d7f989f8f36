use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use http::HeaderMap;
use jsonwebtoken::{EncodingKey, Header};
use tokio::time::Instant;

use super::revocations::{Batch, RevocationsConfig, Revoked};
use super::*;

const GET_ROLL: &str = "/comitia.identity.v1.RollService/GetRoll";
const GET_PROCESS: &str = "/comitia.spaces.v1.ProcessService/GetProcess";
const CLOSE_POLL: &str = "/comitia.voting.v1.PollService/ClosePoll";
const SUBMIT_PROPOSAL: &str = "/comitia.proposals.v1.ProposalService/SubmitProposal";

struct Bench {
    verifier: Verifier,
    key: EncodingKey,
    organization: Uuid,
}

impl Bench {
    fn new(revocations: Revocations) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let key = EncodingKey::from_ed_der(pair.to_pkcs8().unwrap().as_ref());
        let shown = JsonWebKey {
            kid: "key".into(),
            x: URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
            ..JsonWebKey::default()
        };
        let fetch: FetchKeys = Arc::new(move || {
            let shown = shown.clone();
            Box::pin(async move { Ok(vec![shown]) })
        });
        let verifier = Verifier::new(Clock::system(), fetch, revocations);
        Self { verifier, key, organization: Uuid::from_u128(1) }
    }

    fn token(&self, subject: &str, session: Uuid, role: &str) -> String {
        let claims = SessionClaims {
            iss: ISSUER.into(),
            sub: subject.into(),
            org: (role != "SERVICE").then_some(self.organization),
            sid: session,
            roles: vec![role.into()],
            iat: 0,
            exp: i64::from(u32::MAX),
        };
        let header = Header {
            typ: Some(SESSION_TYPE.into()),
            kid: Some("key".into()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
    }

    async fn call(&self, path: &str, token: &str) -> Result<Context, Reason> {
        let mut headers = HeaderMap::new();
        headers.insert(ORGANIZATION_HEADER, self.organization.to_string().parse().unwrap());
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        authorise(&self.verifier, path, &headers).await.map_err(|error| error.reason)
    }
}

#[tokio::test]
async fn a_service_may_do_what_is_written_for_it_and_no_more() {
    let bench = Bench::new(Revocations::none());
    let token = |service: &str| bench.token(service, Uuid::from_u128(2), "SERVICE");
    let budgets = bench.call(GET_ROLL, &token("budgets")).await.unwrap();
    assert_eq!(budgets.caller().unwrap().subject, "budgets");
    for other in ["gateway", "spaces", "proposals", "voting", "Budgets", ""] {
        assert_eq!(bench.call(GET_ROLL, &token(other)).await.unwrap_err(), Reason::RoleMissing, "{other}");
    }
    assert_eq!(bench.call(CLOSE_POLL, &token("budgets")).await.unwrap_err(), Reason::RoleMissing);

    // To a public method, the others come as anybody.
    assert!(bench.call(GET_PROCESS, &token("budgets")).await.unwrap().is_staff());
    let gateway = bench.call(GET_PROCESS, &token("gateway")).await.unwrap();
    assert!(gateway.caller().is_none() && gateway.organization().is_ok());
    // A staff member's name is no service's.
    let officer = bench.token("gateway", Uuid::from_u128(3), "BUDGET_OFFICER");
    assert!(bench.call(GET_ROLL, &officer).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_revoked_session_is_none() {
    let list = Revocations::new(RevocationsConfig::default());
    let bench = Bench::new(list.clone());
    let (ended, live) = (Uuid::from_u128(2), Uuid::from_u128(3));
    let expire_time = DateTime::from_timestamp(i64::from(u32::MAX), 0).unwrap();
    let revoked = vec![Revoked { session: ended, expire_time, transaction: 1 }];
    list.apply(0, Instant::now(), Batch { revoked, watermark: 2, ..Batch::default() });

    let (ended, live) =
        (bench.token("ada", ended, "ADMINISTRATOR"), bench.token("ada", live, "ADMINISTRATOR"));
    assert_eq!(bench.call(CLOSE_POLL, &ended).await.unwrap_err(), Reason::SessionRevoked);
    assert!(bench.call(GET_PROCESS, &ended).await.unwrap().caller().is_none());
    assert!(bench.call(CLOSE_POLL, &live).await.is_ok());
    assert!(bench.call(GET_PROCESS, &live).await.unwrap().is_staff());

    // Nobody has said anything for six seconds: staff are nobody, participants and services go on.
    tokio::time::advance(std::time::Duration::from_secs(6)).await;
    assert_eq!(bench.call(CLOSE_POLL, &live).await.unwrap_err(), Reason::DependencyUnavailable);
    assert!(bench.call(GET_PROCESS, &live).await.unwrap().caller().is_none());
    let participant = bench.token("eve", Uuid::from_u128(4), "PARTICIPANT");
    assert!(bench.call(SUBMIT_PROPOSAL, &participant).await.is_ok());
    assert!(bench.call(GET_ROLL, &bench.token("budgets", Uuid::from_u128(5), "SERVICE")).await.is_ok());
}

/// A session without the second factor can prove it or sign out, in every service, and is anybody where everybody may come.
#[tokio::test]
async fn a_session_without_its_second_factor_gets_nowhere() {
    let bench = Bench::new(Revocations::none());
    let token = bench.token("ada", Uuid::from_u128(2), "SECOND_FACTOR_PENDING");
    let mut let_in = Vec::new();
    for method in comitia_proto::methods() {
        let path = comitia_proto::path(&method);
        let policy = comitia_proto::policy(&path).unwrap();
        match bench.call(&path, &token).await {
            Ok(context) if policy.public => assert!(!context.is_staff(), "{path}"),
            Ok(_) => let_in.push(method.name().to_owned()),
            Err(reason) => assert_eq!(reason, Reason::SecondFactorRequired, "{path}"),
        }
    }
    let_in.sort();
    let own = [
        "BeginPasskeyRegistration",
        "BeginPasskeyVerification",
        "RegisterPasskey",
        "RevokeSession",
        "VerifyPasskey",
    ];
    assert_eq!(let_in, own);
}

#[tokio::test]
async fn the_host_name_is_told() {
    let bench = Bench::new(Revocations::none());
    let mut headers = HeaderMap::new();
    headers.insert(HOST_HEADER, "city.example:8443".parse().unwrap());
    let context = authorise(&bench.verifier, GET_PROCESS, &headers).await.unwrap();
    assert_eq!(context.host(), Some("city.example:8443"));
}

#[tokio::test]
async fn the_code_of_a_preview_makes_a_viewer_and_nobody_who_is_not_staff() {
    let bench = Bench::new(Revocations::none());
    let viewer = async |code: Option<&str>, token: Option<String>| {
        let mut headers = HeaderMap::new();
        headers.insert(ORGANIZATION_HEADER, bench.organization.to_string().parse().unwrap());
        if let Some(code) = code {
            headers.insert(PREVIEW_HEADER, code.parse().unwrap());
        }
        if let Some(token) = token {
            headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        let context = authorise(&bench.verifier, GET_PROCESS, &headers).await.unwrap();
        (context.viewer(), context.is_staff())
    };
    assert_eq!(viewer(None, None).await, (Viewer::Public, false));
    let code = Viewer::Preview(preview_digest("the code"));
    assert_eq!(viewer(Some("the code"), None).await, (code, false));
    assert_ne!(preview_digest("the code"), preview_digest("another code"));
    let somebody = |role: &str| bench.token("somebody", Uuid::from_u128(2), role);
    assert_eq!(viewer(Some("the code"), Some(somebody("PARTICIPANT"))).await, (code, false));
    assert_eq!(viewer(Some("the code"), Some(somebody("AUDITOR"))).await, (Viewer::Staff, true));
}
