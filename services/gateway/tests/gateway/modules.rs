//! The module graph of the gateway: no folder uses one above it, and no files of a folder use each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules that each module uses, both named from the root of the crate: `caching::edge`.
type Graph = BTreeMap<String, BTreeSet<String>>;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The order that the documentation of the crate declares, from the bottom up.
fn declared() -> Vec<String> {
    let lib = fs::read_to_string(source().join("lib.rs")).unwrap();
    let names = lib.lines().filter_map(|line| line.strip_prefix("//! - `")?.split_once('`'));
    names.map(|(name, _)| name.to_owned()).collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// `services/gateway/src/caching/edge.rs` as `caching::edge`.
fn module(path: &Path) -> String {
    let relative = path.strip_prefix(source()).unwrap().with_extension("");
    relative.iter().map(|part| part.to_str().unwrap()).collect::<Vec<_>>().join("::")
}

/// What stands after `prefix` in this code, up to the end of the path: `caching::edge::Edge`.
fn paths<'c>(code: &'c str, prefix: &'c str) -> impl Iterator<Item = &'c str> {
    code.match_indices(prefix).filter_map(move |(start, _)| {
        let before = code[..start].chars().next_back();
        let rest = &code[start + prefix.len()..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':')).unwrap_or(rest.len());
        before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | ':')).then(|| &rest[..end])
    })
}

/// The longest beginning of a path that is a module.
fn resolve(path: &str, modules: &BTreeSet<String>) -> Option<String> {
    let parts: Vec<_> = path.split("::").filter(|part| !part.is_empty()).collect();
    (1..=parts.len()).rev().map(|length| parts[..length].join("::")).find(|name| modules.contains(name))
}

/// Code without comments and tests, which may look at everything.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().map(|line| line.split("//").next().unwrap_or_default());
    // `use crate::{a, b}` would hide names from the search.
    assert!(!code.contains("use crate::{"), "{}: name each module in a `use` of its own", path.display());
    lines.collect::<Vec<_>>().join("\n")
}

fn graph() -> Graph {
    let mut all = Vec::new();
    files(&source(), &mut all);
    all.retain(|path| !path.ends_with("src/lib.rs"));
    let modules: BTreeSet<_> = all.iter().map(|path| module(path)).collect();
    let mut graph = Graph::new();
    for path in &all {
        let (own, code) = (module(path), code(path));
        let parent = own.rsplit_once("::").map(|(parent, _)| parent.to_owned());
        let absolute = paths(&code, "crate::").map(str::to_owned);
        let siblings =
            paths(&code, "super::").filter_map(|path| Some(format!("{}::{path}", parent.as_ref()?)));
        let used = absolute.chain(siblings).filter_map(|path| resolve(&path, &modules));
        graph.entry(own.clone()).or_default().extend(used.filter(|used| *used != own));
    }
    graph
}

fn folder(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

#[test]
fn no_module_uses_one_above_it() {
    let (order, graph) = (declared(), graph());
    let folders: BTreeSet<_> = graph.keys().map(|module| folder(module).to_owned()).collect();
    assert_eq!(folders, order.iter().cloned().collect(), "lib.rs lists every module once");
    let place = |module: &str| order.iter().position(|name| name == folder(module)).unwrap();
    let mut up = Vec::new();
    for (module, used) in &graph {
        let above = used.iter().filter(|used| place(used) > place(module));
        up.extend(above.map(|used| format!("{module} uses {used}")));
    }
    assert!(up.is_empty(), "{up:#?}");
    let edges: usize = graph.values().map(BTreeSet::len).sum();
    assert!(edges > 100, "only {edges} uses were found");
}

#[test]
fn no_files_of_a_folder_use_each_other_in_a_circle() {
    // A folder's own file declares its parts and may be used by them: `super::Gateway`.
    let mut left = graph();
    for (module, used) in &mut left {
        used.retain(|used| folder(used) == folder(module) && used.contains("::"));
    }
    left.retain(|module, _| module.contains("::"));
    while !left.is_empty() {
        let done: Vec<_> =
            left.iter().filter(|(_, used)| used.is_empty()).map(|(name, _)| name.clone()).collect();
        assert!(!done.is_empty(), "a circle among these: {left:#?}");
        left.retain(|module, _| !done.contains(module));
        for used in left.values_mut() {
            used.retain(|used| !done.contains(used));
        }
    }
}
