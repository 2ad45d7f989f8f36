//! Correcting one member's entry, and what was done to a roll.

use comitia_platform::auth::Caller;
use comitia_platform::{page, validate};
use comitia_proto::identity::v1::{
    ListRollChangesResponse, RollChange, RollChangeKind, UpdateMemberResponse,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::app::imports::count;
use crate::app::members::{EMAIL, MEMBER_NUMBER};
use crate::app::permits::{BIRTH_DATE, birth_date};
use crate::app::replacements::officer;
use crate::domain::changes::{Changed, Entry, differing, may_change};
use crate::domain::eligibility::Poll;
use crate::domain::email;
use crate::error::Error;
use crate::store::members::{self, StoredMember};
use crate::store::reloads::{self, Changes};
use crate::store::roll_changes::{self, NewChange, StoredChange};
use crate::store::{polls, residents, rolls};

const LIST: &str = "identity.ListRollChanges";

/// What a correction says; nothing for a column that stays.
#[derive(Clone, Debug, Default)]
pub struct Correction {
    /// The district; empty for none.
    pub district: Option<String>,
    /// The birth date, or none.
    pub birth_date: Option<Option<chrono::NaiveDate>>,
    /// The e-mail address, or none.
    pub email: Option<Option<String>>,
}

/// Corrects a member's entry, and notes who did. A vote that is open keeps what it rests on, and a new e-mail address signs
/// nobody in while the roll is voted with.
///
/// # Errors
/// `RollUnknown`, `MemberUnknown`, `OpenPollAffected`, `SessionRevoked`.
pub async fn correct(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
    number: &str,
    correction: Correction,
) -> Result<UpdateMemberResponse, Error> {
    let now = app.clock.now();
    let mut transaction = app.begin(organization).await?;
    if !rolls::lock(&mut transaction, roll_id).await? {
        return Err(Error::RollUnknown);
    }
    let lookups = app.lookup.member_numbers(organization, number);
    let member =
        members::by_number(&mut transaction, roll_id, &lookups).await?.ok_or(Error::MemberUnknown)?;
    let votes = Votes::of(&mut transaction, roll_id, now).await?;
    let before = entry(app, &member)?;
    let after = Entry {
        district: correction.district.unwrap_or_else(|| before.district.clone()),
        birth_date: correction.birth_date.unwrap_or(before.birth_date),
        email: correction.email.unwrap_or_else(|| before.email.clone()),
    };
    let fields = differing(&before, &after);
    if fields.is_empty() {
        return Ok(UpdateMemberResponse { changed_fields: Vec::new(), address_held: member.address_held });
    }
    may_change(&votes.open, &before, &after).map_err(|(field, rule)| Error::OpenPollAffected(field, rule))?;
    let names: Vec<_> = fields.iter().map(|&field| field.to_owned()).collect();
    let hold_address = votes.hold_address(&before, &after);
    let changed = Changed { line: 0, member_id: member.member_id, fields, after, hold_address };
    apply(app, &mut transaction, organization, &[changed]).await?;
    let noted = noted(app, &mut transaction, organization, caller, roll_id).await?;
    let change = NewChange {
        kind: "CORRECTION",
        member_id: Some(member.member_id),
        fields: &names,
        counts: [0, 1, 0],
        ..noted.change()
    };
    roll_changes::insert(&mut transaction, &change).await?;
    transaction.commit().await?;
    tracing::warn!(%organization, roll = %roll_id, ?names, "a member's entry was corrected");
    if let Some(old) = before.email.filter(|_| names.iter().any(|name| name == "email")) {
        tell(app, old);
    }
    Ok(UpdateMemberResponse { changed_fields: names, address_held: member.address_held || hold_address })
}

/// Tells the earlier address that it was replaced.
fn tell(app: &App, old: String) {
    let app = app.clone();
    comitia_core::task::spawn("replaced address", async move {
        if let Err(error) = app.mailer.send_address_replaced(&old).await {
            tracing::error!(%error, "a member was not told that their e-mail address was replaced");
        }
    });
}

/// The votes with a roll, as they are now.
pub(crate) struct Votes {
    /// Those that are open, or whose paper ballots are still entered.
    pub(crate) open: Vec<Poll>,
    /// Whether one is open or to come.
    ahead: bool,
}

impl Votes {
    pub(crate) async fn of(
        connection: &mut PgConnection,
        roll_id: Uuid,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<Self, Error> {
        let of_roll = polls::unfinished(connection, roll_id, now).await?;
        let ahead = of_roll.iter().any(|poll| poll.close_time > now);
        Ok(Self { open: of_roll.into_iter().filter(|poll| poll.open_time <= now).collect(), ahead })
    }

    /// Whether another address has to wait: who chooses it could vote as the member.
    pub(crate) fn hold_address(&self, before: &Entry, after: &Entry) -> bool {
        let form = |entry: &Entry| entry.email.as_deref().map(email::normalise);
        self.ahead && after.email.is_some() && form(before) != form(after)
    }
}

/// What the roll says of a member.
pub(crate) fn entry(app: &App, member: &StoredMember) -> Result<Entry, Error> {
    let email = member.email.as_deref().map(|sealed| app.data_keys.open_text(EMAIL, sealed)).transpose()?;
    Ok(Entry {
        district: member.district.clone(),
        birth_date: birth_date(app, member.birth_date.as_deref())?,
        email,
    })
}

/// Writes changes. Whose address is another one signs in anew.
pub(crate) async fn apply(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    changed: &[Changed],
) -> Result<(), Error> {
    let mut rows = Changes::default();
    for Changed { member_id, fields, after, hold_address, .. } in changed {
        rows.member_ids.push(*member_id);
        rows.districts.push(after.district.clone());
        let birth_date = after.birth_date.map(|date| app.data_keys.seal_text(BIRTH_DATE, &date.to_string()));
        rows.birth_dates.push(birth_date.transpose()?);
        let email = after.email.as_deref();
        rows.emails.push(email.map(|email| app.data_keys.seal_text(EMAIL, email)).transpose()?);
        rows.email_lookups.push(email.map(|email| app.lookup.email(organization, email)));
        rows.address_held.push(*hold_address);
        rows.back.push(fields.contains(&"left"));
    }
    reloads::update(connection, &rows).await?;
    let other_address = changed.iter().filter(|changed| changed.fields.contains(&"email"));
    let other_address: Vec<_> = other_address.map(|changed| changed.member_id).collect();
    residents::part(connection, &other_address, true, None).await?;
    Ok(reloads::revoke_sessions(connection, &other_address, app.clock.now()).await?)
}

/// Who changes a roll, and when.
pub(crate) struct Noted {
    organization: Uuid,
    roll_id: Uuid,
    officer: String,
    change_time: chrono::DateTime<chrono::Utc>,
}

impl Noted {
    /// The note, without what was done.
    pub(crate) fn change(&self) -> NewChange<'_> {
        NewChange {
            change_id: comitia_core::id::new(),
            organization: self.organization,
            roll_id: self.roll_id,
            kind: "",
            officer: &self.officer,
            change_time: self.change_time,
            member_id: None,
            fields: &[],
            counts: [0; 3],
        }
    }
}

/// The caller as the one who changes a roll now.
pub(crate) async fn noted(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
) -> Result<Noted, Error> {
    let officer = officer(app, connection, caller).await?.name;
    Ok(Noted { organization, roll_id, officer, change_time: app.clock.now() })
}

/// A page of what was done to a roll, newest first.
///
/// # Errors
/// `RollUnknown`, a page token of another request.
pub async fn list(
    app: &App,
    organization: Uuid,
    roll_id: Uuid,
    page_size: i32,
    page_token: &str,
) -> Result<ListRollChangesResponse, Error> {
    let size = page::size(page_size)?;
    let before = page::cursor(LIST, page_token, page::id)?.unwrap_or(Uuid::max());
    let mut transaction = app.begin(organization).await?;
    rolls::title(&mut transaction, roll_id).await?.ok_or(Error::RollUnknown)?;
    let mut found = roll_changes::list(&mut transaction, roll_id, before, size + 1).await?;
    let next_page_token = page::cut(&mut found, size, LIST, |change| change.change_id.to_string());
    let changes = found.into_iter().map(|stored| encode(app, stored)).collect::<Result<_, _>>()?;
    Ok(ListRollChangesResponse { changes, next_page_token })
}

fn encode(app: &App, stored: StoredChange) -> Result<RollChange, Error> {
    let number = stored.member_number.map(|sealed| app.data_keys.open_text(MEMBER_NUMBER, &sealed));
    let kind = match stored.kind.as_str() {
        "IMPORT" => RollChangeKind::Import,
        "CORRECTION" => RollChangeKind::Correction,
        "RELOAD" => RollChangeKind::Reload,
        "ERASURE" => RollChangeKind::Erasure,
        "EXPORT" => RollChangeKind::Export,
        "ACCESS_CODES" => RollChangeKind::AccessCodes,
        _ => RollChangeKind::Unspecified,
    };
    Ok(RollChange {
        change_id: stored.change_id.to_string(),
        kind: kind as i32,
        officer: stored.officer,
        change_time: Some(validate::timestamp(stored.change_time)),
        member_number: number.transpose()?.unwrap_or_default(),
        fields: stored.fields,
        added_count: stored.added_count,
        changed_count: stored.changed_count,
        left_count: stored.left_count,
    })
}

/// Counts as the note of a change has them.
pub(crate) fn counts(added: usize, changed: usize, left: usize) -> [i64; 3] {
    [added, changed, left].map(count)
}
