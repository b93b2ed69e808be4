//! The examples on pages and in files are files of services that eco takes.

use super::{Folder, by_schema, text_of};
use crate::harness::Eco;
use crate::support::project_file;
use crate::tls::Authority;

#[test]
fn the_example_of_the_page_is_checked_and_is_what_the_schema_takes() {
    let page = text_of(project_file("host/README.md").as_ref());
    let example = page
        .split("```toml\n")
        .nth(1)
        .expect("the page has an example");
    let example = example.split("```").next().unwrap_or_default();
    let folder = Folder::new("page");
    folder.write("eco.toml", example);
    folder.write("chat.js", "function receive(chunk) { return chunk }");
    let authority = Authority::new("page");
    authority.server(&["chat"]);
    for file in ["chat.pem", "chat.key"] {
        folder.write(file, text_of(authority.path(file).as_ref()));
    }
    assert_eq!(by_schema(example), None);
    let checked = folder
        .eco(&["config", "check"])
        .env("ECO_REDIS", "redis://db:6379")
        .run(b"");
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    // What it says stands on the page too, where the file is in the folder that one is in.
    let here = format!("{}/", folder.0.display());
    let (would, told) = (
        checked.text().replace(&here, ""),
        "$ eco config check eco.toml",
    );
    let (_, told) = page.split_once(told).expect("the page shows it");
    let mut told = told.lines().skip(1).map(str::trim_start);
    assert!(
        would.lines().all(|line| told.next() == Some(line)),
        "{would}"
    );
}

#[test]
fn the_file_to_begin_with_is_checked_and_is_what_the_schema_takes() {
    let path = project_file("host/dist/eco.toml");
    assert_eq!(by_schema(&text_of(path.as_ref())), None);
    let checked = Eco::new(&["config", "check", &path]).run(b"");
    assert_eq!(checked.code, 0, "{}", checked.stderr);
}

#[test]
fn the_services_on_the_page_for_operators_are_what_the_schema_takes() {
    let page = text_of(project_file("host/OPERATING.md").as_ref());
    let examples = page.split("```toml\n").skip(1);
    let examples: Vec<_> = examples
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(!examples.is_empty(), "it shows some");
    for example in examples {
        assert_eq!(by_schema(example), None, "{example}");
    }
}
