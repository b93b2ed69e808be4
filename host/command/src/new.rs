//! `eco new`: a small folder with a plugin, or a program, that builds and runs.

use crate::arguments::language::LanguageArg;
use crate::exit::{Exit, Failure};
use crate::output;
use clap::ValueHint;
use eco_text::escape::{self, Escaped};
use eco_toolchain::samples::{self, SampleLanguage, Shape};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  eco new hello --lang js              hello/hello.js, which runs as it is
  eco new hello --lang rust --session  a whole connection, with a greeting
  eco new asker --lang c --client      the other side, for eco send -p
  eco new greeter --lang go --stdio    a program that knows nothing of eco";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct NewArgs {
    /// The folder to make; its last part is the plugin's name
    #[arg(value_name = "NAME", value_hint = ValueHint::DirPath)]
    pub(crate) path: PathBuf,
    /// The language
    #[arg(short, long, value_enum, value_name = "rust|c|go|wat|js|lua|python")]
    pub(crate) lang: LanguageArg,
    /// A plugin that takes part in the whole connection, not only in its chunks
    #[arg(long, conflicts_with_all = ["chat", "client", "stdio"])]
    pub(crate) session: bool,
    /// A chat room: a connection that hears what others say
    #[arg(long, conflicts_with_all = ["client", "stdio"])]
    pub(crate) chat: bool,
    /// A client plugin
    #[arg(long, conflicts_with = "stdio")]
    pub(crate) client: bool,
    /// A program that reads standard input and writes standard output, in Rust, C or Go
    #[arg(long)]
    pub(crate) stdio: bool,
}

/// Makes the folder, and prints the next commands.
pub(super) fn run(args: &NewArgs) -> Result<(), Failure> {
    let name = name(&args.path)?;
    let language = args.lang.0;
    let shape = match (args.session, args.chat, args.client, args.stdio) {
        (true, ..) => Shape::Session,
        (_, true, ..) => Shape::Chat,
        (_, _, true, _) => Shape::Client,
        (.., true) => Shape::Program,
        _ => Shape::Handler,
    };
    check(language, shape)?;
    samples::write(&args.path, name, language, shape)
        .map_err(|error| Exit::Usage.because(error))?;
    let folder = escape::path(&args.path);
    let plugin = match language.script() {
        Some(script) => format!("{folder}/{name}.{}", script.extension()),
        None => folder.clone(),
    };
    let next = next(&plugin, language, shape);
    output::print(&format!("made {folder}. Next:\n{next}\n"))
}

/// Refuses a shape that the language has no sample of.
fn check(language: SampleLanguage, shape: Shape) -> Result<(), Failure> {
    if language.has(shape) {
        return Ok(());
    }
    Err(Exit::Usage.saying(match shape {
        Shape::Program => "--stdio is for rust, c and go; what eco makes in other languages is a plugin",
        _ => "in Go eco makes programs, which read standard input and write standard output: add --stdio",
    }))
}

fn next(plugin: &str, language: SampleLanguage, shape: Shape) -> String {
    let mut steps = Vec::new();
    if let Some(script) = language.script().filter(|script| script.needs_setup()) {
        steps.push((format!("eco setup {}", script.word()), "once"));
    }
    if language.script().is_none() {
        steps.push((format!("eco build {plugin}"), "compiles it"));
    }
    if shape == Shape::Client {
        steps.push((format!("eco call {plugin}"), "shows its first turn"));
        steps.push((
            format!("eco send -p {plugin}"),
            "talks to what `eco new --session` serves",
        ));
    } else if shape == Shape::Chat {
        steps.push((
            format!("eco serve -p {plugin} --watch"),
            "serves it, and what you change",
        ));
        steps.push((
            format!("eco call {plugin} --peers a,b 'a: Anna\\n' 'b: Ben\\n' 'a: hello\\n'"),
            "plays two guests",
        ));
        steps.push((
            "ncat 127.0.0.1 5005".to_owned(),
            "in two other terminals: who are you?",
        ));
    } else {
        steps.push((
            format!("eco call {plugin} 'hello\\n'"),
            "tries it without a socket",
        ));
        steps.push((
            format!("eco serve -p {plugin} --watch"),
            "serves it, and what you change",
        ));
    }
    let lines: Vec<String> = steps
        .iter()
        .map(|(command, why)| format!("  {command:40}  # {why}"))
        .collect();
    lines.join("\n")
}

/// The plugin's name. It is a file's and a package's name too, which limits its characters.
fn name(path: &Path) -> Result<&str, Failure> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if starts_well && name.chars().all(is_fine) {
        Ok(name)
    } else {
        Err(Exit::Usage.saying(format!(
            "{} can't be a plugin's name: take letters, digits, - and _, and a letter first",
            Escaped(path.as_os_str().as_encoded_bytes())
        )))
    }
}
