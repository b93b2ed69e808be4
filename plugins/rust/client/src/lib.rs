//! client: sends lines to the plugin `lines`, one after the other, and checks every reply.
//!
//! A client plugin holds a dialogue in turns. A turn says what to send and how far to read after it,
//! and eco does both. What was read comes to `replied`, which returns the next turn.

wit_bindgen::generate!({ path: "wit", world: "client-plugin" });

use exports::eco::plugin::client::{Expect, Fault, Guest, Step, Turn};
use std::collections::VecDeque;
use std::sync::Mutex;

/// What is left of the dialogue. The first exchange is the one under way.
static DIALOGUE: Mutex<VecDeque<Exchange>> = Mutex::new(VecDeque::new());

struct Exchange {
    send: Vec<u8>,
    expect: Expect,
    /// What the reply must be, and what to say if it isn't.
    reply: Vec<u8>,
    otherwise: String,
}

impl Exchange {
    fn turn(&self) -> Turn {
        Turn {
            send: self.send.clone(),
            expect: self.expect.clone(),
        }
    }
}

fn dialogue(message: &[u8]) -> VecDeque<Exchange> {
    let mut exchanges = VecDeque::from([Exchange {
        send: Vec::new(),
        expect: through_newline(),
        reply: b"ready\n".to_vec(),
        otherwise: "the greeting should be ready".to_owned(),
    }]);
    let lines = message.split_inclusive(|byte| *byte == b'\n');
    for (line, number) in lines.zip(1..) {
        let line = [line.strip_suffix(b"\n").unwrap_or(line), b"\n"].concat();
        exchanges.push_back(Exchange {
            reply: [format!("{number}: ").as_bytes(), &line].concat(),
            send: line,
            expect: through_newline(),
            otherwise: format!("line {number} came back changed"),
        });
    }
    let count = exchanges.len() - 1;
    exchanges.push_back(Exchange {
        send: Vec::new(),
        expect: Expect::ToEnd,
        reply: format!("goodbye after {count} lines\n").into_bytes(),
        otherwise: format!("the goodbye should be for {count} lines"),
    });
    exchanges
}

fn through_newline() -> Expect {
    Expect::Through(b"\n".to_vec())
}

/// The first place where they differ, if there is one.
fn difference(one: &[u8], other: &[u8]) -> Option<usize> {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    (one != other).then_some(same)
}

struct Client;

impl Guest for Client {
    /// Called first. The message is what the user typed, if anything. An `Err` would say that the
    /// plugin can't use it.
    fn start(message: Option<Vec<u8>>) -> Result<Turn, String> {
        let message = message.unwrap_or_else(|| b"one\ntwo\nthree\n".to_vec());
        let mut exchanges = DIALOGUE.lock().unwrap();
        *exchanges = dialogue(&message);
        Ok(exchanges[0].turn())
    }

    /// Called with each reply, read exactly as far as the turn said.
    fn replied(reply: Vec<u8>) -> Result<Step, String> {
        let mut exchanges = DIALOGUE.lock().unwrap();
        let over = exchanges.pop_front().ok_or("the dialogue is over")?;
        if let Some(offset) = difference(&reply, &over.reply) {
            return Ok(Step::Wrong(Fault {
                reason: over.otherwise,
                offset: Some(offset as u64),
            }));
        }
        Ok(exchanges
            .front()
            .map_or(Step::Done, |next| Step::Next(next.turn())))
    }
}

export!(Client);
