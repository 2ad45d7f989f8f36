//! The texts of all languages, read once.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, Mutex, PoisonError};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::types::FluentType;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

use super::{Language, Value, formats};

/// A folder of `locales/`.
pub(super) struct Folder {
    pub(super) code: &'static str,
    pub(super) files: &'static [(&'static str, &'static str)],
}

include!(concat!(env!("OUT_DIR"), "/languages.rs"));

pub(super) const fn folders() -> &'static [Folder] {
    FOLDERS
}

static BUNDLES: LazyLock<HashMap<&'static str, FluentBundle<FluentResource>>> =
    LazyLock::new(|| FOLDERS.iter().map(|folder| (folder.code, bundle(folder))).collect());

/// What was said already: a page that lacks a text would say it with each rendering.
static SAID: LazyLock<Mutex<HashSet<(&'static str, String)>>> = LazyLock::new(Mutex::default);
const SAID_AT_MOST: usize = 1000;

/// A count as an argument: exact, written in its language.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Count {
    language: Language,
    number: u64,
}

impl FluentType for Count {
    fn duplicate(&self) -> Box<dyn FluentType + Send> {
        Box::new(self.clone())
    }

    fn as_string(&self, _: &intl_memoizer::IntlLangMemoizer) -> Cow<'static, str> {
        formats::number(self.language, self.number).into()
    }

    fn as_string_threadsafe(&self, _: &intl_memoizer::concurrent::IntlLangMemoizer) -> Cow<'static, str> {
        formats::number(self.language, self.number).into()
    }
}

/// The plural category of a count by ICU: Fluent's own rules lack `many`.
fn plural<'a>(positional: &[FluentValue<'a>], _: &FluentArgs<'_>) -> FluentValue<'a> {
    let Some(FluentValue::Custom(value)) = positional.first() else { return FluentValue::Error };
    match value.as_ref().as_any().downcast_ref::<Count>() {
        Some(count) => formats::plural(count.language, count.number).into(),
        None => FluentValue::Error,
    }
}

fn bundle(folder: &'static Folder) -> FluentBundle<FluentResource> {
    let identifier: LanguageIdentifier = folder.code.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    // Marks around arguments are for texts without markup; here they end up in attributes, mails and files.
    bundle.set_use_isolating(false);
    if let Err(error) = bundle.add_function("PLURAL", plural) {
        tracing::error!(language = folder.code, %error, "texts: a function of Fluent cannot be added");
    }
    for (file, text) in folder.files {
        let resource = FluentResource::try_new((*text).to_owned()).unwrap_or_else(|(resource, errors)| {
            tracing::error!(language = folder.code, file, ?errors, "texts: a file has errors");
            resource
        });
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(language = folder.code, file, ?errors, "texts: a key is there twice");
        }
    }
    bundle
}

pub(super) fn plain(language: Language, key: &str) -> Cow<'static, str> {
    let mut errors = Vec::new();
    let text = BUNDLES.get(language.0).and_then(|bundle| {
        let pattern = bundle.get_message(key)?.value()?;
        Some(bundle.format_pattern(pattern, None, &mut errors))
    });
    match text {
        Some(text) if errors.is_empty() => text,
        _ => wrong(language, key, &errors).into(),
    }
}

pub(super) fn with(language: Language, key: &str, arguments: &[(&str, Value<'_>)]) -> String {
    let mut values = FluentArgs::with_capacity(arguments.len());
    for (name, value) in arguments {
        let value = match value {
            Value::Text(text) => FluentValue::from(text.as_ref()),
            Value::Number(number) => FluentValue::Custom(Box::new(Count { language, number: *number })),
        };
        values.set(*name, value);
    }
    let (mut text, mut errors) = (String::new(), Vec::new());
    let written = BUNDLES.get(language.0).and_then(|bundle| {
        let pattern = bundle.get_message(key)?.value()?;
        bundle.write_pattern(&mut text, pattern, Some(&values), &mut errors).ok()
    });
    match written {
        Some(()) if errors.is_empty() => text,
        _ => wrong(language, key, &errors),
    }
}

/// Says once that a text is missing or lacks an argument; the page shows the key.
fn wrong(language: Language, key: &str, errors: &[FluentError]) -> String {
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.len() < SAID_AT_MOST && said.insert((language.0, key.to_owned())) {
        tracing::error!(%language, key, ?errors, "texts: a text is missing or lacks an argument");
    }
    key.to_owned()
}
