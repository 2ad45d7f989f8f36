//! A log in a folder: verified as it was written, and refused with every alteration.

use std::path::Path;

use comitia_transparency::sheet::{Leaf, identifier};
use comitia_transparency::tile::{HEIGHT, Kind, Tile, push_entry};
use comitia_transparency::{Checkpoint, Frontier, Hash, SigningKey, VerifierKeys};
use comitia_verify::{Options, Report};
use indicatif::ProgressBar;
use serde_json::json;
use uuid::Uuid;

use super::check::check;
use super::page;
use super::source::Source;

const ORIGIN: &str = "comitia.example/polls/1";
const POLL: Uuid = Uuid::from_u128(1);

fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn code(number: u64) -> [u8; 16] {
    (u128::from(number) << 3).to_be_bytes()
}

fn leaves(count: u64) -> Vec<Leaf> {
    let district = |number: u64| if number.is_multiple_of(3) { "Nord" } else { "Sud" }.to_owned();
    (0..count)
        .map(|number| Leaf {
            withdrawal: false,
            identifier: identifier(POLL.as_bytes(), &code(number)),
            paper: false,
            minute: 29_000_000 + u32::try_from(number / 60).unwrap(),
            district: district(number),
        })
        .collect()
}

fn signed(leaves: &[Leaf], size: usize) -> String {
    let mut tree = Frontier::default();
    leaves[..size].iter().for_each(|leaf| tree.push(Hash::leaf(&leaf.encode()), |_| {}));
    Checkpoint { origin: ORIGIN.into(), size: tree.size(), root: tree.root(), extensions: Vec::new() }
        .sign(&[key()])
        .unwrap()
}

/// Writes a log as a server publishes it, with counts of `published` signatures.
fn write(folder: &Path, leaves: &[Leaf], published: usize) {
    let mut tree = Frontier::default();
    let mut levels: Vec<Vec<u8>> = vec![Vec::new(); 3];
    for leaf in leaves {
        tree.push(Hash::leaf(&leaf.encode()), |node| {
            if node.height.is_multiple_of(HEIGHT) {
                levels[(node.height / HEIGHT) as usize].extend(node.hash.0);
            }
        });
    }
    for tile in Tile::all(leaves.len() as u64) {
        let begin = usize::try_from(tile.index).unwrap() * 256;
        let end = begin + usize::from(tile.width);
        let mut bundle = Vec::new();
        let bytes = match tile.kind {
            Kind::Hashes(level) => &levels[usize::from(level)][begin * 32..end * 32],
            Kind::Entries => {
                leaves[begin..end].iter().for_each(|leaf| assert!(push_entry(&mut bundle, &leaf.encode())));
                &bundle
            }
        };
        let file = folder.join(tile.to_string());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    std::fs::write(folder.join("checkpoint"), signed(leaves, leaves.len())).unwrap();
    let shown = &leaves[..published];
    let of = |name: &str| {
        let (back, given): (Vec<_>, Vec<_>) =
            shown.iter().filter(|leaf| leaf.district == name).partition(|leaf| leaf.withdrawal);
        given.len() - back.len()
    };
    let withdrawn = shown.iter().filter(|leaf| leaf.withdrawal).count();
    let description = json!({"log": {
        "pollId": POLL, "origin": ORIGIN, "verifierKeys": [key().verifier(ORIGIN)],
        "checkpoint": signed(leaves, published), "signatureCount": (published - 2 * withdrawn).to_string(),
        "withdrawnCount": withdrawn.to_string(), "publishesDistricts": true,
        "districts": [
            {"district": "Nord", "signatureCount": of("Nord").to_string()},
            {"district": "Sud", "signatureCount": of("Sud").to_string()},
        ],
        "milestones": [
            {"milestoneId": "hundred", "minSignatures": "100", "reached": {"leafIndex": "99"}},
            {"milestoneId": "spread", "minDistricts": 2, "minInEachDistrict": "50", "reached": {"leafIndex": "147"}},
            {"milestoneId": "in time", "minSignatures": "60", "beforeTime": "2025-02-19T21:21:00Z", "reached": {"leafIndex": "59"}},
            {"milestoneId": "far", "minSignatures": "1000000"},
        ],
    }});
    std::fs::write(folder.join("log.json"), description.to_string()).unwrap();
}

/// What does not agree.
pub(super) fn altered(report: &Report) -> Vec<&str> {
    report.faults().iter().map(|fault| fault.why.as_str()).collect()
}

async fn verify(folder: &Path, options: Options) -> anyhow::Result<Report> {
    let source = Source::new(folder.to_str().unwrap(), None)?;
    check(&source, &options, &ProgressBar::hidden()).await
}

fn replace(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    std::fs::write(file, text.replacen(from, to, 1)).unwrap();
}

#[tokio::test]
async fn a_log_is_verified_from_its_files() {
    let (folder, leaves) = (tempfile::tempdir().unwrap(), leaves(700));
    write(folder.path(), &leaves, 650);
    let since = Some(signed(&leaves, 300).into_bytes());
    let keys = VerifierKeys::parse([key().verifier(ORIGIN).as_str()]).unwrap();
    let options = Options { keys: Some(keys), since, receipt: Some(code(42)) };
    let report = verify(folder.path(), options).await.unwrap();
    assert_eq!(altered(&report), Vec::<String>::new());
    assert_eq!(
        (report.size, report.published, report.receipt, report.since),
        (700, 650, Some(42), Some(300))
    );
    let text = page(&report);
    for line in [
        "Entries      700",
        "Signatures   650 at the published count",
        "Text         none",
        "Keys         trusted as given",
        "District     Nord: 217",
        "Milestone    hundred: reached with entry 100 (2025-02-19T21:21:00Z)",
        "Milestone    far: not reached",
        "Receipt      is entry 43",
        "Earlier      the log of 300 entries is the beginning of this one",
        "VERIFIED     every signature is there once, and counts and milestones are as published",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
    }
    assert_eq!(report.json()["milestones"][1]["leaf"], 147);
    // Copied as it is read, it is verified again.
    let copy = tempfile::tempdir().unwrap();
    let source = Source::new(folder.path().to_str().unwrap(), Some(copy.path().into())).unwrap();
    check(&source, &Options::default(), &ProgressBar::hidden()).await.unwrap();
    assert_eq!(altered(&verify(copy.path(), Options::default()).await.unwrap()), Vec::<String>::new());
}

#[tokio::test]
async fn each_alteration_is_found() {
    let leaves = leaves(700);
    type Alter = fn(&Path);
    let alterations: [(&str, Alter); 9] = [
        ("1000000 signatures and 0 withdrawn ones are published", |folder| {
            replace(&folder.join("log.json"), "\"650\"", "\"1000000\"")
        }),
        ("216 signatures of the district \"Nord\" are published, and there are 217", |folder| {
            replace(&folder.join("log.json"), "\"217\"", "\"216\"");
        }),
        ("milestone hundred: published as reached with entry 99", |folder| {
            replace(&folder.join("log.json"), "\"99\"", "\"98\"");
        }),
        ("milestone far: published as reached with entry 1,", |folder| {
            replace(&folder.join("log.json"), "\"1000000\"", "\"1000000\",\"reached\":{}");
        }),
        ("the checkpoint has a signature that is not the key's", |folder| {
            replace(&folder.join("checkpoint"), "\n700\n", "\n699\n");
        }),
        ("the published checkpoint has a signature", |folder| {
            replace(&folder.join("log.json"), "\\n650\\n", "\\n651\\n");
        }),
        ("the checkpoint of 700 entries is not that of these entries", |folder| {
            let file = folder.join("tile/entries/001");
            let mut bytes = std::fs::read(&file).unwrap();
            bytes[10] ^= 1;
            std::fs::write(file, bytes).unwrap();
            // With tiles that fit the altered entry.
            let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
            let entries: Vec<Hash> = ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/188"]
                .iter()
                .flat_map(|name| {
                    let bundle = read(name);
                    comitia_transparency::tile::entries(&bundle)
                        .unwrap()
                        .iter()
                        .map(|e| Hash::leaf(e))
                        .collect::<Vec<_>>()
                })
                .collect();
            let tile = |hashes: &[Hash]| hashes.iter().flat_map(|hash| hash.0).collect::<Vec<u8>>();
            std::fs::write(folder.join("tile/0/001"), tile(&entries[256..512])).unwrap();
            let root = |hashes: &[Hash]| {
                let mut tree = Frontier::default();
                hashes.iter().for_each(|hash| tree.push(*hash, |_| {}));
                tree.root()
            };
            std::fs::write(
                folder.join("tile/1/000.p/2"),
                tile(&[root(&entries[..256]), root(&entries[256..512])]),
            )
            .unwrap();
        }),
        ("tile/0/002.p/188 does not have the hashes of the entries", |folder| {
            let file = folder.join("tile/0/002.p/188");
            let mut bytes = std::fs::read(&file).unwrap();
            bytes[77] ^= 1;
            std::fs::write(file, bytes).unwrap();
        }),
        ("tile/entries/002.p/188 does not have the entries that it should", |folder| {
            let file = folder.join("tile/entries/002.p/188");
            let bytes = std::fs::read(&file).unwrap();
            std::fs::write(file, &bytes[..bytes.len() - 1]).unwrap();
        }),
    ];
    for (expected, alter) in alterations {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &leaves, 650);
        alter(folder.path());
        let report = verify(folder.path(), Options::default()).await.unwrap();
        assert!(
            altered(&report).iter().any(|why| why.contains(expected)),
            "{expected}: {:?}",
            altered(&report)
        );
        assert!(page(&report).contains("\nALTERED ") && !page(&report).contains("VERIFIED"));
    }
}

#[tokio::test]
async fn a_signature_that_is_there_twice_is_found() {
    let mut leaves = leaves(300);
    leaves[250] = leaves[3].clone();
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &leaves, 300);
    let report = verify(folder.path(), Options::default()).await.unwrap();
    assert_eq!(altered(&report), ["the signature of entry 3 is there again as entry 250"]);
}

#[tokio::test]
async fn withdrawals_are_counted_and_one_of_nothing_is_found() {
    let back = |leaf: &Leaf| Leaf { withdrawal: true, minute: 29_000_100, ..leaf.clone() };
    let mut leaves = leaves(300);
    let more = [back(&leaves[4]), back(&leaves[5])];
    leaves.extend(more);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &leaves, 302);
    let report = verify(folder.path(), Options::default()).await.unwrap();
    assert_eq!(altered(&report), Vec::<String>::new());
    assert_eq!((report.size, report.published, report.withdrawn), (302, 298, 2));
    assert!(page(&report).contains("Signatures   298 at the published count, after 2 were withdrawn"));

    // A server that hides a withdrawal, and one that makes one up.
    replace(&folder.path().join("log.json"), "\"withdrawnCount\":\"2\"", "\"withdrawnCount\":\"1\"");
    let report = verify(folder.path(), Options::default()).await.unwrap();
    assert!(altered(&report)[0].contains("298 signatures and 1 withdrawn ones are published"), "{report:?}");
    let nobody = Leaf { identifier: identifier(POLL.as_bytes(), &code(999)), ..back(&leaves[0]) };
    leaves.push(nobody);
    let made_up = tempfile::tempdir().unwrap();
    write(made_up.path(), &leaves, 302);
    let report = verify(made_up.path(), Options::default()).await.unwrap();
    assert_eq!(altered(&report), ["entry 302 withdraws no signature that stands before it"]);
}

#[tokio::test]
async fn a_log_that_was_cut_or_rewritten_is_found_by_an_earlier_checkpoint() {
    let before = leaves(700);
    let since = || Options { since: Some(signed(&before, 600).into_bytes()), ..Options::default() };
    let cut = tempfile::tempdir().unwrap();
    write(cut.path(), &before[..500], 500);
    let report = verify(cut.path(), since()).await.unwrap();
    assert_eq!(altered(&report), ["the log has 500 entries, and had 600 before"]);
    let mut leaves = before.clone();
    leaves.swap(100, 103);
    let rewritten = tempfile::tempdir().unwrap();
    write(rewritten.path(), &leaves, 700);
    let report = verify(rewritten.path(), since()).await.unwrap();
    assert_eq!(altered(&report), ["the earlier checkpoint of 600 entries is not that of these entries"]);
}

#[tokio::test]
async fn keys_receipts_and_files_that_are_missing_are_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &leaves(300), 300);
    let other = SigningKey::from_seed(&[2; 32]).verifier(ORIGIN);
    let keys = VerifierKeys::parse([other.as_str()]).unwrap();
    let report = verify(folder.path(), Options { keys: Some(keys), ..Options::default() }).await.unwrap();
    assert_eq!(altered(&report), ["the published checkpoint is signed by none of the keys that are trusted"]);
    let report =
        verify(folder.path(), Options { receipt: Some(code(301)), ..Options::default() }).await.unwrap();
    assert_eq!(altered(&report), ["the signature of the receipt is not in the log"]);
    std::fs::remove_file(folder.path().join("tile/entries/001.p/44")).unwrap();
    let error = verify(folder.path(), Options::default()).await.unwrap_err();
    assert_eq!(format!("{error}"), "tile/entries/001.p/44 cannot be read");
    assert!(Source::new("/no/such/folder", None).is_err());
}

/// Serves the files of a folder. The first request for each kind of file is refused for want of room.
async fn serve(folder: &Path) -> String {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let folder = folder.to_owned();
    comitia_core::task::spawn("files of a log", async move {
        let mut refused = std::collections::HashSet::new();
        while let Ok((connection, _)) = listener.accept().await {
            let mut connection = BufReader::new(connection);
            let (mut request, mut line) = (String::new(), String::from("more"));
            connection.read_line(&mut request).await.unwrap();
            while !line.trim().is_empty() {
                line.clear();
                connection.read_line(&mut line).await.unwrap();
            }
            let path = request.split(' ').nth(1).unwrap().strip_prefix("/v1/polls/1/log").unwrap().to_owned();
            let file = folder.join(if path.is_empty() { "log.json" } else { path.trim_start_matches('/') });
            let (status, body) = match std::fs::read(file) {
                _ if refused.insert(path.len()) => ("503 Service Unavailable\r\nretry-after: 0", Vec::new()),
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            connection.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
            connection.shutdown().await.unwrap();
        }
    });
    format!("http://{address}/v1/polls/1/log/")
}

#[tokio::test]
async fn a_log_is_verified_from_its_address_and_kept() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (folder, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(folder.path(), &leaves(700), 650);
    let source = Source::new(&serve(folder.path()).await, Some(kept.path().into())).unwrap();
    let report = check(&source, &Options::default(), &ProgressBar::hidden()).await.unwrap();
    assert_eq!((altered(&report).len(), report.size), (0, 700));
    let report = verify(kept.path(), Options::default()).await.unwrap();
    assert_eq!((altered(&report).len(), report.size), (0, 700));
    std::fs::remove_file(folder.path().join("tile/0/001")).unwrap();
    let error = check(&source, &Options::default(), &ProgressBar::hidden()).await.unwrap_err();
    assert!(format!("{error:#}").ends_with("/v1/polls/1/log/tile/0/001: 404 Not Found"), "{error:#}");
}

#[tokio::test]
async fn an_empty_log_is_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("checkpoint"), signed(&[], 0)).unwrap();
    let description = json!({"log": {"pollId": POLL, "origin": ORIGIN, "verifierKeys": [key().verifier(ORIGIN)], "checkpoint": signed(&[], 0)}});
    std::fs::write(folder.path().join("log.json"), description.to_string()).unwrap();
    assert_eq!(altered(&verify(folder.path(), Options::default()).await.unwrap()), Vec::<String>::new());
}
