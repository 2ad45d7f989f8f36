//! The one binary of Comitia, as a library so that its journeys can be tested: commands, the processes they run, and a
//! client of the public API.

pub mod api;
pub mod commands;
pub mod configuration;
pub mod embedded;
pub mod privacy;
pub mod process;
pub mod replay;
pub mod terminal;
