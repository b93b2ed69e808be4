//! Running a helper: starting it, feeding it, and taking its answer.
//!
//! It owns the helper's life, which is over when the answer is here, when its time is, or when nobody
//! waits any more. It must not know what the helper does.

use crate::ended::Ended;
use crate::limits::{self, Limits};
use crate::places::{self, AtWork};
use crate::wire::{self, Answer, Head};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ffi::OsString;
use std::io::{self, Read as _, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;
use tokio::time::timeout;

/// A program that does as [`run_helper`](crate::run_helper) says.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its whole path.
    pub path: PathBuf,
    /// What it is started with.
    pub arguments: Vec<OsString>,
}

/// What a helper is started for.
pub struct Task<R> {
    /// What it is asked for.
    pub request: R,
    /// A stranger's, or what eco's own code is to be made of.
    pub bytes: Vec<u8>,
    /// What it may use.
    pub limits: Limits,
    /// Bytes that each block of its answer may have. More is no answer.
    pub most: u64,
    /// When it is killed.
    pub clock: Clock,
    /// Whether it waits until there are few helpers. That is not counted as its time.
    pub waits: bool,
}

/// When a helper is killed that gives no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// After so long: it is out of time then.
    After(Duration),
    /// Its processor time decides, and so much more must have passed before it is killed by the clock: a busy machine
    /// is no reason for another verdict, and helpers come last on it. Nobody knows what it would have done.
    Patience,
}

/// See [`Clock::Patience`]: beyond the processor time that it may have. No test hits it: that would take as long.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// What is read of a helper's stderr, in bytes: the runtime's last words. The rest is lost.
const LAST_WORDS: u64 = 4096;

/// Has a helper do it. Each block of its answer goes to a `place` of its own. The helper is killed when this is dropped.
///
/// # Errors
/// There is no answer.
pub async fn run<R, A, B>(
    program: &Program,
    task: Task<R>,
    place: impl Fn() -> io::Result<B> + Send + 'static,
) -> Result<(A, Vec<B>), Ended>
where
    R: Serialize + Send + 'static,
    A: DeserializeOwned + Send + 'static,
    B: Write + Send + 'static,
{
    let Task {
        request,
        bytes,
        limits,
        most,
        clock,
        waits,
    } = task;
    let places = if waits {
        Some(places::places().await)
    } else {
        None
    };
    let (_place, at_work) = places.unzip();
    let (mut running, pipes) = Running::start(program).map_err(|error| Ended::NotStarted {
        program: program.path.clone(),
        error,
    })?;
    let head = Head { request, limits };
    let mut talking =
        tokio::task::spawn_blocking(move || pipes.talk(&head, &bytes, most, at_work, place));
    let (time, late) = match clock {
        Clock::After(time) => (time, Ended::OutOfTime),
        Clock::Patience => {
            let cpu = limits.cpu.unwrap_or_default();
            (cpu.saturating_add(PATIENCE), Ended::Busy)
        }
    };
    let Ok(said) = timeout(time, &mut talking).await else {
        running.end();
        return Err(late);
    };
    let said = said.map_err(|error| Ended::Unclear(error.to_string()))?;
    match said.answer {
        Ok(Answer::Made(answer, blocks)) => Ok((answer, blocks)),
        Ok(Answer::Panicked(why)) => Err(Ended::Panicked(why)),
        Err(error) => {
            let ending = tokio::task::spawn_blocking(move || running.ended());
            Err(match ending.await.ok().flatten() {
                Some(status) => match Ended::of(status, &said.last_words) {
                    Ended::OutOfMemory if limits.memory.is_none_or(limits::is_short_of) => {
                        Ended::ShortOfMemory
                    }
                    ended => ended,
                },
                None => Ended::Unclear(format!("the helper's answer: {error}")),
            })
        }
    }
}

/// As [`run`], with the blocks in memory, for a thread of a tokio runtime that may block
/// ([`spawn_blocking`](tokio::task::spawn_blocking)).
///
/// # Errors
/// As of [`run`].
///
/// # Panics
/// There is no runtime, or the thread may not block.
pub fn run_blocking<R, A>(program: &Program, task: Task<R>) -> Result<(A, Vec<Vec<u8>>), Ended>
where
    R: Serialize + Send + 'static,
    A: DeserializeOwned + Send + 'static,
{
    tokio::runtime::Handle::current().block_on(run(program, task, || Ok(Vec::new())))
}

/// A helper. It is killed when this is dropped.
struct Running {
    child: Child,
}

impl Running {
    fn start(program: &Program) -> io::Result<(Self, Pipes)> {
        let mut command = Command::new(&program.path);
        command
            .args(&program.arguments)
            .env_clear()
            .current_dir(if cfg!(windows) { "C:\\" } else { "/" })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            // What a terminal's Ctrl-C means is eco's to say.
            command.arg0("eco").process_group(0);
        }
        let mut child = command.spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let running = Self { child };
        match pipes {
            (Some(stdin), Some(stdout), Some(stderr)) => Ok((
                running,
                Pipes {
                    stdin,
                    stdout,
                    stderr,
                },
            )),
            _ => Err(io::Error::other("it has no pipes")),
        }
    }

    /// How it ended. `None` if it hasn't.
    fn ended(&mut self) -> Option<ExitStatus> {
        // It has closed its pipes, or said what makes no sense: then it is killed.
        let ended = (0..ENDING).find_map(|_| {
            let status = self.child.try_wait().ok().flatten();
            if status.is_none() {
                std::thread::sleep(Duration::from_millis(1));
            }
            status
        });
        self.end();
        ended
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Milliseconds that a process may take between closing its pipes and its end.
const ENDING: u32 = 1000;

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

struct Pipes {
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

/// What came out of the pipes.
struct Said<A, B> {
    answer: io::Result<Answer<A, B>>,
    last_words: Vec<u8>,
}

impl Pipes {
    /// Asks, and waits for the answer. It ends when the helper does.
    fn talk<R: Serialize, A: DeserializeOwned, B: Write>(
        mut self,
        head: &Head<R>,
        bytes: &[u8],
        most: u64,
        mut at_work: Option<AtWork>,
        place: impl Fn() -> io::Result<B>,
    ) -> Said<A, B> {
        // A helper that ends before it has read all says why in another way.
        let _ = wire::write_request(&mut self.stdin, head, bytes);
        let takes_long = || {
            if let Some(at_work) = &mut at_work {
                at_work.make_way();
            }
        };
        let answer = wire::read_answer(&mut self.stdout, most, takes_long, place);
        let mut last_words = Vec::new();
        if answer.is_err() {
            // stdout is at its end, and stderr soon.
            drop(self.stdout);
            let _ = self.stderr.take(LAST_WORDS).read_to_end(&mut last_words);
        }
        Said { answer, last_words }
    }
}
