//! Every file of shared/data/pabulib is read, and written and read again without a change of meaning.

use std::fs;
use std::path::Path;

use comitia_pabulib::Election;

#[test]
fn all_real_files_survive_a_round_trip() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/pabulib");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    let mut files = 0;
    for path in entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "pb")) {
        let bytes = fs::read(&path).unwrap();
        let election = Election::parse(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(!election.projects.is_empty() && !election.ballots.is_empty());
        for warning in &election.warnings {
            println!("{}: {warning}", path.display());
        }
        let text = election.to_pb().unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let again = Election::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(again.same_meaning(&election), "{}", path.display());
        files += 1;
    }
    println!("{files} files");
    assert!(files > 0, "no .pb file in {}", folder.display());
}
