//! Puts the assets and the languages into the program: each asset under a name with the digest of its content, each
//! language as the files of its folder.

#![expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script where things are by its environment"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use sha2::{Digest as _, Sha256};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    languages(&root.join("locales"), &out)?;
    assets(&root.join("assets"), &out)
}

/// One entry a folder, in the order of their names; one text a file.
fn languages(folder: &Path, out: &Path) -> Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut code = String::from("static FOLDERS: &[Folder] = &[\n");
    for language in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        println!("cargo::rerun-if-changed={}", language.display());
        writeln!(code, "    Folder {{ code: {:?}, files: &[", name(&language)?)?;
        for file in
            entries(&language)?.into_iter().filter(|path| path.extension().is_some_and(|e| e == "ftl"))
        {
            println!("cargo::rerun-if-changed={}", file.display());
            writeln!(code, "        ({:?}, include_str!({:?})),", name(&file)?, path_text(&file)?)?;
        }
        code.push_str("    ] },\n");
    }
    code.push_str("];\n");
    fs::write(out.join("languages.rs"), code)?;
    Ok(())
}

/// The style sheets of `css/` become one, in the order of their names; every other file stays what it is.
fn assets(folder: &Path, out: &Path) -> Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = BTreeMap::new();
    collect(folder, folder, &mut files)?;
    let mut sheet = String::new();
    files.retain(|name, bytes: &mut Vec<u8>| {
        let part = name.starts_with("css/");
        if part {
            sheet.push_str(&String::from_utf8_lossy(bytes));
        }
        !part
    });
    files.insert("site.css".to_owned(), without_comments(&sheet)?.into_bytes());

    let mut hashed = BTreeMap::new();
    for name in files.keys().cloned().collect::<Vec<_>>() {
        place(&name, &mut files, &mut hashed, &mut Vec::new())?;
    }
    let target = out.join("assets");
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    fs::create_dir_all(&target)?;
    let mut code = String::from("static ASSETS: &[Entry] = &[\n");
    for (index, (name, (public, digest))) in hashed.iter().enumerate() {
        let bytes = files.get(name).ok_or("an asset without content")?;
        let file = target.join(index.to_string());
        fs::write(&file, bytes)?;
        writeln!(
            code,
            "    Entry {{ name: {name:?}, url: {:?}, asset: Asset {{ bytes: include_bytes!({:?}), \
             content_type: {:?}, etag: {:?} }} }},",
            format!("/assets/{public}"),
            path_text(&file)?,
            content_type(name)?,
            format!("\"{digest}\""),
        )?;
    }
    code.push_str("];\n");
    fs::write(out.join("assets.rs"), code)?;
    Ok(())
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    for path in entries(folder)? {
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            collect(root, &path, files)?;
        } else {
            println!("cargo::rerun-if-changed={}", path.display());
            let name =
                path.strip_prefix(root)?.to_str().ok_or("a name that is not UTF-8")?.replace('\\', "/");
            files.insert(name, fs::read(&path)?);
        }
    }
    Ok(())
}

/// Names a file by its content. Modules name each other (`"./total.js"`), so those that a module imports come first, and
/// the names in it are replaced before its own is made.
fn place(
    name: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
    hashed: &mut BTreeMap<String, (String, String)>,
    above: &mut Vec<String>,
) -> Result<()> {
    if hashed.contains_key(name) {
        return Ok(());
    }
    if above.iter().any(|one| one == name) {
        return Err(format!("assets: {name} imports itself").into());
    }
    above.push(name.to_owned());
    if name.ends_with(".js") {
        let text = String::from_utf8(files.get(name).cloned().unwrap_or_default())?;
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut replaced = text.clone();
        for import in imports(&text) {
            let other = if folder.is_empty() { import.to_owned() } else { format!("{folder}/{import}") };
            if !files.contains_key(&other) {
                return Err(format!("assets: {name} imports {other}, which does not exist").into());
            }
            place(&other, files, hashed, above)?;
            let (public, _) = hashed.get(&other).ok_or("an import without a name")?;
            replaced = replaced.replace(&format!("\"./{import}\""), &format!("\"./{public}\""));
        }
        files.insert(name.to_owned(), replaced.into_bytes());
    }
    let bytes = files.get(name).ok_or("an asset without content")?;
    let digest = hex::encode(Sha256::digest(bytes))[..16].to_owned();
    let (stem, extension) =
        name.rsplit_once('.').ok_or_else(|| format!("assets: {name} has no extension"))?;
    // All are served from one folder, so that a module names another by `./` wherever both come from.
    let stem = stem.replace('/', "-");
    hashed.insert(name.to_owned(), (format!("{stem}.{digest}.{extension}"), digest));
    above.pop();
    Ok(())
}

/// What a module's `import` statements name.
fn imports(text: &str) -> Vec<&str> {
    let named =
        |start: &'static str| text.split(start).skip(1).filter_map(|rest| Some(rest.split_once('"')?.0));
    named("from \"./").chain(named("import \"./")).collect()
}

/// Comments and indentation are for those who write the sheet.
fn without_comments(sheet: &str) -> Result<String> {
    let mut text = String::new();
    let mut rest = sheet;
    while let Some((before, after)) = rest.split_once("/*") {
        text.push_str(before);
        rest = after.split_once("*/").ok_or("assets/css: a comment is not closed")?.1;
    }
    text.push_str(rest);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Ok(lines.join("\n"))
}

fn content_type(name: &str) -> Result<&'static str> {
    match name.rsplit('.').next() {
        Some("css") => Ok("text/css; charset=utf-8"),
        Some("js") => Ok("text/javascript; charset=utf-8"),
        Some("svg") => Ok("image/svg+xml"),
        Some("png") => Ok("image/png"),
        Some("wasm") => Ok("application/wasm"),
        _ => Err(format!("assets: no content type is known for {name}").into()),
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> Result<&str> {
    path.file_name().and_then(|name| name.to_str()).ok_or_else(|| "a name that is not UTF-8".into())
}

fn path_text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| "a path that is not UTF-8".into())
}
