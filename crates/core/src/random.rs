//! Randomness from the operating system.

/// `N` random bytes.
///
/// # Panics
/// When the operating system gives no randomness, because nothing secret may be made then.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the one door to randomness; going on without it would make guessable secrets"
    )]
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}
