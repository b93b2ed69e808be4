//! Sockets that listen already, and that whoever started this process has handed over: socket activation, as systemd
//! has it (sd_listen_fds(3)).

use super::bound_listener::BoundListener;
use listenfd::ListenFd;
use std::fmt;
use std::io;

/// The sockets that were handed over, until each is taken.
#[derive(Default)]
pub struct ActivatedSockets {
    sockets: Option<ListenFd>,
    /// The name of each socket that nobody has taken yet.
    names: Vec<Option<String>>,
}

impl ActivatedSockets {
    /// None.
    pub fn none() -> Self {
        Self::default()
    }

    /// Takes those that the environment tells of (`LISTEN_FDS`, `LISTEN_FDNAMES`), if they are meant for this process
    /// (`LISTEN_PID`). The variables are removed, so that no child takes them for its own; so call it before any thread
    /// is started, since others may read the environment meanwhile.
    pub fn from_env() -> Self {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':').map(str::to_owned);
        let sockets = ListenFd::from_env();
        Self {
            // systemd names one that has no name of its own after its unit, and leaves none empty.
            names: (0..sockets.len())
                .map(|_| Some(names.next().unwrap_or_default()))
                .collect(),
            sockets: Some(sockets),
        }
    }

    /// Takes the sockets with this name, or all that are left.
    ///
    /// # Errors
    /// There is none, or one is neither of TCP nor a Unix socket for streams.
    pub(super) fn take(&mut self, name: Option<&str>) -> io::Result<Vec<BoundListener>> {
        let Some(sockets) = self.sockets.as_mut().filter(|sockets| sockets.len() > 0) else {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "no socket was handed over to this process (LISTEN_FDS is not set)",
            ));
        };
        let mut taken = Vec::new();
        for (place, its_name) in self.names.iter_mut().enumerate() {
            if its_name.is_some() && (name.is_none() || name == its_name.as_deref()) {
                taken.push(listener(sockets, place)?);
                *its_name = None;
            }
        }
        if taken.is_empty() {
            let left: Vec<&str> = self.names.iter().flatten().map(String::as_str).collect();
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                match left.as_slice() {
                    [] => "all sockets that were handed over are taken".to_owned(),
                    left => format!(
                        "no such socket was handed over; there is {}",
                        left.join(", ")
                    ),
                },
            ));
        }
        Ok(taken)
    }
}

impl fmt::Debug for ActivatedSockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActivatedSockets")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

/// Takes the socket at this place.
fn listener(sockets: &mut ListenFd, place: usize) -> io::Result<BoundListener> {
    #[cfg(unix)]
    if let Ok(Some(unix)) = sockets.take_unix_listener(place) {
        unix.set_nonblocking(true)?;
        let address = unix.local_addr()?;
        let address = super::unix::address_text(&address);
        let listener = tokio::net::UnixListener::from_std(unix)?;
        return Ok(BoundListener::unix(listener, address, None));
    }
    let tcp = sockets.take_tcp_listener(place)?;
    let tcp = tcp.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    tcp.set_nonblocking(true)?;
    BoundListener::tcp(tokio::net::TcpListener::from_std(tcp)?)
}
