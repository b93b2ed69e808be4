//! Command lines: help, usage, completions, exit codes, and their words on the pages.

use crate::harness::Eco;
use crate::support::samples::samples;
use crate::support::serve;
use eco_host::plugin::{Budget, Budgets};
use eco_host::state::{Limit, Limits};

const README: &str = include_str!("../../../README.md");
/// The page for who runs eco.
const RUNNING: &str = include_str!("../../../host/README.md");

fn help(command: &[&str]) -> String {
    let exited = Eco::new(command).args(&["--help"]).run(b"");
    assert_eq!(exited.code, 0);
    String::from_utf8(exited.stdout).expect("help is text")
}

#[test]
fn help_teaches_by_example() {
    for (command, example) in [
        (&[][..], "eco send 'hello'"),
        (&["serve"], "eco serve -l '[::]:7'"),
        (&["send"], "eco send -f photo.jpg"),
        (&["new"], "eco new hello --lang js"),
        (&["call"], "eco call upper.js hello"),
        (&["completions"], "eco completions bash"),
    ] {
        assert!(help(command).contains(example), "{command:?}");
    }
    let bare = Eco::new(&[]).run(b"");
    assert_eq!(bare.code, 64);
    assert!(bare.stderr.contains("Usage: eco"), "{}", bare.stderr);
}

#[test]
fn arguments_without_sense_are_usage_and_the_error_says_what_has_some() {
    let cases: &[(&[&str], &str)] = &[
        (&["serve", "--no-such-flag"], "unexpected argument"),
        (&["sreve"], "serve"),
        (&["call", "wc.wasm", "-l"], "'--arguments=-l'"),
        (&["send", "-5"], "to send '-5', use '-- -5'"),
        (&["serve", "-l", "5005"], "ADDR:PORT"),
        (&["serve", "-l", "::1:5005"], "brackets"),
        (
            &["serve", "--chunk-size", "0"],
            "--chunk-size goes from 1 B to 16MiB",
        ),
        (&["serve", "--chunk-size", "1GiB"], "1 B to 16MiB"),
        (&["serve", "--chunk-size", "many"], "invalid value"),
        (&["serve", "--chunk-size", "2MiB"], "is more than --reply"),
        (&["serve", "--max-connections", "0"], "1..=16000"),
        (&["load", "--connections", "16001"], "1..=16000"),
        (&["load", "--threads", "257"], "1..=256"),
        (&["grade", "e", "s", "--jobs", "0"], "1..=256"),
        (&["serve", "--cpu", "1ms"], "--cpu must be at least 10ms"),
        (
            &["serve", "--memory", "1KiB"],
            "--memory goes from 64KiB to 4GiB",
        ),
        (&["serve", "--stack", "1GiB"], "--stack goes from"),
        (&["serve", "--table", "10000001"], "0..=10000000"),
        (&["send", "--table", "9223372036854775808"], "0..=10000000"),
        (
            &["call", "echo", "--table", "18446744073709551615"],
            "0..=10000000",
        ),
        (&["serve", "--grace", "soon"], "invalid value"),
        (&["serve", "-v", "-q"], "cannot be used with"),
        (
            &["serve", "-q", "--log-level", "info"],
            "cannot be used with",
        ),
        (
            &["serve", "--log-level", "loud"],
            "error, warn, info, debug",
        ),
        (
            &["serve", "-l", "tcp://127.0.0.1:7"],
            "leave out the tcp://",
        ),
        (&["send", "-t", "udp://127.0.0.1:7"], "TCP, and no udp"),
        (&["send", "-t", "/run/eco.sock"], "unix:/run/eco.sock"),
        (&["send", "a", "b"], "unexpected argument"),
    ];
    for (arguments, word) in cases {
        let exited = Eco::new(arguments).run(b"");
        assert_eq!(exited.code, 64, "{arguments:?}: {}", exited.stderr);
        assert!(
            exited.stderr.contains(word),
            "{arguments:?}: {}",
            exited.stderr
        );
    }
}

#[test]
fn flags_of_other_programs_for_the_address_are_answered_with_ecos_flag() {
    let cases: [(&[&str], &str); 5] = [
        (&["serve", "--port", "7"], "'--listen 127.0.0.1:5005'"),
        (
            &["serve", "-p", "echo", "--port=7"],
            "'--listen 127.0.0.1:5005'",
        ),
        (
            &["-q", "serve", "--host", "::"],
            "'--listen 127.0.0.1:5005'",
        ),
        (&["send", "--port", "7", "hi"], "'--to 127.0.0.1:5005'"),
        (&["load", "--host", "localhost"], "'--to 127.0.0.1:5005'"),
    ];
    for (arguments, tip) in cases {
        let exited = Eco::new(arguments).run(b"");
        assert_eq!(exited.code, 64, "{arguments:?}: {}", exited.stderr);
        assert!(exited.stderr.contains(tip), "{}", exited.stderr);
        assert!(!exited.stderr.contains("as a value"), "{}", exited.stderr);
    }
}

/// The lines of help that stand under one of these, up to the next empty one.
fn listed(help: &str) -> Vec<&str> {
    let heads = ["Examples:", "Exit codes:"];
    let sections = help
        .split("\n\n")
        .filter(|section| heads.iter().any(|head| section.starts_with(head)));
    sections.flat_map(str::lines).collect()
}

#[test]
fn help_is_wrapped_once_on_a_terminal_of_eighty_columns() {
    for command in [
        "", "serve", "send", "load", "new", "build", "inspect", "call", "check", "grade", "setup",
    ] {
        let help = |columns: &str| {
            let arguments = [command, "--help"];
            let arguments = arguments.iter().filter(|typed| !typed.is_empty());
            let arguments: Vec<&str> = arguments.copied().collect();
            Eco::new(&arguments).env("COLUMNS", columns).run(b"").text()
        };
        let (narrow, wide) = (help("80"), help("100"));
        assert_eq!(listed(&narrow), listed(&wide), "eco {command}");
        // No line of a text ends before it has to.
        let lines: Vec<&str> = narrow.lines().collect();
        for pair in lines.windows(2) {
            let [line, next] = pair else { continue };
            let first = next.split(' ').next().unwrap_or_default();
            if !line.is_empty() && !line.starts_with(' ') && !first.is_empty() {
                let length = line.chars().count() + 1 + first.chars().count();
                assert!(length > 80, "eco {command}: {line}\n{next}");
            }
        }
    }
}

#[test]
fn an_address_that_cannot_be_had_is_said_with_the_next_step() {
    let server = serve(&[]);
    let taken = server.address.to_string();
    let exited = Eco::new(&["serve", "-l", &taken]).run(b"");
    assert_eq!(exited.code, 69);
    assert!(
        exited.stderr.contains(&format!("cannot listen on {taken}")),
        "{}",
        exited.stderr
    );
    assert!(exited.stderr.contains("127.0.0.1:0"), "{}", exited.stderr);
    let exited = Eco::new(&["serve", "-l", "192.0.2.1:0"]).run(b"");
    assert_eq!(exited.code, 69);
    assert!(
        exited.stderr.contains("not one of this machine's"),
        "{}",
        exited.stderr
    );
}

#[test]
fn completions_are_written_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let exited = Eco::new(&["completions", shell]).run(b"");
        assert_eq!(exited.code, 0);
        let script = String::from_utf8(exited.stdout).expect("a script is text");
        assert!(
            script.contains("eco") && script.contains("max-connections"),
            "{shell}"
        );
    }
}

#[test]
fn the_table_of_budgets_is_that_of_the_code() {
    let (server, client) = (Budgets::server(8 << 30), Budgets::client(8 << 30));
    let mut table = Vec::new();
    let all = Budget::ALL.iter().copied();
    // Only exercises count units of work.
    for budget in all.filter(|budget| *budget != Budget::Fuel) {
        let value = |budgets: &Budgets| match budget {
            // This one depends on the machine.
            Budget::TotalMemory => {
                assert_eq!(budgets.total_memory, 4 << 30);
                "half of the machine's".to_owned()
            }
            _ => budgets.value(budget),
        };
        let flag = &*format!("--{}", budget.code());
        table.push(format!(
            "| {budget} | `{flag}` | {} | {} |",
            value(&server),
            value(&client)
        ));
        assert!(
            help(&["serve"]).contains(flag) && help(&["send"]).contains(flag),
            "{flag}"
        );
    }
    let table = table.join("\n");
    assert!(
        RUNNING.contains(&table),
        "host/README.md should have\n{table}"
    );
}

#[test]
fn the_table_of_what_connections_share_is_that_of_the_code() {
    let limits = Limits::default();
    let mut table = Vec::new();
    for limit in Limit::ALL.iter().copied() {
        let flag = format!("--{}", limit.code());
        table.push(format!("| {limit} | `{flag}` | {} |", limit.value(&limits)));
        assert!(help(&["serve"]).contains(&flag), "{flag}");
    }
    let table = table.join("\n");
    assert!(
        RUNNING.contains(&table),
        "host/README.md should have\n{table}"
    );
}

#[test]
fn the_plugins_of_the_readme_work_as_they_are_typed_in() {
    let python = samples().iter().any(|sample| sample.language == "python");
    for (language, end) in [("js", "js"), ("lua", "lua"), ("python", "py")] {
        let (_, rest) = README
            .split_once(&format!("```{language}\n"))
            .expect("the README has a plugin in it");
        let (plugin, _) = rest.split_once("```").expect("and it ends");
        let path = crate::support::plugin_file(&format!("readme.{end}"), plugin);
        if end == "py" && !python {
            continue;
        }
        let server = serve(&["-p", &path]);
        let mut peer = crate::support::Peer::connect(server.address);
        peer.send("hello, World! ñ".as_bytes())
            .expect("HELLO, WORLD! ñ".as_bytes());
    }
}

#[test]
fn every_exit_code_is_on_the_page_and_in_the_help() {
    let help = help(&[]);
    for code in ["0", "1", "64", "65", "69", "70", "130"] {
        assert!(
            RUNNING.contains(&format!("| {code} |")),
            "{code} is not on the page"
        );
        assert!(
            help.contains(&format!("{code} ")),
            "{code} is not in the help"
        );
    }
}
