//! Files with mistakes: each is told with its line and column, and nothing is served.

use super::{Folder, by_schema};
use crate::harness::Eco;

/// Whether the schema knows of the mistake, too, so that an editor shows it.
const SHOWN: bool = true;
const UNSEEN: bool = false;

/// Checks a file, whose mistake is told at this place in these words.
#[track_caller]
fn told(folder: &Folder, text: &str, place: &str, words: &str) {
    folder.write("eco.toml", text);
    let checked = folder.check();
    let told = checked.stderr;
    assert_eq!(checked.code, 64, "{text}\n{told}");
    assert!(
        told.contains(&format!("eco.toml{place}: ")),
        "{text}\n{told}"
    );
    assert!(told.contains(words), "{text}\n{told}");
}

#[test]
fn a_file_may_come_on_stdin_to_be_checked() {
    let check = |text: &str| Eco::new(&["config", "check", "-"]).run(text.as_bytes());
    let right = check("[[service]]\nname = 'a'\n");
    assert_eq!(right.code, 0, "{}", right.stderr);
    assert!(right.text().ends_with("-: all right, with one service\n"));
    let wrong = check("[[service]]\n\nnam = 'a'\n");
    assert_eq!(wrong.code, 64);
    assert!(wrong.stderr.contains("-:3:1: "), "{}", wrong.stderr);
    assert!(
        check(&"#".repeat(1024 * 1024 + 1))
            .stderr
            .contains("larger than 1024 KiB")
    );
}

#[test]
fn each_mistake_is_told_with_its_line_and_column() {
    let folder = Folder::new("mistakes");
    // Those in the third line, with their columns.
    for (line, column, words, is_shown) in [
        ("total-memory = '1GiB'", 1, "above the first", SHOWN),
        ("plgin = 'echo'", 1, "did you mean `plugin`?", SHOWN),
        ("max_connections = 1", 1, "`max-connections`?", SHOWN),
        ("port = 1", 1, "did you mean `listen`?", SHOWN),
        ("verbose = true", 1, "no key `verbose`", SHOWN),
        ("config = 'b.toml'", 1, "no key `config`", SHOWN),
        ("'\u{e4}' = 1", 1, "no key `\u{e4}`", SHOWN),
        ("watch = 'yes'", 9, "true or false", SHOWN),
        ("cpu = 1.5", 7, "a text or a number", SHOWN),
        ("cpu = 1979-05-27", 7, "a text or a number", SHOWN),
        ("cpu = {a = 1}", 7, "a text or a number", SHOWN),
        ("cpu = ['1s']", 7, "one value", SHOWN),
        ("listen = []", 10, "1 to 64 values", SHOWN),
        ("listen = ['127.0.0.1:0', true]", 26, "boolean", SHOWN),
        ("listen = [['127.0.0.1:0']]", 11, "array", SHOWN),
        ("snapshot = 'now'", 12, "background, first, never", SHOWN),
        ("watch = true", 9, "needs a plugin on disk", UNSEEN),
        ("cpu = '50'", 7, "cpu: time unit needed", UNSEEN),
        ("memory = '1KiB'", 10, "memory goes from 64KiB", UNSEEN),
        ("memory = 1024", 10, "memory goes from 64KiB", UNSEEN),
        ("table = -1", 9, "-1 is not in 0..=10000000", UNSEEN),
        ("listen = ['127.0.0.1:0', 'x']", 26, "ADDR:PORT", UNSEEN),
        ("listen = 'unix:'", 10, "the path is missing", UNSEEN),
        ("state = 'redis:/db'", 9, "state is no place", UNSEEN),
        ("namespace = '{}'", 13, "which end it", UNSEEN),
        ("plugin = '${ECO_UNSET}'", 10, "ECO_UNSET is not", UNSEEN),
        ("listen = ['127.0.0.1:0', '$x']", 26, "write $$", UNSEEN),
        ("chunk-size = '2MiB'", 14, "more than --reply", UNSEEN),
    ] {
        let text = format!("[[service]]\nname = 'a'\n{line}\n");
        told(&folder, &text, &format!(":3:{column}"), words);
        assert_eq!(by_schema(&text).is_some(), is_shown, "{line}");
    }
    let long = format!("[[service]]\nname = '{}'", "n".repeat(65));
    for (text, place, words) in [
        ("", "", "begins with [[service]]"),
        ("x = 1", ":1:1", "there is no key `x`"),
        ("[[servce]]", ":1:3", "did you mean `service`?"),
        ("[service]\nname = 'a'", ":1:1", "begins with [[service]]"),
        ("service = []", ":1:11", "it has no service"),
        ("service = [1]", ":1:12", "begins with [[service]]"),
        ("cpu = '1s'\n[[service]]", ":1:1", "below its [[service]]"),
        ("total-memory = true\n[[service]]", ":1:16", "boolean"),
        ("[[service]]\nplugin = 'echo'", ":1:1", "has a name"),
        ("[[service]]\nname = 'a b'", ":2:8", "letters"),
        ("[[service]]\nname = 7", ":2:8", "letters"),
        (&long, ":2:8", "1 to 64"),
    ] {
        told(&folder, text, place, words);
        assert!(by_schema(text).is_some(), "{text}");
    }
    // These are no TOML, or none that a schema could be held against.
    for (text, place, words) in [
        ("[[service]]\nname = 'a\n", ":2:10", "invalid"),
        (
            "[[service]]\nname = 'a'\nname = 'b'",
            ":3:1",
            "duplicate key",
        ),
        ("[[service]\n", ":1:11", "expected"),
        (
            "[[service]]\ntable = 99999999999999999999",
            ":2:9",
            "too large",
        ),
    ] {
        told(&folder, text, place, words);
    }
}

#[test]
fn what_is_wrong_about_two_keys_or_two_services_is_told_at_the_second() {
    let folder = Folder::new("clashes");
    let first = "[[service]]\nname = 'a'\n";
    let second = "[[service]]\nname = 'b'\nlisten = '127.0.0.1:0'\n";
    for (text, place, words) in [
        (
            format!("{first}reply = '3MiB'\nchunk-size = '4MiB'"),
            ":4:14",
            "chunk-size 4.0 MiB is more than --reply 3.0 MiB",
        ),
        (format!("{first}{first}"), ":4:8", "the service in line 2"),
        (
            format!("{first}[[service]]\nname = 'b'\nlisten = ['[::1]:7', '127.0.0.1:5005']"),
            ":5:22",
            "`a` listens on 127.0.0.1:5005 already",
        ),
        (
            format!(
                "{first}listen = 'unix:s'\n[[service]]\nname = 'b'\nlisten = 'unix:s,mode=660'"
            ),
            ":6:10",
            "`a` listens on unix:",
        ),
        (
            format!("{first}state = 'file:x'\n{second}state = 'file:x'"),
            ":7:9",
            "a file has the state of one service: of `a`",
        ),
        (
            format!("{first}state = 'redis://db'\n{second}state = 'redis://db'\nnamespace = 'a'"),
            ":8:13",
            "of the service `a`",
        ),
        (
            format!("{first}max-connections = 9000\n{second}max-connections = 9000"),
            "",
            "18000 connections",
        ),
    ] {
        told(&folder, &text, place, words);
        assert_eq!(by_schema(&text), None, "{text}");
    }
}

#[test]
fn what_can_t_be_used_has_the_exit_code_that_it_has_without_a_file() {
    let folder = Folder::new("exit-codes");
    folder.write("broken.lua", "function receive() retrun end");
    for (plugin, words) in [
        ("nowhere.js", "Is the path right?"),
        ("broken.lua", "broken.lua:1:"),
    ] {
        let text = format!(
            "[[service]]\nname = 'bad'\nplugin = '{plugin}'\n[[service]]\nname = 'good'\nlisten = '127.0.0.1:1'"
        );
        folder.write("eco.toml", text);
        let checked = folder.check();
        let told = &checked.stderr;
        assert_eq!(checked.code, 65, "{plugin}: {told}");
        assert!(
            told.contains("service bad: cannot use the plugin"),
            "{told}"
        );
        assert!(told.contains(words), "{told}");
        // The others are looked at all the same.
        let would = "would listen on 127.0.0.1:1 (service good, plugin echo)\n";
        assert_eq!(checked.text(), would);
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let taken = taken.local_addr().expect("it is bound");
    folder.write(
        "eco.toml",
        format!("[[service]]\nname = 'a'\nlisten = '{taken}'"),
    );
    // Nothing is listened on, so that a port that is taken is nothing wrong with the file.
    assert_eq!(folder.check().code, 0);
    let served = folder.eco(&["serve", "--config"]).run(b"");
    assert_eq!(served.code, 69, "{}", served.stderr);
    // What is typed is no mistake of the file.
    let typed = folder
        .eco(&["serve", "--memory", "1KiB", "--config"])
        .run(b"");
    assert_eq!(typed.code, 64, "{}", typed.stderr);
    let words = "eco.toml: what is typed beside it: --memory goes from";
    assert!(typed.stderr.contains(words), "{}", typed.stderr);
    let missing = Eco::new(&["config", "check", "no-such-file.toml"]).run(b"");
    assert_eq!(missing.code, 64);
    let words = "no-such-file.toml: cannot read it";
    assert!(missing.stderr.contains(words), "{}", missing.stderr);
}
