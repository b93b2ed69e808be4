//! C: a compiler that knows WebAssembly, with bindings made from the WIT where it is a plugin.

use super::error::BuildError;
use super::form::Form;
use super::make;
use super::{folder, tool, world};
use eco_files::read_at_most;
use eco_isolated::Program;
use eco_text::escape;
use std::path::{Path, PathBuf};
use std::process::Command;
use wit_bindgen_core::Files;

/// The worlds that a C file may be for, told by the header that it includes.
const WORLDS: [&str; 5] = [
    "event-plugin",
    "session-plugin",
    "handler-plugin",
    "client-plugin",
    "script-interpreter",
];

/// The stack of a C plugin, 64 KiB. Compilers give megabytes by default, which every connection would
/// pay for. Overflowing it traps. `-Wl,-z,stack-size=` in CFLAGS changes it.
const STACK: &str = "-Wl,-z,stack-size=65536";

/// The stack of a program, 1 MiB: programs that were not written for eco have their arrays there. Only what is touched is
/// paid for.
const PROGRAM_STACK: &str = "-Wl,-z,stack-size=1048576";

/// Bytes of a C file in which the header of its world is looked for: it is included at the top. The rest is not
/// looked at. Test: `commands::build_attacks::a_c_file_says_at_its_beginning_which_world_it_is_for`.
const TOP: usize = 256 * 1024;

/// The place of the bindings inside the project, where an editor finds them.
const BUILD: &str = "build";

const INSTALL: &str =
    "eco looks at $CC, then for zig, for `python3 -m ziglang`, and for a clang that has wasi-libc.
  any system: pip install ziglang (where the system's Python refuses, in a venv)
  Debian:     apt install clang lld wasi-libc libclang-rt-dev-wasm32
  macOS:      brew install zig
  Windows:    winget install zig.zig";

pub(super) fn build(
    project: &Path,
    sources: &[PathBuf],
    output: &Path,
    maker: &Program,
) -> Result<(), BuildError> {
    let world = find_world(sources)?;
    let bindings = match world {
        Some(world) => generate(world, project)?,
        None => {
            tracing::info!(
                "it is a program, which reads stdin: no file includes one of eco's headers, such as handler_plugin.h"
            );
            find_main(project, sources)?;
            Vec::new()
        }
    };
    // Outside of the project, since a compiler may write through a link that lies there.
    let place = tempfile::tempdir().map_err(BuildError::file(std::env::temp_dir()))?;
    let core = place.path().join("core.wasm");
    let (mut compiler, name) = find_compiler(project)?;
    compiler.args(["--target=wasm32-wasi", "-Os", "-Wall", "-Wl,--strip-all"]);
    match world {
        Some(_) => compiler.args(["-mexec-model=reactor", STACK, "-I", BUILD]),
        None => compiler.arg(PROGRAM_STACK),
    };
    // As make does: what the environment says comes after the defaults, and wins.
    if let Some(flags) = std::env::var_os("CFLAGS") {
        compiler.args(flags.to_string_lossy().split_whitespace());
    }
    compiler.arg("-o").arg(&core);
    // With ./ before them, no name is taken for a flag.
    let names = sources.iter().filter_map(|source| source.file_name());
    compiler.args(names.map(|name| Path::new(".").join(name)));
    compiler.args(bindings.iter().map(|file| Path::new(BUILD).join(file)));
    tool::run(compiler, &name)?;
    let module = make::read(&core)?;
    let component = make::component(maker, Form::Binary, module, output, output)?;
    folder::replace(output, &component)
}

/// The world that the files are for. `None` if they name none.
fn find_world(sources: &[PathBuf]) -> Result<Option<&'static str>, BuildError> {
    for source in sources {
        let top = read_at_most(make::open(source)?, TOP).map_err(BuildError::file(source))?;
        let includes: Vec<&[u8]> = top
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii_start)
            .filter(|line| line.starts_with(b"#include"))
            .collect();
        let has = |line: &[u8], header: &[u8]| line.windows(header.len()).any(|at| at == header);
        let included = |world: &&&str| {
            let header = format!("{}.h\"", snake(world));
            includes.iter().any(|line| has(line, header.as_bytes()))
        };
        if let Some(world) = WORLDS.iter().find(included) {
            return Ok(Some(world));
        }
    }
    Ok(None)
}

/// Checks that the files of a program have the word `main`: without it the linker makes a program that stops at once. Who
/// hides it in a file that is too large to be looked at has it all the same.
fn find_main(project: &Path, sources: &[PathBuf]) -> Result<(), BuildError> {
    for source in sources {
        let text = read_at_most(make::open(source)?, TOP).map_err(BuildError::file(source))?;
        let mut words = text.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
        if text.len() > TOP || words.any(|word| word == b"main") {
            return Ok(());
        }
    }
    Err(BuildError::Unfit {
        what: escape::path(project),
        why: anyhow::anyhow!("none of its .c files has a function main"),
        next: "A program begins there. A plugin includes one of eco's headers: `eco new NAME --lang c` makes one.",
    })
}

fn snake(world: &str) -> String {
    world.replace('-', "_")
}

/// Writes the world's header and glue, and returns what must be compiled and linked.
fn generate(world: &str, project: &Path) -> Result<Vec<String>, BuildError> {
    folder::open(&project.join(BUILD))?;
    let files = bindings(world).map_err(|why| BuildError::Unfit {
        what: format!("the world {world}"),
        why,
        next: "This is eco's own fault.",
    })?;
    let place = folder::Open::named(project)?;
    let mut link = Vec::new();
    for (name, contents) in files.iter() {
        let path = Path::new(BUILD).join(name);
        folder::refuse_link(&project.join(&path))?;
        place.write(&path, contents)?;
        if !name.ends_with(".h") {
            link.push(name.to_owned());
        }
    }
    Ok(link)
}

fn bindings(world: &str) -> anyhow::Result<Files> {
    let (mut resolve, id) = world::world(world)?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default()
        .build()
        .generate(&mut resolve, id, &mut files)?;
    Ok(files)
}

/// The first compiler that is there, and what to call it.
fn find_compiler(folder: &Path) -> Result<(Command, String), BuildError> {
    if let Some(named) = std::env::var_os("CC").filter(|named| !named.is_empty()) {
        let compiler = match named.to_str() {
            Some(text) => {
                let mut words = text.split_whitespace();
                let mut compiler = tool::command(words.next().unwrap_or("cc"), folder);
                compiler.args(words);
                compiler
            }
            // It has no words, and is the path of a program.
            None => tool::command(&named, folder),
        };
        let named = escape::os(&named);
        return Ok((compiler, format!("the C compiler ({named}, named by $CC)")));
    }
    let name = "the C compiler".to_owned();
    for (program, probe, prefix) in [
        ("zig", vec!["version"], vec!["cc"]),
        (
            tool::PYTHON,
            vec!["-m", "ziglang", "version"],
            vec!["-m", "ziglang", "cc"],
        ),
    ] {
        let mut version = tool::command(program, folder);
        version.args(probe);
        if tool::works(version) {
            let mut compiler = tool::command(program, folder);
            compiler.args(prefix);
            return Ok((compiler, name));
        }
    }
    let mut start_file = tool::command("clang", folder);
    start_file.args(["--target=wasm32-wasi", "-print-file-name=crt1-reactor.o"]);
    match tool::output(start_file) {
        // Without wasi-libc it prints the bare name.
        Some(path) if Path::new(&path).is_file() => Ok((tool::command("clang", folder), name)),
        _ => Err(BuildError::Missing {
            what: "no C compiler for WebAssembly was found".to_owned(),
            install: INSTALL,
        }),
    }
}
