//! The memory limit of this process's control groups on Linux, which is most often a container's.
//!
//! It reads the files of both versions (<https://docs.kernel.org/admin-guide/cgroup-v2.html>,
//! <https://docs.kernel.org/admin-guide/cgroup-v1/memory.html>).

use std::path::{Component, Path, PathBuf};

/// One version of control groups: the marks of its mounts and of its lines in `/proc/self/cgroup`, and its files.
struct Version {
    file_system: &'static str,
    /// The controller in a mount's options and in a line of the groups, where several hierarchies are mounted.
    controller: Option<&'static str>,
    limits: &'static [&'static str],
}

const VERSIONS: [Version; 2] = [
    Version {
        file_system: "cgroup2",
        controller: None,
        // Above `memory.high` a process is slowed down until it hardly moves.
        limits: &["memory.max", "memory.high"],
    },
    Version {
        file_system: "cgroup",
        controller: Some("memory"),
        limits: &["memory.limit_in_bytes"],
    },
];

/// The least memory limit, in bytes, of this process's groups and those above them. `None` is no limit.
pub(super) fn memory() -> Option<u64> {
    memory_below(Path::new("/"))
}

/// The same, with the system's files below this folder.
fn memory_below(root: &Path) -> Option<u64> {
    let read = |path: &str| std::fs::read_to_string(root.join(path)).ok();
    let (groups, mounts) = (read("proc/self/cgroup")?, read("proc/self/mountinfo")?);
    let limits = VERSIONS.iter().flat_map(|version| {
        let folders = mounts
            .lines()
            .filter_map(|line| version.folders(line, &groups));
        folders.flatten().flat_map(|folder| {
            let limits = version.limits.iter();
            limits.filter_map(move |file| limit(&root.join(folder.join(file))))
        })
    });
    limits.min()
}

/// The limit in a file. `None`: there is no such file, or it says `max`.
fn limit(file: &Path) -> Option<u64> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}

impl Version {
    /// The folders of the process's group and of those above it, if this line of `/proc/self/mountinfo` is of this version:
    /// `36 35 0:30 ROOT MOUNTED-AT OPTIONS ... - cgroup2 cgroup OPTIONS`. Paths are relative to the system's root.
    fn folders(&self, mount: &str, groups: &str) -> Option<Vec<PathBuf>> {
        let (mount, kind) = mount.split_once(" - ")?;
        let (mut mount, mut kind) = (mount.split(' ').skip(3), kind.split(' '));
        let (top, at) = (mount.next()?, mount.next()?);
        let (file_system, options) = (kind.next()?, kind.nth(1)?);
        let is_of_it = |list: &str| {
            let of = |controller| list.split(',').any(|one| one == controller);
            self.controller.is_none_or(of)
        };
        if file_system != self.file_system || !is_of_it(options) {
            return None;
        }
        // A line of a group is `4:memory:/path`; of the second version `0::/path`.
        let group = groups.lines().find_map(|line| {
            let (controllers, group) = line.split_once(':')?.1.split_once(':')?;
            let is_its = match self.controller {
                Some(_) => is_of_it(controllers),
                None => controllers.is_empty(),
            };
            is_its.then_some(group)
        })?;
        let at = PathBuf::from(unescaped(at).trim_start_matches('/'));
        // In a container the mount may begin at a group below the root. If the process is not in that group, the limits
        // there are of other processes.
        let below = Path::new(group).strip_prefix(unescaped(top)).ok()?;
        // A group outside of the mount can't be seen, but the mounted one can.
        let is_seen = below.components().all(|part| part != Component::ParentDir);
        let below = below.strip_prefix("/").unwrap_or(below);
        let below = below.ancestors().filter(|_| is_seen);
        let mut folders: Vec<PathBuf> = below.map(|group| at.join(group)).collect();
        folders.push(at);
        Some(folders)
    }
}

/// Decodes a path of `/proc/self/mountinfo`, which has blanks and line breaks in octal digits, as `\040` (proc(5)).
fn unescaped(path: &str) -> String {
    let escapes = [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ];
    let mut path = path.to_owned();
    for (escape, character) in escapes {
        path = path.replace(escape, character);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::memory_below;
    use std::path::Path;

    const MIB: u64 = 1 << 20;

    /// A system with these files.
    fn memory(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = root.path().join(path);
            let folder = path.parent().unwrap_or(Path::new("/"));
            std::fs::create_dir_all(folder).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        memory_below(root.path())
    }

    const SECOND: (&str, &str) = (
        "proc/self/mountinfo",
        "22 1 8:1 / / rw - ext4 /dev/root rw\n30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
    );

    #[test]
    fn of_the_second_version_the_least_limit_of_all_groups_above_counts() {
        let group = ("proc/self/cgroup", "0::/user.slice/session\n");
        let own = "sys/fs/cgroup/user.slice/session/memory.max";
        let above = "sys/fs/cgroup/user.slice/memory.max";
        let high = "sys/fs/cgroup/user.slice/memory.high";
        let of = |files: &[(&str, &str)]| memory(&[&[SECOND, group][..], files].concat());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(own, "max\n"), (above, "max\n")]), None);
        assert_eq!(
            of(&[(own, "805306368\n"), (above, "max\n")]),
            Some(768 * MIB)
        );
        assert_eq!(of(&[(own, "805306368\n"), (above, "1048576\n")]), Some(MIB));
        assert_eq!(
            of(&[(own, "805306368\n"), (high, "2097152\n")]),
            Some(2 * MIB)
        );
    }

    #[test]
    fn of_the_first_version_the_group_of_memory_counts() {
        let files = |limit| {
            [
                (
                    "proc/self/cgroup",
                    "5:cpu,cpuacct:/elsewhere\n4:memory:/docker/abc\n0::/\n",
                ),
                (
                    "proc/self/mountinfo",
                    "31 22 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n32 22 0:28 / /sys/fs/cgroup/memory rw shared:10 - cgroup cgroup rw,memory\n",
                ),
                ("sys/fs/cgroup/cpu/elsewhere/memory.limit_in_bytes", "1\n"),
                (
                    "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes",
                    limit,
                ),
                (
                    "sys/fs/cgroup/memory/memory.limit_in_bytes",
                    "9223372036854771712\n",
                ),
            ]
        };
        assert_eq!(memory(&files("1073741824\n")), Some(1024 * MIB));
        assert_eq!(memory(&files("\n")), Some(9_223_372_036_854_771_712));
    }

    #[test]
    fn in_a_container_what_is_mounted_is_its_own_group() {
        let limit = ("sys/fs/cgroup/memory.max", "4194304\n");
        // It sees itself at the root, or its path from outside, or a group that it isn't in.
        for (group, top) in [
            ("0::/\n", "/"),
            ("0::/docker/abc\n", "/docker/abc"),
            ("0::/../other\n", "/"),
        ] {
            let mounts = SECOND.1.replace("0:26 / ", &format!("0:26 {top} "));
            let files = [
                ("proc/self/cgroup", group),
                ("proc/self/mountinfo", &*mounts),
                limit,
            ];
            assert_eq!(memory(&files), Some(4 * MIB), "{group}");
        }
        assert_eq!(memory(&[]), None);
    }

    #[test]
    fn what_is_mounted_of_a_group_that_is_not_its_own_limits_it_in_nothing() {
        let mounts = format!(
            "{}40 22 0:26 /other /mnt rw - cgroup2 cgroup2 rw\n",
            SECOND.1
        );
        let files = [
            ("proc/self/cgroup", "0::/session\n"),
            ("proc/self/mountinfo", &*mounts),
            ("sys/fs/cgroup/session/memory.max", "4194304\n"),
            ("mnt/memory.max", "1048576\n"),
        ];
        assert_eq!(memory(&files), Some(4 * MIB));
    }

    #[test]
    fn a_blank_in_the_name_of_a_group_or_of_where_it_is_mounted_is_a_blank() {
        let files = [
            ("proc/self/cgroup", "0::/own group/session\n"),
            (
                "proc/self/mountinfo",
                "30 22 0:26 /own\\040group /a\\040\\134b rw - cgroup2 cgroup2 rw\n",
            ),
            ("a \\b/session/memory.max", "4194304\n"),
        ];
        assert_eq!(memory(&files), Some(4 * MIB));
    }
}
