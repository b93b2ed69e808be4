//! Helpers that an attack has taken over: shells stand for them.

#![cfg(target_os = "linux")]

use eco_isolated::{Clock, Ended, Limits, Priority, Program, Task, run};
use std::time::{Duration, Instant};

/// The answer of a helper that runs this script, and the number of its blocks, one at most.
async fn answer(script: &str, bytes: usize, clock: Clock) -> Result<(u8, usize), Ended> {
    let program = Program {
        path: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
    };
    let task = Task {
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
