//! The result of a function: nothing, one value, or the end of the plugin's call.

use super::value::{Single, Wire};
use crate::imports::parts::Part;
use std::fmt;
use wasmtime::component::{ComponentNamedList, Lower};

/// Ends the call of the plugin that called the function, as a bug of the plugin does. The plugin can't catch it, and
/// its instance is never called again: the connection ends with [`Error::Trap`](crate::Error::Trap), which has the text.
///
/// A function that may end the call returns a `Result<R, Trap>`, where `R` is its result else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap(String);

impl Trap {
    /// A trap with its reason, for the log.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The result of a function of a [`HostImport`](crate::HostImport): `()` for none, a [`Value`](crate::Value), or a
/// `Result<R, Trap>` of these.
pub trait Returned: Sized + Send + 'static {
    #[doc(hidden)]
    type Written: ComponentNamedList + Lower + Send + Sync + 'static;

    #[doc(hidden)]
    fn length(&self) -> usize;

    #[doc(hidden)]
    fn written(self) -> Result<Self::Written, Trap>;

    /// The parts of the result, or of the error of a WIT result.
    #[doc(hidden)]
    fn parts(self) -> Result<Result<Vec<Part>, Vec<Part>>, Trap>;

    /// Its type in WIT. `None` where there is no result.
    #[doc(hidden)]
    fn wit() -> Option<String>;
}

impl Returned for () {
    type Written = ();

    fn length(&self) -> usize {
        0
    }

    fn written(self) -> Result<(), Trap> {
        Ok(())
    }

    fn parts(self) -> Result<Result<Vec<Part>, Vec<Part>>, Trap> {
        Ok(Ok(Vec::new()))
    }

    fn wit() -> Option<String> {
        None
    }
}

/// Implements the functions of a result that is one value.
macro_rules! one_value {
    () => {
        type Written = (<Self as Wire>::Written,);

        fn length(&self) -> usize {
            Wire::length(self)
        }

        fn written(self) -> Result<Self::Written, Trap> {
            Ok((Wire::written(self),))
        }

        fn wit() -> Option<String> {
            Some(<Self as Wire>::wit())
        }
    };
}

/// The parts of one value.
fn of<V: Wire>(value: V) -> Vec<Part> {
    let mut parts = Vec::new();
    value.put(&mut parts);
    parts
}

impl<V: Single> Returned for V {
    one_value!();

    fn parts(self) -> Result<Result<Vec<Part>, Vec<Part>>, Trap> {
        Ok(Ok(of(self)))
    }
}

impl<V: Wire, E: Wire> Returned for Result<V, E> {
    one_value!();

    fn parts(self) -> Result<Result<Vec<Part>, Vec<Part>>, Trap> {
        Ok(self.map(of).map_err(of))
    }
}

impl<R: Returned> Returned for Result<R, Trap> {
    type Written = R::Written;

    fn length(&self) -> usize {
        self.as_ref().map_or(0, R::length)
    }

    fn written(self) -> Result<R::Written, Trap> {
        self?.written()
    }

    fn parts(self) -> Result<Result<Vec<Part>, Vec<Part>>, Trap> {
        self?.parts()
    }

    fn wit() -> Option<String> {
        R::wit()
    }
}

macro_rules! tuples {
    ($($($v:ident)*;)*) => {$(
        impl<$($v: Wire),*> Returned for ($($v,)*) {
            one_value!();

            fn parts(self) -> Result<Result<Vec<Part>, Vec<Part>>, Trap> {
                Ok(Ok(of(self)))
            }
        }
    )*};
}

tuples! {
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
}
