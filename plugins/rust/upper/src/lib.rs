//! upper: every letter from a to z comes back as a capital, every other byte unchanged.
//!
//! A plugin implements the trait `Guest`, which is generated from eco's contract in the folder `wit`.
//! Where a chunk begins and ends is up to the network, so this looks at single bytes, never at words
//! or lines.

wit_bindgen::generate!({ path: "wit", world: "handler-plugin" });

use exports::eco::plugin::handler::Guest;

struct Upper;

impl Guest for Upper {
    /// Called with each chunk that the peer sent. What it returns is written back.
    fn receive(mut chunk: Vec<u8>) -> Vec<u8> {
        chunk.make_ascii_uppercase();
        chunk
    }
}

export!(Upper);
