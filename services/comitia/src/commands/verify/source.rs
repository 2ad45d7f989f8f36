//! Where the files of a log come from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use reqwest::{Client, StatusCode, Url, header};

/// How long one file may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a file is asked for that the server has no room for.
const ATTEMPTS: u32 = 60;
/// The longest wait that a server's Retry-After is believed.
const LONGEST_WAIT: u64 = 30;
/// No file of a log is larger: 256 entries of 64 KiB.
const LARGEST: usize = 17 << 20;
/// The name of the description in a folder.
const DESCRIPTION: &str = "log.json";

/// A log's files.
pub(super) struct Source {
    place: Place,
    save: Option<PathBuf>,
}

enum Place {
    Folder(PathBuf),
    Web(Client, Url),
}

impl Source {
    pub fn new(place: &str, save: Option<PathBuf>) -> anyhow::Result<Self> {
        let web = place.starts_with("https://") || place.starts_with("http://");
        let place = if web {
            let url =
                Url::parse(place.trim_end_matches('/')).with_context(|| format!("{place} is no address"))?;
            Place::Web(Client::builder().timeout(PATIENCE).build()?, url)
        } else {
            ensure!(Path::new(place).is_dir(), "{place} is neither a folder nor an https address");
            Place::Folder(place.into())
        };
        Ok(Self { place, save })
    }

    /// How many files are read at the same time.
    pub fn at_once(&self) -> usize {
        match self.place {
            Place::Folder(_) => 1,
            Place::Web(..) => 16,
        }
    }

    /// What the log says of itself.
    pub async fn description(&self) -> anyhow::Result<Vec<u8>> {
        match &self.place {
            Place::Folder(_) => self.read(DESCRIPTION).await,
            Place::Web(client, url) => {
                let bytes = fetch(client, url.clone()).await?;
                self.keep(DESCRIPTION, &bytes)?;
                Ok(bytes)
            }
        }
    }

    /// A file of the log.
    pub async fn read(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let bytes = match &self.place {
            Place::Folder(folder) => {
                std::fs::read(folder.join(path)).with_context(|| format!("{path} cannot be read"))?
            }
            Place::Web(client, url) => {
                let mut url = url.clone();
                url.set_path(&format!("{}/{path}", url.path()));
                fetch(client, url).await?
            }
        };
        self.keep(path, &bytes)?;
        Ok(bytes)
    }

    fn keep(&self, path: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let Some(folder) = &self.save else { return Ok(()) };
        let file = folder.join(path);
        let write = || {
            std::fs::create_dir_all(file.parent().unwrap_or(folder))?;
            std::fs::write(&file, bytes)
        };
        write().with_context(|| format!("{} cannot be written", file.display()))
    }
}

async fn fetch(client: &Client, url: Url) -> anyhow::Result<Vec<u8>> {
    for _ in 0..ATTEMPTS {
        let mut response = client.get(url.clone()).send().await.with_context(|| url.to_string())?;
        match response.status() {
            StatusCode::OK => {
                let mut bytes = Vec::new();
                while let Some(part) = response.chunk().await.with_context(|| url.to_string())? {
                    bytes.extend_from_slice(&part);
                    ensure!(bytes.len() <= LARGEST, "{url} is too large for a file of a log");
                }
                return Ok(bytes);
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let said = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
                let seconds = said.and_then(|value| value.parse().ok()).unwrap_or(1).min(LONGEST_WAIT);
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            status => bail!("{url}: {status}"),
        }
    }
    bail!("{url}: the server has no room")
}
