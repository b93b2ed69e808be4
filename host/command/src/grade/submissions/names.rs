//! The names of submissions: as short as keeps them apart, and of each name a text that no other has.
//!
//! What a student names decides how long names are, and nothing else: no name takes another's place.

use super::look::Look;
use eco_files::EntryKind;
use eco_text::escape::Name;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Component, Path};

/// How much of its path a submission's name has in its folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    /// A file's name without its end, or a folder's.
    Short,
    /// All of the file's name; a folder's with a slash.
    Whole,
    /// The same after `./`: what another has from its end, which may be a plugin.
    Marked,
}

/// A name for each, in their order.
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

/// Names of what lies in one folder, of which no two are the same. What can be no plugin never makes that of one longer that may.
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

/// Puts the folder before each name that another has too, as it was typed. Of students of classes, one that may be a plugin keeps its
/// name beside those that can't.
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
        (Length::Marked, _) => format!("./{}", Name(whole)),
    }
}
