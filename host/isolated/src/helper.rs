//! The helper process: it does one piece of work, and ends.
//!
//! It owns the order in which it gives up its rights. Requests and answers are in `wire`; the work is the caller's.

use crate::limits;
use crate::mark;
use crate::wire::{self, Head};
use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// Stack of the working thread, in bytes, whatever the user's limit is. Any thread of eco has as much, so a helper's
/// result never nests too deep for eco. A parser that recurses deeper overflows the stack, which ends the helper;
/// toolchains nest a few levels. Test: `compile::attacks::a_file_that_overflows_the_parser_ends_no_process`.
const STACK: usize = 2 * 1024 * 1024;

/// Processor time after which a helper makes way for others.
/// Test: `compile::helper::helpers_that_take_long_make_way`.
const LONG: Duration = Duration::from_secs(2);
/// Shortest time between two looks at the processor time.
const LOOK: Duration = Duration::from_millis(10);

/// If this process was started as a helper for work of this name, it does that, and exits the process. Else it returns
/// at once.
///
/// A program that [`run`](crate::run) starts calls this before anything else. A helper serves the request on stdin, and
/// answers on stdout. `work` takes the request and the stranger's bytes, and returns an answer with blocks of bytes.
/// The process limits its own memory and processor time, takes the lowest priority (except for
/// [`Priority::Ordinary`](crate::Priority)), leaves no core dump, closes every descriptor but its three, can open none,
/// and ends when its stdin does. On systems other than Unix it does none of that, and its only limit is the time
/// after which it is killed. `prepare` is called once the limits hold, before any byte of a stranger's is read.
pub fn if_helper<R, A>(
    name: &str,
    prepare: impl FnOnce() -> io::Result<()>,
    work: impl FnOnce(R, Vec<u8>) -> (A, Vec<Vec<u8>>) + Send + 'static,
) where
    R: DeserializeOwned + Send + 'static,
    A: Serialize,
{
    if !mark::is_helper_for(name) {
        return;
    }
    let Err(error) = serve(prepare, work);
    let _ = writeln!(io::stderr(), "{error}");
    std::process::exit(1);
}

fn serve<R, A>(
    prepare: impl FnOnce() -> io::Result<()>,
    work: impl FnOnce(R, Vec<u8>) -> (A, Vec<Vec<u8>>) + Send + 'static,
) -> io::Result<Infallible>
where
    R: DeserializeOwned + Send + 'static,
    A: Serialize,
{
    limits::withdraw()?;
    let answers = Answers::new()?;
    wire::write_hello(&mut *answers.lock())?;
    let mut stdin = io::stdin().lock();
    let head: Head<R> = wire::read_head(&mut stdin)?;
    limits::apply(head.limits)?;
    prepare()?;
    // Threads start before the bytes arrive: a failure to start is then not blamed on the bytes.
    watch(answers.clone());
    // A panic's message goes into the answer, since nobody may read stderr.
    std::panic::set_hook(Box::new(|_| {}));
    let (give, given) = mpsc::channel();
    let working = thread::Builder::new().stack_size(STACK);
    working.spawn({
        let answers = answers.clone();
        move || {
            let Ok(bytes) = given.recv() else {
                return;
            };
            // A panic is a mistake in the program, which these bytes have triggered.
            let work = std::panic::AssertUnwindSafe(|| work(head.request, bytes));
            let said = match std::panic::catch_unwind(work) {
                Ok((answer, blocks)) => wire::write_answer(&mut *answers.lock(), &answer, &blocks),
                Err(panic) => wire::say_panicked(&mut *answers.lock(), text(panic.as_ref())),
            };
            // Exiting at once saves the time to free memory.
            std::process::exit(i32::from(said.is_err()));
        }
    })?;
    let bytes = wire::read_bytes(&mut stdin)?;
    give.send(bytes).map_err(io::Error::other)?;
    // Only the end of stdin follows, when eco ends or stops waiting.
    let _ = stdin.read(&mut [0])?;
    std::process::exit(1);
}

/// A panic's message.
fn text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it says nothing")
}

/// Starts a thread that tells eco once the work has taken long.
fn watch(answers: Answers) {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let watching = move || {
        while let Some(used) = limits::used() {
            let left = LONG.saturating_sub(used);
            if left.is_zero() {
                let _ = wire::say_takes_long(&mut *answers.lock());
                return;
            }
            // All processors may work for it at the same time.
            thread::sleep((left / u32::try_from(processors).unwrap_or(1)).max(LOOK));
        }
    };
    // Without this thread nobody is told, and others wait longer.
    let _ = thread::Builder::new().spawn(watching);
}

/// The writer of answers, one at a time, without the buffer and the lines of `std::io::stdout`.
#[derive(Clone)]
struct Answers(Arc<Mutex<File>>);

impl Answers {
    fn new() -> io::Result<Self> {
        #[cfg(unix)]
        let stdout = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?;
        #[cfg(windows)]
        let stdout =
            std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?;
        Ok(Self(Arc::new(Mutex::new(stdout.into()))))
    }

    fn lock(&self) -> MutexGuard<'_, File> {
        self.0.lock()
    }
}
