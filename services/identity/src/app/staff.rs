//! Staff members and their roles.

use comitia_platform::acts;
use comitia_platform::auth::{Caller, Role};
use comitia_platform::database::is_unique_violation;
use comitia_platform::{page, validate};
use comitia_proto::identity::v1::{
    CreateStaffMemberRequest, CreateStaffMemberResponse, ListStaffMembersResponse, StaffMember,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::app::{App, requests};
use crate::domain::{email, roles};
use crate::error::Error;
use crate::store::staff::{self, StoredStaff};
use crate::store::{passkeys, sessions};

/// The associated data of sealed addresses of staff.
pub(crate) const EMAIL: &str = "staff.email";
/// The associated data of sealed names of staff.
pub(crate) const DISPLAY_NAME: &str = "staff.display_name";
const LIST: &str = "identity.ListStaffMembers";

/// Adds a staff member with these roles.
///
/// # Errors
/// `StaffExists`, a used request id.
pub async fn create(
    app: &App,
    organization: Uuid,
    caller: &Caller,
    request: &CreateStaffMemberRequest,
    given: &[Role],
) -> Result<CreateStaffMemberResponse, Error> {
    let idempotent = requests::idempotent(
        app,
        organization,
        caller,
        "identity.CreateStaffMember",
        &request.request_id,
        request,
    )?;
    let mut transaction = app.begin(organization).await?;
    if let Some(earlier) = idempotent.earlier::<CreateStaffMemberResponse>(&mut transaction).await? {
        let id = earlier.staff_member.map(|kept| kept.staff_member_id).unwrap_or_default();
        let id = validate::uuid("staff_member_id", &id)?;
        let stored = staff::get(&mut transaction, id).await?.ok_or(Error::StaffUnknown)?;
        let member = with_passkeys(app, &mut transaction, organization, stored).await?;
        return Ok(CreateStaffMemberResponse { staff_member: Some(member) });
    }
    let email = &email::clean(&request.email);
    let stored = StoredStaff {
        staff_member_id: app.lookup.staff_member_id(organization, email),
        email: app.data_keys.seal_text(EMAIL, email)?,
        display_name: app.data_keys.seal_text(DISPLAY_NAME, request.display_name.trim())?,
        roles: given.iter().map(|role| roles::name(*role).to_owned()).collect(),
        create_time: app.clock.now(),
    };
    acts::about("staff", stored.staff_member_id);
    let lookup = app.lookup.email(organization, email);
    staff::insert(&mut transaction, organization, &stored, &lookup).await.map_err(|error| {
        // The id is that of the address too.
        let taken = ["staff_email", "staff_pkey"].iter().any(|key| is_unique_violation(&error, key));
        if taken { Error::StaffExists } else { error.into() }
    })?;
    // Only the id is kept for the same request again: answers are kept in the clear.
    let staff_member_id = stored.staff_member_id.to_string();
    let kept = StaffMember { staff_member_id, ..StaffMember::default() };
    let kept = CreateStaffMemberResponse { staff_member: Some(kept) };
    idempotent.keep(&mut transaction, &kept).await?;
    transaction.commit().await?;
    Ok(CreateStaffMemberResponse { staff_member: Some(encode(app, organization, stored, 0)?) })
}

/// A page of the staff.
///
/// # Errors
/// A page token of another request.
pub async fn list(
    app: &App,
    organization: Uuid,
    page_size: i32,
    page_token: &str,
) -> Result<ListStaffMembersResponse, Error> {
    let size = page::size(page_size)?;
    let after = page::cursor(LIST, page_token, page::id)?.unwrap_or(Uuid::nil());
    let mut transaction = app.begin(organization).await?;
    let mut found = staff::list(&mut transaction, after, size + 1).await?;
    let next_page_token = page::cut(&mut found, size, LIST, |staff| staff.staff_member_id.to_string());
    let ids: Vec<_> = found.iter().map(|stored| stored.staff_member_id).collect();
    let passkeys = passkeys::counts(&mut transaction, &ids).await?;
    let count = |stored: &StoredStaff| passkeys.get(&stored.staff_member_id).copied().unwrap_or_default();
    let encoded = found.into_iter().map(|stored| {
        let count = count(&stored);
        encode(app, organization, stored, count)
    });
    let staff_members = encoded.collect::<Result<_, _>>()?;
    Ok(ListStaffMembersResponse { staff_members, next_page_token })
}

/// The entry of the staff member whose session calls.
///
/// # Errors
/// `StaffUnknown` for an operator who acts as administrator.
pub async fn own(app: &App, organization: Uuid, caller: &Caller) -> Result<StaffMember, Error> {
    let mut transaction = app.begin(organization).await?;
    let officer = staff::of_session(&mut transaction, caller.session, app.clock.now()).await?;
    let id = officer.and_then(|officer| Uuid::parse_str(&officer.name).ok()).ok_or(Error::StaffUnknown)?;
    let stored = staff::get(&mut transaction, id).await?.ok_or(Error::StaffUnknown)?;
    with_passkeys(app, &mut transaction, organization, stored).await
}

/// Replaces a staff member's roles and ends their sessions.
///
/// # Errors
/// `StaffUnknown`, `LastAdministrator`.
pub async fn set_roles(
    app: &App,
    organization: Uuid,
    staff_member: Uuid,
    given: &[Role],
) -> Result<StaffMember, Error> {
    let names: Vec<String> = given.iter().map(|role| roles::name(*role).to_owned()).collect();
    let mut transaction = app.begin(organization).await?;
    let before = staff::lock_administrators(&mut transaction).await?;
    if let Some(was) = staff::get(&mut transaction, staff_member).await? {
        acts::changed("roles", in_log(&was.roles), in_log(&names));
    }
    let stored =
        staff::set_roles(&mut transaction, staff_member, &names).await?.ok_or(Error::StaffUnknown)?;
    if before > 0 && staff::lock_administrators(&mut transaction).await? == 0 {
        return Err(Error::LastAdministrator);
    }
    sessions::revoke_of(&mut transaction, staff_member, app.clock.now()).await?;
    let member = with_passkeys(app, &mut transaction, organization, stored).await?;
    transaction.commit().await?;
    Ok(member)
}

/// Removes a staff member; their sessions end.
///
/// # Errors
/// `StaffUnknown`, `LastAdministrator`.
pub async fn delete(app: &App, organization: Uuid, staff_member: Uuid) -> Result<(), Error> {
    let mut transaction = app.begin(organization).await?;
    let before = staff::lock_administrators(&mut transaction).await?;
    if !staff::delete(&mut transaction, staff_member).await? {
        return Err(Error::StaffUnknown);
    }
    if before > 0 && staff::lock_administrators(&mut transaction).await? == 0 {
        return Err(Error::LastAdministrator);
    }
    Ok(transaction.commit().await?)
}

/// Roles as the log has them, in one order.
fn in_log(names: &[String]) -> String {
    let mut names: Vec<_> = names.iter().map(|name| format!("ROLE_{name}")).collect();
    names.sort();
    names.join(", ")
}

async fn with_passkeys(
    app: &App,
    connection: &mut PgConnection,
    organization: Uuid,
    stored: StoredStaff,
) -> Result<StaffMember, Error> {
    let counts = passkeys::counts(connection, &[stored.staff_member_id]).await?;
    let count = counts.get(&stored.staff_member_id).copied().unwrap_or_default();
    encode(app, organization, stored, count)
}

fn encode(
    app: &App,
    organization: Uuid,
    stored: StoredStaff,
    passkey_count: i32,
) -> Result<StaffMember, Error> {
    let roles = staff::roles_of(&stored.roles, stored.staff_member_id)?;
    Ok(StaffMember {
        staff_member_id: stored.staff_member_id.to_string(),
        email: app.data_keys.open_text(EMAIL, &stored.email)?,
        display_name: app.data_keys.open_text(DISPLAY_NAME, &stored.display_name)?,
        roles: roles.into_iter().map(|role| role as i32).collect(),
        create_time: Some(validate::timestamp(stored.create_time)),
        actor: app.lookup.pseudonym(organization, stored.staff_member_id),
        passkey_count,
    })
}
