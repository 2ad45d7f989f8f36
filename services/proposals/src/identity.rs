//! What identity says of authors.

use comitia_core::ErrorCode;
use comitia_platform::ApiError;
use comitia_platform::grpc::{Client, ServiceIdentity};
use comitia_proto::identity::v1::participant_service_client::ParticipantServiceClient;
use comitia_proto::identity::v1::{GetAuthorRequest, GetAuthorResponse};
use uuid::Uuid;

use crate::domain::speaker::Speaker;
use crate::error::Error;

/// Asks identity about authors, as the service itself. Cheap to clone.
#[derive(Clone)]
pub struct Authors {
    client: ParticipantServiceClient<Client>,
    me: ServiceIdentity,
}

impl std::fmt::Debug for Authors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authors").finish_non_exhaustive()
    }
}

impl Authors {
    /// Asks at `client` as `me`.
    #[must_use]
    pub fn new(client: Client, me: ServiceIdentity) -> Self {
        Self { client: ParticipantServiceClient::new(client), me }
    }

    /// Who speaks when the person with this pseudonym writes now, for an association or for themselves. A member of a roll who
    /// signed in without an account may write, without a name.
    ///
    /// # Errors
    /// [`Error::RegistrationIncomplete`], [`Error::NotOfTheAssociation`]; `DEPENDENCY_UNAVAILABLE` when identity is away.
    pub async fn speaker(
        &self,
        organization: Uuid,
        author: &str,
        association: Option<Uuid>,
    ) -> Result<Speaker, Error> {
        let found = self.ask(organization, author, association).await?;
        if found.has_account && !found.complete {
            return Err(Error::RegistrationIncomplete);
        }
        match association {
            Some(association_id) if found.writes_for_association => {
                Ok(Speaker::Association { association_id, name: found.display_name })
            }
            Some(_) => Err(Error::NotOfTheAssociation),
            None if found.display_name.is_empty() => Ok(Speaker::Nameless),
            None => Ok(Speaker::Person(found.display_name)),
        }
    }

    /// The present name of an author, or else of an association; empty when there is none.
    ///
    /// # Errors
    /// `DEPENDENCY_UNAVAILABLE` when identity is away.
    pub async fn name(
        &self,
        organization: Uuid,
        author: &str,
        association: Option<Uuid>,
    ) -> Result<String, ApiError> {
        Ok(self.ask(organization, author, association).await?.display_name)
    }

    async fn ask(
        &self,
        organization: Uuid,
        author: &str,
        association: Option<Uuid>,
    ) -> Result<GetAuthorResponse, ApiError> {
        let message = GetAuthorRequest {
            author: author.to_owned(),
            association_id: association.map(|id| id.to_string()).unwrap_or_default(),
        };
        let request = self.me.request(Some(organization), message).await?;
        let answer = self.client.clone().get_author(request).await;
        Ok(answer.map_err(|status| failure(&status))?.into_inner())
    }
}

/// A dependency that is away, or a defect: it is we who were refused.
fn failure(status: &tonic::Status) -> ApiError {
    let error = ApiError::from_status(status);
    match (status.code(), error.code) {
        (tonic::Code::Unknown, _)
        | (
            _,
            ErrorCode::Unavailable
            | ErrorCode::DeadlineExceeded
            | ErrorCode::ResourceExhausted
            | ErrorCode::Aborted
            | ErrorCode::Unauthenticated,
        ) => ApiError::unavailable(error),
        _ => ApiError::internal(error),
    }
}
