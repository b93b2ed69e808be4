//! A student of a class, as reports know one.

use std::ffi::OsStr;
use std::path::Path;

/// A student as reports know one.
pub(in crate::grade) struct Student<'a> {
    /// A name that no other student has.
    pub(in crate::grade) name: &'a str,
    /// The shortest name, which others may have too.
    pub(in crate::grade) short: &'a str,
    /// The folder that was handed in, if it is one: the path of the folder around it, without links, and its name there.
    pub(in crate::grade) folder: Option<(&'a Path, &'a OsStr)>,
}
