//! `ProcessService`.

use comitia_platform::auth::Context;
use comitia_platform::idempotency::Idempotent;
use comitia_platform::validate::{self, Checks};
use comitia_platform::{ApiError, page};
use comitia_proto::spaces::v1::process_service_server::ProcessService;
use comitia_proto::spaces::v1::{self as proto, ComponentKind, PhaseKind};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Api, encode};
use crate::app::{processes, votes};
use crate::domain::phase::{MAX_PHASES, PhaseDraft, Vote, date_faults};
use crate::domain::process::{Component, NewProcess, Process, ProcessChange};
use crate::error::Error;

#[tonic::async_trait]
impl ProcessService for Api {
    async fn create_process(
        &self,
        request: Request<proto::CreateProcessRequest>,
    ) -> Result<Response<proto::CreateProcessResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (context.organization()?, context.signed_in()?);
        let message = request.into_inner();
        let idempotent =
            Idempotent::new(organization, caller, "CreateProcess", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let new = decode_new(message)?;
            let answer = |process| proto::CreateProcessResponse { process: Some(self.encode(process)) };
            processes::create(&self.app, organization, &idempotent, new, answer).await
        });
        Ok(Response::new(answer.await?))
    }

    async fn get_process(
        &self,
        request: Request<proto::GetProcessRequest>,
    ) -> Result<Response<proto::GetProcessResponse>, Status> {
        let context = Context::of(&request);
        let id = validate::uuid("process_id", &request.get_ref().process_id)?;
        let found = processes::get(&self.app, context.organization()?, id, context.viewer()).await?;
        Ok(Response::new(proto::GetProcessResponse { process: Some(self.encode(found)) }))
    }

    async fn list_processes(
        &self,
        request: Request<proto::ListProcessesRequest>,
    ) -> Result<Response<proto::ListProcessesResponse>, Status> {
        const SCOPE: &str = "ListProcesses";
        let context = Context::of(&request);
        let message = request.into_inner();
        let size = page::size(message.page_size)?;
        let before = page::cursor(SCOPE, &message.page_token, page::id)?;
        let organization = context.organization()?;
        let mut found =
            processes::list(&self.app, organization, context.is_staff(), before, size + 1).await?;
        let next_page_token = page::cut(&mut found, size, SCOPE, |process| process.process_id.to_string());
        let processes = found.into_iter().map(|process| self.encode(process)).collect();
        Ok(Response::new(proto::ListProcessesResponse { processes, next_page_token }))
    }

    async fn update_process(
        &self,
        request: Request<proto::UpdateProcessRequest>,
    ) -> Result<Response<proto::UpdateProcessResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let process = message.process.ok_or_else(|| ApiError::invalid_field("process", "must be given"))?;
        let id = validate::uuid("process.process_id", &process.process_id)?;
        let etag = process.etag.clone();
        let mask = message.update_mask.map(|mask| mask.paths).unwrap_or_default();
        let change = decode_change(process, &mask, message.reason.trim())?;
        let changed = processes::update(&self.app, organization, id, &etag, change).await?;
        Ok(Response::new(proto::UpdateProcessResponse { process: Some(self.encode(changed)) }))
    }

    async fn publish_process(
        &self,
        request: Request<proto::PublishProcessRequest>,
    ) -> Result<Response<proto::PublishProcessResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let id = validate::uuid("process_id", &request.get_ref().process_id)?;
        let published = processes::publish(&self.app, organization, id).await?;
        Ok(Response::new(proto::PublishProcessResponse { process: Some(self.encode(published)) }))
    }

    async fn create_component(
        &self,
        request: Request<proto::CreateComponentRequest>,
    ) -> Result<Response<proto::CreateComponentResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (context.organization()?, context.signed_in()?);
        let message = request.into_inner();
        let idempotent =
            Idempotent::new(organization, caller, "CreateComponent", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let process = validate::uuid("process_id", &message.process_id)?;
            let component = decode_component(&message)?;
            let answer =
                |component| proto::CreateComponentResponse { component: Some(encode::component(component)) };
            processes::create_component(&self.app, organization, &idempotent, process, component, answer)
                .await
        });
        Ok(Response::new(answer.await?))
    }

    async fn delete_component(
        &self,
        request: Request<proto::DeleteComponentRequest>,
    ) -> Result<Response<proto::DeleteComponentResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let process = validate::uuid("process_id", &request.get_ref().process_id)?;
        let component = validate::uuid("component_id", &request.get_ref().component_id)?;
        processes::delete_component(&self.app, organization, process, component).await?;
        Ok(Response::new(proto::DeleteComponentResponse {}))
    }

    async fn hold_vote_phase(
        &self,
        request: Request<proto::HoldVotePhaseRequest>,
    ) -> Result<Response<proto::HoldVotePhaseResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let process = validate::uuid("process_id", &message.process_id)?;
        let vote = Vote {
            poll: validate::uuid("poll_id", &message.poll_id)?,
            open_time: validate::time("open_time", message.open_time.as_ref())?,
            close_time: validate::time("close_time", message.close_time.as_ref())?,
        };
        let mut checks = Checks::new();
        checks.require(vote.open_time < vote.close_time, "close_time", "must be after open_time");
        checks.finish()?;
        votes::hold(&self.app, organization, process, &vote).await?;
        Ok(Response::new(proto::HoldVotePhaseResponse {}))
    }

    async fn release_vote_phase(
        &self,
        request: Request<proto::ReleaseVotePhaseRequest>,
    ) -> Result<Response<proto::ReleaseVotePhaseResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let poll = validate::uuid("poll_id", &request.get_ref().poll_id)?;
        votes::release(&self.app, organization, poll).await?;
        Ok(Response::new(proto::ReleaseVotePhaseResponse {}))
    }
}

impl Api {
    fn encode(&self, process: Process) -> proto::Process {
        encode::process(process, self.app.clock.now())
    }
}

const TITLE_MAX: usize = 200;
const DESCRIPTION_MAX: usize = 20_000;
const REASON_MAX: usize = 1_000;

fn decode_new(message: proto::CreateProcessRequest) -> Result<NewProcess, Error> {
    let mut checks = Checks::new();
    checks.text("title", &message.title, 1, TITLE_MAX).text(
        "description",
        &message.description,
        0,
        DESCRIPTION_MAX,
    );
    check_phases(&mut checks, "phases", &message.phases);
    checks.finish()?;
    // Ids of phases are given by the service; those in the request say nothing.
    let unnamed = message.phases.into_iter().map(|phase| proto::Phase { phase_id: String::new(), ..phase });
    Ok(NewProcess {
        title: message.title.trim().to_owned(),
        description: message.description.trim().to_owned(),
        phases: decode_phases("phases", unnamed.collect())?,
    })
}

fn decode_component(message: &proto::CreateComponentRequest) -> Result<Component, ApiError> {
    let kind = ComponentKind::try_from(message.kind).unwrap_or_default();
    let mut checks = Checks::new();
    checks.require(kind != ComponentKind::Unspecified, "kind", "must be a kind of component").text(
        "title",
        &message.title,
        1,
        TITLE_MAX,
    );
    checks.finish()?;
    let title = message.title.trim().to_owned();
    Ok(Component { component_id: comitia_core::id::new(), kind, title })
}

fn decode_change(process: proto::Process, mask: &[String], reason: &str) -> Result<ProcessChange, Error> {
    const NAMES: [&str; 3] = ["title", "description", "phases"];
    let set = [!process.title.is_empty(), !process.description.is_empty(), !process.phases.is_empty()];
    let known = |path: &String| path == "*" || NAMES.contains(&path.as_str());
    let mut checks = Checks::new();
    checks.require(mask.iter().all(known), "update_mask", "may name title, description and phases alone");
    let wanted = |place: usize| match mask {
        [] => set[place],
        paths => paths.iter().any(|path| path == "*" || path == NAMES[place]),
    };
    let (title, description, phases) = (wanted(0), wanted(1), wanted(2));
    checks.text("reason", reason, 0, REASON_MAX);
    if title {
        checks.text("process.title", &process.title, 1, TITLE_MAX);
    }
    if description {
        checks.text("process.description", &process.description, 0, DESCRIPTION_MAX);
    }
    if phases {
        check_phases(&mut checks, "process.phases", &process.phases);
    }
    checks.finish()?;
    Ok(ProcessChange {
        title: title.then(|| process.title.trim().to_owned()),
        description: description.then(|| process.description.trim().to_owned()),
        phases: if phases { Some(decode_phases("process.phases", process.phases)?) } else { None },
        reason: reason.to_owned(),
    })
}

/// All that is wrong with each phase by itself.
fn check_phases(checks: &mut Checks, field: &str, phases: &[proto::Phase]) {
    checks.require(phases.len() <= MAX_PHASES, field, format!("must have at most {MAX_PHASES} phases"));
    for (index, phase) in phases.iter().enumerate() {
        let path = |name: &str| format!("{field}[{index}].{name}");
        let kind = PhaseKind::try_from(phase.kind).unwrap_or_default();
        checks
            .text(path("title"), &phase.title, 1, TITLE_MAX)
            .require(kind != PhaseKind::Unspecified, path("kind"), "must be a kind of phase")
            .require(
                phase.phase_id.is_empty() || Uuid::parse_str(&phase.phase_id).is_ok(),
                path("phase_id"),
                "must be a UUID, or empty for a new phase",
            );
        for (name, time) in [("start_time", &phase.start_time), ("end_time", &phase.end_time)] {
            let good = validate::time(name, time.as_ref()).is_ok();
            checks.require(good, path(name), "must be a time, such as 2026-06-01T08:00:00Z");
        }
    }
}

/// Phases that [`check_phases`] found nothing wrong with, if their dates fit together.
fn decode_phases(field: &'static str, phases: Vec<proto::Phase>) -> Result<Vec<PhaseDraft>, Error> {
    let drafts = phases
        .into_iter()
        .map(|phase| {
            Ok(PhaseDraft {
                phase_id: validate::optional_uuid("phase_id", &phase.phase_id)?,
                kind: PhaseKind::try_from(phase.kind).unwrap_or_default(),
                start_time: validate::time("start_time", phase.start_time.as_ref())?,
                end_time: validate::time("end_time", phase.end_time.as_ref())?,
                title: phase.title.trim().to_owned(),
            })
        })
        .collect::<Result<Vec<_>, ApiError>>()?;
    let faults = date_faults(&drafts);
    if faults.is_empty() { Ok(drafts) } else { Err(Error::PhaseDates { field, faults }) }
}
