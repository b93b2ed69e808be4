//! What is handed in, by students who know how eco looks at it; and a class that is graded in two goes.

use crate::guests::empty_folder;
use crate::harness::{Eco, Exited};
use crate::support::{handler, project_file};
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Nothing is waited for as long as this unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(120);

fn echo() -> Vec<u8> {
    fs::read(project_file("plugins/echo/echo.wat")).expect("it can be read")
}

/// A plugin that answers nothing.
fn silent() -> String {
    let realloc = r#"(func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 16)"#;
    let receive = r#"(func (export "receive") (param i32 i32) (result i32) i32.const 0)"#;
    let memory = r#"(memory (export "memory") 2)"#;
    handler(&format!("{memory} {realloc} {receive}"), "")
}

/// A plugin that loops until its fuel is used up.
fn loops() -> String {
    silent().replace(
        "(result i32) i32.const 0)",
        "(result i32) (loop $l (br $l)) i32.const 0)",
    )
}

/// A file, with its folders.
fn put(folder: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
    fs::write(path, bytes).expect("it can be written");
}

/// An exercise with as many cases, each of which wants what it sends.
fn exercise(name: &str, cases: usize, fuel: u64) -> PathBuf {
    let folder = empty_folder(name);
    let head =
        format!("format = 1\nslug = \"e\"\ntitle = \"E\"\npoints = 10\n[limits]\nfuel = {fuel}\n");
    let case = |number| {
        format!(
            "[[cases]]\nname = \"no. {number}\"\nsteps = [{{ send = \"a\" }}, {{ expect = \"a\" }}]\n"
        )
    };
    let cases: String = (0..cases).map(case).collect();
    put(&folder, "exercise.toml", head + &cases);
    folder
}

/// An exercise of one case.
fn short(name: &str) -> String {
    exercise(name, 1, 1_000_000).display().to_string()
}

/// Of each submission its name, and the verdict of its first case with what that names.
fn verdicts(report: &[u8]) -> Vec<(String, String)> {
    let report: Value = serde_json::from_slice(report).expect("the report is JSON");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let submissions = report["submissions"].as_array().expect("a list").iter();
    submissions
        .map(|submission| {
            let case = &submission["cases"][0];
            let all = case.to_string();
            (
                text(&submission["name"]),
                text(&case["verdict"]) + " " + &all,
            )
        })
        .collect()
}

/// The names alone.
fn names(run: &Exited) -> Vec<String> {
    assert_eq!(run.code, 0, "{}", run.stderr);
    let verdicts = verdicts(&run.stdout).into_iter();
    verdicts.map(|(name, _)| name).collect()
}

fn grade(exercise: &str, inside: &Path, arguments: &[&str]) -> Eco {
    let grade = Eco::new(&["grade", exercise, "--report", "json=-"]);
    grade.args(arguments).inside(inside)
}

/// What was said of one.
#[track_caller]
fn of<'a>(verdicts: &'a [(String, String)], name: &str) -> &'a str {
    let found = verdicts.iter().find(|(its, _)| its == name);
    let (_, said) = found.unwrap_or_else(|| panic!("{name} is not among {verdicts:?}"));
    said
}

/// Waits until the journal in this cache folder has so many submissions.
fn wait_for_journal(cache: &Path, many: usize) {
    let since = Instant::now();
    while journal(cache).len() < many {
        assert!(since.elapsed() < PATIENCE, "{:?}", journal(cache));
        std::thread::yield_now();
    }
}

/// The files of all journals.
fn journal(cache: &Path) -> Vec<PathBuf> {
    let inside = |folder: &Path| {
        let entries = folder.read_dir().into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let journals = inside(&cache.join("eco/grading"));
    let files = journals.iter().flat_map(|journal| inside(journal));
    // Those that are whole have no other names.
    files
        .filter(|file| {
            !file
                .file_name()
                .is_some_and(|name| name.as_bytes().starts_with(b"."))
        })
        .collect()
}

#[test]
fn what_is_exchanged_after_the_look_is_not_graded() {
    let exercise = exercise("exchanged-exercise", 3, 2_000_000_000);
    let (class, cache) = (empty_folder("exchanged"), empty_folder("exchanged-cache"));
    let solution = empty_folder("exchanged-solution");
    put(&solution, "plugin.wat", echo());
    put(&class, "anna.wat", echo());
    put(&class, "loops.wat", loops());
    for mallory in [
        "m1.wat",
        "m2/plugin.wat",
        "m3/plugin.wat",
        "m4.wat",
        "m5.wat",
        "m6.wat",
        "m7.wat",
        "m8/plugin.wat",
    ] {
        put(&class, mallory, silent());
    }
    put(&class, "olga.wat", echo());
    let report = empty_folder("exchanged-reports").join("class.json");
    let to = format!("json={}", report.display());
    let grade = Eco::new(&[
        "grade",
        &exercise.display().to_string(),
        ".",
        "-j",
        "1",
        "-r",
        &to,
    ]);
    let grade = grade.inside(&class).env("XDG_CACHE_HOME", &cache).follow();
    // Anna is graded: the look is over, and the next one takes long.
    wait_for_journal(&cache, 1);
    let at = |path: &str| class.join(path);
    let instead = |path: &str| fs::remove_file(at(path)).expect("it can be removed");
    instead("m1.wat");
    symlink(solution.join("plugin.wat"), at("m1.wat")).expect("a link can be made");
    fs::remove_dir_all(at("m2")).expect("it can be removed");
    symlink(&solution, at("m2")).expect("a link can be made");
    instead("m3/plugin.wat");
    symlink(solution.join("plugin.wat"), at("m3/plugin.wat")).expect("a link can be made");
    instead("m4.wat");
    fs::hard_link(at("anna.wat"), at("m4.wat")).expect("a link can be made");
    instead("m5.wat");
    let made = std::process::Command::new("mkfifo")
        .arg(at("m5.wat"))
        .status();
    assert!(made.expect("there is mkfifo").success());
    instead("m6.wat");
    // As an editor saves it, and as a student who hands in anew.
    put(&class, ".new", silent());
    fs::rename(at(".new"), at("m7.wat")).expect("it can be renamed");
    fs::remove_dir_all(at("m8")).expect("it can be removed");
    put(&class, "m8/plugin.wat", echo());
    grade.said("11 submissions");
    let found = verdicts(&fs::read(report).expect("it was written"));
    let exchanged = "exchanged while the class was graded";
    for (mallory, verdict, words) in [
        ("m1", "does-not-load", exchanged),
        ("m2", "does-not-load", exchanged),
        ("m3", "does-not-load", exchanged),
        ("m4", "internal", exchanged),
        ("m5", "does-not-load", exchanged),
        ("m6", "internal", "it is not there"),
        ("m7", "internal", exchanged),
        ("m8", "internal", exchanged),
    ] {
        let said = of(&found, mallory);
        assert!(said.starts_with(verdict), "{mallory}: {said}");
        assert!(said.contains(words), "{mallory}: {said}");
    }
    for honest in ["anna", "olga"] {
        assert!(of(&found, honest).starts_with("passed"), "{found:?}");
    }
    assert!(of(&found, "loops").starts_with("out-of-cpu"), "{found:?}");
}

#[test]
fn those_that_are_one_file_have_no_mark_and_name_each_other() {
    let class = empty_folder("hard-links");
    put(&class, "anna.wat", echo());
    put(&class, "olga.wat", echo());
    put(&class, "mallory/notes.txt", "");
    for link in ["ben\u{1b}.wat", "mallory/plugin.wat"] {
        fs::hard_link(class.join("anna.wat"), class.join(link)).expect("a link can be made");
    }
    let exercise = short("hard-links-exercise");
    let run = grade(&exercise, &class, &["."]).run(b"");
    assert_eq!(run.code, 70, "{}", run.stderr);
    let found = verdicts(&run.stdout);
    assert!(of(&found, "olga").starts_with("passed"), "{found:?}");
    for (name, others) in [
        ("anna", ["mallory", r"ben\\x1b"]),
        ("ben\u{1b}", ["anna", "mallory"]),
        ("mallory", ["anna", r"ben\\x1b"]),
    ] {
        let said = of(&found, name);
        assert!(said.starts_with("internal"), "{said}");
        assert!(said.contains("hard link"), "{said}");
        for other in others {
            assert!(said.contains(other), "{name}, {other}: {said}");
        }
    }
}

#[test]
fn what_can_be_no_plugin_makes_no_name_longer_of_what_may() {
    let class = empty_folder("junk");
    for (path, bytes) in [
        ("a/anna.wat", echo()),
        ("a/anna.txt", Vec::new()),
        ("a/anna", Vec::new()),
        ("a/ben/plugin.wat", echo()),
        ("a/ben.pdf", Vec::new()),
        ("a/carol.wat", echo()),
        ("a/carol/notes.txt", Vec::new()),
        // The whole name of one is the short name of another.
        ("a/dora.txt", Vec::new()),
        ("a/dora.js", Vec::new()),
        ("a/dora.txt.js", Vec::new()),
        ("b/anna.md", Vec::new()),
        ("b/erin.wat", echo()),
    ] {
        put(&class, path, bytes);
    }
    symlink("anna.wat", class.join("a/carol.js")).expect("a link can be made");
    let exercise = short("junk-exercise");
    let one = [
        "./anna",
        "./dora.txt",
        "anna",
        "anna.txt",
        "ben",
        "ben.pdf",
        "carol",
        "carol.js",
        "carol/",
        "dora",
        "dora.txt",
    ];
    let run = grade(&exercise, &class.join("a"), &["."]).run(b"");
    assert_eq!(names(&run), one);
    let found = verdicts(&run.stdout);
    for plugin in ["anna", "ben", "carol"] {
        assert!(of(&found, plugin).starts_with("passed"), "{found:?}");
    }
    let run = grade(&exercise, &class, &["a", "b", "--class"]).run(b"");
    let mut both = one.to_vec();
    both.extend(["b/anna", "erin"]);
    both.sort_unstable();
    assert_eq!(names(&run), both);
}

#[test]
fn of_several_paths_no_link_on_the_way_is_followed() {
    let groups = empty_folder("ways");
    for path in [
        "own/hand-in/plugin.wat",
        "g/anna/hand-in/plugin.wat",
        "g/ben/hand-in/plugin.wat",
    ] {
        put(&groups, path, echo());
    }
    let exercise = short("ways-exercise");
    let way = "a part of the way to it is a link";
    for to in ["../own", "anna", "nowhere"] {
        let _ = fs::remove_file(groups.join("g/mallory"));
        symlink(to, groups.join("g/mallory")).expect("a link can be made");
        for end in ["hand-in/plugin.wat", "hand-in"] {
            let paths = ["anna", "ben", "mallory"].map(|name| format!("g/{name}/{end}"));
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            let run = grade(&exercise, &groups, &paths).run(b"");
            assert_eq!(run.code, 0, "{}", run.stderr);
            let found = verdicts(&run.stdout);
            let name = |student: &str| {
                let end = end.trim_end_matches(".wat");
                format!("g/{student}/{end}")
            };
            let mallory = of(&found, &name("mallory"));
            assert!(mallory.starts_with("does-not-load"), "{to}: {mallory}");
            assert!(mallory.contains(way), "{to}: {mallory}");
            for honest in ["anna", "ben"] {
                assert!(of(&found, &name(honest)).starts_with("passed"), "{found:?}");
            }
        }
        // A class that is a link is none, and ends no other.
        let run = grade(&exercise, &groups, &["g/anna", "g/mallory", "--class"]).run(b"");
        assert_eq!(names(&run), ["hand-in"]);
        assert!(run.stderr.contains("left out"), "{}", run.stderr);
    }
    // The teacher's own link is before what the paths have in common.
    symlink("g", groups.join("mine")).expect("a link can be made");
    let run = grade(
        &exercise,
        &groups,
        &["mine/anna/hand-in", "mine/ben/hand-in"],
    )
    .run(b"");
    assert_eq!(names(&run), ["mine/anna/hand-in", "mine/ben/hand-in"]);
    // Nor does a link make the exercise a part of what is handed in.
    let inside = groups.join("own/hand-in/exercise");
    put(
        &inside,
        "exercise.toml",
        fs::read(Path::new(&exercise).join("exercise.toml")).expect("it is there"),
    );
    let _ = fs::remove_file(groups.join("g/mallory"));
    symlink("../own", groups.join("g/mallory")).expect("a link can be made");
    let paths = ["g/anna/hand-in", "g/mallory/hand-in"];
    let run = grade(&inside.display().to_string(), &groups, &paths).run(b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn one_of_several_paths_that_is_not_there_ends_nothing() {
    let groups = empty_folder("gone");
    put(&groups, "a/anna.wat", echo());
    put(&groups, "README.txt", "");
    let exercise = short("gone-exercise");
    let run = grade(&exercise, &groups, &["a/anna.wat", "a/gone.wat"]).run(b"");
    assert_eq!(run.code, 70, "{}", run.stderr);
    assert!(
        run.stderr.contains(r#"not to be read: "gone""#),
        "{}",
        run.stderr
    );
    let found = verdicts(&run.stdout);
    assert!(of(&found, "anna").starts_with("passed"), "{found:?}");
    assert!(of(&found, "gone").starts_with("internal"), "{found:?}");
    let run = grade(&exercise, &groups, &["a", "README.txt", "none", "--class"]).run(b"");
    assert_eq!(names(&run), ["anna"]);
    for left_out in ["README.txt", "none"] {
        let line = format!("left out: cannot read the submissions in {left_out}");
        assert!(run.stderr.contains(&line), "{}", run.stderr);
    }
    for alone in [&["a/gone.wat"][..], &["README.txt", "--class"]] {
        let run = grade(&exercise, &groups, alone).run(b"");
        assert_eq!(run.code, 64, "{alone:?}: {}", run.stderr);
    }
}

#[test]
fn only_names_that_collide_get_longer() {
    let class = empty_folder("colliding");
    put(&class, "anna.wat", echo());
    put(&class, "anna/plugin.wat", silent());
    put(&class, "ben.wat", echo());
    put(&class, "carol/plugin.wat", echo());
    // Each takes the longer name of the one before.
    put(&class, "dora.wat", echo());
    put(&class, "dora.wasm", "");
    put(&class, "dora.wat.js", "");
    put(&class, "dora.wat.js.lua", "");
    let exercise = short("colliding-exercise");
    let run = grade(&exercise, &class, &["."]).run(b"");
    let expected = [
        "anna.wat",
        "anna/",
        "ben",
        "carol",
        "dora.wasm",
        "dora.wat",
        "dora.wat.js",
        "dora.wat.js.lua",
    ];
    assert_eq!(names(&run), expected);
    let found = verdicts(&run.stdout);
    assert!(of(&found, "anna.wat").starts_with("passed"), "{found:?}");
    assert!(
        of(&found, "anna/").starts_with("missing-bytes"),
        "{found:?}"
    );
}

#[test]
fn students_of_two_classes_are_told_apart_by_their_class() {
    let groups = empty_folder("two-classes");
    for path in [
        "a/anna.wat",
        "a/ben.wat",
        "b/anna.wat",
        "b/carol.wat",
        "b/carol/plugin.wat",
    ] {
        put(&groups, path, echo());
    }
    let exercise = short("two-classes-exercise");
    let run = grade(&exercise, &groups, &["a", "b/", "--class"]).run(b"");
    assert_eq!(
        names(&run),
        ["a/anna", "b/anna", "ben", "carol.wat", "carol/"]
    );
    let run = grade(
        &exercise,
        &groups.join("a"),
        &["../b/anna.wat", "anna.wat", "ben.wat"],
    );
    assert_eq!(names(&run.run(b"")), ["../b/anna", "anna", "ben"]);
    // What the teacher typed twice.
    for twice in [
        &["a/anna.wat", "./a/./anna.wat"][..],
        &["a", "./a/.", "--class"],
    ] {
        let run = grade(&exercise, &groups, twice).run(b"");
        assert_eq!(run.code, 64, "{twice:?}: {}", run.stderr);
        assert!(run.stderr.contains("named twice"), "{}", run.stderr);
    }
    // A link that a student made may lead to one place by two ways: nobody knows whose it is.
    let absolute = groups.join("a/anna.wat").display().to_string();
    for (ways, expected) in [
        (["a/anna.wat", "b/../a/anna.wat"], ["a/anna", "b/../a/anna"]),
        (
            ["a/anna.wat", &absolute],
            ["a/anna", absolute.trim_end_matches(".wat")],
        ),
    ] {
        let run = grade(&exercise, &groups, &ways).run(b"");
        assert_eq!(run.code, 70, "{ways:?}: {}", run.stderr);
        let found = verdicts(&run.stdout);
        assert_eq!(found.len(), 2);
        for name in expected {
            assert!(of(&found, name).starts_with("internal"), "{found:?}");
        }
    }
    // Who stands in the folder of one has the name of the folder.
    let run = grade(&exercise, &groups.join("b/carol"), &[".", "--class=no"]).run(b"");
    assert_eq!(names(&run), ["carol"]);
}

#[test]
fn no_two_names_are_written_as_one() {
    let class = empty_folder("written-names");
    let files: [&[u8]; 5] = [
        b"m\xff.wat",
        br"m\xff.wat",
        br"m\\xff.wat",
        b"m\xfe.wat",
        b"m\n.wat",
    ];
    for file in files {
        let path = class.join(std::ffi::OsStr::from_bytes(file));
        fs::write(path, echo()).expect("it can be written");
    }
    let exercise = short("written-names-exercise");
    let run = grade(&exercise, &class, &["."]).run(b"");
    assert_eq!(
        names(&run),
        ["m\n", r"m\\\\xff", r"m\\xff", r"m\xfe", r"m\xff"]
    );
}

#[test]
fn who_hands_in_does_not_choose_the_exercise() {
    let class = empty_folder("chosen");
    let easy = exercise("chosen-easy", 1, 1_000_000);
    put(
        &class,
        "echo/exercise.toml",
        fs::read(easy.join("exercise.toml")).expect("it is there"),
    );
    put(&class, "echo/plugin.wat", echo());
    put(&class, "anna.wat", silent());
    let note = "the exercise is eco's own echo; ./echo is the folder";
    let run = grade("echo", &class, &["."]).run(b"");
    assert_eq!(names(&run), ["anna", "echo"]);
    assert!(run.stderr.contains(note), "{}", run.stderr);
    let report = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(!report.contains("no. 0"), "{report}");
    // A folder in which somebody hands in is no exercise, however it is reached.
    symlink("chosen", class.with_file_name("chosen-link")).ok();
    let linked = class
        .with_file_name("chosen-link/echo")
        .display()
        .to_string();
    for (exercise, submissions) in [
        ("./echo", &["."][..]),
        ("echo/", &["."]),
        ("echo/exercise.toml", &["anna.wat", "echo"]),
        (&linked, &["."]),
        ("./echo", &["..", "--class"]),
    ] {
        let run = grade(exercise, &class, submissions).run(b"");
        assert_eq!(run.code, 64, "{exercise} {submissions:?}: {}", run.stderr);
        assert!(run.stderr.contains("which is handed in"), "{}", run.stderr);
    }
    let run = grade("./echo", &class, &["anna.wat"]).run(b"");
    assert_eq!(names(&run), ["anna"]);
    let report = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(report.contains("no. 0"), "{report}");
    // A student's link leads nowhere, and ends nothing.
    symlink("/", class.join("mallory")).expect("a link can be made");
    for mallory in ["mallory", "mallory/"] {
        let run = grade("./echo", &class, &["anna.wat", mallory]).run(b"");
        assert_eq!(names(&run), ["anna", "mallory"]);
    }
    // What is handed in may lie in the exercise's folder: the teacher has put it there.
    put(&easy, "submissions/anna.wat", echo());
    assert_eq!(
        names(&grade(".", &easy, &["submissions"]).run(b"")),
        ["anna"]
    );
    // A check is no other.
    let check = |exercise| {
        Eco::new(&["check", exercise, "anna.wat"])
            .inside(&class)
            .run(b"")
    };
    let own = check("echo");
    assert!(own.stderr.contains(note), "{}", own.stderr);
    assert!(!own.text().contains("no. 0"), "{}", own.text());
    assert!(check("./echo").text().contains("no. 0"));
}

#[test]
fn a_copy_under_its_own_name_is_checked_as_it_is_said() {
    let place = empty_folder("copied-out");
    let start = Eco::new(&["exercise", "start", "echo", "echo", "--lang", "lua"]);
    let said = start.inside(&place).run(b"").text();
    assert!(
        said.contains("eco check ./echo echo/starter/lua/plugin.lua"),
        "{said}"
    );
    let check = Eco::new(&["check", "./echo", "echo/starter/lua/plugin.lua"]);
    let checked = check.inside(&place).run(b"");
    assert!(!checked.stderr.contains("eco's own"), "{}", checked.stderr);
}

#[test]
fn whatever_one_student_hands_in_the_others_get_their_marks() {
    let class = empty_folder("whatever");
    put(&class, "anna.wat", echo());
    put(&class, "zoe/plugin.wat", echo());
    let long = "l".repeat(251);
    put(&class, &format!("{long}.wat"), echo());
    put(&class, "ctl\u{1b}[2J/plugin\u{7}.js", "function receive( {");
    put(&class, "ctl\u{1b}].js", "function receive( {");
    fs::create_dir(class.join("empty")).expect("it can be made");
    for number in 0..2000 {
        put(&class, &format!("full/{number}"), "");
    }
    put(&class, "full/plugin.wat", echo());
    let deep = "deep/".repeat(400);
    put(&class, &format!("{deep}plugin.wat"), echo());
    fs::create_dir(class.join("folder.wat")).expect("it can be made");
    let pipes = [class.join("pipe.wat"), class.join("piped/plugin.wat")];
    fs::create_dir(class.join("piped")).expect("it can be made");
    let made = std::process::Command::new("mkfifo").args(&pipes).status();
    assert!(made.expect("there is mkfifo").success());
    // A path in a socket's name is short.
    let socket = std::env::temp_dir().join(format!("eco-{}", std::process::id()));
    let _socket = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    fs::rename(&socket, class.join("socket.wat")).expect("on the same disk");
    let large = File::create(class.join("large.wat")).expect("it can be made");
    large.set_len(1 << 40).expect("it has holes");
    let is_root = rustix::process::geteuid().is_root();
    put(&class, "secret.wat", echo());
    fs::set_permissions(class.join("secret.wat"), fs::Permissions::from_mode(0o0)).expect("mine");
    let exercise = short("whatever-exercise");
    let run = grade(&exercise, &class, &["."]).run(b"");
    let found = verdicts(&run.stdout);
    for honest in ["anna", "zoe", long.as_str()] {
        assert!(of(&found, honest).starts_with("passed"), "{found:?}");
    }
    for (name, words) in [
        ("empty", "no plugin"),
        ("full", "more than 1000 entries"),
        ("deep", "no plugin"),
        ("folder.wat", "no plugin"),
        ("pipe", "no file"),
        ("piped", "no file"),
        ("socket", "no file"),
        ("large", "32.0 MiB"),
        ("ctl\u{1b}[2J", "plugin"),
        ("ctl\u{1b}]", "ctl"),
    ] {
        let said = of(&found, name);
        assert!(said.starts_with("does-not-load"), "{name}: {said}");
        assert!(said.contains(words), "{name}: {said}");
        // Nobody learns where on this machine it lies.
        assert!(!said.contains("whatever"), "{name}: {said}");
    }
    if !is_root {
        assert!(of(&found, "secret").starts_with("internal"), "{found:?}");
    }
    assert_eq!(run.code, if is_root { 0 } else { 70 }, "{}", run.stderr);
}

#[test]
fn a_file_that_grows_while_it_is_read_costs_its_student_alone() {
    let class = empty_folder("growing");
    put(&class, "anna.wat", echo());
    put(&class, "mallory.wat", echo());
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let path = class.join("mallory.wat");
    let grows = std::thread::spawn(move || {
        let mut file = File::options()
            .append(true)
            .open(path)
            .expect("it is there");
        let mut written = 0;
        while written < 16 << 20 && stopped.try_recv().is_err() {
            file.write_all(&[b' '; 4096]).expect("there is room");
            written += 4096;
        }
    });
    let exercise = short("growing-exercise");
    let run = grade(&exercise, &class, &["."]).run(b"");
    drop(stop);
    grows.join().expect("it ends");
    let found = verdicts(&run.stdout);
    assert!(of(&found, "anna").starts_with("passed"), "{found:?}");
    let mallory = of(&found, "mallory");
    assert!(
        mallory.starts_with("internal") || mallory.starts_with("passed"),
        "{mallory}"
    );
}

#[test]
fn a_thousand_students_are_graded_with_few_descriptors() {
    let class = empty_folder("thousand");
    for number in 0..1000 {
        put(&class, &format!("{number:04}/plugin.wat"), echo());
    }
    let exercise = short("thousand-exercise");
    // A class; and a path for each, as a shell's `*/plugin.wat` has it.
    let paths: Vec<String> = (0..200)
        .map(|number| format!("{number:04}/plugin.wat"))
        .collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    // Or a class for each.
    let mut classes: Vec<&str> = paths.iter().map(|path| &path[..4]).collect();
    classes.push("--class");
    for (submissions, many) in [(&["."][..], 1000), (&paths, 200), (&classes, 200)] {
        let grade = Eco::with_descriptors(64, &["grade", &exercise, "-r", "json=-", "-j", "2"]);
        let run = grade.args(submissions).inside(&class).run(b"");
        assert_eq!(run.code, 0, "{}", run.stderr);
        let found = verdicts(&run.stdout);
        assert_eq!(found.len(), many);
        assert!(
            found.iter().all(|(_, said)| said.starts_with("passed")),
            "{found:?}"
        );
    }
}

#[test]
fn where_descriptors_are_short_nothing_panics() {
    let class = empty_folder("short-of-descriptors");
    put(&class, "anna.wat", echo());
    let exercise = short("short-of-descriptors-exercise");
    let mut failed = 0;
    for descriptors in 8..40 {
        let grade = Eco::with_descriptors(descriptors, &["grade", &exercise, ".", "-j", "1"]);
        let run = grade.inside(&class).run(b"");
        assert!(
            !run.stderr.contains("panicked"),
            "{descriptors}: {}",
            run.stderr
        );
        assert!(
            [0, 64, 70].contains(&run.code),
            "{descriptors}: {}",
            run.stderr
        );
        failed += i32::from(run.code != 0);
    }
    // Or the limits are not where it matters any more.
    assert!((4..32).contains(&failed), "{failed}");
}

/// A class of some that are quick and some that take long, in this order.
fn long_class(name: &str) -> PathBuf {
    let class = empty_folder(name);
    for student in ["a1", "a2", "a3", "z1", "z2"] {
        put(&class, &format!("{student}.wat"), echo());
    }
    put(&class, "a4/plugin.wat", silent());
    put(&class, "loops.wat", loops());
    put(&class, "a5.wat", "(component");
    class
}

/// A class that is graded in a cache folder of its own.
struct LongClass {
    exercise: PathBuf,
    class: PathBuf,
    cache: PathBuf,
}

impl LongClass {
    fn new(name: &str) -> Self {
        Self {
            exercise: exercise(&format!("{name}-exercise"), 3, 1_000_000_000),
            class: long_class(name),
            cache: empty_folder(&format!("{name}-cache")),
        }
    }

    fn eco(&self, arguments: &[&str]) -> Eco {
        let exercise = self.exercise.display().to_string();
        let grade = grade(&exercise, &self.class, &[".", "-j", "1"]).args(arguments);
        grade.env("XDG_CACHE_HOME", &self.cache).patience(PATIENCE)
    }

    fn grade(&self, arguments: &[&str]) -> Exited {
        let run = self.eco(arguments).run(b"");
        assert_eq!(run.code, 0, "{}", run.stderr);
        run
    }

    /// Kills a grading when the first five are graded, and the sixth takes long.
    fn cut_off(&self) {
        let grading = self.eco(&["--fresh"]).follow();
        wait_for_journal(&self.cache, 5);
        drop(grading);
    }

    fn journal(&self) -> Vec<PathBuf> {
        journal(&self.cache)
    }
}

#[test]
fn a_class_goes_on_where_it_was_cut_off() {
    let class = LongClass::new("cut-off");
    let whole = class.grade(&[]);
    assert!(!whole.stderr.contains("graded before"), "{}", whole.stderr);
    assert!(class.journal().is_empty(), "what is over leaves nothing");
    class.cut_off();
    let rest = class.grade(&[]);
    let words = "5 of 8 were graded before; going on";
    assert!(rest.stderr.contains(words), "{}", rest.stderr);
    assert_eq!(rest.text(), whole.text());
    assert!(class.journal().is_empty(), "what is over leaves nothing");
}

#[test]
fn what_is_damaged_or_handed_in_anew_is_graded_anew() {
    let class = LongClass::new("anew");
    class.cut_off();
    let kept = class.journal();
    for file in &kept {
        let mode = file.parent().expect("a folder").metadata();
        assert_eq!(mode.expect("it is there").permissions().mode() & 0o77, 0);
    }
    let mut damaged = fs::read(&kept[0]).expect("it is there");
    *damaged.last_mut().expect("it has some") ^= 1;
    fs::write(&kept[0], damaged).expect("it can be written");
    let torn = fs::read(&kept[1]).expect("it is there");
    fs::write(&kept[1], &torn[..torn.len() / 2]).expect("it can be written");
    fs::remove_file(&kept[2]).expect("it can be removed");
    symlink(&kept[3], &kept[2]).expect("a link can be made");
    let rest = class.grade(&[]);
    let words = "2 of 8 were graded before";
    assert!(rest.stderr.contains(words), "{}", rest.stderr);
    assert_eq!(rest.text(), class.grade(&[]).text());

    class.cut_off();
    put(&class.class, "a1.wat", silent());
    let rest = class.grade(&[]);
    let words = "4 of 8 were graded before";
    assert!(rest.stderr.contains(words), "{}", rest.stderr);
    let found = verdicts(&rest.stdout);
    assert!(of(&found, "a1").starts_with("missing-bytes"), "{found:?}");
}

#[test]
fn nothing_is_taken_of_another_exercise_or_where_all_is_to_be_graded() {
    let class = LongClass::new("fresh");
    class.cut_off();
    let fresh = class.grade(&["--fresh"]);
    assert!(!fresh.stderr.contains("graded before"), "{}", fresh.stderr);
    class.cut_off();
    let toml = class.exercise.join("exercise.toml");
    let text = fs::read_to_string(&toml).expect("it is there");
    fs::write(&toml, text.replace("no. 2", "another")).expect("it can be written");
    let other = class.grade(&[]);
    assert!(!other.stderr.contains("graded before"), "{}", other.stderr);
}

#[test]
fn two_that_grade_one_class_harm_each_other_not() {
    let class = LongClass::new("two-graders");
    let whole = class.grade(&[]).text();
    std::thread::scope(|scope| {
        let grading: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| class.grade(&[]).text()))
            .collect();
        for grading in grading {
            assert_eq!(grading.join().expect("it ends"), whole);
        }
    });
}

#[test]
fn who_grades_one_of_a_class_leaves_what_became_of_the_others() {
    let class = LongClass::new("one-of-a-class");
    class.cut_off();
    let kept = class.journal();
    let exercise = class.exercise.display().to_string();
    for fresh in [&[][..], &["--fresh"]] {
        let one = grade(&exercise, &class.class, &["a1.wat"]).args(fresh);
        let run = one.env("XDG_CACHE_HOME", &class.cache).run(b"");
        assert_eq!(names(&run), ["a1"]);
        assert_eq!(class.journal().len(), kept.len() - 1);
    }
    let rest = class.grade(&[]);
    let words = "4 of 8 were graded before";
    assert!(rest.stderr.contains(words), "{}", rest.stderr);
    assert!(class.journal().is_empty(), "what is over leaves nothing");
}

#[test]
fn a_second_grader_takes_nothing_out_and_says_that_there_is_another() {
    let class = LongClass::new("second-grader");
    let first = class.eco(&[]).follow();
    wait_for_journal(&class.cache, 5);
    let exercise = class.exercise.display().to_string();
    let one = grade(&exercise, &class.class, &["a1.wat", "--fresh"]);
    let second = one.env("XDG_CACHE_HOME", &class.cache).run(b"");
    assert_eq!(names(&second), ["a1"]);
    let words = "another eco grades this class now";
    assert!(second.stderr.contains(words), "{}", second.stderr);
    drop(first);
    let third = class.grade(&[]);
    assert!(!third.stderr.contains(words), "{}", third.stderr);
    let before = "5 of 8 were graded before";
    assert!(third.stderr.contains(before), "{}", third.stderr);
    assert!(class.journal().is_empty(), "what is over leaves nothing");
}

#[test]
fn what_could_not_be_judged_is_tried_again() {
    let (class, folder) = (
        empty_folder("tried-again"),
        empty_folder("tried-again-exercise"),
    );
    put(&class, "anna.wat", echo());
    let toml = "format = 1\nslug = \"b\"\ntitle = \"B\"\npoints = 4\n[[cases]]\nname = \"judged\"\njudge = \"judge.wat\"\nmessage = \"abc\"\n";
    put(&folder, "exercise.toml", toml);
    let client = project_file("plugins/echo-client/echo-client.wat");
    let judge = fs::read_to_string(client).expect("it can be read");
    let replied = r#"(func (export "replied")"#;
    let traps =
        format!("{replied} (param i32 i32) (result i32) unreachable) (func (export \"other\")");
    let cache = empty_folder("tried-again-cache");
    let exercise = folder.display().to_string();
    let run = |code| {
        let run = grade(&exercise, &class, &["."]).env("XDG_CACHE_HOME", &cache);
        let run = run.run(b"");
        assert_eq!(run.code, code, "{}", run.stderr);
        assert!(!run.stderr.contains("graded before"), "{}", run.stderr);
        let mut journals = cache.join("eco/grading").read_dir().expect("a folder");
        assert!(journals.next().is_none(), "an empty one is not kept");
    };
    put(&folder, "judge.wat", judge.replacen(replied, &traps, 1));
    run(70);
    run(70);
    put(&folder, "judge.wat", judge);
    run(0);
}

#[test]
fn what_another_judge_has_judged_is_not_taken() {
    let class = LongClass::new("other-judge");
    let toml = class.exercise.join("exercise.toml");
    let text = fs::read_to_string(&toml).expect("it is there");
    let case = "[[cases]]\nname = \"judged\"\njudge = \"judge.wat\"\nmessage = \"abc\"\n";
    fs::write(&toml, text + case).expect("it can be written");
    let client = project_file("plugins/echo-client/echo-client.wat");
    let judge = fs::read_to_string(client).expect("it can be read");
    put(&class.exercise, "judge.wat", &judge);
    class.cut_off();
    put(&class.exercise, "judge.wat", judge + ";; another\n");
    let other = class.grade(&[]);
    assert!(!other.stderr.contains("graded before"), "{}", other.stderr);
}

#[test]
fn journals_of_classes_that_nobody_goes_on_with_make_room() {
    let (class, cache) = (empty_folder("room"), empty_folder("room-cache"));
    put(&class, "anna.wat", echo());
    let all = cache.join("eco/grading");
    let own = |path: &Path| {
        fs::create_dir_all(path).expect("it can be made");
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).expect("mine");
    };
    own(&all);
    own(&cache.join("eco"));
    for number in 10..40 {
        let journal = all.join(number.to_string());
        own(&journal);
        fs::write(journal.join("kept"), "").expect("it can be written");
        let then = std::time::UNIX_EPOCH + Duration::from_secs(number);
        let journal = File::open(journal).expect("it is there");
        journal.set_modified(then).expect("mine");
    }
    let exercise = short("room-exercise");
    let run = grade(&exercise, &class, &["."]).env("XDG_CACHE_HOME", &cache);
    assert_eq!(run.run(b"").code, 0);
    let left = all.read_dir().expect("a folder").flatten();
    let mut left: Vec<_> = left.map(|entry| entry.file_name()).collect();
    left.sort();
    assert_eq!(left.len(), 15, "{left:?}");
    assert_eq!(left.first().and_then(|name| name.to_str()), Some("25"));
}

#[test]
fn where_nothing_can_be_kept_a_class_is_graded_all_the_same() {
    let (class, cache) = (
        empty_folder("kept-nowhere"),
        empty_folder("kept-nowhere-cache"),
    );
    put(&class, "anna.wat", echo());
    let exercise = short("kept-nowhere-exercise");
    // Others could write there.
    fs::create_dir_all(cache.join("eco/grading")).expect("it can be made");
    let open = fs::Permissions::from_mode(0o777);
    fs::set_permissions(cache.join("eco/grading"), open).expect("mine");
    for cache in [cache.as_path(), Path::new("/dev/null")] {
        let run = grade(&exercise, &class, &["."]).env("XDG_CACHE_HOME", cache);
        assert_eq!(names(&run.run(b"")), ["anna"]);
    }
    let debug = Eco::new(&["--log-level", "debug", "grade", &exercise, "."]);
    let debug = debug.inside(&class).env("XDG_CACHE_HOME", &cache).run(b"");
    assert!(debug.stderr.contains("begins anew"), "{}", debug.stderr);
}

/// Its author can't, and nobody wants the whole class to have more.
#[test]
fn a_file_that_is_too_large_is_said_to_be_and_no_flag_is_named_that_there_is_not() {
    let class = empty_folder("submissions-too-large");
    let file = File::create(class.join("anna.wasm")).expect("a file");
    file.set_len((32 << 20) + 1).expect("it can be long");
    let run = grade("echo", &class, &["."]).run(b"");
    let found = verdicts(&run.stdout);
    let said = of(&found, "anna");
    assert!(said.contains("size of a plugin's file, 32.0 MiB"), "{said}");
    assert!(!said.contains("--"), "{said}");
}
