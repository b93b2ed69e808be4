//! Links that break or are refused, and the secrets of the link.

use crate::harness::Eco;
use crate::redis_server::{RedisServer, ask};
use crate::state::redis_attacks::{AWAY, ROOM, answers, enter, host, run, skip_to, until};
use crate::support::plugin_file;

#[test]
fn a_plugin_learns_nothing_of_redis_but_that_it_is_away() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let server = host(&redis.url(), &[]);
    let mut anna = enter(&server, "anna", "");
    let questions = [
        "store.set('k', 'v')",
        "store.add('n')",
        "subscribe('other', '')",
    ];
    let away = format!("unavailable: {AWAY}");
    let said = ask(redis.port, &["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(said, "+OK");
    for question in questions {
        answers(&mut anna, question, &away);
    }
    server.logged(&["WARN", "Redis at 127.0.0.1:", "OOM"]);
    redis.kill();
    server.logged(&["WARN", "Connection refused"]);
    for question in questions
        .iter()
        .chain(&["store.get('k')", "publish('room', 'x')"])
    {
        answers(&mut anna, question, &away);
    }
}

#[test]
fn a_link_that_breaks_while_redis_is_full_is_used_again() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let (one, other) = (host(&redis.url(), &[]), host(&redis.url(), &[]));
    let mut anna = enter(&one, "anna", "");
    let mut ben = enter(&other, "ben", "anna");
    anna.expect(b"+ben\n");
    answers(&mut anna, "store.set('k', 'v')", "= undefined");
    answers(
        &mut anna,
        "store.set('big', 'x'.repeat(100000))",
        "= undefined",
    );
    let memory = |most: &str| {
        let said = ask(redis.port, &["CONFIG", "SET", "maxmemory", most]);
        assert_eq!(said, "+OK");
    };
    let breaks = || {
        for class in ["normal", "pubsub"] {
            ask(
                redis.port,
                &["CLIENT", "KILL", "TYPE", class, "SKIPME", "yes"],
            );
        }
        for server in [&one, &other] {
            server.logged(&["INFO", "is back"]);
        }
    };
    memory("1");
    breaks();
    // A command that takes no memory is done.
    answers(&mut anna, "store.get('big')", "= 100000");
    answers(&mut anna, "store.delete('big')", "= true");
    answers(&mut anna, "store.delete('big')", "= false");
    let set = format!("unavailable: {AWAY}");
    answers(&mut anna, "store.set('other', 'v')", &set);
    // The leases are kept.
    run(&redis, "return redis.call('DEL', key('hosts'))");
    until(&redis, "return redis.call('ZCARD', key('hosts'))", ":2");
    answers(&mut anna, "store.get('k')", "= 1");
    memory("0");
    ben.send(b"hello\n");
    skip_to(&mut anna, "ben: hello");
    anna.send(b"good\n");
    skip_to(&mut ben, "anna: good");
}

#[test]
fn a_connection_that_redis_refuses_the_lease_is_kept() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let server = host(&redis.url(), &[]);
    let mut anna = enter(&server, "anna", "");
    answers(&mut anna, "store.set('k', 'v')", "= undefined");
    let refuses = |how: &str| {
        let said = ask(redis.port, &["CONFIG", "SET", "min-replicas-to-write", how]);
        assert_eq!(said, "+OK");
    };
    refuses("1");
    for class in ["normal", "pubsub"] {
        ask(
            redis.port,
            &["CLIENT", "KILL", "TYPE", class, "SKIPME", "yes"],
        );
    }
    server.logged(&["INFO", "is back"]);
    for _ in 0..100 {
        answers(&mut anna, "store.get('k')", "= 1");
    }
    refuses("0");
    let mut ben = enter(&server, "ben", "anna");
    skip_to(&mut anna, "+ben");
    ben.send(b"hello\n");
    anna.expect(b"ben: hello\n");
}

#[test]
fn limits_that_are_large_break_no_link() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let limits = [
        "--key-size",
        "1MiB",
        "--message-size",
        "64KiB",
        "--label-size",
        "3MiB",
        "--publish-size",
        "16MiB",
        "--store-size",
        "64MiB",
    ];
    let server = host(&redis.url(), &limits);
    let mut anna = enter(&server, "anna", "");
    answers(
        &mut anna,
        "[1, 2, 3].map((n) => store.set('k'.repeat(1000000) + n, 'v')).length",
        "= 3",
    );
    answers(&mut anna, "store.keys().length", "= 3");
    answers(
        &mut anna,
        "subscribe('large', 'l'.repeat(2500000)).length",
        "= 0",
    );
    let mut ben = enter(&server, "ben", "anna");
    answers(
        &mut ben,
        "subscribe('large', 'ben')[0].label.length",
        "= 2500000",
    );
    assert!(!server.log().contains("can't be used"), "{}", server.log());
}

#[test]
fn a_mistyped_place_shows_no_password() {
    let plugin = plugin_file("attacked.js", ROOM);
    let places = [
        "redis:/eco:secret@host",
        "redis:eco:secret@host",
        "Redis://eco:secret@host",
        "REDISS://:secret@host",
        "rediss:///:secret@host",
        "redis//eco:secret@host",
        "redis://eco:12/secret@host",
        "redis://eco:sec/ret@host",
        "redis://secret@host",
        "redis://:secret@host?x",
        "redis://:secret@host:port",
        "redis://:secret@host/name",
        "file://eco:secret@host/file",
        "http://eco:secret@host",
        "secret",
    ];
    let is_hidden = |ran: &crate::harness::Exited, what: &str| {
        assert_eq!(ran.code, 64, "{what}: {}", ran.stderr);
        for part in ["secret", "sec/ret"] {
            assert!(!ran.stderr.contains(part), "{what}: {}", ran.stderr);
        }
    };
    for place in places {
        let serve = ["serve", "-p", &plugin];
        let typed = Eco::new(&[&serve[..], &["--state", place]].concat()).run(b"");
        is_hidden(&typed, place);
        let variable = Eco::new(&serve).env("ECO_STATE", place).run(b"");
        is_hidden(&variable, place);
        let looked = Eco::new(&["state", "list", "--state", place]).run(b"");
        is_hidden(&looked, place);
    }
    // Where no place belongs.
    for place in ["redis://eco:secret@host", "redis:/eco:secret@host"] {
        let flag = format!("--stat={place}");
        for words in [
            &["serve", "-p", &plugin, place][..],
            &["serve", "-p", &plugin, &flag],
            &["serve", "-p", &plugin, "--stat", place],
            &["serve", "-p", &plugin, "--listen", place],
            &[place],
            // In the place of a plugin: --state is forgotten.
            &["serve", place],
            &["serve", "-p", place],
            &["serve", "-p", place, "--watch"],
            &["check", "chat", place],
            &["inspect", place],
            &["call", place],
            &["load", "-p", place, "--to", "127.0.0.1:1"],
            &["send", "-p", place],
        ] {
            is_hidden(&Eco::new(words).run(b""), &words.join(" "));
        }
    }
}
