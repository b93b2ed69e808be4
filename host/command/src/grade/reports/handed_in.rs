//! The paths that were handed in. No link in them is followed.
//!
//! Links of the teacher's own are followed. From the first part of a path on that was handed in, a student has chosen
//! the files.

use eco_files::Folder;
use std::collections::{HashSet, VecDeque};
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The most links on the way to a folder; Linux has the same limit. More are an error.
/// Test: `handed_in::tests::links_that_lead_to_each_other_end`.
const MOST_LINKS: usize = 40;

/// The paths that were handed in. Everything below them is handed in too.
pub(super) struct HandedIn(HashSet<PathBuf>);

/// A folder that a teacher typed.
pub(super) struct TypedFolder {
    pub(super) folder: Folder,
    /// Its path, without a link on the way.
    pub(super) path: PathBuf,
}

impl HandedIn {
    /// Takes these paths. Paths that do not exist are left out.
    pub(super) fn new(paths: &[PathBuf]) -> Self {
        let plain = |path: &PathBuf| match eco_files::split(path) {
            // The last name may be a link, and its target was not handed in.
            Ok((folder, name)) => Ok(folder.canonicalize()?.join(name)),
            Err(_) => path.canonicalize(),
        };
        let paths = paths.iter().filter_map(|path| plain(path).ok());
        Self(paths.map(|path| key(&path)).collect())
    }

    /// Whether this path was handed in, or lies below one that was.
    pub(super) fn has(&self, path: &Path) -> bool {
        let path = key(path);
        path.ancestors().any(|around| self.0.contains(around))
    }

    /// Opens the folder that was typed, through no link that was handed in.
    ///
    /// # Errors
    /// There is such a link, or no such folder.
    pub(super) fn open(&self, typed: &Path) -> io::Result<TypedFolder> {
        let path = self.without_links(typed)?;
        let mut trusted = path.as_path();
        let mut names = Vec::new();
        while let (true, Some(folder), Some(name)) =
            (self.has(trusted), trusted.parent(), trusted.file_name())
        {
            names.push(name);
            trusted = folder;
        }
        // Each name is opened without following a link, since it may have changed.
        let mut folder = Folder::open(trusted)?;
        for name in names.iter().rev() {
            folder = folder.enter(name)?;
        }
        Ok(TypedFolder { folder, path })
    }

    fn without_links(&self, typed: &Path) -> io::Result<PathBuf> {
        let mut ahead = VecDeque::from(parts(typed));
        let mut path = Path::new(".").canonicalize()?;
        let mut links = 0;
        while let Some(part) = ahead.pop_front() {
            match Path::new(&part).components().next() {
                None | Some(Component::CurDir) => {}
                Some(Component::ParentDir) => {
                    path.pop();
                }
                Some(Component::Prefix(_)) => path = PathBuf::from(part),
                Some(Component::RootDir) => {
                    path.push(part);
                    path = path.canonicalize()?;
                }
                Some(Component::Normal(name)) => {
                    let next = path.join(name);
                    if !next.symlink_metadata()?.is_symlink() {
                        path = next;
                        continue;
                    }
                    links += 1;
                    if self.has(&next) {
                        return Err(invalid("a link on the way was handed in"));
                    }
                    if links > MOST_LINKS {
                        return Err(invalid("there are too many links on the way"));
                    }
                    for part in parts(&next.read_link()?).into_iter().rev() {
                        ahead.push_front(part);
                    }
                }
            }
        }
        Ok(path)
    }
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

fn parts(path: &Path) -> Vec<OsString> {
    let parts = path.components();
    parts.map(|part| part.as_os_str().to_owned()).collect()
}

/// The same key for paths that lead to the same file: on some systems case makes no difference. Elsewhere the key is the path
/// itself, so that two names that differ in case stay two.
pub(super) fn key(path: &Path) -> PathBuf {
    if CASE_IS_FOLDED {
        PathBuf::from(path.to_string_lossy().to_lowercase())
    } else {
        path.to_owned()
    }
}

/// Whether names that differ in case are the same name on the system's usual file systems.
pub(super) const CASE_IS_FOLDED: bool = cfg!(any(windows, target_os = "macos"));

#[cfg(all(test, unix))]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// A class that was handed in, beside the teacher's own `marks`, to which a link leads from outside and from inside.
    fn place() -> (tempfile::TempDir, HandedIn) {
        let place = tempfile::tempdir().unwrap();
        let at = |path: &str| place.path().join(path);
        fs::create_dir_all(at("class/anna")).unwrap();
        fs::create_dir(at("marks")).unwrap();
        symlink("marks", at("own")).unwrap();
        symlink("class/anna", at("to-anna")).unwrap();
        symlink("../marks", at("class/mallory")).unwrap();
        symlink("class/mallory", at("to-mallory")).unwrap();
        let handed_in = HandedIn::new(&[at("class")]);
        (place, handed_in)
    }

    #[test]
    fn a_link_that_was_handed_in_is_not_followed_whichever_way_leads_to_it() {
        let (place, handed_in) = place();
        for (typed, is_handed_in) in [
            ("marks", Some(false)),
            ("own", Some(false)),
            ("class", Some(true)),
            ("class/anna", Some(true)),
            ("class/../own", Some(false)),
            ("to-anna", Some(true)),
            ("class/mallory", None),
            ("to-mallory", None),
            ("own/../to-mallory", None),
        ] {
            let opened = handed_in.open(&place.path().join(typed));
            let found = opened.as_ref().ok();
            let found = found.map(|typed| handed_in.has(&typed.path));
            assert_eq!(found, is_handed_in, "{typed}");
            if let Err(error) = opened {
                assert_eq!(error.to_string(), "a link on the way was handed in");
            }
        }
    }

    #[test]
    fn a_student_who_is_named_may_be_a_link_and_is_not_entered() {
        let (place, _) = place();
        let student = place.path().join("class/mallory");
        let handed_in = HandedIn::new(std::slice::from_ref(&student));
        assert!(handed_in.open(&student).is_err());
        let own = handed_in.open(&place.path().join("marks")).unwrap();
        assert!(!handed_in.has(&own.path));
    }

    #[test]
    fn links_that_lead_to_each_other_end() {
        let (place, handed_in) = place();
        symlink("b", place.path().join("a")).unwrap();
        symlink("a", place.path().join("b")).unwrap();
        let error = handed_in.open(&place.path().join("a")).err().unwrap();
        assert!(error.to_string().contains("too many links"), "{error}");
    }
}
