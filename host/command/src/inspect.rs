//! `eco inspect`: describes a plugin, and names missing parts.

use crate::arguments::budgets::BudgetArgs;
use crate::exit::{Exit, Failure};
use crate::plugin::advice::Advised;
use crate::plugin::{PluginArg, compiler, unusable};
use crate::{machine, output};
use anyhow::Context as _;
use bytesize::ByteSize;
use clap::ValueHint;
use eco_plugin::{BUILT_IN_SERVERS, Budgets, Cache, Fit, Import, Inspection, Interface, LoadError};
use eco_text::escape::Escaped;
use serde::Serialize;
use std::collections::HashSet;
use std::ffi::OsString;
use std::fmt::Write as _;

#[derive(Debug, clap::Args)]
pub(crate) struct InspectArgs {
    /// A built-in, a script, a component, or a folder that eco build builds; - reads a component from stdin
    #[arg(value_hint = ValueHint::AnyPath)]
    pub(crate) plugin: OsString,
    /// For a machine
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) budgets: BudgetArgs,
}

/// The report of `eco inspect`, as text or as JSON. Sizes are in bytes.
#[derive(Serialize)]
struct Report {
    plugin: String,
    /// `component`, `core module` or `script`.
    kind: &'static str,
    /// The language of a script, or the one that the tools of a component suggest.
    language: Option<String>,
    made_with: Vec<String>,
    size: usize,
    exports: Vec<String>,
    imports: Vec<Import>,
    compile_ms: f64,
    memory_at_start: Option<usize>,
    /// Functions that a script defines.
    functions: Vec<String>,
    server: Usability,
    client: Usability,
}

#[derive(Serialize)]
struct Usability {
    usable: bool,
    /// The interface that eco uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<&'static str>,
    /// The reason why it is not usable, with advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
    /// What kind of program it is, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<&'static str>,
}

/// Prints the report. A plugin that is neither a server nor a client ends with exit code 65.
pub(super) async fn run(args: InspectArgs) -> Result<(), Failure> {
    let budgets = args.budgets.over(Budgets::server(machine::memory()))?;
    let plugin_arg = PluginArg::new(args.plugin, BUILT_IN_SERVERS);
    let source = plugin_arg.source().await?;
    // A script's interpreter is eco's own, so its compile time says nothing about the plugin.
    let engine = if source.is_script() {
        compiler::engine(budgets).build()
    } else {
        compiler::engine(budgets).cache(Cache::None).build()
    }
    .context("cannot set up the sandbox")?;
    let found = match Inspection::of(&engine, source).await {
        Ok(found) => found,
        Err(error) => {
            if args.json {
                let (plugin, code) = (plugin_arg.name(), error.code());
                let report = serde_json::json!({ "plugin": plugin, "code": code, "error": error.to_string() });
                output::json(&format!("{report:#}"))?;
            }
            let context = format!("cannot inspect {}", plugin_arg.name());
            return Err(unusable(error, context));
        }
    };
    let report = Report::new(plugin_arg.name(), found);
    if args.json {
        output::json(&serde_json::to_string_pretty(&report)?)?
    } else {
        output::print(&report.text())?
    }
    if report.server.usable || report.client.usable {
        Ok(())
    } else {
        Err(Exit::Plugin.saying(format!("{} can't be used", plugin_arg.name())))
    }
}

impl Report {
    fn new(name: &str, found: Inspection) -> Self {
        let fit = found.server.as_ref().or(found.client.as_ref()).ok();
        let language = match found.script {
            Some(script) => Some(script.name().to_owned()),
            None => language(&found.made_with),
        };
        let program = found.program.map(|fit| match (fit, found.is_module) {
            (Err(error), _) => Err(Advised(error).to_string()),
            (Ok(_), true) => {
                Ok("a program of WASI preview 1 (core module): reads stdin, writes stdout")
            }
            (Ok(_), false) => Ok("a program of WASI 0.2 (component): reads stdin, writes stdout"),
        });
        let kind = match found.script {
            Some(_) => "script",
            None if found.is_module => "core module",
            None => "component",
        };
        Self {
            plugin: name.to_owned(),
            kind,
            language,
            size: found.size,
            imports: found.imports,
            compile_ms: found.compile.as_secs_f64() * 1e3,
            memory_at_start: fit.map(|fit| fit.memory),
            functions: fit.map(|fit| fit.functions.clone()).unwrap_or_default(),
            made_with: found.made_with,
            exports: found.exports,
            server: Usability::of(found.server, program.as_ref()),
            client: Usability::of(found.client, program.as_ref()),
        }
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.plugin);
        let mut line = |name: &str, value: &str| {
            // Continued lines are indented. Breaks are eco's own: `plain` has made the author's words harmless.
            let value = value.replace('\n', "\n                  ");
            let _ = writeln!(text, "  {name:14}  {value}");
        };
        let language = self.language.as_deref().unwrap_or("of an unknown language");
        line("kind", &format!("{}, {language}", self.kind));
        line("size", &ByteSize(self.size as u64).to_string());
        if !self.made_with.is_empty() {
            line("made with", &plain(&self.made_with.join(", ")));
        }
        line("exports", &plain(&list(&self.exports)));
        if !self.functions.is_empty() {
            line("defines", &plain(&self.functions.join(", ")));
        }
        let imports = describe(&self.imports);
        line(
            "imports",
            &if imports.is_empty() {
                "sandboxed: imports nothing".to_owned()
            } else {
                imports.join("\n")
            },
        );
        line("compile time", &format!("{:.1} ms", self.compile_ms));
        if let Some(memory) = self.memory_at_start {
            line("memory", &format!("{} at start", ByteSize(memory as u64)));
        }
        let plugin = &self.plugin;
        line(
            "server",
            &self.server.text(
                &format!("eco serve -p {plugin}"),
                &format!("eco serve --stdio -p {plugin}"),
            ),
        );
        line(
            "client",
            &self.client.text(
                &format!("eco send -p {plugin}"),
                &format!("eco send --stdio {plugin}"),
            ),
        );
        text
    }
}

impl Usability {
    /// `program` is what it can be as a program, or why it can't be one. What is a plugin as well is used as that, unless it
    /// is called a program.
    fn of(fit: Result<Fit, LoadError>, program: Option<&Result<&'static str, String>>) -> Self {
        let (interface, missing) = match (fit, program) {
            (Ok(fit), _) => (Some(fit.interface), None),
            (Err(_), Some(Ok(_))) => (Some(Interface::Program), None),
            (Err(_), Some(Err(missing))) => (None, Some(missing.clone())),
            (Err(error), None) => (None, Some(Advised(error).to_string())),
        };
        let program = program.and_then(|it| it.as_ref().ok().copied());
        Self {
            usable: interface.is_some(),
            interface: interface.map(Interface::name),
            missing,
            program,
        }
    }

    /// In words, with the command that uses it as a plugin, and the one that uses it as a program.
    fn text(&self, plugin_command: &str, program_command: &str) -> String {
        if let Some(missing) = &self.missing {
            return format!("no: {missing}");
        }
        let interface = self.interface.filter(|it| *it != Interface::Program.name());
        let plugin = interface.map(|it| format!("{it}: {plugin_command}"));
        let program = self.program.map(|it| format!("{it}: {program_command}"));
        let ways: Vec<String> = plugin.into_iter().chain(program).collect();
        format!("yes, {}", ways.join("\nand "))
    }
}

/// The language of a component, guessed from its tools. rustc is no sign of Rust, since the adapters for WASI are
/// written in it.
fn language(tools: &[String]) -> Option<String> {
    const SIGNS: [(&str, &str); 5] = [
        ("wit-bindgen-rust", "Rust"),
        ("wit-bindgen-c", "C"),
        ("componentize-py", "Python"),
        ("ComponentizeJS", "JavaScript"),
        ("Go ", "Go"),
    ];
    SIGNS
        .iter()
        .find(|(tool, _)| tools.iter().any(|found| found.starts_with(tool)))
        .map(|(_, language)| (*language).to_owned())
}

/// The lines about imports: one for each import, and one for each package of WASI.
fn describe(imports: &[Import]) -> Vec<String> {
    let (mut lines, mut seen) = (Vec::new(), HashSet::new());
    for import in imports {
        let line = if import.granted {
            granted(&import.name)
        } else {
            format!("{}  NOT OFFERED", plain(&import.name))
        };
        if seen.insert(line.clone()) {
            lines.push(line);
        }
    }
    lines
}

fn granted(name: &str) -> String {
    let package = name.split('/').next().unwrap_or(name);
    let what = match package {
        "wasi:cli" => "stdout and stderr go to the log; no arguments, no environment",
        "wasi_snapshot_preview1" => "stdin, stdout, clocks, randomness; stderr goes to the log",
        "wasi:clocks" => "the real clocks",
        "wasi:random" => "real randomness",
        "wasi:filesystem" => "no files",
        "wasi:sockets" => "no network",
        "wasi:io" => "what the others of WASI need",
        _ => return format!("{}  (granted)", plain(name)),
    };
    format!("{package}  (granted: {what})")
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join("\n")
    }
}

/// The text with everything escaped that could harm a terminal.
fn plain(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let shown = Escaped(line.as_bytes()).to_string();
        shown.trim_matches('"').to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}
