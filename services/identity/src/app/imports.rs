//! Adding members to a roll from a file.

use std::collections::HashSet;

use comitia_bus::{Event, outbox};
use comitia_platform::ApiError;
use comitia_platform::auth::Caller;
use comitia_proto::events::v1::RollImported;
use comitia_proto::identity::v1::{BadLine, ImportMembersRequest, ImportMembersResponse, ImportNotice};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::changes::noted;
use crate::app::members::{EMAIL, MEMBER_NUMBER};
use crate::app::permits::BIRTH_DATE;
use crate::app::{App, replacements, requests};
use crate::domain::encoding;
use crate::domain::member_csv::{self, NewMember, Parsed, Remark};
use crate::error::Error;
use crate::store::members::{self, NewMembers};
use crate::store::roll_changes::{self, NewChange};
use crate::store::{replacements as held, rolls};

/// How many members go into one statement.
pub(crate) const CHUNK: usize = 5_000;
/// How many bad lines, notices or changes an answer has; it says how many there are.
pub(crate) const NAMED: usize = 1_000;
const IMPORT: &str = "identity.ImportMembers";

/// Imports members from CSV: all, or with `partial` the good lines.
///
/// # Errors
/// `RollUnknown`; `Csv` with every bad line, and nothing is imported; a field error for what is no file.
pub async fn import(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
    request: &ImportMembersRequest,
) -> Result<ImportMembersResponse, Error> {
    let idempotent = requests::idempotent(app, organization, caller, IMPORT, &request.request_id, request)?;
    let now = app.clock.now();
    let mut parsed = read(app, &request.csv, &request.file, &request.encoding).await?;
    let line_count = parsed.line_count();
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = idempotent.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    if !rolls::lock(&mut transaction, roll_id).await? {
        return Err(Error::RollUnknown);
    }
    refuse_existing(app, organization, roll_id, &mut parsed, &mut transaction).await?;
    if !parsed.bad.is_empty() && !request.partial {
        return Err(Error::Csv(parsed.bad));
    }
    let mut imported = 0;
    for chunk in parsed.members.chunks(CHUNK) {
        let rows = seal(app, organization, roll_id, chunk, &mut transaction).await?;
        let known = members::existing_addresses(&mut transaction, roll_id, &addresses(&rows)).await?;
        notice_known(chunk, &rows, &known.into_iter().collect(), &mut parsed.notices);
        imported += members::insert(&mut transaction, organization, roll_id, &rows, now).await?;
    }
    parsed.notices.sort_by_key(|notice| notice.line);
    replacements::hold_added_again(app, &mut transaction, organization, caller, roll_id).await?;
    let imported_count = i64::try_from(imported).unwrap_or(i64::MAX);
    let noted = noted(app, &mut transaction, organization, caller, roll_id).await?;
    let change = NewChange { kind: "IMPORT", counts: [imported_count, 0, 0], ..noted.change() };
    roll_changes::insert(&mut transaction, &change).await?;
    let fact = RollImported { roll_id: roll_id.to_string(), imported_count };
    let event =
        Event::new(&app.clock, "identity.roll.imported", Some(organization), roll_id.to_string(), &fact);
    outbox::append(&mut transaction, &[event]).await?;
    let response = ImportMembersResponse {
        imported_count,
        bad_lines: bad_lines(&parsed.bad),
        line_count: count(line_count),
        rejected_count: count(parsed.bad.len()),
        notices: notices(&parsed.notices),
        notice_count: count(parsed.notices.len()),
    };
    idempotent.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(response)
}

/// The good and the bad lines of a file, which comes as text or as bytes.
///
/// # Errors
/// `Csv` when nothing of it can be read; a field error when it comes both ways or in an encoding that is none.
pub(crate) async fn read(app: &App, csv: &str, file: &[u8], encoding: &str) -> Result<Parsed, Error> {
    let refused = |field, rule| Error::from(ApiError::invalid_field(field, rule));
    if !csv.is_empty() && !file.is_empty() {
        return Err(refused("file", "must not be there beside csv"));
    }
    if file.is_empty() && !encoding.is_empty() {
        return Err(refused("encoding", "is only for file: csv is a text and has none"));
    }
    let said = encoding::named(encoding).map_err(|rule| refused("encoding", rule))?;
    let today = member_csv::latest_day(app.clock.now());
    let (csv, file) = (csv.to_owned(), file.to_vec());
    let parsing = tokio::task::spawn_blocking(move || {
        if file.is_empty() {
            return member_csv::parse(&csv, today);
        }
        let text = encoding::decode(&file, said)
            .map_err(|undecodable| Remark::new(undecodable.line, "encoding", undecodable.rule))?;
        let parsed = member_csv::parse(&text, today)?;
        Ok(Parsed { encoding: encoding::of(&file, said).0.name(), ..parsed })
    });
    parsing.await.map_err(ApiError::internal)?.map_err(|wrong| Error::Csv(vec![wrong]))
}

/// Makes bad lines of the members that the roll has already.
async fn refuse_existing(
    app: &App,
    organization: Uuid,
    roll_id: Uuid,
    parsed: &mut Parsed,
    connection: &mut PgConnection,
) -> Result<(), Error> {
    let mut known = HashSet::new();
    for chunk in parsed.members.chunks(CHUNK) {
        let forms: Vec<_> = chunk
            .iter()
            .map(|member| app.lookup.member_numbers(organization, &member.member_number))
            .collect();
        let existing = members::existing(connection, roll_id, &forms.concat()).await?;
        let existing: HashSet<_> = existing.into_iter().collect();
        let there =
            chunk.iter().zip(&forms).filter(|(_, forms)| forms.iter().any(|form| existing.contains(form)));
        known.extend(there.map(|(member, _)| member.line));
    }
    if known.is_empty() {
        return Ok(());
    }
    parsed.members.retain(|member| !known.contains(&member.line));
    parsed.notices.retain(|notice| !known.contains(&notice.line));
    let rule = "must not be in the roll already";
    parsed.bad.extend(known.into_iter().map(|line| Remark::new(line, "member_number", rule)));
    parsed.bad.sort_by_key(|bad| bad.line);
    Ok(())
}

/// The rows of members to add. Who was erased while the roll was voted with keeps the look-up of then: it is the same voter.
pub(crate) async fn seal(
    app: &App,
    organization: Uuid,
    roll_id: Uuid,
    chunk: &[NewMember],
    connection: &mut PgConnection,
) -> Result<NewMembers, Error> {
    let forms: Vec<_> =
        chunk.iter().map(|member| app.lookup.member_numbers(organization, &member.member_number)).collect();
    let erased = held::erased(connection, roll_id, &forms.concat()).await?;
    let erased: HashSet<_> = erased.into_iter().collect();
    let mut rows = NewMembers::default();
    for (member, forms) in chunk.iter().zip(forms) {
        let lookup = forms.into_iter().find(|form| erased.contains(form));
        let lookup = lookup.unwrap_or_else(|| app.lookup.member_number(organization, &member.member_number));
        rows.member_ids.push(comitia_core::id::new());
        rows.numbers.push(app.data_keys.seal_text(MEMBER_NUMBER, &member.member_number)?);
        rows.number_lookups.push(lookup);
        rows.districts.push(member.district.clone());
        let birth_date = member.birth_date.map(|date| app.data_keys.seal_text(BIRTH_DATE, &date.to_string()));
        rows.birth_dates.push(birth_date.transpose()?);
        let email = member.email.as_deref();
        rows.emails.push(email.map(|email| app.data_keys.seal_text(EMAIL, email)).transpose()?);
        rows.email_lookups.push(email.map(|email| app.lookup.email(organization, email)));
    }
    Ok(rows)
}

/// The look-ups of the e-mail addresses of these rows.
pub(crate) fn addresses(rows: &NewMembers) -> Vec<Vec<u8>> {
    rows.email_lookups.iter().flatten().cloned().collect()
}

/// Notices lines whose e-mail address a member of the roll has already.
pub(crate) fn notice_known(
    chunk: &[NewMember],
    rows: &NewMembers,
    known: &HashSet<Vec<u8>>,
    notices: &mut Vec<Remark>,
) {
    let shared = chunk
        .iter()
        .zip(&rows.email_lookups)
        .filter(|(_, lookup)| lookup.as_ref().is_some_and(|lookup| known.contains(lookup)));
    notices.extend(shared.map(|(member, _)| {
        let text = "is that of a member of the roll too: who signs in by it is asked for the member number";
        Remark::new(member.line, "email", text)
    }));
}

/// Bad lines as an answer has them.
pub(crate) fn bad_lines(bad: &[Remark]) -> Vec<BadLine> {
    let bad = bad.iter().take(NAMED);
    bad.map(|bad| BadLine {
        line: line(bad.line),
        column: bad.column.to_owned(),
        rule: bad.text.clone().into_owned(),
    })
    .collect()
}

/// Notices as an answer has them.
pub(crate) fn notices(notices: &[Remark]) -> Vec<ImportNotice> {
    let notices = notices.iter().take(NAMED);
    notices
        .map(|notice| ImportNotice {
            line: line(notice.line),
            column: notice.column.to_owned(),
            notice: notice.text.clone().into_owned(),
        })
        .collect()
}

pub(crate) fn line(line: u64) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}

pub(crate) fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
