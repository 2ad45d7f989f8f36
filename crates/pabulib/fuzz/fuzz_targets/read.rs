//! No bytes make the reader panic or hang, and what it reads and the writer can write is read again as the same.
#![no_main]

use comitia_pabulib::Election;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(election) = Election::parse(bytes) else { return };
    let Ok(text) = election.to_pb() else { return };
    let again = Election::parse(text.as_bytes()).expect("what was written is read");
    assert!(again.same_meaning(&election), "{text}");
    assert_eq!(again.to_pb().expect("what was read is written"), text);
});
