//! Finding members of a roll.

use comitia_proto::identity::v1::{FindMembersResponse, FoundMember, Member};
use uuid::Uuid;

use crate::app::App;
use crate::app::members::{EMAIL, MEMBER_NUMBER};
use crate::app::permits::BIRTH_DATE;
use crate::domain::email;
use crate::error::Error;
use crate::store::members::StoredMember;
use crate::store::{rolls, search};

/// The members with this number or this e-mail address.
///
/// # Errors
/// `RollUnknown`.
pub async fn find(
    app: &App,
    organization: Uuid,
    roll_id: Uuid,
    text: &str,
) -> Result<FindMembersResponse, Error> {
    let mut transaction = app.begin(organization).await?;
    rolls::title(&mut transaction, roll_id).await?.ok_or(Error::RollUnknown)?;
    let numbers = app.lookup.member_numbers(organization, text);
    let address = app.lookup.email(organization, &email::clean(text));
    let found = search::find(&mut transaction, roll_id, &numbers, &address).await?;
    transaction.commit().await?;
    let members = found.iter().map(|stored| encode(app, stored)).collect::<Result<_, _>>()?;
    Ok(FindMembersResponse { members })
}

fn encode(app: &App, stored: &StoredMember) -> Result<FoundMember, Error> {
    let open = |context, sealed: Option<&[u8]>| {
        sealed.map_or(Ok(String::new()), |sealed| app.data_keys.open_text(context, sealed))
    };
    let member = Member {
        roll_id: stored.roll_id.to_string(),
        member_number: app.data_keys.open_text(MEMBER_NUMBER, &stored.member_number)?,
        district: stored.district.clone(),
        birth_date: open(BIRTH_DATE, stored.birth_date.as_deref())?,
        email: open(EMAIL, stored.email.as_deref())?,
    };
    Ok(FoundMember {
        member: Some(member),
        left: stored.leave_time.is_some(),
        address_held: stored.address_held,
    })
}
