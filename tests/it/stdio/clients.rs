//! Programs on the client's side.

use super::{both, program};
use crate::harness::Eco;
use crate::support::serve;

#[test]
fn a_program_that_is_a_client_says_by_its_exit_code_whether_the_server_was_right() {
    // Sends a word, and compares the first letter of what comes.
    let module = program(
        "word\\n",
        "(call $say (i32.const 5))
         (drop (call $read (i32.const 100)))
         (call $exit (i32.ne (i32.load8_u (i32.const 4096)) (i32.const 119)))",
    );
    let echo = serve(&[]);
    let other = serve(&[
        "-p",
        &crate::support::plugin_file(
            "stdio-greets.wat",
            program(
                "greeting\\n",
                "(call $say (i32.const 9)) (drop (call $read (i32.const 1)))",
            ),
        ),
    ]);
    for path in both("asks", &module) {
        for (server, code) in [(&echo, 0), (&other, 1)] {
            let to = server.address.to_string();
            let sent = Eco::new(&["send", "--stdio", &path, "--to", &to]).run(b"");
            assert_eq!(sent.code, code, "{}", sent.stderr);
            assert_eq!(sent.stdout, b"");
        }
    }
    for (arguments, words) in [
        (&["--env", "A=1"][..], "echo is a plugin, which has neither"),
        (
            &["--stdio", "echo"],
            "nothing that eco can use as a program",
        ),
    ] {
        let to = echo.address.to_string();
        let refused = Eco::new(&[&["send", "--to", &to], arguments].concat()).run(b"");
        assert_ne!(refused.code, 0);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
}
