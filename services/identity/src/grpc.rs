//! The gRPC services: decode, call the use case, encode.

mod account_providers;
mod associations;
mod desk;
mod keys;
mod participants;
mod passkeys;
mod permits;
mod providers;
mod revocations;
mod rolls;
mod sessions;
mod staff;

use comitia_platform::auth::Context;
use comitia_platform::grpc::MAX_MESSAGE_BYTES;
use comitia_proto::identity::v1::account_provider_service_server::AccountProviderServiceServer;
use comitia_proto::identity::v1::association_service_server::AssociationServiceServer;
use comitia_proto::identity::v1::desk_service_server::DeskServiceServer;
use comitia_proto::identity::v1::key_service_server::KeyServiceServer;
use comitia_proto::identity::v1::participant_service_server::ParticipantServiceServer;
use comitia_proto::identity::v1::passkey_service_server::PasskeyServiceServer;
use comitia_proto::identity::v1::permit_service_server::PermitServiceServer;
use comitia_proto::identity::v1::provider_service_server::ProviderServiceServer;
use comitia_proto::identity::v1::revocation_service_server::RevocationServiceServer;
use comitia_proto::identity::v1::roll_service_server::RollServiceServer;
use comitia_proto::identity::v1::session_service_server::SessionServiceServer;
use comitia_proto::identity::v1::staff_service_server::StaffServiceServer;
use tonic::service::Routes;
use uuid::Uuid;

use crate::app::{self, App};
use crate::error::Error;

/// Answers calls with the use cases.
#[derive(Clone)]
pub struct Api {
    app: App,
}

impl Api {
    /// Answers with these use cases.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self { app }
    }

    /// The organization of a call that is not public, once the caller's session is known to live.
    async fn organization(&self, context: &Context) -> Result<Uuid, Error> {
        let organization = context.organization()?;
        app::sessions::require_live(&self.app, context.signed_in()?).await?;
        Ok(organization)
    }
}

/// The gRPC services of this crate.
#[must_use]
pub fn routes(app: App) -> Routes {
    let api = Api::new(app);
    Routes::new(SessionServiceServer::new(api.clone()))
        .add_service(AccountProviderServiceServer::new(api.clone()))
        .add_service(AssociationServiceServer::new(api.clone()))
        .add_service(DeskServiceServer::new(api.clone()))
        .add_service(KeyServiceServer::new(api.clone()))
        .add_service(ParticipantServiceServer::new(api.clone()))
        .add_service(PasskeyServiceServer::new(api.clone()))
        .add_service(PermitServiceServer::new(api.clone()))
        .add_service(ProviderServiceServer::new(api.clone()))
        .add_service(RevocationServiceServer::new(api.clone()))
        .add_service(StaffServiceServer::new(api.clone()))
        .add_service(
            RollServiceServer::new(api)
                .max_decoding_message_size(MAX_MESSAGE_BYTES)
                .max_encoding_message_size(MAX_MESSAGE_BYTES),
        )
}
