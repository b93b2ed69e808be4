//! Several servers with one Redis: what their connections hear of each other, and what they hear when a part of it
//! ends, stops or comes back.

use crate::guests::empty_folder;
use crate::harness::{Eco, Server};
use crate::network::{HangingLink, balance};
use crate::redis_server::RedisServer;
use crate::support::{Peer, plugin_file, project_file, serve};
use rustix::process::Signal;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A room in which everybody tells their peer all that happens, in lines; what a peer says is evaluated where it
/// begins with `=`.
const ROOM: &str = r#"
const lines = new Lines();
let name;
function receive(chunk) { for (const line of lines.feed(chunk)) hear(line); }
function hear(line) {
    try {
        if (name === undefined) {
            name = line;
            const others = subscribe("room", name).map(({ label }) => label).sort();
            return send(`with ${others.join(",")}\n`);
        }
        if (line[0] === "=") {
            const value = eval(line.slice(1));
            return send(`= ${value instanceof Uint8Array ? new TextDecoder().decode(value) : value}\n`);
        }
        try { publish("room", line); } catch { send(`refused ${line}\n`); }
    } catch (error) { send(`${error.code}\n`); }
}
function message(topic, data, from) { return `${from.label}: ${new TextDecoder().decode(data)}\n`; }
function joined(topic, { label }) { return `+${label}\n`; }
function left(topic, { label }) { return `-${label}\n`; }
function missed(topic, count) { return `missed ${count}\n`; }
"#;

fn host(place: &str) -> Server {
    let plugin = plugin_file("many-rooms.js", ROOM);
    serve(&["-p", &plugin, "--snapshot", "never", "--state", place])
}

fn enter(server: &Server, name: &str, with: &str) -> Peer {
    let mut peer = Peer::connect(server.address);
    peer.send(format!("{name}\n").as_bytes())
        .expect(format!("with {with}\n").as_bytes());
    peer
}

/// Two hosts, with anna on the first and ben on the second, who have met.
fn two_hosts(first: &str, second: &str) -> [(Server, Peer); 2] {
    let (one, other) = (host(first), host(second));
    let mut anna = enter(&one, "anna", "");
    let ben = enter(&other, "ben", "anna");
    anna.expect(b"+ben\n");
    [(one, anna), (other, ben)]
}

#[test]
fn a_room_and_a_store_are_those_of_all_hosts() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [(_one, mut anna), (_other, mut ben)] = two_hosts(&redis.url(), &redis.url());
    anna.send(b"=store.add('n')\n").expect(b"= 1\n");
    ben.send(b"=store.add('n', 41)\n").expect(b"= 42\n");
    ben.send(b"=store.set('k', '\xc3\xa9', { ttl: 3600000 })\n")
        .expect(b"= undefined\n");
    anna.send(b"=store.get('k')\n").expect("= é\n".as_bytes());
    anna.send(b"=store.add('k')\n").expect(b"not-a-number\n");
    anna.send(b"=store.keys()\n").expect(b"= k,n\n");
    ben.send(b"hello\n");
    anna.expect(b"ben: hello\n").send(b"hi\n");
    ben.expect(b"anna: hi\n");
    ben.reset();
    anna.expect(b"-ben\n");
    let state = |arguments: &[&str]| {
        let place = ["--state", &redis.url(), "--namespace", "many-rooms"];
        Eco::new(&[&["state"], arguments, &place].concat())
            .run(b"")
            .text()
    };
    assert_eq!(state(&["list"]), "k\nn\n");
    assert_eq!(state(&["show", "n"]), "42");
    assert_eq!(state(&["wipe", "k"]), "removed 1 keys\n");
    anna.send(b"=store.get('k')\n").expect(b"= undefined\n");
    let names = || {
        Eco::new(&["state", "list", "--state", &redis.url()])
            .run(b"")
            .text()
    };
    assert_eq!(names(), "many-rooms\n");
    // Another service doesn't meet it.
    let plugin = plugin_file("many-rooms.js", ROOM);
    let apart = serve(&[
        "-p",
        &plugin,
        "--state",
        &redis.url(),
        "--namespace",
        "apart",
    ]);
    enter(&apart, "cleo", "")
        .send(b"=store.keys()\n")
        .expect(b"= \n")
        .send(b"=store.add('n')\n")
        .expect(b"= 1\n");
    assert_eq!(names(), "apart\nmany-rooms\n");
}

/// A key and a certificate for `localhost`, made by the system's openssl. `None` where there is none.
fn certificate(folder: &Path) -> Option<[String; 2]> {
    let [key, certificate] = ["key.pem", "certificate.pem"].map(|name| folder.join(name));
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status();
    match made {
        Ok(status) => {
            assert!(status.success(), "openssl: {status}");
            Some([key, certificate].map(|path| path.display().to_string()))
        }
        Err(error) => {
            assert!(
                std::env::var_os("ECO_ALL_TOOLS").is_none(),
                "openssl: {error}"
            );
            eprintln!("SKIPPED: openssl: {error}");
            None
        }
    }
}

#[test]
fn redis_is_reached_with_tls_a_password_and_a_database() {
    let folder = empty_folder("tls");
    let Some([key, certificate]) = certificate(&folder) else {
        return;
    };
    let started = RedisServer::start_with(|port, _| {
        let arguments = format!(
            "--port 0 --tls-port {port} --tls-cert-file {certificate} --tls-key-file {key} --tls-auth-clients no --requirepass secret"
        );
        arguments.split(' ').map(str::to_owned).collect()
    });
    let Some(redis) = started else {
        return;
    };
    let place = format!("rediss://:secret@localhost:{}/3", redis.port);
    let plugin = plugin_file("many-rooms.js", ROOM);
    let serve = || Eco::new(&["serve", "--listen", "127.0.0.1:0", "-p", &plugin]);
    let server = serve()
        .env("ECO_STATE", &place)
        .env("SSL_CERT_FILE", &certificate)
        .serve();
    let mut anna = enter(&server, "anna", "");
    anna.send(b"=store.add('n')\n").expect(b"= 1\n");
    anna.send(b"hello\n=1\n").expect(b"= 1\n");
    // Nobody else has signed the certificate, the password is another, or there is no TLS.
    for (place, certificates) in [
        (place.clone(), "/dev/null"),
        (place.replace("secret", "guessed"), &certificate),
        (place.replace("rediss", "redis"), &certificate),
    ] {
        let refused = serve()
            .env("ECO_STATE", &place)
            .env("SSL_CERT_FILE", certificates)
            .run(b"");
        assert_eq!(refused.code, 69, "{}", refused.stderr);
        assert!(refused.stderr.contains("localhost"), "{}", refused.stderr);
        for secret in ["secret", "guessed"] {
            assert!(!refused.stderr.contains(secret), "{}", refused.stderr);
        }
    }
}

#[test]
fn a_namespace_is_bounded_on_redis_too() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let plugin = plugin_file("many-rooms.js", ROOM);
    let limits = [
        "--store-keys",
        "2",
        "--store-size",
        "1000B",
        "--members",
        "2",
    ];
    let server = serve(&[&["-p", &plugin, "--state", &redis.url()], &limits[..]].concat());
    let mut anna = enter(&server, "anna", "");
    for (question, answer) in [
        ("=store.set('a', '1')", "= undefined"),
        ("=store.add('b')", "= 1"),
        ("=store.set('c', '1')", "too-many"),
        ("=store.add('c')", "too-many"),
        ("=store.set('a', 'x'.repeat(1000))", "too-many"),
        ("=store.get('a')", "= 1"),
        ("=store.delete('a')", "= true"),
        ("=store.set('c', '', { ttl: 0 })", "= undefined"),
        ("=store.set('d', '1', { ttl: 3600000 })", "= undefined"),
        ("=store.keys()", "= b,d"),
        ("=subscribe('second', '').length", "= 0"),
        ("=subscribe('third', '').length", "too-many"),
        ("=unsubscribe('second')", "= undefined"),
        ("=subscribe('third', '').length", "= 0"),
    ] {
        anna.send(format!("{question}\n").as_bytes())
            .expect(format!("{answer}\n").as_bytes());
    }
    for limit in ["store-keys", "store-size", "members"] {
        server.logged(&["the plugin reached a limit", &format!("(see --{limit})")]);
    }
}

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

/// What a script answers, run in Redis as by anybody: a word.
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
    // What was on its way is not asked for again.
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

/// Lines that a peer has heard.
type Heard = Arc<Mutex<Vec<String>>>;

/// Reads all that a peer hears, until its end.
fn listen(peer: &Peer) -> Heard {
    let heard = Heard::default();
    let stream = peer.0.try_clone().expect("a descriptor");
    let all = heard.clone();
    std::thread::spawn(move || {
        use std::io::BufRead as _;
        for line in std::io::BufReader::new(stream)
            .lines()
            .map_while(Result::ok)
        {
            all.lock().expect("nobody panics").push(line);
        }
    });
    heard
}

/// Waits until a peer has heard this.
#[track_caller]
fn until(heard: &Heard, what: &str) {
    let began = Instant::now();
    while !heard
        .lock()
        .expect("nobody panics")
        .iter()
        .any(|line| line == what)
    {
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "{what} was not heard: {heard:?}"
        );
        std::thread::yield_now();
    }
}

/// Of each speaker the numbers rise, each once; and where some are left out, `missed` came before.
fn check(heard: &Heard, speakers: &[&str]) {
    let heard = heard.lock().expect("nobody panics");
    for speaker in speakers {
        let mut next = 0;
        let mut missed = false;
        for line in heard.iter() {
            if line.starts_with("missed") {
                missed = true;
            }
            let Some(number) = line.strip_prefix(&format!("{speaker}: ")) else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            assert!(number >= next, "{speaker} said {number} twice, or late");
            assert!(
                number == next || missed,
                "{next} of {speaker} was missed, and nobody said so"
            );
            (next, missed) = (number + 1, false);
        }
        assert!(next > 0, "nothing was heard of {speaker}");
    }
}

/// Three hosts, one of them over a way of its own; each has one who listens and one who speaks all the time. Then
/// a host is killed, another's way hangs, Redis is started anew, and a host ends in order.
#[test]
fn who_lives_on_loses_nothing_but_what_missed_tells() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let way = HangingLink::to(redis.port);
    let over_way = format!("redis://{}", way.address);
    let hosts = [
        host(&redis.url()),
        host(&over_way),
        host(&redis.url()),
        host(&redis.url()),
    ];
    let mut names: Vec<String> = Vec::new();
    let mut peers = Vec::new();
    let mut heard = Vec::new();
    for (number, host) in hosts.iter().enumerate() {
        for name in [format!("ear{number}"), format!("mouth{number}")] {
            names.sort();
            let peer = enter(host, &name, &names.join(","));
            heard.push(listen(&peer));
            names.push(name);
            peers.push(peer);
        }
    }
    let stop = Arc::new(AtomicBool::new(false));
    let speaking: Vec<_> = (0..hosts.len())
        .map(|host| {
            let mut stream = peers[2 * host + 1].0.try_clone().expect("a descriptor");
            let stop = stop.clone();
            let echo = heard[2 * host + 1].clone();
            std::thread::spawn(move || {
                // One after the other: the next when the server has taken this one.
                let mut number = 0;
                for turn in 0.. {
                    let said = format!("{number}\n=\"done {turn}\"\n");
                    let before = echo.lock().expect("nobody panics").len();
                    if stop.load(Ordering::Acquire) || stream.write_all(said.as_bytes()).is_err() {
                        return;
                    }
                    let (done, refused) = (format!("= done {turn}"), format!("refused {number}"));
                    let began = Instant::now();
                    let was_refused = loop {
                        let heard = echo.lock().expect("nobody panics");
                        let answered = &heard[before..];
                        if answered.contains(&done) {
                            break answered.contains(&refused);
                        }
                        drop(heard);
                        if began.elapsed() > Duration::from_secs(20) {
                            return;
                        }
                        std::thread::sleep(Duration::from_millis(5));
                    };
                    number += u64::from(!was_refused);
                }
            })
        })
        .collect();
    let heard_much = |of: &str| {
        let before = heard[0].lock().expect("nobody panics").len();
        let began = Instant::now();
        while heard[0].lock().expect("nobody panics")[before..]
            .iter()
            .filter(|line| line.starts_with(of))
            .count()
            < 20
        {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "nothing is heard of {of}"
            );
            std::thread::yield_now();
        }
    };
    heard_much("mouth3: ");
    hosts[3].signal(Signal::KILL);
    until(&heard[0], "-ear3");
    until(&heard[2], "-mouth3");
    heard_much("mouth1: ");
    way.hangs.store(true, Ordering::Release);
    hosts[1].logged(&["WARN", "can't be used"]);
    way.hangs.store(false, Ordering::Release);
    hosts[1].logged(&["INFO", "is back"]);
    heard_much("mouth1: ");
    redis.kill();
    hosts[0].logged(&["WARN", "can't be used"]);
    redis.start_again();
    for host in &hosts[..3] {
        host.logged(&["INFO", "is back"]);
    }
    for speaker in ["mouth0: ", "mouth1: ", "mouth2: "] {
        // The one of this host is heard by itself only through the others.
        let ear = if speaker.starts_with("mouth0") {
            &heard[2]
        } else {
            &heard[0]
        };
        let before = ear.lock().expect("nobody panics").len();
        let began = Instant::now();
        while !ear.lock().expect("nobody panics")[before..]
            .iter()
            .any(|line| line.starts_with(speaker))
        {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "nothing is heard of {speaker}"
            );
            std::thread::yield_now();
        }
    }
    hosts[2].terminate();
    until(&heard[0], "-ear2");
    until(&heard[2], "-mouth2");
    stop.store(true, Ordering::Release);
    for speaking in speaking {
        speaking.join().expect("it ends");
    }
    let mut last = enter(&hosts[0], "last", "ear0,ear1,mouth0,mouth1");
    last.send(b"the end\n");
    for (index, speakers) in [
        (0, ["mouth0", "mouth1", "mouth2"]),
        (2, ["mouth0", "mouth1", "mouth2"]),
    ] {
        until(&heard[index], "last: the end");
        check(&heard[index], &speakers);
        let heard = heard[index].lock().expect("nobody panics");
        for name in &names {
            let times = |line: String| heard.iter().filter(|heard| **heard == line).count();
            let gone = matches!(name.as_bytes().last(), Some(b'2' | b'3'));
            let (came, left) = (times(format!("+{name}")), times(format!("-{name}")));
            assert!(came <= 1, "{name} came {came} times: {heard:?}");
            assert_eq!(left, usize::from(gone), "{name} left: {heard:?}");
        }
    }
}

#[test]
fn each_message_arrives_everywhere_once_and_in_order() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let rooms = project_file("tests/many-hosts/rooms.js");
    let servers = [(); 3].map(|()| serve(&["-p", &rooms, "--state", &redis.url()]));
    let Some((address, _balancer)) = balance(&servers) else {
        return;
    };
    // Whoever asked HAProxy just now whether it is there is gone again, and is not counted.
    servers[0].logged(&["closed", "connection=1"]);
    let wiped = [
        "state",
        "wipe",
        "--all",
        "--namespace",
        "rooms",
        "--state",
        &redis.url(),
    ];
    assert_eq!(Eco::new(&wiped).run(b"").code, 0);
    let client = project_file("tests/many-hosts/hears-all.js");
    let load = Eco::new(&[
        "load",
        "--json",
        "-c",
        "300",
        "-n",
        "300",
        "--timeout",
        "50s",
    ])
    .args(&["--to", &address.to_string(), "-p", &client])
    .run(b"");
    assert_eq!(load.code, 0, "{}\n{}", load.text(), load.stderr);
    let figures: serde_json::Value = serde_json::from_slice(&load.stdout).expect("JSON");
    assert_eq!(figures["dialogues"]["total"], 300, "{figures}");
}
