//! A private PostgreSQL in a data folder, from the server programs that the machine has.
//!
//! [`PrivatePostgres`] makes the cluster when the folder is empty, starts the server on loopback and stops it with
//! its owner. PostgreSQL refuses to run as root, so root starts it as another user. [`ServerProcess`] is the part
//! that the test kit uses for other servers too.

mod account;
mod error;
mod postgres;
mod process;
mod programs;

pub use error::EmbeddedError;
pub use postgres::{Options, PrivatePostgres};
pub use process::{ServerCommand, ServerProcess, Signal, free_port, send_signal};
