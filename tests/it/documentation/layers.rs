//! The layers of each crate: no file needs one that needs it, and no room either. A room is a file or a folder right below
//! `src`. Where that holds, each can be read with what stands below it alone.

use crate::support::project_file;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Needs, by what has them.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// The files of a crate, by their modules: `a::b` of `src/a/b.rs` or `src/a/b/mod.rs`. The crate's own file has none.
fn modules(src: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![src.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let place = path
                    .strip_prefix(src)
                    .expect("it is below")
                    .with_extension("");
                let mut names: Vec<_> = place.iter().map(|name| name.to_string_lossy()).collect();
                if names.last().is_some_and(|last| last == "mod") {
                    names.pop();
                }
                if names != ["lib"] && names != ["main"] {
                    found.insert(names.join("::"), path);
                }
            }
        }
    }
    found
}

/// All paths that stand in some code, but for tests: those in braces after a path each as a whole.
fn paths(code: TokenStream, before: &[String], found: &mut Vec<Vec<String>>) {
    let mut tokens = code.into_iter().peekable();
    let mut path = before.to_vec();
    let mut is_test = false;
    while let Some(token) = tokens.next() {
        match token {
            // To declare a module is not to need it.
            TokenTree::Ident(name) if name == "mod" => drop(tokens.next()),
            TokenTree::Ident(name) => path.push(name.to_string()),
            TokenTree::Punct(mark) if mark.as_char() == ':' => continue,
            TokenTree::Group(group) if is_test && group.delimiter() == Delimiter::Brace => {
                is_test = false;
            }
            // As in `pub(in crate::a)`.
            TokenTree::Group(group) if group.stream().to_string().starts_with("in ") => {}
            TokenTree::Group(group) => {
                is_test |= group.stream().to_string() == "cfg (test)";
                let is_use = group.delimiter() == Delimiter::Brace && path.len() > before.len();
                paths(group.stream(), if is_use { &path } else { &[] }, found);
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        let goes_on =
            matches!(tokens.peek(), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
        if !goes_on {
            if path.len() > before.len() {
                found.push(path);
            }
            path = before.to_vec();
        }
    }
}

/// The modules that a file needs.
fn needs(module: &str, text: &str, all: &BTreeMap<String, PathBuf>) -> BTreeSet<String> {
    let code: TokenStream = text.parse().expect("it is Rust");
    let mut found = Vec::new();
    paths(code, &[], &mut found);
    let own: Vec<&str> = module.split("::").collect();
    let mut needed = BTreeSet::new();
    for path in found {
        let mut rest: Vec<&str> = path.iter().map(String::as_str).collect();
        let mut from = own.clone();
        // As in `pub(super)`.
        if matches!(*rest, ["crate" | "super" | "self"]) {
            continue;
        }
        match rest.first() {
            Some(&"crate") => from.clear(),
            Some(&"super") => drop(from.pop()),
            Some(&"self") => {}
            // A child of this module, or nothing of this crate.
            _ => rest.insert(0, "self"),
        }
        rest.remove(0);
        while rest.first() == Some(&"super") {
            from.pop();
            rest.remove(0);
        }
        from.extend(rest);
        let known = (1..=from.len())
            .rev()
            .map(|length| from[..length].join("::"));
        let nearest = known.into_iter().find(|name| all.contains_key(name));
        needed.extend(nearest.filter(|name| name != module));
    }
    needed
}

/// A way from a module back to itself.
fn circle(graph: &Graph) -> Option<String> {
    fn search<'a>(
        graph: &'a Graph,
        at: &'a str,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<String> {
        if let Some(begin) = way.iter().position(|before| *before == at) {
            return Some(format!("{} -> {at}", way[begin..].join(" -> ")));
        }
        if !done.insert(at) {
            return None;
        }
        way.push(at);
        let found = graph
            .get(at)
            .into_iter()
            .flatten()
            .find_map(|next| search(graph, next, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    graph
        .keys()
        .find_map(|start| search(graph, start, &mut Vec::new(), &mut done))
}

#[test]
fn nothing_needs_what_needs_it() {
    let mut circles = Vec::new();
    for entry in Path::new(&project_file("host"))
        .read_dir()
        .expect("a folder")
        .flatten()
    {
        let src = entry.path().join("src");
        if !src.is_dir() {
            continue;
        }
        let all = modules(&src);
        let (mut files, mut rooms) = (Graph::new(), Graph::new());
        for (module, path) in &all {
            let text = std::fs::read_to_string(path).expect("it is text");
            let needed = needs(module, &text, &all);
            let room = |name: &str| name.split("::").next().unwrap_or_default().to_owned();
            let others = needed
                .iter()
                .map(|name| room(name))
                .filter(|name| *name != room(module));
            rooms.entry(room(module)).or_default().extend(others);
            files.insert(module.clone(), needed);
        }
        for graph in [&files, &rooms] {
            circles.extend(circle(graph).map(|way| format!("{}: {way}", src.display())));
        }
    }
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn a_circle_is_found() {
    let all = ["a", "a::b", "c"].map(|name| (name.to_owned(), PathBuf::new()));
    let all = BTreeMap::from(all);
    let of = |module, text| (module_name(module), needs(module, text, &all));
    fn module_name(name: &str) -> String {
        name.to_owned()
    }
    let graph = Graph::from([
        of("a", "mod b; use crate::{c::{self, Thing}, other};"),
        of(
            "a::b",
            "use std::fmt; #[cfg(test)] mod tests { use super::super::c; }",
        ),
        of("c", "fn f() { crate::a::b::g(super::Other) }"),
    ]);
    assert_eq!(graph["a"], BTreeSet::from(["c".to_owned()]));
    assert!(graph["a::b"].is_empty());
    assert_eq!(graph["c"], BTreeSet::from(["a::b".to_owned()]));
    assert_eq!(circle(&graph), None);
    let mut round = graph;
    round.extend([of("a::b", "use super::Thing;")]);
    assert_eq!(circle(&round).as_deref(), Some("a -> c -> a::b -> a"));
}
