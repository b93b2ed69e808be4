//! The names of submissions: as short as keeps them apart, and of each name a text that no other has.
//!
//! What a student names decides how long names are, and nothing else: no name takes another's place.

use super::look::Look;
use eco_files::EntryKind;
use eco_text::escape::Name;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Component, Path};

/// How much of its path a submission's name has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    /// A file's name without its end, or a folder's.
    Short,
    /// All of the file's name; a folder's with a slash.
    Whole,
}

/// A name for each, in their order.
pub(super) fn names(looks: &[Look]) -> Vec<String> {
    let mut folders: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
    for (number, look) in looks.iter().enumerate() {
        let around: &Path = &look.place.around.absolute;
        folders.entry(around).or_default().push(number);
    }
    let mut lengths = vec![Length::Short; looks.len()];
    for numbers in folders.values() {
        lengthen(numbers, &mut lengths, looks);
    }
    let names = || looks.iter().zip(&lengths);
    let short: Vec<String> = names().map(|(look, length)| name(look, *length)).collect();
    with_folders(looks, short)
}

/// Lengthens names of one folder until no two are the same. Whole names there are not.
fn lengthen(numbers: &[usize], lengths: &mut [Length], looks: &[Look]) {
    loop {
        let mut of_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for number in numbers {
            if let (Some(look), Some(length)) = (looks.get(*number), lengths.get(*number)) {
                of_name
                    .entry(name(look, *length))
                    .or_default()
                    .push(*number);
            }
        }
        let same = of_name.into_values().filter(|numbers| numbers.len() > 1);
        let mut done = true;
        for number in same.flatten() {
            if let Some(length) = lengths.get_mut(number)
                && *length == Length::Short
            {
                *length = Length::Whole;
                done = false;
            }
        }
        if done {
            return;
        }
    }
}

/// Puts the folder before each name that another has too, as it was typed.
fn with_folders(looks: &[Look], mut names: Vec<String>) -> Vec<String> {
    let mut is_long = vec![false; names.len()];
    loop {
        let mut of_name: BTreeMap<&str, usize> = BTreeMap::new();
        for name in &names {
            *of_name.entry(name).or_default() += 1;
        }
        let all = names.iter().zip(&is_long).enumerate();
        let same = all.filter(|(_, (name, is_long))| {
            !**is_long && of_name.get(name.as_str()).is_some_and(|count| *count > 1)
        });
        let same: Vec<usize> = same.map(|(number, _)| number).collect();
        if same.is_empty() {
            return names;
        }
        for number in same {
            if let (Some(look), Some(name), Some(is_long)) = (
                looks.get(number),
                names.get_mut(number),
                is_long.get_mut(number),
            ) {
                *is_long = true;
                *name = joined(&look.place.around.path, name);
            }
        }
    }
}

/// A path of both, with slashes on all systems. Of different folders it is another.
fn joined(folder: &Path, name: &str) -> String {
    let mut path = String::new();
    for part in folder.components() {
        if part != Component::RootDir {
            path += &Name(part.as_os_str()).to_string();
        }
        path.push('/');
    }
    path + name
}

/// What it is called where no other is called so.
pub(super) fn short(look: &Look) -> String {
    name(look, Length::Short)
}

/// What a look is called by so much of its name.
fn name(look: &Look, length: Length) -> String {
    let whole: &OsStr = &look.place.name;
    let is_folder = look.kind == Some(EntryKind::Folder);
    match (length, is_folder) {
        (Length::Short, true) | (Length::Whole, false) => Name(whole).to_string(),
        (Length::Short, false) => {
            let stem = Path::new(whole).file_stem();
            Name(stem.unwrap_or(whole)).to_string()
        }
        (Length::Whole, true) => format!("{}/", Name(whole)),
    }
}
