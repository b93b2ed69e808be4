//! What the benchmarks share: the program `eco`, built as they are, servers under measurement, and their figures.

pub mod figures;
pub mod process;

use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The profile whose figures the project shows: what packagers build. See the workspace's manifest.
const DIST: &str = "dist";

/// Where cargo puts what it builds for the running benchmark: TARGET/PROFILE.
fn profile_folder() -> Result<PathBuf> {
    // A benchmark is TARGET/PROFILE/deps/NAME.
    let program = std::env::current_exe()?;
    let folder = program.parent().and_then(Path::parent);
    Ok(folder.context("it lies in no target folder")?.to_owned())
}

/// Whether the running benchmark, and so `eco`, is built in the profile `dist`.
///
/// # Errors
/// The benchmark was started by hand from somewhere else.
pub fn is_dist() -> Result<bool> {
    Ok(profile_folder()?.ends_with(DIST))
}

/// The path of `eco`, built in the profile of the running benchmark. In that of tests, which gives no figures, one that is
/// there is taken as it is.
///
/// Cargo builds a package's programs for that package's own tests alone, and the benchmarks are
/// another package: it is run once more, which builds what is missing.
///
/// # Errors
/// It can't be built.
pub fn eco() -> Result<PathBuf> {
    let folder = profile_folder()?;
    let name = folder.file_name().and_then(|name| name.to_str());
    let built = program_in(&folder);
    if name == Some("debug") && built.exists() {
        return Ok(built);
    }
    eco_in(name.context("a profile has a name")?)
}

/// `cargo`, without what the cargo that runs this program has set for it: some build scripts (that of ring) run anew
/// when that changes, and all that needs them is built once more.
pub fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let set = |prefix| name.to_str().is_some_and(|name| name.starts_with(prefix));
        if set("CARGO_PKG_") || set("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// As [`eco`], in this profile.
///
/// # Errors
/// It can't be built.
pub fn eco_in(profile: &str) -> Result<PathBuf> {
    let folder = profile_folder()?.with_file_name(profile);
    let target = folder.parent().context("a profile lies in target")?;
    let profile = if profile == "debug" { "dev" } else { profile };
    let built = cargo()
        .args(["build", "--quiet", "--locked", "--package", "eco-cli"])
        .args(["--bin", "eco", "--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?
        .success();
    ensure!(built, "eco can't be built");
    Ok(program_in(&folder))
}

fn program_in(folder: &Path) -> PathBuf {
    folder
        .join("eco")
        .with_extension(std::env::consts::EXE_EXTENSION)
}

/// The processor, as Linux names it: figures of another one may differ by half.
pub fn processor() -> String {
    let read = || {
        let text = std::fs::read_to_string("/proc/cpuinfo")?;
        let field = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            let value = line.and_then(|line| line.split_once(':'));
            value
                .map(|(_, value)| value.trim().to_owned())
                .context("no such field")
        };
        let (model, family) = (field("model name")?, field("cpu family")?);
        // Its name begins as the field of the number does.
        let number = text.lines().find(|line| line.starts_with("model\t"));
        let number = number.and_then(|line| line.split_once(':'));
        let number = number.map_or("?", |(_, number)| number.trim());
        anyhow::Ok(format!("{model}, family {family} model {number}"))
    };
    read().unwrap_or_else(|_| std::env::consts::ARCH.to_owned())
}
