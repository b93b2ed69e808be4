//! What connections do to each other on one server: attacks on what they share, and what a neighbour notices.
//!
//! `cargo bench --profile dist -p eco-benches --bench attacks` takes some minutes and writes
//! `tests/benches/ATTACKS.md`. In another profile, or with `-- --quick`, it writes nothing; and with `-- WORD...` it
//! only makes the attacks that have one of the words in their names, and writes nothing. With `-- --before PATH` each
//! attack is also made on another eco, in turn with this one; a relative path begins at this package's folder. Each
//! attack has a server of its own, with a plugin that is written for it; this module owns the page.

mod attackers;
mod list;
mod memory;
mod neighbour;
mod processor;
mod redis;
mod scripts;
mod store;
mod topics;
mod trial;

use anyhow::{Context as _, Result, ensure};
use eco_benches::{eco, is_dist};
use list::Attack;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use trial::{Figures, Form, Origin, Scene};

/// No attack takes this long, with the setting up of its scene, unless something hangs.
const LONGEST: Duration = Duration::from_secs(150);

const COLUMNS: &str = "| attack | address | eco | p50 alone | p99 alone | p50 | p99 | longest | processor | time | memory alone | most memory | what came of it |";

/// An eco that is attacked.
struct Program {
    name: &'static str,
    path: PathBuf,
}

fn main() -> Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    let bench = Bench::new(std::env::args().skip(1))?;
    let mut failed = 0;
    let mut text = String::new();
    for (title, attacks) in [
        ("What a call leaves behind it, in memory", list::memory()),
        ("Who speaks, and those who hear", list::topics()),
        ("Processor time", list::processor()),
        ("The store, and Redis", list::state()),
    ] {
        let (table, failures) = bench.table(title, attacks)?;
        text += &table;
        failed += failures;
    }
    println!("{text}");
    if bench.form == Form::Quick {
        println!(
            "This is the short form: a part of the connections and of the time that the names say."
        );
    }
    ensure!(failed == 0, "{failed} attacks could not be made");
    if bench.form == Form::Full && bench.words.is_empty() && is_dist()? {
        let page = format!("{}{text}", head()?);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ATTACKS.md");
        std::fs::write(path, page)?;
    }
    Ok(())
}

fn head() -> Result<String> {
    Ok(format!(
        "# Attacks on what connections share: results

Written by `cargo bench --profile dist -p eco-benches --bench attacks`, on {} processors, which attackers, neighbour,
server and Redis share. Each attack is made once, on a server of its own, which keeps its state in memory where no Redis is named.

A neighbour sends a few bytes every {} ms, and gets them back from the same plugin; p50, p99 and the longest are of its round trips, in ms,
before the attack and under it. Where an answer comes late, what would have been sent meanwhile counts as late
too; one that does not come for {} s counts as that. Where it is greeted, it connects anew every {} ms. Processor time is the server's, in s, while the
attack went on, which took the time beside it. Memory is what was resident before the attack, and the most under it, in MiB.
The address of the attackers is their own, or shared with the neighbour.
",
        std::thread::available_parallelism()?,
        neighbour::PACE.as_millis(),
        neighbour::PATIENCE.as_secs(),
        neighbour::PACE_OF_GREETINGS.as_millis(),
    ))
}

struct Bench {
    form: Form,
    programs: Vec<Program>,
    /// Only attacks with one of these in their names, if there are any.
    words: Vec<String>,
}

impl Bench {
    fn new(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let (mut form, mut before, mut words) = (Form::Full, None, Vec::new());
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => form = Form::Quick,
                "--before" => before = Some(arguments.next().context("--before takes a path")?),
                // Cargo says it.
                "--bench" => {}
                _ => words.push(argument),
            }
        }
        let mut programs = Vec::new();
        if let Some(path) = before {
            programs.push(Program {
                name: "before",
                path: std::fs::canonicalize(&path).with_context(|| path.clone())?,
            });
        }
        programs.push(Program {
            name: "now",
            path: eco()?,
        });
        Ok(Self {
            form,
            programs,
            words,
        })
    }

    fn wants(&self, attack: &Attack) -> bool {
        let mut words = self.words.iter();
        self.words.is_empty() || words.any(|word| attack.name.contains(word))
    }

    /// A section with a line for each attack on each program, and how many attacks on this eco failed.
    fn table(&self, title: &str, attacks: Vec<Attack>) -> Result<(String, usize)> {
        let mut failed = 0;
        let mut text = format!(
            "\n## {title}\n\n{COLUMNS}\n{}\n",
            "|---".repeat(COLUMNS.matches('|').count() - 1) + "|"
        );
        for attack in attacks.iter().filter(|attack| self.wants(attack)) {
            for &origin in attack.origins {
                let place = match origin {
                    Origin::Own => "own",
                    Origin::Shared => "shared",
                };
                for program in &self.programs {
                    let made = self.make(attack, origin, program);
                    failed += usize::from(made.is_err() && program.name == "now");
                    let cells = match made {
                        Ok(figures) => figures.cells(),
                        Err(error) => format!("{}{error:#}", "| ".repeat(9)),
                    };
                    let line =
                        format!("| {} | {place} | {} | {cells} |", attack.name, program.name);
                    eprintln!("{line}");
                    writeln!(text, "{line}")?;
                }
            }
        }
        Ok((text, failed))
    }

    fn make(&self, attack: &Attack, origin: Origin, program: &Program) -> Result<Figures> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let scene = Scene {
            eco: program.path.clone(),
            form: self.form,
            origin,
        };
        let made = runtime.block_on(async {
            let made = tokio::time::timeout(LONGEST, (attack.run)(scene)).await;
            made.context("it took too long")?
        });
        // A neighbour that still waits ends with its server, or gives up.
        runtime.shutdown_background();
        made
    }
}
