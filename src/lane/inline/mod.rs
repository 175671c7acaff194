//! The inline lane: the JavaScript thread waits for readiness itself, inside its event loop.
//!
//! Each environment has one [`InlineLane`] around a `mio::Poll`, whose descriptor the event loop
//! watches. When that becomes readable, [`InlineLane::fill`] runs the engine for what is ready, one
//! event for each socket, and JavaScript gets them by one call. Descriptors are registered once,
//! edge-triggered, so pausing and resuming costs nothing.
//!
//! What does not wait for the kernel (a shutdown that ended at once, a turn that had to leave
//! something) stands on the lane's list, and `wake` sees to it that [`InlineLane::fill`] is called soon.
//!
//! No borrow is held while JavaScript runs, so that it may call any command, also on the socket whose
//! event it handles.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use super::EVENTS_PER_TURN;
use super::batch::Batch;
use super::handle::{Delta, Handle};
use super::slots::{Key, Slots};
use crate::engine::endpoint::Endpoint;
use crate::engine::errors::{Status, status_of};
use crate::engine::event::{Event, Readiness};

/// Bytes, or connections, that are taken ahead of JavaScript: one read, or one connection.
const AHEAD: usize = 1;

/// Asks for a turn of the list soon, or, with `false`, says that none is needed any more.
pub type Wake = Box<dyn Fn(bool)>;

/// The sockets of one environment.
pub struct InlineLane {
    poll: RefCell<Poll>,
    /// Taken out while a turn uses it.
    events: Cell<Option<Events>>,
    /// The sockets that are registered with `poll`.
    sockets: RefCell<Slots<Rc<InlineSocket>>>,
    /// Sockets with something to do; each at most once (`State::listed`).
    list: RefCell<VecDeque<Rc<InlineSocket>>>,
    /// Sockets whose end has to wait until the event loop has gone on (`State::parked`), found when it did not
    /// come from polling.
    parked: RefCell<Vec<Rc<InlineSocket>>>,
    /// Whether the turn comes from polling.
    polled: Cell<bool>,
    /// Counts turns.
    turn: Cell<u64>,
    /// Whether `wake` was asked for a turn of the list.
    awake: Cell<bool>,
    /// `None` before [`InlineLane::set_wake`] and once the environment ended.
    wake: RefCell<Option<Wake>>,
}

/// A socket on the inline lane.
pub struct InlineSocket {
    /// What JavaScript calls it.
    id: u32,
    lane: Rc<InlineLane>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    handle: Handle,
    /// Where the lane keeps it, once its descriptor is registered.
    key: Option<Key>,
    /// Whether it is on the list.
    listed: bool,
    /// Whether it waits for its descriptor to be reported once more.
    parked: bool,
    /// The turn in which it last read something.
    read_in: u64,
    /// Whether the next poll was asked for its descriptor when that was read.
    asked: bool,
    /// Whether JavaScript has given it memory of its own to read into.
    owns_memory: bool,
}

impl InlineLane {
    /// A lane without sockets.
    ///
    /// # Errors
    /// Those of epoll_create(2) or kqueue(2).
    pub fn new() -> io::Result<Rc<Self>> {
        Ok(Rc::new(InlineLane {
            poll: RefCell::new(Poll::new()?),
            events: Cell::new(None),
            sockets: RefCell::default(),
            list: RefCell::default(),
            parked: RefCell::default(),
            polled: Cell::new(false),
            turn: Cell::new(1),
            awake: Cell::new(false),
            wake: RefCell::new(None),
        }))
    }

    /// Sets what asks for turns of the list.
    pub fn set_wake(&self, wake: Wake) {
        *self.wake.borrow_mut() = Some(wake);
    }

    /// The descriptor that becomes readable when a socket is ready.
    pub fn fd(&self) -> RawFd {
        self.poll.borrow().as_raw_fd()
    }

    /// The environment ends: `wake` is dropped and not called any more.
    pub fn end(&self) {
        self.list.borrow_mut().clear();
        let parked = self.parked.take();
        drop(parked);
        let wake = self.wake.borrow_mut().take();
        drop(wake);
    }

    /// Takes note of the sockets that became ready.
    pub fn collect(&self) {
        self.polled.set(true);
        let mut events =
            self.events.take().unwrap_or_else(|| Events::with_capacity(EVENTS_PER_TURN));
        if self.poll.borrow_mut().poll(&mut events, Some(Duration::ZERO)).is_ok() {
            for event in &events {
                let key = Key::from_u64(event.token().0 as u64);
                let socket = self.sockets.borrow().get(key).cloned();
                if let Some(socket) = socket {
                    socket.on_ready(Readiness {
                        readable: event.is_readable() || event.is_read_closed() || event.is_error(),
                        writable: event.is_writable()
                            || event.is_write_closed()
                            || event.is_error(),
                        read_closed: event.is_read_closed() || event.is_error(),
                        hung_up: event.is_read_closed() && event.is_write_closed(),
                    });
                }
            }
        }
        self.events.set(Some(events));
    }

    /// Whether [`InlineLane::fill`] has something to look at.
    pub fn is_due(&self) -> bool {
        !self.list.borrow().is_empty()
    }

    /// Runs the engine for the sockets that are on the list now, one event each, until `batch` is
    /// full. Each [`Delta`] goes to `count`.
    pub fn fill(&self, batch: &mut Batch<'_>, mut count: impl FnMut(Delta)) {
        let due = self.list.borrow().len();
        for _ in 0..due {
            if !batch.has_room() {
                break;
            }
            let Some(socket) = self.list.borrow_mut().pop_front() else { break };
            socket.serve(batch);
            count(socket.state.borrow_mut().handle.recount());
            socket.list_if_due();
        }
    }

    /// The event loop has gone on: the ends that were parked come when it polls.
    pub fn unpark(&self) {
        self.polled.set(false);
        for socket in self.parked.take() {
            let mut state = socket.state.borrow_mut();
            if !socket.report_again(&state) {
                state.parked = false;
                socket.list(&mut state);
            }
        }
    }

    /// A turn is over: what is left on the list gets another one after the rest of the event loop.
    pub fn rest(&self) {
        self.turn.set(self.turn.get() + 1);
        self.set_awake(!(self.list.borrow().is_empty() && self.parked.borrow().is_empty()));
    }

    fn set_awake(&self, awake: bool) {
        if self.awake.replace(awake) == awake {
            return;
        }
        if let Some(wake) = &*self.wake.borrow() {
            wake(awake);
        }
    }
}

impl InlineSocket {
    /// A socket without a descriptor that JavaScript calls `id`.
    pub fn new(lane: &Rc<InlineLane>, id: u32) -> Rc<Self> {
        Rc::new(InlineSocket { id, lane: Rc::clone(lane), state: RefCell::default() })
    }

    /// Runs `command` and sees to it that what it began goes on.
    pub fn command<R>(self: &Rc<Self>, command: impl FnOnce(&mut Handle) -> R) -> (R, Delta) {
        let mut state = self.state.borrow_mut();
        let result = command(&mut state.handle);
        self.follow_up(&mut state);
        let delta = state.handle.recount();
        (result, delta)
    }

    /// Runs `ask`, which changes nothing.
    pub fn ask<R>(&self, ask: impl FnOnce(&Handle) -> R) -> R {
        ask(&self.state.borrow().handle)
    }

    /// Accepts a connection of `listener` into this socket, which has no descriptor yet.
    pub fn accept(self: &Rc<Self>, listener: &Rc<InlineSocket>) -> (Status, Delta) {
        if Rc::ptr_eq(self, listener) {
            return (-libc::EINVAL, Delta::default());
        }
        let mut theirs = listener.state.borrow_mut();
        let result = self.command(|own| own.endpoint.accept(&mut theirs.handle.endpoint));
        listener.follow_up(&mut theirs);
        result
    }

    /// Closes the socket by `close`, which closes its endpoint.
    pub fn close<R>(&self, close: impl FnOnce(&mut Handle) -> R) -> (R, Delta) {
        let mut state = self.state.borrow_mut();
        let own = state.key.take().and_then(|key| {
            // Closing the last descriptor of a socket takes it out, too (epoll(7), kqueue(2)).
            if !state.handle.endpoint.is_private() {
                let fd = state.handle.endpoint.fd();
                let _ = self.lane.poll.borrow().registry().deregister(&mut SourceFd(&fd));
            }
            self.lane.sockets.borrow_mut().remove(key)
        });
        let result = close(&mut state.handle);
        let delta = state.handle.recount();
        drop(state);
        drop(own);
        (result, delta)
    }

    /// After any change: registers the descriptor if something waits for it the first time, and lists
    /// the socket if there is something to do.
    fn follow_up(self: &Rc<Self>, state: &mut State) {
        let endpoint = &state.handle.endpoint;
        if state.key.is_none() && (endpoint.wants_read(AHEAD) || endpoint.wants_write()) {
            self.register(state);
        }
        self.list(state);
    }

    fn register(self: &Rc<Self>, state: &mut State) {
        let key = self.lane.sockets.borrow_mut().insert(Rc::clone(self));
        let fd = state.handle.endpoint.fd();
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = Token(key.to_u64() as usize);
        let result =
            self.lane.poll.borrow().registry().register(&mut SourceFd(&fd), token, interest);
        match result {
            Ok(()) => {
                state.key = Some(key);
                state.handle.endpoint.set_bounded(true);
            }
            Err(error) => {
                let own = self.lane.sockets.borrow_mut().remove(key);
                state.handle.endpoint.fail(status_of(&error));
                drop(own);
            }
        }
    }

    fn on_ready(self: &Rc<Self>, readiness: Readiness) {
        let mut state = self.state.borrow_mut();
        state.parked = false;
        state.handle.endpoint.on_ready(readiness);
        self.list(&mut state);
    }

    /// Lets the next poll report what the descriptor is ready for, though it is not new. Returns whether it will.
    fn report_again(&self, state: &State) -> bool {
        let Some(key) = state.key else { return false };
        let fd = state.handle.endpoint.fd();
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = Token(key.to_u64() as usize);
        let poll = self.lane.poll.borrow();
        poll.registry().reregister(&mut SourceFd(&fd), token, interest).is_ok()
    }

    /// Something was read. An end behind it is polled for before JavaScript gets the bytes: under epoll(7) a
    /// descriptor that stays ready comes before those that become ready by what JavaScript does.
    fn note_read(&self, state: &mut State) {
        state.read_in = self.lane.turn.get();
        state.asked = self.lane.polled.get()
            && state.handle.endpoint.ends_behind()
            && self.report_again(state);
    }

    /// Puts the socket on the list if there is something to do.
    fn list(self: &Rc<Self>, state: &mut State) {
        if state.handle.endpoint.take_held_back() && !self.report_again(state) {
            state.handle.endpoint.on_ready(Readiness { writable: true, ..Readiness::default() });
        }
        let endpoint = &state.handle.endpoint;
        if state.listed || state.parked || !(endpoint.has_event() || endpoint.can_advance(AHEAD)) {
            return;
        }
        state.listed = true;
        self.lane.list.borrow_mut().push_back(Rc::clone(self));
        self.lane.set_awake(true);
    }

    fn list_if_due(self: &Rc<Self>) {
        self.list(&mut self.state.borrow_mut());
    }

    /// Says whether JavaScript has given this socket memory of its own to read into.
    pub fn set_owns_memory(&self, owns: bool) {
        self.state.borrow_mut().owns_memory = owns;
    }

    /// Runs the engine until there is an event, and adds it to `batch`.
    fn serve(self: &Rc<Self>, batch: &mut Batch<'_>) {
        let mut state = self.state.borrow_mut();
        if state.owns_memory && !batch.is_empty() {
            self.lane.list.borrow_mut().push_front(Rc::clone(self));
            return batch.close();
        }
        state.listed = false;
        let own = if state.owns_memory { batch.own_memory(self.id) } else { None };
        let endpoint = &mut state.handle.endpoint;
        if let Some(memory) = own {
            if let Some(count) = endpoint.read_into(memory) {
                self.note_read(&mut state);
                return batch.push_own_read(self.id, count);
            }
        } else if let Some(count) = endpoint.read_into(batch.free_memory()) {
            self.note_read(&mut state);
            return batch.push_read(self.id, count);
        }
        let has_read = state.read_in == self.lane.turn.get();
        match next_event(&mut state.handle.endpoint, has_read) {
            Next::Event(event) => {
                if matches!(event, Event::Read(_)) {
                    self.note_read(&mut state);
                }
                batch.push(self.id, event);
            }
            Next::Parked => {
                state.parked = true;
                let asked = std::mem::take(&mut state.asked);
                if !(asked || self.lane.polled.get() && self.report_again(&state)) {
                    self.lane.parked.borrow_mut().push(Rc::clone(self));
                }
            }
            Next::Nothing => {}
        }
    }
}

/// What a socket has for its turn.
enum Next {
    /// An event.
    Event(Event),
    /// An end, which has to wait, see [`Endpoint::ends_next`].
    Parked,
    Nothing,
}

/// The next event; runs the engine until there is one. `has_read`: something was read in this turn.
fn next_event(endpoint: &mut Endpoint, has_read: bool) -> Next {
    let result = catch_unwind(AssertUnwindSafe(|| {
        loop {
            if has_read && endpoint.ends_next() {
                return Next::Parked;
            }
            if let Some(event) = endpoint.next_event() {
                return Next::Event(event);
            }
            if !endpoint.advance(AHEAD) {
                return Next::Nothing;
            }
        }
    }));
    result.unwrap_or_else(|_| {
        endpoint.fail(-libc::EIO);
        endpoint.next_event().map_or(Next::Nothing, Next::Event)
    })
}
