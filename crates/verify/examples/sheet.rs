//! `sheet make FOLDER SIZE` writes a log; `sheet check FOLDER` checks one and prints its report as JSON. The test under Node
//! compares that with what the WebAssembly module says (scripts/wasm).

#[path = "../tests/log/mod.rs"]
mod log;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use comitia_verify::{Check, Options};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["make", folder, size] => make(Path::new(folder), size.parse()?),
        ["check", folder] => check(&PathBuf::from(folder)),
        _ => Err("sheet make FOLDER SIZE, or sheet check FOLDER".into()),
    }
}

fn make(folder: &Path, size: u64) -> Result<(), Box<dyn Error>> {
    for (path, bytes) in log::log(size) {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().unwrap_or(folder))?;
        fs::write(file, bytes)?;
    }
    fs::write(folder.join("earlier"), log::head(size / 2))?;
    println!("{}", log::code(size / 2));
    Ok(())
}

fn check(folder: &Path) -> Result<(), Box<dyn Error>> {
    let read = |path: &str| fs::read(folder.join(path));
    let mut check = Check::begin(&read("log.json")?, &read("checkpoint")?, Options::default())?;
    for file in check.files() {
        if !check.add(file, &read(&file.to_string())?) {
            break;
        }
    }
    print!("{}", check.finish()?.text_of_json());
    Ok(())
}
