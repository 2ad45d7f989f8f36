//! Currencies (ISO 4217): how many decimals their minor unit lies below the currency unit, and amounts as people write
//! them.

/// Currencies without a minor unit.
const NO_DECIMALS: [&str; 17] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
    "XOF", "XPF",
];
/// Currencies with a thousandth.
const THREE_DECIMALS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// Whether `code` has the form of an ISO 4217 code: three capital letters.
#[must_use]
pub fn is_code(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// How many decimals amounts of this currency have; 2 for those that the tables do not list.
#[must_use]
pub fn decimals(code: &str) -> u32 {
    if NO_DECIMALS.contains(&code) {
        0
    } else if THREE_DECIMALS.contains(&code) {
        3
    } else {
        2
    }
}

/// An amount in minor units as people write it: `1500.00 EUR`.
#[must_use]
pub fn text(amount: i64, code: &str) -> String {
    format!("{} {code}", number(amount, code))
}

/// The same without the currency.
#[must_use]
pub fn number(amount: i64, code: &str) -> String {
    let decimals = decimals(code);
    let unit = 10_u64.pow(decimals);
    let (whole, rest) = (amount.unsigned_abs() / unit, amount.unsigned_abs() % unit);
    let sign = if amount < 0 { "-" } else { "" };
    if decimals == 0 {
        return format!("{sign}{whole}");
    }
    let width = usize::try_from(decimals).unwrap_or_default();
    format!("{sign}{whole}.{rest:0width$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_units_are_those_of_iso_4217() {
        for (code, expected) in
            [("EUR", 2), ("PLN", 2), ("HUF", 2), ("JPY", 0), ("XPF", 0), ("KRW", 0), ("TND", 3), ("KWD", 3)]
        {
            assert_eq!(decimals(code), expected, "{code}");
        }
    }

    #[test]
    fn amounts_are_written_with_their_decimals() {
        assert_eq!(text(150_005, "EUR"), "1500.05 EUR");
        assert_eq!(text(7, "TND"), "0.007 TND");
        assert_eq!(text(1_500, "JPY"), "1500 JPY");
        assert_eq!(text(-5, "PLN"), "-0.05 PLN");
    }

    #[test]
    fn a_code_is_three_capital_letters() {
        assert!(is_code("EUR"));
        for bad in ["", "eur", "EURO", "EU", "E1R", "ÄÖÜ"] {
            assert!(!is_code(bad), "{bad}");
        }
    }
}
