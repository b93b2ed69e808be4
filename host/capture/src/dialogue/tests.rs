//! What is kept, and what is left out.

use super::*;
use crate::memory::{FOR_ALL, FOR_BEGINNINGS};

fn looked_at() -> Arc<Shared> {
    let shared = Arc::<Shared>::default();
    shared.watch.look(Instant::now());
    shared
}

/// One that somebody looks at, but does not follow.
fn dialogue() -> Dialogue {
    Dialogue::new(looked_at())
}

/// The events in short: how many bytes, how many were left out.
fn short(events: &Events) -> Vec<String> {
    let short = |event: &Event| match &event.kind {
        Kind::Opened => "opened".to_owned(),
        Kind::Received(bytes) => format!("received {} of {}", bytes.kept.len(), bytes.count),
        Kind::Sent(bytes) => format!("sent {} of {}", bytes.kept.len(), bytes.count),
        Kind::Called { function, .. } => function.name().to_owned(),
        Kind::LeftOut {
            events,
            received,
            sent,
        } => format!("left out {events} ({received}, {sent})"),
        other => format!("{other:?}"),
    };
    events.events.iter().map(short).collect()
}

fn echo(dialogue: &Dialogue, bytes: &[u8]) {
    dialogue.received(bytes);
    dialogue.called(SessionCall::Receive);
    dialogue.sent(bytes);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_nobody_follows_keeps_its_beginning() {
    let dialogue = dialogue();
    dialogue.called(SessionCall::Open);
    for _ in 0..3 {
        echo(&dialogue, &[7; 20 * 1024]);
    }
    let events = dialogue.events(0, Duration::ZERO).await;
    let all = "received 20480 of 20480";
    let sent = "sent 20480 of 20480";
    assert_eq!(
        short(&events),
        [
            "opened",
            "open",
            all,
            "receive",
            sent,
            all,
            "receive",
            "sent 4096 of 20480",
            "left out 2 (20480, 20480)"
        ]
    );
    assert_eq!(events.next, 9);
    // Many small ones, of which there is no end in bytes.
    let dialogue = super::tests::dialogue();
    for _ in 0..BEGINNING.events {
        dialogue.received(b"x");
    }
    let events = dialogue.events(0, Duration::ZERO).await;
    assert_eq!(events.events.len(), BEGINNING.events + 1);
    assert_eq!(short(&events).last().unwrap(), "left out 1 (1, 0)");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_slow_is_told_what_was_left_out() {
    let dialogue = dialogue();
    assert_eq!(short(&dialogue.events(0, Duration::ZERO).await), ["opened"]);
    for _ in 0..FOLLOWED.events {
        echo(&dialogue, b"hello");
    }
    let events = dialogue.events(1, Duration::ZERO).await;
    // Each chunk that is kept has its call, which counts for nothing.
    assert_eq!(
        events.events.len(),
        FOLLOWED.events + FOLLOWED.events / 2 + 1
    );
    let rest = FOLLOWED.events / 2;
    assert_eq!(
        short(&events).last().unwrap(),
        &format!("left out {} ({}, {})", 2 * rest, 5 * rest, 5 * rest)
    );
    // Nothing is told twice.
    assert!(
        dialogue
            .events(events.next, Duration::ZERO)
            .await
            .events
            .is_empty()
    );
    dialogue.received(&[0; 1024 * 1024]);
    assert!(dialogue.events(0, Duration::ZERO).await.events.len() > FOLLOWED.events);
}

#[tokio::test]
async fn a_reader_waits_for_what_comes_and_no_longer_than_it_says() {
    let dialogue = Arc::new(dialogue());
    let nothing = dialogue.events(1, Duration::from_millis(1)).await;
    assert!(nothing.events.is_empty() && !nothing.is_over && nothing.next == 1);
    let reads = dialogue.clone();
    let reader = tokio::spawn(async move { reads.events(1, Duration::from_secs(60)).await });
    while Arc::strong_count(&dialogue) == 1 {
        tokio::task::yield_now().await;
    }
    dialogue.received(b"hello");
    assert_eq!(short(&reader.await.unwrap()), ["received 5 of 5"]);
}

#[tokio::test(start_paused = true)]
async fn who_asks_all_the_time_has_no_more_kept() {
    let dialogue = dialogue();
    let (began, mut asked) = (Instant::now(), 0);
    while began.elapsed() < INTERVAL / 4 {
        dialogue.events(0, Duration::ZERO).await;
        dialogue.received(&[0; 64 * 1024]);
        asked += 1;
    }
    // What one request may have, and at most once more where the machine stood still for so long.
    let most = (began.elapsed().as_millis() / INTERVAL.as_millis()) as usize + 1;
    let kept = dialogue.kept.lock().ring.bytes();
    assert!(asked > 16 * most, "it asks {asked} times");
    assert!(kept <= most * (FOLLOWED.bytes + 64 * 1024), "{kept}");
}

#[test]
fn all_together_keep_no_more_than_there_is_memory_for() {
    let shared = looked_at();
    let beginning = Dialogue::new(shared.clone());
    let followed = Dialogue::new(shared.clone());
    drop(followed.follow(Instant::now()));
    let keeps = |dialogue: &Dialogue| dialogue.keep(Passing::Nothing, |_| Kind::SentFin).is_some();
    assert!(keeps(&beginning) && keeps(&followed));
    shared.memory.take(FOR_BEGINNINGS);
    assert!(!keeps(&beginning) && keeps(&followed));
    shared.memory.take(FOR_ALL - FOR_BEGINNINGS);
    assert!(!keeps(&followed));
    shared.memory.give_back(FOR_ALL);
    let of_others = beginning.kept.lock().ring.bytes() + followed.kept.lock().ring.bytes();
    drop(beginning);
    drop(followed);
    assert!(of_others > 0 && format!("{:?}", shared.memory) == "Memory(0)");
}
