//! Setting up: what `eco setup` installs, and what it never runs.

use crate::harness::Eco;
use crate::support::empty_folder;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// Writes a wheel of componentize-py as an index that was taken over would have it, and its source package:
/// both leave a file `ran` where they can run.
fn forge(packages: &Path, ran: &Path) {
    let touch = format!("open({:?}, 'w').close()", ran.display().to_string());
    let wheel = packages.join("wheel");
    let info = "componentize_py-0.25.1.dist-info";
    let source = packages.join("componentize_py-0.25.1");
    let scripts = "componentize_py-0.25.1.data/scripts/componentize-py";
    let metadata = "Metadata-Version: 2.1\nName: componentize-py\nVersion: 0.25.1\n";
    for (path, text) in [
        (wheel.join(info).join("METADATA"), metadata.to_owned()),
        (
            wheel.join(info).join("WHEEL"),
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n".to_owned(),
        ),
        (
            wheel.join(info).join("RECORD"),
            format!("{scripts},,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"),
        ),
        (wheel.join(scripts), format!("#!python\n{touch}\n")),
        (source.join("PKG-INFO"), metadata.to_owned()),
        (
            source.join("pyproject.toml"),
            "[build-system]\nrequires = []\nbuild-backend = \"forged\"\nbackend-path = [\".\"]\n"
                .to_owned(),
        ),
        (source.join("forged.py"), touch.clone()),
    ] {
        std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("it can be made");
        std::fs::write(path, text).expect("it can be written");
    }
    let pack = |folder: &Path, arguments: &[&str]| {
        let packed = Command::new("python3")
            .current_dir(folder)
            .args(arguments)
            .status();
        assert!(packed.is_ok_and(|status| status.success()));
    };
    let data = "componentize_py-0.25.1.data";
    pack(
        &wheel,
        &[
            "-m",
            "zipfile",
            "-c",
            "../componentize_py-0.25.1-py3-none-any.whl",
            info,
            data,
        ],
    );
    pack(
        packages,
        &[
            "-m",
            "tarfile",
            "-c",
            "componentize_py-0.25.1.tar.gz",
            "componentize_py-0.25.1",
        ],
    );
}

/// Whether there is a Python that can be set up. A machine without one is named on stderr.
fn has_python() -> bool {
    let python = Command::new("python3")
        .args(["-c", "import venv, ensurepip"])
        .output();
    let has = python.is_ok_and(|output| output.status.success());
    if !has {
        assert!(
            std::env::var_os("ECO_ALL_TOOLS").is_none(),
            "no python3 with venv and pip"
        );
        // Not through the macro, whose output the test runner keeps to itself.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED setting up Python: no python3 with venv and pip"
        );
    }
    has
}

/// A disk on which files of so many blocks find no room, as far as a program can tell.
#[test]
fn a_disk_that_is_full_is_not_taken_for_a_python_that_is_missing() {
    if !has_python() {
        return;
    }
    // The folder itself, and then what is installed in it.
    for (blocks, failed) in [(1, "python3 -m venv failed"), (64, "-m ensurepip failed")] {
        let exited = Eco::with_file_size(blocks, &["setup", "python"]).run(b"");
        assert_eq!(exited.code, 69, "{}", exited.stderr);
        for words in ["File too large", failed] {
            assert!(exited.stderr.contains(words), "{words}: {}", exited.stderr);
        }
        assert!(!exited.stderr.contains("not found"), "{}", exited.stderr);
    }
    let absent = Eco::new(&["setup", "python"]).env("PATH", "").run(b"");
    assert_eq!(absent.code, 69, "{}", absent.stderr);
    let words = "python3 with venv and pip was not found";
    assert!(absent.stderr.contains(words), "{}", absent.stderr);
}

#[test]
fn setting_up_python_runs_nothing_but_the_wheels_that_were_pinned() {
    if !has_python() {
        return;
    }
    let packages = empty_folder("forged-packages");
    let ran = packages.join("ran");
    forge(&packages, &ran);
    let exited = Eco::new(&["setup", "python"])
        .env("XDG_CACHE_HOME", empty_folder("forged-cache"))
        .env("PIP_CONFIG_FILE", "/dev/null")
        .env("PIP_NO_INDEX", "1")
        .env("PIP_FIND_LINKS", &packages)
        .run(b"");
    assert_eq!(exited.code, 69, "{}", exited.stderr);
    let said = exited.stderr.to_lowercase();
    assert!(said.contains("hash"), "{said}");
    assert!(
        said.contains("pip install componentize-py failed"),
        "{said}"
    );
    assert!(!ran.exists(), "it ran a package that was not pinned");
}

/// The user's own folder of eco, with Python's interpreter in it, if it is set up.
#[cfg(unix)]
fn own_python() -> Option<std::path::PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(std::path::PathBuf::from);
    let home = || Some(Path::new(&std::env::var_os("HOME")?).join(".cache"));
    let folder = cache.or_else(home)?.join("eco");
    let mut files = folder.read_dir().ok()?.flatten();
    files
        .any(|file| file.file_name().to_string_lossy().starts_with("python-"))
        .then_some(folder)
}

#[cfg(unix)]
#[test]
fn python_for_all_users_is_used_only_where_root_alone_can_write() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = empty_folder("for-all-users");
    if !rustix::process::geteuid().is_root() {
        let exited = Eco::new(&["setup", "python", "--system"])
            .env("ECO_SYSTEM_DIR", &folder)
            .run(b"");
        assert_eq!(exited.code, 69, "{}", exited.stderr);
        let words = "sudo eco setup python --system";
        assert!(exited.stderr.contains(words), "{}", exited.stderr);
        return;
    }
    // Once for `samples`, which says so where Python is missing.
    let python = crate::support::samples::samples()
        .iter()
        .any(|sample| sample.language == "python");
    let Some(own) = own_python().filter(|_| python) else {
        return;
    };
    let copied = Command::new("cp")
        .arg("-r")
        .arg(own.join("."))
        .arg(&folder)
        .status();
    assert!(copied.is_ok_and(|status| status.success()));
    let script =
        crate::support::plugin_file("for-all.py", "def receive(chunk): return chunk.upper()");
    // Without a folder of its own: as a service's user.
    let call = || {
        let eco = Eco::new(&["call", "--raw", &script, "hi"]);
        eco.env("ECO_SYSTEM_DIR", &folder)
            .env("XDG_CACHE_HOME", "")
            .env("HOME", "/nowhere")
            .run(b"")
    };
    let mode = |path: &Path, mode: u32| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, mode).expect("root may do that");
    };
    mode(&folder, 0o755);
    let called = call();
    assert_eq!(called.text(), "HI", "{}", called.stderr);
    mode(&folder, 0o777);
    let refused = call();
    assert_eq!(refused.code, 65);
    assert!(
        refused.stderr.contains("Python is not set up"),
        "{}",
        refused.stderr
    );
    mode(&folder, 0o755);
    let file = folder.read_dir().expect("a folder").flatten();
    let file = file
        .map(|file| file.path())
        .find(|path| path.extension().is_some_and(|end| end == "wasm"));
    mode(&file.expect("the interpreter"), 0o666);
    // Compiled code is found by its hash. Without that it would be read.
    std::fs::remove_dir_all(folder.join("compiled")).expect("it was copied");
    let refused = call();
    assert_eq!(refused.code, 65);
    assert!(
        refused.stderr.contains("written to by other users"),
        "{}",
        refused.stderr
    );
}

#[test]
fn setting_up_says_which_step_it_is_at() {
    if !has_python() {
        return;
    }
    let exited = Eco::new(&["setup", "python"])
        .env("XDG_CACHE_HOME", empty_folder("steps-cache"))
        .env("PIP_CONFIG_FILE", "/dev/null")
        .env("PIP_NO_INDEX", "1")
        .run(b"");
    assert_eq!(exited.code, 69, "{}", exited.stderr);
    for step in [
        "step 1 of 5: making a virtual environment",
        "step 2 of 5: getting componentize-py",
    ] {
        assert!(exited.stderr.contains(step), "{step}: {}", exited.stderr);
    }
}

#[cfg(unix)]
#[test]
fn setting_up_that_is_interrupted_says_so_and_not_that_a_tool_has_failed() {
    // As Ctrl-C does, it ends a tool, which fails, and eco.
    let folder = empty_folder("interrupted-setup");
    let python = folder.join("python3");
    std::fs::write(&python, "#!/bin/sh\nkill -INT $PPID\nexit 1\n").expect("it can be written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&python, mode).expect("it can be run");
    let exited = Eco::new(&["setup", "python"])
        .env("XDG_CACHE_HOME", empty_folder("interrupted-cache"))
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .run(b"");
    assert_eq!(exited.code, 130, "{}", exited.stderr);
    assert!(exited.stderr.contains("interrupted"), "{}", exited.stderr);
    assert!(
        !exited.stderr.contains("cannot set up"),
        "{}",
        exited.stderr
    );
}
