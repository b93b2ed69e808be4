//! `eco call`: a plugin without a socket, several connections, and time.

use crate::commands::{fails, text};
use crate::harness::{Eco, assert_same};
use crate::support::samples::samples;
use crate::support::{plugin_file, project_file};

#[test]
fn call_runs_a_plugin_without_a_socket() {
    let file = plugin_file("chunk.bin", b"\x00\xff");
    let called = Eco::new(&["call", "echo", r"a\n\x41", &format!("@{file}"), "-"]).run(b"stdin");
    assert_eq!(called.code, 0, "{}", called.stderr);
    let shown = r#"> "a\nA"
< "a\nA"
> "\0\xff"
< "\0\xff"
> "stdin"
< "stdin"
> end of input
"#;
    assert_eq!(text(&called.stdout), shown);
    assert!(called.stderr.contains("units of fuel"), "{}", called.stderr);
    assert!(called.stderr.contains("of memory"), "{}", called.stderr);

    let raw = Eco::new(&["call", "echo", &format!("@{file}"), "--raw"]).run(b"");
    assert_same(&raw.stdout, b"\x00\xff");

    let session = plugin_file(
        "called.lua",
        "function open() return 'hi' end function receive(word) return word, word end",
    );
    let closing = Eco::new(&["call", &session, "close", "never seen"]).run(b"");
    let shown =
        "< \"hi\"\n> \"close\"\n< \"close\"  (and closes)\n> (nothing: the connection is closed)\n";
    assert_eq!(text(&closing.stdout), shown);

    let client = plugin_file(
        "turn.js",
        "function start(m) { return { send: m ?? 'mine', through: '\\n' } }",
    );
    let turn = Eco::new(&["call", &client, "yours"]).run(b"");
    assert_eq!(
        text(&turn.stdout),
        "sends    \"yours\"\nexpects  everything up to \"\\n\"\n"
    );

    behaves_as_on_a_connection();
    fails(
        &Eco::new(&["call", "echo", r"\q"]).run(b""),
        64,
        &["unknown escape"],
    );
    fails(
        &Eco::new(&["call", "echo", "@nowhere"]).run(b""),
        64,
        &["nowhere"],
    );
    let failing = plugin_file("failing.js", "function receive() {\n nowhere() }");
    fails(
        &Eco::new(&["call", &failing, "x"]).run(b""),
        65,
        &["failing.js:2:", "nowhere"],
    );
}

fn behaves_as_on_a_connection() {
    // As from a socket, a chunk has 64 KiB at most.
    let large = plugin_file("large.bin", vec![b'a'; 3 << 20]);
    let whole = Eco::new(&["call", "echo", "--raw", &format!("@{large}")]).run(b"");
    assert_same(&whole.stdout, &vec![b'a'; 3 << 20]);

    // The order of calls is that of a connection, also after an error.
    let ending = plugin_file(
        "ending.lua",
        "function receive() error('no') end function closed(why) print('closed: ' .. why) end",
    );
    let ended = Eco::new(&["call", &ending, "x"]).run(b"");
    let words = ["ending.lua:1: no", "closed: failed", "units of fuel"];
    fails(&ended, 65, &words);
    let talking = plugin_file(
        "talking.lua",
        "function receive() return 'more', 'finish' end",
    );
    let talked = Eco::new(&["call", &talking, "a", "b"]).run(b"");
    fails(&talked, 65, &["the plugin replied after it had finished"]);
    fails(
        &Eco::new(&["call", "echo", "-", "-"]).run(b""),
        64,
        &["stdin"],
    );
    let refusing = plugin_file(
        "refusing.lua",
        "function receive() end function open() error('no') end function closed() print('never') end",
    );
    let refused = Eco::new(&["call", &refusing]).run(b"");
    fails(
        &refused,
        65,
        &["the plugin refuses the connection", "refusing.lua:1: no"],
    );
    assert!(!refused.stderr.contains("never"), "{}", refused.stderr);
}

/// Fuel is the same for the same work, on every machine and at every try.
#[test]
fn the_fuel_of_a_call_is_the_same_every_time() {
    let fuel = || {
        let called = Eco::new(&["call", "echo", "hello"]).run(b"");
        let line = called
            .stderr
            .lines()
            .find(|line| line.contains("units of fuel"));
        let used = line.and_then(|line| line.split("used ").nth(1));
        used.expect("it is said").to_owned()
    };
    let first = fuel();
    assert_eq!(first, fuel());
    assert!(!first.starts_with("0 "), "{first}");
}

/// Its output. It must have gone well.
#[track_caller]
fn shown(arguments: &[&str]) -> String {
    let called = Eco::new(&["call"]).args(arguments).run(b"");
    assert_eq!(called.code, 0, "{}", called.stderr);
    called.text()
}

#[test]
fn connections_have_names_and_hear_each_other() {
    for sample in samples() {
        let steps = [
            "anna: Anna\n",
            "ben: Ben\n",
            "anna: hello\n",
            "--end",
            "ben",
            "ben: late\n",
        ];
        let arguments = [&[&*sample.chat, "--peers", "anna,ben"], &steps[..]].concat();
        let text = shown(&arguments);
        let language = sample.language;
        for line in [
            r#"anna > "Anna\n""#,
            r#"ben  > "Ben\n""#,
            r#"anna > "hello\n""#,
            "ben  > end of input",
            "ben  > (nothing: the connection is closed)",
            "anna > end of input",
        ] {
            assert!(text.contains(line), "{language}: {line}\n{text}");
        }
        let lines: Vec<&str> = text.lines().collect();
        let at = |word: &str| {
            lines
                .iter()
                .position(|line| line.contains(word))
                .expect(word)
        };
        // The others hear of a step before the next.
        assert!(
            lines[at(r#"> "hello\n""#) + 1].starts_with("ben  < "),
            "{language}:\n{text}"
        );
        assert!(
            lines[at("> end of input") + 1].starts_with("anna < "),
            "{language}:\n{text}"
        );
    }
}

#[test]
fn time_passes_in_a_pause() {
    let text = "let n = 0;
        function receive() { setInterval(() => send(`tick ${++n}\\n`), 20); return 'ok' }";
    let path = plugin_file("ticks.js", text);
    let text = shown(&[&path, "go", "--pause", "500ms", "--pause", "1ms"]);
    let (before, after) = text.split_once("  (500ms)\n").expect("the pause");
    assert_eq!(before, "> \"go\"\n< \"ok\"\n");
    assert!(
        after.starts_with("< \"tick 1\\n\"\n< \"tick 2\\n\"\n"),
        "{text}"
    );
    assert!(after.contains("\n  (1ms)\n"), "{text}");
}

#[test]
fn a_name_alone_opens_a_connection_and_one_that_fails_ends_the_call() {
    let text = "function open() { return 'hi' }
        function receive(chunk) { throw new Error('no') }
        function closed(why) { console.log(why) }";
    let path = plugin_file("opens.js", text);
    assert_eq!(
        shown(&[&path, "--peers", "a,b", "b:"]),
        "b < \"hi\"\nb > end of input\n"
    );
    let failed = Eco::new(&["call", &path, "--peers", "a,b", "a: x", "b: y"]).run(b"");
    assert_eq!(failed.code, 65);
    assert!(!failed.text().contains('y'), "{}", failed.text());
    for words in ["Error: no", "failed"] {
        assert!(failed.stderr.contains(words), "{}", failed.stderr);
    }
}

#[test]
fn connections_that_answer_each_other_for_ever_are_told() {
    // Slowly enough for the rate at which a connection may publish.
    let text = "function receive() subscribe('t', 'x') publish('t', 'x') end
        function message(topic, data) for i = 1, 200000 do end publish('t', data) end";
    let path = plugin_file("for-ever.lua", text);
    let steps = ["--peers", "a,b", "a:x", "b:x", "--wait", "1s"];
    let called = Eco::new(&["call", &path]).args(&steps).run(b"");
    assert_eq!(called.code, 65, "{}", called.stderr);
    let words = "what follows from one step goes on for longer than 1s (see --wait)";
    assert!(called.stderr.contains(words), "{}", called.stderr);
}

#[test]
fn steps_that_make_no_sense_are_usage() {
    let many = (0..101)
        .map(|number| format!("p{number}"))
        .collect::<Vec<_>>()
        .join(",");
    let echo = project_file("plugins/lua/upper/upper.lua");
    let cases: [(&[&str], &str); 7] = [
        (&["--peers", "anna,ben", "hello"], "which peer sends it"),
        (&["--peers", "anna,ben", "cleo: hello"], "one of anna, ben"),
        (&["--peers", "anna", "--end", "ben"], "--peers names anna"),
        (&["--peers", "a b"], "can't be the name of a peer"),
        (&["--peers", &many], "at most 100"),
        (&["--end", "anna"], "--peers"),
        (&["--pause", "soon"], "invalid value"),
    ];
    for (arguments, words) in cases {
        let called = Eco::new(&["call", &echo]).args(arguments).run(b"");
        assert_eq!(called.code, 64, "{arguments:?}: {}", called.stderr);
        assert!(
            called.stderr.contains(words),
            "{arguments:?}: {}",
            called.stderr
        );
    }
    let raw = Eco::new(&["call", &echo, "--peers", "a", "--raw", "a: x"]).run(b"");
    assert_eq!(raw.code, 64, "{}", raw.stderr);
}

#[test]
fn the_calls_of_the_exercises_pages_do_what_they_show() {
    let solution = |exercise: &str| {
        project_file(&format!(
            "plugins/exercises/{exercise}/solution/solution.js"
        ))
    };
    for (exercise, last) in [
        ("chat", "anna < \"* ben goes\\n\""),
        ("counter", "ben  < \"changed 5\\n\""),
        ("heartbeat", "< \"silence\\n\"  (and closes)"),
    ] {
        let page = project_file(&format!("plugins/exercises/{exercise}/README.md"));
        let page = std::fs::read_to_string(page).expect("the page");
        let line = page
            .lines()
            .find(|line| line.contains("    eco call "))
            .expect("a call");
        let words = line
            .trim()
            .strip_prefix("eco call starter/javascript/plugin.js ");
        let words: Vec<String> = words
            .expect("of the starter")
            .split('\'')
            .enumerate()
            .flat_map(|(number, part)| match number % 2 {
                0 => part.split_whitespace().map(str::to_owned).collect(),
                _ => vec![part.to_owned()],
            })
            .collect();
        let plugin = solution(exercise);
        let arguments: Vec<&str> = std::iter::once(&*plugin)
            .chain(words.iter().map(|word| &**word))
            .collect();
        let text = shown(&arguments);
        assert!(text.contains(last), "{exercise}: {last}\n{text}");
    }
}

#[test]
fn raw_is_the_bytes_alone_and_is_compiled_first() {
    let path = plugin_file("raw.js", "function receive(chunk) { return chunk }");
    let called = Eco::new(&["call", "--raw", &path, r"\xff\0"]).run(b"");
    assert_same(&called.stdout, b"\xff\0");
}

/// Before its interpreter is compiled a script's lines are kept, since all may be done once more.
#[test]
fn output_of_a_slow_call_is_kept_up_to_a_bound() {
    let text = "
        function receive(word)
          subscribe('t', 'x')
          if word == 'b' then return end
          for i = 1, 300 do publish('t', ('x'):rep(300)) end
        end
        function message(topic, data) return data end";
    let path = plugin_file("says-much.lua", text);
    let call = |eco: Eco| {
        let called = eco
            .args(&["call", &path, "--peers", "a,b", "b: b", "a: a"])
            .run(b"");
        assert_eq!(called.code, 0, "{}", called.stderr);
        called.text()
    };
    let cold = call(Eco::new(&[]).env("XDG_CACHE_HOME", crate::support::empty_folder("says-much")));
    assert!(cold.len() > 64 * 1024, "{}", cold.len());
    assert_eq!(cold.matches("b < ").count(), 300);
    assert_same(cold.as_bytes(), call(Eco::new(&[])).as_bytes());
}
