//! The memory of a program, as functions of WASI read and write it: each address is checked, and each list is bounded.

use super::errno::Errno;
use crate::imports::host_calls::HostCalls as _;
use crate::instance::state::InstanceState;
use wasmtime::{Caller, Memory};

/// Parts of one read or write, as POSIX has for `readv` (`IOV_MAX` of Linux). A call with more is invalid.
/// Test: `stdio::hostile::every_function_answers_a_bad_pointer_and_a_bad_length`.
const MOST_PARTS: u32 = 1024;

/// Bytes of all parts together, as POSIX has for `readv`: what its result can say. A call with more is invalid.
/// Test: `stdio::hostile::parts_have_a_price_and_a_sum_that_can_be_said`.
const MOST_BYTES: u32 = i32::MAX.cast_unsigned();

/// Bytes of a part: an address and a length.
const PART: u32 = 8;

/// The memory that a program exports.
pub(super) fn of(caller: &mut Caller<'_, InstanceState>) -> Result<Memory, Errno> {
    let memory = caller.get_export("memory");
    memory
        .and_then(|export| export.into_memory())
        .ok_or(Errno::Fault)
}

/// So many bytes at an address.
pub(super) fn read(memory: &[u8], at: u32, length: u32) -> Result<&[u8], Errno> {
    let rest = memory.get(at as usize..);
    rest.and_then(|rest| rest.get(..length as usize))
        .ok_or(Errno::Fault)
}

/// As [`read`], to be written.
pub(super) fn write(memory: &mut [u8], at: u32, length: u32) -> Result<&mut [u8], Errno> {
    let rest = memory.get_mut(at as usize..);
    rest.and_then(|rest| rest.get_mut(..length as usize))
        .ok_or(Errno::Fault)
}

/// Writes bytes to an address.
pub(super) fn put(memory: &mut [u8], at: u32, bytes: &[u8]) -> Result<(), Errno> {
    let length = u32::try_from(bytes.len()).map_err(|_| Errno::Fault)?;
    write(memory, at, length)?.copy_from_slice(bytes);
    Ok(())
}

/// Reads a number of so many bytes.
pub(super) fn array<const N: usize>(memory: &[u8], at: u32) -> Result<[u8; N], Errno> {
    let rest = memory.get(at as usize..);
    let bytes = rest.and_then(|rest| rest.first_chunk());
    bytes.copied().ok_or(Errno::Fault)
}

/// An address a bit further on.
pub(super) fn after(at: u32, bytes: u32) -> Result<u32, Errno> {
    at.checked_add(bytes).ok_or(Errno::Fault)
}

/// The parts of a read or a write.
#[derive(Clone)]
pub(super) struct Parts {
    at: u32,
    left: u32,
}

impl Parts {
    /// The list of so many parts at this address, for which the program pays.
    pub(super) fn new(state: &mut InstanceState, at: u32, count: u32) -> Result<Self, Errno> {
        if count > MOST_PARTS {
            return Err(Errno::Invalid);
        }
        state.count_items(count as usize);
        Ok(Self { at, left: count })
    }

    /// The bytes of all that are left, each of which is checked.
    pub(super) fn bytes(mut self, memory: &[u8]) -> Result<u32, Errno> {
        let mut sum = 0_u64;
        while let Some((_, length)) = self.next(memory)? {
            sum += u64::from(length);
        }
        let sum = u32::try_from(sum).map_err(|_| Errno::Invalid)?;
        if sum > MOST_BYTES {
            return Err(Errno::Invalid);
        }
        Ok(sum)
    }

    /// The address and the length of the next part that has any bytes.
    pub(super) fn next(&mut self, memory: &[u8]) -> Result<Option<(u32, u32)>, Errno> {
        while self.left > 0 {
            let address = u32::from_le_bytes(array(memory, self.at)?);
            let length = u32::from_le_bytes(array(memory, after(self.at, 4)?)?);
            // A list that ends at the end of memory has no part after its last.
            self.left -= 1;
            self.at = self.at.saturating_add(PART);
            read(memory, address, length)?;
            if length > 0 {
                return Ok(Some((address, length)));
            }
        }
        Ok(None)
    }
}
