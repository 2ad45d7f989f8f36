//! Cached public reads at the gateway, to nginx serving the same bytes.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use comitia_embedded::{ServerCommand, ServerProcess, free_port};
use serde_json::{Value, json};

use super::{APPROVALS, CONNECTIONS, HOST, World};
use crate::figures::Figure;
use crate::load::rounded;

/// Headers that nginx sends by itself, or that belong to one connection.
const NGINX_OWN: [&str; 6] =
    ["content-length", "content-type", "date", "connection", "server", "transfer-encoding"];

/// GETs a second of a poll at the gateway, to those of a file with the same bytes and headers at nginx, both by wrk over
/// 64 connections. The two take turns.
pub async fn measure(world: &World) -> anyhow::Result<Figure> {
    let poll = world.poll(APPROVALS).await?;
    let path = format!("/v1/polls/{poll}");
    let (value, detail) = to_nginx(world, &Shown { host: HOST, path: &path, compressed: false }).await?;
    Ok(Figure { key: "read", value, detail })
}

/// What everybody asks for.
pub struct Shown<'a> {
    /// The organization's host name.
    pub host: &'a str,
    /// Where it is.
    pub path: &'a str,
    /// Whether it is asked for compressed, as browsers do.
    pub compressed: bool,
}

impl Shown<'_> {
    fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![("Host", self.host.to_owned())];
        if self.compressed {
            headers.push(("Accept-Encoding", "gzip".to_owned()));
        }
        headers
    }
}

/// GETs a second at the gateway, to those at nginx; and the runs.
///
/// # Errors
/// When a server does not answer as expected.
pub async fn to_nginx(world: &World, shown: &Shown<'_>) -> anyhow::Result<(f64, Value)> {
    let path = shown.path;
    let gateway = format!("http://{}{path}", world.address("gateway")?);
    let mut request = reqwest::Client::new().get(&gateway);
    for (name, value) in shown.headers() {
        request = request.header(name, value);
    }
    let answer = request.send().await?.error_for_status()?;
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or("application/json").to_owned();
    let headers: Vec<(String, String)> = answer
        .headers()
        .iter()
        .filter(|(name, _)| !NGINX_OWN.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
        .collect();
    let body = answer.bytes().await?;
    let nginx = Nginx::start(&body, &kind, &headers).await?;

    let seconds = world.seconds(6);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        ours.push(wrk(&gateway, shown, seconds).await?);
        theirs.push(wrk(&format!("{}{path}", nginx.url), shown, seconds).await?);
    }
    let sum = |runs: &[Run]| runs.iter().map(|run| run.per_second).sum::<f64>();
    let show = |runs: &[Run]| {
        runs.iter().map(|run| json!({"per_second": run.per_second, "p99_ms": run.p99_ms})).collect::<Vec<_>>()
    };
    let detail = json!({
        "connections": CONNECTIONS, "body_bytes": body.len(), "gateway": show(&ours), "nginx": show(&theirs),
    });
    Ok((sum(&ours) / sum(&theirs), detail))
}

/// An nginx of our own that answers everything with the same bytes.
struct Nginx {
    url: String,
    server: ServerProcess,
    _folder: tempfile::TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.server.kill();
    }
}

impl Nginx {
    async fn start(body: &[u8], kind: &str, headers: &[(String, String)]) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = free_port()?;
        std::fs::write(folder.path().join("answer"), body)?;
        let configuration = configuration(folder.path(), port, kind, headers);
        std::fs::write(folder.path().join("nginx.conf"), configuration)?;
        let log = folder.path().join("log");
        let server = ServerCommand::new("nginx")
            .arg("-p")
            .arg(folder.path())
            .args(["-c", "nginx.conf", "-e", "stderr"])
            .log(&log)
            .start()
            .context("nginx; scripts/install bench installs it")?;
        let url = format!("http://127.0.0.1:{port}");
        let started = std::time::Instant::now();
        loop {
            match reqwest::get(&url).await {
                Ok(answer) => {
                    let given = answer.error_for_status()?.bytes().await?;
                    anyhow::ensure!(given == body, "nginx serves other bytes");
                    return Ok(Self { url, server, _folder: folder });
                }
                Err(_) if !server.ended() && started.elapsed() < Duration::from_secs(10) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => {
                    let log = std::fs::read_to_string(&log).unwrap_or_default();
                    return Err(error).context(format!("nginx does not start: {log}"));
                }
            }
        }
    }
}

/// As many workers as processors, no log: what nginx does best.
fn configuration(folder: &Path, port: u16, kind: &str, headers: &[(String, String)]) -> String {
    let mut text = String::from("daemon off;\nworker_processes auto;\npid nginx.pid;\n");
    // Started by root, its workers would not be let into the folder.
    if rustix::process::geteuid().is_root() {
        text.push_str("user root;\n");
    }
    let _ = write!(
        text,
        "events {{ worker_connections 1024; }}\nhttp {{\n  access_log off;\n  keepalive_requests 100000000;\n  \
         open_file_cache max=16;\n  etag off;\n"
    );
    for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(text, "  {kind}_temp_path {}/{kind};", folder.display());
    }
    let _ = writeln!(text, "  server {{\n    listen 127.0.0.1:{port};\n    root {};", folder.display());
    for (name, value) in headers {
        let _ = writeln!(text, "    add_header {name} '{}';", value.replace('\'', "\\'"));
    }
    let _ = writeln!(text, "    location / {{ default_type '{kind}'; try_files /answer =404; }}\n  }}\n}}");
    text
}

/// What wrk has measured.
struct Run {
    per_second: f64,
    p99_ms: f64,
}

async fn wrk(url: &str, shown: &Shown<'_>, seconds: Duration) -> anyhow::Result<Run> {
    let mut command = tokio::process::Command::new("wrk");
    for (name, value) in shown.headers() {
        command.args(["--header", &format!("{name}: {value}")]);
    }
    let output = command
        .args(["--latency", "--threads", "1", "--connections", &CONNECTIONS.to_string()])
        .args(["--duration", &seconds.as_secs().max(1).to_string()])
        .arg(url)
        .output()
        .await
        .context("wrk; scripts/install bench installs it")?;
    let text = String::from_utf8_lossy(&output.stdout);
    anyhow::ensure!(output.status.success(), "wrk failed: {}", String::from_utf8_lossy(&output.stderr));
    read(&text).with_context(|| format!("wrk says:\n{text}"))
}

/// Reads wrk's output; nothing if there were errors.
fn read(output: &str) -> Option<Run> {
    let of = |name: &str| output.lines().find_map(|line| line.trim().strip_prefix(name)).map(str::trim);
    if of("Non-2xx or 3xx responses:").is_some() || of("Socket errors:").is_some() {
        return None;
    }
    let per_second = rounded(of("Requests/sec:")?.parse().ok()?);
    let p99 = of("99%")?;
    // The longer unit first: "ms" ends in "s" too.
    let p99_ms = [("us", 0.001), ("ms", 1.0), ("s", 1000.0)]
        .into_iter()
        .find_map(|(unit, factor)| Some(p99.strip_suffix(unit)?.parse::<f64>().ok()? * factor))?;
    Some(Run { per_second, p99_ms: rounded(p99_ms) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "Running 1s test @ http://127.0.0.1:1/\n  Latency Distribution\n     50%    0.91ms\n     \
                          99%    1.62ms\n  70000 requests in 1.00s\nRequests/sec:  70012.34\nTransfer/sec: 10MB\n";

    #[test]
    fn the_output_of_wrk_is_read() {
        let run = read(OUTPUT).unwrap();
        assert_eq!((run.per_second, run.p99_ms), (70_012.34, 1.62));
        assert!((read(&OUTPUT.replace("1.62ms", "980.00us")).unwrap().p99_ms - 0.98).abs() < 1e-9);
        assert!((read(&OUTPUT.replace("1.62ms", "1.20s")).unwrap().p99_ms - 1200.0).abs() < 1e-9);
        assert!(read(&format!("{OUTPUT}  Non-2xx or 3xx responses: 3\n")).is_none());
    }
}
