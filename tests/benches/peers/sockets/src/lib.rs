//! An echo server on the sockets of WASI 0.2: many connections in one instance, and one `poll` over
//! all of them. It listens on 127.0.0.1, on the port that the variable `ECHO_PORT` of its environment
//! names.
//!
//! `output-stream.splice` would echo without the bytes ever coming here. As a plugin of eco sees every
//! byte, this reads and writes.

wit_bindgen::generate!({ path: "wit", world: "server", generate_all });

use exports::wasi::cli::run::Guest;
use wasi::cli::environment::get_environment;
use wasi::io::poll::{Pollable, poll};
use wasi::io::streams::{InputStream, OutputStream, StreamError};
use wasi::sockets::instance_network::instance_network;
use wasi::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress};
use wasi::sockets::tcp::TcpSocket;
use wasi::sockets::tcp_create_socket::create_tcp_socket;

const LARGEST_READ: u64 = 64 * 1024;
const BACKLOG: u64 = 4096;

struct Server;

impl Guest for Server {
    /// Returns only if it can't listen.
    fn run() -> Result<(), ()> {
        let listener = listen(port().ok_or(())?).map_err(|_| ())?;
        serve(&listener)
    }
}

export!(Server);

fn port() -> Option<u16> {
    let variables = get_environment();
    let (_, port) = variables.iter().find(|(name, _)| name == "ECHO_PORT")?;
    port.parse().ok()
}

fn listen(port: u16) -> Result<TcpSocket, ErrorCode> {
    let socket = create_tcp_socket(IpAddressFamily::Ipv4)?;
    let address = IpSocketAddress::Ipv4(Ipv4SocketAddress {
        port,
        address: (127, 0, 0, 1),
    });
    socket.start_bind(&instance_network(), address)?;
    finish(&socket, TcpSocket::finish_bind)?;
    socket.set_listen_backlog_size(BACKLOG)?;
    socket.start_listen()?;
    finish(&socket, TcpSocket::finish_listen)?;
    Ok(socket)
}

fn finish(
    socket: &TcpSocket,
    step: impl Fn(&TcpSocket) -> Result<(), ErrorCode>,
) -> Result<(), ErrorCode> {
    loop {
        match step(socket) {
            Err(ErrorCode::WouldBlock) => poll(&[&socket.subscribe()]),
            done => return done,
        };
    }
}

fn serve(listener: &TcpSocket) -> ! {
    let arrival = listener.subscribe();
    let mut connections: Vec<Connection> = Vec::new();
    loop {
        let mut events = vec![&arrival];
        events.extend(connections.iter().map(|connection| &connection.event));
        let mut ready = poll(&events);
        // From the last to the first: what swap_remove moves has had its turn then, and the listener,
        // which adds to the end, comes last.
        ready.sort_unstable();
        for index in ready.into_iter().rev() {
            match (index as usize).checked_sub(1) {
                Some(index) => {
                    if connections[index].advance().is_err() {
                        connections.swap_remove(index);
                    }
                }
                None => accept(listener, &mut connections),
            }
        }
    }
}

fn accept(listener: &TcpSocket, connections: &mut Vec<Connection>) {
    // An error is "would block", or a connection that was lost before it was accepted.
    while let Ok((socket, input, output)) = listener.accept() {
        connections.push(Connection {
            event: input.subscribe(),
            waits_for: Direction::Input,
            input,
            output,
            _socket: socket,
        });
    }
}

#[derive(PartialEq)]
enum Direction {
    Input,
    Output,
}

/// The fields are dropped in this order: WASI traps when a parent goes before its children.
struct Connection {
    event: Pollable,
    waits_for: Direction,
    input: InputStream,
    output: OutputStream,
    _socket: TcpSocket,
}

impl Connection {
    /// Echoes what has arrived, as far as the output takes it. An error, which is also the end of the
    /// input, says that the connection is done. No write is under way then, so that dropping the
    /// output loses nothing and doesn't wait.
    fn advance(&mut self) -> Result<(), StreamError> {
        let permitted = self.output.check_write()?;
        if permitted == 0 {
            self.wait_for(Direction::Output);
            return Ok(());
        }
        self.wait_for(Direction::Input);
        let chunk = self.input.read(permitted.min(LARGEST_READ))?;
        match chunk.is_empty() {
            true => Ok(()),
            false => self.output.write(&chunk),
        }
    }

    fn wait_for(&mut self, direction: Direction) {
        if self.waits_for == direction {
            return;
        }
        self.event = match direction {
            Direction::Input => self.input.subscribe(),
            Direction::Output => self.output.subscribe(),
        };
        self.waits_for = direction;
    }
}
