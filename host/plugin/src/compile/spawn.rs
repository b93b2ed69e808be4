//! Running a helper: starting it, feeding it, and telling why it ended.
//!
//! It owns the helper's life, which is over when the answer is here, when its time is, or when nobody
//! waits any more. It must not know what is compiled.

use super::compiler::{NOT_BY_THEN, Program};
use super::job::{Job, Subject};
use super::limits as process_limits;
use super::places::{self, AtWork};
use super::settings::Work;
use super::wire::{self, Answer, Limits, Request};
use crate::budget::{Budget, Budgets};
use crate::cache::{Entry, unnamed};
use crate::error::LoadError;
use eco_text::escape::Escaped;
use std::io::{self, Read as _};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;
use tokio::time::timeout;

/// Where work is counted, the processor time decides, and so much more must have passed before a helper is killed by
/// the clock: a busy machine is no reason for another verdict, and helpers come last on it. eco's own code has no
/// budget at all. After this time nobody knows, which is an internal error. No test hits it: that would take as long.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// What is read of a helper's stderr, in bytes: the runtime's last words. The rest is lost.
const LAST_WORDS: u64 = 4096;

/// Has a helper compile, when there is a place for it.
pub(super) async fn compile(
    program: &Program,
    job: Job,
    plugin: Vec<u8>,
    budgets: &Budgets,
) -> Result<Entry, LoadError> {
    let places = match job.subject {
        // There is one of each, and somebody may wait for it.
        Subject::Interpreter => None,
        Subject::Plugin | Subject::Snapshot(_) => Some(places::places().await),
    };
    let (_place, at_work) = places.unzip();
    let deadline = Deadline::of(&job);
    let request = Request {
        limits: limits(&job, budgets),
        job,
    };
    let most = request.limits.memory.unwrap_or(u64::MAX);
    let (mut running, pipes) = Running::start(program).map_err(|error| {
        let path = program.path.display();
        LoadError::Compiler(format!("the helper {path} does not start: {error}"))
    })?;
    let mut talking =
        tokio::task::spawn_blocking(move || pipes.talk(&request, &plugin, most, at_work));
    let time = match deadline {
        Deadline::Clock => budgets.compile,
        Deadline::ProcessorTime => budgets.compile.saturating_add(PATIENCE),
        Deadline::None => PATIENCE,
    };
    let in_time = timeout(time, &mut talking).await;
    let Ok(said) = in_time else {
        running.end();
        return Err(match deadline {
            Deadline::Clock => LoadError::budget(Budget::Compile, budgets, NOT_BY_THEN),
            Deadline::ProcessorTime | Deadline::None => {
                LoadError::Compiler("the machine is too busy".to_owned())
            }
        });
    };
    let said = said.map_err(LoadError::stopped)?;
    let answer = match said.answer {
        Ok(Answer::Refused(refusal)) => Err(refusal.into_error(budgets)),
        Ok(Answer::Compiled(facts, component, module)) => Ok(Entry {
            facts,
            component,
            module,
        }),
        Err(error) => Err(match running.ended() {
            Some(status) => why(status, &said.last_words, budgets),
            None => LoadError::Compiler(format!("the helper's answer: {error}")),
        }),
    };
    answer.map_err(|error| match error {
        LoadError::Budget {
            budget: Budget::CompileMemory,
            ..
        } if process_limits::is_short_of(most) => LoadError::Compiler(SHORT.to_owned()),
        error => error,
    })
}

/// What is said where memory ran out below the budget.
const SHORT: &str = "there was no memory left for the helper, and the system gives it less than it may have (see ulimit -v and ulimit -d)";

/// What `--compile-time` is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deadline {
    /// Somebody waits.
    Clock,
    ProcessorTime,
    /// It is eco's own code, and no stranger makes it longer.
    None,
}

impl Deadline {
    fn of(job: &Job) -> Self {
        match (&job.subject, job.settings.work) {
            (Subject::Snapshot(_) | Subject::Interpreter, _) => Self::None,
            (Subject::Plugin, Work::Counted) => Self::ProcessorTime,
            (Subject::Plugin, Work::Uncounted) => Self::Clock,
        }
    }
}

/// What the helper may use. An interpreter is eco's own, and has no limit; the data of a snapshot is a script's.
fn limits(job: &Job, budgets: &Budgets) -> Limits {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let all = u32::try_from(processors).unwrap_or(u32::MAX);
    let memory = Some(budgets.compile_memory as u64);
    let (memory, cpu) = match (&job.subject, job.settings.work) {
        (Subject::Interpreter, _) => (None, None),
        (Subject::Snapshot(_), _) => (memory, None),
        (Subject::Plugin, Work::Counted) => (memory, Some(budgets.compile)),
        // The clock decides. This holds while eco itself is stopped.
        (Subject::Plugin, Work::Uncounted) => (memory, Some(budgets.compile.saturating_mul(all))),
    };
    Limits {
        memory,
        cpu,
        priority: job.priority,
    }
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
struct Said {
    answer: io::Result<Answer>,
    last_words: Vec<u8>,
}

impl Pipes {
    /// Asks, and waits for the answer. It ends when the helper does.
    fn talk(
        mut self,
        request: &Request,
        plugin: &[u8],
        most: u64,
        mut at_work: Option<AtWork>,
    ) -> Said {
        // A helper that ends before it has read all says why in another way.
        let _ = request.write(&mut self.stdin, plugin);
        let takes_long = || {
            if let Some(at_work) = &mut at_work {
                at_work.make_way();
            }
        };
        let answer = wire::read_answer(&mut self.stdout, most, takes_long, unnamed);
        let mut last_words = Vec::new();
        if answer.is_err() {
            // stdout is at its end, and stderr soon.
            drop(self.stdout);
            let _ = self.stderr.take(LAST_WORDS).read_to_end(&mut last_words);
        }
        Said { answer, last_words }
    }
}

/// Why a helper has ended without an answer.
fn why(status: ExitStatus, last_words: &[u8], budgets: &Budgets) -> LoadError {
    let said = String::from_utf8_lossy(last_words);
    let unclear = |how: String| {
        let said = said.trim();
        LoadError::Compiler(if said.is_empty() {
            format!("the helper {how}")
        } else {
            format!("the helper {how}: {}", Escaped(said.as_bytes()))
        })
    };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        use rustix::process::Signal;
        return match Signal::from_named_raw(signal) {
            Some(Signal::XCPU) => LoadError::budget(Budget::Compile, budgets, NOT_BY_THEN),
            // What Rust's runtime says of its own end.
            Some(Signal::ABORT) if said.contains("memory allocation of") => {
                LoadError::budget(Budget::CompileMemory, budgets, "It needs more.")
            }
            Some(Signal::ABORT) if said.contains("overflowed its stack") => {
                LoadError::Complex("it nests too deep for the compiler's stack".to_owned())
            }
            Some(Signal::ABORT | Signal::SEGV | Signal::BUS | Signal::ILL | Signal::FPE) => {
                LoadError::Complex(format!("the compiler crashed, with signal {signal}"))
            }
            // Not by eco, which would know.
            Some(Signal::KILL) => LoadError::Compiler(
                "the system killed the helper, for want of memory perhaps".to_owned(),
            ),
            _ => unclear(format!("was ended by signal {signal}")),
        };
    }
    unclear(format!("ended, with {status}"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;

    #[test]
    fn how_a_helper_ends_tells_whose_fault_it_is() {
        let budgets = Budgets::server(1 << 30);
        for (signal, words, code) in [
            (6, "memory allocation of 12 bytes failed", "too-complex"),
            (6, "thread has overflowed its stack", "too-complex"),
            (11, "", "too-complex"),
            (24, "", "too-complex"),
            (9, "", "internal"),
            (15, "", "internal"),
        ] {
            let error = why(ExitStatus::from_raw(signal), words.as_bytes(), &budgets);
            assert_eq!(error.code(), code, "signal {signal}: {error}");
        }
    }
}
