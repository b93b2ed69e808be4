//! The cache of compiled code: what is found, what is never used, and what makes room.

use crate::compile::ECHO;
use crate::harness::Eco;
use crate::support::empty_folder;
use crate::support::{plugin_file, project_file};
use std::fs::{File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The warning, once, where every start has to compile.
const NOT_KEPT: &str = "compiled plugins are not kept, and every start compiles anew";

/// The echo, which says something else.
fn saying(word: &str) -> String {
    format!(r#"function receive(chunk) return "{word}" end"#)
}

/// A plugin in WebAssembly that answers with one letter.
fn letter(letter: char) -> String {
    let code = u32::from(letter);
    crate::support::handler(
        &format!(
            r#"(memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
            (func (export "receive") (param i32 i32) (result i32)
              (i32.store8 (i32.const 8) (i32.const {code}))
              (i32.store (i32.const 0) (i32.const 8))
              (i32.store (i32.const 4) (i32.const 1))
              (i32.const 0))"#
        ),
        "",
    )
}

/// A plugin's answer, and stderr.
#[track_caller]
fn answer(cache: &Path, plugin: &str) -> (String, String) {
    let called = Eco::new(&["call", "--raw", plugin, "?"])
        .env("XDG_CACHE_HOME", cache)
        .run(b"");
    assert_eq!(called.code, 0, "{}", called.stderr);
    (called.text(), called.stderr)
}

fn entries(cache: &Path) -> Vec<PathBuf> {
    let folder = cache.join("eco/compiled").read_dir();
    let mut found: Vec<PathBuf> = folder
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

/// The entry of the component whose plugin was compiled last, the only one that `before` lacks.
fn newest(cache: &Path, before: &[PathBuf]) -> PathBuf {
    let new = entries(cache).into_iter().find(|path| {
        !before.contains(path) && path.extension().is_some_and(|end| end == "component")
    });
    new.expect("it was kept")
}

#[test]
fn an_entry_is_found_by_the_bytes_that_it_was_made_of() {
    let cache = empty_folder("cache-by-bytes");
    let path = plugin_file("by-bytes.wat", letter('a'));
    assert_eq!(answer(&cache, &path).0, "a");
    let first = entries(&cache);
    assert!(!first.is_empty());
    assert_eq!(answer(&cache, &path).0, "a");
    assert_eq!(entries(&cache), first);
    plugin_file("by-bytes.wat", letter('b'));
    assert_eq!(answer(&cache, &path).0, "b");
    assert!(entries(&cache).len() > first.len());
    // Scripts share their interpreter.
    let script = plugin_file("by-bytes.lua", saying("one"));
    assert_eq!(answer(&cache, &script).0, "one");
    let with_lua = entries(&cache);
    plugin_file("by-bytes.lua", saying("two"));
    assert_eq!(answer(&cache, &script).0, "two");
    assert_eq!(entries(&cache), with_lua);
}

#[test]
fn code_that_others_could_have_written_is_not_run() {
    let cache = empty_folder("cache-of-others");
    let [a, b] = ['a', 'b'].map(|name| plugin_file(&format!("{name}.wat"), letter(name)));
    assert_eq!(answer(&cache, &a).0, "a");
    let of_a = newest(&cache, &[]);
    let before = entries(&cache);
    assert_eq!(answer(&cache, &b).0, "b");
    let of_b = newest(&cache, &before);
    let mode = |mode| Permissions::from_mode(mode);
    // It shows when another's code runs. The module by itself does all the work of such a plugin.
    let plant = || {
        for end in ["component", "module"] {
            std::fs::copy(of_b.with_extension(end), of_a.with_extension(end)).expect("a copy");
        }
    };
    plant();
    assert_eq!(answer(&cache, &a).0, "b", "this test shows nothing");
    plant();
    std::fs::set_permissions(&of_a, mode(0o666)).expect("it is ours");
    assert_eq!(answer(&cache, &a).0, "a");
    let real = of_b.with_extension("module");
    std::fs::remove_file(of_a.with_extension("module")).expect("it is ours");
    symlink(real, of_a.with_extension("module")).expect("a link");
    assert_eq!(answer(&cache, &a).0, "a");
    if rustix::process::geteuid().is_root() {
        plant();
        std::os::unix::fs::chown(&of_a, Some(65534), None).expect("root may");
        assert_eq!(answer(&cache, &a).0, "a");
    }
}

/// A file may have its length and not all of its pages, after a loss of power say.
#[test]
fn an_entry_with_a_hole_in_it_is_not_run_and_is_made_anew() {
    let cache = empty_folder("cache-with-holes");
    let path = plugin_file("hole.wat", letter('a'));
    assert_eq!(answer(&cache, &path).0, "a");
    let component = newest(&cache, &[]);
    for file in [&component, &component.with_extension("module")] {
        let whole = std::fs::read(file).expect("it was kept");
        // The code, and all but the end.
        for hole in [4096..8192, 0..whole.len() - 1024] {
            let mut damaged = whole.clone();
            damaged[hole].fill(0);
            std::fs::write(file, &damaged).expect("it is ours");
            assert_eq!(answer(&cache, &path).0, "a");
            let now = std::fs::read(file).expect("it was kept");
            assert!(now != damaged, "{} is as it was", file.display());
        }
    }
}

/// Its name is the hash of what it should be.
#[test]
fn an_interpreter_of_python_that_somebody_has_put_in_its_place_is_not_run() {
    let cache = empty_folder("cache-with-another-python");
    std::fs::create_dir(cache.join("eco")).expect("it can be made");
    let name = format!(
        "eco/python-{}-{}.wasm",
        env!("CARGO_PKG_VERSION"),
        "0".repeat(64)
    );
    let javascript = project_file("plugins/interpreters/javascript/javascript.wasm");
    std::fs::copy(javascript, cache.join(name)).expect("a copy");
    let script = plugin_file("other-python.py", "def receive(chunk):\n    return chunk\n");
    let called = Eco::new(&["call", &script, "?"])
        .env("XDG_CACHE_HOME", &cache)
        .run(b"");
    assert_eq!(called.code, 65, "{}", called.stderr);
    assert!(
        called.stderr.contains("eco setup python"),
        "{}",
        called.stderr
    );
}

#[test]
fn a_folder_that_others_can_write_to_is_not_used_and_that_is_said_once() {
    let path = plugin_file("cached-elsewhere.wat", letter('x'));
    let warned = |cache: &Path, why: &str| {
        let (answer, said) = answer(cache, &path);
        assert_eq!(answer, "x");
        assert_eq!(said.matches(NOT_KEPT).count(), 1, "{said}");
        assert!(said.contains(why), "{said}");
    };
    let open = |folder: &Path| {
        std::fs::set_permissions(folder, Permissions::from_mode(0o777)).expect("it is ours");
    };
    let cache = empty_folder("cache-open");
    std::fs::create_dir_all(cache.join("eco/compiled")).expect("a folder");
    open(&cache.join("eco/compiled"));
    warned(&cache, "can be written to by other users");
    open(&cache.join("eco"));
    warned(&cache, "can be written to by other users");
    assert!(entries(&cache).is_empty());

    let (linked, elsewhere) = (
        empty_folder("cache-linked"),
        empty_folder("cache-elsewhere"),
    );
    symlink(&elsewhere, linked.join("eco")).expect("a link");
    warned(&linked, "eco");
    assert!(entries(&linked).is_empty());

    let (file, blocked) = (empty_folder("cache-blocked"), "in the way");
    std::fs::write(file.join("eco"), blocked).expect("a file");
    warned(&file, "eco");

    if rustix::process::geteuid().is_root() {
        let cache = empty_folder("cache-of-nobody");
        std::fs::create_dir(cache.join("eco")).expect("a folder");
        std::os::unix::fs::chown(cache.join("eco"), Some(65534), None).expect("root may");
        warned(&cache, "belongs to another user");
    }
}

#[test]
fn a_cache_that_cannot_be_written_to_is_said_once() {
    let whole = empty_folder("cache-whole");
    // An interpreter and a plugin, either of which is compiled.
    let exercise = project_file("tests/exercises/lines");
    let path = project_file("tests/exercises/lines/solution/solution.lua");
    let check = |cache: &Path| {
        let checked = Eco::new(&["check", &exercise, &path]).env("XDG_CACHE_HOME", cache);
        let checked = checked.run(b"");
        assert_eq!(checked.code, 0, "{}", checked.stderr);
        checked.stderr.matches(NOT_KEPT).count()
    };
    assert_eq!(check(&whole), 0);
    // No user, not even root, can put a file in the place of a folder.
    let blocked = empty_folder("cache-cannot-be-written");
    let compiled = blocked.join("eco/compiled");
    for entry in entries(&whole) {
        let name = entry.file_name().expect("it has a name");
        std::fs::create_dir_all(compiled.join(name).join("in the way")).expect("a folder");
    }
    for folder in [&blocked, &blocked.join("eco"), &compiled] {
        std::fs::set_permissions(folder, Permissions::from_mode(0o700)).expect("it is ours");
    }
    assert_eq!(check(&blocked), 1);
    // No start is faster than the first, so that each says it.
    assert_eq!(check(&blocked), 1);
}

#[test]
fn an_entry_that_is_not_whole_is_made_anew() {
    let cache = empty_folder("cache-broken");
    let path = plugin_file("broken-entry.wat", ECHO);
    assert_eq!(answer(&cache, &path).0, "?");
    let whole = entries(&cache);
    for entry in &whole {
        let bytes = std::fs::read(entry).expect("it is there");
        for half in [0, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(entry, bytes.get(..half).expect("a part")).expect("it is ours");
            assert_eq!(
                answer(&cache, &path).0,
                "?",
                "{half} bytes of {}",
                entry.display()
            );
        }
    }
    assert_eq!(entries(&cache), whole);
}

#[test]
fn the_entry_that_was_unused_longest_makes_room() {
    let cache = empty_folder("cache-full");
    let first = plugin_file("first.wat", letter('1'));
    assert_eq!(answer(&cache, &first).0, "1");
    let kept = newest(&cache, &[]);
    // As large as can be, and nothing on the disk.
    let fill = |digit: &str, days: u64| {
        let name = format!("{}.component", digit.repeat(64));
        let path = cache.join("eco/compiled").join(name);
        let file = File::create(&path).expect("a file");
        file.set_len(600 << 20).expect("a hole");
        let used = SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
        file.set_modified(used).expect("it is ours");
        path
    };
    let (oldest, older) = (fill("0", 3), fill("1", 2));
    let second = plugin_file("second.wat", letter('2'));
    assert_eq!(answer(&cache, &second).0, "2");
    assert!(!oldest.exists() && older.exists() && kept.exists());
    // An entry that is used is young again.
    let days = |days: u64| SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
    let file = File::open(&kept).expect("it is there");
    file.set_modified(days(9)).expect("it is ours");
    assert_eq!(answer(&cache, &first).0, "1");
    fill("2", 1);
    let third = plugin_file("third.wat", letter('3'));
    assert_eq!(answer(&cache, &third).0, "3");
    assert!(!older.exists() && kept.exists());
}
