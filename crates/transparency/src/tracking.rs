//! How a tracking code is written: what a receipt is known by, and what the identifier of a signature is made of.

use std::fmt;

/// Crockford's alphabet: what a person reads aloud or copies by hand is not mistaken.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Symbols of a code: 128 bits and 12 to check them.
const SYMBOLS: usize = 28;
/// A prime below 2^12 that divides neither a wrong symbol nor two that are swapped: each such mistake is noticed.
const MODULUS: u128 = 4093;

/// The 128 bits of a tracking code. In this order codes are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackingCode(pub [u8; 16]);

impl TrackingCode {
    /// Reads a code as people write it: lower case, without hyphens, with O for 0, I and L for 1. Nothing when it is
    /// none, as after a mistake in copying.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (mut bits, mut check, mut count) = (0_u128, 0_u128, 0);
        for symbol in text.bytes().filter(|symbol| !matches!(symbol, b'-' | b' ')) {
            let symbol = match symbol.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                symbol => symbol,
            };
            let value = ALPHABET.iter().position(|known| *known == symbol)? as u128;
            match count {
                0..25 => bits = bits << 5 | value,
                // Its first three bits belong to the code, its last two to the check.
                25 => (bits, check) = (bits << 3 | value >> 2, value & 3),
                26 | 27 => check = check << 5 | value,
                _ => return None,
            }
            count += 1;
        }
        (count == SYMBOLS && bits % MODULUS == check).then_some(Self(bits.to_be_bytes()))
    }
}

/// Seven groups of four.
impl fmt::Display for TrackingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = u128::from_be_bytes(self.0);
        let check = bits % MODULUS;
        let mut text = [b'-'; SYMBOLS + SYMBOLS / 4 - 1];
        for place in 0..SYMBOLS {
            let value = match place {
                0..25 => bits >> (123 - place * 5),
                25 => (bits & 7) << 2 | check >> 10,
                _ => check >> ((27 - place) * 5),
            };
            text[place + place / 4] = ALPHABET[(value & 31) as usize];
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_written_in_groups_and_read_as_people_copy_them() {
        let code = TrackingCode([0x42; 16]);
        let text = code.to_string();
        assert_eq!(text.len(), 34);
        assert!(
            text.split('-').all(|group| group.len() == 4 && group.bytes().all(|c| ALPHABET.contains(&c)))
        );
        assert_eq!(TrackingCode([0; 16]).to_string(), "0000-0000-0000-0000-0000-0000-0000");
        for copied in [text.to_lowercase(), text.replace('-', ""), text.replace('0', "O").replace('1', "l")] {
            assert_eq!(TrackingCode::parse(&copied), Some(code), "{copied}");
        }
        for none in ["", "U", "0000", "0000-0000-0000-0000-0000-0000-00000", "é"] {
            assert_eq!(TrackingCode::parse(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn a_code_is_read_as_it_was_written_and_mistakes_are_noticed(bytes: [u8; 16], place in 0..28_usize, wrong in 1..32_usize) {
            let code = TrackingCode(bytes);
            let text = code.to_string().replace('-', "");
            prop_assert_eq!(TrackingCode::parse(&text), Some(code));
            let mut symbols = text.clone().into_bytes();
            let value = ALPHABET.iter().position(|symbol| *symbol == symbols[place]).unwrap();
            symbols[place] = ALPHABET[(value + wrong) % 32];
            prop_assert_eq!(TrackingCode::parse(std::str::from_utf8(&symbols).unwrap()), None);
            let mut symbols = text.clone().into_bytes();
            symbols.swap(place, (place + 1) % 28);
            if place < 27 && symbols != text.as_bytes() {
                prop_assert_eq!(TrackingCode::parse(std::str::from_utf8(&symbols).unwrap()), None);
            }
        }

        #[test]
        fn codes_are_in_the_order_of_their_texts(one: [u8; 16], other: [u8; 16]) {
            let (one, other) = (TrackingCode(one), TrackingCode(other));
            prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
        }
    }
}
