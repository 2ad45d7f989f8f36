//! `PasskeyService`.

use comitia_platform::ApiError;
use comitia_platform::auth::Context;
use comitia_platform::validate::{self, Checks};
use comitia_proto::identity::v1::passkey_service_server::PasskeyService;
use comitia_proto::identity::v1::{
    BeginPasskeyRegistrationRequest, BeginPasskeyRegistrationResponse, BeginPasskeyVerificationRequest,
    BeginPasskeyVerificationResponse, DeletePasskeyRequest, DeletePasskeyResponse, ListOwnPasskeysRequest,
    ListOwnPasskeysResponse, RegisterPasskeyRequest, RegisterPasskeyResponse, RenamePasskeyRequest,
    RenamePasskeyResponse, VerifyPasskeyRequest, VerifyPasskeyResponse,
};
use tonic::{Request, Response, Status};

use crate::app::passkeys::{self, Call, owned};
use crate::grpc::Api;

/// The longest answer of a browser, in characters.
const LONGEST_CREDENTIAL: usize = 16_384;
const LONGEST_LABEL: usize = 100;

impl Api {
    /// A call by staff, once their session is known to live.
    pub(super) async fn call<'a>(&self, context: &'a Context) -> Result<Call<'a>, Status> {
        Ok(Call {
            organization: self.organization(context).await?,
            caller: context.signed_in()?,
            host: context.host(),
            address: context.client_address(),
        })
    }
}

fn checked(credential: Option<&str>, label: Option<&str>) -> Result<(), ApiError> {
    let mut checks = Checks::new();
    if let Some(credential) = credential {
        checks.text("credential_json", credential, 1, LONGEST_CREDENTIAL);
    }
    if let Some(label) = label {
        checks.text("label", label, 1, LONGEST_LABEL);
    }
    checks.finish()
}

#[tonic::async_trait]
impl PasskeyService for Api {
    async fn begin_passkey_registration(
        &self,
        request: Request<BeginPasskeyRegistrationRequest>,
    ) -> Result<Response<BeginPasskeyRegistrationResponse>, Status> {
        let context = Context::of(&request);
        let call = self.call(&context).await?;
        Ok(Response::new(passkeys::begin_registration(&self.app, call).await?))
    }

    async fn register_passkey(
        &self,
        request: Request<RegisterPasskeyRequest>,
    ) -> Result<Response<RegisterPasskeyResponse>, Status> {
        let context = Context::of(&request);
        let call = self.call(&context).await?;
        let RegisterPasskeyRequest { credential_json, label } = request.into_inner();
        checked(Some(&credential_json), Some(&label))?;
        Ok(Response::new(passkeys::register(&self.app, call, &credential_json, &label).await?))
    }

    async fn begin_passkey_verification(
        &self,
        request: Request<BeginPasskeyVerificationRequest>,
    ) -> Result<Response<BeginPasskeyVerificationResponse>, Status> {
        let context = Context::of(&request);
        let call = self.call(&context).await?;
        Ok(Response::new(passkeys::begin_verification(&self.app, call).await?))
    }

    async fn verify_passkey(
        &self,
        request: Request<VerifyPasskeyRequest>,
    ) -> Result<Response<VerifyPasskeyResponse>, Status> {
        let context = Context::of(&request);
        let call = self.call(&context).await?;
        let credential = request.into_inner().credential_json;
        checked(Some(&credential), None)?;
        Ok(Response::new(passkeys::verify(&self.app, call, &credential).await?))
    }

    async fn list_own_passkeys(
        &self,
        request: Request<ListOwnPasskeysRequest>,
    ) -> Result<Response<ListOwnPasskeysResponse>, Status> {
        let context = Context::of(&request);
        let call = self.call(&context).await?;
        Ok(Response::new(owned::list(&self.app, call).await?))
    }

    async fn rename_passkey(
        &self,
        request: Request<RenamePasskeyRequest>,
    ) -> Result<Response<RenamePasskeyResponse>, Status> {
        let context = Context::of(&request);
        let call = self.call(&context).await?;
        let RenamePasskeyRequest { passkey_id, label } = request.into_inner();
        let id = validate::uuid("passkey_id", &passkey_id)?;
        checked(None, Some(&label))?;
        let passkey = Some(owned::rename(&self.app, call, id, &label).await?);
        Ok(Response::new(RenamePasskeyResponse { passkey }))
    }

    async fn delete_passkey(
        &self,
        request: Request<DeletePasskeyRequest>,
    ) -> Result<Response<DeletePasskeyResponse>, Status> {
        let context = Context::of(&request);
        let call = self.call(&context).await?;
        let id = validate::uuid("passkey_id", &request.into_inner().passkey_id)?;
        owned::delete(&self.app, call, id).await?;
        Ok(Response::new(DeletePasskeyResponse {}))
    }
}
