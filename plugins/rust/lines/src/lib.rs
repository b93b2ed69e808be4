//! lines: numbers the lines that the peer sends, and says goodbye with their number.

wit_bindgen::generate!({ path: "wit", world: "session-plugin" });

use eco::plugin::log::{Level, log};
use exports::eco::plugin::session::{Connection, Guest, Next, Reason, Reply};
use std::sync::Mutex;

/// Every connection has an instance of its own, so that a static is that connection's state. One
/// call comes at a time: the lock is always free.
static LINES: Mutex<Lines> = Mutex::new(Lines {
    rest: Vec::new(),
    count: 0,
});

struct Lines {
    /// The line whose end hasn't come yet.
    rest: Vec<u8>,
    /// The lines answered so far.
    count: u64,
}

impl Lines {
    /// Answers each line that ends in the chunk, and keeps what follows the last one.
    fn receive(&mut self, chunk: &[u8]) -> Vec<u8> {
        let mut replies = Vec::new();
        // Only the new bytes are searched, so a line that comes byte by byte is as cheap as any.
        let mut pieces = chunk.split(|byte| *byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            self.rest.extend_from_slice(piece);
            if pieces.peek().is_some() {
                self.answer(&mut replies);
            }
        }
        replies
    }

    fn end(&mut self) -> Vec<u8> {
        let mut replies = Vec::new();
        if !self.rest.is_empty() {
            self.answer(&mut replies);
        }
        replies.extend_from_slice(format!("goodbye after {} lines\n", self.count).as_bytes());
        replies
    }

    fn answer(&mut self, replies: &mut Vec<u8>) {
        self.count += 1;
        replies.extend_from_slice(format!("{}: ", self.count).as_bytes());
        replies.append(&mut self.rest);
        replies.push(b'\n');
    }
}

/// Writes the bytes, and keeps the connection open. The other `Next` finish, close or reset it.
fn reply(data: Vec<u8>) -> Result<Reply, String> {
    Ok(Reply {
        data,
        next: Next::KeepOpen,
    })
}

struct Plugin;

impl Guest for Plugin {
    /// Called once, before anything has come. The reply is the greeting.
    fn open(_peer: Connection) -> Result<Reply, String> {
        reply(b"ready\n".to_vec())
    }

    /// Called with each chunk. An `Err` would reset the connection, with its text in eco's log.
    fn receive(chunk: Vec<u8>) -> Result<Reply, String> {
        reply(LINES.lock().unwrap().receive(&chunk))
    }

    /// Called when the peer has finished sending. It still reads.
    fn end_of_input() -> Result<Reply, String> {
        reply(LINES.lock().unwrap().end())
    }

    /// Called last, whatever the end was. Nothing can be sent any more, but the log is still there.
    fn closed(why: Reason) {
        let why = match why {
            Reason::Ended => "ended",
            Reason::ByPlugin => "by-plugin",
            Reason::PeerReset => "peer-reset",
            Reason::Idle => "idle",
            Reason::Stalled => "stalled",
            Reason::Stopping => "stopping",
            Reason::Failed => "failed",
        };
        log(Level::Info, &format!("closed: {why}"));
    }
}

export!(Plugin);
