//! The process environment. Only configuration, the test kit and the binary's start look here.

/// The value of the environment variable `name`, if it is set and valid UTF-8.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one door to the environment")]
    std::env::var(name).ok()
}
