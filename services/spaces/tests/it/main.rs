//! spaces against a real PostgreSQL, called as gRPC calls it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod acts;
mod areas;
mod attachments;
mod clock;
mod harness;
mod holders;
mod host_names;
mod organizations;
mod outlines;
mod previews;
mod processes;
mod served;
mod tenants;
mod unreadable;
mod users;
mod votes;
