//! Drives endpoints with poll(2), in the place of a backend.
#![allow(dead_code, missing_docs)]

pub mod echo;

use std::io::IoSlice;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Instant;

use rsnet::engine::address::Address;
use rsnet::engine::endpoint::Endpoint;
use rsnet::engine::errors::{OK, UV_EOF};
use rsnet::engine::event::{Event, Readiness};
use rsnet::engine::read::{READ_AHEAD, ReadConfig};

/// Milliseconds after which a test that waits for the kernel fails.
pub const PATIENCE: i32 = 20_000;

/// An endpoint under test with the events it gave.
#[derive(Default)]
pub struct Driven {
    pub endpoint: Endpoint,
    pub bytes: Vec<u8>,
    pub events: Vec<Event>,
}

impl Driven {
    /// Waits until the descriptor is ready for what is wanted, and lets the engine run.
    pub fn run_once(&mut self) {
        while self.endpoint.advance(READ_AHEAD) {}
        let (reads, writes) = self.endpoint.waits(READ_AHEAD);
        if !reads && !writes {
            return;
        }
        let mut events = libc::POLLRDHUP;
        if reads {
            events |= libc::POLLIN;
        }
        if writes {
            events |= libc::POLLOUT;
        }
        let mut poll = libc::pollfd { fd: self.endpoint.fd(), events, revents: 0 };
        // SAFETY: one valid pollfd.
        let ready = unsafe { libc::poll(&raw mut poll, 1, PATIENCE) };
        assert!(ready > 0, "nothing happened for {PATIENCE} ms");
        let ended = poll.revents & (libc::POLLRDHUP | libc::POLLHUP | libc::POLLERR) != 0;
        self.endpoint.on_ready(Readiness {
            readable: ended || poll.revents & libc::POLLIN != 0,
            writable: poll.revents & (libc::POLLOUT | libc::POLLERR | libc::POLLHUP) != 0,
            read_closed: ended,
            hung_up: poll.revents & libc::POLLHUP != 0,
        });
        while self.endpoint.advance(READ_AHEAD) {}
    }

    /// Takes the events that can be delivered.
    pub fn pull(&mut self) {
        while let Some(event) = self.endpoint.next_event() {
            if let Event::Read(chunk) = &event {
                self.bytes.extend_from_slice(chunk.as_slice());
            }
            self.events.push(event);
        }
    }

    /// Iterations until `done`; fails when that takes too long.
    pub fn until(&mut self, done: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        self.pull();
        while !done(self) {
            assert!(begin.elapsed().as_millis() < PATIENCE as u128, "not done: {:?}", self.events);
            if !self.endpoint.advance(READ_AHEAD) {
                self.run_once();
            }
            self.pull();
        }
    }

    /// Iterations until the end of reading; its status.
    pub fn read_to_end(&mut self) -> i32 {
        assert_eq!(self.endpoint.read_start(), OK);
        self.until(|driven| matches!(driven.events.last(), Some(Event::ReadEnd(_))));
        match self.events.last() {
            Some(Event::ReadEnd(status)) => *status,
            other => panic!("{other:?}"),
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> i32 {
        self.endpoint.write(&[IoSlice::new(bytes)])
    }
}

/// A listening endpoint on loopback and its port.
pub fn listening() -> (Driven, u16) {
    let mut driven = Driven::default();
    let port = listen_on_loopback(&mut driven.endpoint);
    (driven, port)
}

/// Lets an endpoint listen; its port.
pub fn listen_on_loopback(endpoint: &mut Endpoint) -> u16 {
    assert_eq!(endpoint.bind("127.0.0.1", 0, 0), OK);
    assert_eq!(endpoint.listen(128), OK);
    port_of(endpoint)
}

pub fn port_of(endpoint: &Endpoint) -> u16 {
    match endpoint.local_address() {
        Ok(Address::Ip { port, .. }) => port,
        other => panic!("{other:?}"),
    }
}

/// The next connection of a listening endpoint.
pub fn accept(listener: &mut Driven) -> Driven {
    listener.until(|driven| !driven.events.is_empty());
    assert!(matches!(listener.events.remove(0), Event::Connection(OK)));
    let mut driven = Driven::default();
    assert_eq!(driven.endpoint.accept(&mut listener.endpoint), OK);
    driven
}

/// A connected endpoint, and the standard library's socket at the other end.
pub fn connected() -> (Driven, TcpStream) {
    connected_with(ReadConfig::default())
}

/// As [`connected`], of an endpoint with another configuration.
pub fn connected_with(config: ReadConfig) -> (Driven, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let SocketAddr::V4(address) = listener.local_addr().unwrap() else { panic!() };
    let mut driven = Driven { endpoint: Endpoint::new(config), ..Driven::default() };
    assert_eq!(driven.endpoint.connect("127.0.0.1", address.port()), OK);
    let (peer, _) = listener.accept().unwrap();
    driven.until(|driven| !driven.events.is_empty());
    assert!(matches!(driven.events.pop(), Some(Event::Connect(OK))));
    (driven, peer)
}

/// A path for a Unix-domain socket that nothing else uses.
pub fn socket_path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("rsnet-{}-{name}.sock", std::process::id()))
}

pub const EOF: i32 = UV_EOF;
