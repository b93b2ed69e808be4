//! The memory, processors and descriptors that the machine has for this process.

#[cfg(target_os = "linux")]
mod cgroups;

/// The assumed memory where the system can't be asked.
const ASSUMED_MEMORY: usize = 4 << 30;

/// Descriptors for other things than connections: listeners, the runtime, files.
const OWN_DESCRIPTORS: usize = 64;

/// Bytes of memory for this process: the least of the machine's memory, the limits of its control groups, and its own limits
/// of data and of address space. Test: `judging::memory::a_limit_of_the_process_is_what_there_is`.
pub(super) fn memory() -> usize {
    let limits = [machines(), cgroup(), own_limit()];
    let least = limits.into_iter().flatten().min();
    least.map_or(ASSUMED_MEMORY, |bytes| {
        usize::try_from(bytes).unwrap_or(usize::MAX)
    })
}

/// Half of that, for all plugins together. The rest is for compiling them, for eco, and for the system.
pub(super) fn memory_for_plugins() -> usize {
    memory() / 2
}

#[cfg(target_os = "linux")]
fn machines() -> Option<u64> {
    let info = rustix::system::sysinfo();
    Some(u64::from(info.mem_unit) * info.totalram as u64)
}

#[cfg(not(target_os = "linux"))]
fn machines() -> Option<u64> {
    None
}

#[cfg(target_os = "linux")]
fn cgroup() -> Option<u64> {
    cgroups::memory()
}

#[cfg(not(target_os = "linux"))]
fn cgroup() -> Option<u64> {
    None
}

#[cfg(unix)]
fn own_limit() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};
    let limits = [Resource::Data, Resource::As].map(|resource| getrlimit(resource).current);
    limits.into_iter().flatten().min()
}

#[cfg(not(unix))]
fn own_limit() -> Option<u64> {
    None
}

/// The number of processors for this process; one where the system can't be asked.
pub(super) fn processors() -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(processors).unwrap_or(u32::MAX)
}

/// Raises the soft limit of descriptors to the hard one, and returns the number of connections that it allows. `None` is no
/// limit.
pub(super) fn raise_descriptor_limit() -> Option<usize> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        };
        let current = match setrlimit(Resource::Nofile, raised) {
            Ok(()) => limit.maximum,
            Err(error) => {
                tracing::warn!("cannot raise the descriptor limit: {error}");
                limit.current
            }
        };
        let descriptors = usize::try_from(current?).ok()?;
        Some(descriptors.saturating_sub(OWN_DESCRIPTORS).max(1))
    }
    #[cfg(not(unix))]
    None
}
