//! Answers without end from something that is no Redis.

use crate::redis_server::RedisServer;
use crate::state::redis_attacks::{AWAY, MIB, answers, enter, host, peak};
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// It stands between a server and its Redis, and answers in its place when a question has this in it.
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
    // Bytes in the buffers of the system were taken too.
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
