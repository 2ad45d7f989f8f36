//! What spaces says of processes.

use comitia_platform::visibility::Processes;
use comitia_platform::{ApiError, validate};
use comitia_proto::spaces::v1::{PhaseKind, Process};
use uuid::Uuid;

use crate::domain::submission::Submission;
use crate::error::Error;

/// When a process takes proposals. The dates are compared with the present time at each question, so that
/// an answer is late only when somebody has changed them.
///
/// # Errors
/// [`Error::ProcessUnknown`]; `DEPENDENCY_UNAVAILABLE` when spaces is away.
pub async fn submission(
    processes: &Processes,
    organization: Uuid,
    process: Uuid,
) -> Result<Submission, Error> {
    let found = processes.get(organization, process).await?.ok_or(Error::ProcessUnknown(process))?;
    Ok(submission_of(&found)?)
}

fn submission_of(process: &Process) -> Result<Submission, ApiError> {
    let phases = process
        .phases
        .iter()
        .filter(|phase| phase.kind() == PhaseKind::Submission)
        .map(|phase| {
            let start = validate::time("start_time", phase.start_time.as_ref())?;
            Ok((start, validate::time("end_time", phase.end_time.as_ref())?))
        })
        .collect::<Result<_, ApiError>>()
        .map_err(ApiError::internal)?;
    Ok(Submission { published: process.published, phases })
}
