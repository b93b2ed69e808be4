//! `eco send`: one dialogue with a server, led by a client plugin.

mod args;
mod config;
mod connecting;
mod program;
mod transfer;

pub(crate) use args::SendArgs;
pub(crate) use config::SendConfig;

use crate::client::{replies, tls};
use crate::exit::{Exit, Failure};
use crate::plugin::{self, compiler};
use crate::signals::Signals;
use anyhow::Context as _;
use connecting::{LAST_WORDS, connected, layered};
use eco_contract::{Expect, SAID};
use eco_net::{self as net, Broken, ConnectAddress, Inbox, Layers, Stream};
use eco_plugin::{Error, Step, Turn};
use eco_text::escape::Escaped;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use transfer::{LineEnd, Transfer};

/// Advice where the built-in client finds a reply wrong: most servers are no echo.
const NO_ECHO: &str = "The built-in client expects what it sends to come back. For a server that does something else, name a client plugin with -p; `eco new NAME --lang js --client` makes one.";

/// Runs the dialogue, unless a signal comes.
pub(crate) async fn run(config: SendConfig) -> Result<(), Failure> {
    let mut signals = Signals::catch()?;
    let plugin = config.plugin.clone();
    let sent = match plugin.has_to_be_program() {
        true => signals.or(program::run(config)).await,
        false => signals.or(send(config)).await,
    };
    sent.map_err(|failure| match failure.exit {
        Exit::Wrong if plugin.is_built_in() => {
            Exit::Wrong.saying(format!("{:#}\n{NO_ECHO}", failure.error))
        }
        _ => failure,
    })
}

async fn send(config: SendConfig) -> Result<(), Failure> {
    let most = config.budgets.reply;
    let message = {
        let reading = tokio::task::spawn_blocking(move || config.message.read(most));
        reading.await??
    };
    // A dialogue can't be repeated in faster code, and messages may be large: the plugin is compiled before it starts.
    let engine = compiler::engine(config.budgets)
        .compiled_first()
        .build()
        .context("cannot set up the sandbox")?;
    let name = config.plugin.name();
    let plugin = config.plugin.load_client(&engine).await?;
    let failed = |error: Error| plugin::failed(error, || format!("the plugin {name} failed"));
    let mut dialogue = plugin.dialogue().await.map_err(failed)?;
    let mut turn = dialogue.start(message.as_deref()).await.map_err(failed)?;
    drop(message);
    check_size(&turn, most)?;
    let (to, layers) = (&config.to, &config.layers);
    let mut connection = Connection::connect(to, layers, config.timeout, most).await?;
    loop {
        connection.take_turn(&turn).await?;
        let step = dialogue.replied(connection.inbox.reply()).await;
        turn = match step.map_err(failed)? {
            Step::Next(turn) => turn,
            Step::Done => break,
            Step::Wrong(fault) => {
                let text = replies::wrong(&fault, connection.inbox.reply());
                return Err(Exit::Wrong.saying(text));
            }
        };
        connection.inbox.take_reply();
        check_size(&turn, most)?;
    }
    connection.inbox.take_reply();
    connection.finish().await
}

/// Refuses a turn whose reply would be over the limit, before its first byte is sent.
fn check_size(turn: &Turn<'_>, most: usize) -> Result<(), Failure> {
    match turn.expect {
        Expect::Exactly(bytes) if bytes > most as u64 => {
            Err(Exit::Plugin.saying(replies::too_large(bytes, most)))
        }
        _ => Ok(()),
    }
}

/// The connection, with the bytes that have arrived.
struct Connection {
    stream: Stream,
    inbox: Inbox,
    most: usize,
    timeout: Duration,
    shown: LineEnd,
}

impl Connection {
    async fn connect(
        to: &ConnectAddress,
        layers: &Layers,
        timeout: Duration,
        most: usize,
    ) -> Result<Self, Failure> {
        Ok(Self {
            stream: layered(connected(to, timeout).await?, to, layers, timeout).await?,
            inbox: Inbox::default(),
            most,
            timeout,
            shown: LineEnd::new(),
        })
    }

    /// Sends the turn's bytes, and reads the reply into the inbox and to stdout.
    async fn take_turn(&mut self, turn: &Turn<'_>) -> Result<(), Failure> {
        let expected = match turn.expect {
            Expect::Exactly(bytes) => bytes,
            _ => 0,
        };
        tracing::debug!(target: SAID, bytes = turn.send.len(), "sending {}", Escaped(&turn.send));
        let transfer = Transfer::new(turn.send.len() as u64 + expected);
        let request = net::Request {
            send: &turn.send,
            expect: &turn.expect,
            most: self.most,
        };
        let exchange = net::exchange(
            &mut self.stream,
            request,
            &mut self.inbox,
            |bytes| transfer.advance(bytes),
            async |bytes| {
                tracing::debug!(target: SAID, bytes = bytes.len(), "received {}", Escaped(bytes));
                transfer.advance(bytes.len());
                self.shown.saw(bytes);
                transfer.show(bytes).await
            },
        );
        let result = tokio::time::timeout(self.timeout, exchange).await;
        drop(transfer);
        let what = match result {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(Broken::Sink(error))) => {
                let error = anyhow::Error::from(error).context("cannot write the reply to stdout");
                return Err(Exit::Internal.because(error));
            }
            Ok(Err(broken)) => replies::broken(&broken, self.most),
            Err(_) => {
                let limit = humantime::format_duration(self.timeout);
                format!("this turn was not over within {limit} (see --timeout)")
            }
        };
        let came = self.inbox.len();
        let text = replies::not_whole(&turn.expect, came, &what);
        Err(Exit::Wrong.saying(text + tls::hint(self.inbox.reply())))
    }

    /// Ends the connection after the last turn, and reports unexpected bytes.
    async fn finish(mut self) -> Result<(), Failure> {
        let mut surplus = self.inbox.reply().to_vec();
        let listening = async {
            self.stream.shutdown().await?;
            let mut rest = (&mut self.stream).take(self.most as u64);
            rest.read_to_end(&mut surplus).await
        };
        // A reset, or a connection that stays open, is no wrong reply.
        let _ = tokio::time::timeout(LAST_WORDS, listening).await;
        if surplus.is_empty() {
            Ok(())
        } else {
            Err(Exit::Wrong.saying(replies::surplus(&surplus)))
        }
    }
}
