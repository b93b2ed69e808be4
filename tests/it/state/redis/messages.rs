//! Messages between servers: each arrives once and in order, or is reported as missed.

use crate::harness::Eco;
use crate::redis_server::RedisServer;
use crate::state::redis::{enter, host};
use crate::support::network::{HangingLink, balance};
use crate::support::{Peer, project_file, serve};
use rustix::process::Signal;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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
fn survivors_lose_nothing_but_what_missed_tells() {
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
    // The connection that found HAProxy ready is gone again, and is not counted.
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
