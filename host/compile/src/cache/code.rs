//! Loading native code: from a file to a component or module that wasmtime runs.
//!
//! This is eco's one module with `unsafe` in it. wasmtime can't tell its own code from any other, so the caller must
//! know who wrote the file.

#![allow(
    unsafe_code,
    reason = "wasmtime takes compiled code on trust, and only an unsafe function says so"
)]

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

/// Loads the component whose code is in the file, by mapping it where the system can. Code for another version of
/// wasmtime, for other settings or for another processor is an error.
pub(super) fn component(engine: &Engine, file: &File) -> wasmtime::Result<Component> {
    #[cfg(target_os = "linux")]
    {
        // wasmtime takes a path. This path leads to the open file itself, whichever file has its name by now.
        let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(file));
        // SAFETY: the file is of this process alone, and came from the compiler of its own helper, or it
        // is in a folder of the cache: `folder` opens such files only where nobody but the user can write,
        // eco writes them once, before they have their name, from what its compiler gave it, and `seal` has
        // found them to be what was written. A user who cuts one short while it is mapped ends their own process,
        // as one who writes into a program's file does.
        if let Ok(component) = unsafe { Component::deserialize_file(engine, path) } {
            return Ok(component);
        }
        // Code can't be mapped from every file system; a copy of it always runs.
    }
    // SAFETY: as above, and it is a copy.
    unsafe { Component::deserialize(engine, read(file)?) }
}

/// Loads the component whose code is part of the program, as a copy.
pub(crate) fn part_of_eco(engine: &Engine, code: &'static [u8]) -> wasmtime::Result<Component> {
    // SAFETY: these bytes are part of the program. A test holds them against what eco's compiler makes.
    unsafe { Component::deserialize(engine, code) }
}

/// As [`component`], for a module: that of a program, or of a component that is called directly.
pub(super) fn module(engine: &Engine, file: &File) -> wasmtime::Result<Module> {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: as for a component.
        if let Ok(module) = unsafe { Module::deserialize_open_file(engine, file.try_clone()?) } {
            return Ok(module);
        }
    }
    // SAFETY: as for a component.
    unsafe { Module::deserialize(engine, read(file)?) }
}

fn read(mut file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}
