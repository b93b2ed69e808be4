//! Records: structs of the embedder's, as values.

use super::cursor::Parts;
use super::value::Wire;

/// Defines structs that are records in WIT, so that functions of a [`HostImport`](crate::HostImport) take and give them.
///
/// A field has the name that it has in WIT. WIT writes words with hyphens: give such a name after `as`.
///
/// ```
/// eco_plugin::record! {
///     /// An entry of the store.
///     #[derive(Clone, Debug)]
///     pub struct Entry {
///         pub key: String,
///         pub value: Vec<u8>,
///         pub expires_at as "expires-at": Option<u64>,
///     }
/// }
/// ```
///
/// Another name does not compile:
///
/// ```compile_fail
/// eco_plugin::record! {
///     struct Entry {
///         expires_at: Option<u64>,
///     }
/// }
/// ```
///
/// In WIT the first is `record entry { key: string, value: list<u8>, expires-at: option<u64> }`. The fields have the same
/// order there. A script gives an object with these fields in any order, and may leave out an optional one.
#[macro_export]
macro_rules! record {
    (@name $field:ident) => { ::core::stringify!($field) };
    (@name $field:ident $name:literal) => { $name };
    ($(
        $(#[$meta:meta])*
        $visibility:vis struct $record:ident {
            $($(#[$field_meta:meta])* $field_visibility:vis $field:ident $(as $name:literal)? : $type:ty),* $(,)?
        }
    )*) => {$(
        $(#[$meta])*
        $visibility struct $record {
            $($(#[$field_meta])* $field_visibility $field: $type,)*
        }

        const _: () = {
            use $crate::__private::{self as eco, wasmtime};

            $(::core::assert!(
                eco::is_name($crate::record!(@name $field $($name)?)),
                "WIT writes the names of fields with hyphens: give the name after `as`",
            );)*

            #[derive(wasmtime::component::ComponentType, wasmtime::component::Lift)]
            #[component(record)]
            #[allow(unreachable_pub, reason = "the record may be private")]
            pub struct Unread {
                $($(#[component(name = $name)])? $field: <$type as eco::Wire>::Unread,)*
            }

            #[derive(wasmtime::component::ComponentType, wasmtime::component::Lower)]
            #[component(record)]
            #[allow(unreachable_pub, reason = "the record may be private")]
            pub struct Written {
                $($(#[component(name = $name)])? $field: <$type as eco::Wire>::Written,)*
            }

            impl eco::Wire for $record {
                type Unread = Unread;
                type Written = Written;

                fn read<T: 'static>(
                    unread: Unread,
                    reader: &mut eco::Reader<'_, T>,
                ) -> wasmtime::Result<Self> {
                    Ok(Self {
                        $($field: <$type as eco::Wire>::read(unread.$field, reader)?,)*
                    })
                }

                fn length(&self) -> usize {
                    let lengths = [$(<$type as eco::Wire>::length(&self.$field)),*];
                    lengths.into_iter().fold(0, usize::saturating_add)
                }

                fn written(self) -> Written {
                    Written {
                        $($field: <$type as eco::Wire>::written(self.$field),)*
                    }
                }

                fn take(parts: &mut eco::Parts) -> ::core::result::Result<Self, ::std::string::String> {
                    $(let mut $field: ::core::option::Option<$type> = ::core::option::Option::None;)*
                    for name in parts.fields(<Self as eco::Wire>::wit)? {
                        $(if name == $crate::record!(@name $field $($name)?) {
                            $field = ::core::option::Option::Some(eco::field(&name, parts)?);
                            continue;
                        })*
                        return Err(eco::unknown(&name));
                    }
                    Ok(Self {
                        $($field: eco::given($field, $crate::record!(@name $field $($name)?))?,)*
                    })
                }

                fn put(self, parts: &mut ::std::vec::Vec<eco::Part>) {
                    parts.push(eco::Part::Fields(::std::vec![
                        $(::std::string::String::from($crate::record!(@name $field $($name)?)),)*
                    ]));
                    $(<$type as eco::Wire>::put(self.$field, parts);)*
                }

                fn wit() -> ::std::string::String {
                    let fields = [$(::std::format!(
                        "{}: {}",
                        $crate::record!(@name $field $($name)?),
                        <$type as eco::Wire>::wit(),
                    )),*];
                    ::std::format!("record {{ {} }}", fields.join(", "))
                }
            }

            impl eco::Value for $record {}
            impl eco::Single for $record {}
            impl eco::Item for $record {}
        };
    )*};
}

/// Whether a field may have this name in WIT.
pub const fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let mut place = 0;
    while place < bytes.len() {
        #[expect(
            clippy::indexing_slicing,
            reason = "the loop ends before; a constant function has no iterators"
        )]
        let byte = bytes[place];
        if !(byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            return false;
        }
        place += 1;
    }
    !bytes.is_empty()
}

/// Converts the value of a field.
///
/// # Errors
/// The value has another type.
pub fn field<V: Wire>(name: &str, parts: &mut Parts) -> Result<V, String> {
    V::take(parts).map_err(|why| format!("field `{name}`: {why}"))
}

/// The value of a field, if it was given or may be missing.
///
/// # Errors
/// There is none, and the type has no value for that.
pub fn given<V: Wire>(value: Option<V>, name: &str) -> Result<V, String> {
    let value = value.or_else(V::missing);
    value.ok_or_else(|| format!("field `{name}` is missing"))
}

/// The error for a field that the record doesn't have.
pub fn unknown(name: &str) -> String {
    format!("there is no field `{name}`")
}
