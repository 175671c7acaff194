//! The uv backend: the JavaScript thread waits for readiness itself, inside its event loop.
//!
//! Each environment has one [`UvBackend`] around a `mio::Poll`, whose descriptor the event loop
//! watches. When that becomes readable, [`UvBackend::fill`] runs the engine for what is ready, one
//! event for each socket, and JavaScript gets them by one call. Descriptors are registered once,
//! edge-triggered, so pausing and resuming costs nothing, and for writing when something first has to
//! wait for that. A socket that is ready by itself again and again is watched by the event loop, see
//! [`solo`].
//!
//! A socket that has an event without the kernel's doing (a shutdown that ended at once), or that an iteration had to
//! leave, stands on the backend's list. The event loop is asked to call [`UvBackend::fill`] soon.
//!
//! No borrow is held while JavaScript runs, so that it may call any command, also on the socket whose
//! event it handles.

mod socket;
mod solo;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;
use std::time::Duration;

use mio::event::Event as Ready;
use mio::{Events, Poll};

use super::EVENTS_PER_ITERATION;
use super::batch::Batch;
use super::handle::RefDelta;
use super::key_table::{Key, KeyTable};
use crate::engine::event::Readiness;
pub use socket::UvSocket;
use solo::Solo;

/// What the backend asks of the event loop.
pub trait EventLoop {
    /// Asks for an iteration of the list soon, or, with `false`, says that none is needed any more.
    fn set_awake(&self, awake: bool);
    /// Watches `fd` beside the backend's own descriptor, and has [`UvBackend::collect_solo`] called whenever it is
    /// readable. Returns whether it can. One descriptor at a time.
    fn watch(&self, fd: RawFd) -> bool;
    /// Ends the watch, if there is one. The descriptor may be closed afterwards.
    fn unwatch(&self);
}

/// The sockets of one environment.
pub struct UvBackend {
    poll: RefCell<Poll>,
    /// Taken out while an iteration uses it.
    events: Cell<Option<Events>>,
    /// The sockets that are registered with `poll`.
    sockets: RefCell<KeyTable<Rc<UvSocket>>>,
    /// Sockets with something to do; each at most once (`State::listed`).
    list: RefCell<VecDeque<Rc<UvSocket>>>,
    /// Sockets whose EOF waits until the event loop has gone on (`State::eof_deferred`), and which no poll is going to
    /// report again.
    deferred_eofs: RefCell<Vec<Rc<UvSocket>>>,
    /// Whether the event loop has polled before this iteration.
    polled: Cell<bool>,
    /// Whether an iteration is under way. When it ends, it looks at the list.
    serving: Cell<bool>,
    /// Counts iterations.
    iteration: Cell<u64>,
    /// Whether the event loop was asked for an iteration of the list.
    awake: Cell<bool>,
    /// `None` before [`UvBackend::set_event_loop`] and once the environment ended.
    event_loop: RefCell<Option<Box<dyn EventLoop>>>,
    /// The socket that the event loop watches itself. It is not registered with `poll`.
    solo_socket: RefCell<Option<Rc<UvSocket>>>,
    solo: Cell<Solo>,
}

impl UvBackend {
    /// A backend without sockets.
    ///
    /// # Errors
    /// Those of epoll_create(2) or kqueue(2).
    pub fn new() -> io::Result<Rc<Self>> {
        Ok(Rc::new(UvBackend {
            poll: RefCell::new(Poll::new()?),
            events: Cell::new(None),
            sockets: RefCell::default(),
            list: RefCell::default(),
            deferred_eofs: RefCell::default(),
            polled: Cell::new(false),
            serving: Cell::new(false),
            iteration: Cell::new(1),
            awake: Cell::new(false),
            event_loop: RefCell::new(None),
            solo_socket: RefCell::default(),
            solo: Cell::default(),
        }))
    }

    /// Sets the event loop.
    pub fn set_event_loop(&self, event_loop: Box<dyn EventLoop>) {
        *self.event_loop.borrow_mut() = Some(event_loop);
    }

    /// The descriptor that becomes readable when a socket is ready.
    pub fn fd(&self) -> RawFd {
        self.poll.borrow().as_raw_fd()
    }

    /// The environment ends: nothing is asked of the event loop any more.
    pub fn end(&self) {
        self.list.borrow_mut().clear();
        let deferred_eofs = self.deferred_eofs.take();
        drop(deferred_eofs);
        self.unwatch();
        let event_loop = self.event_loop.borrow_mut().take();
        drop(event_loop);
    }

    /// An iteration begins: takes note of the sockets that became ready.
    pub fn collect(&self) {
        self.begin(true);
        let mut events =
            self.events.take().unwrap_or_else(|| Events::with_capacity(EVENTS_PER_ITERATION));
        if self.poll.borrow_mut().poll(&mut events, Some(Duration::ZERO)).is_ok() {
            for event in &events {
                if let Some(socket) = self.socket_of(event) {
                    socket.on_ready(readiness(event));
                }
            }
            self.note_solo(&events);
        }
        self.events.set(Some(events));
    }

    /// An iteration begins: takes note of the solo socket. `is_plain`: it can be read, and nothing else was reported;
    /// otherwise it comes back to the others.
    pub fn collect_solo(&self, is_plain: bool) {
        self.begin(true);
        let Some(socket) = self.solo_socket.borrow().clone() else { return };
        if is_plain && socket.wants_read() {
            self.with_solo(Solo::note_own);
            socket.on_ready(Readiness { readable: true, ..Readiness::default() });
        } else {
            socket.demote();
            self.collect();
        }
    }

    /// Lets the event loop watch a socket itself if no other is ready, or no longer.
    fn note_solo(&self, events: &Events) {
        if events.is_empty() {
            return;
        }
        let solo_socket = self.solo_socket.borrow().clone();
        if let Some(solo_socket) = solo_socket {
            if self.with_solo(Solo::note_others) {
                solo_socket.demote();
            }
            return;
        }
        let mut all = events.iter();
        let only = match (all.next(), all.next()) {
            (Some(event), None) => Some(event).filter(|event| is_plain(event)),
            _ => None,
        };
        if self.with_solo(|solo| solo.note(only.map(key_of)))
            && !only.and_then(|event| self.socket_of(event)).is_some_and(|socket| socket.promote())
        {
            self.solo.take();
        }
    }

    fn with_solo<R>(&self, note: impl FnOnce(&mut Solo) -> R) -> R {
        let mut solo = self.solo.get();
        let result = note(&mut solo);
        self.solo.set(solo);
        result
    }

    fn socket_of(&self, event: &Ready) -> Option<Rc<UvSocket>> {
        self.sockets.borrow().get(key_of(event)).cloned()
    }

    /// Whether [`UvBackend::fill`] has something to look at.
    pub fn is_due(&self) -> bool {
        !self.list.borrow().is_empty()
    }

    /// Runs the engine for the sockets that are on the list now, one event each, until `batch` is
    /// full. Each [`RefDelta`] goes to `count`.
    pub fn fill(&self, batch: &mut Batch<'_>, mut count: impl FnMut(RefDelta)) {
        let due = self.list.borrow().len();
        for _ in 0..due {
            if !batch.has_room() {
                break;
            }
            let Some(socket) = self.list.borrow_mut().pop_front() else { break };
            count(socket.serve(batch));
        }
    }

    /// An iteration begins that no poll has asked for. The EOFs that wait are polled for now, or delivered.
    pub fn release_eof(&self) {
        self.begin(false);
        for socket in self.deferred_eofs.take() {
            socket.release_eof();
        }
    }

    fn begin(&self, polled: bool) {
        self.polled.set(polled);
        self.serving.set(true);
    }

    /// An iteration is over: what is left on the list gets another one after the rest of the event loop.
    pub fn rearm(&self) {
        self.iteration.set(self.iteration.get() + 1);
        self.serving.set(false);
        self.set_awake(!(self.list.borrow().is_empty() && self.deferred_eofs.borrow().is_empty()));
    }

    /// Stops the event loop's watch of the solo socket.
    fn unwatch(&self) {
        let solo_socket = self.solo_socket.borrow_mut().take();
        if solo_socket.is_some()
            && let Some(event_loop) = &*self.event_loop.borrow()
        {
            event_loop.unwatch();
        }
        self.solo.take();
    }

    fn set_awake(&self, awake: bool) {
        if self.awake.replace(awake) == awake {
            return;
        }
        if let Some(event_loop) = &*self.event_loop.borrow() {
            event_loop.set_awake(awake);
        }
    }
}

fn key_of(event: &Ready) -> Key {
    Key::from_u64(event.token().0 as u64)
}

fn readiness(event: &Ready) -> Readiness {
    Readiness {
        readable: event.is_readable() || event.is_read_closed() || event.is_error(),
        writable: event.is_writable() || event.is_write_closed() || event.is_error(),
        read_closed: event.is_read_closed() || event.is_error(),
        hung_up: event.is_read_closed() && event.is_write_closed(),
    }
}

/// Whether a descriptor can be read, and neither direction is over.
fn is_plain(event: &Ready) -> bool {
    event.is_readable() && !(event.is_read_closed() || event.is_write_closed() || event.is_error())
}
