//! What the machine has: memory, processors, and descriptors.

/// Memory that is assumed where the system can't be asked.
const ASSUMED_MEMORY: usize = 4 << 30;

/// Descriptors that are kept for everything but connections: listeners, the runtime, files.
const OWN_DESCRIPTORS: usize = 64;

/// Bytes of memory in this machine.
pub(super) fn memory() -> usize {
    #[cfg(target_os = "linux")]
    {
        let info = rustix::system::sysinfo();
        let bytes = u64::from(info.mem_unit) * info.totalram as u64;
        usize::try_from(bytes).unwrap_or(ASSUMED_MEMORY)
    }
    #[cfg(not(target_os = "linux"))]
    ASSUMED_MEMORY
}

/// Processors that this process may run on; one where the system can't be asked.
pub(super) fn processors() -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    u32::try_from(processors).unwrap_or(u32::MAX)
}

/// Raises the soft limit of descriptors to the hard one, and says how many connections that allows.
/// `None`: no limit.
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
