//! Event streams: one upstream subscription for all who watch the same thing.

pub mod events;
pub mod feeds;
mod source;
