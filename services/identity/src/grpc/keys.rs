//! `KeyService`.

use comitia_proto::identity::v1::key_service_server::KeyService;
use comitia_proto::identity::v1::{GetKeySetRequest, GetKeySetResponse};
use tonic::{Request, Response, Status};

use crate::grpc::Api;

#[tonic::async_trait]
impl KeyService for Api {
    async fn get_key_set(
        &self,
        _request: Request<GetKeySetRequest>,
    ) -> Result<Response<GetKeySetResponse>, Status> {
        Ok(Response::new(GetKeySetResponse { keys: self.app.keyring.set()? }))
    }
}
