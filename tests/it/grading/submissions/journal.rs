//! The journal of a class: grading that was cut off goes on.

use crate::grading::submissions::{
    PATIENCE, echo, exercise, grade, journal, loops, names, of, put, short, silent, verdicts,
    wait_for_journal,
};
use crate::harness::{Eco, Exited};
use crate::support::{empty_folder, project_file};
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
fn damaged_marks_and_new_submissions_are_graded_anew() {
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
fn two_graders_of_one_class_do_each_other_no_harm() {
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
fn grading_one_of_a_class_leaves_the_marks_of_the_others() {
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
fn a_submission_that_could_not_be_judged_is_tried_again() {
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
fn marks_by_another_judge_are_not_taken() {
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
