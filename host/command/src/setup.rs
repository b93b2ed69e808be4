//! `eco setup`: what some languages need once.

use crate::exit::{Exit, Failure};
use crate::machine;
use crate::output;
use crate::output::progress::Waiting;
use crate::plugin::compiler;
use crate::signals::Signals;
use anyhow::Context as _;
use clap::Subcommand;
use eco_plugin::{Budgets, Language, Users, check_python_folder, keep_python};
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

/// Steps of setting up Python: those of [`SetupStep`], and compiling.
const STEPS: usize = 5;

/// Sets up what was named.
pub(super) async fn run(command: SetupCommand) -> Result<(), Failure> {
    match command {
        SetupCommand::Python { system } => {
            let users = if system { Users::All } else { Users::This };
            // Ctrl-C ends the tools, and then this, which removes what they left behind.
            let mut signals = Signals::catch()?;
            let path = tokio::task::spawn_blocking(move || python(users)).await??;
            let _waiting = announce(STEPS, "compiling the interpreter");
            signals.or(warm_up(users)).await?;
            let path = escape::path(&path);
            output::print(&format!(
                "Python scripts work now: {path}\n  eco new hello --lang python\n"
            ))
        }
    }
}

/// Says which step begins, and on a terminal that it goes on.
fn announce(step: usize, what: &str) -> Waiting {
    tracing::info!("step {step} of {STEPS}: {what}");
    Waiting::to(what.to_owned())
}

/// Whether this is root. Elsewhere than on Unix nobody is.
fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    false
}

/// Builds the interpreter, and says where it is.
fn python(users: Users) -> Result<PathBuf, Failure> {
    let not_kept = |error: std::io::Error| {
        let error = anyhow::Error::from(error).context("cannot keep Python's interpreter");
        Exit::Unavailable.because(match users {
            Users::This => error,
            Users::All if is_root() => error,
            Users::All => {
                anyhow::anyhow!("{error:#}\n--system is for root: sudo eco setup python --system")
            }
        })
    };
    // Before minutes have gone into it.
    check_python_folder(users).map_err(not_kept)?;
    let folder = tempfile::tempdir()?;
    let built = folder.path().join("python.wasm");
    let waiting = Mutex::new(None);
    let tell = |step| {
        let (number, what) = match step {
            SetupStep::Environment => (1, "making a virtual environment"),
            SetupStep::Download => (2, "getting componentize-py (pip)"),
            SetupStep::Build => (3, "building the interpreter, which takes a minute or two"),
            SetupStep::Merge => (4, "making one module of it"),
        };
        if let Ok(mut waiting) = waiting.lock() {
            // The last one's end comes before this one's beginning.
            *waiting = None;
            *waiting = Some(announce(number, what));
        }
    };
    set_up_python(&built, tell).map_err(|error| {
        let exit = match error {
            BuildError::Missing { .. } | BuildError::Failed(_) => Exit::Unavailable,
            _ => Exit::Internal,
        };
        exit.because(anyhow::Error::from(error).context("cannot set up Python"))
    })?;
    drop(waiting);
    keep_python(&built, users).map_err(not_kept)
}

/// Compiles it for all commands that run plugins, which find it in the cache from then on.
async fn warm_up(users: Users) -> Result<(), Failure> {
    let engine = || compiler::engine(Budgets::server(machine::memory())).cached_for(users);
    for engine in [engine().build()?, engine().metered().build()?] {
        engine
            .warm_up(Language::Python)
            .await
            .context("cannot compile Python's interpreter")?;
    }
    Ok(())
}
