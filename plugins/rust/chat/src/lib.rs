//! chat: a room in which everybody hears what the others say, and who comes and goes.

wit_bindgen::generate!({ path: "wit", world: "event-plugin" });

use eco::plugin::topics::{publish, subscribe};
use exports::eco::plugin::events::{self, Happening};
use exports::eco::plugin::session::{self, Connection, Next, Reason, Reply};
use std::sync::Mutex;

const ROOM: &str = "room";

/// Every connection has an instance of its own, so that a static is that connection's state. What
/// connections share goes through topics. One call comes at a time: the lock is always free.
static PEER: Mutex<Peer> = Mutex::new(Peer {
    rest: Vec::new(),
    name: None,
});

struct Peer {
    /// The line whose end hasn't come yet.
    rest: Vec<u8>,
    name: Option<String>,
}

impl Peer {
    /// Takes the lines that end in the chunk, and keeps what follows the last one.
    fn receive(&mut self, chunk: &[u8]) -> Result<String, String> {
        let mut said = String::new();
        let mut pieces = chunk.split(|byte| *byte == b'\n').peekable();
        while let Some(piece) = pieces.next() {
            self.rest.extend_from_slice(piece);
            if pieces.peek().is_some() {
                let line = std::mem::take(&mut self.rest);
                if self.name.is_some() {
                    // To all others, when this call has returned.
                    publish(ROOM, &line).map_err(|problem| format!("{problem:?}"))?;
                } else {
                    said += &self.enter(&line)?;
                }
            }
        }
        Ok(said)
    }

    fn enter(&mut self, line: &[u8]) -> Result<String, String> {
        let name = String::from_utf8_lossy(line).into_owned();
        // From now on `event` is called. Who is there already is told here.
        let others = subscribe(ROOM, &name).map_err(|problem| format!("{problem:?}"))?;
        self.name = Some(name);
        let labels: Vec<String> = others.into_iter().map(|member| member.label).collect();
        Ok(if labels.is_empty() {
            "You are the first.\n".to_owned()
        } else {
            format!("Here: {}\n", labels.join(", "))
        })
    }
}

/// Writes the text, and keeps the connection open.
fn reply(text: impl Into<Vec<u8>>) -> Result<Reply, String> {
    Ok(Reply {
        data: text.into(),
        next: Next::KeepOpen,
    })
}

struct Plugin;

impl session::Guest for Plugin {
    fn open(_peer: Connection) -> Result<Reply, String> {
        reply("Your name? ")
    }

    fn receive(chunk: Vec<u8>) -> Result<Reply, String> {
        reply(PEER.lock().unwrap().receive(&chunk)?)
    }

    fn end_of_input() -> Result<Reply, String> {
        reply("")
    }

    fn closed(_why: Reason) {}
}

impl events::Guest for Plugin {
    /// What this returns goes to the peer, as what `receive` returns does.
    fn event(event: Happening) -> Result<Reply, String> {
        match event {
            Happening::Message(message) => {
                let mut line = format!("{}: ", message.from.label).into_bytes();
                line.extend_from_slice(&message.data);
                line.push(b'\n');
                reply(line)
            }
            Happening::Joined(presence) => reply(format!("{} comes\n", presence.member.label)),
            Happening::Left(presence) => reply(format!("{} goes\n", presence.member.label)),
            // More was said than this peer could take.
            Happening::Missed(missed) => {
                reply(format!("({} missed)\n", missed.count.unwrap_or_default()))
            }
            Happening::Timer => reply(""),
        }
    }
}

export!(Plugin);
