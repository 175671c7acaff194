//! The uv backend without Node: poll(2) stands in for the event loop.

mod support;

use std::cell::Cell;
use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::os::fd::RawFd;
use std::rc::Rc;

use rsnet::backend::EVENTS_PER_ITERATION;
use rsnet::backend::batch::{Batch, FIELDS, Filled, OUT_OF_LINE, RESERVE};
use rsnet::backend::handle::{Handle, RefDelta};
use rsnet::backend::uv::{EventLoop, UvBackend, UvSocket};
use rsnet::engine::errors::{OK, UV_EOF};
use rsnet::engine::event::Event;
use rsnet::engine::memory::Chunk;
use support::echo;

/// Entries of one batch.
const BATCH: usize = 64;

/// What the backend has asked of the event loop.
#[derive(Default)]
struct Asked {
    awake: Cell<bool>,
    /// The descriptor of the solo socket, if one is watched.
    watched: Cell<Option<RawFd>>,
}

struct FakeLoop(Rc<Asked>);

impl EventLoop for FakeLoop {
    fn set_awake(&self, awake: bool) {
        self.0.awake.set(awake);
    }

    fn watch(&self, fd: RawFd) -> bool {
        assert_eq!(self.0.watched.replace(Some(fd)), None);
        true
    }

    fn unwatch(&self) {
        self.0.watched.set(None);
    }
}

/// An environment: its backend, what that asked for, and the sums of the deltas.
struct Environment {
    backend: Rc<UvBackend>,
    asked: Rc<Asked>,
    alive: Cell<i32>,
    open: Cell<i32>,
}

impl Environment {
    fn new() -> Self {
        let backend = UvBackend::new().unwrap();
        let asked = Rc::new(Asked::default());
        backend.set_event_loop(Box::new(FakeLoop(Rc::clone(&asked))));
        Environment { backend, asked, alive: Cell::new(0), open: Cell::new(0) }
    }

    fn count(&self, delta: RefDelta) {
        self.alive.set(self.alive.get() + delta.alive);
        self.open.set(self.open.get() + delta.open);
    }

    fn run<R>(&self, socket: &Rc<UvSocket>, body: impl FnOnce(&mut Handle) -> R) -> R {
        let (result, delta) = socket.command(body);
        self.count(delta);
        result
    }

    fn close(&self, socket: &Rc<UvSocket>) {
        let ((), delta) = socket.close(|handle| handle.endpoint.close());
        self.count(delta);
    }

    /// One iteration of the event loop: waits, unless an iteration was asked for. `handle` gets each event.
    fn run_once(&self, handle: impl FnMut(u32, Event)) -> usize {
        let solo = self.asked.watched.get().unwrap_or(-1);
        let mut polls = [
            libc::pollfd { fd: self.backend.fd(), events: libc::POLLIN, revents: 0 },
            libc::pollfd { fd: solo, events: libc::POLLIN | libc::POLLRDHUP, revents: 0 },
        ];
        let patience = if self.asked.awake.get() { 0 } else { 20_000 };
        // SAFETY: two valid pollfds; a negative descriptor is left out.
        let ready = unsafe { libc::poll(polls.as_mut_ptr(), 2, patience) };
        assert!(ready > 0 || self.asked.awake.get(), "nothing happened");
        if polls[1].revents != 0 {
            self.backend.collect_solo(polls[1].revents == libc::POLLIN);
        } else {
            self.backend.collect();
        }
        self.deliver(handle)
    }

    /// Hands what is due to `handle`, batch by batch.
    fn deliver(&self, mut handle: impl FnMut(u32, Event)) -> usize {
        let mut events = 0;
        let mut entries = [0; BATCH * FIELDS];
        let mut memory = vec![MaybeUninit::uninit(); 2 * RESERVE];
        while events < EVENTS_PER_ITERATION {
            let mut areas = |_| None;
            let mut batch = Batch::new(&mut entries, &mut memory, &mut areas);
            self.backend.fill(&mut batch, |delta| self.count(delta));
            let Filled { count, mut chunk, .. } = batch.finish();
            if count == 0 {
                break;
            }
            events += count;
            for entry in entries[..count * FIELDS].chunks(FIELDS) {
                handle(entry[0] as u32, event_of(entry, &memory, &mut chunk));
            }
        }
        self.backend.rearm();
        events
    }
}

/// The event that an entry of a batch stands for.
fn event_of(entry: &[i32], memory: &[MaybeUninit<u8>], chunk: &mut Option<Chunk>) -> Event {
    let (status, offset) = (entry[2], entry[3]);
    match entry[1] {
        1 => Event::Connect(status),
        2 if status <= 0 => Event::ReadEnd(status),
        2 if offset == OUT_OF_LINE => Event::Read(chunk.take().unwrap()),
        2 => {
            let bytes = &memory[offset as usize..][..status as usize];
            // SAFETY: the entry says that these bytes were received.
            Event::Read(Chunk::new(
                bytes.iter().map(|byte| unsafe { byte.assume_init() }).collect(),
            ))
        }
        3 => Event::Write(NonZeroU32::new(offset as u32).unwrap(), status),
        4 => Event::Shutdown(status),
        5 => Event::Connection(status),
        kind => panic!("no kind {kind}"),
    }
}

fn connected(environment: &Environment, id: u32) -> (Rc<UvSocket>, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let socket = UvSocket::new(&environment.backend, id, false);
    assert_eq!(environment.run(&socket, |own| own.endpoint.connect("127.0.0.1", port)), OK);
    let (peer, _) = listener.accept().unwrap();
    let done = Cell::new(false);
    while !done.get() {
        environment.run_once(|_, event| done.set(matches!(event, Event::Connect(OK))));
    }
    (socket, peer)
}

impl echo::Environment for Environment {
    type Socket = Rc<UvSocket>;

    fn socket(&self, id: u32) -> Self::Socket {
        UvSocket::new(&self.backend, id, false)
    }

    fn command<R>(&self, socket: &Self::Socket, body: impl FnOnce(&mut Handle) -> R) -> R {
        self.run(socket, body)
    }

    fn accept(&self, socket: &Self::Socket, listener: &Self::Socket) -> (i32, RefDelta) {
        socket.accept(listener)
    }

    fn close(&self, socket: &Self::Socket) {
        self.close(socket);
    }

    fn count(&self, delta: RefDelta) {
        self.count(delta);
    }

    fn serve(&self, handle: impl FnMut(u32, Event)) {
        self.run_once(handle);
    }

    fn counts(&self) -> (i32, i32) {
        (self.alive.get(), self.open.get())
    }
}

#[test]
fn echoes_for_many_clients_at_once() {
    echo::echo_for_many_clients(&Environment::new());
}

#[test]
fn a_listener_that_pauses_or_closes_in_its_own_event_gets_no_other() {
    let environment = Environment::new();
    let (socket, mut peer) = connected(&environment, 7);
    environment.run(&socket, |own| {
        own.endpoint.set_read_cap(1);
        own.endpoint.read_start()
    });
    peer.write_all(b"abc").unwrap();
    let pause = |_: u32, event: Event| {
        assert!(matches!(event, Event::Read(chunk) if chunk.len() == 1));
        environment.run(&socket, |own| own.endpoint.read_stop());
    };
    assert_eq!(environment.run_once(pause), 1);
    assert!(!environment.asked.awake.get());
    environment.run(&socket, |own| own.endpoint.read_start());
    assert!(environment.asked.awake.get());
    assert_eq!(environment.run_once(|_, _| environment.close(&socket)), 1);
    assert!(!environment.asked.awake.get());
    assert_eq!((environment.alive.get(), environment.open.get()), (0, 0));
}

#[test]
fn a_busy_socket_does_not_keep_others_waiting() {
    let environment = Environment::new();
    let (busy, mut busy_peer) = connected(&environment, 1);
    let (quiet, mut quiet_peer) = connected(&environment, 2);
    for socket in [&busy, &quiet] {
        environment.run(socket, |own| {
            own.endpoint.set_read_cap(1);
            own.endpoint.read_start()
        });
    }
    busy_peer.write_all(&[1; 1000]).unwrap();
    quiet_peer.write_all(&[2; 1]).unwrap();
    let mut order = Vec::new();
    while order.len() < 1001 {
        let events = environment.run_once(|id, _| order.push(id));
        assert!(events < EVENTS_PER_ITERATION + BATCH);
    }
    let place = order.iter().position(|id| *id == 2).unwrap();
    assert!(place <= 1, "{place}");
}

#[test]
fn nothing_comes_after_the_end_of_the_environment() {
    let environment = Environment::new();
    let (socket, mut peer) = connected(&environment, 1);
    environment.run(&socket, |own| own.endpoint.read_start());
    peer.write_all(b"too late").unwrap();
    environment.close(&socket);
    environment.backend.end();
    environment.backend.collect();
    assert_eq!(environment.deliver(|_, _| panic!("an event")), 0);
    assert!(!environment.asked.awake.get());
}

/// Sends a byte and has it delivered.
fn pass_byte(environment: &Environment, peer: &mut TcpStream) {
    peer.write_all(b"x").unwrap();
    let mut bytes = 0;
    while bytes == 0 {
        environment.run_once(|_, event| match event {
            Event::Read(chunk) => bytes += chunk.len(),
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(bytes, 1);
}

/// A connection that the event loop watches itself.
fn solo(environment: &Environment, id: u32) -> (Rc<UvSocket>, TcpStream) {
    let (socket, mut peer) = connected(environment, id);
    environment.run(&socket, |own| own.endpoint.read_start());
    for _ in 0..100 {
        pass_byte(environment, &mut peer);
    }
    assert_eq!(environment.asked.watched.get(), Some(socket.ask(|own| own.endpoint.fd())));
    (socket, peer)
}

#[test]
fn a_solo_socket_that_does_not_want_to_read_is_not_watched() {
    let environment = Environment::new();
    let (socket, mut peer) = solo(&environment, 7);
    pass_byte(&environment, &mut peer);
    environment.run(&socket, |own| own.endpoint.read_stop());
    peer.write_all(b"abc").unwrap();
    environment.run_once(|_, event| panic!("{event:?}"));
    assert_eq!(environment.asked.watched.get(), None);
    environment.run(&socket, |own| own.endpoint.read_start());
    let mut bytes = 0;
    while bytes < 3 {
        environment.run_once(|_, event| match event {
            Event::Read(chunk) => bytes += chunk.len(),
            other => panic!("{other:?}"),
        });
    }
}

#[test]
fn the_end_of_a_solo_socket_is_delivered() {
    let environment = Environment::new();
    let (_socket, mut peer) = solo(&environment, 7);
    peer.write_all(b"abc").unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    let (mut bytes, mut ended) = (0, false);
    while !ended {
        environment.run_once(|_, event| match event {
            Event::Read(chunk) => bytes += chunk.len(),
            Event::ReadEnd(status) => ended = status == UV_EOF,
            other => panic!("{other:?}"),
        });
    }
    assert_eq!((bytes, environment.asked.watched.get()), (3, None));
}

#[test]
fn a_solo_socket_that_waits_to_write_is_watched_by_the_backend() {
    let environment = Environment::new();
    let (socket, mut peer) = solo(&environment, 7);
    let block = vec![b'y'; 1 << 20];
    let mut given = 0;
    loop {
        given += block.len();
        let bytes = [IoSlice::new(&block)];
        match environment.run(&socket, |own| own.endpoint.write(&bytes)) {
            OK => assert_eq!(
                environment.asked.watched.get(),
                Some(socket.ask(|own| own.endpoint.fd()))
            ),
            status => break assert_eq!(status, 1),
        }
    }
    assert_eq!(environment.asked.watched.get(), None);
    let reader = std::thread::spawn(move || {
        let mut bytes = vec![0; given];
        peer.read_exact(&mut bytes).unwrap();
        peer
    });
    let mut written = false;
    while !written {
        environment.run_once(|_, event| written |= matches!(event, Event::Write(_, OK)));
    }
    reader.join().unwrap();
}

#[test]
fn others_bring_a_solo_socket_back() {
    let environment = Environment::new();
    let (_socket, mut peer) = solo(&environment, 7);
    let (other, mut other_peer) = connected(&environment, 8);
    environment.run(&other, |own| own.endpoint.read_start());
    for _ in 0..100 {
        pass_byte(&environment, &mut other_peer);
        pass_byte(&environment, &mut peer);
    }
    assert_eq!(environment.asked.watched.get(), None);
}

#[test]
fn a_solo_socket_that_is_closed_is_not_watched() {
    let environment = Environment::new();
    let (socket, _peer) = solo(&environment, 7);
    environment.close(&socket);
    assert_eq!(environment.asked.watched.get(), None);
    let (_socket, _peer) = solo(&environment, 8);
    environment.backend.end();
    assert_eq!(environment.asked.watched.get(), None);
}
