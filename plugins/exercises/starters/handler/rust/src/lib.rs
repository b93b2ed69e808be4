//! A plugin of one function: bytes come in, and what it returns is sent back.

wit_bindgen::generate!({ path: "wit", world: "handler-plugin" });

use exports::eco::plugin::handler::Guest;
use std::sync::Mutex;

/// What must be kept between chunks goes in here. Every connection has an instance of its own, so a
/// static is that connection's state. One call comes at a time: the lock is always free.
static STATE: Mutex<State> = Mutex::new(State {});

struct State {
    // For example `rest: Vec<u8>`, with `rest: Vec::new()` above.
}

impl State {
    /// Takes what has just arrived, cut wherever the network cut it, and returns what is to be sent.
    fn receive(&mut self, _chunk: &[u8]) -> Vec<u8> {
        // Begin here.
        Vec::new()
    }
}

struct Plugin;

impl Guest for Plugin {
    /// eco calls this with each chunk. An empty reply sends nothing, and the connection stays open.
    fn receive(chunk: Vec<u8>) -> Vec<u8> {
        STATE.lock().unwrap().receive(&chunk)
    }
}

export!(Plugin);
