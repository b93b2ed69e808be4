//! Running a helper: its start, its request and its answer.
//!
//! It owns the helper's life, which ends with its answer, with its time, or when nobody waits any more.

use crate::ended::Ended;
use crate::limits::{self, Limits};
use crate::mark;
use crate::pipes::{Life, Pipes};
use crate::places::{self, AtWork};
use crate::wire::{self, Answer, Head, Hello};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// A program that calls [`if_helper`](crate::if_helper) first in its `main`.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
}

impl Program {
    /// The program with this path, which is absolute: helpers run in the root folder.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            arguments: Vec::new(),
        }
    }

    /// The program of this process. On Linux it stays the running one when its file is replaced.
    ///
    /// # Errors
    /// The system doesn't tell its path.
    pub fn this() -> io::Result<Self> {
        let path = std::env::current_exe()?;
        Ok(Self::new(if cfg!(target_os = "linux") {
            PathBuf::from(THIS)
        } else {
            path
        }))
    }

    /// Starts it with these arguments. A program that calls `if_helper` first needs none.
    #[must_use]
    pub fn with_arguments(mut self, arguments: impl IntoIterator<Item = OsString>) -> Self {
        self.arguments = arguments.into_iter().collect();
        self
    }

    /// Its path, as it is started.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its path, for a person.
    fn shown(&self) -> PathBuf {
        match std::env::current_exe() {
            Ok(path) if self.path == Path::new(THIS) => path,
            _ => self.path.clone(),
        }
    }
}

/// The path of each process's own program, on Linux.
const THIS: &str = "/proc/self/exe";

/// A helper's task.
pub struct Task<R> {
    /// The name of the work, as [`if_helper`](crate::if_helper) is given it.
    pub work: &'static str,
    /// The request.
    pub request: R,
    /// The bytes to work on: a stranger's, or eco's own.
    pub bytes: Vec<u8>,
    /// Its limits.
    pub limits: Limits,
    /// Most blocks of its answer. An answer with more is invalid.
    pub blocks: u64,
    /// Most bytes of each block. An answer with a longer block is invalid.
    pub most: u64,
    /// The time after which it is killed.
    pub clock: Clock,
    /// Whether it waits for a place among few helpers. The wait is not counted as its time.
    pub waits: bool,
}

/// Without the request and the bytes, which may be a stranger's and long.
impl<R> fmt::Debug for Task<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("work", &self.work)
            .field("limits", &self.limits)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// The time after which a helper without an answer is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// So long. The verdict is that it is out of time.
    After(Duration),
    /// So long after its processor time, whose own limit decides before. A busy machine is no reason for another
    /// verdict, and helpers come last on it. The verdict is that the machine was busy.
    Patience,
}

/// Time that [`Clock::Patience`] gives beyond the processor time. No test hits it: that would take as long.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// Has a helper do a task. `place` makes a writer for each block of its answer. The helper is killed when this is
/// dropped.
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
    mark::end_if_helper();
    let Task {
        work,
        request,
        bytes,
        limits,
        blocks,
        most,
        clock,
        waits,
    } = task;
    let places = if waits {
        Some(places::places().await)
    } else {
        None
    };
    let (_place, mut at_work) = places.unzip();
    let (mut running, mut pipes) = greeted(program, work).await?;
    let head = Head { request, limits };
    let (tell, told) = oneshot::channel();
    // The thread ends when the helper does, at the latest.
    let mut asking = spawn_blocking(move || {
        // A helper that ends before it has read everything tells the reason by its status.
        let _ = wire::write_request(&mut pipes, &head, &bytes);
        drop(bytes);
        let takes_long = || {
            // An error means that nobody waits any more.
            let _ = tell.send(());
        };
        let mut from = BufReader::with_capacity(PIPE, &mut pipes);
        let answer = wire::read_answer(&mut from, blocks, most, takes_long, place);
        (answer, pipes)
    });
    let asked = async {
        tokio::select! {
            biased;
            asked = &mut asking => return asked,
            Ok(()) = told => at_work.iter_mut().for_each(AtWork::make_way),
        }
        asking.await
    };
    let (time, late) = match clock {
        Clock::After(time) => (time, Ended::OutOfTime),
        Clock::Patience => {
            let cpu = limits.cpu.unwrap_or_default();
            (cpu.saturating_add(PATIENCE), Ended::Busy)
        }
    };
    let Ok(asked) = timeout(time, asked).await else {
        running.end();
        return Err(late);
    };
    let (answer, pipes) = asked.map_err(|error| Ended::Unanswered(error.into()))?;
    match answer {
        Ok(Answer::Made(answer, blocks)) => Ok((answer, blocks)),
        Ok(Answer::Panicked(why)) => Err(Ended::Panicked(why)),
        Err(error) => {
            let ending = spawn_blocking(move || running.ended(pipes));
            Err(match ending.await.ok().flatten() {
                Some(Ended::OutOfMemory) if limits.memory.is_none_or(limits::is_short_of) => {
                    Ended::ShortOfMemory
                }
                Some(ended) => ended,
                None => Ended::Unanswered(error),
            })
        }
    }
}

/// Starts the program, and waits until it says that it is a helper. It is sent nothing before.
///
/// # Errors
/// It doesn't start, is no helper, or one of another version.
async fn greeted(program: &Program, work: &str) -> Result<(Running, Pipes), Ended> {
    let started = Running::start(program, work).map_err(|error| Ended::NotStarted {
        program: program.shown(),
        error,
    });
    let (running, mut pipes) = started?;
    // The thread ends when the helper does, at the latest.
    let greeting = spawn_blocking(move || (wire::read_hello(&mut pipes), pipes));
    match timeout(HELLO, greeting).await {
        Ok(Ok((Ok(Hello::Helper), pipes))) => Ok((running, pipes)),
        Ok(Ok((Ok(Hello::OtherVersion), _))) => Err(Ended::OtherVersion {
            program: program.shown(),
        }),
        Ok(Ok((Ok(Hello::Other), pipes))) => {
            let program = program.clone();
            let ending = spawn_blocking(move || running.ended_early(&program, pipes));
            Err(match ending.await {
                Ok(ended) => ended,
                Err(error) => Ended::Unanswered(error.into()),
            })
        }
        Ok(Ok((Err(error), _))) => Err(Ended::Unanswered(error)),
        Ok(Err(error)) => Err(Ended::Unanswered(error.into())),
        // It listens, or waits for something else.
        Err(_) => Err(running.no_helper(program)),
    }
}

/// Time in which a helper says that it is one, from its start. That takes milliseconds, or a second where many processes
/// start on few processors. A program that says nothing by then is killed, and is no helper. The time of its work begins
/// afterwards.
/// Test: `taken_over::a_program_that_is_no_helper_is_killed_and_the_error_says_so`.
const HELLO: Duration = Duration::from_secs(20);

/// The capacity of a pipe of Linux, in bytes.
const PIPE: usize = 64 * 1024;

/// As [`run`], with the blocks in memory, for a thread of a tokio runtime that may block
/// ([`spawn_blocking`]).
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

/// A running helper. Dropping this kills it, with all processes of its group, and ends all waits at its pipes.
struct Running {
    /// `None` once it was waited for.
    child: Option<Child>,
    _life: Life,
}

impl Running {
    fn start(program: &Program, work: &str) -> io::Result<(Self, Pipes)> {
        let mut command = Command::new(&program.path);
        command
            .args(&program.arguments)
            .env_clear()
            .env(mark::VARIABLE, work)
            .current_dir(if cfg!(windows) { "C:\\" } else { "/" })
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            // In a group of its own the helper gets no Ctrl-C of the terminal, which eco answers.
            command.arg0("eco-helper").process_group(0);
        }
        let mut child = command.spawn()?;
        match Pipes::of(&mut child) {
            Ok((pipes, life)) => {
                let child = Some(child);
                let running = Self { child, _life: life };
                Ok((running, pipes))
            }
            Err(error) => {
                kill(child);
                Err(error)
            }
        }
    }

    /// The reason of its end. `None` if it had to be killed.
    fn ended(&mut self, mut pipes: Pipes) -> Option<Ended> {
        // A helper that has closed its pipes ends soon. One with an invalid answer may go on, and is killed.
        let has_ended = (0..ENDING).any(|_| {
            pipes.hear();
            let has_ended = self.child.as_mut().is_none_or(has_ended);
            if !has_ended {
                std::thread::sleep(Duration::from_millis(1));
            }
            has_ended
        });
        let status = self.end()?;
        has_ended.then(|| Ended::of(status, &pipes.last_words()))
    }

    /// The reason why a program that has said something else than a helper does, or has closed its stdout, is none. One
    /// that ends by itself tells it: the system may have no library or no memory for it.
    fn ended_early(mut self, program: &Program, pipes: Pipes) -> Ended {
        match self.ended(pipes) {
            // No stranger's bytes have reached it.
            Some(Ended::Killed) => Ended::Killed,
            Some(Ended::OutOfMemory) => Ended::ShortOfMemory,
            // It says the same as the error does.
            Some(ended) if ended.to_string().contains(mark::MISSING) => self.no_helper(program),
            Some(ended) => Ended::NoHelper {
                program: program.shown(),
                said: ended.to_string(),
            },
            None => self.no_helper(program),
        }
    }

    /// Kills a program that is no helper.
    fn no_helper(mut self, program: &Program) -> Ended {
        self.end();
        Ended::NoHelper {
            program: program.shown(),
            said: String::new(),
        }
    }

    fn end(&mut self) -> Option<ExitStatus> {
        self.child.take().and_then(kill)
    }
}

/// Whether it has ended. On Unix it is not reaped by that, so that no other process gets its number.
fn has_ended(child: &mut Child) -> bool {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        let looks = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let waited = waitid(WaitId::Pid(Pid::from_child(child)), looks);
        waited.is_ok_and(|status| status.is_some())
    }
    #[cfg(not(unix))]
    child.try_wait().is_ok_and(|status| status.is_some())
}

/// Kills it, with all processes of its group, and returns its exit status.
fn kill(mut child: Child) -> Option<ExitStatus> {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    }
    let _ = child.kill();
    child.wait().ok()
}

/// Milliseconds that a process may take between closing its pipes and its end. A slower one is killed.
const ENDING: u32 = 1000;

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
