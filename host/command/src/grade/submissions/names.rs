//! The names of submissions: as short as possible, and no two the same.
//!
//! A student's choice of names can only make names longer. It gives nobody the name of another student.

use super::look::Look;
use eco_files::EntryKind;
use eco_text::escape::Name;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Component, Path};

/// The length of a submission's name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    /// A file's name without extension, or a folder's.
    Short,
    /// A file's whole name, or a folder's with a slash.
    Whole,
    /// The whole name after `./`, where that is a plugin's name already.
    Marked,
}

/// Names the submissions, in their order.
pub(super) fn names(looks: &[Look]) -> Vec<String> {
    let mut folders: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
    for (number, look) in looks.iter().enumerate() {
        let around: &Path = &look.place.around.path;
        folders.entry(around).or_default().push(number);
    }
    let mut names = vec![String::new(); looks.len()];
    for numbers in folders.into_values() {
        for (number, name) in in_folder(&numbers, looks) {
            if let Some(of_it) = names.get_mut(number) {
                *of_it = name;
            }
        }
    }
    with_folders(looks, names)
}

/// Names the entries of one folder, no two the same. An entry that can be no plugin never makes the name of another longer.
fn in_folder(numbers: &[usize], looks: &[Look]) -> Vec<(usize, String)> {
    struct Named<'a> {
        number: usize,
        look: &'a Look,
        may_be_plugin: bool,
        length: Length,
    }
    let all = numbers.iter().filter_map(|number| {
        let look = looks.get(*number)?;
        Some(Named {
            number: *number,
            may_be_plugin: look.may_be_plugin(),
            look,
            length: Length::Short,
        })
    });
    let mut all: Vec<Named<'_>> = all.collect();
    loop {
        let mut of_name: BTreeMap<String, Vec<&mut Named<'_>>> = BTreeMap::new();
        for named in &mut all {
            let name = name(named.look, named.length);
            of_name.entry(name).or_default().push(named);
        }
        let mut done = true;
        for mut same in of_name.into_values().filter(|same| same.len() > 1) {
            let plugins = same.iter().filter(|named| named.may_be_plugin).count();
            for named in &mut same {
                let longer = match (named.length, named.may_be_plugin) {
                    (Length::Short, true) if plugins > 1 => Length::Whole,
                    (Length::Short, false) => Length::Whole,
                    (Length::Whole, false) if plugins > 0 => Length::Marked,
                    _ => continue,
                };
                named.length = longer;
                done = false;
            }
        }
        if done {
            let named = all.iter();
            let named = named.map(|named| (named.number, name(named.look, named.length)));
            return named.collect();
        }
    }
}

/// Puts the folder, as it was typed, in front of each name that occurs in several folders. In a class, an entry that may be a
/// plugin keeps its name beside entries that can't.
fn with_folders(looks: &[Look], mut names: Vec<String>) -> Vec<String> {
    let keeps = |look: &Look| look.place.around.is_class && look.may_be_plugin();
    let keeps: Vec<bool> = looks.iter().map(keeps).collect();
    let mut is_long = vec![false; names.len()];
    loop {
        let mut of_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, name) in names.iter().enumerate() {
            of_name.entry(name).or_default().push(number);
        }
        let is = |all: &[bool], number: &usize| all.get(*number) == Some(&true);
        let mut longer = Vec::new();
        for same in of_name.into_values().filter(|same| same.len() > 1) {
            let (keeping, others): (Vec<usize>, Vec<usize>) =
                same.into_iter().partition(|number| is(&keeps, number));
            let before = longer.len();
            longer.extend(others.into_iter().filter(|number| !is(&is_long, number)));
            if keeping.len() > 1 || longer.len() == before {
                longer.extend(keeping.into_iter().filter(|number| !is(&is_long, number)));
            }
        }
        if longer.is_empty() {
            return names;
        }
        for number in longer {
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

/// Joins both with slashes, on all systems. Different folders give different texts.
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

/// The shortest name, which others may have too.
pub(super) fn short(look: &Look) -> String {
    name(look, Length::Short)
}

/// The name in this length.
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
        (Length::Marked, _) => format!("./{}", Name(whole)),
    }
}
