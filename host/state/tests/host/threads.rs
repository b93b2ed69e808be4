//! The thread of a store in a file has a name, and ends with the last handle of the state.

use eco_state::{Limits, Location, SharedState};
use std::time::{Duration, Instant};

/// A thread that has ended is listed for an instant.
const PATIENCE: Duration = Duration::from_secs(20);

/// The threads of this process that write to a store's file. No other test here has one.
fn writers() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("this is Linux");
    let is_writer = |task: &std::fs::DirEntry| {
        let name = std::fs::read_to_string(task.path().join("comm"));
        name.is_ok_and(|name| name.trim() == "eco-store")
    };
    tasks.flatten().filter(is_writer).count()
}

pub(crate) async fn a_store_in_a_file_has_one_and_it_ends_with_the_last_handle(
    location: &Location,
) {
    let open = async || {
        let opening = SharedState::open(location, "n", Limits::default(), "h-");
        opening.await.expect("no other state has it open")
    };
    let state = open().await;
    let (store, listener) = (state.store(), state.listen("tea").await);
    drop(state);
    let kept = store.set("k", b"1", None).await;
    kept.expect("the store keeps it open");
    assert_eq!(writers(), 1);
    drop(store);
    assert_eq!(writers(), 1);
    drop(listener);
    let began = Instant::now();
    while writers() > 0 {
        assert!(began.elapsed() < PATIENCE, "it goes on");
        std::thread::yield_now();
    }
    // So another may have the file at once.
    drop(open().await);
}
