//! The parameters of a function: one value, or a tuple of several.

use super::cursor::Parts;
use super::reader::Reader;
use super::value::{Single, Wire};
use crate::imports::parts::Part;
use wasmtime::component::{ComponentNamedList, Lift};

/// The parameters of a function of a [`HostImport`](crate::HostImport): nothing, one [`Value`](crate::Value), or a
/// tuple of up to 8. A parameter that is a tuple itself stands in one: `((u32, u32),)`.
pub trait Arguments: Sized + Send + 'static {
    #[doc(hidden)]
    type Unread: ComponentNamedList + Lift + Send + Sync + 'static;
    #[doc(hidden)]
    const COUNT: u32;

    #[doc(hidden)]
    fn read<T: 'static>(unread: Self::Unread, reader: &mut Reader<'_, T>)
    -> wasmtime::Result<Self>;

    #[doc(hidden)]
    fn take(parts: &mut Parts) -> Result<Self, String>;

    /// Their types in WIT, with commas.
    #[doc(hidden)]
    fn wit() -> String;
}

/// Converts the arguments that a script gives. Their lists take at most `most` bytes, without their texts. Returns how
/// many they take, too.
pub(super) fn from_parts<A: Arguments>(
    parts: Vec<Part>,
    most: usize,
) -> Result<(A, usize), String> {
    let mut parts = Parts::new(parts, most);
    let arguments = A::take(&mut parts)?;
    if !parts.is_empty() {
        return Err(match A::COUNT {
            1 => "it takes one parameter".to_owned(),
            count => format!("it takes {count} parameters"),
        });
    }
    Ok((arguments, parts.taken()))
}

/// Converts the parameter at this place, from 1.
fn parameter<V: Wire>(place: u32, parts: &mut Parts) -> Result<V, String> {
    if parts.is_empty()
        && let Some(value) = V::missing()
    {
        return Ok(value);
    }
    V::take(parts).map_err(|why| format!("parameter {place}: {why}"))
}

impl<V: Single> Arguments for V {
    type Unread = (V::Unread,);
    const COUNT: u32 = 1;

    fn read<T: 'static>(
        (unread,): Self::Unread,
        reader: &mut Reader<'_, T>,
    ) -> wasmtime::Result<Self> {
        V::read(unread, reader)
    }

    fn take(parts: &mut Parts) -> Result<Self, String> {
        parameter(1, parts)
    }

    fn wit() -> String {
        V::wit()
    }
}

macro_rules! parameters {
    ($($count:literal: $($v:ident $place:tt)*;)*) => {$(
        impl<$($v: Wire),*> Arguments for ($($v,)*) {
            type Unread = ($($v::Unread,)*);
            const COUNT: u32 = $count;

            fn read<T: 'static>(
                _unread: Self::Unread,
                _reader: &mut Reader<'_, T>,
            ) -> wasmtime::Result<Self> {
                Ok(($($v::read(_unread.$place, _reader)?,)*))
            }

            fn take(_parts: &mut Parts) -> Result<Self, String> {
                Ok(($(parameter::<$v>($place + 1, _parts)?,)*))
            }

            fn wit() -> String {
                let types: [String; $count] = [$($v::wit()),*];
                types.join(", ")
            }
        }
    )*};
}

parameters! {
    0: ;
    1: A 0;
    2: A 0 B 1;
    3: A 0 B 1 C 2;
    4: A 0 B 1 C 2 D 3;
    5: A 0 B 1 C 2 D 3 E 4;
    6: A 0 B 1 C 2 D 3 E 4 F 5;
    7: A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    8: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
}
