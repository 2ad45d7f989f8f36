//! Nothing but its `Cargo.toml`: the features of dependencies that several crates share, asked for in one place.
