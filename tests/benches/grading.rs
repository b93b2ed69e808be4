//! What checking and grading cost: processor time and time, of the command as it is typed.
//!
//! `cargo bench --profile dist -p eco-benches --bench grading`. One plugin against 100 cases, compiled before; and a class of 200
//! submissions against 20 cases, each submission another plugin, so that each is compiled, and once
//! more, when all come from the cache. Every case is a dialogue of ten lines, and is run under every
//! split, seven of them. The processors are as many as the machine has.

use anyhow::{Result, ensure};
use eco_benches::figures::is_quick;
use nix::sys::resource::{UsageWho, getrusage};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const CASES: usize = 100;
const CLASS: usize = 200;
const CLASS_CASES: usize = 20;
/// The first run compiles; the least of the others is what it costs.
const RUNS: usize = 5;

fn main() -> Result<()> {
    let quick = is_quick();
    let (class, runs) = if quick { (10, 2) } else { (CLASS, RUNS) };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("grading");
    let _ = std::fs::remove_dir_all(&folder);
    let program = eco_benches::eco()?;
    let cache = folder.join("cache");
    let exercise = exercise(&folder.join("hundred"), CASES)?;
    println!(
        "{CASES} cases, one plugin, from the cache: processor time, and time, the least of {runs} runs"
    );
    for (name, text) in [
        ("echo.wat", WAT.replace("OWN", "0")),
        ("echo.lua", LUA.to_owned()),
        ("echo.js", JAVASCRIPT.to_owned()),
    ] {
        let plugin = write(&folder.join(name), &text)?;
        let plugin = plugin.display().to_string();
        let arguments = ["check", &exercise, &plugin];
        run(&program, &arguments, &cache)?;
        let runs: Vec<Cost> = (0..runs)
            .map(|_| run(&program, &arguments, &cache))
            .collect::<Result<_>>()?;
        let least = runs.iter().min_by_key(|cost| cost.processor);
        println!("  {name:9} {}", least.copied().unwrap_or_default());
    }
    let exercise = self::exercise(&folder.join("twenty"), CLASS_CASES)?;
    println!("{class} submissions, {CLASS_CASES} cases: first, each compiled; then from the cache");
    for (name, end, text, comment) in [
        ("components", "wat", WAT, ";;"),
        ("Lua", "lua", LUA, "--"),
        ("JavaScript", "js", JAVASCRIPT, "//"),
    ] {
        let submissions = folder.join(name);
        for student in 0..class {
            // A function that nobody calls makes it another component, and a comment another script.
            let text = text.replace("OWN", &student.to_string());
            let text = format!("{comment} student {student}\n{text}");
            write(&submissions.join(format!("student{student}.{end}")), &text)?;
        }
        let submissions = submissions.display().to_string();
        let arguments = ["grade", &exercise, &submissions];
        let first = run(&program, &arguments, &cache)?;
        let again = run(&program, &arguments, &cache)?;
        println!("  {name:10} {first}\n  {:10} {again}", "");
    }
    Ok(())
}

#[derive(Clone, Copy, Default)]
struct Cost {
    processor: Duration,
    wall: Duration,
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (processor, wall) = (self.processor.as_secs_f64(), self.wall.as_secs_f64());
        write!(f, "{processor:7.3} s processor {wall:7.3} s")
    }
}

/// What a command costs, which must find everything right.
fn run(program: &Path, arguments: &[&str], cache: &Path) -> Result<Cost> {
    let used = || -> Result<Duration> {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let of = |time: nix::sys::time::TimeVal| {
            Duration::from_micros((time.tv_sec() * 1_000_000 + time.tv_usec()).unsigned_abs())
        };
        Ok(of(usage.user_time()) + of(usage.system_time()))
    };
    let mut eco = Command::new(program);
    eco.args(arguments).env("XDG_CACHE_HOME", cache);
    let (before, start) = (used()?, Instant::now());
    let ran = eco.stdin(Stdio::null()).output()?;
    let wall = start.elapsed();
    let text = String::from_utf8_lossy(&ran.stdout);
    let failed = text
        .lines()
        .any(|line| line.contains("FAIL") || line.contains(": a dialogue"));
    let stderr = String::from_utf8_lossy(&ran.stderr);
    ensure!(ran.status.success() && !failed, "{text}{stderr}");
    Ok(Cost {
        processor: used()?.saturating_sub(before),
        wall,
    })
}

/// An exercise with so many dialogues of ten lines.
fn exercise(folder: &Path, cases: usize) -> Result<String> {
    let mut text = "format = 1\nslug = \"lines\"\ntitle = \"Lines\"\npoints = 100\n".to_owned();
    for case in 0..cases {
        let turn = |turn| {
            format!("  {{ send = \"{case} {turn}\\n\" }}, {{ expect = \"{case} {turn}\\n\" }},\n")
        };
        let turns: String = (0..10).map(turn).collect();
        text += &format!("[[cases]]\nname = \"a dialogue, no. {case}\"\nsteps = [\n{turns}]\n");
    }
    write(&folder.join("exercise.toml"), &text)?;
    Ok(folder.display().to_string())
}

fn write(path: &Path, text: &str) -> Result<PathBuf> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text)?;
    Ok(path.to_owned())
}

const LUA: &str = "function receive(chunk) return chunk end\n";
const JAVASCRIPT: &str = "function receive(chunk) { return chunk; }\n";

/// An echo that looks at each byte, so that it is called as most plugins are.
const WAT: &str = r#"(component
  (core module $m
    (memory (export "memory") 2)
    (func (result i32) i32.const OWN)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 16)
    (func (export "receive") (param $at i32) (param $length i32) (result i32) (local $sum i32)
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $length))
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $next (local.tee $length (i32.sub (local.get $length) (i32.const 1)))))
      i32.const 0))
  (core instance $m (instantiate $m))
  (func $receive (param "chunk" (list u8)) (result (list u8))
    (canon lift (core func $m "receive") (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
  (instance $handler (export "receive" (func $receive)))
  (export "eco:plugin/handler@0.1.0" (instance $handler)))
"#;
