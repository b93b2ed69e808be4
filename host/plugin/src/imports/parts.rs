//! The parts of a value that passes between a script and a function of the embedder's: `part` of `wit/script.wit`.
//!
//! WIT has no recursive type. So a value is written as its parts in order: a list is the number of its items and then
//! the items. It owns the parts and the bound on them, and knows nothing of types.

use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Lower, WasmList, WasmStr};

/// Bytes that a part counts, beside the bytes of its text: about what the host holds for it.
const PART: usize = size_of::<Part>();

/// A part of a value, on the host's side.
#[derive(Clone, Debug, PartialEq, ComponentType, Lower)]
#[component(variant)]
pub enum Part {
    /// No value.
    #[component(name = "none")]
    None,
    /// A boolean.
    #[component(name = "flag")]
    Flag(bool),
    /// An integer.
    #[component(name = "signed")]
    Signed(i64),
    /// An integer that is not negative.
    #[component(name = "unsigned")]
    Unsigned(u64),
    /// A text.
    #[component(name = "text")]
    Text(String),
    /// Bytes.
    #[component(name = "bytes")]
    Bytes(Vec<u8>),
    /// So many values follow: a list or a tuple.
    #[component(name = "items")]
    Items(u32),
    /// The names of the fields of a record, in order. A value follows for each.
    #[component(name = "fields")]
    Fields(Vec<String>),
}

/// A part of an argument, where it lies in the interpreter's memory.
#[derive(ComponentType, Lift)]
#[component(variant)]
pub(super) enum UnreadPart {
    #[component(name = "none")]
    None,
    #[component(name = "flag")]
    Flag(bool),
    #[component(name = "signed")]
    Signed(i64),
    #[component(name = "unsigned")]
    Unsigned(u64),
    #[component(name = "text")]
    Text(WasmStr),
    #[component(name = "bytes")]
    Bytes(WasmList<u8>),
    #[component(name = "items")]
    Items(u32),
    #[component(name = "fields")]
    Fields(WasmList<WasmStr>),
}

impl Part {
    /// The bytes that the part counts.
    fn length(&self) -> usize {
        let own = match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            Self::Fields(names) => names.iter().map(|name| name.len() + PART).sum(),
            Self::None | Self::Flag(_) | Self::Signed(_) | Self::Unsigned(_) | Self::Items(_) => 0,
        };
        own.saturating_add(PART)
    }

    /// The kind of value that begins with the part, in words that fit all script languages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Flag(_) => "a boolean",
            Self::Signed(_) | Self::Unsigned(_) => "a number",
            Self::Text(_) => "a text",
            Self::Bytes(_) => "bytes",
            Self::Items(_) => "a list",
            Self::Fields(_) => "an object with fields",
        }
    }
}

/// The bytes that some parts count.
pub(super) fn length(parts: &[Part]) -> usize {
    parts
        .iter()
        .map(Part::length)
        .fold(0, usize::saturating_add)
}

/// Copies parts out of the interpreter's memory. `None` where they count more than `most` bytes: nothing beyond that is
/// copied. Invalid UTF-8 traps.
pub(super) fn read<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    list: &WasmList<UnreadPart>,
    most: usize,
) -> wasmtime::Result<Option<Vec<Part>>> {
    let mut left = most;
    if !spend(&mut left, list.len().saturating_mul(PART)) {
        return Ok(None);
    }
    let mut parts = Vec::with_capacity(list.len());
    for place in 0..list.len() {
        let Some(unread) = list.get(&mut *store, place) else {
            break;
        };
        let part = match unread? {
            UnreadPart::None => Part::None,
            UnreadPart::Flag(flag) => Part::Flag(flag),
            UnreadPart::Signed(number) => Part::Signed(number),
            UnreadPart::Unsigned(number) => Part::Unsigned(number),
            UnreadPart::Items(count) => Part::Items(count),
            UnreadPart::Text(text) => match read_text(store, &text, &mut left)? {
                Some(text) => Part::Text(text),
                None => return Ok(None),
            },
            UnreadPart::Bytes(bytes) => {
                if !spend(&mut left, bytes.len()) {
                    return Ok(None);
                }
                Part::Bytes(bytes.as_le_slice(&*store).to_vec())
            }
            UnreadPart::Fields(names) => match read_names(store, &names, &mut left)? {
                Some(names) => Part::Fields(names),
                None => return Ok(None),
            },
        };
        parts.push(part);
    }
    Ok(Some(parts))
}

fn read_names<T: 'static>(
    store: &mut StoreContextMut<'_, T>,
    list: &WasmList<WasmStr>,
    left: &mut usize,
) -> wasmtime::Result<Option<Vec<String>>> {
    if !spend(left, list.len().saturating_mul(PART)) {
        return Ok(None);
    }
    let mut names = Vec::with_capacity(list.len());
    for place in 0..list.len() {
        let Some(name) = list.get(&mut *store, place) else {
            break;
        };
        match read_text(store, &name?, left)? {
            Some(name) => names.push(name),
            None => return Ok(None),
        }
    }
    Ok(Some(names))
}

fn read_text<T: 'static>(
    store: &StoreContextMut<'_, T>,
    text: &WasmStr,
    left: &mut usize,
) -> wasmtime::Result<Option<String>> {
    let text = text.to_str(store)?;
    Ok(spend(left, text.len()).then(|| text.into_owned()))
}

/// Takes bytes from those that are left, if there are as many.
fn spend(left: &mut usize, bytes: usize) -> bool {
    match left.checked_sub(bytes) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}
