//! How many members of a roll could vote, before there is a poll.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use comitia_platform::ApiError;
use comitia_proto::identity::v1::DistrictElectors;
use uuid::Uuid;

use crate::app::App;
use crate::app::permits::BIRTH_DATE;
use crate::domain::eligibility::{self, Poll};
use crate::error::Error;
use crate::store::{electors, rolls};

/// How many birth dates are read at once.
const PAGE: i64 = 10_000;

/// The members of the poll's roll by district, and how many of them may vote in it: by the rule that permits are issued by.
///
/// # Errors
/// `RollUnknown`; when the database fails or cannot be reached.
pub async fn count(app: &App, poll: Poll) -> Result<Vec<DistrictElectors>, Error> {
    let mut transaction = app.begin(poll.organization_id).await?;
    let roll = poll.roll().ok_or(Error::RollUnknown)?;
    rolls::title(&mut transaction, roll).await?.ok_or(Error::RollUnknown)?;
    let mut counts = Counts::new(poll);
    if counts.poll.minimum_age == 0 {
        for (district, members) in electors::count_by_district(&mut transaction, roll).await? {
            counts.add(&district, members, Birth::Irrelevant);
        }
        return Ok(counts.finish());
    }
    let mut after = Uuid::nil();
    loop {
        let page = electors::birth_dates(&mut transaction, roll, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(counts.finish()) };
        after = last.member_id;
        let app = app.clone();
        // Decrypting a page takes too long for an async thread.
        let counting = tokio::task::spawn_blocking(move || {
            for member in &page {
                let birth = match &member.birth_date {
                    None => Birth::Unknown,
                    Some(sealed) => match app.data_keys.open_text(BIRTH_DATE, sealed)?.parse::<NaiveDate>() {
                        Ok(date) if eligibility::is_old_enough(&counts.poll, date) => Birth::OldEnough,
                        Ok(_) => Birth::TooYoung,
                        Err(_) => Birth::Unknown,
                    },
                };
                counts.add(&member.district, 1, birth);
            }
            Ok::<_, Error>(counts)
        });
        counts = counting.await.map_err(ApiError::internal)??;
    }
}

/// How many members of the organization's rolls live in a district.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn in_district(app: &App, organization: Uuid, district: &str) -> Result<i64, Error> {
    let mut transaction = app.begin(organization).await?;
    Ok(electors::count_in_district(&mut transaction, organization, district).await?)
}

/// What a birth date says about a vote.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Birth {
    Irrelevant,
    OldEnough,
    TooYoung,
    Unknown,
}

struct Counts {
    poll: Poll,
    /// In lower case, to look up.
    districts: HashSet<String>,
    found: BTreeMap<String, DistrictElectors>,
}

impl Counts {
    fn new(poll: Poll) -> Self {
        let districts = poll.districts.iter().map(|district| district.to_ascii_lowercase()).collect();
        Self { poll, districts, found: BTreeMap::new() }
    }

    fn add(&mut self, district: &str, members: i64, birth: Birth) {
        let district = district.to_ascii_lowercase();
        let lives_there = self.districts.is_empty() || self.districts.contains(&district);
        let counts = self.found.entry(district).or_default();
        counts.member_count += members;
        if lives_there && matches!(birth, Birth::Irrelevant | Birth::OldEnough) {
            counts.elector_count += members;
        }
        if birth == Birth::Unknown {
            counts.without_birth_date_count += members;
        }
    }

    fn finish(self) -> Vec<DistrictElectors> {
        self.found.into_iter().map(|(district, counts)| DistrictElectors { district, ..counts }).collect()
    }
}
