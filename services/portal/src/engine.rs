//! Programs that a page runs in the visitor's own browser: WebAssembly that `scripts/wasm portal` puts into the assets, in a worker.
//! A build without them says so on their pages. What they load comes with a click.

use axum::response::Response;

use crate::assets::{self, Asset};
use crate::visit;

/// Counts a published result again (`crates/recount`).
pub const RECOUNT: Engine = Engine {
    worker: "js/recount-worker.js",
    module: "recount/comitia_recount.js",
    program: "recount/comitia_recount_bg.wasm",
};
/// Checks the public log of a signature sheet (`crates/verify`).
pub const VERIFY: Engine = Engine {
    worker: "js/verify-worker.js",
    module: "verify/comitia_verify.js",
    program: "verify/comitia_verify_bg.wasm",
};

/// What a worker may do: load its package from here, ask this site for files, and count.
const WORKER_POLICY: &str =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; frame-ancestors 'none'";

/// The assets of a program.
#[derive(Clone, Copy, Debug)]
pub struct Engine {
    worker: &'static str,
    module: &'static str,
    program: &'static str,
}

/// Where they are served.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    pub worker: &'static str,
    pub module: &'static str,
    pub program: &'static str,
}

impl Engine {
    /// Where it is served; nothing in a build without it.
    pub fn package(&self) -> Option<Package> {
        Some(Package {
            worker: assets::find(self.worker)?,
            module: assets::find(self.module)?,
            program: assets::find(self.program)?,
        })
    }

    /// Lets a page run it, where there is something to run. Browsers that hold a worker to its page's policy ask for it here.
    pub fn allowed(&self, response: Response) -> Response {
        if self.package().is_some() { visit::with_webassembly(response) } else { response }
    }
}

/// The policy of an asset, where it is a worker's: browsers hold a worker to that of its own file.
pub fn worker_policy(asset: &Asset) -> Option<&'static str> {
    let is = |engine: &Engine| {
        assets::find(engine.worker).and_then(assets::get).is_some_and(|worker| worker.etag == asset.etag)
    };
    [RECOUNT, VERIFY].iter().any(is).then_some(WORKER_POLICY)
}
