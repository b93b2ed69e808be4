//! The helper process: it compiles one plugin, and ends.
//!
//! It owns the order in which it makes itself harmless. What it is asked and how it answers is in `wire`,
//! what it does in `job`.

use super::job::{self, Refusal};
use super::limits;
use super::wire::{self, Request};
use parking_lot::{Mutex, MutexGuard};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Stack of the thread that compiles, whatever the user's limit is: as much as any thread of eco has, so that
/// nothing comes out of a helper that would be too deep there. A parser that is led deeper ends the helper;
/// toolchains nest a few levels. Test: `compiling::what_overflows_the_parser_ends_no_process`.
const STACK: usize = 2 * 1024 * 1024;

/// Processor time after which a helper makes way for others.
/// Test: `helpers::helpers_that_take_long_make_way`.
const LONG: Duration = Duration::from_secs(2);
/// How often it looks, at the most.
const LOOK: Duration = Duration::from_millis(10);

/// Compiles the plugin that comes on stdin, and answers on stdout.
///
/// A program that is a [`Compiler::Helper`](super::Compiler) does this before anything else, and ends with
/// what this returns. It limits its own memory and processor time, takes the lowest priority (but for eco's own
/// interpreters), leaves no core dump, closes every descriptor but its three, can open none, and ends when its stdin
/// does. On systems other than Unix it does none of that, and only the time after which it is killed limits it.
pub fn run_helper() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    limits::withdraw()?;
    let mut stdin = io::stdin().lock();
    let request = Request::read(&mut stdin)?;
    let answers = Answers::new()?;
    limits::apply(request.limits)?;
    // wasmtime compiles with these. Where the system has no threads left, that is said before a plugin is blamed.
    rayon::ThreadPoolBuilder::new()
        .build_global()
        .map_err(io::Error::other)?;
    let plugin = wire::read_plugin(&mut stdin)?;
    watch(answers.clone());
    let compiling = thread::Builder::new().stack_size(STACK);
    compiling.spawn({
        let (job, answers) = (request.job, answers.clone());
        move || {
            // A panic is a mistake of the compiler's, which this plugin has led it to.
            let compile = || job::compile(&job, plugin);
            let answer = std::panic::catch_unwind(compile).unwrap_or_else(|panic| {
                let why = format!("the compiler failed: {}", text(panic.as_ref()));
                Err(Refusal::Complex(why).cut())
            });
            let said = wire::write_answer(&mut *answers.lock(), &answer);
            // Nobody waits for what would be freed now.
            std::process::exit(i32::from(said.is_err()));
        }
    })?;
    // Nothing more comes, but an end: that of who asked.
    let _ = stdin.read(&mut [0])?;
    std::process::exit(1);
}

/// What a panic says.
fn text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it says nothing")
}

/// Says when compiling takes long.
fn watch(answers: Answers) {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let watching = move || {
        while let Some(used) = limits::used() {
            let left = LONG.saturating_sub(used);
            if left.is_zero() {
                let _ = wire::say_takes_long(&mut *answers.lock());
                return;
            }
            // All processors may be at work for it.
            thread::sleep((left / u32::try_from(processors).unwrap_or(1)).max(LOOK));
        }
    };
    // Without it nobody is told, and others wait longer.
    let _ = thread::Builder::new().spawn(watching);
}

/// Where answers go, one at a time, without the buffer and the lines of `std::io::stdout`.
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
