//! A socket on the inline lane.

use std::cell::RefCell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use mio::unix::SourceFd;
use mio::{Interest, Token};

use super::InlineLane;
use crate::engine::endpoint::Endpoint;
use crate::engine::errors::{Status, status_of};
use crate::engine::event::{Event, Readiness};
use crate::lane::batch::Batch;
use crate::lane::handle::{Delta, Handle};
use crate::lane::slots::Key;

/// Bytes, or connections, that are taken ahead of JavaScript: one read, or one connection.
const AHEAD: usize = 1;

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
    /// Whether its descriptor is registered for writing, too.
    watches_writes: bool,
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
        if self.is_lone() {
            self.lane.unwatch();
        }
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

    /// After any change: registers the descriptor if something waits for it the first time, or has to wait to write
    /// the first time, and lists the socket if there is something to do.
    fn follow_up(self: &Rc<Self>, state: &mut State) {
        let endpoint = &state.handle.endpoint;
        if self.is_lone() {
            if endpoint.wants_write() {
                self.rejoin_by(state);
            }
        } else if state.key.is_none() && (endpoint.wants_read(AHEAD) || endpoint.wants_write()) {
            self.register(state);
        } else {
            self.watch_writes(state);
        }
        self.list(state);
    }

    fn register(self: &Rc<Self>, state: &mut State) {
        let key = self.lane.sockets.borrow_mut().insert(Rc::clone(self));
        let fd = state.handle.endpoint.fd();
        state.watches_writes = state.handle.endpoint.wants_write();
        let interest = interest(state);
        let token = Token(key.to_u64() as usize);
        let result =
            self.lane.poll.borrow().registry().register(&mut SourceFd(&fd), token, interest);
        match result {
            Ok(()) => state.key = Some(key),
            Err(error) => {
                let own = self.lane.sockets.borrow_mut().remove(key);
                state.handle.endpoint.fail(status_of(&error));
                drop(own);
            }
        }
    }

    /// Registers the descriptor for writing, too, if something has to wait for that. Not before: a connection that was
    /// accepted can be written to, and would be served before those that were ready to be read earlier than it is.
    fn watch_writes(&self, state: &mut State) {
        if state.watches_writes || state.key.is_none() || !state.handle.endpoint.wants_write() {
            return;
        }
        state.watches_writes = true;
        if let Err(error) = self.register_again(state) {
            state.handle.endpoint.fail(status_of(&error));
        }
    }

    /// Has the event loop watch the socket itself from now on, if it is a connection that is only read. Returns
    /// whether it does.
    pub(super) fn part(self: &Rc<Self>) -> bool {
        let mut state = self.state.borrow_mut();
        let endpoint = &state.handle.endpoint;
        let event_loop = self.lane.event_loop.borrow();
        let Some(event_loop) = &*event_loop else { return false };
        let is_read = endpoint.is_stream() && endpoint.wants_read(AHEAD) && !endpoint.wants_write();
        let fd = endpoint.fd();
        if !is_read || state.parked || !event_loop.watch(fd) {
            return false;
        }
        let _ = self.lane.poll.borrow().registry().deregister(&mut SourceFd(&fd));
        // The list, and whoever has called, have it as well.
        let own = state.key.take().and_then(|key| self.lane.sockets.borrow_mut().remove(key));
        *self.lane.lone.borrow_mut() = own;
        true
    }

    /// Whether the event loop watches it itself, and the lane does not.
    fn is_lone(&self) -> bool {
        self.lane.lone.borrow().as_ref().is_some_and(|lone| std::ptr::eq(&raw const **lone, self))
    }

    /// The lane watches it again, if it does not.
    pub(super) fn rejoin(self: &Rc<Self>) {
        self.rejoin_by(&mut self.state.borrow_mut());
    }

    fn rejoin_by(self: &Rc<Self>, state: &mut State) {
        if self.is_lone() {
            self.lane.unwatch();
            self.register(state);
        }
    }

    /// Whether it would be read now, were there something to read.
    pub(super) fn wants_read(&self) -> bool {
        self.state.borrow().handle.endpoint.wants_read(AHEAD)
    }

    /// The event loop has gone on since its end was parked.
    pub(super) fn unpark(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        if !self.report_again(&state) {
            state.parked = false;
            self.list(&mut state);
        }
    }

    pub(super) fn on_ready(self: &Rc<Self>, readiness: Readiness) {
        let mut state = self.state.borrow_mut();
        state.parked = false;
        state.handle.endpoint.on_ready(readiness);
        self.list(&mut state);
    }

    /// Lets the next poll report what the descriptor is ready for, though it is not new. Returns whether it will.
    fn report_again(&self, state: &State) -> bool {
        state.key.is_some() && self.register_again(state).is_ok()
    }

    fn register_again(&self, state: &State) -> io::Result<()> {
        let Some(key) = state.key else { return Ok(()) };
        let fd = state.handle.endpoint.fd();
        let token = Token(key.to_u64() as usize);
        let poll = self.lane.poll.borrow();
        poll.registry().reregister(&mut SourceFd(&fd), token, interest(state))
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
        let endpoint = &state.handle.endpoint;
        if state.listed || state.parked || !(endpoint.has_event() || endpoint.can_advance(AHEAD)) {
            return;
        }
        state.listed = true;
        self.lane.list.borrow_mut().push_back(Rc::clone(self));
        if !self.lane.serving.get() {
            self.lane.set_awake(true);
        }
    }

    /// Says whether JavaScript has given this socket memory of its own to read into.
    pub fn set_owns_memory(&self, owns: bool) {
        self.state.borrow_mut().owns_memory = owns;
    }

    /// Runs the engine until there is an event, and adds it to `batch`. How the counts have changed.
    pub(super) fn serve(self: &Rc<Self>, batch: &mut Batch<'_>) -> Delta {
        let mut state = self.state.borrow_mut();
        self.serve_by(&mut state, batch);
        self.watch_writes(&mut state);
        let delta = state.handle.recount();
        self.list(&mut state);
        delta
    }

    fn serve_by(self: &Rc<Self>, state: &mut State, batch: &mut Batch<'_>) {
        if state.owns_memory && !batch.is_empty() {
            self.lane.list.borrow_mut().push_front(Rc::clone(self));
            return batch.close();
        }
        state.listed = false;
        let own = if state.owns_memory { batch.own_memory(self.id) } else { None };
        let endpoint = &mut state.handle.endpoint;
        if let Some(memory) = own {
            if let Some(count) = endpoint.read_into(memory) {
                self.note_read(state);
                return batch.push_own_read(self.id, count);
            }
        } else if let Some(count) = endpoint.read_into(batch.free_memory()) {
            self.note_read(state);
            return batch.push_read(self.id, count);
        }
        let has_read = state.read_in == self.lane.turn.get();
        match next_event(&mut state.handle.endpoint, has_read) {
            Next::Event(event) => {
                if matches!(event, Event::Read(_)) {
                    self.note_read(state);
                }
                batch.push(self.id, event);
            }
            Next::Parked => {
                state.parked = true;
                let asked = std::mem::take(&mut state.asked);
                if !(asked || self.lane.polled.get() && self.report_again(state)) {
                    self.lane.parked.borrow_mut().push(Rc::clone(self));
                }
            }
            Next::Nothing => {}
        }
    }
}

fn interest(state: &State) -> Interest {
    if state.watches_writes { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE }
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
