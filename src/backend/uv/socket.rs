//! A socket on the uv backend.

use std::cell::RefCell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use mio::unix::SourceFd;
use mio::{Interest, Token};

use super::UvBackend;
use crate::backend::batch::{Area, Batch};
use crate::backend::handle::{Handle, RefDelta};
use crate::backend::key_table::Key;
use crate::engine::endpoint::Endpoint;
use crate::engine::errors::{Status, status_of};
use crate::engine::event::{Event, Readiness};
use crate::engine::memory::USUAL_READ;
use crate::engine::read::ReadConfig;

/// Bytes, or connections, that are taken ahead of JavaScript: one read, or one connection.
const AHEAD: usize = 1;

/// A socket on the uv backend.
pub struct UvSocket {
    /// Its slot.
    id: u32,
    backend: Rc<UvBackend>,
    state: RefCell<State>,
}

struct State {
    handle: Handle,
    /// Where the backend keeps it, once its descriptor is registered.
    key: Option<Key>,
    /// Whether its descriptor is registered for writing as well.
    watches_writes: bool,
    /// Whether it is on the backend's list.
    listed: bool,
    /// Whether an EOF waits until the event loop has gone on.
    eof_deferred: bool,
    /// The iteration in which it last read something.
    read_in: u64,
    /// Whether the next poll was asked, after that read, to report the descriptor.
    asked: bool,
    /// Whether JavaScript has memory of the program's own for it to read into.
    owns_memory: bool,
}

impl UvSocket {
    /// A socket with the slot `id` and no descriptor. `reports_resets`: see [`ReadConfig::reports_resets`].
    pub fn new(backend: &Rc<UvBackend>, id: u32, reports_resets: bool) -> Rc<Self> {
        let state = State {
            handle: Handle::new(ReadConfig { reports_resets, ..ReadConfig::default() }),
            key: None,
            watches_writes: false,
            listed: false,
            eof_deferred: false,
            read_in: 0,
            asked: false,
            owns_memory: false,
        };
        Rc::new(UvSocket { id, backend: Rc::clone(backend), state: RefCell::new(state) })
    }

    /// Runs `command` and sees to it that what it began goes on.
    pub fn command<R>(self: &Rc<Self>, command: impl FnOnce(&mut Handle) -> R) -> (R, RefDelta) {
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
    pub fn accept(self: &Rc<Self>, listener: &Rc<UvSocket>) -> (Status, RefDelta) {
        if Rc::ptr_eq(self, listener) {
            return (-libc::EINVAL, RefDelta::default());
        }
        let mut theirs = listener.state.borrow_mut();
        let result = self.command(|own| own.endpoint.accept(&mut theirs.handle.endpoint));
        listener.follow_up(&mut theirs);
        result
    }

    /// Closes the socket by `close`, which closes its endpoint.
    pub fn close<R>(&self, close: impl FnOnce(&mut Handle) -> R) -> (R, RefDelta) {
        let mut state = self.state.borrow_mut();
        // Closing the last descriptor of a socket takes it out of the poll, too (epoll(7), kqueue(2)).
        let closes = state.handle.endpoint.closes_at_once();
        let own = self.deregister(&mut state, !closes);
        let result = close(&mut state.handle);
        let delta = state.handle.recount();
        drop(state);
        drop(own);
        (result, delta)
    }

    /// Watches the descriptor no longer, until something has to wait for it again.
    pub fn unwatch(&self) {
        let mut state = self.state.borrow_mut();
        let own = self.deregister(&mut state, true);
        state.watches_writes = false;
        state.eof_deferred = false;
        drop(state);
        drop(own);
    }

    /// After any change: registers the descriptor when something first waits for it, and for writing when something first
    /// waits for that. Lists the socket if there is something to do.
    fn follow_up(self: &Rc<Self>, state: &mut State) {
        let endpoint = &state.handle.endpoint;
        if self.is_solo() {
            if endpoint.wants_write() {
                self.demote_in(state);
            }
        } else if state.key.is_none() && (endpoint.wants_read(AHEAD) || endpoint.wants_write()) {
            self.register(state);
        } else {
            self.watch_writes(state);
        }
        self.list(state);
    }

    fn register(self: &Rc<Self>, state: &mut State) {
        let key = self.backend.sockets.borrow_mut().insert(Rc::clone(self));
        let fd = state.handle.endpoint.fd();
        state.watches_writes = state.handle.endpoint.wants_write();
        let interest = interest(state);
        let token = Token(key.to_u64() as usize);
        let result =
            self.backend.poll.borrow().registry().register(&mut SourceFd(&fd), token, interest);
        match result {
            Ok(()) => state.key = Some(key),
            Err(error) => {
                let own = self.backend.sockets.borrow_mut().remove(key);
                state.handle.endpoint.fail(status_of(&error));
                drop(own);
            }
        }
    }

    /// Takes the socket out of the backend's table and, with `from_poll`, out of its poll. What this returns may be the
    /// last share of the socket: it is dropped once nobody has borrowed the state.
    fn deregister(&self, state: &mut State, from_poll: bool) -> Option<Rc<UvSocket>> {
        if self.is_solo() {
            self.backend.unwatch();
        }
        let key = state.key.take()?;
        if from_poll {
            let fd = state.handle.endpoint.fd();
            let _ = self.backend.poll.borrow().registry().deregister(&mut SourceFd(&fd));
        }
        self.backend.sockets.borrow_mut().remove(key)
    }

    /// Registers the descriptor for writing as well, if something has to wait for that. An earlier registration would
    /// change the order: an accepted connection can be written to at once, and would be served before those that could be
    /// read earlier.
    fn watch_writes(&self, state: &mut State) {
        if state.watches_writes || state.key.is_none() || !state.handle.endpoint.wants_write() {
            return;
        }
        state.watches_writes = true;
        if let Err(error) = self.register_again(state) {
            state.handle.endpoint.fail(status_of(&error));
        }
    }

    /// Has the event loop watch the socket itself, if it is a connection that is only read. Returns whether it does.
    pub(super) fn promote(self: &Rc<Self>) -> bool {
        let mut state = self.state.borrow_mut();
        let endpoint = &state.handle.endpoint;
        let event_loop = self.backend.event_loop.borrow();
        let Some(event_loop) = &*event_loop else { return false };
        let is_read = endpoint.is_stream() && endpoint.wants_read(AHEAD) && !endpoint.wants_write();
        let fd = endpoint.fd();
        if !is_read || state.eof_deferred || !event_loop.watch(fd) {
            return false;
        }
        let _ = self.backend.poll.borrow().registry().deregister(&mut SourceFd(&fd));
        // This is not the last share of the socket: the list and the caller have it as well.
        let own = state.key.take().and_then(|key| self.backend.sockets.borrow_mut().remove(key));
        *self.backend.solo_socket.borrow_mut() = own;
        true
    }

    /// Whether the event loop watches it itself, and the backend does not.
    fn is_solo(&self) -> bool {
        self.backend
            .solo_socket
            .borrow()
            .as_ref()
            .is_some_and(|solo_socket| std::ptr::eq(&raw const **solo_socket, self))
    }

    /// The backend watches the socket again, if the event loop does.
    pub(super) fn demote(self: &Rc<Self>) {
        self.demote_in(&mut self.state.borrow_mut());
    }

    fn demote_in(self: &Rc<Self>, state: &mut State) {
        if self.is_solo() {
            self.backend.unwatch();
            self.register(state);
        }
    }

    /// Whether it would be read now, were there something to read.
    pub(super) fn wants_read(&self) -> bool {
        self.state.borrow().handle.endpoint.wants_read(AHEAD)
    }

    /// The event loop has gone on since its end was deferred.
    pub(super) fn release_eof(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        if !self.report_again(&state) {
            state.eof_deferred = false;
            self.list(&mut state);
        }
    }

    pub(super) fn on_ready(self: &Rc<Self>, readiness: Readiness) {
        let mut state = self.state.borrow_mut();
        state.eof_deferred = false;
        state.handle.endpoint.on_ready(readiness);
        self.list(&mut state);
    }

    /// Lets the next poll report what the descriptor is ready for, although it has reported that. Returns whether it will.
    fn report_again(&self, state: &State) -> bool {
        state.key.is_some() && self.register_again(state).is_ok()
    }

    fn register_again(&self, state: &State) -> io::Result<()> {
        let Some(key) = state.key else { return Ok(()) };
        let fd = state.handle.endpoint.fd();
        let token = Token(key.to_u64() as usize);
        let poll = self.backend.poll.borrow();
        poll.registry().reregister(&mut SourceFd(&fd), token, interest(state))
    }

    /// Something was read. If an end is likely behind it, the next poll is asked for that before JavaScript gets the bytes:
    /// under epoll(7) a descriptor that stays ready comes before those that become ready by what JavaScript does.
    fn note_read(&self, state: &mut State) {
        state.read_in = self.backend.iteration.get();
        state.asked = self.backend.polled.get()
            && state.handle.endpoint.expects_end()
            && self.report_again(state);
    }

    /// Puts the socket on the list if there is something to do.
    fn list(self: &Rc<Self>, state: &mut State) {
        let endpoint = &state.handle.endpoint;
        if state.listed
            || state.eof_deferred
            || !(endpoint.has_event() || endpoint.can_advance(AHEAD))
        {
            return;
        }
        state.listed = true;
        self.backend.list.borrow_mut().push_back(Rc::clone(self));
        if !self.backend.serving.get() {
            self.backend.set_awake(true);
        }
    }

    /// JavaScript has memory of the program's own for this socket to read into.
    pub fn use_own_memory(&self) {
        self.state.borrow_mut().owns_memory = true;
    }

    /// Runs the engine until there is an event, and adds it to `batch`. Returns how the counts have changed.
    pub(super) fn serve(self: &Rc<Self>, batch: &mut Batch<'_>) -> RefDelta {
        let mut state = self.state.borrow_mut();
        self.serve_by(&mut state, batch);
        self.watch_writes(&mut state);
        let delta = state.handle.recount();
        self.list(&mut state);
        delta
    }

    fn serve_by(self: &Rc<Self>, state: &mut State, batch: &mut Batch<'_>) {
        if state.owns_memory && !batch.is_empty() {
            self.backend.list.borrow_mut().push_front(Rc::clone(self));
            return batch.close();
        }
        state.listed = false;
        let endpoint = &mut state.handle.endpoint;
        let area = if state.owns_memory {
            Some(Area::Own(self.id))
        } else {
            let ask = endpoint.expects_full_read();
            ask.map(|ask| if ask > USUAL_READ { Area::Large } else { Area::Full })
        };
        let found = area.and_then(|area| Some((area, batch.area(area)?)));
        if let Some((area, memory)) = found {
            if let Some(count) = endpoint.read_into(memory) {
                self.note_read(state);
                return batch.push_area_read(self.id, count, area);
            }
        } else if area.is_none()
            && let Some(count) = endpoint.read_into(batch.free_memory())
        {
            self.note_read(state);
            return batch.push_read(self.id, count);
        }
        let has_read = state.read_in == self.backend.iteration.get();
        match next_event(&mut state.handle.endpoint, has_read) {
            Next::Event(event) => {
                if matches!(event, Event::Read(_) | Event::Descriptors(_)) {
                    self.note_read(state);
                }
                batch.push(self.id, event);
            }
            Next::DeferredEof => {
                state.eof_deferred = true;
                let asked = std::mem::take(&mut state.asked);
                if !(asked || self.backend.polled.get() && self.report_again(state)) {
                    self.backend.deferred_eofs.borrow_mut().push(Rc::clone(self));
                }
            }
            Next::Nothing => {}
        }
    }
}

fn interest(state: &State) -> Interest {
    if state.watches_writes { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE }
}

/// What a socket has for an iteration.
enum Next {
    /// An event.
    Event(Event),
    /// An EOF that has to wait, see [`Endpoint::ends_next`].
    DeferredEof,
    Nothing,
}

/// The next event; runs the engine until there is one. `has_read`: something was read in this iteration.
fn next_event(endpoint: &mut Endpoint, has_read: bool) -> Next {
    let result = catch_unwind(AssertUnwindSafe(|| {
        loop {
            if has_read && endpoint.ends_next() {
                return Next::DeferredEof;
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
