//! Which identity services participants may use.

use comitia_proto::identity::v1::*;

use super::administrator;

fn rules(allowed: &[&str]) -> AccountSignIn {
    let provider = |id: &str, name: &str| AccountProvider {
        provider_id: id.into(),
        display_name: name.into(),
        ..AccountProvider::default()
    };
    AccountSignIn {
        available_providers: vec![provider("fc", "FranceConnect <b>"), provider("pc", "ProConnect")],
        allowed_provider_ids: allowed.iter().map(|&id| id.to_owned()).collect(),
    }
}

#[tokio::test]
async fn an_administrator_chooses_among_what_the_installation_has() {
    let site = administrator().await;
    site.double.give::<GetAccountSignInRequest, _>(GetAccountSignInResponse {
        account_sign_in: Some(rules(&["fc", "gone"])),
    });
    let page = site.get("/fr/office/organization/providers").await;
    page.is(200).shows(&["FranceConnect &lt;b&gt;", "ProConnect", "value=\"gone\"", "n’a que ce moyen"]);
    site.double.give::<UpdateAccountSignInRequest, _>(UpdateAccountSignInResponse {
        account_sign_in: Some(rules(&["fc", "pc"])),
    });
    let page =
        site.post("/fr/office/organization/providers", &[("providers", "fc"), ("providers", "pc")]).await;
    assert_eq!(page.is(303).header("location"), "/fr/office/organization?done=saved");
    let (sent, metadata) = site.double.calls::<UpdateAccountSignInRequest>().pop().unwrap();
    assert_eq!(sent.allowed_provider_ids, ["fc", "pc"]);
    assert!(metadata.contains_key("authorization"));

    site.double.give::<GetAccountSignInRequest, _>(GetAccountSignInResponse::default());
    site.get("/fr/office/organization/providers").await.is(200).shows(&["Aucun service n’est configuré"]);
}
