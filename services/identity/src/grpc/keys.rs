//! `KeyService`.

use comitia_platform::auth::Context;
use comitia_platform::validate;
use comitia_proto::identity::v1::key_service_server::KeyService;
use comitia_proto::identity::v1::{
    GetKeySetRequest, GetKeySetResponse, RotateSigningKeyRequest, RotateSigningKeyResponse,
};
use tonic::{Request, Response, Status};

use crate::app::{keys, sessions};
use crate::grpc::Api;

#[tonic::async_trait]
impl KeyService for Api {
    async fn get_key_set(
        &self,
        _request: Request<GetKeySetRequest>,
    ) -> Result<Response<GetKeySetResponse>, Status> {
        Ok(Response::new(GetKeySetResponse { keys: self.app.keyring.set()? }))
    }

    async fn rotate_signing_key(
        &self,
        request: Request<RotateSigningKeyRequest>,
    ) -> Result<Response<RotateSigningKeyResponse>, Status> {
        sessions::require_live(&self.app, Context::of(&request).signed_in()?).await?;
        let (kid, use_time) = keys::rotate(&self.app, request.into_inner().revoke_earlier).await?;
        let use_time = Some(validate::timestamp(use_time));
        Ok(Response::new(RotateSigningKeyResponse { kid, use_time }))
    }
}
