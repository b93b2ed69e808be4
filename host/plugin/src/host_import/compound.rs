//! Options, results, lists and tuples of values.

use super::cursor::{Parts, not};
use super::reader::Reader;
use super::value::{Item, Single, Value, Wire};
use crate::imports::parts::Part;
use wasmtime::component::WasmList;

impl<V: Wire> Wire for Option<V> {
    type Unread = Option<V::Unread>;
    type Written = Option<V::Written>;

    fn read<T: 'static>(
        unread: Self::Unread,
        reader: &mut Reader<'_, T>,
    ) -> wasmtime::Result<Self> {
        unread.map(|unread| V::read(unread, reader)).transpose()
    }

    fn length(&self) -> usize {
        self.as_ref().map_or(0, V::length)
    }

    fn written(self) -> Self::Written {
        self.map(V::written)
    }

    fn take(parts: &mut Parts) -> Result<Self, String> {
        if parts.take_none() {
            return Ok(None);
        }
        V::take(parts).map(Some)
    }

    fn put(self, parts: &mut Vec<Part>) {
        match self {
            Some(value) => value.put(parts),
            None => parts.push(Part::None),
        }
    }

    fn missing() -> Option<Self> {
        Some(None)
    }

    fn wit() -> String {
        format!("option<{}>", V::wit())
    }
}

impl<V: Wire> Value for Option<V> {}
impl<V: Wire> Single for Option<V> {}
impl<V: Wire> Item for Option<V> {}

impl<V: Wire, E: Wire> Wire for Result<V, E> {
    type Unread = Result<V::Unread, E::Unread>;
    type Written = Result<V::Written, E::Written>;

    fn read<T: 'static>(
        unread: Self::Unread,
        reader: &mut Reader<'_, T>,
    ) -> wasmtime::Result<Self> {
        Ok(match unread {
            Ok(value) => Ok(V::read(value, reader)?),
            Err(error) => Err(E::read(error, reader)?),
        })
    }

    fn length(&self) -> usize {
        match self {
            Ok(value) => value.length(),
            Err(error) => error.length(),
        }
    }

    fn written(self) -> Self::Written {
        match self {
            Ok(value) => Ok(value.written()),
            Err(error) => Err(error.written()),
        }
    }

    fn take(parts: &mut Parts) -> Result<Self, String> {
        let wanted = || "an object with one field, `ok` or `error`,".to_owned();
        let names = parts.fields(wanted)?;
        match names.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["ok"] => V::take(parts).map(Ok),
            ["error"] => E::take(parts).map(Err),
            _ => Err(format!("{} is wanted", wanted())),
        }
    }

    fn put(self, parts: &mut Vec<Part>) {
        match self {
            Ok(value) => {
                parts.push(Part::Fields(vec!["ok".to_owned()]));
                value.put(parts);
            }
            Err(error) => {
                parts.push(Part::Fields(vec!["error".to_owned()]));
                error.put(parts);
            }
        }
    }

    fn wit() -> String {
        // As WIT writes it.
        match (V::wit().as_str(), E::wit().as_str()) {
            ("_", "_") => "result".to_owned(),
            (value, "_") => format!("result<{value}>"),
            (value, error) => format!("result<{value}, {error}>"),
        }
    }
}

impl<V: Wire, E: Wire> Value for Result<V, E> {}
impl<V: Wire, E: Wire> Item for Result<V, E> {}

impl<V: Item> Wire for Vec<V> {
    type Unread = WasmList<V::Unread>;
    type Written = Vec<V::Written>;

    fn read<T: 'static>(
        unread: Self::Unread,
        reader: &mut Reader<'_, T>,
    ) -> wasmtime::Result<Self> {
        let count = reader.count(&unread, size_of::<V>())?;
        // Not grown step by step, which would take more than was counted.
        let mut items = Vec::with_capacity(count);
        for place in 0..count {
            let item = reader.item(&unread, place)?;
            items.push(V::read(item, reader)?);
        }
        Ok(items)
    }

    fn length(&self) -> usize {
        self.iter()
            .map(|item| item.length().saturating_add(size_of::<V>().max(1)))
            .fold(0, usize::saturating_add)
    }

    fn written(self) -> Self::Written {
        self.into_iter().map(V::written).collect()
    }

    fn take(parts: &mut Parts) -> Result<Self, String> {
        let count = match parts.next(Self::wit)? {
            Part::Items(count) => count,
            // An empty table of Lua is both.
            Part::Fields(names) if names.is_empty() => 0,
            other => return Err(not(&Self::wit(), &other)),
        };
        let mut items = parts.room(count)?;
        for place in 0..count {
            items.push(V::take(parts).map_err(|why| format!("item {place}: {why}"))?);
        }
        Ok(items)
    }

    fn put(self, parts: &mut Vec<Part>) {
        parts.push(Part::Items(u32::try_from(self.len()).unwrap_or(u32::MAX)));
        for item in self {
            item.put(parts);
        }
    }

    fn wit() -> String {
        format!("list<{}>", V::wit())
    }
}

impl<V: Item> Value for Vec<V> {}
impl<V: Item> Single for Vec<V> {}
impl<V: Item> Item for Vec<V> {}

macro_rules! tuples {
    ($($count:literal: $($v:ident $place:tt)*;)*) => {$(
        impl<$($v: Wire),*> Wire for ($($v,)*) {
            type Unread = ($($v::Unread,)*);
            type Written = ($($v::Written,)*);

            fn read<T: 'static>(
                unread: Self::Unread,
                reader: &mut Reader<'_, T>,
            ) -> wasmtime::Result<Self> {
                Ok(($($v::read(unread.$place, reader)?,)*))
            }

            fn length(&self) -> usize {
                let lengths = [$(self.$place.length()),*];
                lengths.into_iter().fold(0, usize::saturating_add)
            }

            fn written(self) -> Self::Written {
                ($(self.$place.written(),)*)
            }

            fn take(parts: &mut Parts) -> Result<Self, String> {
                match parts.next(Self::wit)? {
                    Part::Items($count) => {}
                    other => return Err(not(&Self::wit(), &other)),
                }
                Ok(($($v::take(parts).map_err(|why| format!("item {}: {why}", $place))?,)*))
            }

            fn put(self, parts: &mut Vec<Part>) {
                parts.push(Part::Items($count));
                $(self.$place.put(parts);)*
            }

            fn wit() -> String {
                format!("tuple<{}>", [$($v::wit()),*].join(", "))
            }
        }

        impl<$($v: Wire),*> Value for ($($v,)*) {}
        impl<$($v: Wire),*> Item for ($($v,)*) {}
    )*};
}

tuples! {
    2: A 0 B 1;
    3: A 0 B 1 C 2;
    4: A 0 B 1 C 2 D 3;
    5: A 0 B 1 C 2 D 3 E 4;
    6: A 0 B 1 C 2 D 3 E 4 F 5;
    7: A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    8: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
}
