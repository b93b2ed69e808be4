//! Servers, links and a Redis that end, hang or change their part.

use crate::redis_server::RedisServer;
use crate::state::redis::{ROOM, enter, host, two_hosts};
use crate::support::network::HangingLink;
use crate::support::{plugin_file, serve};
use rustix::process::Signal;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

#[test]
fn a_host_that_is_killed_leaves_and_each_hears_it_once() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let (one, two, three) = (host(&redis.url()), host(&redis.url()), host(&redis.url()));
    let mut anna = enter(&one, "anna", "");
    let _ben = enter(&two, "ben", "anna");
    anna.expect(b"+ben\n");
    let mut cleo = enter(&three, "cleo", "anna,ben");
    anna.expect(b"+cleo\n");
    two.signal(Signal::KILL);
    let killed = Instant::now();
    anna.expect(b"-ben\n");
    cleo.expect(b"-ben\n");
    let took = killed.elapsed();
    assert!(took < Duration::from_secs(10), "it took {took:?}");
    // One that ends in order says so itself, and nothing else has come.
    three.terminate();
    assert_eq!(three.wait().code, 0);
    anna.expect(b"-cleo\n").send(b"=1\n").expect(b"= 1\n");
    let _dora = enter(&one, "dora", "anna");
    anna.expect(b"+dora\n");
}

/// Waits until all hosts have leases that go on.
fn until_all_are_alive(redis: &RedisServer, hosts: usize) {
    let alive = "local now = redis.call('TIME')[1] * 1000 return redis.call('ZCOUNT', KEYS[1], now, '+inf')";
    let began = Instant::now();
    while run(redis, alive) != format!(":{hosts}") {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "not all are alive"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn where_all_leases_have_ended_redis_was_away_and_nobody_has_left() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [(_one, mut anna), (_other, mut ben)] = two_hosts(&redis.url(), &redis.url());
    let all_ended = "for _, host in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZADD', KEYS[1], 1, host) end";
    run(&redis, all_ended);
    until_all_are_alive(&redis, 2);
    ben.send(b"hello\n");
    anna.expect(b"ben: hello\n").send(b"hi\n");
    ben.expect(b"anna: hi\n");
}

#[test]
fn a_host_that_was_taken_for_dead_comes_in_again() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [(one, mut anna), (_other, mut ben)] = two_hosts(&redis.url(), &redis.url());
    // As when it is too busy to renew its lease: that of the second, until the first has looked.
    let ended = "for _, host in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do local id = redis.call('SMEMBERS', 'eco:{many-rooms}:host:' .. host)[1] id = string.sub(id, 1, string.find(id, '\\\\n') - 1) if redis.call('HGET', 'eco:{many-rooms}:topic:room', id) == 'ben' then redis.call('ZREM', KEYS[1], host) redis.call('DEL', 'eco:{many-rooms}:host:' .. host) redis.call('HDEL', 'eco:{many-rooms}:topic:room', id) end end return 'gone'";
    assert_eq!(run(&redis, ended), "$4");
    until_all_are_alive(&redis, 2);
    let mut cleo = enter(&one, "cleo", "anna,ben");
    ben.expect(b"+cleo\n").send(b"hello\n");
    anna.expect(b"+cleo\nben: hello\n");
    cleo.expect(b"ben: hello\n");
}

#[test]
fn redis_that_goes_away_costs_no_connection() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let [(one, mut anna), (other, mut ben)] = two_hosts(&redis.url(), &redis.url());
    redis.kill();
    one.logged(&["WARN", "Redis at 127.0.0.1:", "can't be used"]);
    anna.send(b"=store.add('n')\n").expect(b"unavailable\n");
    anna.send(b"=subscribe('other', '')\n")
        .expect(b"unavailable\n");
    redis.start_again();
    for server in [&one, &other] {
        server.logged(&["INFO", "Redis at 127.0.0.1:", "is back"]);
    }
    for peer in [&mut anna, &mut ben] {
        peer.expect(b"missed undefined\n");
    }
    // Both are in again, and neither is announced twice.
    ben.send(b"hello\n");
    anna.expect(b"ben: hello\n")
        .send(b"=store.add('n')\n")
        .expect(b"= 1\n");
    let mut cleo = enter(&one, "cleo", "anna,ben");
    cleo.send(b"hi\n");
    for peer in [&mut anna, &mut ben] {
        peer.expect(b"+cleo\ncleo: hi\n");
    }
    let warned = one.log().matches("can't be used").count();
    assert!(warned < 20, "{}", one.log());
}

#[test]
fn a_link_that_hangs_is_made_anew() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let way = HangingLink::to(redis.port);
    let over_way = format!("redis://{}", way.address);
    let [(_one, mut anna), (other, mut ben)] = two_hosts(&redis.url(), &over_way);
    way.hangs.store(true, Ordering::Release);
    ben.send(b"=store.add('n')\n");
    anna.send(b"do you hear me\n");
    ben.expect(b"unavailable\n");
    way.hangs.store(false, Ordering::Release);
    other.logged(&["INFO", "is back"]);
    // It came back in time, so that nobody has left or come.
    ben.expect(b"missed undefined\n").send(b"now I do\n");
    anna.expect(b"ben: now I do\n");
    // A command that was on its way is not sent again.
    ben.send(b"=store.add('n')\n").expect(b"= 1\n");
}

/// Asks a Redis for something, in one line, and takes its answers, a line each.
fn tell(redis: &RedisServer, commands: &[&str], answers: &[&str]) {
    use std::io::BufRead as _;
    let mut stream = TcpStream::connect(("127.0.0.1", redis.port)).expect("it listens");
    for command in commands {
        let line = format!("{command}\r\n");
        stream.write_all(line.as_bytes()).expect("it reads");
    }
    let lines = std::io::BufReader::new(stream).lines();
    let said: Vec<_> = lines.take(answers.len()).map_while(Result::ok).collect();
    assert_eq!(said, answers);
}

#[test]
fn a_redis_that_is_demoted_is_left_for_the_one_that_takes_its_address() {
    let (Some(first), Some(second)) = (RedisServer::start(), RedisServer::start()) else {
        return;
    };
    let follow = |master: &RedisServer| format!("REPLICAOF 127.0.0.1 {}", master.port);
    tell(&first, &["CONFIG SET repl-diskless-sync-delay 0"], &["+OK"]);
    tell(&second, &[&follow(&first)], &["+OK"]);
    let way = HangingLink::to(first.port);
    let over_way = format!("redis://{}", way.address);
    let [(one, mut anna), (other, mut ben)] = two_hosts(&over_way, &over_way);
    ben.send(b"=store.add('n')\n").expect(b"= 1\n");
    // Until the second has all of it.
    tell(&first, &["SET all there", "WAIT 1 0"], &["+OK", ":1"]);
    tell(&second, &["REPLICAOF NO ONE"], &["+OK"]);
    way.port.store(second.port, Ordering::Release);
    tell(&first, &[&follow(&second)], &["+OK"]);
    for server in [&one, &other] {
        server.logged(&["WARN", "can't be used"]);
        server.logged(&["INFO", "Redis at 127.0.0.1:", "is back"]);
    }
    ben.send(b"=store.add('n')\n").expect(b"= 2\n");
    // Nobody has left or come, and all hear each other.
    ben.send(b"hello\n");
    anna.expect(b"ben: hello\n").send(b"hi\n");
    ben.expect(b"anna: hi\n");
    let mut cleo = enter(&one, "cleo", "anna,ben");
    ben.expect(b"+cleo\n").send(b"all\n");
    anna.expect(b"+cleo\nben: all\n");
    cleo.expect(b"ben: all\n");
}

#[test]
fn a_redis_that_is_a_replica_for_a_while_is_used_again_when_it_is_none() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [(one, mut anna), (other, mut ben)] = two_hosts(&redis.url(), &redis.url());
    ben.send(b"=store.add('n')\n").expect(b"= 1\n");
    // Of nobody: what it has it keeps.
    tell(&redis, &["REPLICAOF 127.0.0.1 1"], &["+OK"]);
    for server in [&one, &other] {
        server.logged(&["WARN", "can't be used", "read only replica"]);
    }
    ben.send(b"=store.add('n')\n").expect(b"unavailable\n");
    anna.send(b"do you hear me\n")
        .expect(b"refused do you hear me\n");
    tell(&redis, &["REPLICAOF NO ONE"], &["+OK"]);
    for server in [&one, &other] {
        server.logged(&["INFO", "Redis at 127.0.0.1:", "is back"]);
    }
    ben.send(b"=store.add('n')\n").expect(b"= 2\n");
    ben.send(b"hello\n");
    anna.expect(b"ben: hello\n");
}

#[test]
fn a_redis_that_refuses_writes_for_a_while_is_asked_again_over_the_same_connection() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [(one, mut anna), (_other, mut ben)] = two_hosts(&redis.url(), &redis.url());
    anna.send(b"=store.add('n')\n").expect(b"= 1\n");
    tell(&redis, &["CONFIG SET min-replicas-to-write 1"], &["+OK"]);
    anna.send(b"=store.add('n')\n").expect(b"unavailable\n");
    // It refuses no more than that.
    anna.send(b"=store.get('n')\n").expect(b"= 1\n");
    one.logged(&["WARN", "can't be used", "NOREPLICAS"]);
    tell(&redis, &["CONFIG SET min-replicas-to-write 0"], &["+OK"]);
    anna.send(b"=store.add('n')\n").expect(b"= 2\n");
    until_all_are_alive(&redis, 2);
    ben.send(b"hello\n");
    anna.expect(b"ben: hello\n");
    assert!(!one.log().contains("is back"), "{}", one.log());
}

#[test]
fn a_host_whose_members_a_limit_keeps_out_comes_back_all_the_same() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let link = HangingLink::to(redis.port);
    let plugin = plugin_file("many-rooms.js", ROOM);
    let place = format!("redis://{}", link.address);
    let server = serve(&["-p", &plugin, "--state", &place, "--members", "1"]);
    let mut anna = enter(&server, "anna", "");
    link.hangs.store(true, Ordering::Release);
    anna.send(b"=store.add('n')\n").expect(b"unavailable\n");
    // As when Redis has lost all, and another has taken the last place.
    let lost = "redis.call('FLUSHALL') redis.call('HSET', 'eco:{many-rooms}:used', 'members', 1) redis.call('ZADD', KEYS[1], 9e15, 'far') redis.call('SADD', 'eco:{many-rooms}:host:far', 'far-1')";
    run(&redis, lost);
    link.hangs.store(false, Ordering::Release);
    server.logged(&["INFO", "is back"]);
    anna.expect(b"missed undefined\n")
        .send(b"=store.add('n')\n")
        .expect(b"= 1\n");
}

/// A script's answer, a word. It runs in Redis as by anybody.
fn run(redis: &RedisServer, script: &str) -> String {
    use std::io::BufRead as _;
    let mut stream = TcpStream::connect(("127.0.0.1", redis.port)).expect("it listens");
    let command = format!("EVAL \"{script}\" 1 eco:{{many-rooms}}:hosts\r\n");
    stream.write_all(command.as_bytes()).expect("it reads");
    let mut answer = String::new();
    std::io::BufReader::new(stream)
        .read_line(&mut answer)
        .expect("it answers");
    answer.trim().to_owned()
}
