//! The inline lane: the JavaScript thread waits for readiness itself, inside its event loop.
//!
//! Each environment has one [`InlineLane`] around a `mio::Poll`, whose descriptor the event loop
//! watches. When that becomes readable, [`InlineLane::fill`] runs the engine for what is ready, one
//! event for each socket, and JavaScript gets them by one call. Descriptors are registered once,
//! edge-triggered, so pausing and resuming costs nothing, and for writing when something first has to
//! wait for that. A socket that is ready by itself again and again is watched by the event loop, see
//! [`company`].
//!
//! What does not wait for the kernel (a shutdown that ended at once, a turn that had to leave
//! something) stands on the lane's list, and the event loop is asked to call [`InlineLane::fill`] soon.
//!
//! No borrow is held while JavaScript runs, so that it may call any command, also on the socket whose
//! event it handles.

mod company;
mod socket;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;
use std::time::Duration;

use mio::event::Event as Ready;
use mio::{Events, Poll};

use super::EVENTS_PER_TURN;
use super::batch::Batch;
use super::handle::Delta;
use super::slots::{Key, Slots};
use crate::engine::event::Readiness;
use company::Company;
pub use socket::InlineSocket;

/// What the lane asks of the event loop.
pub trait EventLoop {
    /// Asks for a turn of the list soon, or, with `false`, says that none is needed any more.
    fn set_awake(&self, awake: bool);
    /// Watches `fd` beside the lane's own descriptor, and has [`InlineLane::collect_lone`] called whenever it is
    /// readable. Returns whether it can. One descriptor at a time.
    fn watch(&self, fd: RawFd) -> bool;
    /// Ends that, if there is any; the descriptor may be closed afterwards.
    fn unwatch(&self);
}

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
    /// Whether a turn is under way, which looks at the list when it ends.
    serving: Cell<bool>,
    /// Counts turns.
    turn: Cell<u64>,
    /// Whether the event loop was asked for a turn of the list.
    awake: Cell<bool>,
    /// `None` before [`InlineLane::set_event_loop`] and once the environment ended.
    event_loop: RefCell<Option<Box<dyn EventLoop>>>,
    /// The socket that the event loop watches itself. It is not registered with `poll`.
    lone: RefCell<Option<Rc<InlineSocket>>>,
    company: Cell<Company>,
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
            serving: Cell::new(false),
            turn: Cell::new(1),
            awake: Cell::new(false),
            event_loop: RefCell::new(None),
            lone: RefCell::default(),
            company: Cell::default(),
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
        let parked = self.parked.take();
        drop(parked);
        self.unwatch();
        let event_loop = self.event_loop.borrow_mut().take();
        drop(event_loop);
    }

    /// A turn begins: takes note of the sockets that became ready.
    pub fn collect(&self) {
        self.begin(true);
        let mut events =
            self.events.take().unwrap_or_else(|| Events::with_capacity(EVENTS_PER_TURN));
        if self.poll.borrow_mut().poll(&mut events, Some(Duration::ZERO)).is_ok() {
            for event in &events {
                if let Some(socket) = self.socket_of(event) {
                    socket.on_ready(readiness(event));
                }
            }
            self.note_company(&events);
        }
        self.events.set(Some(events));
    }

    /// A turn begins: takes note of the lone socket. `is_plain`: it can be read, and nothing else was reported;
    /// otherwise it comes back to the others.
    pub fn collect_lone(&self, is_plain: bool) {
        self.begin(true);
        let Some(socket) = self.lone.borrow().clone() else { return };
        if is_plain && socket.wants_read() {
            self.with_company(Company::note_lone);
            socket.on_ready(Readiness { readable: true, ..Readiness::default() });
        } else {
            socket.rejoin();
            self.collect();
        }
    }

    /// Lets the event loop watch a socket itself that has it to itself, or no longer.
    fn note_company(&self, events: &Events) {
        if events.is_empty() {
            return;
        }
        let lone = self.lone.borrow().clone();
        if let Some(lone) = lone {
            if self.with_company(Company::note_others) {
                lone.rejoin();
            }
            return;
        }
        let mut all = events.iter();
        let only = match (all.next(), all.next()) {
            (Some(event), None) => Some(event).filter(|event| is_plain(event)),
            _ => None,
        };
        if self.with_company(|company| company.note(only.map(key_of)))
            && !only.and_then(|event| self.socket_of(event)).is_some_and(|socket| socket.part())
        {
            self.company.take();
        }
    }

    fn with_company<R>(&self, note: impl FnOnce(&mut Company) -> R) -> R {
        let mut company = self.company.get();
        let result = note(&mut company);
        self.company.set(company);
        result
    }

    fn socket_of(&self, event: &Ready) -> Option<Rc<InlineSocket>> {
        self.sockets.borrow().get(key_of(event)).cloned()
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
            count(socket.serve(batch));
        }
    }

    /// A turn begins that nothing was polled for: the ends that were parked come when that is done.
    pub fn unpark(&self) {
        self.begin(false);
        for socket in self.parked.take() {
            socket.unpark();
        }
    }

    fn begin(&self, polled: bool) {
        self.polled.set(polled);
        self.serving.set(true);
    }

    /// A turn is over: what is left on the list gets another one after the rest of the event loop.
    pub fn rest(&self) {
        self.turn.set(self.turn.get() + 1);
        self.serving.set(false);
        self.set_awake(!(self.list.borrow().is_empty() && self.parked.borrow().is_empty()));
    }

    /// The event loop watches no socket itself any more.
    fn unwatch(&self) {
        let lone = self.lone.borrow_mut().take();
        if lone.is_some()
            && let Some(event_loop) = &*self.event_loop.borrow()
        {
            event_loop.unwatch();
        }
        self.company.take();
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
