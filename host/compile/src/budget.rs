//! The budgets of a plugin. A budget is one row of the table here, and is counted elsewhere.
//!
//! It owns the figures and words of budgets. It knows neither wasmtime nor the command line.

use eco_limits::{Limit as _, Range, Value};
use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const GIB: usize = 1024 * MIB;

/// One tick of the engine's clock. A call that is still running yields to its neighbours at every
/// tick, and its processor time is counted in ticks.
pub const TICK: Duration = Duration::from_millis(10);

eco_limits::limits! {
    /// What a plugin may use. Each limit costs a plugin that breaks it its connection; the log names
    /// the [`Budget`], its value and what changes it.
    ///
    /// ```
    /// use eco_compile::Budgets;
    /// use std::time::Duration;
    ///
    /// let budgets = Budgets::default().memory(16 << 20).cpu(Duration::from_millis(50));
    /// assert_eq!(budgets.memory, 16 << 20);
    /// assert_eq!(budgets.wait, Budgets::default().wait);
    /// ```
    pub struct Budgets {
        /// What a person changes a budget with, for messages: a flag, say. `None` where nobody can.
        pub setting: fn(Budget) -> Option<String> = |_| None,
    }

    /// Which limit a plugin broke. See the fields of [`Budgets`].
    pub enum Budget {
        /// Processor time of one call
        ///
        /// A loop costs this much and no more.
        Cpu {
            cpu: Time = Duration::from_secs(1),
            code: "cpu",
            words: "processor time per call",
            range: Range::AtLeast(Value::Time(TICK), "processor time is counted in steps of that"),
            reason: "At least 10 ms, a tick. A second is many times what a call of a plugin takes that answers a peer, and no longer than a person waits.",
            test: "hostile_plugins::calls::every_attack_costs_its_own_connection_and_no_other",
        }

        /// Time in which one call waits, asleep
        ///
        /// For a clock of WASI, say: it uses no processor time then, and would else hold its connection for ever.
        Wait {
            wait: Time = Duration::from_secs(30),
            code: "wait",
            words: "waiting per call",
            reason: "As long as a peer may take none of a reply. A plugin that waits longer asks for a timer, which holds no call.",
            test: "hostile_plugins::wasi::a_plugin_that_sleeps_for_ever_is_cut_by_the_wall_clock",
        }

        /// Time in which one call must be over, by the clock
        ///
        /// Whatever it waits for. One that makes way for others again and again would else hold its connection, and
        /// what that makes the host hold, for as long as these go on.
        Deadline {
            deadline: Time = Duration::from_secs(120),
            code: "deadline",
            words: "time per call, by the clock",
            reason: "Many times the processor time of a call, so that one of a hundred that loop together has all of it.",
            test: "state::publishing::a_call_is_over_at_its_deadline_however_long_it_makes_way",
        }

        /// Units of work of one instance
        ///
        /// About one for each instruction of WebAssembly; in a script one for as many as its interpreter needs for the
        /// same work. Only an engine that is metered counts them.
        Fuel {
            fuel: Units = u64::MAX,
            code: "fuel",
            words: "units of work per connection",
            reason: "No budget: processor time bounds a plugin, and counting slows it down. An exercise sets one.",
            test: "judging::feedback::a_plugin_that_can_not_be_loaded_is_no_failed_case",
        }

        /// Memory of one instance
        ///
        /// Its linear memory. In a laboratory a script has it beside what
        /// its interpreter needs. The memory of WebAssembly comes in pages of 64 KiB, and 4 GiB are all that a plugin
        /// can address.
        Memory {
            memory: Size = 64 * MIB,
            code: "memory",
            words: "memory per instance",
            range: Range::FromTo(Value::Size(64 * KIB), Value::Size(4 * GIB)),
            reason: "64 KiB to 4 GiB. Python's interpreter begins with 23 MiB, so that a script in each language has twice that and more.",
            test: "hostile_plugins::calls::every_attack_costs_its_own_connection_and_no_other",
        }

        /// Memory of all instances together, with tables and stacks
        ///
        /// All that they make the host hold: their linear memory, their tables, and for each, unless it is
        /// called directly, its stack and its handles; and the code of all that is loaded. [`Budgets::server`] makes it
        /// half of the machine's. In a laboratory it is what one run has, with what
        /// its connections share and what they log, so that no plugin takes another's part.
        TotalMemory {
            total_memory: Size = 2 * GIB,
            code: "total-memory",
            words: "memory of all instances",
            reason: "Half of a machine with 4 GiB; the rest is for compiling, for the host, and for the system. A program that knows its machine sets more, or less.",
            test: "hostile_plugins::memory::memory_of_all_instances_together_has_a_budget_and_is_given_back",
        }

        /// Table elements of one instance
        ///
        /// Of all its tables. WebAssembly gives a table ten million at most, and a pool has address space for as many
        /// in each table of each connection.
        Table {
            table: Elements = 100_000,
            code: "table",
            words: "table elements per instance",
            range: Range::FromTo(Value::Elements(0), Value::Elements(10_000_000)),
            reason: "Up to ten million. An element is most often a function that is called through a pointer, of which a large program has some thousands.",
            test: "hostile_plugins::calls::every_attack_costs_its_own_connection_and_no_other",
        }

        /// Stack of one call
        ///
        /// Calls of a plugin need some, and each connection has as much.
        Stack {
            stack: Size = 512 * KIB,
            code: "stack",
            words: "stack per call",
            range: Range::FromTo(Value::Size(16 * KIB), Value::Size(16 * MIB)),
            reason: "16 KiB to 16 MiB. wasmtime's own default.",
            test: "hostile_plugins::calls::every_attack_costs_its_own_connection_and_no_other",
        }

        /// Bytes returned by one call
        ///
        /// A reply, a message, the text of an error. What a call hands to an import has limits of its own.
        Reply {
            reply: Size = MIB,
            code: "reply",
            words: "bytes returned per call",
            reason: "Sixteen chunks. A reply is held as a whole until it is written.",
            test: "hostile_plugins::calls::a_reply_of_exactly_the_budget_passes_and_one_byte_more_does_not",
        }

        /// What one connection may write to the log
        Log {
            log: Size = 256 * KIB,
            code: "log-output",
            words: "log output per connection",
            reason: "Some thousands of lines, enough to find a fault, and 512 MiB of a disk where each of 2048 connections writes them.",
            test: "hostile_plugins::wasi::a_plugin_that_floods_standard_output_is_cut",
        }

        /// Size of the plugin's file
        File {
            file: Size = 32 * MIB,
            code: "file-size",
            words: "size of a plugin's file",
            reason: "The largest that the tools of languages make, which carry a whole interpreter, have 12 to 18 MB.",
            test: "refused_plugins::files::a_file_over_its_budget_is_refused_before_it_is_read_to_its_end",
        }

        /// Time to compile the plugin
        ///
        /// Where work is counted it is processor time. eco's own interpreters have no such budget.
        Compile {
            compile: Time = Duration::from_secs(30),
            code: "compile-time",
            words: "time to compile",
            reason: "What tools make takes some seconds at most. What takes longer was made to.",
            test: "compile::attacks::a_plugin_that_takes_too_much_to_compile_is_too_complex",
        }

        /// Memory to compile the plugin
        ///
        /// Only a [helper](crate::Compiler::Helper) is held to it, on systems that can.
        CompileMemory {
            compile_memory: Size = GIB,
            code: "compile-memory",
            words: "memory to compile",
            reason: "What tools make takes less. At most four are compiled at once for each processor.",
            test: "compile::attacks::a_plugin_that_takes_too_much_to_compile_is_too_complex",
        }
    }
}

impl Budgets {
    /// The defaults, which are those of a plugin that serves, with half of the machine's memory for all instances.
    /// `machine_memory` is in bytes.
    pub fn server(machine_memory: usize) -> Self {
        Self {
            total_memory: machine_memory / 2,
            ..Self::default()
        }
    }

    /// For a client plugin: wide, since there is one, and whole messages go through it. `machine_memory` is in bytes.
    pub fn client(machine_memory: usize) -> Self {
        Self {
            cpu: Duration::from_secs(10),
            wait: Duration::from_secs(60),
            memory: GIB,
            reply: 256 * MIB,
            ..Self::server(machine_memory)
        }
    }

    /// The value of one budget, for a person.
    pub fn value(&self, budget: Budget) -> String {
        budget.get(self).to_string()
    }
}

/// So that `wasmtime` can carry a broken budget through the guest's frames.
impl std::error::Error for Budget {}
