//! Members of topics: many, forged, large, and of dead servers.

use crate::redis_server::{RedisServer, ask};
use crate::state::redis_attacks::{MIB, answers, calls, enter, host, peak, run, skip_to, until};
use rustix::process::Signal;
use std::io::Read as _;
use std::time::Duration;

/// A host that has died, with so many members in a room of its own, and the last three in `room`.
fn dead_host(members: usize) -> String {
    format!(
        "for n = 1, {members} do
            local topic = n > {members} - 3 and 'room' or 'other' .. n % 100
            local id = 'dead-' .. n
            redis.call('HSET', key('topic:' .. topic), id, 'd' .. n)
            redis.call('HINCRBY', key('topic:' .. topic), '#', 1)
            redis.call('SADD', key('host:dead'), id .. '\\n' .. topic)
        end
        redis.call('HINCRBY', key('used'), 'members', {members})
        redis.call('ZADD', key('hosts'), 1, 'dead')
        return redis.call('SCARD', key('host:dead'))"
    )
}

#[test]
fn a_host_with_many_members_is_removed_in_pieces() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let server = host(&redis.url(), &[]);
    assert_eq!(run(&redis, &dead_host(20_000)), ":20000");
    let mut anna = enter(&server, "anna", "d19998,d19999,d20000");
    let mut left = [0; 24];
    anna.0.read_exact(&mut left).expect("all three leave");
    let left = String::from_utf8(left.to_vec()).expect("text");
    let mut left: Vec<_> = left.lines().collect();
    left.sort_unstable();
    assert_eq!(left, ["-d19998", "-d19999", "-d20000"]);
    until(
        &redis,
        "return redis.call('EXISTS', key('host:dead'), key('dead'))",
        ":0",
    );
    until(
        &redis,
        "return redis.call('HGET', key('used'), 'members')",
        "$1",
    );
    assert_eq!(
        run(&redis, "return #redis.call('KEYS', '*topic:other*')"),
        ":0"
    );
    // Each script has removed a part.
    let (Some(scripts), Some(removed)) = (calls(&redis, "evalsha"), calls(&redis, "srem")) else {
        return;
    };
    assert!(removed >= 20_000, "{removed} were removed");
    assert!(scripts >= removed / 300, "{removed} in {scripts} scripts");
}

#[test]
fn a_host_that_returns_while_it_is_removed_has_all_its_members() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let (one, other) = (host(&redis.url(), &[]), host(&redis.url(), &[]));
    let mut anna = enter(&one, "anna", "");
    let mut ben = enter(&other, "ben", "anna");
    anna.expect(b"+ben\n");
    let mut cleo = enter(&other, "cleo", "anna,ben");
    anna.expect(b"+cleo\n");
    ben.expect(b"+cleo\n");
    other.signal(Signal::STOP);
    // As when it has been marked, and ben has been removed.
    let marked = "for _, host in ipairs(redis.call('ZRANGE', key('hosts'), 0, -1)) do
            for _, membership in ipairs(redis.call('SMEMBERS', key('host:' .. host))) do
                local id = string.sub(membership, 1, string.find(membership, '\\n') - 1)
                if redis.call('HGET', key('topic:room'), id) == 'ben' then
                    redis.call('ZREM', key('hosts'), host)
                    redis.call('SADD', key('dead'), host)
                    redis.call('SREM', key('host:' .. host), membership)
                    redis.call('HDEL', key('topic:room'), id)
                    local number = redis.call('HINCRBY', key('topic:room'), '#', 1)
                    local told = string.format('%.0f l %d 3 ', number, #id) .. id .. 'ben'
                    redis.call('PUBLISH', key('topic:room'), told)
                    return 'gone'
                end
            end
        end";
    assert_eq!(run(&redis, marked), "$4");
    other.signal(Signal::CONT);
    anna.expect(b"-ben\n");
    let alive = "return redis.call('ZCARD', key('hosts')) - redis.call('EXISTS', key('dead'))";
    until(&redis, alive, ":2");
    until(&redis, "return redis.call('HLEN', key('topic:room'))", ":4");
    let _dora = enter(&one, "dora", "anna,ben,cleo");
    // Whom a survivor removed before the host was back has come again as well.
    let mut told = Vec::new();
    while told.last().is_none_or(|line| line != "+dora") {
        told.push(anna.line());
    }
    let times = |line: &str| told.iter().filter(|told| *told == line).count();
    assert_eq!(times("+ben"), times("-ben") + 1, "{told:?}");
    assert_eq!(times("+cleo"), times("-cleo"), "{told:?}");
    cleo.send(b"hello\n");
    anna.expect(b"cleo: hello\n");
    until(
        &redis,
        "return redis.call('HGET', key('used'), 'members')",
        "$1",
    );
}

#[test]
fn a_member_that_leaves_while_redis_refuses_is_gone_when_it_does_not() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let (one, other) = (host(&redis.url(), &[]), host(&redis.url(), &[]));
    let mut anna = enter(&one, "anna", "");
    let ben = enter(&other, "ben", "anna");
    anna.expect(b"+ben\n");
    let mut cleo = enter(&other, "cleo", "anna,ben");
    anna.expect(b"+cleo\n");
    let refuses = |how: &str| {
        let said = ask(redis.port, &["CONFIG", "SET", "min-replicas-to-write", how]);
        assert_eq!(said, "+OK");
    };
    refuses("1");
    ben.reset();
    other.logged(&["WARN", "NOREPLICAS"]);
    refuses("0");
    anna.expect(b"-ben\n");
    cleo.send(b"hello\n");
    anna.expect(b"cleo: hello\n");
    assert!(!other.log().contains("is back"), "{}", other.log());
}

#[test]
fn a_number_that_nobody_gave_silences_no_topic() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let (one, other) = (host(&redis.url(), &[]), host(&redis.url(), &[]));
    let mut anna = enter(&one, "anna", "");
    let mut ben = enter(&other, "ben", "anna");
    anna.expect(b"+ben\n");
    for number in ["18446744073709551615", "0"] {
        let forged = format!("return redis.call('PUBLISH', key('topic:room'), '{number} x 0 0 ')");
        assert_eq!(run(&redis, &forged), ":2");
        for peer in [&mut anna, &mut ben] {
            peer.expect(b"missed undefined\n");
        }
        // A list heals it: what is said before that is missed, and told as such.
        while {
            ben.send(b"hello\n=1\n");
            skip_to(&mut ben, "= 1");
            anna.send(b"=1\n");
            !skip_to(&mut anna, "= 1").contains(&"ben: hello".to_owned())
        } {
            std::thread::sleep(Duration::from_millis(20));
        }
        let cleo = enter(&one, "cleo", "anna,ben");
        cleo.reset();
        for peer in [&mut anna, &mut ben] {
            skip_to(peer, "-cleo");
        }
    }
}

#[test]
fn forged_members_cost_no_more_memory_than_members_may() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let server = host(&redis.url(), &["--members", "1000"]);
    let mut anna = enter(&server, "anna", "");
    let before = peak(&server);
    // Less at once than Redis keeps for one who reads slowly.
    for from in (0..200).step_by(20) {
        let forge = format!(
            "local number = tonumber(redis.call('HGET', key('topic:room'), '#'))
            local label = string.rep('l', 900000)
            for n = {from} + 1, {from} + 20 do
                local told = string.format('%.0f j 12 900000 ', number + n)
                redis.call('PUBLISH', key('topic:room'), told .. string.format('f%011d', n) .. label)
            end
            return 'done'"
        );
        assert_eq!(run(&redis, &forge), "$4");
        answers(&mut anna, "store.add('n') > 0", "= true");
    }
    let held = peak(&server) - before;
    assert!(held < 128 * MIB, "{held} bytes were held");
}

#[test]
fn a_field_that_is_larger_than_a_label_breaks_no_link() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let (one, other) = (host(&redis.url(), &[]), host(&redis.url(), &[]));
    let mut anna = enter(&one, "anna", "");
    let mut ben = enter(&other, "ben", "anna");
    anna.expect(b"+ben\n");
    let fields = "local large = string.rep('z', 3000000)
        return redis.call('HSET', key('topic:room'), 'evil', large, large, 'evil')";
    assert_eq!(run(&redis, fields), ":2");
    ask(redis.port, &["CLIENT", "KILL", "TYPE", "pubsub"]);
    for server in [&one, &other] {
        server.logged(&["INFO", "is back"]);
    }
    let _cleo = enter(&one, "cleo", "anna,ben");
    skip_to(&mut anna, "+cleo");
    skip_to(&mut ben, "+cleo");
    ben.send(b"hello\n");
    anna.expect(b"ben: hello\n");
    assert!(!other.log().contains("says more"), "{}", other.log());
}
