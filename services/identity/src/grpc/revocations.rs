//! `RevocationService`.

use comitia_proto::identity::v1::revocation_service_server::RevocationService;
use comitia_proto::identity::v1::{ListRevocationsRequest, ListRevocationsResponse};
use tonic::{Request, Response, Status};

use crate::app::revocations;
use crate::grpc::Api;

#[tonic::async_trait]
impl RevocationService for Api {
    async fn list_revocations(
        &self,
        request: Request<ListRevocationsRequest>,
    ) -> Result<Response<ListRevocationsResponse>, Status> {
        Ok(Response::new(revocations::list(&self.app, request.into_inner().since)?))
    }
}
