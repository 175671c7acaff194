//! The tokio backend: one task for each socket on the shared tokio runtime.
//!
//! A socket's state stands behind one lock. Its task and the JavaScript thread take it, never while JavaScript runs. The
//! task waits for the readiness that is wanted, lets the engine read and send ahead, and puts the socket on the
//! [`ReadyQueue`] of its environment. If the queue was empty, it wakes the JavaScript thread, which takes the events of the
//! sockets on the queue.
//!
//! The runtime finds descriptors ready in the order in which they became so, but runs their tasks in another order. So a
//! socket goes on the queue as soon as its descriptor is found ready. The JavaScript thread runs the engine itself if the
//! task has not done so by the time that the socket's turn comes.
//!
//! Closing, on the JavaScript thread:
//!
//! 1. Take the lock; the task cannot be inside a system call then.
//! 2. Drop the registration, so that the runtime forgets the descriptor.
//! 3. Close the descriptor.
//! 4. Wake the task: it finds no registration and ends.

use std::future::Future;
use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use super::super::handle::{Handle, RefDelta};
use super::ready_queue::{Origin, ReadyQueue};
use super::runtime;
use super::sync::{AsyncFd, Mutex, MutexGuard};
use crate::engine::endpoint::Endpoint;
use crate::engine::errors::status_of;
use crate::engine::event::{Event, Readiness};
use crate::engine::read::{READ_AHEAD, ReadConfig};

/// A socket on the tokio backend.
pub struct TokioSocket {
    /// Its slot.
    id: u32,
    ready_queue: Arc<ReadyQueue>,
    state: Mutex<State>,
    /// Wakes the task. Its lock is the last one that is taken.
    task: Mutex<Option<Waker>>,
    /// Whether the socket is on the ready queue.
    listed: AtomicBool,
    /// Whether the descriptor was found ready, and the engine has not run since.
    found: AtomicBool,
}

struct State {
    /// Made when something first has to wait; taken by close. Stands before `handle`, so that it is
    /// dropped before the descriptor is closed.
    registration: Option<AsyncFd<RawFd>>,
    handle: Handle,
    /// Whether the task waits for the descriptor to become (readable, writable).
    armed: (bool, bool),
    /// How many tasks the socket has had before. They have ended, or are about to.
    task_number: u32,
}

impl TokioSocket {
    /// A socket with the slot `id` and no descriptor. `reports_resets`: see [`ReadConfig::reports_resets`].
    pub fn new(ready_queue: &Arc<ReadyQueue>, id: u32, reports_resets: bool) -> Arc<Self> {
        let handle =
            Handle::new(ReadConfig { reports_resets, off_thread: true, ..ReadConfig::default() });
        let state = State { handle, registration: None, armed: (false, false), task_number: 0 };
        Arc::new(TokioSocket {
            id,
            ready_queue: Arc::clone(ready_queue),
            state: Mutex::new(state),
            task: Mutex::new(None),
            listed: AtomicBool::new(false),
            found: AtomicBool::new(false),
        })
    }

    /// Runs `command` and sees to it that what it began goes on. For the JavaScript thread.
    pub fn command<R>(self: &Arc<Self>, command: impl FnOnce(&mut Handle) -> R) -> (R, RefDelta) {
        let mut state = lock(&self.state);
        let result = command(&mut state.handle);
        self.follow_up(&mut state);
        let delta = state.handle.recount();
        (result, delta)
    }

    /// Runs `ask`, which changes nothing.
    pub fn ask<R>(&self, ask: impl FnOnce(&Handle) -> R) -> R {
        ask(&lock(&self.state).handle)
    }

    /// Accepts a connection of `listener` into this socket, which has no descriptor yet.
    pub fn accept(self: &Arc<Self>, listener: &Arc<TokioSocket>) -> (i32, RefDelta) {
        if Arc::ptr_eq(self, listener) {
            return (-libc::EINVAL, RefDelta::default());
        }
        let mut theirs = lock(&listener.state);
        let result = self.command(|own| own.endpoint.accept(&mut theirs.handle.endpoint));
        listener.follow_up(&mut theirs);
        result
    }

    /// Closes the socket, by `close`, which closes its endpoint.
    pub fn close<R>(&self, close: impl FnOnce(&mut Handle) -> R) -> (R, RefDelta) {
        let mut state = lock(&self.state);
        state.registration = None;
        let result = close(&mut state.handle);
        let delta = state.handle.recount();
        drop(state);
        self.end_task();
        (result, delta)
    }

    /// Watches the descriptor no longer, until something has to wait for it again.
    pub fn unwatch(&self) {
        let mut state = lock(&self.state);
        if state.registration.take().is_none() {
            return;
        }
        state.armed = (false, false);
        state.task_number += 1;
        drop(state);
        self.end_task();
    }

    fn end_task(&self) {
        let waker = lock(&self.task).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// After any change: registers the descriptor when something first waits for it, wakes the task if that does not know
    /// of something that waits, and lists the socket if it has events.
    fn follow_up(self: &Arc<Self>, state: &mut State) {
        let endpoint = &state.handle.endpoint;
        let (reads, writes) = (endpoint.wants_read(READ_AHEAD), endpoint.wants_write());
        if reads || writes {
            if state.registration.is_none() {
                self.register(state);
            } else if (reads && !state.armed.0) || (writes && !state.armed.1) {
                self.wake_task();
            }
        }
        self.list(state, Origin::Command);
    }

    fn register(self: &Arc<Self>, state: &mut State) {
        let fd = state.handle.endpoint.fd();
        let result = runtime::handle().map_err(|_| -libc::EAGAIN).and_then(|runtime| {
            let _inside = runtime.enter();
            // SAFETY: the descriptor stays open as long as the registration lives: `close` drops the
            // registration before it closes the descriptor, and so does the drop of `State`.
            let registration = unsafe { AsyncFd::register(fd) }
                .map_err(|error| status_of(&error.into_parts().1))?;
            Ok((runtime, registration))
        });
        match result {
            Ok((runtime, registration)) => {
                self.watch(&registration, &state.handle.endpoint);
                state.registration = Some(registration);
                runtime.spawn(Task { socket: Arc::clone(self), number: state.task_number });
            }
            Err(status) => state.handle.endpoint.fail(status),
        }
    }

    /// Has the runtime wake the socket by the descriptor's readiness from now on. The task's first poll does so as well, but
    /// may come late: then a client would be connected before the listener, which is of this process, has accepted it.
    fn watch(self: &Arc<Self>, registration: &AsyncFd<RawFd>, endpoint: &Endpoint) {
        let waker = Waker::from(Arc::clone(self));
        let mut context = Context::from_waker(&waker);
        let is_readable = endpoint.wants_read(READ_AHEAD)
            && registration.poll_read_ready(&mut context).is_ready();
        let is_writable =
            endpoint.wants_write() && registration.poll_write_ready(&mut context).is_ready();
        if is_readable || is_writable {
            self.found.store(true, Ordering::Release);
            self.enlist(Origin::Task);
        }
    }

    /// Puts the socket on the ready queue if it has events.
    fn list(self: &Arc<Self>, state: &State, origin: Origin) {
        if state.handle.endpoint.has_event() {
            self.enlist(origin);
        }
    }

    fn enlist(self: &Arc<Self>, origin: Origin) {
        if !self.listed.swap(true, Ordering::AcqRel) {
            self.ready_queue.push(Arc::clone(self), origin);
        }
    }

    fn wake_task(&self) {
        if let Some(waker) = &*lock(&self.task) {
            waker.wake_by_ref();
        }
    }

    /// Runs the engine. From then on readiness of the descriptor wakes the socket.
    fn run(self: &Arc<Self>, state: &mut State) -> Poll<()> {
        self.found.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(self));
        let mut context = Context::from_waker(&waker);
        let result = catch_unwind(AssertUnwindSafe(|| state.run(&mut context)));
        result.unwrap_or_else(|_| {
            state.registration = None;
            state.handle.endpoint.fail(-libc::EIO);
            Poll::Ready(())
        })
    }

    /// Puts the socket back on the queue after its share of an iteration, if it has more events.
    pub(super) fn list_again(self: &Arc<Self>) {
        self.list(&lock(&self.state), Origin::Leftover);
    }

    /// The socket's slot.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// The socket was taken off the queue. Runs the engine if the task has not come to that.
    pub(super) fn unlist(self: &Arc<Self>) {
        // A swap and not a store: a thread that saw the socket listed has set `found` before.
        self.listed.swap(false, Ordering::AcqRel);
        if self.found.load(Ordering::Acquire) {
            let _ = self.run(&mut lock(&self.state));
        }
    }

    /// See [`Handle::recount`].
    pub(super) fn recount(&self) -> RefDelta {
        lock(&self.state).handle.recount()
    }

    /// Takes the next event.
    pub(super) fn next_event(self: &Arc<Self>) -> Option<Event> {
        let mut state = lock(&self.state);
        let event = state.handle.endpoint.next_event()?;
        let endpoint = &state.handle.endpoint;
        // Taking an event may have made room to read ahead.
        if endpoint.wants_read(READ_AHEAD) && !state.armed.0 {
            self.wake_task();
        }
        Some(event)
    }
}

impl Wake for TokioSocket {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    /// The runtime has found the descriptor ready.
    fn wake_by_ref(self: &Arc<Self>) {
        self.found.store(true, Ordering::Release);
        self.enlist(Origin::Task);
        self.wake_task();
    }
}

/// The task of one socket. It ends when the socket is closed, or not watched any more.
struct Task {
    socket: Arc<TokioSocket>,
    number: u32,
}

impl Future for Task {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let socket = &self.socket;
        let mut state = lock(&socket.state);
        if state.task_number != self.number {
            return Poll::Ready(());
        }
        {
            let mut task = lock(&socket.task);
            if !task.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
                *task = Some(context.waker().clone());
            }
        }
        let poll = socket.ready_queue.calls.charge(|| socket.run(&mut state));
        socket.list(&state, Origin::Task);
        poll
    }
}

impl State {
    /// Lets the engine do what it wants and can, and waits for the rest.
    fn run(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let State { handle, registration, armed, .. } = self;
        let Some(registration) = registration else { return Poll::Ready(()) };
        let endpoint = &mut handle.endpoint;
        // While nothing waited to read, the runtime may not have looked at the descriptor.
        let mut unwatched = !armed.0;
        *armed = (false, false);
        loop {
            // What has become of the connection since the last look decides how its last bytes are read.
            if endpoint.wants_read(READ_AHEAD) {
                let ready = registration.poll_read_ready(context);
                let closed =
                    matches!(ready, Poll::Ready(Ok(guard)) if guard.ready().is_read_closed());
                if closed || std::mem::take(&mut unwatched) {
                    let hung_up = endpoint.is_hung_up();
                    if closed || hung_up {
                        endpoint.on_ready(Readiness {
                            readable: true,
                            read_closed: true,
                            hung_up,
                            writable: false,
                        });
                    }
                }
            }
            while endpoint.advance(READ_AHEAD) {}
            // The readiness is cleared before the system calls that use it up: what comes meanwhile
            // makes the descriptor ready anew.
            let (reads, writes) = endpoint.waits(READ_AHEAD);
            let mut readiness = Readiness::default();
            if reads && !armed.0 {
                match registration.poll_read_ready(context) {
                    Poll::Ready(Ok(mut guard)) => {
                        readiness.readable = true;
                        readiness.read_closed = guard.ready().is_read_closed();
                        readiness.hung_up = readiness.read_closed && endpoint.is_hung_up();
                        guard.clear_ready();
                    }
                    Poll::Ready(Err(error)) => return fail(handle, status_of(&error)),
                    Poll::Pending => armed.0 = true,
                }
            }
            if writes && !armed.1 {
                match registration.poll_write_ready(context) {
                    Poll::Ready(Ok(mut guard)) => {
                        readiness.writable = true;
                        guard.clear_ready();
                    }
                    Poll::Ready(Err(error)) => return fail(handle, status_of(&error)),
                    Poll::Pending => armed.1 = true,
                }
            }
            if readiness == Readiness::default() {
                // What the kernel was short of memory for is tried again once others were served.
                if endpoint.can_advance(READ_AHEAD) {
                    context.waker().wake_by_ref();
                }
                return Poll::Pending;
            }
            endpoint.on_ready(readiness);
        }
    }
}

fn fail(handle: &mut Handle, status: i32) -> Poll<()> {
    handle.endpoint.fail(status);
    Poll::Ready(())
}

/// Locks `mutex`. A panic elsewhere has already become an error of its socket.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
