//! The parts of a value that passes between a script and a function of the embedder's: `part` of `wit/script.wit`.
//!
//! WIT has no recursive type. So a value is written as its parts in order: a list is the number of its items and then
//! the items. It owns the parts and the bound on them, and knows nothing of types.

use super::host_calls::{HostCalls, charge, fuel_of};
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Lower, WasmList, WasmStr};

/// Bytes that the host holds for a part, beside those of its text.
const PART: usize = size_of::<Part>();
/// Parts that pass beside one for each [`PART`] bytes of the bound, so that few small values pass whatever it is. More are
/// refused. Test: `host_imports::scripts::values_pass_up_to_the_bound_and_no_further`.
const FREE: usize = 32;

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

/// The room for the parts of one call.
struct Room {
    bytes: usize,
    parts: usize,
}

impl Room {
    /// The room under this bound on bytes.
    fn new(most: usize) -> Self {
        Self {
            bytes: most,
            parts: (most / PART).saturating_add(FREE),
        }
    }

    fn take_bytes(&mut self, bytes: usize) -> Option<()> {
        self.bytes = self.bytes.checked_sub(bytes)?;
        Some(())
    }

    fn take_parts(&mut self, parts: usize) -> Option<()> {
        self.parts = self.parts.checked_sub(parts)?;
        Some(())
    }

    fn take(&mut self, part: &Part) -> Option<()> {
        self.take_parts(1)?;
        match part {
            Part::Text(text) => self.take_bytes(text.len()),
            Part::Bytes(bytes) => self.take_bytes(bytes.len()),
            Part::Fields(names) => {
                self.take_parts(names.len())?;
                names
                    .iter()
                    .try_for_each(|name| self.take_bytes(name.len()))
            }
            Part::None | Part::Flag(_) | Part::Signed(_) | Part::Unsigned(_) | Part::Items(_) => {
                Some(())
            }
        }
    }
}

/// Whether some parts are within the bound.
pub(super) fn fit(parts: &[Part], most: usize) -> bool {
    let mut room = Room::new(most);
    parts.iter().try_for_each(|part| room.take(part)).is_some()
}

/// The number of values that some parts are read from: each part, and each name of a field.
pub(super) fn count(parts: &[Part]) -> usize {
    let counts = parts.iter().map(|part| match part {
        Part::Fields(names) => names.len() + 1,
        _ => 1,
    });
    counts.sum()
}

/// The bytes that the host holds for some parts.
pub(super) fn length(parts: &[Part]) -> usize {
    let lengths = parts.iter().map(|part| match part {
        Part::Text(text) => text.len(),
        Part::Bytes(bytes) => bytes.len(),
        Part::Fields(names) => names.iter().map(|name| name.len() + PART).sum(),
        Part::None | Part::Flag(_) | Part::Signed(_) | Part::Unsigned(_) | Part::Items(_) => 0,
    });
    lengths
        .map(|length| length.saturating_add(PART))
        .fold(0, usize::saturating_add)
}

/// Copies parts out of the interpreter's memory. `None` where they are beyond the bound: nothing after that is copied, and
/// what was read is charged. Invalid UTF-8 traps.
pub(super) fn read<T: HostCalls>(
    store: &mut StoreContextMut<'_, T>,
    list: &WasmList<UnreadPart>,
    most: usize,
) -> wasmtime::Result<Option<Vec<Part>>> {
    let mut room = Room::new(most);
    if list.len() > room.parts {
        return Ok(None);
    }
    let mut parts = Vec::with_capacity(list.len());
    for place in 0..list.len() {
        let Some(unread) = list.get(&mut *store, place) else {
            break;
        };
        match read_part(store, unread?, &mut room)? {
            Some(part) => parts.push(part),
            None => {
                charge(store, fuel_of(length(&parts), count(&parts)))?;
                return Ok(None);
            }
        }
    }
    Ok(Some(parts))
}

fn read_part<T: HostCalls>(
    store: &mut StoreContextMut<'_, T>,
    unread: UnreadPart,
    room: &mut Room,
) -> wasmtime::Result<Option<Part>> {
    if room.take_parts(1).is_none() {
        return Ok(None);
    }
    Ok(match unread {
        UnreadPart::None => Some(Part::None),
        UnreadPart::Flag(flag) => Some(Part::Flag(flag)),
        UnreadPart::Signed(number) => Some(Part::Signed(number)),
        UnreadPart::Unsigned(number) => Some(Part::Unsigned(number)),
        UnreadPart::Items(count) => Some(Part::Items(count)),
        UnreadPart::Text(text) => read_text(store, &text, room)?.map(Part::Text),
        UnreadPart::Bytes(bytes) => room
            .take_bytes(bytes.len())
            .map(|()| Part::Bytes(bytes.as_le_slice(&*store).to_vec())),
        UnreadPart::Fields(names) => read_names(store, &names, room)?.map(Part::Fields),
    })
}

fn read_names<T: HostCalls>(
    store: &mut StoreContextMut<'_, T>,
    list: &WasmList<WasmStr>,
    room: &mut Room,
) -> wasmtime::Result<Option<Vec<String>>> {
    if room.take_parts(list.len()).is_none() {
        return Ok(None);
    }
    let mut names = Vec::with_capacity(list.len());
    for place in 0..list.len() {
        let Some(name) = list.get(&mut *store, place) else {
            break;
        };
        match read_text(store, &name?, room)? {
            Some(name) => names.push(name),
            None => return Ok(None),
        }
    }
    Ok(Some(names))
}

/// wasmtime tells the length of a text only after it has read the whole of it. So a text that is refused has its price.
fn read_text<T: HostCalls>(
    store: &mut StoreContextMut<'_, T>,
    text: &WasmStr,
    room: &mut Room,
) -> wasmtime::Result<Option<String>> {
    let text = text.to_str(&*store)?;
    let length = text.len();
    let taken = room.take_bytes(length).map(|()| text.into_owned());
    if taken.is_none() {
        charge(store, fuel_of(length, 0))?;
    }
    Ok(taken)
}
