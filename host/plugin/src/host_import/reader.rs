//! Reads arguments out of a plugin's memory, within the bound of the import.
//!
//! Each length is checked where the argument lies, before anything is copied. A text is read for that.

use wasmtime::StoreContextMut;
use wasmtime::component::{Lift, WasmList, WasmStr};

/// Reads the arguments of one call. It is public only for [`record!`](crate::record).
#[doc(hidden)]
pub struct Reader<'a, T: 'static> {
    store: StoreContextMut<'a, T>,
    /// The function, for messages.
    function: &'a str,
    most: usize,
    left: usize,
    items: usize,
}

impl<'a, T: 'static> Reader<'a, T> {
    pub(super) fn new(store: StoreContextMut<'a, T>, function: &'a str, most: usize) -> Self {
        Self {
            store,
            function,
            most,
            left: most,
            items: 0,
        }
    }

    /// Bytes that were read so far.
    pub(super) fn taken(&self) -> usize {
        self.most - self.left
    }

    /// Items of lists that were read so far, each on its own.
    pub(super) fn items(&self) -> usize {
        self.items
    }

    /// Copies a text. Invalid UTF-8 traps, as for any string of a component. wasmtime tells the length only after it
    /// has read the whole text, and a text in UTF-16 is copied for that once.
    pub(super) fn text(&mut self, text: &WasmStr) -> wasmtime::Result<String> {
        let text = text.to_str(&self.store)?;
        let length = text.len();
        // The text borrows the store. So it is copied before it is counted, if there is room for it.
        let copy = (length <= self.left).then(|| text.into_owned());
        self.spend(length)?;
        Ok(copy.unwrap_or_default())
    }

    /// Copies bytes.
    pub(super) fn bytes(&mut self, bytes: &WasmList<u8>) -> wasmtime::Result<Vec<u8>> {
        self.spend(bytes.len())?;
        Ok(bytes.as_le_slice(&self.store).to_vec())
    }

    /// The number of items of a list, each of which takes `size` bytes on the host beside its own texts.
    pub(super) fn count<U: Lift>(
        &mut self,
        list: &WasmList<U>,
        size: usize,
    ) -> wasmtime::Result<usize> {
        self.spend(list.len().saturating_mul(size.max(1)))?;
        self.items += list.len();
        Ok(list.len())
    }

    /// An item of a list.
    pub(super) fn item<U: Lift>(
        &mut self,
        list: &WasmList<U>,
        place: usize,
    ) -> wasmtime::Result<U> {
        let item = list.get(&mut self.store, place);
        item.unwrap_or_else(|| Err(wasmtime::format_err!("the list has no such item")))
    }

    fn spend(&mut self, bytes: usize) -> wasmtime::Result<()> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(wasmtime::format_err!(
                "the arguments of {} have more than {} bytes",
                self.function,
                self.most
            )),
        }
    }
}
