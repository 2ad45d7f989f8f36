//! `recount-package MODULE.wasm FOLDER`: makes the JavaScript package of the WebAssembly module, for browsers and Node.
//! It is a program of this workspace so that Cargo.lock keeps it at the version of `wasm-bindgen`, as it has to be.

use anyhow::Context as _;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let module = arguments.next().context("which module?")?;
    let folder = arguments.next().context("into which folder?")?;
    Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(true)
        .remove_producers_section(true)
        .generate(folder)
}
