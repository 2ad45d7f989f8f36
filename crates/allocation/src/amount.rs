//! Exact amounts and fractions, as results show them.

use std::fmt;

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_rational::BigRational;
use num_traits::Zero as _;
use serde::{Serialize, Serializer};

/// The most decimals an instance may have.
pub const MAX_DECIMALS: u32 = 18;

/// An amount of money: a whole count of minor units. Shown and serialised as exact decimal text in currency units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount {
    /// The count of minor units.
    pub minor: u64,
    /// How many decimals a minor unit lies below the currency unit.
    pub decimals: u32,
}

impl Amount {
    /// In units of the most decimals that there are; nothing if there are more.
    pub(crate) fn smallest(self) -> Option<u128> {
        let decimals = MAX_DECIMALS.checked_sub(self.decimals)?;
        u128::from(self.minor).checked_mul(10_u128.pow(decimals))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10u64.pow(self.decimals.min(MAX_DECIMALS));
        let (whole, rest) = self.minor.div_rem(&one);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        let width = self.decimals as usize;
        let digits = format!("{rest:0width$}");
        write!(f, "{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An exact fraction in lowest terms, shown and serialised as `n/d`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fraction(BigRational);

impl Fraction {
    /// `numerator / denominator`; zero if the denominator is zero.
    #[must_use]
    pub fn new(numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> Self {
        let (numerator, denominator) = (numerator.into(), denominator.into());
        if denominator.is_zero() {
            return Self(BigRational::zero());
        }
        Self(BigRational::new(numerator, denominator))
    }

    /// The number.
    #[must_use]
    pub fn value(&self) -> &BigRational {
        &self.0
    }

    /// Decimal text rounded up to so many digits, for people who are told that something is at most that much.
    #[must_use]
    pub fn rounded_up(&self, digits: u32) -> String {
        let scale = BigInt::from(10).pow(digits);
        let up = (self.0.numer() * &scale).div_ceil(self.0.denom());
        Self(BigRational::new(up, scale)).approximate(digits)
    }

    /// Decimal text cut off (not rounded) after so many digits, for people; decisions never use it.
    #[must_use]
    pub fn approximate(&self, digits: u32) -> String {
        let scale = BigInt::from(10).pow(digits);
        let (whole, rest) = (self.0.numer() * &scale / self.0.denom()).div_rem(&scale);
        if digits == 0 {
            return whole.to_string();
        }
        let text = format!("{whole}.{:0>1$}", rest.magnitude().to_string(), digits as usize);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.0.numer(), self.0.denom())
    }
}

impl Serialize for Fraction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_fractions_are_shown_exactly() {
        let amount = |minor, decimals| Amount { minor, decimals }.to_string();
        assert_eq!(amount(145_973_046, 2), "1459730.46");
        assert_eq!(amount(400, 2), "4");
        assert_eq!(amount(5, 2), "0.05");
        assert_eq!(amount(7, 0), "7");
        assert_eq!(Fraction::new(6, 4).to_string(), "3/2");
        assert_eq!(Fraction::new(0, 5).to_string(), "0/1");
        assert_eq!(Fraction::new(2, 3).approximate(3), "0.666");
        assert_eq!(Fraction::new(1, 1000).approximate(2), "0");
        assert_eq!(Fraction::new(3, 2).approximate(0), "1");
        let up = |n: u32, d: u32| Fraction::new(n, d).rounded_up(2);
        assert_eq!([up(1, 8), up(1, 2), up(1, 3), up(5, 1)], ["0.13", "0.5", "0.34", "5"]);
    }
}
