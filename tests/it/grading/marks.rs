//! Marks and the table, hidden cases, and hostile submissions.

use crate::grading::{ECHO, hand_in, solution};
use crate::harness::{Eco, binary};
use crate::judging::verdicts::lines;
use crate::support::{empty_folder, project_file, terminal};
use std::process::{Command, Stdio};

#[test]
fn the_table_says_who_got_what_and_why() {
    let class = empty_folder("table");
    hand_in(&class, "alice.js", ECHO);
    hand_in(
        &class,
        "bob.lua",
        std::fs::read(solution()).expect("it can be read"),
    );
    let run = Eco::new(&["grade", &lines(), &class.display().to_string()]).run(b"");
    let expected = "\
student  points  passed    CPU  first failure
alice     10.00     5/6    2 %  extra-bytes: quit closes
bob       12.00     6/6    1 %  –
2 submissions, 11.00 of 12 points on average; exercise: lines, from a folder, ";
    let text = run.text();
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn hidden_cases_are_graded_and_not_checked() {
    let exercise = empty_folder("hides");
    let head = "format = 1\nslug = \"hides\"\ntitle = \"Hides\"\npoints = 4\n";
    let case = |name: &str, hex: &str| {
        format!(
            "[[cases]]\nname = \"{name}\"\nsteps = [{{ send = \"a\" }}, {{ expect = \"{hex}\" }}]\n"
        )
    };
    hand_in(
        &exercise,
        "exercise.toml",
        format!("{head}{}", case("seen", "a")),
    );
    hand_in(
        &exercise,
        "hidden.toml",
        format!("format = 1\n{}", case("unseen", "b")),
    );
    let exercise = exercise.display().to_string();
    let checked = Eco::new(&["check", &exercise, "echo"]).run(b"");
    assert_eq!(checked.code, 0, "{}", checked.text());
    assert!(!checked.text().contains("unseen"), "{}", checked.text());
    let class = empty_folder("hides-class");
    hand_in(&class, "alice.js", ECHO);
    let graded = Eco::new(&["grade", &exercise, &class.display().to_string()]).run(b"");
    assert!(graded.text().contains("2.00     1/2"), "{}", graded.text());
    assert!(
        graded.text().contains("wrong-bytes: unseen"),
        "{}",
        graded.text()
    );
}

#[test]
fn a_submission_that_eco_can_not_judge_has_no_mark() {
    let exercise = empty_folder("broken-judge");
    let toml = "format = 1\nslug = \"b\"\ntitle = \"B\"\npoints = 4\n[[cases]]\nname = \"judged\"\nweight = 3\njudge = \"judge.js\"\n[[cases]]\nname = \"fine\"\nsteps = [{ send = \"a\" }, { expect = \"a\" }]\n";
    hand_in(&exercise, "exercise.toml", toml);
    hand_in(
        &exercise,
        "judge.js",
        "function start() { throw new Error('oh'); } function replied() {}",
    );
    let class = empty_folder("broken-judge-class");
    hand_in(&class, "alice.js", ECHO);
    let run = Eco::new(&[
        "grade",
        &exercise.display().to_string(),
        &class.display().to_string(),
    ])
    .run(b"");
    assert_eq!(run.code, 70, "{}", run.stderr);
    assert!(run.text().contains("–     1/2"), "{}", run.text());
    assert!(run.text().contains("internal: judged"), "{}", run.text());
    assert!(run.stderr.contains("have no mark"), "{}", run.stderr);
}

#[test]
fn a_terminal_sees_how_far_it_is() {
    let class = empty_folder("progress");
    hand_in(&class, "alice.js", ECHO);
    let (far, shown) = terminal();
    let mut grade = Command::new(binary());
    grade
        .args(["grade", &lines(), &class.display().to_string()])
        .env("TERM", "xterm");
    grade
        .stdout(Stdio::null())
        .stderr(Stdio::from(far))
        .status()
        .expect("it runs");
    drop(grade);
    let shown = shown.join().expect("the terminal closes");
    assert!(shown.contains("of 1 submissions"), "{shown}");
}

#[test]
fn a_hostile_submission_disturbs_no_other() {
    let class = empty_folder("hostile");
    for (name, file) in [
        ("loops", "loops.js"),
        ("eats", "eats-memory.lua"),
        ("floods", "floods-the-log.js"),
    ] {
        let text = std::fs::read(project_file(&format!("tests/exercises/wrong/{file}")));
        let text = text.expect("it can be read");
        for copy in 0..4 {
            let end = file.rsplit('.').next().expect("an end");
            hand_in(&class, &format!("{name}{copy}.{end}"), &text);
        }
    }
    for copy in 0..4 {
        hand_in(
            &class,
            &format!("good{copy}.lua"),
            std::fs::read(solution()).expect("it can be read"),
        );
    }
    let run = Eco::new(&["grade", &lines(), &class.display().to_string(), "-j", "8"]).run(b"");
    assert_eq!(run.code, 0, "{}", run.stderr);
    for copy in 0..4 {
        let line = format!("good{copy}     12.00     6/6");
        assert!(run.text().contains(&line), "{}", run.text());
    }
}
