//! Booleans, integers, texts and bytes.

use super::cursor::{Parts, not};
use super::reader::Reader;
use super::value::{Item, Single, Value, Wire};
use crate::imports::parts::Part;
use wasmtime::component::{WasmList, WasmStr};

/// Implements the conversions of types that are lifted and lowered as they are.
macro_rules! as_it_is {
    ($type:ty) => {
        type Unread = $type;
        type Written = $type;

        fn read<T: 'static>(unread: $type, _: &mut Reader<'_, T>) -> wasmtime::Result<Self> {
            Ok(unread)
        }

        fn length(&self) -> usize {
            0
        }

        fn written(self) -> $type {
            self
        }
    };
}

macro_rules! integers {
    ($($type:ty, $name:literal, $part:ident;)*) => {$(
        impl Wire for $type {
            as_it_is!($type);

            fn take(parts: &mut Parts) -> Result<Self, String> {
                let number = match parts.next(Self::wit)? {
                    Part::Signed(number) => i128::from(number),
                    Part::Unsigned(number) => i128::from(number),
                    other => return Err(not($name, &other)),
                };
                Self::try_from(number).map_err(|_| {
                    format!("{} is wanted ({} to {}), and it is {number}", $name, Self::MIN, Self::MAX)
                })
            }

            fn put(self, parts: &mut Vec<Part>) {
                parts.push(Part::$part(self.into()));
            }

            fn wit() -> String {
                $name.to_owned()
            }
        }

        impl Value for $type {}
        impl Single for $type {}
    )*};
}

integers! {
    u8, "u8", Unsigned;
    u16, "u16", Unsigned;
    u32, "u32", Unsigned;
    u64, "u64", Unsigned;
    i8, "s8", Signed;
    i16, "s16", Signed;
    i32, "s32", Signed;
    i64, "s64", Signed;
}

macro_rules! items {
    ($($type:ty)*) => {$(
        impl Item for $type {}
    )*};
}

// Not u8: see `Item`.
items! { bool u16 u32 u64 i8 i16 i32 i64 String Vec<u8> }

impl Wire for bool {
    as_it_is!(bool);

    fn take(parts: &mut Parts) -> Result<Self, String> {
        match parts.next(Self::wit)? {
            Part::Flag(flag) => Ok(flag),
            other => Err(not("bool", &other)),
        }
    }

    fn put(self, parts: &mut Vec<Part>) {
        parts.push(Part::Flag(self));
    }

    fn wit() -> String {
        "bool".to_owned()
    }
}

impl Value for bool {}
impl Single for bool {}

/// Nothing, for one side of a `Result`.
impl Wire for () {
    as_it_is!(());

    fn take(parts: &mut Parts) -> Result<Self, String> {
        match parts.next(Self::wit)? {
            Part::None => Ok(()),
            other => Err(not("nothing", &other)),
        }
    }

    fn put(self, parts: &mut Vec<Part>) {
        parts.push(Part::None);
    }

    fn missing() -> Option<Self> {
        Some(())
    }

    fn wit() -> String {
        "_".to_owned()
    }
}

impl Value for () {}

impl Wire for String {
    type Unread = WasmStr;
    type Written = String;

    fn read<T: 'static>(unread: WasmStr, reader: &mut Reader<'_, T>) -> wasmtime::Result<Self> {
        reader.text(&unread)
    }

    fn length(&self) -> usize {
        self.len()
    }

    fn written(self) -> Self {
        self
    }

    fn take(parts: &mut Parts) -> Result<Self, String> {
        match parts.next(Self::wit)? {
            Part::Text(text) => Ok(text),
            Part::Bytes(bytes) => Self::from_utf8(bytes)
                .map_err(|_| "string is wanted, and it is bytes that are no UTF-8".to_owned()),
            other => Err(not("string", &other)),
        }
    }

    fn put(self, parts: &mut Vec<Part>) {
        parts.push(Part::Text(self));
    }

    fn wit() -> String {
        "string".to_owned()
    }
}

impl Value for String {}
impl Single for String {}

impl Wire for Vec<u8> {
    type Unread = WasmList<u8>;
    type Written = Vec<u8>;

    fn read<T: 'static>(
        unread: WasmList<u8>,
        reader: &mut Reader<'_, T>,
    ) -> wasmtime::Result<Self> {
        reader.bytes(&unread)
    }

    fn length(&self) -> usize {
        self.len()
    }

    fn written(self) -> Self {
        self
    }

    fn take(parts: &mut Parts) -> Result<Self, String> {
        match parts.next(Self::wit)? {
            Part::Bytes(bytes) => Ok(bytes),
            Part::Text(text) => Ok(text.into_bytes()),
            other => Err(not("list<u8>", &other)),
        }
    }

    fn put(self, parts: &mut Vec<Part>) {
        parts.push(Part::Bytes(self));
    }

    fn wit() -> String {
        "list<u8>".to_owned()
    }
}

impl Value for Vec<u8> {}
impl Single for Vec<u8> {}
