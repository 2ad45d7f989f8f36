//! Pages: how fast those are that everybody sees, what one costs to make, and what readers and voters do to each other.

mod site;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use comitia_platform::auth::ORGANIZATION_HEADER;
use futures_util::future::join;
use serde_json::{Value, json};

use self::site::{HOST, Site};
use super::reads::{Shown, to_nginx};
use super::{APPROVALS, World};
use crate::casts::Door;
use crate::figures::Figure;
use crate::load::http::HttpConnection;
use crate::load::{self, milliseconds, rounded};
use crate::processes;

/// The name of the process.
const PORTAL: &str = "portal-1";
/// How often a page is made for the time that it takes: the clock of /proc has ticks of ten milliseconds.
const MADE: u32 = 400;
/// So many people have a result page before them, and look at it again after so many seconds.
const VISITORS: f64 = 10_000.0;
const LOOKS_EVERY: f64 = 20.0;
/// Meanwhile so many ballots a minute come in.
const BALLOTS_A_MINUTE: f64 = 5_000.0;
const CONNECTIONS: usize = 128;
const WARM_UP: Duration = Duration::from_secs(2);

/// Six figures: pages that everybody sees, to nginx; milliseconds of the portal's processor time for the dearest page, and for a
/// result page; the portal's memory at rest; p99 of a result page while ballots come in, and casts that were not taken then.
pub async fn measure(
    world: &World,
    election: Option<&Path>,
    at_rest: &BTreeMap<String, f64>,
) -> anyhow::Result<Vec<Figure>> {
    let site = Site::build(world, election).await?;
    let mut figures = vec![read(world, &site).await?];
    figures.extend(made(world, &site).await?);
    let rest = at_rest.get(PORTAL).copied().context("the portal does not run")?;
    figures.push(Figure { key: "pages_rest_mb", value: rest, detail: Value::Null });
    figures.extend(crowd(world, &site).await?);
    Ok(figures)
}

/// The home page and the result page over the gateway, to nginx with the same compressed bytes; the lesser counts.
async fn read(world: &World, site: &Site) -> anyhow::Result<Figure> {
    let (mut least, mut detail) = (f64::INFINITY, json!({}));
    for kind in ["home", "result"] {
        let path = &site.page(kind)?.path;
        let (ratio, shown) = to_nginx(world, &Shown { host: HOST, path, compressed: true }).await?;
        least = least.min(ratio);
        detail[kind] = shown;
        detail[kind]["to_nginx"] = json!(rounded(ratio));
    }
    Ok(Figure { key: "pages", value: least, detail })
}

/// What each kind of page costs the portal, its calls included.
async fn made(world: &World, site: &Site) -> anyhow::Result<[Figure; 2]> {
    let portal = *world.installation.pids().get(PORTAL).context("the portal does not run")?;
    let client = reqwest::Client::builder().http2_prior_knowledge().build()?;
    let address = world.address("portal")?;
    let organization = site.organization.to_string();
    let ask = async |path: &str| -> anyhow::Result<usize> {
        let request = client
            .get(format!("http://{address}{path}"))
            .header(ORGANIZATION_HEADER, &organization)
            .header("comitia-host", HOST);
        Ok(request.send().await?.error_for_status()?.bytes().await?.len())
    };
    let (mut dearest, mut result, mut detail) = (0.0_f64, 0.0, json!({}));
    for page in &site.pages {
        let bytes = ask(&page.path).await?;
        let before = processes::cpu_seconds(portal)?;
        for _ in 0..MADE {
            ask(&page.path).await?;
        }
        let each = (processes::cpu_seconds(portal)? - before) * 1000.0 / f64::from(MADE);
        detail[page.kind] = json!({"ms": rounded(each), "bytes": bytes});
        if page.kind == "result" {
            result = each;
        } else {
            dearest = dearest.max(each);
        }
    }
    let result_detail = detail["result"].clone();
    Ok([
        Figure { key: "pages_made_ms", value: dearest, detail },
        Figure { key: "pages_result_ms", value: result, detail: result_detail },
    ])
}

/// Readers of one result page and voters at the same time.
async fn crowd(world: &World, site: &Site) -> anyhow::Result<[Figure; 2]> {
    let seconds = world.seconds(20);
    let looks = VISITORS / LOOKS_EVERY;
    let ballots = BALLOTS_A_MINUTE / 60.0;
    let count = |rate: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small positive number"
        )]
        let count = (rate * (seconds + WARM_UP).as_secs_f64()) as usize;
        count
    };
    let page = &site.page("result")?.path;
    let get =
        format!("GET {page} HTTP/1.1\r\nhost: {HOST}\r\naccept: text/html\r\naccept-encoding: gzip\r\n\r\n");
    let get = vec![Bytes::from(get); count(looks)];
    let casts = site.caster.casts(Door::Http, &[site.poll], APPROVALS, count(ballots))?;
    let gateway = world.address("gateway")?;
    let open = async || -> anyhow::Result<Vec<HttpConnection>> {
        let mut connections = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            connections.push(HttpConnection::open(gateway).await?);
        }
        Ok(connections)
    };
    let (readers, voters) = (open().await?, open().await?);
    let before = world.cpu()?;
    let readers = load::open(readers, &get, looks, WARM_UP);
    let voters = load::open(voters, &casts, ballots, WARM_UP);
    let (pages, cast) = join(readers, voters).await;
    let not_taken = cast.refused.len() + cast.failed;
    #[expect(clippy::cast_precision_loss, reason = "casts of a run are far below 2^52")]
    let refused = not_taken as f64;
    anyhow::ensure!(!pages.accepted.is_empty(), "no page was shown: {:?}", pages.reasons);
    let mut detail = pages.detail();
    detail["visitors"] = json!(VISITORS);
    detail["cpu_seconds_with_warm_up"] = world.cpu_since(&before)?;
    // A page that did not come is one that took as long as anybody waits.
    let missing = pages.refused.len() + pages.failed;
    let p99 = if missing * 100 > pages.accepted.len() {
        load::PATIENCE.as_secs_f64() * 1000.0
    } else {
        milliseconds(&pages.accepted, 0.99)
    };
    Ok([
        Figure { key: "pages_p99_ms", value: p99, detail },
        Figure { key: "pages_casts_refused", value: refused, detail: cast.detail() },
    ])
}
