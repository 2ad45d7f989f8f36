//! Access codes for letters: 15 random symbols of 31 (74 bits) and a check symbol, in groups of four.
//!
//! The alphabet leaves out what paper confuses (0/O, 1/I/L). The check symbol is a weighted sum modulo the prime 31:
//! with different weights, none of them 0, any single wrong symbol and any two exchanged symbols are noticed.

use crate::domain::identifier;

/// The symbols, by value.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// How many symbols are random.
const RANDOM_SYMBOLS: usize = 15;

/// A new code, as it is printed.
#[must_use]
pub fn generate() -> String {
    let mut symbols = Vec::with_capacity(RANDOM_SYMBOLS + 1);
    while symbols.len() < RANDOM_SYMBOLS {
        for byte in comitia_core::random::bytes::<16>() {
            // 248 is 8 times 31: what is above would make some symbols more likely than others.
            if byte < 248 && symbols.len() < RANDOM_SYMBOLS {
                symbols.push(byte % 31);
            }
        }
    }
    symbols.push(check_symbol(&symbols));
    let text: Vec<u8> = symbols.iter().map(|&symbol| ALPHABET[usize::from(symbol)]).collect();
    text.chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect::<Vec<_>>().join("-")
}

/// The code in its one form (no spaces or hyphens, upper case), if its check symbol is right. What a keyboard writes by
/// itself is no difference (`identifier`).
#[must_use]
pub fn normalise(typed: &str) -> Option<String> {
    let code = identifier::fold(typed).replace('-', "").to_ascii_uppercase();
    let symbols = code
        .bytes()
        .map(|byte| {
            ALPHABET.iter().position(|&symbol| symbol == byte).and_then(|value| u8::try_from(value).ok())
        })
        .collect::<Option<Vec<u8>>>()?;
    let (check, random) = symbols.split_last()?;
    (random.len() == RANDOM_SYMBOLS && check_symbol(random) == *check).then_some(code)
}

/// The sum of each symbol times its position (from 1), modulo 31, plus the check symbol times 16, is 0.
fn check_symbol(symbols: &[u8]) -> u8 {
    let sum: u32 = symbols.iter().zip(1_u32..).map(|(&symbol, weight)| u32::from(symbol) * weight).sum();
    // The inverse of 16 modulo 31 is 2.
    let check = (31 - sum % 31) * 2 % 31;
    u8::try_from(check).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_survives_how_people_type() {
        let code = generate();
        assert_eq!(code.len(), 19);
        let bare = code.replace('-', "");
        assert_eq!(normalise(&code), Some(bare.clone()));
        assert_eq!(normalise(&format!(" {} ", code.to_lowercase().replace('-', " "))), Some(bare.clone()));
        let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap();
        for typed in [
            code.replace('-', "\u{2013}"),
            code.replace('-', "\u{a0}\u{200b}"),
            format!("\u{feff}{code}\u{2060}"),
            code.chars().map(wide).collect(),
        ] {
            assert_eq!(normalise(&typed), Some(bare.clone()), "{typed:?}");
        }
    }

    #[test]
    fn codes_differ() {
        let codes: std::collections::HashSet<_> = (0..1_000).map(|_| generate()).collect();
        assert_eq!(codes.len(), 1_000);
    }

    proptest! {
        #[test]
        fn one_wrong_symbol_is_noticed(position in 0_usize..16, other in 0_usize..31) {
            let mut code: Vec<char> = generate().replace('-', "").chars().collect();
            let wrong = char::from(ALPHABET[other]);
            prop_assume!(code[position] != wrong);
            code[position] = wrong;
            prop_assert_eq!(normalise(&code.into_iter().collect::<String>()), None);
        }

        #[test]
        fn two_exchanged_symbols_are_noticed(first in 0_usize..16, second in 0_usize..16) {
            let mut code: Vec<char> = generate().replace('-', "").chars().collect();
            prop_assume!(code[first] != code[second]);
            code.swap(first, second);
            prop_assert_eq!(normalise(&code.into_iter().collect::<String>()), None);
        }

        #[test]
        fn nothing_that_is_typed_panics(typed in ".*") {
            let _ = normalise(&typed);
        }
    }
}
