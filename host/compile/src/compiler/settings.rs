//! Settings that decide which code the compiler makes of a plugin.
//!
//! An engine that compiles and one that runs are made of the same settings, in two processes, so that one takes the
//! other's code.

use crate::bounds::MAPPED;
use serde::{Deserialize, Serialize};
use wasmtime::{Config, OperatorCost};

/// Address space of a whole 32-bit memory, in bytes, so that no access needs a bounds check.
pub const WHOLE_MEMORY: u64 = 4 << 30;

/// The settings that the code depends on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Address space that each memory gets, in bytes.
    pub reservation: u64,
    /// Whether the code counts its work.
    pub work: Work,
    /// The target of the code.
    pub target: Target,
}

/// The machine that the code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// The processor of this machine.
    Native,
    /// Pulley, wasmtime's interpreter: the same code for all machines of 64 bits, and much slower.
    Portable,
}

/// Factor by which portable code is slower than the machine's own: some thirty for a loop in JavaScript or Lua. Its
/// calls have so many times their budget of processor time, so that a script that keeps to its budget later keeps to it
/// from the beginning.
/// Test: `scripts::first_start::a_call_that_takes_long_is_not_cut_while_there_is_only_portable_code`.
const SLOWDOWN: u32 = 32;

impl Target {
    /// Factor by which its calls may take longer.
    pub fn slowdown(self) -> u32 {
        match self {
            Self::Native => 1,
            Self::Portable => SLOWDOWN,
        }
    }
}

/// Whether the code counts its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// The code counts nothing.
    Uncounted,
    /// The code counts fuel, the same on every machine.
    Counted,
}

impl Settings {
    /// Settings for the portable code of interpreters. Fuel is counted, so that one code serves all engines.
    pub const PORTABLE: Self = Self {
        reservation: WHOLE_MEMORY,
        work: Work::Counted,
        target: Target::Portable,
    };

    /// Whether the code counts fuel.
    pub fn counts_fuel(self) -> bool {
        self.work != Work::Uncounted
    }

    /// Configures an engine that runs code which another has compiled. It has no compiler, so that a mistake fails.
    ///
    /// # Errors
    /// This machine can't run such code.
    pub fn running(self) -> wasmtime::Result<Config> {
        #[cfg_attr(
            not(feature = "compile"),
            expect(unused_mut, reason = "there is no compiler")
        )]
        let mut config = self.common()?;
        #[cfg(feature = "compile")]
        config.enable_compiler(false);
        Ok(config)
    }

    /// Configures an engine that compiles, and runs nothing.
    #[cfg(feature = "compile")]
    pub(super) fn compiling(self) -> wasmtime::Result<Config> {
        let mut config = self.common()?;
        if self.counts_fuel() {
            config.cranelift_nan_canonicalization(true);
        }
        Ok(config)
    }

    fn common(self) -> wasmtime::Result<Config> {
        let mut config = Config::new();
        if self.target == Target::Portable {
            config.target("pulley64")?;
            // This map leads from code to places in the interpreter's own source. Nobody asks for them, and it is a
            // tenth of the code.
            config.generate_address_map(false);
        }
        // No function of the contract is async-lifted, and with this on every call costs up to 1.5 µs.
        config.concurrency_support(false);
        config.epoch_interruption(true);
        // Lua's errors are exceptions of WebAssembly. All other garbage collection is off: the host would collect, and
        // nothing would count that work.
        config.wasm_exceptions(true);
        config.wasm_gc(false);
        config.memory_guaranteed_dense_image_size(MAPPED);
        config.memory_reservation(self.reservation);
        config.consume_fuel(self.counts_fuel());
        if self.counts_fuel() {
            // The host executes these, at a higher cost than the one unit of other instructions.
            config.operator_cost(OperatorCost {
                Throw: u8::MAX,
                ThrowRef: u8::MAX,
                MemoryGrow: u8::MAX,
                TableGrow: u8::MAX,
                RefFunc: 50,
                ..OperatorCost::new()
            });
            config.relaxed_simd_deterministic(true);
        }
        Ok(config)
    }
}
