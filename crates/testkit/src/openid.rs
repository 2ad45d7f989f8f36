//! A certified OpenID provider, and a browser that signs in there.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, bail};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, Url};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// What `scripts/openid-provider` exits with when it is not installed.
const NOT_INSTALLED: i32 = 3;
/// No sign-in has more redirects.
const LONGEST_WAY: usize = 10;

/// npm's `oidc-provider` as a process, configured like FranceConnect v2. It ends when this is dropped.
#[derive(Debug)]
pub struct OpenIdProvider {
    issuer: String,
    process: Child,
    _input: ChildStdin,
}

impl OpenIdProvider {
    /// Starts a provider with these clients, a JSON array. Without `pkce` it refuses the parameters of PKCE. Nothing when it is
    /// not installed, which is said.
    ///
    /// # Errors
    /// When it is installed and does not start.
    pub async fn start(clients: &str, pkce: bool) -> anyhow::Result<Option<Self>> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/openid-provider");
        let mut command = Command::new(script);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().context("starting scripts/openid-provider")?;
        let mut input = process.stdin.take().context("its standard input")?;
        let output = process.stdout.take().context("its standard output")?;
        let line = format!("{{\"clients\":{clients},\"pkce\":{pkce}}}\n");
        // It may have ended already; its exit code says why.
        let _ = input.write_all(line.as_bytes()).await;
        let Some(issuer) = BufReader::new(output).lines().next_line().await? else {
            let status = process.wait().await?;
            if status.code() == Some(NOT_INSTALLED) {
                eprintln!("SKIPPED: no OpenID provider; scripts/install openid brings one");
                return Ok(None);
            }
            bail!("scripts/openid-provider ended: {status}");
        };
        Ok(Some(Self { issuer, process, _input: input }))
    }

    /// Its issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Stops it.
    ///
    /// # Errors
    /// When the system cannot.
    pub async fn stop(&mut self) -> anyhow::Result<()> {
        Ok(self.process.kill().await?)
    }

    /// Signs in as a person (`ada`, `child`, `ageless`, `person-7` or `born-2011-06-01`; anybody else goes back) in a new browser, at this level. Gives the query that
    /// the browser brings back to the client, and no request is made there.
    ///
    /// # Errors
    /// When the provider refuses the request.
    pub async fn sign_in(&self, authorization_url: &str, person: &str, acr: &str) -> anyhow::Result<String> {
        let mut browser = Browser::new()?;
        let own = Url::parse(&self.issuer)?.origin();
        let mut url = Url::parse(authorization_url)?;
        for _ in 0..LONGEST_WAY {
            if url.origin() != own {
                return Ok(url.query().unwrap_or_default().to_owned());
            }
            let mut response = browser.get(url.clone()).await?;
            if response.status().is_success() {
                let page = response.text().await?;
                let form = page.split_once("action=\"").and_then(|(_, rest)| rest.split_once('"'));
                let action = url.join(form.context("a page without a form")?.0)?;
                response = browser.post(action, format!("person={person}&acr={acr}")).await?;
            }
            let location =
                response.headers().get(LOCATION).map(|value| value.to_str().map(ToOwned::to_owned));
            let Some(location) = location.transpose()? else {
                bail!("the provider refused: {} {}", response.status(), response.text().await?);
            };
            url = url.join(&location)?;
        }
        bail!("the provider redirects without end")
    }
}

/// Keeps cookies and follows nothing by itself.
struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { http: Client::builder().redirect(Policy::none()).build()?, cookies: BTreeMap::new() })
    }

    async fn get(&mut self, url: Url) -> anyhow::Result<Response> {
        let request = self.http.get(url);
        self.send(request).await
    }

    async fn post(&mut self, url: Url, form: String) -> anyhow::Result<Response> {
        let request = self.http.post(url).header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(form)).await
    }

    async fn send(&mut self, request: RequestBuilder) -> anyhow::Result<Response> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header(COOKIE, cookies.join("; ")).send().await?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(response)
    }
}
