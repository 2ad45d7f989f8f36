//! Loading a register again: who is new, who changed, who left. First shown, then done as it was shown.

use std::collections::{HashMap, HashSet};

use comitia_bus::{Event, outbox};
use comitia_platform::auth::Caller;
use comitia_proto::events::v1::RollImported;
use comitia_proto::identity::v1::{
    Member, MemberChange, MemberChangeKind, ReloadMembersRequest, ReloadMembersResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::changes::{self, Votes, entry, noted};
use crate::app::imports::{self, CHUNK, NAMED, count, line};
use crate::app::members::MEMBER_NUMBER;
use crate::app::{App, replacements, requests};
use crate::domain::changes::{Changed, Entry, differing, may_change};
use crate::domain::member_csv::{NewMember, Parsed, Remark};
use crate::error::Error;
use crate::store::members::{self, StoredMember};
use crate::store::reloads::{self, Leaver};
use crate::store::roll_changes::{self, NewChange};
use crate::store::rolls;

/// How many lines a preview has as they were read.
const SHOWN: usize = 20;
const RELOAD: &str = "identity.ReloadMembers";

/// What loading a file again does to a roll.
#[derive(Default)]
struct Plan {
    added: Vec<NewMember>,
    changed: Vec<Changed>,
    /// Lines that have to wait until a vote is over, with the column.
    waiting: Vec<Remark>,
    unchanged: usize,
    /// The members that the file has.
    there: Vec<Uuid>,
    left: Vec<Leaver>,
    notices: Vec<Remark>,
}

/// Loads a register again. With `validate_only` it says what would change and gives the tag with which it is done; without
/// the tag of the present plan nothing is done.
///
/// # Errors
/// `RollUnknown`, `Csv`, `PlanChanged`, a used request id; a field error for what is no file.
pub async fn run(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
    request: &ReloadMembersRequest,
) -> Result<ReloadMembersResponse, Error> {
    let idempotent = requests::idempotent(app, organization, caller, RELOAD, &request.request_id, request)?;
    let parsed = imports::read(app, &request.csv, &request.file, &request.encoding).await?;
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = idempotent.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    if !rolls::lock(&mut transaction, roll_id).await? {
        return Err(Error::RollUnknown);
    }
    let plan = plan(app, &mut transaction, organization, roll_id, &parsed).await?;
    let etag = tag(app, organization, roll_id, &plan);
    let response = describe(app, &parsed, &plan, &etag)?;
    if request.validate_only {
        let first_members = parsed.members.iter().take(SHOWN).map(|member| shown(roll_id, member)).collect();
        return Ok(ReloadMembersResponse { first_members, ..response });
    }
    if !parsed.bad.is_empty() {
        let count = parsed.bad.len();
        return Err(Error::Csv(parsed.bad, count));
    }
    if request.etag != etag {
        return Err(Error::PlanChanged);
    }
    apply(app, &mut transaction, organization, caller, roll_id, &plan).await?;
    // Answers are kept in the clear, and the changes name members.
    let kept = ReloadMembersResponse { changes: Vec::new(), ..response.clone() };
    idempotent.keep(&mut transaction, &kept).await?;
    transaction.commit().await?;
    app.outbox.wake();
    let (added, changed, left) = (plan.added.len(), plan.changed.len(), plan.left.len());
    tracing::warn!(%organization, roll = %roll_id, added, changed, left, "a register was loaded again");
    Ok(response)
}

async fn plan(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    roll_id: Uuid,
    parsed: &Parsed,
) -> Result<Plan, Error> {
    let votes = Votes::of(connection, roll_id, app.clock.now()).await?;
    let mut plan = Plan { notices: parsed.notices.clone(), ..Plan::default() };
    for chunk in parsed.members.chunks(CHUNK) {
        let forms: Vec<_> = chunk
            .iter()
            .map(|member| app.lookup.member_numbers(organization, &member.member_number))
            .collect();
        let found = members::voters_by_number(connection, roll_id, &forms.concat()).await?;
        let found: HashMap<_, _> = found.into_iter().collect();
        for (member, forms) in chunk.iter().zip(&forms) {
            match forms.iter().find_map(|form| found.get(form)) {
                Some(stored) => plan.compare(app, &votes, &parsed.columns, member, stored)?,
                None => plan.added.push(member.clone()),
            }
        }
    }
    // A file with bad lines may have anybody on them.
    if parsed.bad.is_empty() {
        plan.left = reloads::others(connection, roll_id, &plan.there).await?;
    }
    plan.notices.sort_by_key(|notice| notice.line);
    Ok(plan)
}

impl Plan {
    /// A line with a member whom the roll has. A column that the file does not have stays as it is.
    fn compare(
        &mut self,
        app: &App,
        votes: &Votes,
        columns: &[&str],
        member: &NewMember,
        stored: &StoredMember,
    ) -> Result<(), Error> {
        self.there.push(stored.member_id);
        let before = entry(app, stored)?;
        let after = Entry {
            district: if columns.contains(&"district") { &member.district } else { &before.district }.clone(),
            birth_date: if columns.contains(&"birth_date") { member.birth_date } else { before.birth_date },
            email: if columns.contains(&"email") { &member.email } else { &before.email }.clone(),
        };
        let mut fields = differing(&before, &after);
        if stored.leave_time.is_some() {
            fields.push("left");
        }
        if fields.is_empty() {
            self.unchanged += 1;
            return Ok(());
        }
        if let Err((column, rule)) = may_change(&votes.open, &before, &after) {
            self.waiting.push(Remark::new(member.line, column, rule));
            return Ok(());
        }
        let hold_address = votes.hold_address(&before, &after);
        if hold_address {
            let text = "signs nobody in until the votes with this roll are over, or two people replace the access code";
            self.notices.push(Remark::new(member.line, "email", text));
        }
        let member_id = stored.member_id;
        self.changed.push(Changed { line: member.line, member_id, fields, after, hold_address });
        Ok(())
    }
}

/// Tells one plan from another: done is what was shown.
fn tag(app: &App, organization: Uuid, roll_id: Uuid, plan: &Plan) -> String {
    let mut text = String::new();
    for member in &plan.added {
        text.push_str(&format!("+{member:?}\n"));
    }
    for changed in &plan.changed {
        text.push_str(&format!("~{changed:?}\n"));
    }
    for waiting in &plan.waiting {
        text.push_str(&format!("?{waiting:?}\n"));
    }
    for leaver in &plan.left {
        text.push_str(&format!("-{}\n", leaver.member_id));
    }
    app.lookup.plan(organization, roll_id, text.as_bytes())
}

async fn apply(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
    plan: &Plan,
) -> Result<(), Error> {
    let now = app.clock.now();
    for chunk in plan.changed.chunks(CHUNK) {
        changes::apply(app, connection, organization, chunk).await?;
    }
    let left: Vec<_> = plan.left.iter().map(|leaver| leaver.member_id).collect();
    reloads::leave(connection, &left, now).await?;
    reloads::delete_left(connection, Some(roll_id), now).await?;
    for chunk in plan.added.chunks(CHUNK) {
        let rows = imports::seal(app, organization, roll_id, chunk, connection).await?;
        members::insert(connection, organization, roll_id, &rows, now).await?;
    }
    replacements::hold_added_again(app, connection, organization, caller, roll_id).await?;
    let noted = noted(app, connection, organization, caller, roll_id).await?;
    let counts = changes::counts(plan.added.len(), plan.changed.len(), plan.left.len());
    let change = NewChange { kind: "RELOAD", counts, ..noted.change() };
    roll_changes::insert(connection, &change).await?;
    let fact = RollImported { roll_id: roll_id.to_string(), imported_count: count(plan.added.len()) };
    let event =
        Event::new(&app.clock, "identity.roll.imported", Some(organization), roll_id.to_string(), &fact);
    Ok(outbox::append(connection, &[event]).await?)
}

fn describe(app: &App, parsed: &Parsed, plan: &Plan, etag: &str) -> Result<ReloadMembersResponse, Error> {
    Ok(ReloadMembersResponse {
        line_count: count(parsed.line_count()),
        rejected_count: count(parsed.bad.len()),
        bad_lines: imports::bad_lines(&parsed.bad),
        added_count: count(plan.added.len()),
        changed_count: count(plan.changed.len()),
        waiting_count: count(plan.waiting.len()),
        unchanged_count: count(plan.unchanged),
        left_count: count(plan.left.len()),
        changes: named(app, parsed, plan)?,
        notices: imports::notices(&plan.notices),
        notice_count: count(plan.notices.len()),
        etag: etag.to_owned(),
        first_members: Vec::new(),
        columns: parsed.columns.iter().map(|&column| column.to_owned()).collect(),
        separator: parsed.separator.to_string(),
        encoding: parsed.encoding.to_owned(),
    })
}

/// A line as it was read.
fn shown(roll_id: Uuid, member: &NewMember) -> Member {
    Member {
        roll_id: roll_id.to_string(),
        member_number: member.member_number.clone(),
        district: member.district.clone(),
        birth_date: member.birth_date.map(|date| date.to_string()).unwrap_or_default(),
        email: member.email.clone().unwrap_or_default(),
    }
}

/// The first changes of each kind.
fn named(app: &App, parsed: &Parsed, plan: &Plan) -> Result<Vec<MemberChange>, Error> {
    let wanted: HashSet<_> = plan.changed.iter().map(|changed| changed.line).take(NAMED).collect();
    let waiting: HashMap<_, _> =
        plan.waiting.iter().take(NAMED).map(|waiting| (waiting.line, waiting)).collect();
    let of_lines = parsed
        .members
        .iter()
        .filter(|member| wanted.contains(&member.line) || waiting.contains_key(&member.line));
    let numbers: HashMap<_, _> = of_lines.map(|member| (member.line, member.member_number.clone())).collect();
    let change =
        |kind: MemberChangeKind, at: u64, number: Option<&String>, fields: Vec<String>| MemberChange {
            kind: kind as i32,
            line: line(at),
            member_number: number.cloned().unwrap_or_default(),
            fields,
            rule: String::new(),
        };
    let mut changes = Vec::new();
    for member in plan.added.iter().take(NAMED) {
        changes.push(change(MemberChangeKind::Added, member.line, Some(&member.member_number), Vec::new()));
    }
    for changed in plan.changed.iter().take(NAMED) {
        let fields = changed.fields.iter().map(|&field| field.to_owned()).collect();
        changes.push(change(MemberChangeKind::Changed, changed.line, numbers.get(&changed.line), fields));
    }
    for remark in plan.waiting.iter().take(NAMED) {
        let fields = vec![remark.column.to_owned()];
        let waiting = change(MemberChangeKind::Waiting, remark.line, numbers.get(&remark.line), fields);
        changes.push(MemberChange { rule: remark.text.clone().into_owned(), ..waiting });
    }
    for leaver in plan.left.iter().take(NAMED) {
        let number = app.data_keys.open_text(MEMBER_NUMBER, &leaver.member_number)?;
        changes.push(change(MemberChangeKind::Left, 0, Some(&number), Vec::new()));
    }
    Ok(changes)
}
