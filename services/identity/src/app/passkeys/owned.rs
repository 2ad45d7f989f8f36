//! The passkeys that staff have: one's own, another's that are lost, and whether everybody needs one.

use comitia_platform::acts;
use comitia_platform::auth::Role;
use comitia_proto::identity::v1::{ListOwnPasskeysResponse, Passkey, StaffSignIn};
use uuid::Uuid;

use super::faults::Fault;
use super::{Call, LABEL, encode, tell};
use crate::app::App;
use crate::error::Error;
use crate::mail::PasskeyNews;
use crate::store::{passkeys, sessions, staff};

/// The caller's passkeys.
///
/// # Errors
/// `StaffUnknown` for the operator.
pub async fn list(app: &App, call: Call<'_>) -> Result<ListOwnPasskeysResponse, Error> {
    let mut transaction = app.begin(call.organization).await?;
    let holder = call.holder(app, &mut transaction).await?;
    let own = passkeys::of(&mut transaction, holder.staff_member_id).await?;
    let passkeys = own.iter().map(|passkey| encode(app, passkey)).collect::<Result<_, _>>()?;
    Ok(ListOwnPasskeysResponse { passkeys })
}

/// Names one of the caller's passkeys anew.
///
/// # Errors
/// `StaffUnknown` for the operator; that there is no such passkey.
pub async fn rename(app: &App, call: Call<'_>, passkey: Uuid, label: &str) -> Result<Passkey, Error> {
    let mut transaction = app.begin(call.organization).await?;
    let holder = call.holder(app, &mut transaction).await?;
    let label = app.data_keys.seal_text(LABEL, label.trim())?;
    let renamed = passkeys::rename(&mut transaction, holder.staff_member_id, passkey, &label).await?;
    transaction.commit().await?;
    encode(app, &renamed.ok_or(Fault::Unknown)?)
}

/// Removes one of the caller's passkeys.
///
/// # Errors
/// `StaffUnknown` for the operator; that there is no such passkey, or that it is the last one and asked for.
pub async fn delete(app: &App, call: Call<'_>, passkey: Uuid) -> Result<(), Error> {
    let mut transaction = app.begin(call.organization).await?;
    let holder = call.holder(app, &mut transaction).await?;
    acts::about("passkeys", passkey);
    if passkeys::delete(&mut transaction, holder.staff_member_id, Some(passkey)).await? == 0 {
        return Err(Fault::Unknown.into());
    }
    let none_left = passkeys::of(&mut transaction, holder.staff_member_id).await?.is_empty();
    if none_left && passkeys::is_required(&mut transaction).await? {
        return Err(Fault::Last.into());
    }
    transaction.commit().await?;
    tell(app, &holder.email, PasskeyNews::Removed)
}

/// Removes all passkeys of another staff member, and ends their sessions.
///
/// # Errors
/// `StaffUnknown`; `SecondPersonRequired` for one's own.
pub async fn reset(app: &App, call: Call<'_>, staff_member: Uuid) -> Result<(), Error> {
    let now = app.clock.now();
    let mut transaction = app.begin(call.organization).await?;
    if !call.caller.has(Role::Operator)
        && call.holder(app, &mut transaction).await?.staff_member_id == staff_member
    {
        return Err(Error::SecondPersonRequired);
    }
    let member = staff::get(&mut transaction, staff_member).await?.ok_or(Error::StaffUnknown)?;
    acts::about("staff", staff_member);
    let removed = passkeys::delete(&mut transaction, staff_member, None).await?;
    sessions::revoke_of(&mut transaction, staff_member, now).await?;
    acts::changed("passkey_count", removed, 0);
    transaction.commit().await?;
    tracing::warn!(organization = %call.organization, %staff_member, removed, "passkeys were reset");
    tell(app, &member.email, PasskeyNews::Reset)
}

/// How the staff of the organization sign in.
///
/// # Errors
/// When the database fails or cannot be reached.
pub async fn rules(app: &App, organization: Uuid) -> Result<StaffSignIn, Error> {
    let mut transaction = app.begin(organization).await?;
    Ok(StaffSignIn { second_factor_required: passkeys::is_required(&mut transaction).await? })
}

/// Sets whether everybody needs a second factor. Who sets it has proved their own, so that nobody locks everybody out.
///
/// # Errors
/// `StaffUnknown` for the operator; that the caller has proved none.
pub async fn set_rules(app: &App, call: Call<'_>, required: bool) -> Result<StaffSignIn, Error> {
    let mut transaction = app.begin(call.organization).await?;
    let before = passkeys::is_required(&mut transaction).await?;
    if required && !call.holder(app, &mut transaction).await?.second_factor {
        return Err(Fault::OwnRequired.into());
    }
    acts::changed("second_factor_required", before, required);
    passkeys::set_required(&mut transaction, call.organization, required).await?;
    if required {
        passkeys::revoke_without(&mut transaction, None, app.clock.now()).await?;
    }
    transaction.commit().await?;
    Ok(StaffSignIn { second_factor_required: required })
}
