//! An exercise on the command line: a folder, or the name of one that eco brings.

use crate::exit::{Exit, Failure};
use eco_exercise::{Cases, Exercise, Files, Mistake, SHIPPED, Shipped};
use eco_text::escape::Escaped;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The exercise of eco with this name.
pub(crate) fn shipped(slug: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|shipped| shipped.slug == slug)
}

/// The failure when the text names no exercise.
pub(crate) fn unknown(text: &OsStr) -> Failure {
    let slugs: Vec<&str> = SHIPPED.iter().map(|shipped| shipped.slug).collect();
    Exit::Usage.saying(format!(
        "there is no exercise {}: name a folder with an exercise.toml, or one of {}",
        Escaped(text.as_encoded_bytes()),
        slugs.join(", ")
    ))
}

/// Finds an exercise. A name of one of eco's always means eco's own, even if the current folder has one too: that may be
/// anybody's. The path of a copy has a separator, as `./echo`.
pub(crate) fn find(text: &OsStr) -> Result<Files, Failure> {
    let path = PathBuf::from(text);
    if let Some(shipped) = text.to_str().and_then(shipped) {
        if path.join("exercise.toml").symlink_metadata().is_ok() {
            let slug = shipped.slug;
            tracing::info!("the exercise is eco's own {slug}; ./{slug} is the folder");
        }
        return Ok(shipped.files());
    }
    match (path.is_dir(), path.parent()) {
        (true, _) => Ok(Files::Folder(path)),
        (false, Some(folder)) if path.ends_with("exercise.toml") => {
            let folder = if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            };
            Ok(Files::Folder(folder.to_owned()))
        }
        _ => Err(unknown(text)),
    }
}

/// Reads an exercise. An error is for its author.
pub(crate) fn read(files: &Files, cases: Cases) -> Result<Exercise, Failure> {
    let read = Exercise::read(files, cases);
    read.map_err(|mistake: Mistake| {
        Exit::Usage.because(anyhow::Error::from(mistake).context("cannot use the exercise"))
    })
}

/// Why a program can't solve this exercise.
pub(crate) fn for_plugins(slug: &str) -> String {
    format!("{slug} is about what connections share, and about time: that takes a plugin")
}
