//! Money and shares: exact, from whole numbers.

use super::{Locale, Value, formats};

/// How many digits a currency has behind the point (ISO 4217).
const fn minor_digits(currency: &str) -> u8 {
    match currency.as_bytes() {
        b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
        | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
        b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
        _ => 2,
    }
}

impl Locale {
    /// An amount in the currency's smallest unit, exact: `(125_000_00, "EUR")` is "125 000 €". Digits behind the point are
    /// shown when there are any.
    #[must_use]
    pub fn money(&self, minor_units: i64, currency: &str) -> String {
        let digits = minor_digits(currency);
        let unit = 10_i128.pow(digits.into());
        let amount = i128::from(minor_units).abs();
        let number = if amount % unit == 0 {
            formats::decimal(self.language, i64::try_from(amount / unit).unwrap_or(i64::MAX), 0)
        } else {
            formats::decimal(self.language, i64::try_from(amount).unwrap_or(i64::MAX), digits)
        };
        let number = Value::from(number);
        let text = match currency {
            "EUR" => self.text_with("language-money-sign", &[("sign", "€".into()), ("number", number)]),
            "GBP" => self.text_with("language-money-sign", &[("sign", "£".into()), ("number", number)]),
            _ => self.text_with("language-money-code", &[("code", currency.into()), ("number", number)]),
        };
        if minor_units < 0 { format!("\u{2212}{text}") } else { text }
    }

    /// A share with one digit behind the point at the most, halves rounded up; a dash when there is no whole.
    #[must_use]
    pub fn percent(&self, part: u64, whole: u64) -> String {
        if whole == 0 {
            return "\u{2013}".to_owned();
        }
        let (part, whole) = (u128::from(part), u128::from(whole));
        let tenths = i64::try_from((part * 2000 + whole) / (whole * 2)).unwrap_or(i64::MAX);
        let number = if tenths % 10 == 0 {
            formats::decimal(self.language, tenths / 10, 0)
        } else {
            formats::decimal(self.language, tenths, 1)
        };
        self.text_with("language-percent", &[("number", number.into())])
    }
}
