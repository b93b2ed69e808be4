//! The names of imports, of their functions, and of what scripts see of them.

/// Interfaces whose names begin so are eco's own or WASI's.
const TAKEN: [&str; 2] = ["eco:", "wasi:"];

/// Names that mean something else in scripts: words of a language, its libraries, and what eco gives to scripts.
const RESERVED: &str = "
    after cancel eco every lines log peerDetails peer_details print publish send store subscribe timers topics unsubscribe
    and as assert async await break case catch class const continue debugger def default del delete do elif else end
    enum except export extends false finally for from function global goto if implements import in instanceof interface None True False
    is lambda let local match new nil none nonlocal not null of or package pass private protected public raise repeat
    return static super switch then this throw true try type typeof undefined until var void while with yield
    console coroutine debug globalThis io math os require string table utf8
";

/// Checks the name of an interface: `mycompany:kv/store@0.1.0`.
pub(super) fn check_interface(name: &str) -> Result<(), String> {
    if let Some(taken) = TAKEN.iter().find(|taken| name.starts_with(**taken)) {
        return Err(format!(
            "the import {name} would be one of eco's own: {taken} is not for other imports"
        ));
    }
    let (path, version) = match name.split_once('@') {
        Some((path, version)) => (path, Some(version)),
        None => (name, None),
    };
    let parts = path.split_once(':').and_then(|(namespace, rest)| {
        let (package, interface) = rest.split_once('/')?;
        Some([namespace, package, interface])
    });
    let is_right = parts.is_some_and(|parts| parts.into_iter().all(is_label))
        && version.is_none_or(is_version);
    if is_right {
        return Ok(());
    }
    Err(format!(
        "the import {name:?} has no name of an interface in WIT: mycompany:kv/store@0.1.0"
    ))
}

/// Checks the name of a function.
pub(super) fn check_function(import: &str, name: &str) -> Result<(), String> {
    if is_label(name) {
        return Ok(());
    }
    Err(format!(
        "the function {name:?} of {import} has no name as WIT writes it: small letters, with hyphens between words"
    ))
}

/// Checks the name of an import in scripts, which all languages write alike.
pub(super) fn check_in_scripts(import: &str, name: &str) -> Result<(), String> {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !begins || !name.bytes().all(fits) {
        return Err(format!(
            "scripts can't have the name {name:?} for {import}: letters, digits and _, a letter first"
        ));
    }
    if RESERVED.split_whitespace().any(|reserved| reserved == name) {
        return Err(format!(
            "scripts can't have the name {name:?} for {import}: it means something else there"
        ));
    }
    Ok(())
}

/// Whether it is a name as WIT writes it: words of small letters and digits, with hyphens between them.
fn is_label(name: &str) -> bool {
    name.split('-').all(|word| {
        let begins = word.starts_with(|first: char| first.is_ascii_lowercase());
        begins
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

/// Whether it is a version: three numbers, and perhaps a suffix.
fn is_version(version: &str) -> bool {
    let suffix = version.find(['-', '+']).unwrap_or(version.len());
    let (numbers, suffix) = version.split_at(suffix);
    let numbers: Vec<_> = numbers.split('.').collect();
    let is_number =
        |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
    numbers.len() == 3 && numbers.iter().all(is_number) && suffix.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_has_a_package_and_perhaps_a_version() {
        for name in [
            "mycompany:kv/store@0.1.0",
            "a:b/c",
            "my-company:kv2/key-value@1.0.0-rc.1",
        ] {
            assert_eq!(check_interface(name), Ok(()), "{name}");
        }
        for name in [
            "",
            "kv",
            "a:b",
            "a/b",
            "a:b/c@",
            "a:b/c@1",
            "a:b/c@1.0",
            "a:b/c@1.0.x",
            "A:b/c",
            "a:b_c/d",
            "a:b/c/d",
            "a:b/-c",
            "a:b/c d",
            "eco:plugin/log@0.1.0",
            "eco:mine/a",
            "wasi:cli/stdout@0.2.0",
        ] {
            assert!(check_interface(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_name_in_scripts_hides_nothing_that_they_have() {
        for name in ["kv", "key_value", "keyValue", "Kv2"] {
            assert_eq!(check_in_scripts("a:b/c", name), Ok(()), "{name}");
        }
        for name in [
            "store", "end", "import", "None", "a-b", "a.b", "1a", "", "math",
        ] {
            assert!(check_in_scripts("a:b/c", name).is_err(), "{name}");
        }
    }
}
