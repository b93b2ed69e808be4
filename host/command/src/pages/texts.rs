//! The texts of the project: pages and sources.

use std::path::{Path, PathBuf};

/// The project's root.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files below a folder of the project whose names end in one of these, with their texts.
pub(super) fn texts(folder: &str, ends: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    gather(&root().join(folder), folder, ends, &mut found);
    found.sort();
    found
}

fn gather(folder: &Path, name: &str, ends: &[&str], found: &mut Vec<(String, String)>) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let (path, file) = (entry.path(), entry.file_name());
        let file = file.to_string_lossy();
        let is_made = ["target", "build", "golden", "wit"].contains(&&*file);
        let name = format!("{name}/{file}").trim_start_matches("./").to_owned();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if !is_made && !file.starts_with('.') {
                gather(&path, &name, ends, found);
            }
        } else if ends.iter().any(|end| file.ends_with(end)) {
            found.push((name, std::fs::read_to_string(&path).unwrap_or_default()));
        }
    }
}

/// The text of a page.
pub(super) fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// All pages but the changelog, which mentions removed things too.
pub(super) fn pages() -> Vec<(String, String)> {
    let mut pages = texts(".", &[".md"]);
    pages.retain(|(name, _)| name != "CHANGELOG.md");
    assert!(pages.len() > 40, "{} pages", pages.len());
    pages
}
