//! The tester's side of the sockets.

use super::reporting_session::{Event, Expected};
use eco_contract::Next;
use eco_exercise::{Answer, Failed, Then, Wire, after_finish};
use eco_plugin::Lab;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// How long the tester waits for the server. It is a backstop: fuel ends a plugin long before, and
/// when it is hit the verdict is an internal error.
const PATIENCE: Duration = Duration::from_secs(60);

/// The connections of one run.
pub(super) struct Sockets {
    address: SocketAddr,
    expected: Arc<Mutex<Expected>>,
    lab: Lab,
    lines: BTreeMap<usize, Line>,
    fuel: u64,
}

struct Line {
    socket: TcpStream,
    events: UnboundedReceiver<Event>,
    /// The client has said that it sends no more.
    finished: bool,
    /// The plugin, or the end of the input, has ended it.
    ended: bool,
    /// There is no last call to wait for.
    refused: bool,
    /// The plugin has said its last word.
    said_last: bool,
}

impl Sockets {
    pub(super) fn new(address: SocketAddr, expected: Arc<Mutex<Expected>>, lab: Lab) -> Self {
        Self {
            address,
            expected,
            lab,
            lines: BTreeMap::new(),
            fuel: 0,
        }
    }

    async fn connect(&mut self, connection: usize) -> Result<Answer, Failed> {
        let (tell, events) = unbounded_channel();
        // The next session is this connection's: they are opened one after the other.
        *self.expected.lock().unwrap_or_else(PoisonError::into_inner) = Expected {
            lab: self.lab.clone(),
            tell: Some(tell),
        };
        let socket = TcpStream::connect(self.address).await.map_err(internal)?;
        socket.set_nodelay(true).map_err(internal)?;
        let line = self.lines.entry(connection).or_insert(Line {
            socket,
            events,
            finished: false,
            ended: false,
            refused: false,
            said_last: false,
        });
        line.answered(0, Last::No).await
    }

    fn line(&mut self, connection: usize) -> Result<&mut Line, Failed> {
        let none = || Failed::Internal("a connection is not open".to_owned());
        self.lines.get_mut(&connection).ok_or_else(none)
    }

    async fn send_chunk(&mut self, connection: usize, chunk: &[u8]) -> Result<Answer, Failed> {
        let line = self.line(connection)?;
        line.socket.write_all(chunk).await.map_err(internal)?;
        line.answered(chunk.len(), Last::No).await
    }

    async fn send_end(&mut self, connection: usize) -> Result<Answer, Failed> {
        let line = self.line(connection)?;
        line.finished = true;
        line.socket.shutdown().await.map_err(internal)?;
        line.answered(0, Last::Yes).await
    }
}

/// Whether the connection ends with the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    No,
    Yes,
}

impl Line {
    /// All that the plugin answers to `bytes` bytes, or to one event without bytes.
    async fn answered(&mut self, bytes: usize, last: Last) -> Result<Answer, Failed> {
        let mut data = Vec::new();
        let mut left = bytes;
        loop {
            let (handed, replied, next) = match event(&mut self.events).await? {
                Event::Answered {
                    handed,
                    replied,
                    next,
                } => (handed, replied, next),
                Event::Refused => {
                    self.refused = true;
                    (left, 0, Next::Close)
                }
                Event::Failed(error) => return Err(error.into()),
                Event::Closed(_) => {
                    let what = "the server closed a connection by itself";
                    return Err(Failed::Internal(what.to_owned()));
                }
            };
            left = left.saturating_sub(handed);
            let then = self.read(&mut data, replied, next, last).await?;
            if left == 0 || matches!(then, Then::Closed | Then::Reset) {
                return Ok(Answer { data, then });
            }
        }
    }

    /// Reads what the plugin returned, and looks whether the socket ends where it should.
    async fn read(
        &mut self,
        data: &mut Vec<u8>,
        replied: usize,
        next: Next,
        last: Last,
    ) -> Result<Then, Failed> {
        if self.said_last && replied > 0 {
            return Err(after_finish().into());
        }
        let start = data.len();
        let wanted = u64::try_from(replied).unwrap_or(u64::MAX);
        let mut reply = (&mut self.socket).take(wanted);
        let read = timeout(PATIENCE, reply.read_to_end(data)).await;
        let came = data.len() - start;
        match (read, next) {
            // A reset may overtake what was written before it.
            (Ok(_), Next::Reset) => {}
            (Ok(Ok(_)), _) if came == replied => {}
            _ => {
                return Err(Failed::Internal(format!(
                    "the plugin returned {replied} bytes, and {came} came out of the socket"
                )));
            }
        }
        let then = match (next, last) {
            (Next::Reset, _) => Then::Reset,
            (Next::Close, _) | (_, Last::Yes) => Then::Closed,
            (Next::Finish, Last::No) => Then::Finished,
            (Next::KeepOpen, Last::No) => return Ok(Then::Open),
        };
        self.ended |= matches!(then, Then::Closed | Then::Reset);
        if std::mem::replace(&mut self.said_last, true) {
            return Ok(then);
        }
        let end = timeout(PATIENCE, self.socket.read(&mut [0])).await;
        match end {
            Ok(Ok(0)) => Ok(then),
            Ok(Err(_)) if next == Next::Reset => Ok(then),
            Ok(Ok(_)) => Err(Failed::Internal("the server sent too much".to_owned())),
            Ok(Err(error)) => Err(internal(error)),
            Err(_) => Err(Failed::Internal("the server didn't close".to_owned())),
        }
    }
}

async fn event(events: &mut UnboundedReceiver<Event>) -> Result<Event, Failed> {
    let silent = |_| Failed::Internal("the server took too long".to_owned());
    let event = timeout(PATIENCE, events.recv()).await.map_err(silent)?;
    event.ok_or_else(|| Failed::Internal("the server dropped a connection".to_owned()))
}

/// Waits for the session's last call; the fuel that it has used in all.
async fn closed(mut events: UnboundedReceiver<Event>) -> Result<u64, Failed> {
    loop {
        if let Event::Closed(result) = event(&mut events).await? {
            return Ok(result?);
        }
    }
}

fn internal(error: io::Error) -> Failed {
    Failed::Internal(error.to_string())
}

fn answer(answer: Result<Answer, Failed>) -> Answer {
    answer.unwrap_or_else(|failed| Then::Failed(failed).into())
}

impl Wire for Sockets {
    async fn open(&mut self, connection: usize) -> Answer {
        answer(self.connect(connection).await)
    }

    async fn send(&mut self, connection: usize, chunk: &[u8]) -> Answer {
        answer(self.send_chunk(connection, chunk).await)
    }

    async fn finish(&mut self, connection: usize) -> Answer {
        answer(self.send_end(connection).await)
    }

    async fn leave(&mut self, connection: usize) -> Result<(), Failed> {
        let line = self.line(connection)?;
        if !line.finished && !line.ended {
            self.send_end(connection).await?;
        }
        let Some(line) = self.lines.remove(&connection) else {
            return Ok(());
        };
        let Line {
            socket,
            events,
            refused,
            ..
        } = line;
        // Where the plugin ended the connection, the server waits for this.
        drop(socket);
        if !refused {
            let used = closed(events).await?;
            self.fuel = self.fuel.max(used);
        }
        Ok(())
    }

    async fn pause(&mut self, time: Duration) {
        self.lab.advance(time);
    }

    fn fuel(&self) -> u64 {
        self.fuel
    }

    fn log(&self) -> Vec<String> {
        self.lab.log()
    }
}
