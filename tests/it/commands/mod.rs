//! One module for each command, but `serve`, `send`, `load`, `check` and `grade`, which have folders of their own.

mod build_attacks;
mod call;
mod inspect;
mod new_and_build;
mod setup;
mod usage;
mod wit;

use crate::harness::Exited;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it is text")
}

#[track_caller]
fn fails(exited: &Exited, code: i32, words: &[&str]) {
    assert_eq!(exited.code, code, "{}", exited.stderr);
    for word in words {
        assert!(exited.stderr.contains(word), "{word}: {}", exited.stderr);
    }
}
