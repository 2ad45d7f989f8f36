//! Which signatures a correction changes, read from the log itself.

use std::collections::HashMap;

use comitia_platform::database::Unreadable;
use comitia_transparency::sheet::{Change, Changed, Entry, Register};
use comitia_transparency::tile::{WIDTH, entries};
use sqlx::PgConnection;

use crate::error::Error;
use crate::store::log::{self, Head};

/// Bundles that are read at a time: a few hundred kilobytes.
const AT_ONCE: u64 = 32;

/// The signatures that a change is for. The log is read backwards: a withdrawal stands behind its signature, so that it is seen first.
pub(super) async fn changed(
    connection: &mut PgConnection,
    head: &Head,
    register: &Register,
    change: &Change,
) -> Result<Changed, Error> {
    let width = u64::from(WIDTH);
    // Withdrawals may stand anywhere behind what they take back.
    let end = if head.withdrawals == 0 { change.selection.end } else { head.tree.size() };
    let first = change.selection.first / width;
    let (mut end, mut changed, mut withdrawn) = (end.div_ceil(width), Changed::default(), HashMap::new());
    while first < end {
        let begin = end.saturating_sub(AT_ONCE).max(first);
        for (tile, bytes) in log::bundles(connection, head.poll_id, (begin, end)).await? {
            let unreadable = || Unreadable::new("voting.log_tiles", "bytes", head.poll_id);
            let entries = entries(&bytes).ok_or_else(unreadable)?;
            for (index, entry) in (tile * width..).zip(entries).collect::<Vec<_>>().into_iter().rev() {
                match Entry::decode(entry).ok_or_else(unreadable)? {
                    Entry::Leaf(leaf) if leaf.withdrawal => {
                        withdrawn.insert(leaf.identifier, leaf.minute);
                    }
                    Entry::Leaf(leaf) if register.changes(change, index, leaf.signed()) => {
                        changed.add(&leaf.district, leaf.minute, withdrawn.get(&leaf.identifier).copied());
                    }
                    Entry::Leaf(_) | Entry::Correction(_) => {}
                }
            }
        }
        end = begin;
    }
    Ok(changed)
}
