//! What the store of one process keeps, and what it refuses.

use super::*;
use crate::entry::ENTRY;

const NOW: Duration = Duration::from_secs(10);
const LATER: Duration = Duration::from_secs(20);

fn new(limits: Limits) -> Entries {
    Entries::new(&limits)
}

impl Entries {
    fn put(
        &mut self,
        key: &str,
        value: &[u8],
        expires: Option<Duration>,
        now: Duration,
    ) -> Result<(), Problem> {
        self.set(&key.into(), &value.into(), expires, now)
    }

    fn read(&self, key: &str, now: Duration) -> Option<Vec<u8>> {
        self.get(key, now).map(|value| value.to_vec())
    }

    fn names(&self, now: Duration) -> Vec<String> {
        let found = self.keys("", None, usize::MAX, now).keys;
        found.iter().map(ToString::to_string).collect()
    }
}

#[test]
fn a_value_is_there_until_its_time_is_over_and_its_room_is_free_then() {
    let mut entries = new(Limits {
        keys: 1,
        ..Limits::default()
    });
    assert_eq!(entries.put("a", b"1", Some(LATER), NOW), Ok(()));
    assert_eq!(entries.read("a", NOW), Some(b"1".to_vec()));
    assert_eq!(entries.read("a", LATER), None);
    assert_eq!(entries.put("b", b"2", None, LATER), Ok(()));
    assert_eq!(entries.names(LATER), ["b"]);
    assert!(entries.expiring.is_empty());
}

#[test]
fn what_is_full_refuses_and_loses_nothing() {
    let mut entries = new(Limits {
        store: 2 * ENTRY + 10,
        keys: 2,
        ..Limits::default()
    });
    assert_eq!(entries.put("a", &[0; 4], None, NOW), Ok(()));
    assert_eq!(entries.put("b", &[0; 4], None, NOW), Ok(()));
    let full = Err(Problem::TooMany(Limit::Store));
    assert_eq!(entries.put("a", &[0; 5], None, NOW), full);
    assert_eq!(entries.put("a", &[1; 4], None, NOW), Ok(()));
    assert!(entries.delete("b", NOW));
    assert_eq!(entries.put("c", &[0; 1], None, NOW), Ok(()));
    let many = Err(Problem::TooMany(Limit::Keys));
    assert_eq!(entries.put("d", &[], None, NOW), many.or(full));
    assert_eq!(entries.read("a", NOW), Some(vec![1; 4]));
}

#[test]
fn a_sum_keeps_its_time_and_is_a_number_or_none() {
    let mut entries = new(Limits::default());
    let [n, t, w, m] = ["n", "t", "w", "m"].map(Arc::<str>::from);
    assert_eq!(entries.add(&n, -5, NOW), Ok(-5));
    assert_eq!(entries.put("t", b"41", Some(LATER), NOW), Ok(()));
    assert_eq!(entries.add(&t, 1, NOW), Ok(42));
    assert_eq!(entries.add(&t, 1, LATER), Ok(1));
    for wrong in [
        "",
        "1 ",
        "+1",
        "01",
        "-0",
        "1.0",
        "x",
        "9223372036854775808",
    ] {
        assert_eq!(entries.put("w", wrong.as_bytes(), None, NOW), Ok(()));
        assert_eq!(entries.add(&w, 1, NOW), Err(Problem::NotANumber), "{wrong}");
    }
    assert_eq!(entries.add(&m, i64::MAX, NOW), Ok(i64::MAX));
    assert_eq!(entries.add(&m, 1, NOW), Err(Problem::NotANumber));
    let most = i64::MAX.to_string().into_bytes();
    assert_eq!(entries.read("m", NOW), Some(most));
}

#[test]
fn all_keys_of_a_prefix_come_page_by_page() {
    let mut entries = new(Limits::default());
    for key in ["a", "b1", "b2", "b3", "c"] {
        assert_eq!(entries.put(key, &[], None, NOW), Ok(()));
    }
    let first = entries.keys("b", None, 2, NOW);
    assert_eq!(first.keys, ["b1", "b2"].map(Arc::<str>::from));
    let second = entries.keys("b", first.more.as_deref(), 2, NOW);
    assert_eq!(
        (second.keys, second.more),
        (vec![Arc::<str>::from("b3")], None)
    );
    assert_eq!(entries.names(NOW).len(), 5);
}

#[test]
fn a_value_is_shared_and_what_is_removed_is_left_to_be_freed() {
    let mut entries = new(Limits::default());
    let value: Arc<[u8]> = vec![1; 1 << 20].into();
    let key: Arc<str> = "a".into();
    assert_eq!(entries.set(&key, &value, None, NOW), Ok(()));
    let read = entries.get("a", NOW).expect("it is there");
    assert!(Arc::ptr_eq(&read, &value));
    // A replacement, and a removal.
    assert_eq!(entries.set(&key, &[].into(), None, NOW), Ok(()));
    assert!(entries.delete("a", NOW));
    let removed = entries.take_removed();
    assert_eq!(removed.len(), 2);
    let first = removed.first().expect("there are two");
    assert!(Arc::ptr_eq(first, &value));
    // A refused value is still its caller's.
    entries.most_bytes = 0;
    assert!(entries.set(&key, &value, None, NOW).is_err());
    // This one, the one that was read, and the removed one.
    assert_eq!(Arc::strong_count(&value), 3);
}

#[test]
fn a_value_that_was_seen_is_replaced_if_nobody_has_changed_it_since() {
    let mut entries = new(Limits::default());
    let key: Arc<str> = "a".into();
    let [one, same, two]: [Arc<[u8]>; 3] = [b"1", b"1", b"2"].map(|value| value[..].into());
    assert_eq!(
        entries.replace(&key, Some(&one), Some(&two), NOW),
        Ok(false)
    );
    assert_eq!(entries.replace(&key, None, Some(&one), NOW), Ok(true));
    assert_eq!(entries.replace(&key, None, Some(&two), NOW), Ok(false));
    // Another one with the same bytes: the caller looks again.
    assert_eq!(
        entries.replace(&key, Some(&same), Some(&two), NOW),
        Ok(false)
    );
    assert_eq!(entries.replace(&key, Some(&one), Some(&two), NOW), Ok(true));
    assert_eq!(entries.replace(&key, Some(&two), None, NOW), Ok(true));
    assert_eq!(entries.put("a", b"3", Some(LATER), NOW), Ok(()));
    assert_eq!(entries.replace(&key, None, Some(&one), LATER), Ok(true));
    assert_eq!(entries.read("a", LATER), Some(b"1".to_vec()));
}

#[test]
fn what_is_over_is_removed_a_few_at_a_time_and_is_not_there_before() {
    const MANY: usize = 1000;
    let full = || {
        let mut entries = new(Limits {
            keys: MANY,
            store: MANY * (2 * ENTRY + 4),
            ..Limits::default()
        });
        for key in 0..MANY {
            let key = format!("{key:03}");
            assert_eq!(entries.put(&key, b"7", Some(LATER), NOW), Ok(()));
        }
        entries
    };
    // The first that go are those that are over first, so that this one is among the last.
    let last: Arc<str> = "999".into();
    let none = |entries: &Entries| {
        assert_eq!(entries.read(&last, LATER), None);
        assert_eq!(entries.names(LATER), Vec::<String>::new());
    };
    let mut entries = full();
    none(&entries);
    assert!(!entries.delete(&last, LATER));
    assert_eq!(entries.entries.len(), MANY - REMOVED_AT_ONCE - 1);
    none(&entries);
    assert_eq!(entries.replace(&last, None, None, LATER), Ok(true));
    let mut entries = full();
    assert_eq!(entries.add(&last, 5, LATER), Ok(5));
    assert_eq!(entries.entries.len(), MANY - REMOVED_AT_ONCE);
    assert_eq!(entries.read(&last, LATER), Some(b"5".to_vec()));
    assert_eq!(entries.names(LATER), ["999"]);
    // It is for ever, as 5 is of a new key.
    assert_eq!(entries.read(&last, 2 * LATER), Some(b"5".to_vec()));
    let mut entries = full();
    let large = vec![0; 100 * ENTRY];
    assert_eq!(entries.put("large", &large, None, LATER), Ok(()));
    // As many as it needs the room of.
    let left = entries.entries.len();
    assert!((MANY - 100..MANY - 40).contains(&left), "{left}");
    let all = vec![0; entries.most_bytes - ENTRY - 5];
    assert_eq!(entries.put("large", &all, None, LATER), Ok(()));
    assert_eq!(entries.entries.len(), 1);
}
