//! The places of submissions: a folder, and a name in it. The file of that name may change at any time.
//!
//! It owns which part of a path is the teacher's own, where links are followed. In a single path that is all but the last name.
//! Several paths may come from a shell's pattern, so only their common folder is the teacher's; students chose the names
//! below it.

use eco_files::{EntryKind, Folder};
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// A name in a folder.
pub(super) struct Place {
    pub(super) around: Arc<Around>,
    pub(super) name: OsString,
}

/// The folder around submissions. It is opened anew for each of them, so that many classes take no descriptors.
pub(super) struct Around {
    /// The path as it was typed; empty if only a name in it was typed.
    pub(super) path: PathBuf,
    /// Whether the folder is a class's.
    pub(super) is_class: bool,
    /// The teacher's own folder above it, as a path without links.
    own: Arc<Path>,
    /// The path from there. No link in it is followed.
    way: PathBuf,
}

impl Around {
    /// The folder of a class at this place. `path` is the path as it was typed.
    pub(super) fn class(path: &Path, place: &Place) -> Self {
        Self {
            path: path.to_owned(),
            is_class: true,
            own: place.around.own.clone(),
            way: place.around.way.join(&place.name),
        }
    }

    /// The absolute path.
    pub(super) fn absolute(&self) -> PathBuf {
        // Joining nothing would add a separator.
        self.own.iter().chain(&self.way).collect()
    }

    /// Opens the folder.
    ///
    /// # Errors
    /// There is no such folder, or a link is on the way.
    pub(super) fn open(&self) -> io::Result<Folder> {
        let mut folder = Folder::open(&self.own)?;
        for part in &self.way {
            folder = folder.enter(part)?;
        }
        Ok(folder)
    }
}

impl Place {
    pub(super) fn kind(&self) -> io::Result<EntryKind> {
        self.around.open()?.kind(&self.name)
    }

    /// The absolute path.
    pub(super) fn absolute(&self) -> PathBuf {
        self.around.absolute().join(&self.name)
    }

    /// The place of a path that was typed alone.
    fn of(path: &Path) -> io::Result<Self> {
        if path.file_name().is_none() {
            // A path such as `.` has a name only in its absolute form.
            let path = path.canonicalize()?;
            let (around, _) = eco_files::split(&path)?;
            return Self::below(around.into(), around, &path);
        }
        let (around, name) = eco_files::split(path)?;
        let around = around.canonicalize()?;
        let absolute = around.join(name);
        Self::below(around.into(), path.parent().unwrap_or(path), &absolute)
    }

    fn below(own: Arc<Path>, path: &Path, absolute: &Path) -> io::Result<Self> {
        let (around, name) = eco_files::split(absolute)?;
        let way = around.strip_prefix(&own).map_err(io::Error::other)?;
        Ok(Self {
            name: name.to_owned(),
            around: Arc::new(Around {
                path: path.to_owned(),
                is_class: false,
                way: way.to_owned(),
                own,
            }),
        })
    }
}

/// A path without parts that make no difference. With a slash at its end a link would be followed unseen.
pub(super) fn plain(path: &Path) -> PathBuf {
    let parts = path.components();
    let plain: PathBuf = parts.filter(|part| *part != Component::CurDir).collect();
    match plain.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => plain,
    }
}

/// The places of these [plain] paths, in their order. There may be nothing there.
///
/// # Errors
/// Their common folder does not exist.
pub(super) fn places(paths: &[PathBuf]) -> io::Result<Vec<io::Result<Place>>> {
    // The paths of one pattern are all relative, or all absolute.
    let of_kind = |is_absolute| {
        let paths = paths.iter().map(PathBuf::as_path);
        paths.filter(move |path| path.is_absolute() == is_absolute)
    };
    let mut relative = places_below(&of_kind(false).collect::<Vec<_>>())?.into_iter();
    let mut absolute = places_below(&of_kind(true).collect::<Vec<_>>())?.into_iter();
    let places = paths.iter().filter_map(|path| match path.is_absolute() {
        true => absolute.next(),
        false => relative.next(),
    });
    Ok(places.collect())
}

fn places_below(paths: &[&Path]) -> io::Result<Vec<io::Result<Place>>> {
    if let [alone] = paths {
        return Ok(vec![Place::of(alone)]);
    }
    let typed = common(paths);
    let common_folder = match typed.as_os_str().is_empty() {
        true => Path::new("."),
        false => &typed,
    };
    let common_folder = common_folder.canonicalize()?;
    let absolute: Vec<PathBuf> = paths
        .iter()
        .map(|path| joined(&common_folder, path.strip_prefix(&typed).unwrap_or(path)))
        .collect();
    let all: Vec<&Path> = absolute.iter().map(PathBuf::as_path).collect();
    let own: Arc<Path> = common(&all).into();
    let places = paths.iter().zip(&absolute).map(|(path, absolute)| {
        let around = match path.file_name() {
            Some(_) => path.parent(),
            None => absolute.parent(),
        };
        Place::below(own.clone(), around.unwrap_or(path), absolute)
    });
    Ok(places.collect())
}

/// The common folder of these paths, from their texts alone.
fn common(paths: &[&Path]) -> PathBuf {
    let mut paths = paths.iter().filter_map(|path| path.parent());
    let first: Vec<Component<'_>> = paths
        .next()
        .into_iter()
        .flat_map(Path::components)
        .collect();
    let length = paths.fold(first.len(), |length, path| {
        let same = first.iter().take(length).zip(path.components());
        same.take_while(|(a, b)| *a == b).count()
    });
    first.into_iter().take(length).collect()
}

/// Joins a path to a folder. `..` removes the name before it, which is not read: it may be a student's link.
fn joined(folder: &Path, path: &Path) -> PathBuf {
    let mut joined = folder.to_owned();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                joined.pop();
            }
            part => joined.push(part),
        }
    }
    joined
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn of_several_paths_only_the_folder_that_they_have_in_common_is_the_teachers() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("g/a")).unwrap();
        for (paths, own, ways) in [
            (&["g/a/x.js"][..], "g/a", &[""][..]),
            (&["g/a/x.js", "g/b/x.js"], "g", &["a", "b"]),
            (&["g/a", "g/b", "g/a/c"], "g", &["", "", "a"]),
            (&["g/a/../b/x.js", "g/c/x.js"], "g", &["b", "c"]),
            (&["g/a/../../x.js", "g/a/b"], "", &["", "g/a"]),
            (&["g/a/x.js", "g/a/../a/x.js"], "g/a", &["", ""]),
        ] {
            let paths: Vec<PathBuf> = paths.iter().map(|path| root.join(path)).collect();
            let found: Vec<Place> = places(&paths)
                .unwrap()
                .into_iter()
                .collect::<io::Result<_>>()
                .unwrap();
            for (place, way) in found.iter().zip(ways) {
                let around = &place.around;
                assert_eq!(&*around.own, root.join(own), "{paths:?}");
                assert_eq!(around.way, Path::new(way), "{paths:?}");
                let absolute = around.absolute().into_os_string();
                assert!(!absolute.as_encoded_bytes().ends_with(b"/"), "{absolute:?}");
            }
        }
    }

    #[test]
    fn what_makes_no_difference_is_not_in_a_path() {
        for (typed, expected) in [
            ("./a/./b/", "a/b"),
            (".", "."),
            ("./", "."),
            ("a/../b", "a/../b"),
            ("/a/.", "/a"),
        ] {
            assert_eq!(plain(Path::new(typed)), Path::new(expected), "{typed}");
        }
    }
}
