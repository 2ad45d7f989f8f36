//! `AccountProviderService`.

use comitia_platform::ApiError;
use comitia_platform::auth::Context;
use comitia_platform::validate::{self, Checks};
use comitia_proto::identity::v1::account_provider_service_server::AccountProviderService;
use comitia_proto::identity::v1::{
    BeginAccountSignInRequest, BeginAccountSignInResponse, BeginProviderLinkRequest,
    BeginProviderLinkResponse, CompleteAccountSignInRequest, CompleteAccountSignInResponse,
    CompleteProviderLinkRequest, CompleteProviderLinkResponse, GetAccountSignInRequest,
    GetAccountSignInResponse, ListAccountProvidersRequest, ListAccountProvidersResponse,
    RegisterWithProviderRequest, RegisterWithProviderResponse, UnlinkProviderRequest, UnlinkProviderResponse,
    UpdateAccountSignInRequest, UpdateAccountSignInResponse,
};
use tonic::{Request, Response, Status};

use crate::app::participants::{links, providers};
use crate::grpc::Api;
use crate::grpc::providers::{LONGEST_QUERY, LONGEST_SEALED, check_language};

/// As many providers as an organization may allow.
const MOST_PROVIDERS: usize = 50;

#[tonic::async_trait]
impl AccountProviderService for Api {
    async fn list_account_providers(
        &self,
        request: Request<ListAccountProvidersRequest>,
    ) -> Result<Response<ListAccountProvidersResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let providers = providers::list(&self.app, organization).await?;
        let providers = providers.into_iter().map(|(id, provider)| links::encode(id, provider)).collect();
        Ok(Response::new(ListAccountProvidersResponse { providers }))
    }

    async fn begin_account_sign_in(
        &self,
        request: Request<BeginAccountSignInRequest>,
    ) -> Result<Response<BeginAccountSignInResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        check_language(&message.language)?;
        let begun =
            providers::begin(&self.app, organization, &message.provider_id, &message.language, None).await?;
        Ok(Response::new(BeginAccountSignInResponse {
            authorization_url: begun.authorization_url,
            sealed_sign_in: begun.sealed,
            expire_time: Some(validate::timestamp(begun.expire_time)),
        }))
    }

    async fn complete_account_sign_in(
        &self,
        request: Request<CompleteAccountSignInRequest>,
    ) -> Result<Response<CompleteAccountSignInResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.get_ref();
        check_answer(&message.sealed_sign_in, &message.callback_query)?;
        Ok(Response::new(providers::complete(&self.app, organization, message).await?))
    }

    async fn register_with_provider(
        &self,
        request: Request<RegisterWithProviderRequest>,
    ) -> Result<Response<RegisterWithProviderResponse>, Status> {
        let context = Context::of(&request);
        let (organization, address) = (context.organization()?, context.client_address());
        let message = request.get_ref();
        let mut checks = Checks::new();
        checks.text("sealed_identity", &message.sealed_identity, 1, LONGEST_SEALED);
        checks.finish()?;
        let session = providers::register(&self.app, organization, address, message).await?;
        Ok(Response::new(RegisterWithProviderResponse { session: Some(session) }))
    }

    async fn begin_provider_link(
        &self,
        request: Request<BeginProviderLinkRequest>,
    ) -> Result<Response<BeginProviderLinkResponse>, Status> {
        let context = Context::of(&request);
        let organization = self.organization(&context).await?;
        let BeginProviderLinkRequest { provider_id, language } = request.get_ref();
        check_language(language)?;
        let caller = context.signed_in()?;
        let begun = links::begin(&self.app, organization, caller, provider_id, language).await?;
        Ok(Response::new(BeginProviderLinkResponse {
            authorization_url: begun.authorization_url,
            sealed_sign_in: begun.sealed,
            expire_time: Some(validate::timestamp(begun.expire_time)),
        }))
    }

    async fn complete_provider_link(
        &self,
        request: Request<CompleteProviderLinkRequest>,
    ) -> Result<Response<CompleteProviderLinkResponse>, Status> {
        let context = Context::of(&request);
        let organization = self.organization(&context).await?;
        let message = request.get_ref();
        check_answer(&message.sealed_sign_in, &message.callback_query)?;
        let answer = links::complete(&self.app, organization, context.signed_in()?, message).await?;
        Ok(Response::new(answer))
    }

    async fn unlink_provider(
        &self,
        request: Request<UnlinkProviderRequest>,
    ) -> Result<Response<UnlinkProviderResponse>, Status> {
        let context = Context::of(&request);
        let organization = self.organization(&context).await?;
        let id = &request.get_ref().provider_id;
        let account = links::unlink(&self.app, organization, context.signed_in()?, id).await?;
        Ok(Response::new(UnlinkProviderResponse { account: Some(account) }))
    }

    async fn get_account_sign_in(
        &self,
        request: Request<GetAccountSignInRequest>,
    ) -> Result<Response<GetAccountSignInResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let account_sign_in = Some(links::rules(&self.app, organization).await?);
        Ok(Response::new(GetAccountSignInResponse { account_sign_in }))
    }

    async fn update_account_sign_in(
        &self,
        request: Request<UpdateAccountSignInRequest>,
    ) -> Result<Response<UpdateAccountSignInResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let allowed = request.into_inner().allowed_provider_ids;
        let mut checks = Checks::new();
        let few = allowed.len() <= MOST_PROVIDERS;
        checks.require(few, "allowed_provider_ids", format!("must be {MOST_PROVIDERS} at the most"));
        checks.finish()?;
        let account_sign_in = Some(links::set_rules(&self.app, organization, allowed).await?);
        Ok(Response::new(UpdateAccountSignInResponse { account_sign_in }))
    }
}

fn check_answer(sealed: &str, query: &str) -> Result<(), ApiError> {
    let mut checks = Checks::new();
    checks.text("sealed_sign_in", sealed, 1, LONGEST_SEALED);
    checks.text("callback_query", query, 1, LONGEST_QUERY);
    checks.finish()
}
