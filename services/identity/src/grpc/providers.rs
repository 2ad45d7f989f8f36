//! `ProviderService`.

use comitia_platform::ApiError;
use comitia_platform::auth::Context;
use comitia_platform::validate::{self, Checks};
use comitia_proto::identity::v1::provider_service_server::ProviderService;
use comitia_proto::identity::v1::{
    BeginProviderSignInRequest, BeginProviderSignInResponse, CompleteProviderSignInRequest,
    CompleteProviderSignInResponse, ListPollProvidersRequest, ListPollProvidersResponse, Provider,
};
use tonic::{Request, Response, Status};

use crate::app::providers;
use crate::domain::providers::Profile;
use crate::grpc::Api;

/// The longest sealed sign-in, and the longest answer of a provider.
pub(super) const LONGEST_SEALED: usize = 4_096;
pub(super) const LONGEST_QUERY: usize = 16_384;
const LONGEST_LANGUAGE: usize = 6;

#[tonic::async_trait]
impl ProviderService for Api {
    async fn list_poll_providers(
        &self,
        request: Request<ListPollProvidersRequest>,
    ) -> Result<Response<ListPollProvidersResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let poll_id = validate::uuid("poll_id", &request.into_inner().poll_id)?;
        let providers = providers::list(&self.app, organization, poll_id).await?;
        let shown = providers.into_iter().map(|(id, provider)| Provider {
            provider_id: id.to_owned(),
            display_name: provider.config.display_name.clone(),
            anonymous: provider.config.profile == Profile::Anonymous,
        });
        Ok(Response::new(ListPollProvidersResponse { providers: shown.collect() }))
    }

    async fn begin_provider_sign_in(
        &self,
        request: Request<BeginProviderSignInRequest>,
    ) -> Result<Response<BeginProviderSignInResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let poll_id = validate::uuid("poll_id", &message.poll_id)?;
        let language = message.language.as_str();
        check_language(language)?;
        let begun =
            providers::begin(&self.app, organization, poll_id, &message.provider_id, language).await?;
        Ok(Response::new(BeginProviderSignInResponse {
            authorization_url: begun.authorization_url,
            sealed_sign_in: begun.sealed,
            expire_time: Some(validate::timestamp(begun.expire_time)),
        }))
    }

    async fn complete_provider_sign_in(
        &self,
        request: Request<CompleteProviderSignInRequest>,
    ) -> Result<Response<CompleteProviderSignInResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let mut checks = Checks::new();
        checks.text("sealed_sign_in", &message.sealed_sign_in, 1, LONGEST_SEALED);
        checks.text("callback_query", &message.callback_query, 1, LONGEST_QUERY);
        checks.finish()?;
        let completed =
            providers::complete(&self.app, organization, &message.sealed_sign_in, &message.callback_query)
                .await?;
        Ok(Response::new(CompleteProviderSignInResponse {
            poll_id: completed.poll.to_string(),
            permit: completed.issued.permit,
            expire_time: Some(validate::timestamp(completed.issued.expire_time)),
            sign_out_url: completed.sign_out_url,
        }))
    }
}

/// The language of the provider's pages.
pub(super) fn check_language(language: &str) -> Result<(), ApiError> {
    let mut checks = Checks::new();
    let fits = language.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
    checks.require(fits && language.len() <= LONGEST_LANGUAGE, "language", "must be a language, such as fr");
    checks.finish()
}
