//! The limits of topics.

use crate::state::topics::{ROOM, enter};
use crate::support::{Peer, plugin_file, serve};

/// The error of each limit, for the script and in the log.
#[test]
fn each_limit_of_topics_is_an_error_with_a_code_and_named_in_the_log() {
    const ASKS: &str = r#"
    function receive(chunk) {
        try {
            eval(new TextDecoder().decode(chunk));
            return "done";
        } catch (error) {
            return `${error.code}`;
        }
    }
    function message() {}
    "#;
    let path = plugin_file("asks.js", ASKS);
    for (flags, ask, code, limit) in [
        (
            ["--topics", "2"],
            "subscribe('a'); subscribe('b'); subscribe('a'); subscribe('c')",
            "too-many",
            "topics",
        ),
        (
            ["--members", "1"],
            "subscribe('a'); subscribe('a', 'b'); subscribe('b')",
            "too-many",
            "members",
        ),
        (
            ["--topic-size", "3"],
            "subscribe('abc'); subscribe('abcd')",
            "too-large",
            "topic-size",
        ),
        (
            ["--label-size", "3"],
            "subscribe('a', 'abc'); subscribe('a', 'abcd')",
            "too-large",
            "label-size",
        ),
        (
            ["--message-size", "3"],
            "publish('a', 'abc'); publish('a', 'abcd')",
            "too-large",
            "message-size",
        ),
        (
            ["--publish-rate", "3"],
            "for (let i = 0; i < 4; i++) publish('a', '')",
            "too-many",
            "publish-rate",
        ),
        (
            ["--publish-size", "5"],
            "publish('a', 'abcde'); publish('a', 'a')",
            "too-many",
            "publish-size",
        ),
        (
            // Nobody hears the first; the second has one hearer.
            ["--delivery-rate", "1"],
            "publish('a', ''); subscribe('a'); publish('a', ''); publish('a', '')",
            "too-many",
            "delivery-rate",
        ),
    ] {
        let server = serve(&["-p", &path, flags[0], flags[1]]);
        Peer::connect(server.address)
            .send(ask.as_bytes())
            .expect(code.as_bytes());
        server.logged(&["the plugin reached a limit", &format!("--{limit}")]);
    }
}

#[test]
fn messages_that_wait_for_all_together_have_a_limit() {
    let server = serve(&[
        "-p",
        &plugin_file("waiting.js", ROOM),
        "--waiting-size",
        "2KiB",
    ]);
    let mut anna = enter(server.address, "anna", "");
    let mut ben = enter(server.address, "ben", "anna");
    anna.expect(b"+ben\n");
    ben.send(&[b'x'; 3000]).expect(b"said\n");
    anna.expect(b"missed 1\n");
    server.logged(&["--waiting-size"]);
}
