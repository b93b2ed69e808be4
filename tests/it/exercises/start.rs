//! `eco exercise start` copies an exercise out.

use crate::harness::Eco;
use crate::support::empty_folder;
use crate::support::samples::builder;

#[test]
fn the_statement_in_the_students_language_comes_first() {
    let start = |name: &str, arguments: &[&str], locale: &str| {
        let folder = empty_folder("first-statement").join(name);
        let started = Eco::new(&[
            "exercise",
            "start",
            "counter",
            &folder.display().to_string(),
        ])
        .args(arguments)
        .env("LC_ALL", "")
        .env("LC_MESSAGES", "")
        .env("LANG", locale)
        .run(b"");
        (started, folder)
    };
    let spanish: [(&str, &[&str], &str); 4] = [
        ("flag", &["--lang", "es"], "C"),
        ("locale", &[], "es_CL.UTF-8"),
        ("language", &[], "es.UTF-8"),
        ("both", &["--lang", "js", "--lang", "es"], "C"),
    ];
    for (name, arguments, locale) in spanish {
        let (started, folder) = start(name, arguments, locale);
        assert_eq!(started.code, 0, "{}", started.stderr);
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("it is there");
        let (first, second) = (read("README.md"), read("README.en.md"));
        assert!(
            first.starts_with("# Contador\n\n[In English](README.en.md)\n"),
            "{first}"
        );
        assert!(
            second.starts_with("# Counter\n\n[En español](README.md)\n"),
            "{second}"
        );
        assert!(!folder.join("README.es.md").exists());
        assert_eq!(folder.join("starter/lua").exists(), name != "both");
    }
    let english: [(&str, &[&str], &str); 3] = [
        ("english", &["--lang", "en"], "es_CL.UTF-8"),
        ("neither", &[], "C"),
        ("estonian", &[], "et_EE.UTF-8"),
    ];
    for (name, arguments, locale) in english {
        let (_, folder) = start(name, arguments, locale);
        let first = std::fs::read_to_string(folder.join("README.md")).expect("it is there");
        assert!(
            first.starts_with("# Counter\n\n[En español](README.es.md)\n"),
            "{first}"
        );
    }
    let (twice, _) = start("twice", &["--lang", "es", "--lang", "en"], "C");
    assert_eq!(twice.code, 64, "{}", twice.stderr);
}

#[test]
fn the_starters_in_compiled_languages_build_and_are_served() {
    for slug in ["echo", "tiny-cache", "chat"] {
        for language in ["wat", "c", "rust"] {
            let folder = empty_folder("compiled").join(slug);
            let start = ["exercise", "start", slug, "--lang", language];
            let started = Eco::new(&start)
                .args(&[&folder.display().to_string()])
                .run(b"");
            assert_eq!(started.code, 0, "{}", started.stderr);
            let starter = folder.join("starter").join(language).display().to_string();
            let folder = folder.display().to_string();
            let checked = builder(&["check", &folder, &starter]).run(b"");
            if checked.code == 69 && std::env::var_os("ECO_ALL_TOOLS").is_none() {
                eprintln!("SKIPPED: {language}: {}", checked.stderr);
                continue;
            }
            assert_eq!(
                checked.code,
                1,
                "{slug} {language}: {}{}",
                checked.text(),
                checked.stderr
            );
            assert!(
                checked.text().contains("missing-bytes"),
                "{slug} {language}: {}",
                checked.text()
            );
        }
    }
}

#[test]
fn an_exercise_is_started_only_where_there_is_nothing() {
    let folder = empty_folder("there");
    let start = || {
        let start = Eco::new(&["exercise", "start", "echo", "--lang", "lua"]);
        start.args(&[&folder.display().to_string()]).run(b"")
    };
    assert_eq!(start().code, 0);
    assert!(folder.join("starter/lua/plugin.lua").is_file());
    assert!(!folder.join("starter/javascript").exists());
    let refused = start();
    assert_eq!(refused.code, 64, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("exists already"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_name_alone_is_the_original_and_a_path_the_copy_that_was_changed() {
    let around = empty_folder("around");
    let start = ["exercise", "start", "echo", "echo", "--hidden"];
    assert_eq!(Eco::new(&start).inside(&around).run(b"").code, 0);
    let check = |exercise| {
        let check = Eco::new(&["check", exercise, "echo"]);
        check.inside(&around).run(b"").code
    };
    assert_eq!(check("./echo"), 0);
    assert!(around.join("echo/hidden.toml").is_file());
    std::fs::write(around.join("echo/exercise.toml"), "format = 7").expect("it can be written");
    for (exercise, code) in [
        ("echo", 0),
        ("./echo", 64),
        ("echo/", 64),
        ("echo/exercise.toml", 64),
    ] {
        assert_eq!(check(exercise), code, "{exercise}");
    }
}
