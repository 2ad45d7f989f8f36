//! Official outcomes: for every file of shared/data/pabulib that names a greedy or an equal-shares rule and whose
//! `selected` column holds only 0 and 1, we select what the city selected.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::Path;

use comitia_allocation::{Ties, pabulib, run};
use comitia_pabulib::Election;

/// Files whose official outcome differs, and why.
const EXCEPTIONS: &[(&str, &str)] = &[];

#[test]
fn we_select_what_the_cities_selected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/pabulib");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    let (mut agree, mut faults) = (0, Vec::new());
    for path in entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "pb")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let election = Election::parse(&fs::read(&path).unwrap()).unwrap();
        if !election.projects.iter().all(|p| matches!(p.selected, Some(0 | 1))) {
            continue;
        }
        let Ok(rule) = pabulib::rule_from_meta(&election) else { continue };
        let mut official: Vec<&str> =
            election.projects.iter().filter(|p| p.selected == Some(1)).map(|p| p.id.as_str()).collect();
        official.sort_unstable();
        let outcome = run(&pabulib::instance(&election).unwrap(), &rule, &Ties::default()).unwrap();
        let exception = EXCEPTIONS.iter().find(|(file, _)| *file == name);
        match (outcome.selected == official, exception) {
            (true, None) => agree += 1,
            (false, Some((_, reason))) => println!("{name}: differs, {reason}"),
            (true, Some(_)) => faults.push(format!("{name} agrees, but is listed as an exception")),
            (false, None) => {
                let ours = outcome.selected.iter().filter(|s| !official.contains(&s.as_str()));
                let theirs = official.iter().filter(|s| !outcome.selected.iter().any(|o| o == *s));
                faults.push(format!(
                    "{name} ({rule}): only ours {:?}, only theirs {:?}",
                    ours.collect::<Vec<_>>(),
                    theirs.collect::<Vec<_>>()
                ));
            }
        }
    }
    println!("{agree} files agree");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(agree > 0);
}
