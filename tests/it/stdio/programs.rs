//! Programs in languages that people have, made by compilers that know nothing of eco: one speaks by lines, and copies
//! 80 MiB when an argument says so.

use crate::harness::assert_same;
use crate::support::{Peer, converse, empty_folder, noise, project_file, serve};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A development build of the compiler takes half a minute for what Go makes.
const PATIENCE: &str = "--compile-time=10m";

#[test]
fn a_program_in_c_speaks_by_lines_and_copies() {
    // As pip installs zig, and as others do.
    let by_pip = ["-m", "ziglang", "cc"];
    let ways = [("zig", &by_pip[2..]), ("python3", &by_pip)];
    speaks_and_copies("c", |source, output| {
        let compiler = ways.into_iter().find(|(name, words)| {
            let mut command = Command::new(name);
            command.args(*words).arg("--version");
            command.output().is_ok_and(|tried| tried.status.success())
        });
        let (name, words) = compiler?;
        let mut command = Command::new(name);
        command.args(words);
        command.args(["--target=wasm32-wasi", "-O2", "-s", "-o"]);
        command.arg(output).arg(source);
        Some(command)
    });
}

#[test]
fn a_program_in_go_speaks_by_lines_and_copies() {
    speaks_and_copies("go", |source, output| {
        let mut command = Command::new(found("go")?);
        command.env("GOOS", "wasip1").env("GOARCH", "wasm");
        command.args(["build", "-ldflags=-s -w", "-o"]);
        command.arg(output).arg(source);
        Some(command)
    });
}

#[test]
fn a_program_in_assemblyscript_speaks_by_lines_and_copies() {
    speaks_and_copies("ts", |source, output| {
        let compiler = found("asc")?;
        // npm has it beside the compiler.
        let shim = "../@assemblyscript/wasi-shim/asconfig.json";
        let shim = compiler.parent()?.join(shim).canonicalize().ok()?;
        // asc takes a path as one from its folder on, also where it is not.
        let up = source.parent()?.components().skip(1).map(|_| "..");
        let shim = up.collect::<PathBuf>().join(shim.strip_prefix("/").ok()?);
        let mut command = Command::new(compiler);
        command.arg(source.file_name()?);
        command.arg("--config").arg(shim).arg("-O");
        command.arg("-o").arg(output);
        Some(command)
    });
}

/// The program of this name on the path.
fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(name));
    places.find(|place| place.is_file())
}

/// Builds `lines` in the language with this ending of its files, by the command that `compiler` gives for a source and
/// an output. Without one it is skipped, unless `ECO_ALL_TOOLS` is set.
fn speaks_and_copies(language: &str, compiler: impl Fn(&Path, &Path) -> Option<Command>) {
    let folder = empty_folder(&format!("program-{language}"));
    // Compilers look for settings of theirs around a source, and write beside it.
    let source = folder.join("lines").with_extension(language);
    let text = project_file(&format!("tests/plugins/programs/lines.{language}"));
    std::fs::copy(text, &source).expect("the source is there");
    let output = folder.join("lines.wasm");
    let Some(mut command) = compiler(&source, &output) else {
        return skip(language);
    };
    let built = command.current_dir(&folder).output().expect("it runs");
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{language}: {said}");
    let program = output.display().to_string();
    speaks(&program);
    copies(&program);
}

fn skip(language: &str) {
    assert!(
        std::env::var_os("ECO_ALL_TOOLS").is_none(),
        "no compiler for {language}"
    );
    // Not through the macro, whose output the test runner keeps to itself.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED the program in {language}: there is no compiler for it"
    );
}

fn speaks(program: &str) {
    let server = serve(&["-p", program, PATIENCE]);
    let mut one = Peer::connect(server.address);
    let mut other = Peer::connect(server.address);
    other.expect(b"ready\n");
    one.expect(b"ready\n").send(b"a\nb").expect(b"1: a\n");
    other.send(b"c\n").expect(b"1: c\n");
    one.send(b"\n\n").expect(b"2: b\n3: \n");
    let every: Vec<u8> = (0..=255).filter(|byte| !b"\r\n".contains(byte)).collect();
    let line = [&every[..], b"\n"].concat();
    one.send(&line).expect(&[b"4: ", &line[..]].concat());
    one.finish();
    assert_same(&one.rest(), b"goodbye after 4 lines\n");
    other.finish();
    assert_same(&other.rest(), b"goodbye after 1 lines\n");
    let log = server.log();
    assert!(!log.contains("WARN") && !log.contains("flush"), "{log}");
}

fn copies(program: &str) {
    let server = serve(&["-p", program, PATIENCE, "--", "copy"]);
    let mut message: Vec<u8> = (0..=255).collect();
    let mut peer = Peer::connect(server.address);
    // What has no end of line comes back as well.
    peer.send(&message).expect(&message);
    peer.finish().expect_end();
    message.extend(noise(80 << 20, 5));
    assert_same(&converse(server.address, &message), &message);
}
