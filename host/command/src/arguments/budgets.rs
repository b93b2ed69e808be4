//! The flags of the budgets, which several commands have.

use super::defaults;
use super::ranges::{self, LEAST_CPU, MEMORY, STACK, TABLE};
use crate::exit::{Exit, Failure};
use bytesize::ByteSize;
use eco_plugin::{Budget, Budgets};
use std::time::Duration;

/// The budgets of [`eco_plugin::Budgets`], as far as they are given.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Budgets of the plugin")]
pub(crate) struct BudgetArgs {
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, help = defaults::budget(&ranges::with("Processor time of one call", &ranges::at_least(LEAST_CPU)), Budget::Cpu))]
    pub(crate) cpu: Option<Duration>,
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, help = defaults::budget("Time in which one call waits, asleep", Budget::Wait))]
    pub(crate) wait: Option<Duration>,
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, help = defaults::budget("Time in which one call must be over, by the clock", Budget::Deadline))]
    pub(crate) deadline: Option<Duration>,
    #[arg(long, value_name = "SIZE", help = defaults::budget(&ranges::with("Memory of one instance", &ranges::sizes(&MEMORY)), Budget::Memory))]
    pub(crate) memory: Option<ByteSize>,
    /// Memory of all instances together, with tables and stacks [default: half of the machine's]
    #[arg(long, value_name = "SIZE")]
    pub(crate) total_memory: Option<ByteSize>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(TABLE), help = defaults::budget(&ranges::with("Table elements of one instance", &ranges::numbers(&TABLE)), Budget::Table))]
    pub(crate) table: Option<u64>,
    #[arg(long, value_name = "SIZE", help = defaults::budget(&ranges::with("Stack of one call", &ranges::sizes(&STACK)), Budget::Stack))]
    pub(crate) stack: Option<ByteSize>,
    #[arg(long, value_name = "SIZE", help = defaults::budget("Bytes returned by one call", Budget::Reply))]
    pub(crate) reply: Option<ByteSize>,
    #[arg(long, value_name = "SIZE", help = defaults::budget("What one connection may write to the log", Budget::Log))]
    pub(crate) log_output: Option<ByteSize>,
    #[arg(long, value_name = "SIZE", help = defaults::budget("Size of the plugin's file", Budget::File))]
    pub(crate) file_size: Option<ByteSize>,
    #[command(flatten)]
    pub(crate) compile: CompileArgs,
}

/// Those of compiling, which commands have that judge plugins by rules of their own.
#[derive(Clone, Copy, Debug, clap::Args)]
#[command(next_help_heading = "Budgets of the plugin")]
pub(crate) struct CompileArgs {
    /// Time to compile the plugin; call, check, grade: processor time [default: 30s, check, grade: 2m]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) compile_time: Option<Duration>,
    #[arg(long, value_name = "SIZE", help = defaults::budget("Memory to compile the plugin", Budget::CompileMemory))]
    pub(crate) compile_memory: Option<ByteSize>,
}

impl CompileArgs {
    /// These budgets, with what is given in the place of its default.
    pub(crate) fn over(self, defaults: Budgets) -> Budgets {
        Budgets {
            compile: self.compile_time.unwrap_or(defaults.compile),
            compile_memory: self.compile_memory.map_or(defaults.compile_memory, size),
            setting: judged_by,
            ..defaults
        }
    }
}

/// What a budget is set with where a plugin is judged: the exercise's author decides, but for what compiles it.
fn judged_by(budget: Budget) -> Option<String> {
    match budget {
        Budget::Compile | Budget::CompileMemory => flag(budget),
        Budget::Fuel | Budget::Memory | Budget::Reply | Budget::Log => {
            Some("limits in exercise.toml".to_owned())
        }
        _ => None,
    }
}

/// The flag that has a budget's name.
fn flag(budget: Budget) -> Option<String> {
    Some(format!("--{}", budget.code()))
}

pub(crate) fn size(bytes: ByteSize) -> usize {
    usize::try_from(bytes.as_u64()).unwrap_or(usize::MAX)
}

impl BudgetArgs {
    /// These budgets, with what is not given taken from `defaults`.
    pub(crate) fn over(&self, defaults: Budgets) -> Result<Budgets, Failure> {
        let defaults = self.compile.over(defaults);
        let set = |given: Option<ByteSize>, default| given.map_or(default, size);
        let budgets = Budgets {
            cpu: self.cpu.unwrap_or(defaults.cpu),
            wait: self.wait.unwrap_or(defaults.wait),
            deadline: self.deadline.unwrap_or(defaults.deadline),
            fuel: defaults.fuel,
            memory: set(self.memory, defaults.memory),
            total_memory: set(self.total_memory, defaults.total_memory),
            table: self.table.map_or(defaults.table, |table| {
                usize::try_from(table).unwrap_or(usize::MAX)
            }),
            stack: set(self.stack, defaults.stack),
            reply: set(self.reply, defaults.reply),
            log: set(self.log_output, defaults.log),
            file: set(self.file_size, defaults.file),
            compile: defaults.compile,
            compile_memory: defaults.compile_memory,
            setting: flag,
        };
        if budgets.cpu < LEAST_CPU {
            let least = humantime::format_duration(LEAST_CPU);
            return Err(Exit::Usage.saying(format!(
                "--cpu must be at least {least}: processor time is counted in steps of that"
            )));
        }
        ranges::check("--memory", budgets.memory, &MEMORY)?;
        ranges::check("--stack", budgets.stack, &STACK)?;
        Ok(budgets)
    }
}
