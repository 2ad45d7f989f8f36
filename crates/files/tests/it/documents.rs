//! Documents.

use comitia_files::{DocumentType, FilesConfig, Intake, IntakeError, Refusal};

use crate::made::{bytes, intake, jpeg, open_document, pdf, zip_end};

async fn refused(file: impl Into<Vec<u8>>) -> Refusal {
    match intake().document(bytes(file)).await {
        Err(IntakeError::Refused(refusal)) => {
            assert!(refusal.rule().starts_with("must "), "{}", refusal.rule());
            refusal
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn documents_are_kept_as_they_came() {
    for kind in [DocumentType::Odt, DocumentType::Ods, DocumentType::Odp] {
        let taken = intake().document(bytes(open_document(kind.media_type()))).await.unwrap();
        assert_eq!(taken.kind, kind);
    }
    for end in ["", "\r\n", "\n\n\0"] {
        let file = [pdf(), end.as_bytes().to_vec()].concat();
        let taken = intake().document(bytes(file.clone())).await.unwrap();
        assert_eq!((taken.kind, taken.bytes), (DocumentType::Pdf, bytes(file)));
    }
}

#[tokio::test]
async fn what_is_no_document_is_refused_whatever_its_name_was() {
    let docx = [b"PK\x03\x04".as_slice(), &[0; 26], b"[Content_Types].xml", &zip_end(b"")].concat();
    let elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 64]].concat();
    let html = b"<!DOCTYPE html><script>alert(1)</script>".to_vec();
    let before = [b"#!/bin/sh\n".to_vec(), pdf()].concat();
    let space = [b" ".to_vec(), pdf()].concat();
    let csv = b"name;amount\nQuai;12\n".to_vec();
    for file in [docx, elf, html, before, space, csv, jpeg(40, 20), zip_end(b"")] {
        assert_eq!(refused(file).await, Refusal::NotADocument);
    }
    assert_eq!(refused([]).await, Refusal::Empty);
}

#[tokio::test]
async fn what_ends_too_early_is_refused() {
    let file = pdf();
    assert_eq!(refused(&file[..file.len() - 10]).await, Refusal::Damaged);
    let odt = open_document(DocumentType::Odt.media_type());
    assert_eq!(refused(&odt[..odt.len() - 4]).await, Refusal::Damaged);
}

#[tokio::test]
async fn two_files_in_one_are_refused() {
    let archive = [pdf(), zip_end(b"")].concat();
    // The archive's comment looks like the end of the document.
    let disguised = [pdf(), zip_end(b"\n%%EOF\n")].concat();
    let page = [pdf(), b"<script>alert(1)</script>".to_vec()].concat();
    let padded = [pdf(), vec![b' '; 5_000]].concat();
    for file in [archive, disguised, page, padded] {
        assert_eq!(refused(file).await, Refusal::TwoInOne);
    }
}

#[tokio::test]
async fn a_large_document_is_refused_with_the_limit() {
    let config = FilesConfig { document_max_bytes: 1_024, ..FilesConfig::default() };
    let file = [pdf(), vec![b'\n'; 1_024]].concat();
    let Err(IntakeError::Refused(refusal)) = Intake::new(&config).unwrap().document(bytes(file)).await else {
        panic!("accepted")
    };
    assert_eq!(refusal, Refusal::TooLarge { limit: 1_024 });
    assert_eq!(refusal.rule(), "must have at most 1024 bytes: make it smaller, or send a part of it");
}
