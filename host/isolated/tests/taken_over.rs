//! Helpers that an attack has taken over, and programs that are none: shells stand for them.

#![cfg(target_os = "linux")]

use eco_isolated::{Clock, Ended, Limits, Priority, Program, Task, run};
use std::time::{Duration, Instant};

/// A helper's first words, as `printf` takes them.
const HELLO: &str = concat!("eco-helper ", env!("CARGO_PKG_VERSION"), "\\n");

/// The answer of a helper that runs this script, and the number of its blocks, one at most.
async fn answer(script: &str, bytes: usize, clock: Clock) -> Result<(u8, usize), Ended> {
    run_shell(&format!("printf '{HELLO}'; {script}"), bytes, clock).await
}

/// The same of a program that doesn't say that it is a helper.
async fn run_shell(script: &str, bytes: usize, clock: Clock) -> Result<(u8, usize), Ended> {
    let program = Program::new("/bin/sh").with_arguments(["-c".into(), script.into()]);
    let task = Task {
        work: "nothing",
        request: (),
        bytes: vec![0; bytes],
        limits: Limits {
            memory: None,
            cpu: None,
            priority: Priority::Ordinary,
        },
        blocks: 1,
        most: 100,
        clock,
        waits: true,
    };
    let ran = run(&program, task, || Ok(Vec::new())).await;
    ran.map(|(answer, blocks)| (answer, blocks.len()))
}

/// A shell's words for the answer 7, without its number of blocks.
const SEVEN: &str = r"printf 'A\001\000\000\000\000\000\000\0007'";
const NO_BLOCK: &str = r"printf '\000\000\000\000\000\000\000\000'";

const PATIENT: Clock = Clock::After(Duration::from_secs(30));
/// The clock of helpers that never end.
const SHORT: Clock = Clock::After(Duration::from_millis(100));

#[test]
fn what_a_helper_leaves_behind_keeps_no_place_and_no_thread() {
    let since = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(leave_much_behind());
    // Dropping the runtime waits for all its threads.
    drop(runtime);
    assert!(since.elapsed() < Duration::from_secs(50), "it has waited");
}

async fn leave_much_behind() {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    for _ in 0..=processors {
        // The process that is left behind keeps the pipes open.
        let silent = answer("setsid sleep 60 & sleep 60", 0, SHORT).await;
        assert!(matches!(silent, Err(Ended::OutOfTime)), "{silent:?}");
        // Here nobody reads the request either, and a pipe has no room for it.
        let deaf = answer("setsid sleep 60 <&0 & sleep 60", 1 << 20, SHORT).await;
        assert!(matches!(deaf, Err(Ended::OutOfTime)), "{deaf:?}");
        let nonsense = answer("setsid sleep 60 & printf '?'; exit 3", 0, PATIENT).await;
        let Err(Ended::Unclear(why)) = nonsense else {
            unreachable!("{nonsense:?}");
        };
        assert!(why.contains("exit status: 3"), "{why}");
    }
    let honest = answer(&format!("{SEVEN}; {NO_BLOCK}"), 0, PATIENT).await;
    assert_eq!(honest.expect("it answers"), (7, 0));
}

#[tokio::test]
async fn what_a_helper_has_started_ends_with_it() {
    let place = tempfile::tempdir().expect("there is room");
    let file = place.path().join("number").display().to_string();
    let script = format!("sleep 60 & printf $! > {file}; printf '?'; exec sleep 60");
    let nonsense = answer(&script, 0, PATIENT).await;
    assert!(
        matches!(nonsense, Err(Ended::Unanswered(_))),
        "{nonsense:?}"
    );
    let number = std::fs::read_to_string(&file).expect("it has begun");
    let since = Instant::now();
    loop {
        // A process that nobody waits for stays as a zombie.
        let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        if stat.is_empty() || stat.contains(") Z ") {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "{stat}");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn what_a_helper_writes_to_its_stderr_is_read_and_the_end_kept() {
    let zeros = |number: u32| format!("head -c {number} /dev/zero >&2");
    for number in [200_000, 3 << 20] {
        // stderr is closed beyond a bound, and a process that writes on gets an error.
        let script = format!("{}; {SEVEN}; {NO_BLOCK}", zeros(number));
        let said = answer(&script, 0, PATIENT).await;
        assert_eq!(said.expect("it answers"), (7, 0));
    }
    let end = "echo memory allocation of 1 bytes failed >&2; kill -ABRT $$";
    let said = answer(&format!("{}; {end}", zeros(200_000)), 0, PATIENT).await;
    assert!(matches!(said, Err(Ended::ShortOfMemory)), "{said:?}");
}

#[tokio::test]
async fn an_answer_has_no_more_blocks_than_were_asked_for() {
    let blocks = r"printf '\002\000\000\000\000\000\000\000'; head -c 16 /dev/zero";
    let said = answer(&format!("{SEVEN}; {blocks}"), 0, PATIENT).await;
    assert!(matches!(said, Err(Ended::Unclear(_))), "{said:?}");
}

/// Programs that go on with their own work: one ends, others write, wait, or read their stdin.
#[tokio::test]
async fn a_program_that_is_no_helper_is_killed_and_the_error_says_so() {
    let missing = "does not call `eco_host::if_helper();` first in its `main`";
    for script in ["yes", "echo listening; exec sleep 60", "exec >&-; sleep 60"] {
        let error = no_helper(script).await;
        assert_eq!(error, format!("the program /bin/sh {missing}"), "{script}");
    }
    // It may have been a helper, and something else was missing.
    let ended = "the helper ended, with exit status: 127";
    for (script, words) in [
        (
            "echo no such library >&2; exit 127",
            format!(r#"{ended}: "no such library""#),
        ),
        ("exit 127", ended.to_owned()),
        (
            "printf eco-help; kill -SEGV $$",
            "it crashed, with signal 11".to_owned(),
        ),
    ] {
        let error = no_helper(script).await;
        let expected =
            format!("the program /bin/sh was no helper yet: {words} (perhaps it {missing})");
        assert_eq!(error, expected, "{script}");
    }
    for silent in [
        "exec sleep 60",
        "cat > /dev/null",
        "printf eco-helper; sleep 60",
    ] {
        let run = run_shell(silent, 1 << 20, PATIENT);
        let later = async {
            tokio::time::pause();
            tokio::time::advance(Duration::from_secs(20)).await;
            tokio::time::resume();
        };
        let (said, ()) = tokio::join!(biased; run, later);
        assert!(
            matches!(said, Err(Ended::NoHelper { .. })),
            "{silent}: {said:?}"
        );
    }
}

/// The error for a program that is no helper.
async fn no_helper(script: &str) -> String {
    let said = run_shell(script, 1 << 20, PATIENT).await;
    let Err(error @ Ended::NoHelper { .. }) = said else {
        unreachable!("{script}: {said:?}");
    };
    error.to_string()
}

/// One of an older version says no more, and one of a newer one perhaps another number.
#[tokio::test]
async fn a_helper_of_another_version_is_refused_and_the_error_says_so() {
    for version in ["1", "999.0.0\\n"] {
        let script = format!("printf 'eco-helper {version}'; exec cat > /dev/null");
        let said = run_shell(&script, 1 << 20, PATIENT).await;
        let Err(error @ Ended::OtherVersion { .. }) = said else {
            unreachable!("{version}: {said:?}");
        };
        assert!(error.is_internal());
        let error = error.to_string();
        let words = concat!(
            "the program /bin/sh is a helper of another version of eco than ",
            env!("CARGO_PKG_VERSION")
        );
        assert!(error.starts_with(words), "{error}");
    }
}

#[tokio::test]
async fn who_is_no_helper_reads_nothing_of_a_strangers() {
    let place = tempfile::tempdir().expect("there is room");
    let file = place.path().join("read").display().to_string();
    let script = format!("echo; cat > {file}");
    let said = run_shell(&script, 1000, PATIENT).await;
    assert!(matches!(said, Err(Ended::NoHelper { .. })), "{said:?}");
    let read = std::fs::read(&file).unwrap_or_default();
    assert!(read.is_empty(), "{} bytes", read.len());
}
