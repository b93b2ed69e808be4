//! The tester's side of the sockets.

use super::reporting_session::{Event, Expected, Tester};
use eco_contract::{Life, Next, RepliedAfterFinish};
use eco_exercise::{Answer, Failed, Then, Wire, after_finish};
use eco_plugin::Laboratory;
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// How long the tester waits for the server. It is a backstop: fuel ends a plugin long before, and
/// when it is hit the verdict is an internal error.
const PATIENCE: Duration = Duration::from_secs(60);

/// The connections of one run.
pub(super) struct Sockets {
    address: SocketAddr,
    expected: Arc<Expected>,
    laboratory: Laboratory,
    clients: BTreeMap<usize, Client>,
    /// Connections that are over, and what came of their last call.
    ended: BTreeMap<usize, Result<(), Failed>>,
    fuel: u64,
}

struct Client {
    socket: TcpStream,
    events: UnboundedReceiver<Event>,
    ask: UnboundedSender<()>,
    life: Life,
    /// FIN has come out of the socket, or a reset.
    has_read_end: bool,
}

impl Sockets {
    pub(super) fn new(
        address: SocketAddr,
        expected: Arc<Expected>,
        laboratory: Laboratory,
    ) -> Self {
        Self {
            address,
            expected,
            laboratory,
            clients: BTreeMap::new(),
            ended: BTreeMap::new(),
            fuel: 0,
        }
    }

    async fn connect(&mut self, connection: usize) -> Result<Answer, Failed> {
        let (tell, events) = unbounded_channel();
        let (ask, asked) = unbounded_channel();
        let tester = Tester {
            connection,
            laboratory: self.laboratory.clone(),
            tell,
            asked,
        };
        let socket = self.open_socket(tester).await.map_err(internal)?;
        let client = self.clients.entry(connection).or_insert(Client {
            socket,
            events,
            ask,
            life: Life::default(),
            has_read_end: false,
        });
        client.answered(0).await
    }

    /// Connects from an address that the server has been told of, so that nobody else is taken for the tester.
    async fn open_socket(&self, tester: Tester) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        socket.set_nodelay(true)?;
        self.expected.expect(socket.local_addr()?, tester);
        socket.connect(self.address).await
    }

    fn client(&mut self, connection: usize) -> Result<&mut Client, Failed> {
        let none = || Failed::Internal("a connection is not open".to_owned());
        self.clients.get_mut(&connection).ok_or_else(none)
    }

    async fn send_chunk(&mut self, connection: usize, chunk: &[u8]) -> Result<Answer, Failed> {
        let client = self.client(connection)?;
        client.socket.write_all(chunk).await.map_err(internal)?;
        client.answered(chunk.len()).await
    }

    /// Where the connection is over, the client goes too, and waits until the plugin has been told: so that
    /// others have heard of it.
    async fn settle(&mut self, connection: usize, answer: Result<Answer, Failed>) -> Answer {
        let answer = answer.unwrap_or_else(|failed| Then::Failed(failed).into());
        if matches!(answer.then, Then::Closed | Then::Reset) {
            let left = self.drop_client(connection).await;
            self.ended.insert(connection, left);
        }
        answer
    }

    async fn drop_client(&mut self, connection: usize) -> Result<(), Failed> {
        let Some(client) = self.clients.remove(&connection) else {
            return Ok(());
        };
        let Client {
            socket,
            events,
            life,
            ..
        } = client;
        // Where the plugin ended the connection, the server waits for this.
        drop(socket);
        if life.hears_of_its_end() {
            let used = closed(events).await?;
            self.fuel = self.fuel.max(used);
        }
        Ok(())
    }

    async fn hear_beside(&mut self, connection: usize) -> Result<Option<Answer>, Failed> {
        let Some(client) = self.clients.get_mut(&connection) else {
            return Ok(None);
        };
        // A session that is gone says so by its last event.
        let _ = client.ask.send(());
        match event(&mut client.events).await? {
            Event::Nothing => Ok(None),
            answered => client.answered_from(answered, 0).await.map(Some),
        }
    }

    async fn send_end(&mut self, connection: usize) -> Result<Answer, Failed> {
        let client = self.client(connection)?;
        client.life.input_ended();
        client.socket.shutdown().await.map_err(internal)?;
        client.answered(0).await
    }
}

impl Client {
    /// All that the plugin answers to `bytes` bytes, or to one event without bytes.
    async fn answered(&mut self, bytes: usize) -> Result<Answer, Failed> {
        let first = event(&mut self.events).await?;
        self.answered_from(first, bytes).await
    }

    /// The same, of which the first part has been told.
    async fn answered_from(&mut self, first: Event, bytes: usize) -> Result<Answer, Failed> {
        let mut data = Vec::new();
        let mut left = bytes;
        let mut came = first;
        loop {
            let (handed, replied, next) = match came {
                Event::Answered {
                    handed,
                    replied,
                    next,
                } => (handed, replied, next),
                Event::Nothing => (0, 0, Next::KeepOpen),
                Event::Refused => {
                    self.life.refused();
                    (left, 0, Next::Close)
                }
                Event::Failed(error) => return Err(error.into()),
                Event::Closed(_) => {
                    let what = "the server closed a connection by itself";
                    return Err(Failed::Internal(what.to_owned()));
                }
            };
            left = left.saturating_sub(handed);
            let then = self.read(&mut data, replied, next).await?;
            if left == 0 || matches!(then, Then::Closed | Then::Reset) {
                return Ok(Answer { data, then });
            }
            came = event(&mut self.events).await?;
        }
    }

    /// Reads what the plugin returned, and looks whether the socket ends where it should.
    async fn read(
        &mut self,
        data: &mut Vec<u8>,
        replied: usize,
        next: Next,
    ) -> Result<Then, Failed> {
        let then = self.life.replied(replied, next);
        let then = then.map_err(|RepliedAfterFinish| after_finish())?;
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
        if then == eco_contract::Then::Open || self.has_read_end {
            return Ok(then.into());
        }
        self.has_read_end = true;
        let then = then.into();
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

impl Wire for Sockets {
    async fn open(&mut self, connection: usize) -> Answer {
        let answer = self.connect(connection).await;
        self.settle(connection, answer).await
    }

    async fn send(&mut self, connection: usize, chunk: &[u8]) -> Answer {
        let answer = self.send_chunk(connection, chunk).await;
        self.settle(connection, answer).await
    }

    async fn finish(&mut self, connection: usize) -> Answer {
        let answer = self.send_end(connection).await;
        self.settle(connection, answer).await
    }

    async fn leave(&mut self, connection: usize) -> Result<(), Failed> {
        if let Some(left) = self.ended.remove(&connection) {
            return left;
        }
        self.send_end(connection).await?;
        self.drop_client(connection).await
    }

    async fn hear(&mut self, connection: usize) -> Option<Answer> {
        let heard = self.hear_beside(connection).await.transpose()?;
        Some(self.settle(connection, heard).await)
    }

    fn next_timer(&self) -> Option<Duration> {
        self.laboratory.next_timer()
    }

    async fn pause(&mut self, time: Duration) {
        self.laboratory.advance(time);
    }

    fn fuel(&self) -> u64 {
        self.fuel
    }

    fn log(&self) -> Vec<String> {
        self.laboratory.log()
    }
}
