//! The budgets of a plugin: what each is, its default, and the flag that changes it.
//!
//! This file is the one place for those figures. It knows neither wasmtime nor the command line.

use std::fmt;
use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// One tick of the engine's clock. A call that is still running yields to its neighbours at every
/// tick, and its processor time is counted in ticks.
pub const TICK: Duration = Duration::from_millis(10);

/// How long one call may wait, for a clock of WASI say: it uses no processor time then, and would
/// else hold its connection for ever. When it is hit the call is dropped as `Budget::Wait`.
/// Test: `hostile_plugins::wasi::a_plugin_that_sleeps_for_ever_is_cut_by_the_wall_clock`.
const WAIT: Duration = Duration::from_secs(30);

/// In which time a call must be over, by the clock: also one that makes way for others again and again would else hold
/// its connection, and what that makes the host hold, for as long as these go on. It is many times what a call may use, so
/// that one of a hundred that loop together still has its whole processor time. When it is hit the call is dropped as
/// `Budget::Deadline`. Test: `state::publishing::a_call_is_over_at_its_deadline_however_long_it_makes_way`.
const DEADLINE: Duration = Duration::from_secs(120);

/// What a plugin may use. Each limit costs a plugin that breaks it its connection; the log names
/// the [`Budget`], its value and the flag.
#[derive(Clone, Debug)]
pub struct Budgets {
    /// Processor time of one call, in steps of 10 ms. A loop costs this much and no more.
    pub cpu: Duration,
    /// Time in which one call waits, asleep.
    pub wait: Duration,
    /// Time in which one call must be over, by the clock, whatever it waits for.
    pub deadline: Duration,
    /// Units of work of one instance, about one for each instruction of WebAssembly; in a script one for as many
    /// as its interpreter needs for the same work. Only an engine that is
    /// metered counts them.
    pub fuel: u64,
    /// Linear memory of one instance, in bytes. In a laboratory a script has
    /// it beside what its interpreter needs.
    pub memory: usize,
    /// What all instances together make the host hold, in bytes: their linear memory, their tables,
    /// and for each, unless it is called directly, its stack and its handles; and the code of all that is loaded.
    /// In a laboratory it is what one run has, with what its connections share
    /// and what they log, so that no plugin takes another's part.
    pub total_memory: usize,
    /// Elements of all the tables of one instance.
    pub table: usize,
    /// Stack of a call, in bytes.
    pub stack: usize,
    /// What one call may return, in bytes: a reply, a message, the text of an error. What it hands to an import has
    /// limits of its own.
    pub reply: usize,
    /// What one connection may write to the log, in bytes.
    pub log: usize,
    /// Size of a plugin's file, in bytes.
    pub file: usize,
    /// Time to compile a plugin. Where work is counted it is processor time. eco's own interpreters have no such budget.
    pub compile: Duration,
    /// Memory to compile a plugin, in bytes. Only a [helper](crate::Compiler::Helper) is held to it, on
    /// systems that can.
    pub compile_memory: usize,
    /// What a person changes a budget with, for messages: a flag, say. `None` where nobody can.
    pub setting: fn(Budget) -> Option<String>,
}

impl Budgets {
    /// For a plugin that serves: small, since there is an instance for each connection.
    pub fn server(machine_memory: usize) -> Self {
        Self {
            cpu: Duration::from_secs(1),
            wait: WAIT,
            deadline: DEADLINE,
            fuel: u64::MAX,
            memory: 64 * MIB,
            total_memory: machine_memory / 2,
            table: 100_000,
            stack: 512 * KIB,
            reply: MIB,
            log: 256 * KIB,
            file: 32 * MIB,
            compile: Duration::from_secs(30),
            compile_memory: 1024 * MIB,
            setting: |_| None,
        }
    }

    /// For a client plugin: wide, since there is one, and whole messages go through it.
    pub fn client(machine_memory: usize) -> Self {
        Self {
            cpu: Duration::from_secs(10),
            wait: 2 * WAIT,
            memory: 1024 * MIB,
            reply: 256 * MIB,
            ..Self::server(machine_memory)
        }
    }

    /// The value of one budget, for a person.
    pub fn value(&self, budget: Budget) -> String {
        match budget {
            Budget::Cpu => humantime::format_duration(self.cpu).to_string(),
            Budget::Wait => humantime::format_duration(self.wait).to_string(),
            Budget::Deadline => humantime::format_duration(self.deadline).to_string(),
            Budget::Compile => humantime::format_duration(self.compile).to_string(),
            Budget::Fuel => format!("{} units", self.fuel),
            Budget::CompileMemory => size(self.compile_memory),
            Budget::Memory => size(self.memory),
            Budget::TotalMemory => size(self.total_memory),
            Budget::Stack => size(self.stack),
            Budget::Reply => size(self.reply),
            Budget::Log => size(self.log),
            Budget::File => size(self.file),
            Budget::Table => format!("{} elements", self.table),
        }
    }
}

/// Which limit a plugin broke. See the fields of [`Budgets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// Processor time of one call.
    Cpu,
    /// Time in which one call waits.
    Wait,
    /// Time of one call, by the clock.
    Deadline,
    /// Units of work of one instance.
    Fuel,
    /// Memory of one instance.
    Memory,
    /// Memory of all instances.
    TotalMemory,
    /// Table elements of one instance.
    Table,
    /// Stack of one call.
    Stack,
    /// Bytes returned by one call.
    Reply,
    /// Log output of one connection.
    Log,
    /// Size of the file.
    File,
    /// Time to compile.
    Compile,
    /// Memory to compile.
    CompileMemory,
}

impl Budget {
    /// Every budget that is set for a plugin or a connection, in the order of the table in `host/README.md`.
    pub const ALL: [Self; 12] = [
        Self::Cpu,
        Self::Wait,
        Self::Deadline,
        Self::Memory,
        Self::TotalMemory,
        Self::Table,
        Self::Stack,
        Self::Reply,
        Self::Log,
        Self::File,
        Self::Compile,
        Self::CompileMemory,
    ];

    /// The budget in a word, stable: logs and tests use it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Wait => "wait",
            Self::Deadline => "deadline",
            Self::Fuel => "fuel",
            Self::Memory => "memory",
            Self::TotalMemory => "total-memory",
            Self::Table => "table",
            Self::Stack => "stack",
            Self::Reply => "reply",
            Self::Log => "log-output",
            Self::File => "file-size",
            Self::Compile => "compile-time",
            Self::CompileMemory => "compile-memory",
        }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "processor time per call",
            Self::Wait => "waiting per call",
            Self::Deadline => "time per call, by the clock",
            Self::Fuel => "units of work per connection",
            Self::Memory => "memory per instance",
            Self::TotalMemory => "memory of all instances",
            Self::Table => "table elements per instance",
            Self::Stack => "stack per call",
            Self::Reply => "bytes returned per call",
            Self::Log => "log output per connection",
            Self::File => "size of a plugin's file",
            Self::Compile => "time to compile",
            Self::CompileMemory => "memory to compile",
        })
    }
}

/// So that `wasmtime` can carry a broken budget through the guest's frames.
impl std::error::Error for Budget {}

fn size(bytes: usize) -> String {
    bytesize::ByteSize(bytes as u64).to_string()
}
