//! What programs can use of `eco-host`, held against the listings beside this file, so that no change of it goes unseen.
//!
//! rustdoc lists what is public in a crate, as JSON. Its format belongs to one version of Rust: the one of
//! `rust-toolchain.toml`. With another, `public-api` of `Cargo.toml` has to be another, too.

use public_api::{Builder, PublicItem};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// The crates that `eco-host` hands on, and itself. Of `eco-compile` it hands on some names.
const CRATES: [&str; 6] = ["host", "capture", "contract", "net", "plugin", "state"];
const IN_PART: &str = "compile";

/// All types have the traits of these, or lack them, by what they are made of, and nobody counts on it.
const LEFT_OUT: [&str; 5] = [
    "core::marker::Freeze",
    "core::marker::Unpin",
    "core::marker::UnsafeUnpin",
    "core::marker::StructuralPartialEq",
    "core::panic::unwind_safe::",
];

/// Methods of traits that a line of their own names already.
const OF_TRAITS: [&str; 4] = ["::clone(", "::eq(", "::fmt(", "::hash<"];

/// A line for each item, in an order that stays.
fn listed(root: &Path, name: &str) -> Vec<String> {
    let path = root.join(format!("target/doc/eco_{name}.json"));
    let api = Builder::from_rustdoc_json(&path)
        .omit_blanket_impls(true)
        .build();
    let api = api.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = api.items().map(PublicItem::to_string);
    let is_wanted = |line: &String| {
        let has = |parts: &[&str]| parts.iter().any(|part| line.contains(part));
        match line.starts_with("impl") {
            true => !has(&LEFT_OUT),
            false => !has(&OF_TRAITS),
        }
    };
    lines.filter(is_wanted).collect()
}

/// The name right below the crate to which an item belongs.
fn owner(line: &str) -> Option<&str> {
    let of = line
        .rsplit_once(" for ")
        .filter(|_| line.starts_with("impl"));
    let (_, path) = of.map_or(line, |(_, of)| of).split_once("eco_compile::")?;
    path.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .next()
}

#[test]
fn what_programs_can_use_is_what_is_listed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = folder.join("../..");
    let mut cargo = Command::new(env!("CARGO"));
    // What the cargo that runs this test has set: the build script of ring runs anew when it changes.
    for (name, _) in std::env::vars_os() {
        let set = |prefix| name.to_str().is_some_and(|name| name.starts_with(prefix));
        if set("CARGO_PKG_") || set("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
        .current_dir(&root)
        .args(["doc", "--quiet", "--locked", "--no-deps"]);
    for name in CRATES.into_iter().chain([IN_PART]) {
        cargo.arg(format!("--package=eco-{name}"));
    }
    let status = cargo
        .env("RUSTDOC", folder.join("rustdoc"))
        .env("RUSTDOCFLAGS", "-Z unstable-options --output-format json")
        .env("CARGO_TARGET_DIR", root.join("target"))
        .status();
    assert!(status.expect("cargo runs").success(), "no documentation");

    let mut listings = CRATES.map(|name| (name, listed(&root, name))).to_vec();
    let lines = listings.iter().flat_map(|(_, lines)| lines);
    let handed_on = lines.filter_map(|line| line.strip_prefix("pub use "));
    let handed_on: BTreeSet<_> = handed_on
        .filter_map(|path| path.rsplit("::").next())
        .map(str::to_owned)
        .collect();
    let mut in_part = listed(&root, IN_PART);
    in_part.retain(|line| owner(line).is_some_and(|name| handed_on.contains(name)));
    listings.push((IN_PART, in_part));

    let is_blessed = std::env::var_os("ECO_BLESS").is_some_and(|value| value == "1");
    let mut changed = String::new();
    for (name, lines) in listings {
        let path = folder.join(format!("{name}.txt"));
        let text = lines.join("\n") + "\n";
        if is_blessed {
            std::fs::write(&path, &text).expect("it is written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        let (was, is): (BTreeSet<_>, BTreeSet<_>) =
            (kept.lines().collect(), text.lines().collect());
        let gone = was.difference(&is).map(|line| format!("- {line}\n"));
        let new = is.difference(&was).map(|line| format!("+ {line}\n"));
        changed.extend(gone.chain(new));
    }
    assert!(
        changed.is_empty(),
        "what programs can use has changed:\n{changed}ECO_BLESS=1 lists it anew; a line that is gone breaks programs"
    );
}
