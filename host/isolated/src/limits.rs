//! The rights that a helper gives up before it looks at a stranger's bytes.
//!
//! It owns the system calls for that. On systems without them the only limit of a helper is the time after which eco
//! kills it.

use serde::{Deserialize, Serialize};
use std::io;
use std::time::Duration;

/// The order of processes where processors are short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Priority {
    /// The priority of any other process: for eco's own bytes alone.
    Ordinary,
    /// Behind all other processes.
    Lowest,
}

/// A helper's limits. `None` is no limit.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Memory, in bytes.
    pub memory: Option<u64>,
    /// Processor time of all its threads.
    pub cpu: Option<Duration>,
    /// Its priority for processors.
    pub priority: Priority,
}

/// Gives up the rights that no task needs: the helper is the first to go when memory is short, leaves no image of
/// itself on the disk, and has no descriptor but its three.
pub(crate) fn withdraw() -> io::Result<()> {
    #[cfg(unix)]
    {
        close_inherited();
        limit(rustix::process::Resource::Core, 0)?;
    }
    // 1000 is the top of Linux's own scale. Where it can't be written, the system chooses by size.
    #[cfg(target_os = "linux")]
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    Ok(())
}

/// Sets the limits of this task. From now on the helper can open nothing: no file, no socket.
pub(crate) fn apply(limits: Limits) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, setpriority_process};
        if limits.priority == Priority::Lowest {
            setpriority_process(None, LOWEST)?;
        }
        limit(Resource::Nofile, 0)?;
        if let Some(memory) = limits.memory {
            limit(Resource::Data, memory)?;
        }
        if let Some(cpu) = limits.cpu {
            let whole = cpu.as_secs() + u64::from(cpu.subsec_nanos() > 0);
            limit(Resource::Cpu, whole.max(1))?;
        }
    }
    #[cfg(not(unix))]
    let _ = limits;
    Ok(())
}

/// Whether the system gives helpers less memory than so many bytes. They inherit the limits of the process that starts
/// them.
pub fn is_short_of(memory: u64) -> bool {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit};
        let below = |limit: Option<u64>, least| limit.is_some_and(|limit| limit < least);
        below(getrlimit(Resource::Data).maximum, memory)
            || below(
                getrlimit(Resource::As).current,
                memory.saturating_add(UNUSED),
            )
    }
    #[cfg(not(unix))]
    {
        let _ = memory;
        false
    }
}

/// Address space that a process takes beside its memory, in bytes: its program, the stacks of its threads and the
/// allocator's reserve for each. Where less is left, address space may have run out before memory did.
/// Test: `resources::address_space_that_is_short_is_not_held_against_a_plugin`.
#[cfg(unix)]
const UNUSED: u64 = 2 << 30;

/// The processor time that this process has used. `None` where the system doesn't say.
pub(crate) fn used() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::try_from(time).ok()
    }
    #[cfg(not(unix))]
    None
}

/// The lowest priority, as of `nice -n 19`.
#[cfg(unix)]
const LOWEST: i32 = 19;

/// Sets the limit, unless there is a lower one already.
#[cfg(unix)]
fn limit(resource: rustix::process::Resource, most: u64) -> io::Result<()> {
    use rustix::process::{Rlimit, getrlimit, setrlimit};
    let now = getrlimit(resource);
    let most = now.maximum.map_or(most, |maximum| maximum.min(most));
    // The soft limit of processor time sends a signal that names the cause, and the hard one SIGKILL.
    let after = match resource {
        rustix::process::Resource::Cpu => most.saturating_add(1),
        _ => most,
    };
    let maximum = now.maximum.map_or(after, |maximum| maximum.min(after));
    setrlimit(
        resource,
        Rlimit {
            current: Some(most),
            maximum: Some(maximum),
        },
    )?;
    Ok(())
}

/// Closes the descriptors that eco was started with, except the three standard ones.
#[cfg(unix)]
fn close_inherited() {
    let own = if cfg!(target_os = "linux") {
        "/proc/self/fd"
    } else {
        "/dev/fd"
    };
    let open: Vec<i32> = std::fs::read_dir(own)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    // Only the folder was opened so far, and it is closed again.
    for descriptor in open.into_iter().filter(|descriptor| *descriptor > 2) {
        let _ = nix::unistd::close(descriptor);
    }
}
