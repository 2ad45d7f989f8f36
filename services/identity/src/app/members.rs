//! What sealed columns of members are called, so that a value cannot be opened as another column's.

/// The member's number.
pub(crate) const MEMBER_NUMBER: &str = "members.member_number";
/// The member's e-mail address.
pub(crate) const EMAIL: &str = "members.email";
