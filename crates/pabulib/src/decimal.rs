//! Exact decimal numbers, as the format writes them.

use std::cmp::Ordering;
use std::fmt;

/// The most decimals a number may have.
pub const MAX_SCALE: u32 = 18;

/// An exact decimal number: `mantissa / 10^scale`, kept without trailing zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Decimal {
    mantissa: i64,
    scale: u32,
}

impl Decimal {
    /// `mantissa / 10^scale`; `None` if `scale` exceeds [`MAX_SCALE`].
    #[must_use]
    pub const fn new(mut mantissa: i64, mut scale: u32) -> Option<Self> {
        if mantissa == 0 {
            scale = 0;
        }
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        if scale > MAX_SCALE { None } else { Some(Self { mantissa, scale }) }
    }

    /// A whole number.
    #[must_use]
    pub const fn whole(value: i64) -> Self {
        Self { mantissa: value, scale: 0 }
    }

    /// The digits without the decimal point.
    #[must_use]
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// How many digits stand after the decimal point (no trailing zeros).
    #[must_use]
    pub const fn scale(self) -> u32 {
        self.scale
    }

    /// The number as a count of `10^-scale`; `None` if it is not a whole count of them.
    #[must_use]
    pub fn at_scale(self, scale: u32) -> Option<i128> {
        let up = scale.checked_sub(self.scale)?;
        i128::from(self.mantissa).checked_mul(10i128.checked_pow(up)?)
    }

    /// Reads `12`, `-3.50` or (tolerated, the format wants a point) `3,5`. No exponent, no grouping.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let fraction_digits = fraction.trim_end_matches('0');
        if !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut mantissa: i64 = 0;
        for digit in whole.bytes().chain(fraction_digits.bytes()) {
            if !digit.is_ascii_digit() {
                return None;
            }
            mantissa = mantissa.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
        }
        let scale = u32::try_from(fraction_digits.len()).ok()?;
        Self::new(if negative { -mantissa } else { mantissa }, scale)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        // |mantissa| < 2^63 and scale <= 18, so that both products fit in an i128.
        let scale = self.scale.max(other.scale);
        let widen = |d: &Self| i128::from(d.mantissa) * 10i128.pow(scale - d.scale);
        widen(self).cmp(&widen(other))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.mantissa);
        }
        let width = self.scale as usize;
        let digits = format!("{:0>1$}", self.mantissa.unsigned_abs(), width + 1);
        let (whole, fraction) = digits.split_at(digits.len() - width);
        write!(f, "{}{whole}.{fraction}", if self.mantissa < 0 { "-" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_files_contain() {
        let read = |t| Decimal::parse(t).map(|d| d.to_string());
        for (text, want) in [
            ("1459730.46", "1459730.46"),
            ("4000.0", "4000"),
            (" 12,50 ", "12.5"),
            ("-0.05", "-0.05"),
            ("+7", "7"),
            (".5", "0.5"),
            ("5.", "5"),
            ("0.00000000000000000000", "0"),
        ] {
            assert_eq!(read(text).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", " ", "-", ".", "1e6", "1 000", "1,2,3", "12a", "--1", "99999999999999999999", "é"] {
            assert_eq!(Decimal::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn compares_across_scales() {
        let d = |t| Decimal::parse(t).unwrap();
        assert!(d("0.10") == d("0.1") && d("0.1") < d("0.11") && d("-2") < d("-1.99"));
        assert_eq!(d("12.34").at_scale(4), Some(123_400));
        assert_eq!(d("12.34").at_scale(1), None);
        assert!(d("9223372036854775807") > d("0.000000000000000001"));
    }
}
