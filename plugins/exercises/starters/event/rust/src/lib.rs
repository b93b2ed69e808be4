//! A plugin that takes part in the whole connection, and hears what happens beside it: what others say, and that
//! time passes.

wit_bindgen::generate!({ path: "wit", world: "event-plugin" });

use exports::eco::plugin::events::{self, Happening};
use exports::eco::plugin::session::{self, Connection, Next, Reason, Reply};
use std::sync::Mutex;

/// What must be kept between calls goes in here. Every connection has an instance of its own, so a
/// static is that connection's state. One call comes at a time: the lock is always free.
static STATE: Mutex<State> = Mutex::new(State {});

struct State {
    // For example `rest: Vec<u8>`, with `rest: Vec::new()` above.
}

impl State {
    /// Takes what has just arrived, cut wherever the network cut it, and returns what is to be sent.
    fn receive(&mut self, _chunk: &[u8]) -> Reply {
        // Begin here.
        reply(Vec::new(), Next::KeepOpen)
    }
}

/// The bytes to send, and what comes next: `Next::KeepOpen`, or `Next::Close` once they are sent. The
/// file `wit/session.wit` has the other two.
fn reply(data: Vec<u8>, next: Next) -> Reply {
    Reply { data, next }
}

struct Plugin;

impl session::Guest for Plugin {
    /// Called once, first, before anything has come. The reply is a greeting, or empty.
    fn open(_peer: Connection) -> Result<Reply, String> {
        Ok(reply(Vec::new(), Next::KeepOpen))
    }

    /// Called with each chunk. An `Err` would reset the connection, with its text in eco's log.
    fn receive(chunk: Vec<u8>) -> Result<Reply, String> {
        Ok(STATE.lock().unwrap().receive(&chunk))
    }

    /// Called when the client has finished sending. It still reads.
    fn end_of_input() -> Result<Reply, String> {
        Ok(reply(Vec::new(), Next::KeepOpen))
    }

    /// Called last, whatever the end was. Nothing can be sent any more.
    fn closed(_why: Reason) {}
}

impl events::Guest for Plugin {
    /// Called when others say something, come or go, and when the timer is over. The functions of
    /// `eco::plugin::topics`, `eco::plugin::store` and `eco::plugin::timer` are for your side of it: the
    /// folder `wit` has them.
    fn event(_event: Happening) -> Result<Reply, String> {
        Ok(reply(Vec::new(), Next::KeepOpen))
    }
}

export!(Plugin);
