//! `epoll-echo PORT`: as little as an echo can be on Linux. One thread for each processor, each with
//! a listening socket of its own on the same port, one epoll and one buffer; a system call to read
//! and one to write.

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("epoll is Linux's");
    std::process::exit(69);
}

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    linux::main()
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
    use rustix::fd::{AsRawFd as _, OwnedFd};
    use rustix::io::Errno;
    use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, sockopt};
    use std::collections::HashMap;
    use std::net::{Ipv4Addr, SocketAddrV4};

    /// Events that are taken at once.
    const EVENTS: usize = 256;
    const BUFFER: usize = 64 * 1024;

    pub(super) fn main() -> anyhow::Result<()> {
        let port: u16 = std::env::args().nth(1).unwrap_or_default().parse()?;
        let threads = std::thread::available_parallelism()?.get();
        let serving: Vec<_> = (0..threads)
            .map(|_| std::thread::spawn(move || serve(port)))
            .collect();
        for thread in serving {
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("a thread panicked"))??;
        }
        Ok(())
    }

    fn listen(port: u16) -> rustix::io::Result<OwnedFd> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket =
            rustix::net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
        sockopt::set_socket_reuseaddr(&socket, true)?;
        sockopt::set_socket_reuseport(&socket, true)?;
        rustix::net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?;
        rustix::net::listen(&socket, 4096)?;
        Ok(socket)
    }

    /// A connection, and what of the last chunk it didn't take.
    struct Connection {
        socket: OwnedFd,
        unsent: Vec<u8>,
    }

    fn serve(port: u16) -> anyhow::Result<()> {
        let listener = listen(port)?;
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let own = EventData::new_u64(u64::MAX);
        epoll::add(&epoll, &listener, own, EventFlags::IN)?;
        let mut connections = HashMap::new();
        let mut buffer = vec![0; BUFFER];
        let mut events: Vec<Event> = Vec::with_capacity(EVENTS);
        loop {
            events.clear();
            match epoll::wait(&epoll, rustix::buffer::spare_capacity(&mut events), None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            for event in &events {
                let number = event.data.u64();
                if number == u64::MAX {
                    accept(&listener, &epoll, &mut connections)?;
                } else if let Some(connection) = connections.get_mut(&number)
                    && connection.echo(&mut buffer, event.flags).is_err()
                {
                    // Closing it takes it out of the epoll.
                    connections.remove(&number);
                }
            }
        }
    }

    fn accept(
        listener: &OwnedFd,
        epoll: &OwnedFd,
        connections: &mut HashMap<u64, Connection>,
    ) -> anyhow::Result<()> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        while let Ok(socket) = rustix::net::accept_with(listener, flags) {
            sockopt::set_tcp_nodelay(&socket, true)?;
            let number = u64::try_from(socket.as_raw_fd())?;
            let wanted = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
            epoll::add(epoll, &socket, EventData::new_u64(number), wanted)?;
            let unsent = Vec::new();
            connections.insert(number, Connection { socket, unsent });
        }
        Ok(())
    }

    impl Connection {
        /// Echoes until nothing can be read, or written. An error is the end of the connection.
        fn echo(&mut self, buffer: &mut [u8], event: EventFlags) -> rustix::io::Result<()> {
            while !self.unsent.is_empty() {
                match send(&self.socket, &self.unsent)? {
                    0 => return Ok(()),
                    sent => drop(self.unsent.drain(..sent)),
                }
            }
            loop {
                let (chunk, _) =
                    match rustix::net::recv(&self.socket, &mut *buffer, RecvFlags::empty()) {
                        Ok((0, _)) => return Err(Errno::PIPE),
                        Ok((length, _)) => buffer.split_at(length),
                        Err(Errno::AGAIN) => return Ok(()),
                        Err(error) => return Err(error),
                    };
                let sent = send(&self.socket, chunk)?;
                let (_, rest) = chunk.split_at(sent);
                if !rest.is_empty() {
                    self.unsent.extend_from_slice(rest);
                    return Ok(());
                }
                // Edge-triggered: what comes later is an event of its own, but a FIN may have come with
                // these bytes.
                if chunk.len() < BUFFER && !event.contains(EventFlags::RDHUP) {
                    return Ok(());
                }
            }
        }
    }

    /// How much went; 0 when the peer's buffer is full.
    fn send(socket: &OwnedFd, bytes: &[u8]) -> rustix::io::Result<usize> {
        match rustix::net::send(socket, bytes, SendFlags::NOSIGNAL) {
            Err(Errno::AGAIN) => Ok(0),
            result => result,
        }
    }
}
