//! An entry: the code of a component, and what is known of it beside.
//!
//! A component's file is the code, as wasmtime wrote it; then the facts, in JSON; then their length, and
//! eight bytes that show that all was written. Code comes first, since it is mapped as it lies there. The
//! module of one that is called directly has a file of its own.

use super::{Facts, code, unnamed};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

/// Code that was compiled, in files.
pub(crate) struct Entry {
    pub(crate) facts: Facts,
    /// The code of the component. More may follow it.
    pub(crate) component: File,
    /// That of its module by itself, where it is called directly.
    pub(crate) module: Option<File>,
}

const END: [u8; 8] = *b"eco-code";
/// The length and the end.
const TAIL: i64 = 16;
/// Bytes of facts: no more than a helper may send.
const MOST_FACTS: u64 = 256 * 1024;

impl Entry {
    /// Of what was compiled in memory.
    pub(crate) fn of(facts: Facts, component: &[u8], module: Option<&[u8]>) -> io::Result<Self> {
        let file = |bytes: &[u8]| {
            let mut file = unnamed()?;
            file.write_all(bytes)?;
            Ok::<_, io::Error>(file)
        };
        Ok(Self {
            facts,
            component: file(component)?,
            module: module.map(file).transpose()?,
        })
    }

    /// Of a component's file. `None` where it is not whole, or its module isn't there.
    pub(super) fn read(mut component: File, module: impl FnOnce() -> Option<File>) -> Option<Self> {
        let facts = facts(&mut component).ok()?;
        let module = match facts.direct {
            Some(_) => Some(module()?),
            None => None,
        };
        Some(Self {
            facts,
            component,
            module,
        })
    }

    /// Writes a component's file.
    pub(super) fn write(&self, mut to: &File) -> io::Result<()> {
        copy(&self.component, to)?;
        let facts = serde_json::to_vec(&self.facts)?;
        to.write_all(&facts)?;
        to.write_all(&(facts.len() as u64).to_le_bytes())?;
        to.write_all(&END)
    }

    pub(crate) fn component(&self, engine: &Engine) -> wasmtime::Result<Component> {
        code::component(engine, &self.component)
    }

    pub(crate) fn module(&self, engine: &Engine) -> wasmtime::Result<Option<Module>> {
        let module = self.module.as_ref();
        module.map(|file| code::module(engine, file)).transpose()
    }
}

/// Copies all of a file.
pub(super) fn copy(mut from: &File, mut to: &File) -> io::Result<()> {
    from.rewind()?;
    io::copy(&mut from, &mut to).map(drop)
}

fn facts(file: &mut File) -> io::Result<Facts> {
    file.seek(SeekFrom::End(-TAIL))?;
    let mut tail = [0; TAIL as usize];
    file.read_exact(&mut tail)?;
    let (length, end) = tail.split_at(END.len());
    let length = u64::from_le_bytes(length.try_into().map_err(io::Error::other)?);
    if end != END || length > MOST_FACTS {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // Both are small.
    file.seek(SeekFrom::End(-TAIL - length as i64))?;
    let mut json = vec![0; length as usize];
    file.read_exact(&mut json)?;
    Ok(serde_json::from_slice(&json)?)
}
