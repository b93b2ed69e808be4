//! Values: long, expired, of a wrong type, deleted by others.

use crate::harness::Eco;
use crate::redis_server::RedisServer;
use crate::state::redis_attacks::{AWAY, answers, calls, enter, host, run, until};
use crate::support::Peer;
use rustix::process::Signal;
use std::process::Command;

#[test]
fn a_long_list_comes_in_pieces() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    // On a host that lives, of others.
    let many = "for n = 1, 5000 do
            redis.call('HSET', key('topic:room'), 'far-' .. n, 'far ' .. n)
            redis.call('SADD', key('host:far'), 'far-' .. n .. '\\nroom')
        end
        redis.call('HSET', key('topic:room'), '#', 7)
        redis.call('ZADD', key('hosts'), 9e15, 'far')
        return redis.call('HLEN', key('topic:room'))";
    assert_eq!(run(&redis, many), ":5001");
    let server = host(&redis.url(), &[]);
    let mut anna = enter(&server, "anna", "5000");
    let Some(pieces) = calls(&redis, "hscan") else {
        return;
    };
    assert!(pieces >= 8, "{pieces} pieces");
    // A connection that comes when the list is known asks for none.
    let mut ben = enter(&server, "ben", "5001");
    anna.expect(b"+ben\n");
    answers(&mut ben, "subscribe('room', 'bob').length", "= 5001");
    assert_eq!(calls(&redis, "hscan"), Some(pieces));
    assert_eq!(calls(&redis, "hgetall"), Some(0));
    ben.reset();
    anna.expect(b"-bob\n");
}

#[test]
fn forty_values_at_once_break_no_link() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let server = host(&redis.url(), &[]);
    let mut anna = enter(&server, "anna", "");
    answers(
        &mut anna,
        "store.set('big', 'x'.repeat(1000000))",
        "= undefined",
    );
    let mut peers: Vec<Peer> = (0..40).map(|_| Peer::connect(server.address)).collect();
    let question = "=store.get('big')\n".repeat(8);
    for peer in &mut peers {
        peer.send(question.as_bytes());
    }
    for peer in &mut peers {
        peer.expect("= 1000000\n".repeat(8).as_bytes());
    }
    // Nobody has missed anything.
    anna.send(b"=1\n").expect(b"= 1\n");
    assert!(!server.log().contains("can't be used"), "{}", server.log());
    // One connection is subscribed, and another answers.
    let port = redis.port.to_string();
    let classes = ["normal", "pubsub"].map(|class| {
        let list = Command::new("redis-cli")
            .args(["-p", &port, "client", "list", "type", class])
            .output();
        list.map(|list| {
            String::from_utf8_lossy(&list.stdout)
                .matches("resp=3")
                .count()
        })
    });
    if let [Ok(normal), Ok(subscribed)] = classes {
        assert_eq!((normal, subscribed), (1, 1));
    }
}

#[test]
fn a_value_that_is_larger_than_this_server_has_is_an_error_and_breaks_no_link() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let large = host(
        &redis.url(),
        &["--value-size", "8MiB", "--store-size", "64MiB"],
    );
    let small = host(&redis.url(), &["--value-size", "1KiB"]);
    let mut anna = enter(&large, "anna", "");
    answers(
        &mut anna,
        "store.set('k', 'x'.repeat(6000000))",
        "= undefined",
    );
    answers(&mut anna, "store.get('k')", "= 6000000");
    let mut ben = enter(&small, "ben", "anna");
    answers(&mut ben, "store.get('k')", &format!("unavailable: {AWAY}"));
    answers(&mut ben, "store.add('n')", "= 1");
    small.logged(&["WARN", "than a value may be here"]);
    assert!(!small.log().contains("is back"), "{}", small.log());
    let place = ["--state", &redis.url(), "--namespace", "attacked"];
    let shown = Eco::new(&[&["state", "show", "k"][..], &place].concat()).run(b"");
    assert_eq!(
        (shown.code, shown.stdout.len()),
        (0, 6_000_000),
        "{}",
        shown.stderr
    );
}

#[test]
fn a_key_of_a_wrong_type_holds_up_nobody() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let (one, other) = (host(&redis.url(), &[]), host(&redis.url(), &[]));
    let mut anna = enter(&one, "anna", "");
    let mut ben = enter(&other, "ben", "anna");
    let mut cleo = enter(&other, "cleo", "anna,ben");
    anna.expect(b"+ben\n+cleo\n");
    ben.expect(b"+cleo\n");
    answers(&mut ben, "subscribe('odd', 'ben').length", "= 0");
    answers(&mut cleo, "subscribe('odd', 'cleo').length", "= 1");
    ben.expect(b"+cleo\n");
    let odd = "redis.call('DEL', key('topic:odd')) redis.call('SET', key('topic:odd'), 'x') return 'done'";
    assert_eq!(run(&redis, odd), "$4");
    // Nothing but that topic is in the way.
    answers(
        &mut ben,
        "subscribe('odd', 'b')",
        &format!("unavailable: {AWAY}"),
    );
    ben.reset();
    anna.expect(b"-ben\n");
    cleo.expect(b"-ben\n");
    let mut dora = enter(&other, "dora", "anna,cleo");
    anna.expect(b"+dora\n");
    cleo.expect(b"+dora\n");
    // Nor when a host dies.
    answers(&mut dora, "publish('odd', 'x')", "= undefined");
    other.signal(Signal::KILL);
    let mut left = [anna.line(), anna.line()];
    left.sort_unstable();
    assert_eq!(left, ["-cleo", "-dora"]);
    until(
        &redis,
        "return redis.call('HGET', key('used'), 'members')",
        "$1",
    );
    until(&redis, "return redis.call('EXISTS', key('dead'))", ":0");
}

/// All that has a time is over.
const OVER: &str = "for _, name in ipairs(redis.call('ZRANGE', key('expires'), 0, -1)) do
        redis.call('ZADD', key('expires'), 1, name)
    end
    return redis.call('ZCARD', key('expires'))";

#[test]
fn expired_values_are_not_there_however_many_they_are() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let server = host(&redis.url(), &["--store-keys", "2500"]);
    let mut anna = enter(&server, "anna", "");
    let fill = |anna: &mut Peer, name: &str| {
        for part in 0..5 {
            let from = 500 * part;
            let set = format!(
                "for (let n = {from}; n < {from} + 500; n++) store.set('{name}' + n, '100', {{ ttl: 3600000 }})"
            );
            answers(anna, &set, "= undefined");
        }
    };
    fill(&mut anna, "old");
    answers(
        &mut anna,
        "try { store.set('one more', '') } catch (error) { error.code }",
        "= too-many",
    );
    assert_eq!(run(&redis, OVER), ":2500");
    // Not among the first that are removed.
    answers(&mut anna, "store.add('old999')", "= 1");
    answers(&mut anna, "store.get('old999')", "= 1");
    answers(&mut anna, "store.add('old999')", "= 2");
    answers(&mut anna, "store.delete('old998')", "= false");
    answers(
        &mut anna,
        "store.compareAndSet('old997', '100', '1')",
        "= false",
    );
    answers(
        &mut anna,
        "store.compareAndSet('old997', null, '1')",
        "= true",
    );
    answers(&mut anna, "store.delete('old997')", "= true");
    answers(&mut anna, "store.delete('old999')", "= true");
    fill(&mut anna, "new");
    assert_eq!(run(&redis, OVER), ":2500");
    // All of them are in the way of one.
    answers(
        &mut anna,
        "store.set('large', 'x'.repeat(1000000))",
        "= undefined",
    );
    answers(&mut anna, "store.keys().length", "= 1");
}

#[test]
fn a_store_of_expired_values_is_gone_when_it_is_wiped() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let server = host(&redis.url(), &[]);
    let mut anna = enter(&server, "anna", "");
    let fill = "for (let n = 0; n < 350; n++) store.set('old' + n, 'v', { ttl: 3600000 })";
    answers(&mut anna, fill, "= undefined");
    assert_eq!(run(&redis, OVER), ":350");
    let url = redis.url();
    let place = ["--state", &url, "--namespace", "attacked"];
    let wipe = [&["state", "wipe", "--all"][..], &place].concat();
    let wiped = Eco::new(&wipe).run(b"");
    assert_eq!((wiped.code, &*wiped.stdout), (0, &b"removed 0 keys\n"[..]));
    let listed = Eco::new(&["state", "list", "--state", &url]).run(b"");
    assert_eq!((listed.code, &*listed.stdout), (0, &b""[..]));
    let there = "return redis.call('EXISTS', key('values'), key('expires'), key('keys'))";
    assert_eq!(run(&redis, there), ":0");
    let counted =
        "return table.concat(redis.call('HMGET', key('used'), 'bytes', 'keys', 'timed'), ' ')";
    assert_eq!(run(&redis, counted), "$5");
    answers(&mut anna, "store.add('n')", "= 1");
}

#[test]
fn values_that_somebody_deletes_are_counted_anew() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let limits = [
        "--store-size",
        "100KB",
        "--store-keys",
        "100",
        "--members",
        "3",
    ];
    let server = host(&redis.url(), &limits);
    let mut anna = enter(&server, "anna", "");
    let set = |peer: &mut Peer, key: &str, answer: &str| {
        let set = format!(
            "try {{ store.set('{key}', 'x'.repeat(40000)) }} catch (error) {{ error.code }}"
        );
        answers(peer, &set, answer);
    };
    let delete = |name: &str| {
        let script = format!("return redis.call('DEL', key('{name}'))");
        assert_eq!(run(&redis, &script), ":1");
    };
    set(&mut anna, "a", "= undefined");
    set(&mut anna, "b", "= undefined");
    for name in ["used", "keys"] {
        delete(name);
        set(&mut anna, "c", "= too-many");
        answers(&mut anna, "store.keys().sort()", "= a,b");
    }
    answers(
        &mut anna,
        "store.set('t', '', { ttl: 3600000 })",
        "= undefined",
    );
    for name in ["expires", "values"] {
        delete(name);
        let there = if name == "values" { "= " } else { "= a,b,t" };
        answers(&mut anna, "store.keys().sort()", there);
    }
    set(&mut anna, "c", "= undefined");
    set(&mut anna, "d", "= undefined");
    set(&mut anna, "e", "= too-many");
    // Members: as many as hosts have.
    for wrong in ["1000", "-1000"] {
        run(
            &redis,
            &format!("return redis.call('HSET', key('used'), 'members', '{wrong}')"),
        );
        until(
            &redis,
            "return redis.call('HGET', key('used'), 'members') == '1' and 1",
            ":1",
        );
    }
    let _ben = enter(&server, "ben", "anna");
    anna.expect(b"+ben\n");
    let _cleo = enter(&server, "cleo", "anna,ben");
    anna.expect(b"+cleo\n");
    let mut dora = Peer::connect(server.address);
    dora.send(b"dora\n");
    assert!(dora.line().starts_with("too-many"));
}
