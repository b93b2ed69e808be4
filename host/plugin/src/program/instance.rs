//! A program that runs for one connection, as its session drives it.
//!
//! It owns the outer side of a call: what the program is given, how long it may wait, and what becomes of its output.

use super::load::Program;
use super::template::Running;
use crate::call::{Call, CalledFunction};
use crate::cpu::call_state::{Bounds, CallState, Span};
use crate::engine_state::EngineState;
use crate::error::Error;
use crate::instance::{Owner, call_span};
use crate::laboratory::Laboratory;
use crate::stdio::{ExitReport, Pipes, SessionSettings};
use crate::usage::Usage;
use eco_contract::{Next, Reply};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tracing::Instrument as _;

/// A program that runs.
pub(crate) struct ProgramInstance {
    /// `None` once it is over, or dead.
    running: Option<Running>,
    pipes: Arc<Pipes>,
    call_state: Arc<CallState>,
    engine: Arc<EngineState>,
    program: Arc<Program>,
    connection: u64,
    laboratory: Option<Laboratory>,
    /// The time by the clock in which each call must be over.
    deadline: Duration,
    /// When the instance was made. Its first call has one deadline with that.
    made: Option<Instant>,
    /// The running call, or the last one.
    last: RunningCall,
    exit_code: Option<u32>,
    exit_report: ExitReport,
}

/// A call of a program.
struct RunningCall {
    function: CalledFunction,
    /// When it must be over.
    ends: Option<Instant>,
    /// What is left of the time in which it may wait.
    wait_left: Duration,
    /// Whether it has stopped already.
    has_stopped: bool,
    /// When it stopped with a part of its reply. What the peer takes for that is not the call's time.
    wrote: Option<Instant>,
}

/// Where a program stops.
enum Stop {
    /// It waits for input: its call is over.
    Waits,
    /// It waits for something else, and has written.
    Writes,
    /// It is over, with its exit code.
    Over(Result<u32, Error>),
}

impl ProgramInstance {
    /// Makes an instance. It begins with its first call.
    pub(crate) async fn new(
        program: &Arc<Program>,
        owner: Owner,
        settings: &SessionSettings,
    ) -> Result<Self, Error> {
        let made = Instant::now();
        let engine = program.engine().clone();
        let pipes = Arc::new(Pipes::new(settings.replies, engine.budgets.reply));
        let deadline = owner.deadline.unwrap_or(engine.budgets.deadline);
        let (connection, laboratory) = (owner.connection, owner.laboratory.clone());
        let owner = Owner {
            stdio: Some(program.stdio(&pipes, &settings.variables)),
            ..owner
        };
        let (running, call_state) = program.run(owner, &pipes).await?;
        Ok(Self {
            running: Some(running),
            pipes,
            call_state,
            last: RunningCall {
                function: CalledFunction::Open,
                ends: None,
                wait_left: engine.budgets.wait,
                has_stopped: false,
                wrote: None,
            },
            engine,
            program: program.clone(),
            connection,
            laboratory,
            deadline,
            made: Some(made),
            exit_code: None,
            exit_report: settings.exit_report,
        })
    }

    /// The memory and the work that it had used when its last call was over.
    pub(crate) fn usage(&self) -> Usage {
        self.pipes.usage()
    }

    /// Sets the time by the clock in which each further call must be over.
    pub(crate) fn set_deadline(&mut self, deadline: Duration) {
        self.deadline = deadline;
    }

    /// Makes a call, and runs the program until it waits for input again.
    pub(crate) async fn call(&mut self, call: Call<'_>) -> Result<Reply<'_>, Error> {
        match call {
            Call::Receive(chunk) => self.pipes.give(chunk),
            Call::EndOfInput => self.pipes.end_input(),
            Call::Open(_) | Call::Event => {}
        }
        let wait_left = match call {
            Call::Event => self.last.wait_left,
            // The budget of waiting begins anew with each thing that the peer does.
            Call::Open(_) | Call::Receive(_) | Call::EndOfInput => self.engine.budgets.wait,
        };
        self.begins(call.function(), wait_left, false);
        self.drive().await
    }

    /// Goes on with a call whose reply was a part.
    pub(crate) async fn more(&mut self) -> Result<Reply<'_>, Error> {
        let call = &mut self.last;
        if let (Some(wrote), Some(ends)) = (call.wrote.take(), call.ends) {
            call.ends = ends.checked_add(wrote.elapsed());
        }
        self.drive().await
    }

    /// Notes the call that begins, which has its deadline from now on.
    fn begins(&mut self, function: CalledFunction, wait_left: Duration, has_stopped: bool) {
        let began = self.made.take().unwrap_or_else(Instant::now);
        self.pipes.begins(function);
        self.last = RunningCall {
            function,
            ends: began.checked_add(self.deadline),
            wait_left,
            has_stopped,
            wrote: None,
        };
    }

    /// Tells the program that its peer is gone, and lets it end: it reads the end of its input, and can write no more.
    pub(crate) async fn closed(&mut self) -> Result<(), Error> {
        if self.running.is_none() {
            return Ok(());
        }
        self.pipes.leave();
        // One that waited for its peer has a call of its own. One in the middle of a call ends that.
        let (wait_left, has_stopped) = match self.pipes.waits() {
            true => (self.engine.budgets.wait, false),
            false => (self.last.wait_left, self.last.has_stopped),
        };
        self.begins(CalledFunction::Closed, wait_left, has_stopped);
        self.drive().await.map(drop)
    }

    /// Ready when what the program waits for beside its input has come.
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // This poll runs nothing: it only looks at what the program waits for.
        if self.pipes.has_come() == Some(false)
            && let Some(running) = &mut self.running
            && running.as_mut().poll(cx).is_ready()
        {
            self.running = None;
        }
        match self.pipes.has_come() {
            Some(true) => Poll::Ready(()),
            Some(false) | None => Poll::Pending,
        }
    }

    /// Runs the program until it stops. A future that is dropped before that leaves a dead instance.
    fn drive(&mut self) -> impl Future<Output = Result<Reply<'static>, Error>> {
        let span = call_span(self.last.function);
        self.run().instrument(span)
    }

    async fn run(&mut self) -> Result<Reply<'static>, Error> {
        let mut running = self.running.take().ok_or(Error::Dead)?;
        let now = Instant::now();
        let span = Span {
            runs_since: now,
            ends: self.last.ends,
        };
        let call_state = self.call_state.clone();
        let mut bounds = Bounds::new(&call_state, self.last.wait_left, span);
        let mut has_stopped = self.last.has_stopped || call_state.is_slow();
        self.pipes.drive(true);
        let stop = poll_fn(|cx| {
            if has_stopped {
                call_state.goes_on();
            }
            if let Poll::Ready(result) = running.as_mut().poll(cx) {
                return Poll::Ready(Stop::Over(result));
            }
            if self.pipes.waits() {
                return Poll::Ready(Stop::Waits);
            }
            has_stopped = true;
            match bounds.stopped(cx) {
                // A call that makes way waits for its turn. Its output is not sent yet.
                Ok(false) if self.pipes.has_part() => Poll::Ready(Stop::Writes),
                Ok(_) => Poll::Pending,
                Err(budget) => {
                    self.pipes.break_budget(budget, self.deadline);
                    // It has the state that the failure is counted in.
                    running.as_mut().poll(cx).map(Stop::Over)
                }
            }
        })
        .await;
        self.pipes.drive(false);
        self.last.wait_left = bounds.left();
        self.last.has_stopped = has_stopped;
        let next = match stop {
            Stop::Waits => {
                self.running = Some(running);
                Next::KeepOpen
            }
            Stop::Writes => {
                self.running = Some(running);
                self.last.wrote = Some(Instant::now());
                Next::More
            }
            Stop::Over(result) => {
                let code = *self.exit_code.insert(result?);
                self.tell_end(code);
                match self.pipes.has_input_ended() {
                    true => Next::KeepOpen,
                    false => Next::Close,
                }
            }
        };
        let data = self.pipes.take_output().into();
        Ok(Reply { data, next })
    }

    /// Logs how the program has ended, where its author may want to know.
    fn tell_end(&self, code: u32) {
        let connection = self.connection;
        if code != 0 && self.exit_report == ExitReport::Log {
            let text = format!("the program exited with code {code}");
            match &self.laboratory {
                Some(laboratory) => laboratory.write(format!("eco: {text}")),
                // Mostly because it can't write any more.
                None if self.pipes.is_peer_gone() => tracing::debug!(connection, code, "{text}"),
                None => tracing::info!(connection, code, "{text}"),
            }
        }
        // In a laboratory, whoever judges the program knows whether an answer was due.
        if let (Some(hint), None) = (self.hint(), &self.laboratory)
            && self.pipes.had_several_chunks()
            // It is the same for each connection.
            && self.program.hints_first()
        {
            tracing::info!(connection, "{hint}");
        }
    }

    /// What it had written when it failed.
    pub(crate) fn unsent(&mut self) -> Vec<u8> {
        match self.running {
            None => self.pipes.take_output(),
            Some(_) => Vec::new(),
        }
    }

    /// Its exit code, once it is over.
    pub(crate) fn exit_code(&self) -> Option<u32> {
        self.exit_code
    }

    /// Advice for its author, where all of its output came only with the end of its input.
    pub(crate) fn hint(&self) -> Option<String> {
        let is_due = self.running.is_none() && self.pipes.wrote_only_at_end();
        is_due.then(|| self.program.flush_hint())
    }
}
