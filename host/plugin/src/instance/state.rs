//! The host's state for one instance, and its accounting.
//!
//! It owns the accounting. `held_bytes` has the sums, and `errors` tells what a call has failed of. `imports` has the
//! functions that the instance may call; `server` and `client` have those that it exports.

use super::condition::Condition;
use super::held_bytes::HeldBytes;
use super::owner::Owner;
use super::watch::Watch;
use crate::cpu::call_state::{CallState, Payer};
use crate::cpu::meter::CpuMeter;
use crate::cpu::priority::Priority;
use crate::cpu::total_time::TotalTime;
use crate::engine_state::EngineState;
use crate::evaluation::{Evaluation, Fixed, Voice};
use crate::imports::host_calls::HostCalls;
use crate::imports::{Imports, Setup};
use crate::laboratory::{self, Laboratory, World};
use crate::participation::timer::Timer;
use crate::participation::{Others, Participation, Sharing};
use crate::plugin_log::PluginLog;
use eco_compile::{Budget, Language, Script, Settings, Target};
use eco_state::{Limit, Problem, SharedState};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use wasmtime::UpdateDeadline;
use wasmtime_wasi::{WasiCtxView, WasiView};

/// The last of this many parts of a script's fuel is its interpreter's, which stops the script and names its line.
/// Test: `judging::feedback::a_plugin_that_can_not_be_loaded_is_no_failed_case`.
const LAST_FUEL: u64 = 64;

/// The state that all instances of a plugin share.
#[derive(Clone)]
pub(crate) struct PluginShared {
    pub(crate) engine: Arc<EngineState>,
    /// The name of the built-in, or the path.
    pub(crate) name: Arc<str>,
    /// Its number among the plugins that its engine has loaded, from 1, once it is loaded.
    pub(crate) version: Arc<OnceLock<u64>>,
    /// The script, where the component is its interpreter.
    pub(crate) script: Option<Arc<Script>>,
    /// Time and randomness of a script's evaluation, and whether its log lines are written. `None` where instances
    /// don't evaluate the script.
    pub(crate) evaluation: Option<(Arc<Fixed>, Voice)>,
    /// Bytes of its own code, which counts in each run in a laboratory. A script has none.
    pub(crate) code: usize,
    /// Processor time of its calls.
    pub(crate) total_time: Arc<TotalTime>,
    /// The state that its instances share with other plugins, outside of laboratories. `None` for a client.
    pub(crate) state: Option<SharedState>,
}

/// The host's state for one instance.
pub(crate) struct InstanceState {
    pub(crate) engine: Arc<EngineState>,
    /// The plugin, as those who observe the engine are told.
    pub(super) plugin: Option<(Arc<str>, Arc<OnceLock<u64>>)>,
    /// Whether it may be called.
    pub(crate) condition: Condition,
    pub(crate) meter: CpuMeter,
    pub(crate) imports: Imports,
    pub(crate) participation: Participation,
    /// The script, where the plugin is one.
    pub(super) script: Option<Arc<Script>>,
    /// The script's evaluation, if this instance evaluates it and is not judged.
    evaluation: Option<Arc<Evaluation>>,
    /// The laboratory that the instance is judged in, if any. Host calls cost fuel there.
    laboratory: Option<Laboratory>,
    /// Whether its code counts fuel.
    pub(super) counts_fuel: bool,
    /// Fuel that host calls have cost.
    host_fuel: u64,
    /// See [`Language::instructions_per_unit`].
    instructions_per_unit: u64,
    /// Limit of linear memory, in bytes.
    pub(super) most_memory: usize,
    /// The budget that the running call of a script has used up, while its interpreter may still say where.
    pub(super) spent: Option<Budget>,
    pub(super) memory: usize,
    pub(super) table: usize,
    held: HeldBytes,
    /// The running call of a program, if somebody observes the engine.
    pub(crate) running: Option<Watch>,
}

impl InstanceState {
    pub(crate) fn new(plugin: &PluginShared, target: Target, owner: Owner) -> Self {
        let Owner {
            connection,
            peer_details,
            membership,
            slow_flag,
            deadline,
            stdio,
            laboratory,
        } = owner;
        let engine = &plugin.engine;
        let laboratory = match engine.world {
            World::Real => None,
            // Nobody reads the log of an instance that is only tried out.
            World::Laboratory => Some(laboratory.unwrap_or_default()),
        };
        let (script, budgets) = (plugin.script.as_ref(), &engine.budgets);
        let language = script.map(|script| script.language);
        let evaluation = plugin.evaluation.as_ref();
        let evaluation = evaluation.map(|(fixed, voice)| Evaluation::new(fixed, *voice));
        let state = plugin.state.as_ref().map(|state| match &laboratory {
            Some(laboratory) => laboratory.state().clone(),
            None => state.clone(),
        });
        let on_line = plugin.on_line(connection);
        let log = PluginLog::new(
            connection,
            budgets,
            laboratory.clone(),
            evaluation.clone(),
            on_line,
        );
        let setup = Setup {
            script,
            laboratory: laboratory.as_ref(),
            evaluation: evaluation.clone(),
            script_imports: &engine.script_imports,
            log,
            peer_details: peer_details.as_ref(),
            stdio: stdio.as_ref(),
        };
        let sharing = state.map(|state| Sharing {
            state,
            peer: membership.account().clone(),
            plugin: plugin.total_time.account().clone(),
            others: match &laboratory {
                None => Others::Server(engine.events.clone()),
                Some(laboratory) => Others::Run(laboratory.clone()),
            },
        });
        let timer = Timer::new(connection, laboratory.as_ref());
        engine.figures.make_instance();
        let in_use = match &laboratory {
            Some(laboratory) => laboratory.holds(plugin.code),
            None => engine.total_memory.in_use().clone(),
        };
        let observed = engine.observers.is_some();
        Self {
            engine: engine.clone(),
            plugin: observed.then(|| (plugin.name.clone(), plugin.version.clone())),
            condition: Condition::default(),
            imports: Imports::new(&setup),
            participation: Participation::new(connection, sharing, timer, slow_flag.clone()),
            script: script.cloned(),
            evaluation,
            meter: CpuMeter::new(
                slow_flag,
                plugin.total_time.clone(),
                membership,
                engine.slow_queue.clone(),
                target.slowdown(),
                deadline.unwrap_or(budgets.deadline),
            ),
            held: HeldBytes::new(in_use, &engine.figures),
            counts_fuel: match target {
                Target::Native => engine.settings.counts_fuel(),
                Target::Portable => Settings::PORTABLE.counts_fuel(),
            },
            host_fuel: 0,
            instructions_per_unit: language.map_or(1, Language::instructions_per_unit),
            most_memory: engine.memory_of(language),
            spent: None,
            memory: 0,
            table: 0,
            running: None,
            laboratory,
        }
    }

    /// See [`Evaluation::has_looked`].
    pub(crate) fn has_looked(&self) -> bool {
        let evaluation = self.evaluation.as_ref();
        evaluation.is_some_and(|evaluation| evaluation.has_looked())
    }

    /// Bytes of memory that the instance has.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }

    /// Before each call: see [`CpuMeter::start`].
    pub(crate) fn start_call(&mut self) -> Option<Payer> {
        self.spent = None;
        self.participation.begin_call();
        self.meter.start()
    }

    /// Whether its calls take turns with those of others. A laboratory has no others.
    pub(crate) fn takes_turns(&self) -> bool {
        self.participation.serves_others() && self.meter.takes_turns()
    }

    /// The fuel budget, in instructions.
    pub(crate) fn instructions(&self) -> u64 {
        let budget = self.engine.budgets.fuel;
        budget.saturating_mul(self.instructions_per_unit)
    }

    /// The fuel that its own code has used, from the instructions that are left.
    pub(super) fn own_fuel(&self, left: u64) -> u64 {
        let own = self.instructions().saturating_sub(left);
        own.div_ceil(self.instructions_per_unit)
    }

    /// The fuel that host calls have cost.
    pub(crate) fn host_fuel(&self) -> u64 {
        self.host_fuel
    }

    /// Checks the running call at a tick of the engine's clock.
    pub(crate) fn on_tick(&mut self) -> wasmtime::Result<UpdateDeadline> {
        if self.host_fuel > self.engine.budgets.fuel {
            return Err(Budget::Fuel.into());
        }
        let tick = self.meter.on_tick(&self.engine.budgets);
        if let (Err(broken), Some(_), None) = (&tick, &self.script, self.spent) {
            // The interpreter has one more tick to stop the script and to name its line.
            self.spent = broken.downcast_ref().copied();
            return Ok(UpdateDeadline::Continue(1));
        }
        tick
    }

    /// Releases the bytes that the host held for a call, at its end.
    pub(crate) fn release_for_call(&mut self) {
        self.held.release_for_call();
    }

    /// Releases the bytes of a call's messages, once they are committed or dropped.
    pub(crate) fn release_pending(&mut self) {
        self.held.release_pending();
    }

    /// Counts bytes that the host holds for the instance until it ends.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), Budget> {
        let in_use = self.held.add(bytes);
        self.check_total(in_use)
    }

    /// Checks the bytes that all instances have.
    fn check_total(&self, in_use: usize) -> Result<(), Budget> {
        match &self.laboratory {
            Some(laboratory) => laboratory.check_memory(self.engine.budgets.total_memory),
            None => self.engine.total_memory.check(in_use),
        }
    }
}

impl HostCalls for InstanceState {
    fn count_host_calls(&mut self, calls: u64) {
        if self.laboratory.is_some() {
            let fuel = laboratory::HOST_CALL.saturating_mul(calls);
            self.host_fuel = self.host_fuel.saturating_add(fuel);
        }
    }

    fn hold_for_call(&mut self, bytes: usize) -> Result<(), Budget> {
        let in_use = self.held.add_for_call(bytes);
        self.check_total(in_use)
    }

    fn release_from_call(&mut self, bytes: usize) {
        self.held.release_from_call(bytes);
    }

    fn hold_result(&mut self, bytes: usize) -> Result<(), Budget> {
        let in_use = self.held.add_result(bytes);
        self.check_total(in_use)
    }

    fn spend_fuel(&mut self, fuel: u64, left: Option<u64>) -> Result<(), Budget> {
        if !self.engine.settings.counts_fuel() {
            return Ok(());
        }
        self.host_fuel = self.host_fuel.saturating_add(fuel);
        let own = left.map_or(0, |left| self.own_fuel(left));
        if own.saturating_add(self.host_fuel) > self.engine.budgets.fuel {
            return Err(Budget::Fuel);
        }
        Ok(())
    }

    fn count_time_exactly(&mut self) {
        self.meter.counts_exactly();
    }

    fn check_time(&self) -> Result<(), Budget> {
        let now = Instant::now();
        if self.meter.span().ends.is_some_and(|end| now > end) {
            return Err(Budget::Deadline);
        }
        // An interpreter reaches a tick soon, which has it name the script's line.
        if self.script.is_none() && self.meter.is_over(&self.engine.budgets, now) {
            return Err(Budget::Cpu);
        }
        Ok(())
    }

    /// Pending messages count with the plugin's memory: the host keeps no more for a plugin than the plugin could
    /// keep itself.
    /// Test: `state::publishing::unpublished_messages_of_a_call_count_as_memory`.
    fn count_pending(&mut self) -> Result<(), Budget> {
        let pending = self.participation.pending_size();
        if self.memory.saturating_add(pending) > self.engine.budgets.memory {
            return Err(Budget::Memory);
        }
        let in_use = self.held.set_pending(pending);
        in_use.map_or(Ok(()), |in_use| self.check_total(in_use))
    }

    fn check_shared(&self) -> Result<(), Budget> {
        match &self.laboratory {
            Some(laboratory) => laboratory.check_memory(self.engine.budgets.total_memory),
            None => Ok(()),
        }
    }

    fn priority(&self) -> Priority {
        self.meter.priority()
    }

    fn call_state(&self) -> Arc<CallState> {
        self.meter.call_state.clone()
    }

    fn participation(&mut self) -> &mut Participation {
        &mut self.participation
    }

    fn admit(&self, limit: Limit, bytes: usize) -> Result<(), Problem> {
        self.participation.admit(limit, bytes)
    }

    fn counts_fuel(&self) -> bool {
        self.counts_fuel
    }

    fn is_spent(&mut self, left: Option<u64>) -> bool {
        let budget = self.engine.budgets.fuel;
        let least = (budget / LAST_FUEL).saturating_add(self.host_fuel);
        if left.is_some_and(|left| left / self.instructions_per_unit < least) {
            self.spent = Some(Budget::Fuel);
        }
        self.spent.is_some()
    }
}

impl AsMut<Imports> for InstanceState {
    fn as_mut(&mut self) -> &mut Imports {
        &mut self.imports
    }
}

impl WasiView for InstanceState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.count_host_call();
        self.imports.wasi.view()
    }
}

impl Drop for InstanceState {
    fn drop(&mut self) {
        self.engine.figures.drop_instance();
    }
}
