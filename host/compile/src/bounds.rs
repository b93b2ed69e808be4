//! Bounds of a component that the compiler and the engine share: one refuses what is beyond them, and the other has room
//! for all that is not.

/// Core instances, memories or tables that one plugin may be made of. Interpreters and adapters come as a handful of
/// modules; a plugin with more is refused when it is loaded.
/// Test: `refused_plugins::components::a_plugin_that_would_take_gigabytes_to_compile_is_refused`.
pub const PARTS: u32 = 32;

/// Bytes that the host may hold for an instance, beside its memory and its tables. Components of toolchains need some
/// KiB, Python's some hundred. More is refused as unbounded.
/// Test: `hostile_plugins::memory::a_plugin_that_makes_the_host_hold_much_for_an_instance_is_refused`.
pub const HELD: u64 = 4 * 1024 * 1024;

/// Pages whose copying takes no noticeable time. A plugin with more is not called directly, and makes way for others as
/// it starts.
/// Test: `hostile_plugins::memory::data_that_is_strewn_over_the_memory_is_refused`, and
/// `fairness::processors::a_start_that_copies_much_holds_up_nobody`.
pub const FEW_PAGES: u64 = 64;

/// Span of memory, in bytes, within which wasmtime maps a module's data however sparse it is. Over a longer span the
/// data is mapped only if it fills half of it. The rule is wasmtime's own; the engine sets this value.
pub(crate) const MAPPED: u64 = 16 * 1024 * 1024;
