//! Rust: cargo, for `wasm32-unknown-unknown`.
//!
//! cargo and rustc are the user's: what RUSTC, RUSTFLAGS and cargo's own settings in the environment
//! say holds. Whether the linker made a component or a core module makes no difference.

use super::error::BuildError;
use super::form::Form;
use super::make;
use super::{folder, tool};
use eco_isolated::Program;
use eco_text::escape;
use serde::Deserialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

const TARGET: &str = "wasm32-unknown-unknown";

const INSTALL_TARGET: &str = "  rustup:     rustup target add wasm32-unknown-unknown
  Debian:     its own rustc has no such target in reach: take rustup, from https://rustup.rs
  from source: set CARGO_UNSTABLE_BUILD_STD=std,panic_abort, for a rustc that has its sources";

const INSTALL_CARGO: &str = "  any system: https://rustup.rs
  Debian:     apt install rustup (13 and newer)
  macOS:      brew install rustup
  Windows:    winget install Rustlang.Rustup";

pub(super) fn build(folder: &Path, output: &Path, maker: &Program) -> Result<(), BuildError> {
    check_target(folder)?;
    let mut cargo = tool::command(variable("CARGO", "cargo"), folder);
    cargo.args(["build", "--release", "--lib", "--target", TARGET]);
    cargo.arg("--message-format=json-render-diagnostics");
    cargo.stderr(Stdio::inherit());
    let said = tool::ask(cargo).map_err(|_| no_cargo())?;
    let said = said.ok_or_else(|| BuildError::Failed("cargo build".to_owned()))?;
    let made = said.split(|byte| *byte == b'\n');
    let made = made.filter_map(wasm_file).next_back();
    let made = made.ok_or_else(|| BuildError::Unfit {
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
fn check_target(folder: &Path) -> Result<(), BuildError> {
    if std::env::var_os("CARGO_UNSTABLE_BUILD_STD").is_some() {
        return Ok(());
    }
    let mut rustc = tool::command(variable("RUSTC", "rustc"), folder);
    rustc.args(["--print", "target-libdir", "--target", TARGET]);
    rustc.stderr(Stdio::inherit());
    let said = tool::ask(rustc).map_err(|_| no_cargo())?;
    let said = said.ok_or_else(|| BuildError::Failed("rustc".to_owned()))?;
    let library = String::from_utf8_lossy(&said).trim().to_owned();
    if Path::new(&library).is_dir() {
        Ok(())
    } else {
        Err(BuildError::Missing {
            what: format!("this Rust has no standard library for {TARGET}"),
            install: INSTALL_TARGET,
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
