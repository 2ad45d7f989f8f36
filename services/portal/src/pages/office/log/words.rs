//! Acts in the words of the reader.

use std::borrow::Cow;

use chrono::DateTime;
use comitia_proto::acts::reread;
use comitia_proto::budgets::v1::{AllocationRule, BallotRule, Budget};
use comitia_proto::common::v1::Role;
use comitia_proto::proposals::v1::ProposalState;
use comitia_proto::spaces::v1::{ActChange, ComponentKind, PhaseKind};
use comitia_proto::voting::v1::{CorrectionAct, SignatureChannel};

use crate::locale::{Locale, key, t};
use crate::pages::office::{processes, role_name, visits};
use crate::pages::parts::proposal_state;
use crate::pages::rules;

/// What each method does, in the order of the filter. A test holds this list and the policies together.
const METHODS: &[(&str, &str)] = &[
    ("comitia.spaces.v1.OrganizationService/UpdateOrganization", key!("office-log-update-organization")),
    ("comitia.spaces.v1.OrganizationService/UpdateHostNames", key!("office-log-update-host-names")),
    ("comitia.spaces.v1.ProcessService/CreateProcess", key!("office-log-create-process")),
    ("comitia.spaces.v1.ProcessService/UpdateProcess", key!("office-log-update-process")),
    ("comitia.spaces.v1.ProcessService/PublishProcess", key!("office-log-publish-process")),
    ("comitia.spaces.v1.PreviewService/CreatePreviewLink", key!("office-log-create-preview-link")),
    ("comitia.spaces.v1.PreviewService/RevokePreviewLink", key!("office-log-revoke-preview-link")),
    ("comitia.spaces.v1.ProcessService/CreateComponent", key!("office-log-create-component")),
    ("comitia.spaces.v1.ProcessService/DeleteComponent", key!("office-log-delete-component")),
    ("comitia.spaces.v1.AreaService/CreateArea", key!("office-log-create-area")),
    ("comitia.spaces.v1.AreaService/BatchCreateAreas", key!("office-log-create-areas")),
    ("comitia.spaces.v1.AreaService/DrawAreas", key!("office-log-draw-areas")),
    ("comitia.spaces.v1.AreaService/UpdateArea", key!("office-log-update-area")),
    ("comitia.spaces.v1.AreaService/DeleteArea", key!("office-log-delete-area")),
    ("comitia.spaces.v1.AttachmentService/AddAttachment", key!("office-log-add-attachment")),
    ("comitia.spaces.v1.AttachmentService/SetLogo", key!("office-log-set-logo")),
    ("comitia.spaces.v1.AttachmentService/AddProposalAttachment", key!("office-log-add-attachment")),
    ("comitia.spaces.v1.AttachmentService/AddProjectAttachment", key!("office-log-add-attachment")),
    ("comitia.spaces.v1.AttachmentService/UpdateAttachment", key!("office-log-update-attachment")),
    ("comitia.spaces.v1.AttachmentService/RemoveAttachment", key!("office-log-remove-attachment")),
    ("comitia.proposals.v1.ProposalService/SubmitProposal", key!("office-log-submit-proposal")),
    ("comitia.proposals.v1.ProposalService/UpdateProposal", key!("office-log-update-proposal")),
    ("comitia.proposals.v1.ProposalService/WithdrawProposal", key!("office-log-withdraw-proposal")),
    ("comitia.proposals.v1.ProposalService/ModerateProposal", key!("office-log-moderate-proposal")),
    ("comitia.proposals.v1.ProposalService/AnswerProposal", key!("office-log-answer-proposal")),
    ("comitia.proposals.v1.ProposalService/BatchAnswerProposals", key!("office-log-batch-answer")),
    ("comitia.proposals.v1.ProposalService/BatchModerateProposals", key!("office-log-batch-moderate")),
    ("comitia.budgets.v1.BudgetService/CreateBudget", key!("office-log-create-budget")),
    ("comitia.budgets.v1.BudgetService/UpdateBudget", key!("office-log-update-budget")),
    ("comitia.budgets.v1.BudgetService/ScheduleVote", key!("office-log-schedule-vote")),
    ("comitia.budgets.v1.BudgetService/ExtendVote", key!("office-log-extend-vote")),
    ("comitia.budgets.v1.ChecklistService/PlanVote", key!("office-log-plan-vote")),
    ("comitia.budgets.v1.ChecklistService/CheckItem", key!("office-log-check-item")),
    ("comitia.budgets.v1.ChecklistService/SignOffVote", key!("office-log-sign-off-vote")),
    ("comitia.budgets.v1.ProjectService/BatchCreateProjects", key!("office-log-create-projects")),
    ("comitia.budgets.v1.ProjectService/ImportProposals", key!("office-log-import-proposals")),
    ("comitia.budgets.v1.ProjectService/UpdateProject", key!("office-log-update-project")),
    ("comitia.budgets.v1.ProjectService/DeleteProject", key!("office-log-delete-project")),
    ("comitia.budgets.v1.ProjectService/ReportProgress", key!("office-log-report-progress")),
    ("comitia.voting.v1.PollService/CreatePoll", key!("office-log-create-poll")),
    ("comitia.voting.v1.PollService/ClosePoll", key!("office-log-close-poll")),
    ("comitia.voting.v1.PollService/PausePoll", key!("office-log-pause-poll")),
    ("comitia.voting.v1.PollService/ResumePoll", key!("office-log-resume-poll")),
    ("comitia.voting.v1.PollService/ExtendPoll", key!("office-log-extend-poll")),
    ("comitia.voting.v1.PollService/CancelPoll", key!("office-log-cancel-poll")),
    ("comitia.voting.v1.PollService/AnnulPoll", key!("office-log-annul-poll")),
    ("comitia.voting.v1.PaperBallotService/CreatePaperBatch", key!("office-log-create-paper-batch")),
    ("comitia.voting.v1.PaperBallotService/EnterPaperBallots", key!("office-log-enter-paper-ballots")),
    ("comitia.voting.v1.PaperBallotService/CommitPaperBatch", key!("office-log-commit-paper-batch")),
    ("comitia.voting.v1.PaperBallotService/SetPaperBatchAside", key!("office-log-set-paper-batch-aside")),
    ("comitia.voting.v1.CorrectionService/ProposeCorrection", key!("office-log-propose-correction")),
    ("comitia.voting.v1.CorrectionService/ConfirmCorrection", key!("office-log-confirm-correction")),
    ("comitia.voting.v1.CorrectionService/DropCorrection", key!("office-log-drop-correction")),
    ("comitia.voting.v1.CorrectionService/NoteAppeal", key!("office-log-note-appeal")),
    ("comitia.identity.v1.PermitService/IssuePaperPermits", key!("office-log-issue-paper-permits")),
    ("comitia.identity.v1.DeskService/OpenDeskVisit", key!("office-log-open-desk-visit")),
    ("comitia.identity.v1.DeskService/ConfirmDeskVisit", key!("office-log-confirm-desk-visit")),
    ("comitia.identity.v1.RollService/CreateRoll", key!("office-log-create-roll")),
    ("comitia.identity.v1.RollService/ImportMembers", key!("office-log-import-members")),
    ("comitia.identity.v1.RollService/ReloadMembers", key!("office-log-reload-members")),
    ("comitia.identity.v1.RollService/FindMembers", key!("office-log-find-members")),
    ("comitia.identity.v1.RollService/UpdateMember", key!("office-log-update-member")),
    ("comitia.identity.v1.RollService/ExportMembers", key!("office-log-export-members")),
    ("comitia.identity.v1.RollService/ExportMember", key!("office-log-export-member")),
    ("comitia.identity.v1.RollService/EraseMember", key!("office-log-erase-member")),
    ("comitia.identity.v1.RollService/GenerateAccessCodes", key!("office-log-generate-access-codes")),
    ("comitia.identity.v1.RollService/ReplaceAccessCode", key!("office-log-replace-access-code")),
    ("comitia.identity.v1.RollService/ApproveAccessCodeReplacement", key!("office-log-approve-access-code")),
    ("comitia.identity.v1.RollService/RecordReturnedLetters", key!("office-log-record-returned-letters")),
    ("comitia.identity.v1.ParticipantService/ResolveResidentCase", key!("office-log-resolve-case")),
    ("comitia.identity.v1.AssociationService/CreateAssociation", key!("office-log-create-association")),
    ("comitia.identity.v1.AssociationService/RenameAssociation", key!("office-log-rename-association")),
    ("comitia.identity.v1.AssociationService/DeleteAssociation", key!("office-log-delete-association")),
    (
        "comitia.identity.v1.AssociationService/AddAssociationMember",
        key!("office-log-add-association-member"),
    ),
    (
        "comitia.identity.v1.AssociationService/RemoveAssociationMember",
        key!("office-log-remove-association-member"),
    ),
    ("comitia.identity.v1.StaffService/CreateStaffMember", key!("office-log-create-staff-member")),
    ("comitia.identity.v1.StaffService/UpdateStaffMember", key!("office-log-update-staff-member")),
    ("comitia.identity.v1.StaffService/DeleteStaffMember", key!("office-log-delete-staff-member")),
    ("comitia.identity.v1.StaffService/ResetPasskeys", key!("office-log-reset-passkeys")),
    ("comitia.identity.v1.StaffService/UpdateStaffSignIn", key!("office-log-update-staff-sign-in")),
    (
        "comitia.identity.v1.AccountProviderService/UpdateAccountSignIn",
        key!("office-log-update-account-sign-in"),
    ),
    ("comitia.identity.v1.PasskeyService/RegisterPasskey", key!("office-log-register-passkey")),
    ("comitia.identity.v1.PasskeyService/DeletePasskey", key!("office-log-delete-passkey")),
];

/// What the fields are called, by the last part of their names.
const FIELDS: &[(&str, &str)] = &[
    ("title", key!("office-log-field-title")),
    ("description", key!("office-log-field-description")),
    ("display_name", key!("office-log-field-name")),
    ("start_time", key!("office-log-field-start")),
    ("end_time", key!("office-log-field-end")),
    ("open_time", key!("office-log-field-open")),
    ("close_time", key!("office-log-field-close")),
    ("paper_close_time", key!("office-log-field-paper-close")),
    ("published", key!("office-log-field-published")),
    ("kind", key!("office-log-field-kind")),
    ("code", key!("office-log-field-code")),
    ("parent_code", key!("office-log-field-parent")),
    ("time_zone", key!("office-log-field-time-zone")),
    ("languages", key!("office-log-field-languages")),
    ("country", key!("office-log-field-country")),
    ("contact_email", key!("office-log-field-contact")),
    ("brand_color", key!("office-log-field-colour")),
    ("registration_open", key!("office-log-field-registration")),
    ("body", key!("office-log-field-body")),
    ("roles", key!("office-log-field-roles")),
    ("hidden", key!("office-log-field-hidden")),
    ("reason", key!("office-log-field-reason")),
    ("state", key!("office-log-field-state")),
    ("answer", key!("office-log-field-answer")),
    ("estimated_cost", key!("office-log-field-estimate")),
    ("amount", key!("office-log-field-amount")),
    ("currency", key!("office-log-field-currency")),
    ("area_code", key!("office-log-field-area")),
    ("ballot_rule", key!("office-log-field-ballot-rule")),
    ("allocation_rule", key!("office-log-field-allocation-rule")),
    ("leftover_budget_id", key!("office-log-field-leftover")),
    ("keep_leftover", key!("office-log-field-keep-leftover")),
    ("sign_off_required", key!("office-log-field-sign-off")),
    ("districts", key!("office-log-field-districts")),
    ("minimum_age", key!("office-log-field-age")),
    ("reference", key!("office-log-field-reference")),
    ("cost", key!("office-log-field-cost")),
    ("categories", key!("office-log-field-categories")),
    ("exclusion_group", key!("office-log-field-exclusion")),
    ("status", key!("office-log-field-status")),
    ("percent_done", key!("office-log-field-percent")),
    ("spent", key!("office-log-field-spent")),
    ("note", key!("office-log-field-note")),
    ("document", key!("office-log-field-document")),
    ("alternative_text", key!("office-log-field-alternative")),
    ("position", key!("office-log-field-position")),
    ("decision", key!("office-log-field-decision")),
    ("act", key!("office-log-field-act")),
    ("first_leaf", key!("office-log-field-first-leaf")),
    ("end_leaf", key!("office-log-field-end-leaf")),
    ("begin_time", key!("office-log-field-begin")),
    ("channel", key!("office-log-field-channel")),
    ("earlier_number", key!("office-log-field-earlier")),
    ("number", key!("office-log-field-number")),
    ("letter_count", key!("office-log-field-letters")),
    ("district", key!("office-log-field-area")),
    ("second_factor_required", key!("office-log-field-second-factor")),
    ("passkey_count", key!("office-log-field-passkeys")),
    ("allowed_provider_ids", key!("office-log-field-providers")),
    ("days", key!("office-log-field-days")),
    ("host_names", key!("office-log-field-hosts")),
    ("canonical_host_name", key!("office-log-field-canonical")),
];

/// The method that the filter asks for, if it is one.
pub fn method(asked: &str) -> Option<&str> {
    METHODS.iter().any(|(name, _)| *name == asked).then_some(asked)
}

/// Each method with its words, by the words.
pub fn kinds(locale: &Locale) -> Vec<(&'static str, Cow<'static, str>)> {
    METHODS.iter().map(|(name, words)| (*name, locale.text(words))).collect()
}

/// What an act did. A method that this version does not know is named as it is.
pub fn what(locale: &Locale, method: &str) -> String {
    let found = METHODS.iter().find(|(name, _)| *name == method);
    found.map_or_else(|| method.to_owned(), |(_, words)| locale.text(words).into_owned())
}

/// A value that changed: what it was, and what it is. The budget says in which currency its rules are.
pub fn change(locale: &Locale, budget: Option<&Budget>, change: &ActChange) -> String {
    let value = |text: &Option<String>| {
        let text = text.as_deref()?;
        Some(rule(locale, budget, &change.field, text).unwrap_or_else(|| value(locale, text)))
    };
    let field = field(locale, &change.field);
    match (value(&change.before), value(&change.after)) {
        (Some(before), Some(after)) => {
            t!(locale, "office-log-from-to", field = field, before = before, after = after)
        }
        (None, Some(after)) => t!(locale, "office-log-now", field = field, value = after),
        (Some(before), None) => t!(locale, "office-log-was", field = field, value = before),
        (None, None) => field,
    }
}

/// A rule of a budget, in the words of the pages. What is no rule that can be read has none.
fn rule(locale: &Locale, budget: Option<&Budget>, field: &str, text: &str) -> Option<String> {
    let mut budget = budget.cloned().unwrap_or_default();
    let sentences = match field {
        "ballot_rule" => {
            budget.ballot_rule = Some(reread::<BallotRule>("comitia.budgets.v1.BallotRule", text)?);
            rules::ballot(locale, &budget)
        }
        "allocation_rule" => {
            let rule = reread::<AllocationRule>("comitia.budgets.v1.AllocationRule", text)?;
            budget.allocation_rule = Some(rule);
            budget.leftover_budget_id.clear();
            rules::allocation(locale, &budget)
        }
        _ => return None,
    };
    Some(sentences.join(" "))
}

/// When something ends, of a moment as the log has it.
pub fn deadline(locale: &Locale, text: &str) -> Option<String> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| locale.deadline(time.to_utc()))
}

/// The words for a field such as `phases[Vote].end_time`.
fn field(locale: &Locale, name: &str) -> String {
    let leaf = name.rsplit('.').next().unwrap_or_default();
    let known = FIELDS.iter().find(|(field, _)| *field == leaf);
    let label = known.map_or_else(|| leaf.to_owned(), |(_, words)| locale.text(words).into_owned());
    // Titles may have brackets of their own.
    let part = name.split_once('[').and_then(|(_, rest)| Some(rest.rsplit_once("].")?.0));
    match part.and_then(|part| {
        part.parse::<u64>().map_or_else(|_| Some(part.to_owned()), |place| Some((place + 1).to_string()))
    }) {
        Some(part) => t!(locale, "office-log-field-of", field = label, part = part),
        None => label,
    }
}

/// A value as people read it: moments, yes and no, roles, kinds and states, amounts. Anything else stands for itself.
fn value(locale: &Locale, text: &str) -> String {
    match text {
        "true" => return t!(locale, "office-yes").into_owned(),
        "false" => return t!(locale, "office-no").into_owned(),
        _ => {}
    }
    if let Some(kind) = PhaseKind::from_str_name(text) {
        return locale.text(processes::kind_name(kind)).into_owned();
    }
    match ComponentKind::from_str_name(text) {
        Some(ComponentKind::Proposals) => return t!(locale, "office-component-proposals").into_owned(),
        Some(ComponentKind::Budgets) => return t!(locale, "office-component-budgets").into_owned(),
        Some(ComponentKind::Unspecified) | None => {}
    }
    if let Some(word) = correction(text).or_else(|| visits::document(text)) {
        return locale.text(word).into_owned();
    }
    if let Some(state) = ProposalState::from_str_name(text) {
        return locale.text(proposal_state(state)).into_owned();
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return locale.date_time(time.to_utc());
    }
    if let Some((amount, currency)) = text.split_once(' ')
        && let Ok(amount) = amount.parse::<i64>()
        && currency.len() == 3
        && currency.bytes().all(|letter| letter.is_ascii_uppercase())
    {
        return locale.money(amount, currency);
    }
    let role = |name: &str| Role::from_str_name(name).map(|role| locale.text(role_name(role)).into_owned());
    let roles: Option<Vec<_>> = text.split(", ").map(role).collect();
    roles.map_or_else(|| text.to_owned(), |roles| roles.join(", "))
}

/// What corrections of signature sheets do, and how signatures were given.
fn correction(text: &str) -> Option<&'static str> {
    let act = CorrectionAct::from_str_name(text).and_then(|act| match act {
        CorrectionAct::Unspecified => None,
        CorrectionAct::Quarantine => Some(key!("office-log-value-quarantine")),
        CorrectionAct::Invalidation => Some(key!("office-log-value-invalidation")),
        CorrectionAct::Restoration => Some(key!("office-log-value-restoration")),
    });
    act.or_else(|| match SignatureChannel::from_str_name(text)? {
        SignatureChannel::Unspecified => None,
        SignatureChannel::Online => Some(key!("office-log-value-online")),
        SignatureChannel::Paper => Some(key!("office-log-value-paper")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Language;

    fn locale(language: &str) -> Locale {
        Locale::new(language.parse::<Language>().unwrap(), chrono_tz::Europe::Paris)
    }

    #[test]
    fn every_act_has_its_words() {
        for act in comitia_proto::acts::all() {
            let name = act.name();
            assert!(method(&name).is_some(), "METHODS has no words for {name}");
            for language in Language::all() {
                let words = what(&Locale::new(language, chrono_tz::UTC), &name);
                assert!(!words.contains("office-log"), "{language} has no words for {name}");
            }
        }
    }

    #[test]
    fn changes_are_said_in_words() {
        let said = |field: &str, before: Option<&str>, after: Option<&str>| {
            let [before, after] = [before, after].map(|text| text.map(str::to_owned));
            change(&locale("fr"), None, &ActChange { field: field.into(), before, after })
        };
        assert_eq!(
            said("phases[Vote].end_time", Some("2026-05-03T10:00:00Z"), Some("2026-05-10T10:00:00Z")),
            "Fin (« Vote ») : 3 mai 2026 à 12:00 → 10 mai 2026 à 12:00"
        );
        assert_eq!(said("process.title", None, Some("Budget")), "Titre : Budget");
        assert_eq!(said("hidden", Some("false"), Some("true")), "Masquée : Non → Oui");
        assert_eq!(said("projects[0].title", None, Some("Banc")), "Titre (« 1 ») : Banc");
        assert_eq!(said("reason", Some("spam"), None), "Motif : vidé (avant : spam)");
        assert_eq!(said("roles", None, Some("ROLE_AUDITOR, ROLE_MODERATOR")), "Rôles : Auditeur, Modérateur");
        assert_eq!(
            said("amount", None, Some("150000 EUR")),
            format!("Montant : {}", locale("fr").money(150_000, "EUR"))
        );
        let state = t!(locale("fr"), "proposals-state-accepted").into_owned();
        assert_eq!(said("state", None, Some("PROPOSAL_STATE_ACCEPTED")), format!("État\u{a0}: {state}"));
        let rule = BallotRule { max_choices: 3, ..BallotRule::default() };
        let budget = Budget { ballot_rule: Some(rule.clone()), ..Budget::default() };
        let written = comitia_proto::acts::written("comitia.budgets.v1.BallotRule", &rule);
        assert_eq!(
            said("ballot_rule", None, Some(&written)),
            format!("Règle du bulletin\u{a0}: {}", rules::ballot(&locale("fr"), &budget).join(" "))
        );
        assert_eq!(
            said("ballot_rule", None, Some("BallotRule { .. }")),
            "Règle du bulletin\u{a0}: BallotRule { .. }"
        );
        assert_eq!(said("unheard_of", None, Some("x")), "unheard_of : x");
    }
}
