//! What one signs: the text of a sheet, as the bytes that every head of its log names by their digest.

use std::collections::HashSet;

use comitia_platform::validate::Checks;
use comitia_proto::voting::v1::SignatureSheet;
use comitia_transparency::sheet::{TEXT_EXTENSION, text_digest};

/// The most languages of a text.
const MAX_LANGUAGES: usize = 10;
/// The longest text, in characters.
const MAX_TEXT: usize = 20_000;
/// The first line.
const KIND: &str = "comitia sheet text v1";

/// Checks the texts of a sheet to create.
pub fn check(checks: &mut Checks, sheet: &SignatureSheet) {
    let few = sheet.texts.len() <= MAX_LANGUAGES;
    checks.require(few, "signature_sheet.texts", format!("must be at most {MAX_LANGUAGES} texts"));
    let mut seen = HashSet::new();
    for (index, text) in sheet.texts.iter().enumerate().take(MAX_LANGUAGES) {
        let field = |name: &str| format!("signature_sheet.texts[{index}].{name}");
        let code = matches!(text.language.len(), 2 | 3)
            && text.language.bytes().all(|byte| byte.is_ascii_lowercase());
        checks.require(code, field("language"), "must be a lower-case ISO 639 code such as \"fr\"");
        checks.require(seen.insert(&text.language), field("language"), "must be unique in the sheet");
        checks.text(field("body"), &text.body, 1, MAX_TEXT);
    }
}

/// The bytes of what one signs; nothing of a sheet without a text.
#[must_use]
pub fn written(title: &str, sheet: &SignatureSheet) -> Option<String> {
    if sheet.texts.is_empty() {
        return None;
    }
    let mut written = format!("{KIND}\n");
    indented(&mut written, title);
    for text in &sheet.texts {
        written.push_str(&text.language);
        written.push('\n');
        indented(&mut written, &text.body);
    }
    Some(written)
}

/// Each line of a text behind a tab, so that none is taken for one that is ours.
fn indented(written: &mut String, text: &str) {
    for line in text.lines() {
        written.push('\t');
        written.push_str(line);
        written.push('\n');
    }
}

/// The SHA-256 of what one signs, hexadecimal.
#[must_use]
pub fn digest(written: &str) -> String {
    hex::encode(text_digest(written.as_bytes()))
}

/// The line by which a checkpoint names what one signs.
#[must_use]
pub fn extension(digest: &str) -> String {
    format!("{TEXT_EXTENSION}{digest}")
}

#[cfg(test)]
mod tests {
    use comitia_proto::voting::v1::SheetText;

    use super::*;

    fn sheet(texts: &[(&str, &str)]) -> SignatureSheet {
        let texts = texts
            .iter()
            .map(|(language, body)| SheetText { language: (*language).to_owned(), body: (*body).to_owned() });
        SignatureSheet { texts: texts.collect(), ..Default::default() }
    }

    #[test]
    fn a_text_is_written_so_that_no_two_sheets_have_the_same_bytes() {
        let sheet_ = sheet(&[("fr", "Un tilleul.\r\n\nMerci."), ("en", "A lime tree.")]);
        let expected =
            "comitia sheet text v1\n\tTilleuls\nfr\n\tUn tilleul.\n\t\n\tMerci.\nen\n\tA lime tree.\n";
        assert_eq!(written("Tilleuls", &sheet_).as_deref(), Some(expected));
        assert_eq!(written("Tilleuls", &sheet(&[])), None);
        // What looks like the beginning of another language is a line of the text.
        let (one, two) = (sheet(&[("fr", "a\nen\nb")]), sheet(&[("fr", "a"), ("en", "b")]));
        assert_ne!(written("t", &one), written("t", &two));
        let digest = digest(expected);
        assert_eq!(extension(&digest), format!("comitia sheet text sha256 {digest}"));
        assert_eq!(digest.len(), 64);
    }

    #[test]
    fn texts_that_cannot_be_taken_are_named() {
        let broken = |texts: &[(&str, &str)]| {
            let mut checks = Checks::new();
            check(&mut checks, &sheet(texts));
            let faults = checks.finish().err().map(|error| error.violations).unwrap_or_default();
            faults.into_iter().map(|fault| fault.field).collect::<Vec<_>>()
        };
        assert_eq!(broken(&[("fr", "Un tilleul."), ("arz", "a")]), [""; 0]);
        assert_eq!(broken(&[("fr", "a"), ("fr", "b")]), ["signature_sheet.texts[1].language"]);
        for language in ["", "f", "FR", "fr-FR", "\tx"] {
            assert_eq!(broken(&[(language, "a")]), ["signature_sheet.texts[0].language"], "{language}");
        }
        for body in ["", " \n", &"a".repeat(MAX_TEXT + 1)] {
            assert_eq!(broken(&[("fr", body)]), ["signature_sheet.texts[0].body"]);
        }
        let many: Vec<_> = ["aa", "ab", "ac", "ad", "ae", "af", "ag", "ah", "ai", "aj", "ak"]
            .map(|language| (language, "a"))
            .to_vec();
        assert_eq!(broken(&many), ["signature_sheet.texts"]);
    }
}
