//! A roll as a file, part by part, so that no more than a part of it is in memory.

use comitia_platform::auth::Caller;
use uuid::Uuid;

use crate::app::App;
use crate::app::changes::noted;
use crate::app::members::{EMAIL, MEMBER_NUMBER};
use crate::app::permits::BIRTH_DATE;
use crate::domain::roll_csv;
use crate::error::Error;
use crate::store::members::{self, StoredMember};
use crate::store::roll_changes::{self, NewChange};
use crate::store::rolls;

/// How many members a part has.
const PART: i64 = 1_000;

/// Notes who takes a copy of a roll.
///
/// # Errors
/// `RollUnknown`, `SessionRevoked`.
pub async fn begin(app: &App, organization: Uuid, caller: &Caller, roll_id: Uuid) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    rolls::title(&mut transaction, roll_id).await?.ok_or(Error::RollUnknown)?;
    let noted = noted(app, &mut transaction, organization, caller, roll_id).await?;
    roll_changes::insert(&mut transaction, &NewChange { kind: "EXPORT", ..noted.change() }).await?;
    transaction.commit().await?;
    tracing::warn!(%organization, roll = %roll_id, "a roll was exported");
    Ok(())
}

/// The lines of the members after `after`, and the last of them; nothing behind the last one. The first part has the header
/// and comes of an empty roll too. Who left the roll is not in it.
///
/// # Errors
/// When the database fails or cannot be reached, or a member cannot be decrypted.
pub async fn part(
    app: &App,
    organization: Uuid,
    roll_id: Uuid,
    after: Option<Uuid>,
) -> Result<Option<(Uuid, Vec<u8>)>, Error> {
    let mut transaction = app.begin(organization).await?;
    let found = members::after(&mut transaction, roll_id, after.unwrap_or_default(), PART).await?;
    drop(transaction);
    let last = match (found.last(), after) {
        (Some(last), _) => last.member_id,
        // Nobody comes after the greatest id.
        (None, None) => Uuid::max(),
        (None, Some(_)) => return Ok(None),
    };
    let rows = found.iter().map(|member| row(app, member)).collect::<Result<Vec<_>, _>>()?;
    let lines = roll_csv::lines(&rows, after.is_none()).map_err(comitia_platform::ApiError::internal)?;
    Ok(Some((last, lines)))
}

fn row(app: &App, member: &StoredMember) -> Result<[String; 4], Error> {
    let open = |column: &str, sealed: Option<&[u8]>| -> Result<String, Error> {
        Ok(sealed.map(|sealed| app.data_keys.open_text(column, sealed)).transpose()?.unwrap_or_default())
    };
    Ok([
        open(MEMBER_NUMBER, Some(&member.member_number))?,
        member.district.clone(),
        open(BIRTH_DATE, member.birth_date.as_deref())?,
        open(EMAIL, member.email.as_deref())?,
    ])
}
