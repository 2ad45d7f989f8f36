//! Each act as a whole sentence: who did what to which thing.

use std::borrow::Cow;

use comitia_proto::proposals::v1::ProposalState;
use comitia_proto::spaces::v1::{Act, ActChange};

use super::names::Names;
use super::words;
use crate::locale::{Locale, key, t};
use crate::pages::parts::proposal_state;

/// The sentence of each method. A test holds this list and the policies together.
const SENTENCES: &[(&str, &str)] = &[
    ("comitia.spaces.v1.OrganizationService/UpdateOrganization", key!("office-said-update-organization")),
    ("comitia.spaces.v1.OrganizationService/UpdateHostNames", key!("office-said-update-host-names")),
    ("comitia.spaces.v1.PreviewService/CreatePreviewLink", key!("office-said-create-preview-link")),
    ("comitia.spaces.v1.PreviewService/RevokePreviewLink", key!("office-said-revoke-preview-link")),
    ("comitia.spaces.v1.ProcessService/CreateProcess", key!("office-said-create-process")),
    ("comitia.spaces.v1.ProcessService/UpdateProcess", key!("office-said-update-process")),
    ("comitia.spaces.v1.ProcessService/PublishProcess", key!("office-said-publish-process")),
    ("comitia.spaces.v1.ProcessService/CreateComponent", key!("office-said-create-component")),
    ("comitia.spaces.v1.ProcessService/DeleteComponent", key!("office-said-delete-component")),
    ("comitia.spaces.v1.AreaService/CreateArea", key!("office-said-create-area")),
    ("comitia.spaces.v1.AreaService/BatchCreateAreas", key!("office-said-create-areas")),
    ("comitia.spaces.v1.AreaService/DrawAreas", key!("office-said-draw-areas")),
    ("comitia.spaces.v1.AreaService/UpdateArea", key!("office-said-update-area")),
    ("comitia.spaces.v1.AreaService/DeleteArea", key!("office-said-delete-area")),
    ("comitia.spaces.v1.AttachmentService/AddAttachment", key!("office-said-add-attachment")),
    ("comitia.spaces.v1.AttachmentService/AddProposalAttachment", key!("office-said-add-attachment")),
    ("comitia.spaces.v1.AttachmentService/AddProjectAttachment", key!("office-said-add-attachment")),
    ("comitia.spaces.v1.AttachmentService/UpdateAttachment", key!("office-said-update-attachment")),
    ("comitia.spaces.v1.AttachmentService/RemoveAttachment", key!("office-said-remove-attachment")),
    ("comitia.proposals.v1.ProposalService/SubmitProposal", key!("office-said-submit-proposal")),
    ("comitia.proposals.v1.ProposalService/UpdateProposal", key!("office-said-update-proposal")),
    ("comitia.proposals.v1.ProposalService/WithdrawProposal", key!("office-said-withdraw-proposal")),
    ("comitia.proposals.v1.ProposalService/ModerateProposal", key!("office-said-moderate-proposal")),
    ("comitia.proposals.v1.ProposalService/AnswerProposal", key!("office-said-answer-proposal")),
    ("comitia.proposals.v1.ProposalService/BatchAnswerProposals", key!("office-said-batch-answer")),
    ("comitia.proposals.v1.ProposalService/BatchModerateProposals", key!("office-said-batch-moderate")),
    ("comitia.budgets.v1.BudgetService/CreateBudget", key!("office-said-create-budget")),
    ("comitia.budgets.v1.BudgetService/UpdateBudget", key!("office-said-update-budget")),
    ("comitia.budgets.v1.BudgetService/ScheduleVote", key!("office-said-schedule-vote")),
    ("comitia.budgets.v1.BudgetService/ExtendVote", key!("office-said-extend-vote")),
    ("comitia.budgets.v1.ChecklistService/PlanVote", key!("office-said-plan-vote")),
    ("comitia.budgets.v1.ChecklistService/CheckItem", key!("office-said-check-item")),
    ("comitia.budgets.v1.ChecklistService/SignOffVote", key!("office-said-sign-off-vote")),
    ("comitia.budgets.v1.ProjectService/BatchCreateProjects", key!("office-said-create-projects")),
    ("comitia.budgets.v1.ProjectService/ImportProposals", key!("office-said-import-proposals")),
    ("comitia.budgets.v1.ProjectService/UpdateProject", key!("office-said-update-project")),
    ("comitia.budgets.v1.ProjectService/DeleteProject", key!("office-said-delete-project")),
    ("comitia.budgets.v1.ProjectService/ReportProgress", key!("office-said-report-progress")),
    ("comitia.voting.v1.PollService/CreatePoll", key!("office-said-create-poll")),
    ("comitia.voting.v1.PollService/ClosePoll", key!("office-said-close-poll")),
    ("comitia.voting.v1.PollService/PausePoll", key!("office-said-pause-poll")),
    ("comitia.voting.v1.PollService/ResumePoll", key!("office-said-resume-poll")),
    ("comitia.voting.v1.PollService/ExtendPoll", key!("office-said-extend-poll")),
    ("comitia.voting.v1.PollService/CancelPoll", key!("office-said-cancel-poll")),
    ("comitia.voting.v1.PollService/AnnulPoll", key!("office-said-annul-poll")),
    ("comitia.voting.v1.PaperBallotService/CreatePaperBatch", key!("office-said-create-paper-batch")),
    ("comitia.voting.v1.PaperBallotService/EnterPaperBallots", key!("office-said-enter-paper-ballots")),
    ("comitia.voting.v1.PaperBallotService/CommitPaperBatch", key!("office-said-commit-paper-batch")),
    ("comitia.voting.v1.PaperBallotService/SetPaperBatchAside", key!("office-said-set-paper-batch-aside")),
    ("comitia.identity.v1.PermitService/IssuePaperPermits", key!("office-said-issue-paper-permits")),
    ("comitia.identity.v1.DeskService/OpenDeskVisit", key!("office-said-open-desk-visit")),
    ("comitia.identity.v1.DeskService/ConfirmDeskVisit", key!("office-said-confirm-desk-visit")),
    ("comitia.identity.v1.RollService/CreateRoll", key!("office-said-create-roll")),
    ("comitia.identity.v1.RollService/ImportMembers", key!("office-said-import-members")),
    ("comitia.identity.v1.RollService/ReloadMembers", key!("office-said-reload-members")),
    ("comitia.identity.v1.RollService/FindMembers", key!("office-said-find-members")),
    ("comitia.identity.v1.RollService/UpdateMember", key!("office-said-update-member")),
    ("comitia.identity.v1.RollService/ExportMembers", key!("office-said-export-members")),
    ("comitia.identity.v1.RollService/ExportMember", key!("office-said-export-member")),
    ("comitia.identity.v1.RollService/EraseMember", key!("office-said-erase-member")),
    ("comitia.identity.v1.RollService/GenerateAccessCodes", key!("office-said-generate-access-codes")),
    ("comitia.identity.v1.RollService/ReplaceAccessCode", key!("office-said-replace-access-code")),
    ("comitia.identity.v1.RollService/ApproveAccessCodeReplacement", key!("office-said-approve-access-code")),
    ("comitia.identity.v1.RollService/RecordReturnedLetters", key!("office-said-record-returned-letters")),
    ("comitia.identity.v1.ParticipantService/ResolveResidentCase", key!("office-said-resolve-case")),
    ("comitia.identity.v1.AssociationService/CreateAssociation", key!("office-said-create-association")),
    ("comitia.identity.v1.AssociationService/RenameAssociation", key!("office-said-rename-association")),
    ("comitia.identity.v1.AssociationService/DeleteAssociation", key!("office-said-delete-association")),
    (
        "comitia.identity.v1.AssociationService/AddAssociationMember",
        key!("office-said-add-association-member"),
    ),
    (
        "comitia.identity.v1.AssociationService/RemoveAssociationMember",
        key!("office-said-remove-association-member"),
    ),
    ("comitia.identity.v1.StaffService/CreateStaffMember", key!("office-said-create-staff-member")),
    ("comitia.identity.v1.StaffService/UpdateStaffMember", key!("office-said-update-staff-member")),
    ("comitia.identity.v1.StaffService/DeleteStaffMember", key!("office-said-delete-staff-member")),
    ("comitia.voting.v1.CorrectionService/ProposeCorrection", key!("office-said-propose-correction")),
    ("comitia.voting.v1.CorrectionService/ConfirmCorrection", key!("office-said-confirm-correction")),
    ("comitia.voting.v1.CorrectionService/DropCorrection", key!("office-said-drop-correction")),
    ("comitia.voting.v1.CorrectionService/NoteAppeal", key!("office-said-note-appeal")),
    ("comitia.spaces.v1.AttachmentService/SetLogo", key!("office-said-set-logo")),
    ("comitia.identity.v1.StaffService/ResetPasskeys", key!("office-said-reset-passkeys")),
    ("comitia.identity.v1.StaffService/UpdateStaffSignIn", key!("office-said-update-staff-sign-in")),
    (
        "comitia.identity.v1.AccountProviderService/UpdateAccountSignIn",
        key!("office-said-update-account-sign-in"),
    ),
    ("comitia.identity.v1.PasskeyService/RegisterPasskey", key!("office-said-register-passkey")),
    ("comitia.identity.v1.PasskeyService/DeletePasskey", key!("office-said-delete-passkey")),
];

/// The sentence for an act of `who`. A method that this version does not know is named as it is.
pub fn sentence(locale: &Locale, names: &Names, who: &str, act: &Act) -> String {
    let said = Said { locale, who, thing: thing(locale, names, act), act };
    let method = act.method.rsplit('/').next().unwrap_or_default();
    let special = match method {
        "UpdateProcess" => said.moved_phase(),
        "ExtendVote" => said.later_vote(),
        "ExtendPoll" => said.longer_sheet(),
        "ModerateProposal" | "BatchModerateProposals" => said.moderated(),
        "AnswerProposal" | "BatchAnswerProposals" => said.answered(),
        _ => None,
    };
    special.unwrap_or_else(|| said.ordinary())
}

/// A space and the name of what the act was done to, in quotation marks; empty where it has none.
fn thing(locale: &Locale, names: &Names, act: &Act) -> String {
    let value = |change: &ActChange| change.after.clone().or_else(|| change.before.clone());
    let changed = act.changes.iter().find(|change| {
        matches!(change.field.as_str(), "title" | "display_name" | "process.title" | "attachment.title")
    });
    // Of a photo, the name is its own, and not that of what it hangs on.
    let own = act.method.contains("AttachmentService");
    let known = names.title(&act.resource).filter(|_| !own).map(str::to_owned);
    match known.or_else(|| changed.and_then(value)) {
        Some(name) => format!(" {}", t!(locale, "office-said-thing", name = name)),
        None => String::new(),
    }
}

struct Said<'a> {
    locale: &'a Locale,
    who: &'a str,
    thing: String,
    act: &'a Act,
}

impl Said<'_> {
    fn ordinary(&self) -> String {
        let (who, thing) = (self.who.to_owned(), self.thing.clone());
        match SENTENCES.iter().find(|(name, _)| *name == self.act.method) {
            Some((_, words)) => self.locale.text_with(words, &[("who", who.into()), ("thing", thing.into())]),
            None => {
                let what = words::what(self.locale, &self.act.method);
                t!(self.locale, "office-said-other", who = who, what = what)
            }
        }
    }

    fn change(&self, field: &str) -> Option<&ActChange> {
        self.act.changes.iter().find(|change| change.field == field)
    }

    fn after(&self, field: &str) -> Option<&str> {
        self.change(field)?.after.as_deref()
    }

    /// Where nothing but the dates of one phase changed.
    fn moved_phase(&self) -> Option<String> {
        let phase = |change: &ActChange| {
            let (title, field) = change.field.strip_prefix("phases[")?.rsplit_once("].")?;
            let moved = change.before.is_some() && change.after.is_some();
            (moved && matches!(field, "start_time" | "end_time")).then(|| title.to_owned())
        };
        let dates = self.act.changes.iter().filter(|change| change.field != "reason");
        let phases: Option<Vec<_>> = dates.map(phase).collect();
        let phases = phases?;
        let first = phases.first()?.clone();
        phases.iter().all(|title| *title == first).then(|| {
            let thing = self.thing.clone();
            t!(self.locale, "office-said-moved-phase", who = self.who, phase = first, thing = thing)
        })
    }

    fn later_vote(&self) -> Option<String> {
        let close = self.change("close_time")?;
        let time =
            |text: &Option<String>| text.as_deref().and_then(|text| words::deadline(self.locale, text));
        let after = time(&close.after)?;
        let thing = self.thing.clone();
        Some(match time(&close.before) {
            Some(before) => t!(
                self.locale,
                "office-said-later",
                who = self.who,
                thing = thing,
                before = before,
                after = after
            ),
            None => {
                t!(self.locale, "office-said-later-proposed", who = self.who, thing = thing, after = after)
            }
        })
    }

    fn longer_sheet(&self) -> Option<String> {
        let after = words::deadline(self.locale, self.after("close_time")?)?;
        let thing = self.thing.clone();
        Some(t!(self.locale, "office-said-extended", who = self.who, thing = thing, after = after))
    }

    fn moderated(&self) -> Option<String> {
        let words = match self.after("hidden")? {
            "true" => key!("office-said-hidden"),
            "false" => key!("office-said-shown"),
            _ => return None,
        };
        let (who, thing) = (self.who.to_owned(), self.thing.clone());
        Some(self.locale.text_with(words, &[("who", who.into()), ("thing", thing.into())]))
    }

    fn answered(&self) -> Option<String> {
        let state = ProposalState::from_str_name(self.after("state")?)?;
        let state: Cow<'_, str> = self.locale.text(proposal_state(state));
        let thing = self.thing.clone();
        Some(t!(
            self.locale,
            "office-said-answered",
            who = self.who,
            thing = thing,
            state = state.into_owned()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn said(language: &str, method: &str, changes: &[(&str, Option<&str>, Option<&str>)]) -> String {
        let locale = Locale::new(language.parse::<Language>().unwrap(), chrono_tz::Europe::Paris);
        let change = |(field, before, after): &(&str, Option<&str>, Option<&str>)| ActChange {
            field: (*field).into(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let act = Act {
            method: format!("comitia.{method}"),
            resource: "budgets/1".into(),
            changes: changes.iter().map(change).collect(),
            ..Act::default()
        };
        let names = Names::of([("budgets/1", "Budget 2026")]);
        sentence(&locale, &names, "Anna Roux", &act)
    }

    #[test]
    fn every_act_is_a_sentence() {
        for act in comitia_proto::acts::all() {
            let name = act.name();
            assert!(SENTENCES.iter().any(|(method, _)| *method == name), "SENTENCES has none for {name}");
            for language in Language::all() {
                let act = Act { method: name.clone(), ..Act::default() };
                let locale = Locale::new(language, chrono_tz::UTC);
                let text = sentence(&locale, &Names::default(), "Anna", &act);
                let whole = text.starts_with("Anna ") && text.ends_with('.') && !text.contains("office-said");
                assert!(whole && !text.contains("  "), "{language}: {text}");
            }
        }
    }

    #[test]
    fn acts_are_told_as_people_tell_them() {
        let close = ("close_time", Some("2026-03-12T23:00:00Z"), Some("2026-03-19T23:00:00Z"));
        assert_eq!(
            said("fr", "budgets.v1.BudgetService/ExtendVote", &[close]),
            "Anna Roux a repoussé la clôture du vote du budget «\u{a0}Budget 2026\u{a0}» du 12 mars 2026 à minuit au \
             19 mars 2026 à minuit."
        );
        let proposed = ("close_time", None, Some("2026-03-19T17:00:00Z"));
        assert_eq!(
            said("en", "budgets.v1.BudgetService/ExtendVote", &[proposed]),
            "Anna Roux proposed to move the close of the vote of the budget “Budget 2026” to 19 March 2026 at 18:00."
        );
        let hidden = ("hidden", Some("false"), Some("true"));
        assert!(said("fr", "proposals.v1.ProposalService/ModerateProposal", &[hidden]).contains("a masqué"));
        let shown = ("hidden", Some("true"), Some("false"));
        assert!(
            said("fr", "proposals.v1.ProposalService/ModerateProposal", &[shown])
                .contains("de nouveau affiché")
        );
        let end = ("phases[Vote].end_time", Some("2026-03-12T23:00:00Z"), Some("2026-03-19T23:00:00Z"));
        let update = "spaces.v1.ProcessService/UpdateProcess";
        assert!(said("fr", update, &[end]).contains("les dates de la phase «\u{a0}Vote\u{a0}»"));
        assert!(
            said("fr", update, &[end, ("title", Some("a"), Some("b"))]).contains("a modifié la démarche")
        );
        assert!(said("fr", update, &[]).contains("a modifié la démarche"));
        assert_eq!(said("fr", "x.v1.Y/Z", &[]), "Anna Roux\u{a0}: comitia.x.v1.Y/Z.");
    }

    #[test]
    fn a_photo_has_its_own_name_and_what_is_gone_the_one_that_it_had() {
        let title = ("title", None, Some("Le quai"));
        let photo = said("fr", "spaces.v1.AttachmentService/AddAttachment", &[title]);
        assert!(photo.contains("Le quai") && !photo.contains("Budget 2026"), "{photo}");
        let act = Act {
            method: "comitia.budgets.v1.ProjectService/DeleteProject".into(),
            resource: "projects/7".into(),
            changes: vec![ActChange { field: "title".into(), before: Some("Banc".into()), after: None }],
            ..Act::default()
        };
        let locale = Locale::new("en".parse::<Language>().unwrap(), chrono_tz::UTC);
        let text = sentence(&locale, &Names::default(), "Ben", &act);
        assert_eq!(text, "Ben deleted the project “Banc”.");
    }
}
