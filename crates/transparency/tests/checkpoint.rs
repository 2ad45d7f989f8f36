//! Checkpoints: signed, read with the right keys, and refused in every other form.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use comitia_transparency::checkpoint::{Checkpoint, CheckpointError, SigningKey, VerifierKeys};
use comitia_transparency::hash::Hash;

const ORIGIN: &str = "comitia.example/polls/1";

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: ORIGIN.into(), size: 7, root: Hash::leaf(b"x"), extensions: Vec::new() }
}

fn key(byte: u8) -> SigningKey {
    SigningKey::from_seed(&[byte; 32])
}

fn trusted(keys: &[u8], origin: &str) -> VerifierKeys {
    let keys: Vec<_> = keys.iter().map(|byte| key(*byte).verifier(origin)).collect();
    VerifierKeys::parse(keys.iter().map(String::as_str)).unwrap()
}

#[test]
fn a_checkpoint_is_read_with_its_key_and_with_no_other() {
    let note = checkpoint().sign(&[key(1)]).unwrap();
    assert!(note.starts_with(&format!("{ORIGIN}\n7\n{}\n\n— {ORIGIN} ", Hash::leaf(b"x"))), "{note}");
    assert_eq!(Checkpoint::open(note.as_bytes(), &trusted(&[1], ORIGIN)).unwrap(), checkpoint());
    let open = |note: &str, keys: &VerifierKeys| Checkpoint::open(note.as_bytes(), keys).unwrap_err();
    assert!(matches!(open(&note, &trusted(&[2], ORIGIN)), CheckpointError::Unknown));
    // The same key is another one for another log.
    assert!(matches!(open(&note, &trusted(&[1], "comitia.example/polls/2")), CheckpointError::Unknown));
    assert!(matches!(open(&note, &VerifierKeys::default()), CheckpointError::Unknown));
    for (from, to) in [("\n7\n", "\n8\n"), ("\n7\n", "\n07\n"), (ORIGIN, "comitia.example/polls/3")] {
        let altered = note.replacen(from, to, 1);
        assert!(matches!(open(&altered, &trusted(&[1], ORIGIN)), CheckpointError::Forged), "{altered}");
    }
    for broken in ["", "\n\n", "a\n", &note[..note.len() - 1], &note.replace("\n\n", "\n")] {
        assert!(matches!(open(broken, &trusted(&[1], ORIGIN)), CheckpointError::Format), "{broken}");
    }
}

#[test]
fn while_keys_change_either_one_is_enough() {
    let note = checkpoint().sign(&[key(1), key(2)]).unwrap();
    for keys in [&[1][..], &[2], &[1, 2], &[3, 2]] {
        assert_eq!(Checkpoint::open(note.as_bytes(), &trusted(keys, ORIGIN)).unwrap(), checkpoint());
    }
    let altered = note.replacen("\n7\n", "\n8\n", 1);
    assert!(Checkpoint::open(altered.as_bytes(), &trusted(&[2], ORIGIN)).is_err());
}

#[test]
fn a_key_of_another_log_signs_nothing_here() {
    // A note about our log that another log's trusted key has signed.
    let other = Checkpoint { origin: "other".into(), ..checkpoint() };
    let signed = other.sign(&[key(1)]).unwrap();
    let keys = trusted(&[1], "other");
    assert_eq!(Checkpoint::open(signed.as_bytes(), &keys).unwrap(), other);
    let cosigned = {
        use signed_note_by_hand as hand;
        hand::sign(&checkpoint(), "other", 1)
    };
    assert!(matches!(
        Checkpoint::open(cosigned.as_bytes(), &keys).unwrap_err(),
        CheckpointError::OtherLog(origin) if origin == ORIGIN
    ));
}

/// A note whose signature has another name than its first line.
mod signed_note_by_hand {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use comitia_transparency::checkpoint::Checkpoint;
    use ed25519_dalek::{Signer as _, SigningKey};
    use sha2::{Digest as _, Sha256};

    pub fn sign(checkpoint: &Checkpoint, name: &str, byte: u8) -> String {
        let key = SigningKey::from_bytes(&[byte; 32]);
        let text = format!("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size, checkpoint.root);
        let mut id = Sha256::new_with_prefix(name);
        id.update(b"\n\x01");
        id.update(key.verifying_key().as_bytes());
        let signature = [&id.finalize()[..4], &key.sign(text.as_bytes()).to_bytes()].concat();
        format!("{text}\n— {name} {}\n", STANDARD.encode(signature))
    }
}

#[test]
fn origins_that_no_key_can_have_sign_nothing() {
    for origin in ["", "a b", "a+b", "a\nb"] {
        let checkpoint = Checkpoint { origin: origin.into(), ..checkpoint() };
        assert!(checkpoint.sign(&[key(1)]).is_err(), "{origin:?}");
    }
    for wrong in ["", "a", "a+b+c", "a+00000000+AQ=="] {
        assert!(VerifierKeys::parse([wrong]).is_err(), "{wrong}");
    }
    assert_eq!(format!("{:?} {:?}", key(1), trusted(&[1], ORIGIN)), format!("SigningKey(..) [{ORIGIN:?}]"));
}

/// The key and the note that the documentation of Go's `sumdb/note` shows.
#[test]
fn keys_and_signatures_are_those_of_go() {
    use signed_note::{Note, StandardVerifier, Verifier, VerifierList};
    let note = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
                — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let known: Vec<Box<dyn Verifier>> = vec![Box::new(StandardVerifier::new(key).unwrap())];
    let (verified, _) = Note::from_bytes(note.as_bytes()).unwrap().verify(&VerifierList::new(known)).unwrap();
    assert_eq!(verified.len(), 1);
}
