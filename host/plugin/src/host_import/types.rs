//! The types of functions as WIT writes them, for a plugin whose import differs from the embedder's.

use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Component, types};

/// Characters of a type that a message shows. A plugin's type may be as large as its author likes.
/// Test: `host_import::types::tests::a_huge_type_is_shown_in_part`.
const SHOWN: usize = 200;

/// The functions that a component imports of this interface, with their types.
pub(super) fn functions(component: &Component, interface: &str) -> Vec<(String, String)> {
    let engine = component.engine();
    let kind = component.component_type();
    let Some(ComponentItem::ComponentInstance(instance)) =
        kind.get_import(engine, interface).map(|import| import.ty)
    else {
        return Vec::new();
    };
    let functions = instance
        .exports(engine)
        .filter_map(|(name, export)| match export.ty {
            ComponentItem::ComponentFunc(function) => {
                Some((name.to_owned(), of_function(&function)))
            }
            _ => None,
        });
    functions.collect()
}

/// As much of a type as is read of a component's, so that the two compare.
pub(super) fn shown(kind: &str) -> String {
    let mut text = Text::default();
    text.add(kind);
    text.0
}

/// The type of a function.
fn of_function(function: &ComponentFunc) -> String {
    let mut text = Text::default();
    text.add(if function.async_() {
        "async func("
    } else {
        "func("
    });
    text.list(function.params().map(|(_, kind)| kind));
    text.add(")");
    if let Some(result) = function.results().next() {
        text.add(" -> ");
        text.kind(&result);
    }
    text.0
}

/// A text that grows up to a bound.
#[derive(Default)]
struct Text(String);

impl Text {
    fn is_full(&self) -> bool {
        self.0.len() > SHOWN
    }

    fn add(&mut self, more: &str) {
        if self.is_full() {
            return;
        }
        self.0.push_str(more);
        if self.is_full() {
            self.0.truncate(self.0.floor_char_boundary(SHOWN));
            self.0.push('…');
        }
    }

    fn list(&mut self, kinds: impl Iterator<Item = Type>) {
        for (place, kind) in kinds.enumerate() {
            if self.is_full() {
                return;
            }
            self.add(if place == 0 { "" } else { ", " });
            self.kind(&kind);
        }
    }

    fn kind(&mut self, kind: &Type) {
        if self.is_full() {
            return;
        }
        match kind {
            Type::Bool => self.add("bool"),
            Type::S8 => self.add("s8"),
            Type::U8 => self.add("u8"),
            Type::S16 => self.add("s16"),
            Type::U16 => self.add("u16"),
            Type::S32 => self.add("s32"),
            Type::U32 => self.add("u32"),
            Type::S64 => self.add("s64"),
            Type::U64 => self.add("u64"),
            Type::Float32 => self.add("f32"),
            Type::Float64 => self.add("f64"),
            Type::Char => self.add("char"),
            Type::String => self.add("string"),
            Type::List(list) => self.within("list<", [list.ty()], ">"),
            Type::Option(option) => self.within("option<", [option.ty()], ">"),
            Type::Tuple(tuple) => self.within("tuple<", tuple.types(), ">"),
            Type::Result(result) => self.result(result),
            Type::Record(record) => self.record(record),
            Type::Variant(_) => self.add("variant"),
            Type::Enum(_) => self.add("enum"),
            Type::Flags(_) => self.add("flags"),
            Type::Map(_) => self.add("map"),
            Type::FixedLengthList(_) => self.add("list of a fixed length"),
            Type::Own(_) | Type::Borrow(_) => self.add("resource"),
            Type::Future(_) | Type::Stream(_) | Type::ErrorContext => self.add("future"),
        }
    }

    fn within(&mut self, before: &str, kinds: impl IntoIterator<Item = Type>, after: &str) {
        self.add(before);
        self.list(kinds.into_iter());
        self.add(after);
    }

    fn result(&mut self, result: &types::ResultType) {
        match (result.ok(), result.err()) {
            (None, None) => self.add("result"),
            (Some(ok), None) => self.within("result<", [ok], ">"),
            (Some(ok), Some(error)) => self.within("result<", [ok, error], ">"),
            (None, Some(error)) => self.within("result<_, ", [error], ">"),
        }
    }

    fn record(&mut self, record: &types::Record) {
        self.add("record { ");
        for (place, field) in record.fields().enumerate() {
            if self.is_full() {
                return;
            }
            self.add(if place == 0 { "" } else { ", " });
            self.add(field.name);
            self.add(": ");
            self.kind(&field.ty);
        }
        self.add(" }");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_type_is_shown_in_part() {
        let mut text = Text::default();
        text.add(&"ñ".repeat(SHOWN));
        text.add("more");
        assert_eq!(text.0, "ñ".repeat(SHOWN / 2) + "…");
        assert_eq!(shown(&"ñ".repeat(SHOWN)), text.0);
        assert_eq!(shown("func(u8)"), "func(u8)");
    }
}
