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

    /// An amount as people type it into a field, without its currency: "125 000,50".
    #[must_use]
    pub fn money_typed(&self, minor_units: i64, currency: &str) -> String {
        let digits = minor_digits(currency);
        let unit = 10_i64.pow(digits.into());
        if minor_units % unit == 0 {
            formats::decimal(self.language, minor_units / unit, 0)
        } else {
            formats::decimal(self.language, minor_units, digits)
        }
    }

    /// The amount in the currency's smallest unit that somebody typed: with or without spaces, points or commas between
    /// thousands, and the currency before or behind it. Nothing where it could be read in two ways.
    #[must_use]
    pub fn money_read(&self, text: &str, currency: &str) -> Option<i64> {
        let digits = usize::from(minor_digits(currency));
        let bare: String = text
            .replace(currency, "")
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '€' | '£' | '\'' | '’' | '\u{202f}' | '\u{a0}'))
            .collect();
        let marks: Vec<_> = bare.char_indices().filter(|(_, c)| matches!(c, '.' | ',')).collect();
        let decimal = self.decimal_mark(&bare, &marks, digits)?;
        let (whole, part) = match decimal {
            Some(at) => (&bare[..at], &bare[at + 1..]),
            None => (bare.as_str(), ""),
        };
        if part.len() > digits || (decimal.is_some() && part.is_empty()) {
            return None;
        }
        let mut groups = whole.split(['.', ',']);
        let first = groups.next()?;
        if first.is_empty() || whole.contains('.') && whole.contains(',') {
            return None;
        }
        let mut number = first.to_owned();
        let mut thousands = false;
        for group in groups {
            thousands = true;
            if group.len() != 3 {
                return None;
            }
            number.push_str(group);
        }
        if thousands && first.len() > 3 {
            return None;
        }
        number.push_str(part);
        number.extend(std::iter::repeat_n('0', digits - part.len()));
        if number.bytes().all(|byte| byte.is_ascii_digit()) { number.parse().ok() } else { None }
    }

    /// Where the digits behind the point begin, if there are any; nothing when that cannot be told.
    #[expect(clippy::option_option, reason = "what cannot be told is not the same as no point")]
    fn decimal_mark(&self, bare: &str, marks: &[(usize, char)], digits: usize) -> Option<Option<usize>> {
        let Some((at, mark)) = marks.last().copied() else { return Some(None) };
        let behind = bare.len() - at - 1;
        let others = marks.iter().filter(|(_, other)| *other == mark).count() > 1;
        if others {
            return Some(None);
        }
        if marks.len() > 1 || behind != 3 {
            return Some(Some(at));
        }
        // Three digits behind one mark: thousands, unless the language writes its point so.
        let own = formats::decimal(self.language, 15, 1).contains(mark);
        match (own, digits) {
            (false, _) => Some(None),
            (true, 3) => Some(Some(at)),
            (true, _) => None,
        }
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
