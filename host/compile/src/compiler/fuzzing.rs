//! Private parsers of strangers' bytes, made accessible to the fuzz targets in `tests/fuzz`.
//!
//! Each function passes on a parser's result in plain types.

use super::helper::{self, read};
use super::in_helper;
use super::job::Product;
use crate::binary::direct::detect;
use crate::binary::plan::Plan;
use crate::binary::scan::{self, Unfit};
use crate::facts;
use std::io::{self, Read as _, Seek as _};

/// The scan's verdict on a component.
#[derive(Debug)]
pub enum Scan {
    /// It may be compiled.
    Fits(Scanned),
    /// It exceeds a bound, which the text names.
    TooMuch(String),
    /// It is no component; the text says why.
    Malformed(String),
}

/// The facts that the scan finds.
#[derive(Debug)]
pub struct Scanned {
    /// See `scan::Scanned`.
    pub post_return: bool,
    /// In bytes.
    pub memory: u64,
    /// In elements.
    pub table: u64,
    /// Names of tools.
    pub made_with: Vec<String>,
}

/// Scans a component in binary form.
pub fn scan(binary: &[u8]) -> Scan {
    match scan::scan(binary) {
        Ok(found) => {
            let facts::Scanned {
                post_return,
                memory,
                table,
                made_with,
            } = found;
            Scan::Fits(Scanned {
                post_return,
                memory,
                table,
                made_with,
            })
        }
        Err(Unfit::Malformed(error)) => Scan::Malformed(error.to_string()),
        Err(Unfit::Complex(what) | Unfit::Unbounded(what)) => Scan::TooMuch(what),
    }
}

/// Bytes that the host would hold for each instance of a component.
///
/// # Errors
/// It is not valid, or wasmtime does not know how to run it.
pub fn held(binary: &[u8]) -> Result<u64, String> {
    let plan = Plan::of(binary).map_err(|error| format!("{error:#}"))?;
    Ok(plan.held)
}

/// A component that is called directly.
#[derive(Debug)]
pub struct Direct<'a> {
    /// Its module.
    pub module: &'a [u8],
    /// Name under which the module exports its memory.
    pub memory: &'a str,
    /// Name of its `realloc`.
    pub realloc: &'a str,
    /// Name of the function behind `receive`.
    pub receive: &'a str,
}

/// Finds the parts that a direct call of a valid component needs; `None` if it can't be called so.
///
/// # Errors
/// It is malformed.
pub fn direct(binary: &[u8]) -> Result<Option<Direct<'_>>, String> {
    let found = detect(binary).map_err(|error| error.to_string())?;
    Ok(found.map(|found| Direct {
        module: found.module,
        memory: found.memory,
        realloc: found.realloc,
        receive: found.receive,
    }))
}

/// The answer of a compile helper.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// The helper refuses the plugin. The reason is in JSON.
    Refused(String),
    /// The compiler has panicked, with this message.
    Panicked(String),
    /// The helper has compiled the plugin.
    Compiled {
        /// The facts, in JSON.
        facts: String,
        /// The component's code.
        component: Vec<u8>,
        /// The module's code. Never empty.
        module: Option<Vec<u8>>,
    },
}

impl Answer {
    /// Reads an answer. `most` bounds each part of its code, in bytes.
    ///
    /// # Errors
    /// The bytes are no answer.
    pub fn read(mut bytes: &[u8], most: u64) -> io::Result<Self> {
        let content = |mut file: std::fs::File| {
            let mut bytes = Vec::new();
            file.rewind()?;
            file.read_to_end(&mut bytes)?;
            Ok::<_, io::Error>(bytes)
        };
        let answer =
            eco_isolated::read_answer(&mut bytes, helper::BLOCKS, most, || {}, tempfile::tempfile)?;
        Ok(match answer {
            eco_isolated::Answer::Panicked(why) => Self::Panicked(why),
            eco_isolated::Answer::Made(answer, code) => match read(answer, code) {
                Ok((facts, component, module)) => Self::Compiled {
                    facts: serde_json::to_string(&facts)?,
                    component: content(component)?,
                    module: module.map(content).transpose()?,
                },
                Err(Some(refusal)) => Self::Refused(serde_json::to_string(&refusal)?),
                Err(None) => return Err(io::ErrorKind::InvalidData.into()),
            },
        })
    }

    /// Writes it as a helper does.
    ///
    /// # Errors
    /// Its JSON can't be parsed.
    pub fn write(&self) -> io::Result<Vec<u8>> {
        let compiled = match self {
            Self::Refused(refusal) => Err(serde_json::from_str(refusal)?),
            Self::Compiled {
                facts,
                component,
                module,
            } => Ok(Product {
                facts: serde_json::from_str(facts)?,
                code: component.clone(),
                module: module.clone(),
            }),
            Self::Panicked(why) => {
                let mut bytes = Vec::new();
                eco_isolated::say_panicked(&mut bytes, why)?;
                return Ok(bytes);
            }
        };
        let (answer, code) = in_helper::said(compiled);
        let mut bytes = Vec::new();
        eco_isolated::write_answer(&mut bytes, &answer, &code)?;
        Ok(bytes)
    }
}
