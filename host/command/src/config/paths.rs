//! Relative paths in a file: they begin in its folder, wherever eco was started.

use super::keys::{has_parts, key};
use clap::{Arg, ValueHint};
use eco_plugin::{BUILT_IN_SERVERS, Source};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Words that stand in the place of a path.
const WORDS: [&str; 2] = ["self-signed", "optional"];

/// What a path stands behind, within the value of a key.
const SCHEMES: [(&str, &str); 2] = [("listen", "unix:"), ("state", "file:")];

/// The value of a flag, whose relative paths begin in this folder.
pub(super) fn within(folder: &Path, flag: &Arg, value: &str) -> OsString {
    if let Some((before, path)) = behind_scheme(key(flag), value) {
        return match is_path(path) {
            true => joined(before, folder, path),
            false => value.into(),
        };
    }
    let is_path = matches!(
        flag.get_value_hint(),
        ValueHint::FilePath | ValueHint::AnyPath | ValueHint::DirPath
    );
    if !is_path || key(flag) == "plugin" && is_no_file(value) {
        return value.into();
    }
    if !has_parts(flag) {
        return joined("", folder, value);
    }
    let parts = value.split(',').map(|part| match WORDS.contains(&part) {
        true => part.into(),
        false => joined("", folder, part),
    });
    parts.collect::<Vec<_>>().join(OsStr::new(","))
}

/// The path in a value that has one behind a scheme, and what stands before it: `ws:unix:`, say.
fn behind_scheme<'a>(key: &str, value: &'a str) -> Option<(&'a str, &'a str)> {
    let (_, scheme) = SCHEMES.iter().find(|(of, _)| *of == key)?;
    let at = value.find(scheme)?;
    let before = value.get(..at)?;
    let is_scheme = before.is_empty() || before.ends_with(':') && !before.contains('/');
    is_scheme.then(|| value.split_at(at + scheme.len()))
}

/// Whether it is a path of the file system. A URL has `//`, and an abstract socket an `@`.
fn is_path(text: &str) -> bool {
    !text.is_empty() && !text.starts_with("//") && !text.starts_with('@')
}

fn is_no_file(plugin: &str) -> bool {
    let source = Source::named(plugin, BUILT_IN_SERVERS);
    !matches!(source, Source::File(_))
}

fn joined(before: &str, folder: &Path, path: &str) -> OsString {
    let mut value = OsString::from(before);
    value.push(folder.join(path));
    value
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::config::keys::Keys;

    #[test]
    fn what_is_a_path_begins_in_the_folder_and_nothing_else_does() {
        let keys = Keys::all();
        for (key, value, becomes) in [
            ("plugin", "chat.js", "/etc/eco/chat.js"),
            ("plugin", "../chat", "/etc/eco/../chat"),
            ("plugin", "/srv/chat.js", "/srv/chat.js"),
            ("plugin", "echo", "echo"),
            ("listen", "127.0.0.1:5005", "127.0.0.1:5005"),
            ("listen", "unix:chat.sock", "unix:/etc/eco/chat.sock"),
            ("listen", "unix:s,mode=660", "unix:/etc/eco/s,mode=660"),
            ("listen", "unix:/run/s", "unix:/run/s"),
            ("listen", "unix:@chat", "unix:@chat"),
            ("listen", "ws:unix:s", "ws:unix:/etc/eco/s"),
            ("listen", "systemd:chat", "systemd:chat"),
            ("state", "file:chat.state", "file:/etc/eco/chat.state"),
            ("state", "file:///srv/state", "file:///srv/state"),
            ("state", "redis://a:file:b@db", "redis://a:file:b@db"),
            ("state", "memory:", "memory:"),
            ("namespace", "unix:chat", "unix:chat"),
            ("cpu", "50ms", "50ms"),
        ] {
            let found = within(Path::new("/etc/eco"), keys.find(key).unwrap(), value);
            assert_eq!(found, becomes, "{key} = {value}");
        }
        let pair = Arg::new("tls")
            .value_name("CERT,KEY")
            .value_hint(ValueHint::FilePath);
        for (value, becomes) in [
            ("a.pem,/k.pem", "/etc/eco/a.pem,/k.pem"),
            ("self-signed", "self-signed"),
            ("ca.pem,optional", "/etc/eco/ca.pem,optional"),
        ] {
            assert_eq!(within(Path::new("/etc/eco"), &pair, value), becomes);
        }
    }
}
