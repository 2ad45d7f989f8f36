//! How many people signed in, and how many letters came back: sums, and nothing about one person.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use comitia_platform::ApiError;
use comitia_platform::auth::Caller;
use comitia_proto::identity::v1::{
    AgeParticipation, AreaParticipation, GetParticipationResponse, GetRollFiguresResponse,
    RecordReturnedLettersRequest, RecordReturnedLettersResponse, ReturnedLetters, RollDay,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::App;
use crate::app::permits::birth_date;
use crate::app::replacements::officer;
use crate::app::requests;
use crate::domain::eligibility::{self, Poll, Voter};
use crate::domain::participation::{self, Cell};
use crate::error::Error;
use crate::store::sign_ins::{Returned, SignIn};
use crate::store::{electors, members, polls, rolls, sign_ins};

/// How many birth dates are read at once.
const PAGE: i64 = 10_000;
/// How many days are listed.
const DAYS: i64 = 400;
/// So many rows take the sign-ins of a moment.
const SHARDS: u8 = 16;

/// The way of a sign-in by the code of a letter.
pub(super) const BY_CODE: &str = "ACCESS_CODE";
/// The way of a sign-in by e-mail.
pub(super) const BY_EMAIL: &str = "EMAIL";

/// Counts a member's sign-in: its day and way for the roll, and for each vote in which it is the member's first, area and age
/// band. The last thing that its transaction does.
///
/// # Errors
/// When the database fails or cannot be reached.
pub(super) async fn count(
    app: &App,
    connection: &mut PgConnection,
    organization_id: Uuid,
    member_id: Uuid,
    session_id: Uuid,
    way: &str,
) -> Result<(), Error> {
    let now = app.clock.now();
    let member = sign_ins::member(connection, member_id).await?;
    let roll_id = member.roll_id;
    let uncounted = sign_ins::uncounted(connection, roll_id, member_id, session_id, now).await?;
    let voter = Voter {
        roll_id,
        district: member.district,
        birth_date: birth_date(app, member.birth_date.as_deref())?,
    };
    let mut first = Vec::with_capacity(uncounted.len());
    for poll_id in uncounted {
        let Some((poll, _)) = polls::get(connection, poll_id).await? else { continue };
        if eligibility::check(&poll, &voter).is_ok() {
            first.push((poll_id, i16::try_from(band(&poll, voter.birth_date)).unwrap_or(-1)));
        }
    }
    let sign_in = SignIn {
        organization_id,
        roll_id,
        day: now.date_naive(),
        way,
        shard: i16::from(session_id.as_bytes()[15] % SHARDS),
        district: &voter.district.to_ascii_lowercase(),
        polls: &first,
    };
    Ok(sign_ins::add(connection, &sign_in).await?)
}

fn band(poll: &Poll, birth_date: Option<NaiveDate>) -> i32 {
    participation::band(birth_date.map(|date| eligibility::age_at_opening(poll, date)))
}

/// How many may vote in a poll by area and by age, and from the close on how many of them signed in, in groups of at least
/// `smallest_group`.
///
/// # Errors
/// `PollUnknown`, also for a poll without a roll.
pub async fn participation(
    app: &App,
    organization: Uuid,
    poll_id: Uuid,
) -> Result<GetParticipationResponse, Error> {
    let mut transaction = app.begin(organization).await?;
    let (poll, _) = polls::get(&mut transaction, poll_id).await?.ok_or(Error::PollUnknown)?;
    let roll = poll.roll().ok_or(Error::PollUnknown)?;
    // While people sign in, the difference between two answers would tell of single ones.
    let closed = app.clock.now() >= poll.close_time;
    let mut counts = Counts { poll, areas: BTreeMap::new(), ages: BTreeMap::new() };
    let mut after = Uuid::nil();
    loop {
        let page = electors::birth_dates(&mut transaction, roll, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.member_id;
        let app = app.clone();
        // Decrypting a page takes too long for an async thread.
        let counting = tokio::task::spawn_blocking(move || {
            for member in page {
                let birth_date = birth_date(&app, member.birth_date.as_deref())?;
                counts.elector(Voter { roll_id: roll, district: member.district, birth_date });
            }
            Ok::<_, Error>(counts)
        });
        counts = counting.await.map_err(ApiError::internal)??;
    }
    if closed {
        for (district, age_from, persons) in sign_ins::of_poll(&mut transaction, poll_id).await? {
            counts.signed_in(district, age_from, persons);
        }
    }
    Ok(counts.published(app.policy.smallest_group, closed))
}

struct Counts {
    poll: Poll,
    areas: BTreeMap<String, Cell>,
    ages: BTreeMap<i32, Cell>,
}

impl Counts {
    fn elector(&mut self, voter: Voter) {
        if eligibility::check(&self.poll, &voter).is_ok() {
            self.ages.entry(band(&self.poll, voter.birth_date)).or_default().electors += 1;
            self.areas.entry(voter.district.to_ascii_lowercase()).or_default().electors += 1;
        }
    }

    fn signed_in(&mut self, district: String, age_from: i32, persons: i64) {
        for cell in [self.areas.entry(district).or_default(), self.ages.entry(age_from).or_default()] {
            cell.sign_ins = Some(cell.sign_ins.unwrap_or(0) + persons);
        }
    }

    fn published(mut self, smallest_group: i64, closed: bool) -> GetParticipationResponse {
        if closed {
            for cell in self.areas.values_mut().chain(self.ages.values_mut()) {
                cell.sign_ins.get_or_insert(0);
            }
        }
        let (electors, persons) = self.areas.values().fold((0, 0), |(electors, persons), cell| {
            (electors + cell.electors, persons + cell.sign_ins.unwrap_or(0))
        });
        let areas = participation::by_area(self.areas, smallest_group);
        let ages = participation::by_age(&self.ages, smallest_group);
        GetParticipationResponse {
            elector_count: electors,
            sign_in_count: persons,
            areas: areas
                .into_iter()
                .map(|(district, cell)| AreaParticipation {
                    district,
                    elector_count: cell.electors,
                    sign_in_count: cell.sign_ins.unwrap_or(0),
                })
                .collect(),
            ages: ages
                .into_iter()
                .map(|ages| AgeParticipation {
                    from_age: ages.from,
                    to_age: ages.to,
                    with_unknown: ages.with_unknown,
                    elector_count: ages.cell.electors,
                    sign_in_count: ages.cell.sign_ins.unwrap_or(0),
                })
                .collect(),
            smallest_group,
            closed,
        }
    }
}

/// What happened with a roll: sums, and day by day.
///
/// # Errors
/// `RollUnknown`.
pub async fn figures(app: &App, organization: Uuid, roll_id: Uuid) -> Result<GetRollFiguresResponse, Error> {
    let mut transaction = app.begin(organization).await?;
    rolls::title(&mut transaction, roll_id).await?.ok_or(Error::RollUnknown)?;
    let sums = sign_ins::sums(&mut transaction, roll_id).await?;
    let returned = sign_ins::returned_by_district(&mut transaction, roll_id).await?;
    let mut days: Vec<RollDay> = Vec::new();
    for found in sign_ins::days(&mut transaction, roll_id, DAYS).await? {
        let day = found.day.to_string();
        if days.last().is_none_or(|last| last.day != day) {
            days.push(RollDay { day, ..RollDay::default() });
        }
        let Some(last) = days.last_mut() else { continue };
        match found.what.as_str() {
            BY_CODE => last.access_code_sign_in_count = found.count,
            BY_EMAIL => last.email_sign_in_count = found.count,
            "LETTER" => last.access_code_count = found.count,
            _ => last.returned_count = found.count,
        }
    }
    Ok(GetRollFiguresResponse {
        access_code_count: sums.letters,
        batch_count: sums.batches,
        access_code_sign_in_count: sums.by_code,
        email_sign_in_count: sums.by_email,
        returned_count: returned.iter().map(|(_, count)| count).sum(),
        returned: returned
            .into_iter()
            .map(|(district, letter_count)| ReturnedLetters { district, letter_count })
            .collect(),
        days,
    })
}

/// Notes letters that came back: so many to a district, or by the numbers on them, of which only the district is kept. A number
/// that is not in the roll is named in the answer, and nothing is noted of it.
///
/// # Errors
/// `RollUnknown`, `SessionRevoked`, a used request id.
pub async fn record_returned(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    roll_id: Uuid,
    request: &RecordReturnedLettersRequest,
) -> Result<RecordReturnedLettersResponse, Error> {
    let method = "identity.RecordReturnedLetters";
    let idempotent = requests::idempotent(app, organization, caller, method, &request.request_id, request)?;
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = idempotent.earlier(&mut transaction).await? {
        return Ok(earlier);
    }
    rolls::title(&mut transaction, roll_id).await?.ok_or(Error::RollUnknown)?;
    let (mut districts, mut unknown_lines) = (HashMap::<String, i64>::new(), Vec::new());
    for (line, number) in request.member_numbers.iter().enumerate() {
        let lookups = app.lookup.member_numbers(organization, number);
        match members::by_number(&mut transaction, roll_id, &lookups).await? {
            Some(member) => *districts.entry(member.district.to_ascii_lowercase()).or_default() += 1,
            None => unknown_lines.push(i32::try_from(line + 1).unwrap_or(i32::MAX)),
        }
    }
    if request.letter_count > 0 {
        *districts.entry(request.district.trim().to_ascii_lowercase()).or_default() += request.letter_count;
    }
    let officer = officer(app, &mut transaction, caller).await?.name;
    let recorded_count = districts.values().sum();
    for (district, count) in &districts {
        let returned = Returned {
            id: comitia_core::id::new(),
            organization_id: organization,
            roll_id,
            day: app.clock.now().date_naive(),
            district,
            count: *count,
            officer: &officer,
        };
        sign_ins::insert_returned(&mut transaction, &returned).await?;
    }
    let response = RecordReturnedLettersResponse { recorded_count, unknown_lines };
    idempotent.keep(&mut transaction, &response).await?;
    transaction.commit().await?;
    Ok(response)
}
