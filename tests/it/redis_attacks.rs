//! Attacks on a Redis that servers share, by way of a plugin, of another of its users, or by what answers in its place.

use crate::harness::{Eco, Server};
use crate::redis_server::{RedisServer, ask};
use crate::support::{Peer, plugin_file, serve};
use rustix::process::Signal;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A room that tells who comes, leaves and speaks, in lines. What begins with `=` is evaluated.
const ROOM: &str = r#"
const lines = new Lines();
let name;
function receive(chunk) { for (const line of lines.feed(chunk)) hear(line); }
function hear(line) {
    try {
        if (line[0] === "=") {
            const value = eval(line.slice(1));
            return send(`= ${value instanceof Uint8Array ? value.length : value}\n`);
        }
        if (name === undefined) {
            name = line;
            const others = subscribe("room", name).map(({ label }) => label).sort();
            return send(`with ${others.length > 9 ? others.length : others.join(",")}\n`);
        }
        publish("room", line);
    } catch (error) { send(`${error.code}: ${error.message.replace(/^[\w.]+: /, "")}\n`); }
}
function message(topic, data, from) { return `${from.label}: ${new TextDecoder().decode(data)}\n`; }
function joined(topic, { label }) { return `+${label}\n`; }
function left(topic, { label }) { return `-${label}\n`; }
function missed(topic, count) { return `missed ${count}\n`; }
"#;

/// What a plugin reads where Redis can't be used.
const AWAY: &str = "where this is kept can't be used now";

fn host(place: &str, more: &[&str]) -> Server {
    let plugin = plugin_file("attacked.js", ROOM);
    let arguments = ["-p", &plugin, "--snapshot", "never", "--state", place];
    serve(&[&arguments[..], more].concat())
}

fn enter(server: &Server, name: &str, with: &str) -> Peer {
    let mut peer = Peer::connect(server.address);
    peer.send(format!("{name}\n").as_bytes())
        .expect(format!("with {with}\n").as_bytes());
    peer
}

/// Takes lines up to this one; returns those before it.
fn skip_to(peer: &mut Peer, line: &str) -> Vec<String> {
    std::iter::from_fn(|| Some(peer.line()).filter(|come| come != line)).collect()
}

/// Asks the plugin, and takes its answer.
#[track_caller]
fn answers(peer: &mut Peer, question: &str, answer: &str) {
    peer.send(format!("={question}\n").as_bytes())
        .expect(format!("{answer}\n").as_bytes());
}

/// What a script says, run as by anybody. `key` gives a key of the namespace.
fn run(redis: &RedisServer, script: &str) -> String {
    let head = "local function key(name) return 'eco:{attacked}:' .. name end ";
    ask(redis.port, &["EVAL", &format!("{head}{script}"), "0"])
}

/// Waits until a script says this.
#[track_caller]
fn until(redis: &RedisServer, script: &str, said: &str) {
    let began = Instant::now();
    loop {
        let now = run(redis, script);
        if now == said {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{script}: {now}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How often Redis has run a command; `None` where there is no redis-cli.
fn calls(redis: &RedisServer, command: &str) -> Option<u64> {
    let port = redis.port.to_string();
    let info = Command::new("redis-cli")
        .args(["-p", &port, "info", "commandstats"])
        .output()
        .ok()?;
    let info = String::from_utf8(info.stdout).expect("it is text");
    let head = format!("cmdstat_{command}:calls=");
    let line = info.lines().find_map(|line| line.strip_prefix(&head));
    let calls = line.and_then(|line| line.split(',').next());
    Some(calls.map_or(0, |calls| calls.parse().expect("a number")))
}

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
    // Who comes when the list is known asks for none.
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
    // What is subscribed is one connection, and what answers another.
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

/// What stands between a server and its Redis, and answers in its place when a question has this in it.
struct Impostor {
    address: SocketAddr,
    /// Bytes of answers that were taken.
    taken: Arc<AtomicUsize>,
}

impl Impostor {
    /// It says `head`, and then `rest` again and again, up to some bytes.
    fn before(port: u16, head: &'static [u8], rest: &'static [u8], most: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("it listens");
        let taken = Arc::new(AtomicUsize::new(0));
        let counted = taken.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Ok(redis) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue;
                };
                let mut back = redis.try_clone().expect("a descriptor");
                let mut to = stream.try_clone().expect("a descriptor");
                std::thread::spawn(move || std::io::copy(&mut back, &mut to));
                let counted = counted.clone();
                std::thread::spawn(move || {
                    let (mut near, mut far) = (stream, redis);
                    let mut bytes = [0; 4096];
                    while let Ok(length @ 1..) = near.read(&mut bytes) {
                        let said = &bytes[..length];
                        if !said.windows(6).any(|word| word == b"impost") {
                            let _ = far.write_all(said);
                            continue;
                        }
                        let rest = rest.repeat(64 * 1024 / rest.len());
                        let _ = near.write_all(head);
                        while counted.load(Ordering::Acquire) < most
                            && near.write_all(&rest).is_ok()
                        {
                            counted.fetch_add(rest.len(), Ordering::AcqRel);
                        }
                    }
                    let _ = far.shutdown(Shutdown::Both);
                });
            }
        });
        Self { address, taken }
    }
}

/// The most memory that a process has had, in bytes; nothing where the system doesn't say it.
fn peak(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid()));
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.map_or(0, |number| {
        1024 * number.parse::<usize>().expect("a number")
    })
}

const MIB: usize = 1024 * 1024;

fn is_not_held(head: &'static [u8], rest: &'static [u8]) {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let impostor = Impostor::before(redis.port, head, rest, 256 * MIB);
    let server = host(&format!("redis://{}", impostor.address), &[]);
    let mut anna = enter(&server, "anna", "");
    let before = peak(&server);
    answers(
        &mut anna,
        "store.get('impostor')",
        &format!("unavailable: {AWAY}"),
    );
    server.logged(&["WARN", "can't be used: it says more at once than"]);
    server.logged(&["INFO", "is back"]);
    // What lies in the buffers of the system was taken too.
    let taken = impostor.taken.load(Ordering::Acquire);
    assert!(taken < 32 * MIB, "{taken} bytes were taken");
    let held = peak(&server) - before;
    assert!(held < 32 * MIB, "{held} bytes were held");
    answers(&mut anna, "store.add('n')", "= 1");
}

#[test]
fn an_answer_that_is_too_long_is_not_held() {
    is_not_held(b"$1610612736\r\n", &[b'x'; 1024]);
}

#[test]
fn an_answer_of_many_nothings_is_not_held() {
    is_not_held(b"*20000000\r\n", b"$-1\r\n");
}

#[test]
fn an_answer_that_never_ends_is_not_held() {
    is_not_held(b"+", &[b'x'; 1024]);
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

#[test]
fn who_leaves_while_redis_refuses_is_gone_when_it_does_not() {
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

/// All that has a time is over.
const OVER: &str = "for _, name in ipairs(redis.call('ZRANGE', key('expires'), 0, -1)) do
        redis.call('ZADD', key('expires'), 1, name)
    end
    return redis.call('ZCARD', key('expires'))";

#[test]
fn what_is_over_is_not_there_however_much_it_is() {
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
fn a_store_of_which_all_is_over_is_gone_when_it_is_wiped() {
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
fn what_somebody_deletes_is_counted_anew() {
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
    // What takes no memory is done.
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
