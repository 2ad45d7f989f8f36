//! Every language says everything that the code asks for, with the same arguments, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Message, Pattern, PatternElement, VariantKey};

use crate::locale::{Language, formats, texts};

const CATEGORIES: [&str; 5] = ["zero", "one", "two", "few", "many"];

/// What a text needs and names.
#[derive(Debug, Default, PartialEq, Eq)]
struct Needs {
    variables: BTreeSet<String>,
    messages: BTreeSet<String>,
    /// Whether it selects on a category of plurals without asking for it.
    bare_plural: bool,
}

type Texts = BTreeMap<String, Needs>;

fn texts_of(language: &str) -> Texts {
    let folder = texts::folders().iter().find(|folder| folder.code == language).unwrap();
    let mut all = Texts::new();
    for (file, text) in folder.files {
        let resource =
            fluent_syntax::parser::parse(*text).unwrap_or_else(|(_, errors)| panic!("{file}: {errors:?}"));
        for entry in resource.body {
            let Entry::Message(Message { id, value: Some(pattern), .. }) = entry else { continue };
            let mut needs = Needs::default();
            pattern_needs(&pattern, &mut needs);
            assert!(!needs.bare_plural, "{language}/{file}: {} selects without PLURAL(…)", id.name);
            assert!(
                all.insert(id.name.to_owned(), needs).is_none(),
                "{language}/{file}: {} is there twice",
                id.name
            );
        }
    }
    all
}

fn pattern_needs(pattern: &Pattern<&str>, needs: &mut Needs) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            expression_needs(expression, needs);
        }
    }
}

fn expression_needs(expression: &Expression<&str>, needs: &mut Needs) {
    match expression {
        Expression::Inline(inline) => inline_needs(inline, needs),
        Expression::Select { selector, variants } => {
            inline_needs(selector, needs);
            let asked =
                matches!(selector, InlineExpression::FunctionReference { id, .. } if id.name == "PLURAL");
            for variant in variants {
                let VariantKey::Identifier { name } = &variant.key else { continue };
                needs.bare_plural |= CATEGORIES.contains(name) && !asked;
            }
            for variant in variants {
                pattern_needs(&variant.value, needs);
            }
        }
    }
}

fn inline_needs(inline: &InlineExpression<&str>, needs: &mut Needs) {
    match inline {
        InlineExpression::VariableReference { id } => {
            needs.variables.insert(id.name.to_owned());
        }
        InlineExpression::MessageReference { id, .. } => {
            needs.messages.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference { arguments, .. } => {
            arguments.positional.iter().for_each(|argument| inline_needs(argument, needs));
        }
        InlineExpression::Placeable { expression } => expression_needs(expression, needs),
        _ => {}
    }
}

/// The sources of this crate, without what tests them and without comments.
fn sources() -> String {
    let mut all = String::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    all
}

fn read(folder: &Path, all: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "tests" {
            read(&path, all);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = std::fs::read_to_string(&path).unwrap();
            let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for line in product.lines().filter(|line| !line.trim_start().starts_with("//")) {
                all.push_str(line);
                all.push('\n');
            }
        }
    }
}

/// The literal that a call begins with, or that stands behind its first comma.
fn keys_asked_for(sources: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for call in [".text(", ".text_with(", "key!("] {
        keys.extend(sources.split(call).skip(1).filter_map(literal));
    }
    for (at, call) in sources.match_indices("t!(") {
        let part_of_a_name = sources[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let second = sources[at + call.len()..].split_once(',').map(|(_, rest)| rest);
        keys.extend(second.filter(|_| !part_of_a_name).and_then(literal));
    }
    keys
}

fn literal(text: &str) -> Option<String> {
    let (key, _) = text.trim_start().strip_prefix('"')?.split_once('"')?;
    Some(key.to_owned()).filter(|key| key.contains('-') && !key.contains(char::is_whitespace))
}

#[test]
fn every_language_says_the_same_with_the_same_arguments() {
    let mut languages = Language::all().map(Language::code);
    let first = languages.next().unwrap();
    let expected = texts_of(first);
    for language in languages {
        let texts = texts_of(language);
        let missing: Vec<_> = expected.keys().filter(|key| !texts.contains_key(*key)).collect();
        assert!(missing.is_empty(), "{language} lacks {missing:?}");
        let more: Vec<_> = texts.keys().filter(|key| !expected.contains_key(*key)).collect();
        assert!(more.is_empty(), "{first} lacks {more:?}");
        for (key, needs) in &texts {
            assert_eq!(needs.variables, expected[key].variables, "{key} has other arguments in {language}");
        }
    }
}

#[test]
fn every_key_in_the_code_exists_and_every_text_is_used() {
    let (texts, sources) = (texts_of("en"), sources());
    let asked = keys_asked_for(&sources);
    let missing: Vec<_> = asked.iter().filter(|key| !texts.contains_key(*key)).collect();
    assert!(missing.is_empty(), "the code asks for texts that do not exist: {missing:?}");
    let named: BTreeSet<&String> = texts.values().flat_map(|needs| &needs.messages).collect();
    let unused: Vec<_> =
        texts.keys().filter(|key| !named.contains(key) && !sources.contains(&format!("\"{key}\""))).collect();
    assert!(unused.is_empty(), "nothing uses the texts {unused:?}");
}

#[test]
fn icu_knows_every_language() {
    for language in Language::all() {
        assert!(formats::of(language).is_some(), "{language}");
        assert!(["ltr", "rtl"].contains(&language.direction().as_ref()), "{language}");
    }
}

/// French sets a thin space before ; ! ? and a space that does not break before : and inside « ».
#[test]
fn french_punctuation_does_not_break_off() {
    let folder = texts::folders().iter().find(|folder| folder.code == "fr").unwrap();
    for (file, text) in folder.files {
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            for wrong in [" ;", " !", " ?", " :", "« ", " »", " %", " €", "'"] {
                assert!(!line.contains(wrong), "fr/{file}: {wrong:?} in {line:?}");
            }
            // A line of a table, with columns between semicolons, is no sentence.
            if line.matches(';').count() > 2 && !line.contains("; ") {
                continue;
            }
            let letters: Vec<char> = line.chars().collect();
            for pair in letters.windows(2) {
                let glued = matches!(pair[1], ';' | '!' | '?') && pair[0].is_alphanumeric();
                assert!(!glued, "fr/{file}: {:?} needs U+202F before it in {line:?}", pair[1]);
            }
        }
    }
}
