//! Processes and their components.

use chrono::{DateTime, Utc};
use comitia_proto::spaces::v1::ComponentKind;
use uuid::Uuid;

use crate::domain::phase::{Phase, PhaseDraft, PhaseMove};

/// A place of participation with dated phases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub process_id: Uuid,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// When it was published, if it was.
    pub publish_time: Option<DateTime<Utc>>,
    /// Its phases, in the order of time.
    pub phases: Vec<Phase>,
    /// Its components, in the order of their making.
    pub components: Vec<Component>,
    /// The last moves of its phases since it is published, the newest first; where it is read alone.
    pub moves: Vec<PhaseMove>,
    /// Counts its changes.
    pub revision: i64,
    /// When it was created.
    pub create_time: DateTime<Utc>,
    /// When it was last changed.
    pub update_time: DateTime<Utc>,
}

impl Process {
    /// Whether everybody can see it.
    #[must_use]
    pub fn is_published(&self) -> bool {
        self.publish_time.is_some()
    }

    /// The phase that is open.
    #[must_use]
    pub fn current_phase(&self, now: DateTime<Utc>) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.is_open(now))
    }

    /// A text that changes whenever the process does.
    #[must_use]
    pub fn etag(&self) -> String {
        etag(self.revision)
    }

    /// Notes that it was changed.
    pub fn touch(&mut self, now: DateTime<Utc>) {
        self.revision += 1;
        self.update_time = now;
    }
}

fn etag(revision: i64) -> String {
    format!("r{revision:x}")
}

/// A part of a process that another service fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Its id.
    pub component_id: Uuid,
    /// What it lets people do.
    pub kind: ComponentKind,
    /// Its title.
    pub title: String,
}

/// A process to create.
#[derive(Clone, Debug)]
pub struct NewProcess {
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// Its phases, without ids.
    pub phases: Vec<PhaseDraft>,
}

/// What to change in a process; nothing is left as it is.
#[derive(Clone, Debug, Default)]
pub struct ProcessChange {
    /// Its title from now on.
    pub title: Option<String>,
    /// What it is about from now on.
    pub description: Option<String>,
    /// Its phases from now on.
    pub phases: Option<Vec<PhaseDraft>>,
    /// Why dates of phases move.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_gives_another_etag() {
        let time = DateTime::UNIX_EPOCH;
        let mut process = Process {
            process_id: Uuid::nil(),
            title: String::new(),
            description: String::new(),
            publish_time: None,
            phases: Vec::new(),
            components: Vec::new(),
            moves: Vec::new(),
            revision: 1,
            create_time: time,
            update_time: time,
        };
        let before = process.etag();
        process.touch(time);
        assert_ne!(process.etag(), before);
    }
}
