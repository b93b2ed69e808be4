//! Rust: cargo, for `wasm32-unknown-unknown`, or for `wasm32-wasip1` where it is a program.
//!
//! cargo and rustc are the user's: what RUSTC, RUSTFLAGS and cargo's own settings in the environment
//! say holds. Whether the linker made a component or a core module makes no difference.

use super::error::BuildError;
use super::form::Form;
use super::make;
use super::{folder, tool};
use eco_files::read_at_most;
use eco_isolated::Program;
use eco_text::escape;
use serde::Deserialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

const INSTALL_FOR_PLUGINS: &str = "  rustup:     rustup target add wasm32-unknown-unknown
  Debian:     its own rustc has no such target in reach: take rustup, from https://rustup.rs
  from source: set CARGO_UNSTABLE_BUILD_STD=std,panic_abort, for a rustc that has its sources";

const INSTALL_FOR_PROGRAMS: &str = "  rustup:     rustup target add wasm32-wasip1
  Debian:     apt install libstd-rust-dev-wasm32
  from source: set CARGO_UNSTABLE_BUILD_STD=std,panic_abort, for a rustc that has its sources, with wasi-libc";

/// Bytes of a `Cargo.toml` in which is looked for what it makes. Those of people have some hundred. The rest is not looked
/// at. Test: `commands::build_attacks::a_package_says_at_the_beginning_of_its_manifest_what_it_makes`.
const MANIFEST: usize = 64 * 1024;

/// What a package makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crate {
    /// A library, for a plugin.
    Plugin,
    /// A program that reads standard input and writes standard output.
    Program,
}

impl Crate {
    /// A package with a `main.rs` is a program, unless it makes a library for others than Rust: all plugins do.
    pub(super) fn of(folder: &Path) -> Result<Self, BuildError> {
        if !folder.join("src/main.rs").is_file() {
            return Ok(Self::Plugin);
        }
        let manifest = folder.join("Cargo.toml");
        let text = read_at_most(make::open(&manifest)?, MANIFEST);
        let text = text.map_err(BuildError::file(manifest))?;
        let kind: &[u8] = b"cdylib";
        Ok(match text.windows(kind.len()).any(|at| at == kind) {
            true => Self::Plugin,
            false => Self::Program,
        })
    }

    fn target(self) -> &'static str {
        match self {
            Self::Plugin => "wasm32-unknown-unknown",
            Self::Program => "wasm32-wasip1",
        }
    }

    /// cargo's flag for what it builds of the package.
    fn part(self) -> &'static str {
        match self {
            Self::Plugin => "--lib",
            Self::Program => "--bins",
        }
    }

    fn install(self) -> &'static str {
        match self {
            Self::Plugin => INSTALL_FOR_PLUGINS,
            Self::Program => INSTALL_FOR_PROGRAMS,
        }
    }
}

const INSTALL_CARGO: &str = "  any system: https://rustup.rs
  Debian:     apt install rustup (13 and newer)
  macOS:      brew install rustup
  Windows:    winget install Rustlang.Rustup";

pub(super) fn build(
    kind: Crate,
    folder: &Path,
    output: &Path,
    maker: &Program,
) -> Result<(), BuildError> {
    check_target(kind, folder)?;
    let mut cargo = tool::command(variable("CARGO", "cargo"), folder);
    cargo.args(["build", "--release", kind.part(), "--target", kind.target()]);
    cargo.arg("--message-format=json-render-diagnostics");
    cargo.stderr(Stdio::inherit());
    let said = tool::ask(cargo).map_err(|_| no_cargo())?;
    let said = said.ok_or_else(|| BuildError::Failed("cargo build".to_owned()))?;
    let made = said.split(|byte| *byte == b'\n');
    let mut made: Vec<PathBuf> = made.filter_map(wasm_file).collect();
    if kind == Crate::Program && made.len() > 1 {
        let names = made.iter().filter_map(|path| path.file_stem());
        let names: Vec<String> = names.map(escape::os).collect();
        return Err(BuildError::Unfit {
            what: escape::path(folder),
            why: anyhow::Error::msg(format!("it has several programs: {}", names.join(", "))),
            next: "Give each a package of its own.",
        });
    }
    let made = made.pop().ok_or_else(|| BuildError::Unfit {
        what: escape::path(folder),
        why: anyhow::Error::msg("cargo made no .wasm file"),
        next: "Its Cargo.toml must say [lib] crate-type = [\"cdylib\"].",
    })?;
    let component = make::component(maker, Form::Binary, make::read(&made)?, output, output)?;
    folder::replace(output, &component)
}

fn variable(name: &str, default: &str) -> OsString {
    std::env::var_os(name).unwrap_or_else(|| default.into())
}

fn no_cargo() -> BuildError {
    BuildError::Missing {
        what: "cargo, which builds Rust, was not found".to_owned(),
        install: INSTALL_CARGO,
    }
}

/// rustc's own message for a missing target names `core`, which helps nobody.
fn check_target(kind: Crate, folder: &Path) -> Result<(), BuildError> {
    if std::env::var_os("CARGO_UNSTABLE_BUILD_STD").is_some() {
        return Ok(());
    }
    let mut rustc = tool::command(variable("RUSTC", "rustc"), folder);
    rustc.args(["--print", "target-libdir", "--target", kind.target()]);
    rustc.stderr(Stdio::inherit());
    let said = tool::ask(rustc).map_err(|_| no_cargo())?;
    let said = said.ok_or_else(|| BuildError::Failed("rustc".to_owned()))?;
    let library = String::from_utf8_lossy(&said).trim().to_owned();
    if Path::new(&library).is_dir() {
        Ok(())
    } else {
        Err(BuildError::Missing {
            what: format!("this Rust has no standard library for {}", kind.target()),
            install: kind.install(),
        })
    }
}

/// cargo's message about one artifact; its other messages have no such fields.
#[derive(Deserialize)]
struct Artifact {
    filenames: Vec<PathBuf>,
}

fn wasm_file(line: &[u8]) -> Option<PathBuf> {
    let artifact: Artifact = serde_json::from_slice(line).ok()?;
    let is_wasm = |path: &PathBuf| path.extension().is_some_and(|end| end == "wasm");
    artifact.filenames.into_iter().find(is_wasm)
}
