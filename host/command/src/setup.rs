//! `eco setup`: installs the tools of a language, once.

use crate::exit::{Exit, Failure};
use crate::output::spinner::Spinner;
use crate::plugin::compiler;
use crate::signals::Signals;
use crate::{machine, output};
use anyhow::Context as _;
use clap::Subcommand;
use eco_plugin::{Budgets, Cache, Language, check_python_folder, keep_python};
use eco_text::escape;
use eco_toolchain::{BuildError, SetupStep, set_up_python};
use std::path::PathBuf;
use std::sync::Mutex;

#[derive(Debug, Subcommand)]
pub(crate) enum SetupCommand {
    /// Build the interpreter for Python scripts, once
    ///
    /// It needs python3 with venv and pip, and the network. pip fetches componentize-py into a temporary folder, which
    /// builds the interpreter and is then removed. The interpreter is kept in your cache folder, or with --system in
    /// /usr/local/lib/eco.
    Python {
        /// For all users of this machine; run it as root, on Unix. The folder is /usr/local/lib/eco, or the one that ECO_SYSTEM_DIR names
        #[arg(long)]
        system: bool,
    },
}

/// The number of steps: those of [`SetupStep`], and compiling.
const STEPS: usize = 5;

/// Sets up the language.
pub(super) async fn run(command: SetupCommand) -> Result<(), Failure> {
    match command {
        SetupCommand::Python { system } => {
            let cache = if system { Cache::AllUsers } else { Cache::User };
            // Ctrl-C ends the tools first. Their temporary folder is then removed.
            let mut signals = Signals::catch()?;
            let kept = cache.clone();
            let built = tokio::task::spawn_blocking(move || python(&kept)).await?;
            let path = signals.or(async { built }).await?;
            let _spinner = announce(STEPS, "compiling the interpreter");
            signals.or(warm_up(&cache)).await?;
            let path = escape::path(&path);
            output::print(&format!(
                "Python scripts work now: {path}\n  eco new hello --lang python\n"
            ))
        }
    }
}

/// Logs the step that begins, and shows a spinner until the value is dropped.
fn announce(step: usize, what: &str) -> Spinner {
    tracing::info!("step {step} of {STEPS}: {what}");
    Spinner::show(what.to_owned())
}

/// Whether the user is root; never, on systems other than Unix.
fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    false
}

/// Builds the interpreter, and returns its path.
fn python(cache: &Cache) -> Result<PathBuf, Failure> {
    let not_kept = |error: std::io::Error| {
        let error = anyhow::Error::from(error).context("cannot keep Python's interpreter");
        Exit::Unavailable.because(match cache {
            Cache::AllUsers if !is_root() => {
                anyhow::anyhow!("{error:#}\n--system is for root: sudo eco setup python --system")
            }
            _ => error,
        })
    };
    // This is checked first, since building takes minutes.
    check_python_folder(cache).map_err(not_kept)?;
    let folder = tempfile::tempdir()?;
    let built = folder.path().join("python.wasm");
    let spinner = Mutex::new(None);
    let tell = |step| {
        let (number, what) = match step {
            SetupStep::Environment => (1, "making a virtual environment"),
            SetupStep::Download => (2, "getting componentize-py (pip)"),
            SetupStep::Build => (3, "building the interpreter, which takes a minute or two"),
            SetupStep::Merge => (4, "making one module of it"),
        };
        if let Ok(mut spinner) = spinner.lock() {
            // The old spinner leaves the terminal before the new one appears.
            *spinner = None;
            *spinner = Some(announce(number, what));
        }
    };
    set_up_python(&built, tell).map_err(|error| {
        let exit = match error {
            BuildError::Missing { .. } | BuildError::Failed(_) => Exit::Unavailable,
            _ => Exit::Internal,
        };
        exit.because(anyhow::Error::from(error).context("cannot set up Python"))
    })?;
    drop(spinner);
    keep_python(&built, cache).map_err(not_kept)
}

/// Compiles the interpreter into the cache, for all commands that run plugins.
async fn warm_up(cache: &Cache) -> Result<(), Failure> {
    let engine = || compiler::engine(Budgets::server(machine::memory())).cache(cache.clone());
    for engine in [engine().build()?, engine().metered().build()?] {
        engine
            .warm_up(Language::Python)
            .await
            .context("cannot compile Python's interpreter")?;
    }
    Ok(())
}
