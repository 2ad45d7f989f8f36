//! What callers see.

use chrono::{DateTime, Utc};
use comitia_platform::validate::timestamp;
use comitia_proto::spaces::v1 as proto;
use uuid::Uuid;

use crate::domain::area::Area;
use crate::domain::attachment::{Attachment, Holder, Removed};
use crate::domain::geojson::Outline;
use crate::domain::organization::Organization;
use crate::domain::phase::{Phase, PhaseMove};
use crate::domain::process::{Component, Process};
use crate::domain::profile::Text;

/// An organization with its texts and its logo.
pub(crate) fn organization(
    organization: Organization,
    texts: Vec<Text>,
    logo: Option<Attachment>,
) -> proto::Organization {
    proto::Organization {
        etag: organization.etag(),
        organization_id: organization.organization_id.to_string(),
        display_name: organization.display_name,
        host_names: organization.host_names,
        canonical_host_name: organization.canonical_host_name,
        time_zone: organization.time_zone,
        create_time: Some(timestamp(organization.create_time)),
        languages: organization.profile.languages,
        country: organization.profile.country,
        contact_email: organization.profile.contact_email,
        brand_color: organization.profile.brand_color,
        texts: texts.into_iter().map(text).collect(),
        registration_open: organization.registration_open,
        terms_version: organization.terms_version,
        logo: logo.map(attachment),
    }
}

fn text(text: Text) -> proto::OrganizationText {
    proto::OrganizationText { kind: text.kind.0.into(), language: text.language, body: text.body }
}

/// The process as it is at `now`.
pub(crate) fn process(process: Process, now: DateTime<Utc>) -> proto::Process {
    proto::Process {
        process_id: process.process_id.to_string(),
        published: process.is_published(),
        current_phase: process.current_phase(now).map(phase),
        etag: process.etag(),
        phases: process.phases.iter().map(phase).collect(),
        title: process.title,
        description: process.description,
        components: process.components.into_iter().map(component).collect(),
        phase_moves: process.moves.into_iter().map(phase_move).collect(),
        create_time: Some(timestamp(process.create_time)),
        update_time: Some(timestamp(process.update_time)),
    }
}

fn phase(phase: &Phase) -> proto::Phase {
    proto::Phase {
        phase_id: phase.phase_id.to_string(),
        title: phase.title.clone(),
        kind: phase.kind.into(),
        start_time: Some(timestamp(phase.start_time)),
        end_time: Some(timestamp(phase.end_time)),
    }
}

fn phase_move(moved: PhaseMove) -> proto::PhaseMove {
    proto::PhaseMove {
        phase_id: moved.phase_id.to_string(),
        title: moved.title,
        move_time: Some(timestamp(moved.move_time)),
        previous_start_time: Some(timestamp(moved.before.0)),
        previous_end_time: Some(timestamp(moved.before.1)),
        start_time: Some(timestamp(moved.after.0)),
        end_time: Some(timestamp(moved.after.1)),
        reason: moved.reason,
    }
}

pub(crate) fn component(component: Component) -> proto::Component {
    proto::Component {
        component_id: component.component_id.to_string(),
        kind: component.kind.into(),
        title: component.title,
    }
}

/// The rings of an outline.
pub(crate) fn rings(outline: Outline) -> Vec<proto::Ring> {
    let ring = |ring: Vec<(i32, i32)>| proto::Ring {
        positions: ring.into_iter().flat_map(|(east, north)| [east, north]).collect(),
    };
    outline.rings.into_iter().map(ring).collect()
}

pub(crate) fn area(area: Area) -> proto::Area {
    proto::Area { code: area.code, title: area.title, parent_code: area.parent.unwrap_or_default() }
}

pub(crate) fn removed(removed: Removed) -> proto::RemovedAttachment {
    proto::RemovedAttachment {
        title: removed.title,
        reason: removed.reason,
        remove_time: Some(timestamp(removed.remove_time)),
    }
}

pub(crate) fn attachment(attachment: Attachment) -> proto::Attachment {
    let rendition = |(width, height)| proto::AttachmentRendition { width, height };
    let (etag, holder) = (attachment.etag(), attachment.holder);
    let of = |wanted: fn(Uuid) -> Holder| {
        if wanted(holder.id()) == holder { holder.id().to_string() } else { String::new() }
    };
    proto::Attachment {
        attachment_id: attachment.attachment_id.to_string(),
        process_id: of(Holder::Process),
        proposal_id: of(Holder::Proposal),
        project_id: of(Holder::Project),
        report_id: attachment.report_id.map(|id| id.to_string()).unwrap_or_default(),
        etag,
        kind: attachment.kind.into(),
        title: attachment.title,
        alternative_text: attachment.alternative_text,
        position: attachment.position,
        media_type: attachment.media_type,
        byte_count: attachment.byte_count,
        sha256: hex::encode(attachment.sha256),
        renditions: attachment.renditions.into_iter().map(rendition).collect(),
        create_time: Some(timestamp(attachment.create_time)),
        update_time: Some(timestamp(attachment.update_time)),
    }
}
