//! Adding members to a roll from a file, which is read, sealed and written block by block: no more of it is held than two
//! blocks, however large it is. All of it is one transaction, so that nothing of it is there before all of it is.

mod reading;
mod writing;

use std::collections::HashSet;

use bytes::Bytes;
use comitia_bus::{Event, outbox};
use comitia_platform::ApiError;
use comitia_platform::auth::Caller;
use comitia_platform::validate;
use comitia_proto::events::v1::RollImported;
use comitia_proto::identity::v1::{BadLine, ImportMembersRequest, ImportMembersResponse, ImportNotice};
use encoding_rs::Encoding;
use futures_util::{Stream, stream};
use sqlx::PgConnection;
use uuid::Uuid;

use self::reading::Reader;
use self::writing::Import;
use crate::app::changes::noted;
use crate::app::members::{EMAIL, MEMBER_NUMBER};
use crate::app::permits::BIRTH_DATE;
use crate::app::{App, replacements, requests};
use crate::domain::encoding::{self, Decoder};
use crate::domain::member_csv::{self, NewMember, Parsed, Pieces, Remark};
use crate::error::Error;
use crate::store::members::NewMembers;
use crate::store::replacements as held;
use crate::store::roll_changes::{self, NewChange};

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
    check(&request.csv, &request.file, &request.encoding)?;
    let as_text = request.file.is_empty();
    let whole = if as_text { request.csv.clone().into_bytes() } else { request.file.clone() };
    let decoder = if as_text { Decoder::of_text() } else { Decoder::new(said(&request.encoding)?) };
    let ImportMembersRequest { roll_id: id, partial, request_id, encoding, .. } = request;
    let head = ImportMembersRequest {
        roll_id: id.clone(),
        partial: *partial,
        request_id: request_id.clone(),
        encoding: encoding.clone(),
        ..ImportMembersRequest::default()
    };
    let file = stream::iter([Ok(Bytes::from(whole))]);
    run(app, organization, caller, roll_id, &head, decoder, file).await
}

/// [`import`] of a file that comes in pieces. `file` ends with an error where it breaks off.
///
/// # Errors
/// As [`import`]; the error that `file` ends with.
pub async fn upload(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
    head: &ImportMembersRequest,
    file: impl Stream<Item = Result<Bytes, Error>> + Send + Unpin,
) -> Result<ImportMembersResponse, Error> {
    if !head.csv.is_empty() || !head.file.is_empty() {
        return Err(
            ApiError::invalid_field("import.file", "must come in the messages after the first").into()
        );
    }
    let decoder = Decoder::new(said(&head.encoding)?);
    run(app, organization, caller, roll_id, head, decoder, file).await
}

async fn run(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
    head: &ImportMembersRequest,
    decoder: Decoder,
    file: impl Stream<Item = Result<Bytes, Error>> + Send + Unpin,
) -> Result<ImportMembersResponse, Error> {
    validate::optional_uuid("request_id", &head.request_id)?;
    let pieces = Pieces::new(decoder, member_csv::latest_day(app.clock.now()));
    let mut import = Import::begin(app, organization, roll_id, head.partial).await?;
    let digest = app.lookup.request_in_pieces(head);
    let mut reader = Reader::new(app, organization, pieces, digest, import.fills_empty_roll(), file);
    let mut ready = reader.next().await?;
    while let Some(block) = ready {
        // The next block is read and sealed while the database takes this one.
        let (written, next) = tokio::join!(import.write(block), reader.next());
        written?;
        ready = next?;
    }
    let Import { mut transaction, bad, notices, lines, imported, .. } = import.finish().await?;
    let digest = reader.digest();
    // The whole file had to be read to know whether it is that of an earlier request.
    let idempotent = requests::idempotent_by(organization, caller, IMPORT, &head.request_id, digest)?;
    if let Some(earlier) = idempotent.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    if bad.count > 0 && !head.partial {
        return Err(Error::Csv(bad.named, bad.count));
    }
    let noted_as = i64::try_from(imported).unwrap_or(i64::MAX);
    note(app, &mut transaction, organization, caller, roll_id, noted_as).await?;
    let response = ImportMembersResponse {
        imported_count: noted_as,
        bad_lines: bad_lines(&bad.named),
        line_count: count(lines),
        rejected_count: count(bad.count),
        notices: self::notices(&notices.named),
        notice_count: count(notices.count),
    };
    idempotent.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    app.outbox.wake();
    Ok(response)
}

/// Who was erased and is there again waits for two people; the import is noted, and told of.
async fn note(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
    imported_count: i64,
) -> Result<(), Error> {
    replacements::hold_added_again(app, connection, organization, caller, roll_id).await?;
    let noted = noted(app, connection, organization, caller, roll_id).await?;
    let change = NewChange { kind: "IMPORT", counts: [imported_count, 0, 0], ..noted.change() };
    roll_changes::insert(connection, &change).await?;
    let fact = RollImported { roll_id: roll_id.to_string(), imported_count };
    let event =
        Event::new(&app.clock, "identity.roll.imported", Some(organization), roll_id.to_string(), &fact);
    Ok(outbox::append(connection, &[event]).await?)
}

/// The good and the bad lines of a file, which comes as text or as bytes.
///
/// # Errors
/// `Csv` when nothing of it can be read; a field error when it comes both ways or in an encoding that is none.
pub(crate) async fn read(app: &App, csv: &str, file: &[u8], encoding: &str) -> Result<Parsed, Error> {
    check(csv, file, encoding)?;
    let said = said(encoding)?;
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
    parsing.await.map_err(ApiError::internal)?.map_err(|wrong| Error::Csv(vec![wrong], 1))
}

/// A file comes one way, and only as bytes in an encoding.
fn check(csv: &str, file: &[u8], encoding: &str) -> Result<(), ApiError> {
    if !csv.is_empty() && !file.is_empty() {
        return Err(ApiError::invalid_field("file", "must not be there beside csv"));
    }
    if file.is_empty() && !encoding.is_empty() {
        return Err(ApiError::invalid_field("encoding", "is only for file: csv is a text and has none"));
    }
    Ok(())
}

fn said(encoding: &str) -> Result<Option<&'static Encoding>, ApiError> {
    encoding::named(encoding).map_err(|rule| ApiError::invalid_field("encoding", rule))
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
    let mut rows = sealed(app, organization, chunk)?;
    keep_erased(connection, roll_id, &forms, &mut rows).await?;
    Ok(rows)
}

async fn keep_erased(
    connection: &mut PgConnection,
    roll_id: Uuid,
    forms: &[Vec<Vec<u8>>],
    rows: &mut NewMembers,
) -> Result<(), Error> {
    let erased: HashSet<_> = held::erased(connection, roll_id, &forms.concat()).await?.into_iter().collect();
    for (lookup, forms) in rows.number_lookups.iter_mut().zip(forms) {
        if let Some(form) = forms.iter().find(|form| erased.contains(*form)) {
            lookup.clone_from(form);
        }
    }
    Ok(())
}

fn sealed(app: &App, organization: Uuid, chunk: &[NewMember]) -> Result<NewMembers, Error> {
    let mut rows = NewMembers::default();
    for member in chunk {
        rows.member_ids.push(comitia_core::id::new());
        rows.numbers.push(app.data_keys.seal_text(MEMBER_NUMBER, &member.member_number)?);
        rows.number_lookups.push(app.lookup.member_number(organization, &member.member_number));
        rows.districts.push(member.district.clone());
        let birth_date = member.birth_date.map(|date| app.data_keys.seal_text(BIRTH_DATE, &date.to_string()));
        rows.birth_dates.push(birth_date.transpose()?);
        let email = member.email.as_deref();
        rows.emails.push(email.map(|email| app.data_keys.seal_text(EMAIL, email)).transpose()?);
        rows.email_lookups.push(email.map(|email| app.lookup.email(organization, email)));
    }
    Ok(rows)
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
