//! An entry of the cache: the code of a component, or of a program's module, and its facts.
//!
//! Its file has the code, as wasmtime wrote it; then the facts, in JSON; then their length. Code comes first,
//! so that it can be mapped as it lies there. The module of a component that is called directly has a file of its own,
//! with code alone. Both files end with a seal.

use super::code;
#[cfg(feature = "compile")]
use super::folder::unnamed;
use super::seal::{self, Sealing};
use crate::facts::{Facts, Form};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

/// Compiled code, in files.
pub(crate) struct Entry {
    pub(crate) facts: Facts,
    /// The code. Facts and a seal may follow it.
    pub(crate) code: File,
    /// The code of a component's module alone, where the component is called directly.
    pub(crate) module: Option<File>,
}

/// The code of an entry, once it is loaded.
pub(crate) enum Either {
    Component(Component),
    Module(Module),
}

/// Bytes that hold the length of the facts.
const LENGTH: u64 = 8;
/// Longest facts, in bytes: as long as a helper may send. A file with longer ones counts as damaged.
const MOST_FACTS: u64 = 256 * 1024;

impl Entry {
    /// Makes an entry from code in memory.
    #[cfg(feature = "compile")]
    pub(crate) fn of(facts: Facts, code: &[u8], module: Option<&[u8]>) -> io::Result<Self> {
        let file = |bytes: &[u8]| {
            let mut file = unnamed()?;
            file.write_all(bytes)?;
            Ok::<_, io::Error>(file)
        };
        Ok(Self {
            facts,
            code: file(code)?,
            module: module.map(file).transpose()?,
        })
    }

    /// Reads an entry from its file. `None` where that is damaged, or the file of its module alone is missing or damaged.
    pub(super) fn read(mut code: File, module: impl FnOnce() -> Option<File>) -> Option<Self> {
        let end = seal::check(&code).ok()?;
        let facts = facts(&mut code, end).ok()?;
        let module = match facts.direct {
            Some(_) => Some(module().filter(|file| seal::check(file).is_ok())?),
            None => None,
        };
        Some(Self {
            facts,
            code,
            module,
        })
    }

    /// Writes its file.
    pub(super) fn write(&self, to: &File) -> io::Result<()> {
        let mut to = Sealing::new(to);
        copy(&self.code, &mut to)?;
        let facts = serde_json::to_vec(&self.facts)?;
        to.write_all(&facts)?;
        to.write_all(&(facts.len() as u64).to_le_bytes())?;
        to.seal()
    }

    /// Writes the file of its module alone.
    pub(super) fn write_module(module: &File, to: &File) -> io::Result<()> {
        let mut to = Sealing::new(to);
        copy(module, &mut to)?;
        to.seal()
    }

    /// The code, in this engine: of a component, or of a module.
    pub(crate) fn code(&self, engine: &Engine) -> wasmtime::Result<Either> {
        Ok(match self.facts.form {
            Form::Component => Either::Component(code::component(engine, &self.code)?),
            Form::Module => Either::Module(code::module(engine, &self.code)?),
        })
    }

    pub(crate) fn module(&self, engine: &Engine) -> wasmtime::Result<Option<Module>> {
        let module = self.module.as_ref();
        module.map(|file| code::module(engine, file)).transpose()
    }
}

/// Copies all of a file.
fn copy(mut from: &File, to: &mut impl io::Write) -> io::Result<()> {
    from.rewind()?;
    io::copy(&mut from, to).map(drop)
}

/// Reads the facts that end at this offset.
fn facts(file: &mut File, end: u64) -> io::Result<Facts> {
    let wrong = || io::Error::from(io::ErrorKind::InvalidData);
    let end = end.checked_sub(LENGTH).ok_or_else(wrong)?;
    file.seek(SeekFrom::Start(end))?;
    let mut length = [0; LENGTH as usize];
    file.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let start = end.checked_sub(length).filter(|_| length <= MOST_FACTS);
    file.seek(SeekFrom::Start(start.ok_or_else(wrong)?))?;
    let mut json = vec![0; length as usize];
    file.read_exact(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}
