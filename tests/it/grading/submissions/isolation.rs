//! A submission costs no other its mark, and has no say in what it is judged by.

use crate::grading::submissions::{echo, exercise, grade, names, of, put, short, silent, verdicts};
use crate::harness::Eco;
use crate::support::empty_folder;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};

#[test]
fn a_student_does_not_choose_the_exercise() {
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
    // Submissions may lie in the exercise's folder: the teacher has put them there.
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
fn one_students_files_cost_no_other_a_mark() {
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
