//! Randomness from the operating system.

/// `N` random bytes.
///
/// # Panics
/// When the operating system gives no randomness, because nothing secret may be made then.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// Fills `bytes` with random ones.
///
/// # Panics
/// As [`bytes`].
pub fn fill(bytes: &mut [u8]) {
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the one door to randomness; going on without it would make guessable secrets"
    )]
    getrandom::fill(bytes).expect("the operating system gives randomness");
}
