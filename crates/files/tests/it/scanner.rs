//! The scanner for viruses: a server that speaks as `clamd` does.

use comitia_files::{FilesConfig, Intake, IntakeError, Refusal, ScannerConfig, ScannerError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::made::{bytes, pdf};

const VIRUS: &[u8] = b"X5O!P%@AP";

/// Reads a command, and answers it as `clamd` does; a file that has [`VIRUS`] has one.
async fn serve(mut stream: TcpStream, clean: &'static str) -> std::io::Result<()> {
    let mut command = Vec::new();
    while !command.ends_with(b"\0") {
        command.push(stream.read_u8().await?);
    }
    if command == b"zPING\0" {
        return stream.write_all(b"PONG\0").await;
    }
    let mut file = Vec::new();
    loop {
        let length = usize::try_from(stream.read_u32().await?).unwrap();
        if length == 0 {
            break;
        }
        let mut part = vec![0; length];
        stream.read_exact(&mut part).await?;
        file.extend(part);
    }
    let found = file.windows(VIRUS.len()).any(|window| window == VIRUS);
    stream.write_all(if found { "stream: Test.Eicar FOUND\0" } else { clean }.as_bytes()).await
}

/// A scanner that answers a clean file so, and what takes files in with it.
async fn scanned(clean: &'static str) -> Intake {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    comitia_core::task::spawn("scanner", async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = serve(stream, clean).await;
        }
    });
    with_scanner(address)
}

fn with_scanner(address: String) -> Intake {
    let scanner = Some(ScannerConfig { address, timeout_ms: 500 });
    Intake::new(&FilesConfig { scanner, ..FilesConfig::default() }).unwrap()
}

#[tokio::test]
async fn a_clean_file_comes_in_and_one_with_a_virus_does_not() {
    let intake = scanned("stream: OK\0").await;
    intake.check().await.unwrap();
    intake.document(bytes(pdf())).await.unwrap();
    let mut infected = pdf();
    infected.splice(20..20, VIRUS.iter().copied());
    let refused = intake.document(bytes(infected)).await;
    assert!(matches!(refused, Err(IntakeError::Refused(Refusal::Infected))), "{refused:?}");
}

#[tokio::test]
async fn a_file_that_was_not_scanned_does_not_come_in() {
    let odd = scanned("INSTREAM size limit exceeded. ERROR\0").await.document(bytes(pdf())).await;
    assert!(matches!(odd, Err(IntakeError::Scanner(ScannerError::Answer(_)))), "{odd:?}");
    // Nobody is there.
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let away = with_scanner(nobody);
    let refused = away.document(bytes(pdf())).await;
    assert!(matches!(refused, Err(IntakeError::Scanner(ScannerError::Connection(_)))), "{refused:?}");
    assert!(away.check().await.is_err());
}

#[tokio::test]
async fn a_scanner_that_does_not_answer_is_waited_for_no_longer_than_configured() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let waited = with_scanner(silent.local_addr().unwrap().to_string()).document(bytes(pdf())).await;
    assert!(matches!(waited, Err(IntakeError::Scanner(ScannerError::TimedOut(_)))), "{waited:?}");
}
