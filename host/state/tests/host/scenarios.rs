//! What the host and a connection hear of each other. They may be of two hosts.

use eco_state::{Event, Hearing, Limit, Listener, Participant, Problem, SharedState};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

/// No event takes this long unless it is lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// All of them.
pub(crate) async fn all(host: &SharedState, other: &SharedState) {
    a_host_hears_and_is_heard_and_nobody_sees_it(host, other).await;
    a_listener_that_is_dropped_stops(host).await;
    single_things_have_the_limits_that_plugins_have(host).await;
    the_store_is_that_of_the_connections(host, other).await;
}

async fn hear(listener: &mut Listener) -> Event {
    let next = tokio::time::timeout(PATIENCE, listener.next());
    next.await.expect("an event is missing")
}

async fn told(participant: &mut Participant) -> Event {
    let ready = poll_fn(|cx| participant.poll_event(cx));
    let ready = tokio::time::timeout(PATIENCE, ready).await;
    ready.expect("an event is missing");
    (*participant.next_event().expect("one waits")).clone()
}

/// The label of who has come, gone or spoken, and what was said.
fn label(event: &Event) -> (&str, &[u8]) {
    match event {
        Event::Joined { member, .. } => (&member.label, b"joined"),
        Event::Left { member, .. } => (&member.label, b"left"),
        Event::Message { from, data, .. } => (&from.label, data),
        event => panic!("{event:?}"),
    }
}

async fn a_host_hears_and_is_heard_and_nobody_sees_it(host: &SharedState, other: &SharedState) {
    // A topic without members: it hears itself, and other listeners do.
    let mut listener = host.listen("tea").await.expect("it is there");
    let mut second = other.listen("tea").await.expect("it is there");
    assert_eq!((listener.topic(), listener.members()), ("tea", &[][..]));
    host.publish("tea", "the host", b"ready")
        .await
        .expect("it can");
    for listener in [&mut listener, &mut second] {
        let said = hear(listener).await;
        assert_eq!(label(&said), ("the host", &b"ready"[..]));
        assert!(matches!(said, Event::Message { from, .. } if from.id == *host.id()));
    }
    drop(second);

    let mut anna = other.participant();
    let seen = anna.subscribe("tea", "Anna", Hearing::All).await;
    assert_eq!(seen, Ok(vec![]));
    assert_eq!(label(&hear(&mut listener).await), ("Anna", &b"joined"[..]));
    let third = host.listen("tea").await.expect("it is there");
    assert_eq!(third.members().len(), 1);
    assert_eq!(&third.members()[0].id, anna.id());
    let renamed = anna.subscribe("tea", "Ann", Hearing::All).await;
    assert_eq!(renamed, Ok(vec![]));

    // In one order for all, and neither the third that comes and goes is told to her nor any other listener.
    drop(third);
    for number in 0..100_u8 {
        host.publish("tea", "host", &[number])
            .await
            .expect("it can");
        anna.publish("tea", &[number, number]).expect("it can");
        anna.commit().await.expect("there is room");
    }
    for number in 0..100_u8 {
        assert_eq!(label(&told(&mut anna).await), ("host", &[number][..]));
        assert_eq!(label(&hear(&mut listener).await), ("host", &[number][..]));
        let said = hear(&mut listener).await;
        assert_eq!(label(&said), ("Ann", &[number, number][..]));
    }
    // A listener that waits is woken.
    let mut waiting = pin!(listener.next());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    drop(anna);
    let left = tokio::time::timeout(PATIENCE, waiting).await;
    assert_eq!(label(&left.expect("she leaves")), ("Ann", &b"left"[..]));
}

async fn a_listener_that_is_dropped_stops(host: &SharedState) {
    let listener = host.listen("coffee").await.expect("it is there");
    let counters = host.counters();
    assert_eq!((counters.topics, counters.members), (1, 1));
    drop(listener);
    host.flush().await;
    let counters = host.counters();
    assert_eq!((counters.topics, counters.members), (0, 0));
    assert_eq!((counters.waiting, counters.missed), (0, 0));
    // One whose beginning nobody waits for is none.
    drop(host.listen("coffee"));
    {
        let mut begins = pin!(host.listen("coffee"));
        let _ = begins
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
    }
    host.flush().await;
    assert_eq!(host.counters().members, 0);
}

async fn single_things_have_the_limits_that_plugins_have(host: &SharedState) {
    let limits = host.limits();
    let long = |most: usize| "x".repeat(most + 1);
    let too_large = |limit| Err(Problem::TooLarge(limit));
    let topic = long(limits.topic);
    let data = vec![0; limits.message + 1];
    assert_eq!(host.publish(&topic, "", b"").await, too_large(Limit::Topic));
    let label = long(limits.label);
    assert_eq!(
        host.publish("t", &label, b"").await,
        too_large(Limit::Label)
    );
    assert_eq!(
        host.publish("t", "", &data).await,
        too_large(Limit::Message)
    );
    let listening = host.listen(&topic).await.map(drop);
    assert_eq!(listening, Err(Problem::TooLarge(Limit::Topic)));
    let key = long(limits.key);
    let (store, value) = (host.store(), vec![0; limits.value + 1]);
    assert_eq!(store.get(&key).await, Err(Problem::TooLarge(Limit::Key)));
    assert_eq!(store.set("k", &value, None).await, too_large(Limit::Value));
    // Nobody is there: it is heard by nobody, which is no error.
    assert_eq!(host.publish("t", "", &data[1..]).await, Ok(()));
}

async fn the_store_is_that_of_the_connections(host: &SharedState, other: &SharedState) {
    let (store, anna) = (host.store(), other.participant());
    store.set("k", b"value", None).await.expect("there is room");
    let seen = anna.store().get("k").await.expect("it is there");
    assert_eq!(seen.as_deref(), Some(&b"value"[..]));
    assert_eq!(anna.store().add("n", 41).await, Ok(41));
    assert_eq!(store.add("n", 1).await, Ok(42));
    assert_eq!(store.add("k", 1).await, Err(Problem::NotANumber));
    let swap = store.compare_and_set("k", Some(b"value"), Some(b"other"));
    assert_eq!(swap.await, Ok(true));
    let page = store.keys("", None, 10).await.expect("it is there");
    let mut keys = page.keys;
    keys.sort_unstable();
    assert_eq!(keys, ["k", "n"]);
    let counters = host.counters();
    assert!(counters.keys.is_none_or(|keys| keys == 2), "{counters:?}");
    assert_eq!(counters.keys.is_none(), counters.store.is_none());
    assert!(counters.is_there);
    for key in keys {
        assert_eq!(store.delete(&key).await, Ok(true));
    }
}
