//! What goes with the files: where they come from, under which licence, and what each column means.

use std::fmt::Write as _;

use comitia_proto::spaces::v1::OrganizationTextKind;

use super::files::{File, Process};
use super::tables::{PARTICIPATION, PROJECTS, PROPOSALS};
use crate::locale::t;
use crate::pages::parts::process_path;
use crate::visit::Visit;

/// The README, in the language of the page.
pub fn write(visit: &Visit, process: &Process) -> String {
    let locale = visit.locale;
    let mut text = String::new();
    let mut add = |part: &str| {
        text.push_str(part);
        text.push_str("\n\n");
    };
    add(&format!("# {}", process.title));
    let organization = &visit.organization.display_name;
    let address = format!("{}{}", visit.origin, process_path(visit, process));
    add(&t!(locale, "data-readme-source", organization = organization, address = address));
    add(&format!("## {}", t!(locale, "data-license")));
    match visit.organization_text(OrganizationTextKind::License) {
        Some((body, _)) => add(body.trim()),
        None => add(&t!(locale, "data-license-none")),
    }
    add(&format!("## {}", t!(locale, "data-not")));
    add(&t!(locale, "data-not-text"));
    add(&format!("## {}", t!(locale, "data-readme-files")));
    add(&t!(locale, "data-readme-tables"));
    for file in process.files() {
        add(&format!("### {}", file.name()));
        add(&file.about(&locale, process));
        let columns = match file {
            File::Proposals => PROPOSALS,
            File::Projects => PROJECTS,
            File::Participation => PARTICIPATION,
            _ => continue,
        };
        let mut list = String::new();
        for (name, meaning) in columns {
            // Writing to a String cannot fail.
            let _ = writeln!(list, "- `{name}`: {}", locale.text(meaning));
        }
        add(list.trim_end());
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
