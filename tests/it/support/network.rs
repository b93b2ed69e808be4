//! A network between programs: a link that can hang, and HAProxy.

use crate::harness::Server;
use crate::support::plugin_file;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};

/// A link to Redis that can hang: what is sent on it stays where it is. It may lead to another one, as a name does.
pub(crate) struct HangingLink {
    pub(crate) address: SocketAddr,
    pub(crate) hangs: Arc<AtomicBool>,
    /// Where connections lead that come from now on.
    pub(crate) port: Arc<AtomicU16>,
}

impl HangingLink {
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("it listens");
        let hangs = Arc::new(AtomicBool::new(false));
        let all = hangs.clone();
        let port = Arc::new(AtomicU16::new(port));
        let leads_to = port.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let port = leads_to.load(Ordering::Acquire);
                let Ok(redis) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue;
                };
                for (from, to) in [(&stream, &redis), (&redis, &stream)] {
                    let from = from.try_clone().expect("a descriptor");
                    let to = to.try_clone().expect("a descriptor");
                    let hangs = all.clone();
                    std::thread::spawn(move || pass(from, to, &hangs));
                }
            }
        });
        Self {
            address,
            hangs,
            port,
        }
    }
}

/// Passes on what comes. Once it hangs, this connection does for ever; another one does not.
fn pass(mut from: TcpStream, mut to: TcpStream, hangs: &AtomicBool) {
    let mut bytes = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        if hangs.load(Ordering::Acquire) {
            // Until the other side gives up.
            while let Ok(1..) = from.read(&mut bytes) {}
            break;
        }
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// HAProxy before these servers. `None` where there is none.
pub(crate) fn balance(servers: &[Server]) -> Option<(SocketAddr, Balancer)> {
    let address = free_address();
    let mut text = format!(
        "defaults\n mode tcp\n timeout connect 10s\n timeout client 1m\n timeout server 1m\nlisten eco\n bind {address}\n balance roundrobin\n"
    );
    for (number, server) in servers.iter().enumerate() {
        text += &format!(" server eco{number} {}\n", server.address);
    }
    haproxy("balance", address, &text).map(|balancer| (address, balancer))
}

/// An address at which nobody listens.
pub(crate) fn free_address() -> SocketAddr {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    free.local_addr().expect("it is bound")
}

/// HAProxy with this configuration, once it listens at this address. `None` where there is none.
pub(crate) fn haproxy(name: &str, address: SocketAddr, text: &str) -> Option<Balancer> {
    let config = plugin_file(&format!("{name}.cfg"), text);
    let mut command = Command::new("haproxy");
    command
        .args(["-q", "-db", "-f", &config])
        .stderr(Stdio::null());
    // Debian has it where only root looks.
    let path = format!("{}:/usr/sbin", std::env::var("PATH").expect("there is one"));
    match command.env("PATH", path).spawn() {
        Ok(process) => {
            let mut balancer = Balancer(process);
            while TcpStream::connect(address).is_err() {
                let ended = balancer.0.try_wait().expect("a child can be asked");
                assert_eq!(ended, None, "haproxy doesn't take {config}");
                std::thread::yield_now();
            }
            Some(balancer)
        }
        Err(error) => {
            assert!(
                std::env::var_os("ECO_ALL_TOOLS").is_none(),
                "haproxy: {error}"
            );
            eprintln!("SKIPPED: haproxy: {error}");
            None
        }
    }
}

pub(crate) struct Balancer(std::process::Child);

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
