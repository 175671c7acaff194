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
        let wake = self.wake.borrow_mut().take();
        drop(wake);
    }

    /// Takes note of the sockets that became ready.
    pub fn collect(&self) {
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

    /// Runs the engine for the sockets that are on the list now, one event each, until `batch` is
    /// full. Each [`Delta`] goes to `count`.
    pub fn fill(&self, batch: &mut Batch<'_>, mut count: impl FnMut(Delta)) {
        let due = self.list.borrow().len();
        for _ in 0..due {
            if batch.room() == 0 {
                break;
            }
            let Some(socket) = self.list.borrow_mut().pop_front() else { break };
            socket.serve(batch);
            count(socket.state.borrow_mut().handle.recount());
            socket.list_if_due();
        }
    }

    /// A turn is over: what is left on the list gets another one after the rest of the event loop.
    pub fn rest(&self) {
        self.set_awake(!self.list.borrow().is_empty());
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
            let fd = state.handle.endpoint.fd();
            let _ = self.lane.poll.borrow().registry().deregister(&mut SourceFd(&fd));
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
            Ok(()) => state.key = Some(key),
            Err(error) => {
                let own = self.lane.sockets.borrow_mut().remove(key);
                state.handle.endpoint.fail(status_of(&error));
                drop(own);
            }
        }
    }

    fn on_ready(self: &Rc<Self>, readiness: Readiness) {
        let mut state = self.state.borrow_mut();
        state.handle.endpoint.on_ready(readiness);
        self.list(&mut state);
    }

    /// Puts the socket on the list if there is something to do.
    fn list(self: &Rc<Self>, state: &mut State) {
        let endpoint = &state.handle.endpoint;
        if state.listed || !(endpoint.has_event() || endpoint.can_advance(AHEAD)) {
            return;
        }
        state.listed = true;
        self.lane.list.borrow_mut().push_back(Rc::clone(self));
        self.lane.set_awake(true);
    }

    fn list_if_due(self: &Rc<Self>) {
        self.list(&mut self.state.borrow_mut());
    }

    /// Runs the engine until there is an event, and adds it to `batch`.
    fn serve(&self, batch: &mut Batch<'_>) {
        let mut state = self.state.borrow_mut();
        state.listed = false;
        let endpoint = &mut state.handle.endpoint;
        if let Some(count) = endpoint.read_small(batch.free_memory()) {
            batch.push_read(self.id, count);
        } else if let Some(event) = next_event(endpoint) {
            batch.push(self.id, event);
        }
    }
}

/// The next event; runs the engine until there is one.
fn next_event(endpoint: &mut Endpoint) -> Option<Event> {
    let result = catch_unwind(AssertUnwindSafe(|| {
        loop {
            if let Some(event) = endpoint.next_event() {
                return Some(event);
            }
            if !endpoint.advance(AHEAD) {
                return None;
            }
        }
    }));
    result.unwrap_or_else(|_| {
        endpoint.fail(-libc::EIO);
        endpoint.next_event()
    })
}
