//! The connections of an `eco call`: several sessions of one plugin, without sockets.
//!
//! It owns the order of calls. A step is over, and all other connections have heard of it, before the next step begins.
//! `Life` has the rules within one connection.

use super::show::Show;
use super::step_args::Step;
use crate::exit::{Exit, Failure};
use crate::plugin;
use eco_contract::{Connection, Life, Opening, Reason, Session as _};
use eco_net::Limits;
use eco_plugin::{Error, PluginSession, ServerPlugin, Usage};
use eco_text::escape::Escaped;
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::task::unconstrained;
use tokio::time::{Instant, timeout, timeout_at};

/// All connections of a call.
pub(super) struct Connections<'a> {
    plugin: &'a ServerPlugin,
    show: Show<'a>,
    /// Time that the consequences of a step may take.
    wait: Duration,
    /// Time that a call may take, by the clock; `None` is any.
    patience: Option<Duration>,
    /// Whether a call took longer.
    is_slow: bool,
    /// In the order of their names; `None` for one that isn't open yet.
    connections: Vec<Option<Open>>,
}

/// A connection that was opened.
struct Open {
    /// `None` once the connection is over.
    session: Option<PluginSession>,
    life: Life,
    usage: Usage,
}

impl<'a> Connections<'a> {
    /// Makes `count` connections, none of which is open.
    pub(super) fn new(
        plugin: &'a ServerPlugin,
        count: usize,
        show: Show<'a>,
        wait: Duration,
        patience: Option<Duration>,
    ) -> Self {
        Self {
            plugin,
            show,
            wait,
            patience,
            is_slow: false,
            connections: (0..count).map(|_| None).collect(),
        }
    }

    /// Opens the one connection of a call without names, before anything else.
    pub(super) async fn begin(&mut self) -> Result<(), Failure> {
        if self.connections.len() == 1 {
            self.open(0).await?;
        }
        Ok(())
    }

    /// Does one step, and hands over all events that follow.
    pub(super) async fn take(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Chunk(at, bytes) => {
                self.open(*at).await?;
                self.receive(*at, bytes).await?;
            }
            Step::End(at) => {
                self.open(*at).await?;
                self.end(*at).await?;
            }
            Step::Pause(time) => return self.pause(*time).await,
        }
        self.hand_over().await
    }

    /// Ends the input of all other peers, in their order.
    pub(super) async fn finish(&mut self) -> Result<(), Failure> {
        for at in 0..self.connections.len() {
            // A connection without a step was never opened.
            if self.is_open(at) {
                self.end(at).await?;
                self.hand_over().await?;
            }
        }
        Ok(())
    }

    /// Closes all other connections, with the reason that eco stops.
    pub(super) async fn stop(&mut self) -> Result<(), Failure> {
        let mut result = Ok(());
        for open in self.connections.iter_mut().flatten() {
            result = result.and(open.close(Reason::Stopping).await);
        }
        result
    }

    /// Whether a call took longer than it may. No further call is allowed then.
    pub(super) fn is_slow(&self) -> bool {
        self.is_slow
    }

    /// Logs the usage of each connection.
    pub(super) fn tell_usage(&self) {
        for (at, open) in self.connections.iter().enumerate() {
            if let Some(open) = open {
                self.show.usage(at, open.usage);
            }
        }
    }

    fn is_open(&self, at: usize) -> bool {
        matches!(self.connections.get(at), Some(Some(open)) if open.session.is_some())
    }

    /// Opens a connection, unless it was opened before.
    async fn open(&mut self, at: usize) -> Result<(), Failure> {
        match self.connections.get_mut(at) {
            Some(place @ None) => *place = Some(Open::new(self.plugin.session())),
            _ => return Ok(()),
        }
        let nowhere = "127.0.0.1:0";
        let connection = Connection {
            id: at as u64 + 1,
            peer: nowhere.to_owned(),
            local: nowhere.to_owned(),
            origin: None,
            details: None,
        };
        self.call(at, Call::Open(&connection)).await
    }

    /// Hands over bytes. As from a socket, many bytes come in several chunks.
    async fn receive(&mut self, at: usize, bytes: &[u8]) -> Result<(), Failure> {
        for chunk in bytes.chunks(Limits::default().chunk_size) {
            if !self.is_open(at) {
                return self.show.gone(at);
            }
            self.show.event(at, &Escaped(chunk).to_string())?;
            self.call(at, Call::Chunk(chunk)).await?;
        }
        Ok(())
    }

    async fn end(&mut self, at: usize) -> Result<(), Failure> {
        if !self.is_open(at) {
            return Ok(());
        }
        self.show.event(at, "end of input")?;
        self.call(at, Call::End).await
    }

    /// Makes one call on an open connection.
    async fn call(&mut self, at: usize, call: Call<'_>) -> Result<(), Failure> {
        let Some(Some(open)) = self.connections.get_mut(at) else {
            return Ok(());
        };
        let calling = open.call(call, at, self.show);
        let patience = self.patience.filter(|_| self.show.can_be_undone());
        let result = match patience {
            None => calling.await,
            Some(patience) => timeout(patience, calling).await.unwrap_or_else(|_| {
                self.is_slow = true;
                Err(Exit::Plugin.saying("a call took too long"))
            }),
        };
        if result.is_err() {
            open.life.failed();
        }
        result
    }

    /// Lets time pass, and hands over events as they happen.
    async fn pause(&mut self, time: Duration) -> Result<(), Failure> {
        self.show.pause(time)?;
        let Some(end) = Instant::now().checked_add(time) else {
            return Err(Exit::Usage.saying("--pause is longer than the clock goes"));
        };
        while let Ok(at) = timeout_at(end, poll_fn(|cx| self.poll_event(cx))).await {
            self.call(at, Call::Event).await?;
        }
        Ok(())
    }

    /// Hands over the events of now, and those that follow. The budget for waiting bounds the time, since connections could
    /// answer each other for ever.
    /// Test: `commands::call::connections_that_answer_each_other_for_ever_are_told`.
    async fn hand_over(&mut self) -> Result<(), Failure> {
        let begin = Instant::now();
        loop {
            // Unconstrained: when tokio's budget of the task is used up, polling would find no event.
            let look = poll_fn(|cx| Poll::Ready(self.poll_event(cx)));
            match unconstrained(look).await {
                Poll::Ready(at) => self.call(at, Call::Event).await?,
                Poll::Pending => return Ok(()),
            }
            if begin.elapsed() > self.wait {
                let wait = humantime::format_duration(self.wait);
                return Err(Exit::Plugin.saying(format!(
                    "what follows from one step goes on for longer than {wait} (see --wait): do the connections answer each other for ever?"
                )));
            }
        }
    }

    /// Finds a connection with an event.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        for (at, open) in self.connections.iter_mut().enumerate() {
            let Some(Open {
                session: Some(session),
                life,
                ..
            }) = open
            else {
                continue;
            };
            if !life.has_input_ended() && session.poll_event(cx).is_ready() {
                return Poll::Ready(at);
            }
        }
        Poll::Pending
    }
}

/// A call of a session.
enum Call<'a> {
    Open(&'a Connection),
    Chunk(&'a [u8]),
    Event,
    End,
}

impl Open {
    fn new(session: PluginSession) -> Self {
        Self {
            session: Some(session),
            life: Life::default(),
            usage: Usage::default(),
        }
    }

    /// Makes the call, shows the reply, and closes the connection if it is over.
    async fn call(&mut self, call: Call<'_>, at: usize, show: Show<'_>) -> Result<(), Failure> {
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        let replied = match call {
            Call::Open(connection) => match session.open(connection).await {
                Err(error) => Err(error),
                Ok(Opening::Greeting(reply)) => Ok(reply),
                Ok(Opening::Refusal(why)) => {
                    self.life.refused();
                    let why = Escaped(why.as_bytes());
                    let text = format!("the plugin refuses the connection: {why}");
                    return Err(Exit::Plugin.saying(text));
                }
            },
            Call::Chunk(chunk) => session.receive(chunk).await,
            Call::Event => session.event().await,
            Call::End => {
                self.life.input_ended();
                session.end_of_input().await
            }
        };
        let reply = match replied {
            Ok(reply) => reply,
            Err(error) => {
                show.unsent(at, &session.unsent())?;
                return Err(failed(error));
            }
        };
        show.reply(at, &reply)?;
        // A reply after the plugin has finished is an error; a server would reset the connection.
        let then = self.life.replied(reply.data.len(), reply.next);
        then.map_err(|error| Exit::Plugin.because(error))?;
        self.close_if_over().await
    }

    /// Makes the last call, if the connection is over. Others may hear of that in events.
    async fn close_if_over(&mut self) -> Result<(), Failure> {
        match self.life.ended() {
            Some(why) => self.close(why).await,
            None => Ok(()),
        }
    }

    /// Makes the last call, unless it was made, or the plugin refused the connection.
    async fn close(&mut self, why: Reason) -> Result<(), Failure> {
        let Some(mut session) = self.session.take() else {
            return Ok(());
        };
        self.usage = session.usage().unwrap_or_default();
        if !self.life.hears_of_its_end() {
            return Ok(());
        }
        let why = self.life.ended().unwrap_or(why);
        session.closed(why).await.map_err(failed)
    }
}

pub(super) fn failed(error: Error) -> Failure {
    plugin::failed(error, || "the plugin failed".to_owned())
}
