//! `eco wit`: the contract as one file.

use crate::commands::text;
use crate::harness::Eco;
use crate::support::project_file;
use wit_parser::Resolve;

#[test]
fn wit_prints_the_contract_as_one_file() {
    let printed = Eco::new(&["wit"]).run(b"");
    assert_eq!(printed.code, 0);
    let mut resolve = Resolve::default();
    let package = resolve
        .push_source("eco.wit", &text(&printed.stdout))
        .expect("it is valid WIT");
    for world in ["handler-plugin", "session-plugin", "client-plugin"] {
        resolve
            .select_world(&[package], Some(world))
            .expect("it is there");
    }
}

#[test]
fn the_rust_samples_see_the_contract_of_this_version() {
    for sample in ["upper", "lines", "client"] {
        let here = project_file(&format!("plugins/rust/{sample}/wit/session.wit"));
        let wit = std::fs::read_to_string(here).expect("the link holds");
        assert!(wit.contains("interface session"));
    }
}
