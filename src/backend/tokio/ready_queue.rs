//! The sockets for which tasks of the tokio backend have events, and when the JavaScript thread of their environment is
//! woken for them.

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::handle::RefDelta;
use super::super::{Delivery, EVENTS_PER_ITERATION, EVENTS_PER_SOCKET};
use super::socket::{TokioSocket, lock};
use super::sync::Mutex;
use crate::engine::calls::Account;
use crate::engine::event::Event;

/// Wakes the JavaScript thread, which then calls [`ReadyQueue::run`]. Called under the queue's lock: it must
/// neither block nor call back.
pub type Wake = Box<dyn Fn() + Send>;

/// The ready queue of one environment.
pub struct ReadyQueue {
    ready: Mutex<Ready>,
    /// System calls of the tasks.
    pub calls: Account,
}

struct Ready {
    /// Sockets whose descriptors became ready, or with events that their tasks found; each is here or in
    /// `pending` at most once (`TokioSocket::listed`).
    list: VecDeque<Arc<TokioSocket>>,
    /// Sockets with events that a command of JavaScript had at once. As libuv's pending queue they
    /// come before anything that shows up later: a shutdown has completed when its peer's end is seen.
    pending: VecDeque<Arc<TokioSocket>>,
    /// How many at the front of `list` belong to the iteration that is under way. `pending` comes after them.
    due: usize,
    /// How many behind these an earlier iteration, or this one, had to leave. As descriptors that stay ready
    /// under epoll(7), they come before what became ready meanwhile.
    left: usize,
    /// Whether the JavaScript thread needs no further wake-up for `list`: it was woken, or it has run and
    /// [`ReadyQueue::rearm`] is to come.
    awake: bool,
    /// Whether the JavaScript thread was woken for `pending`.
    pending_awake: bool,
    /// Whether the JavaScript thread is in [`ReadyQueue::run`], which looks at `pending` before it ends.
    delivers: bool,
    /// Whether an iteration had events, and the event loop has not gone on since. `list` has to wait.
    resting: bool,
    /// `None` once the environment ended: nothing is listed any more.
    wake: Option<Wake>,
}

impl ReadyQueue {
    /// A queue whose JavaScript thread is woken by `wake`.
    pub fn new(wake: Wake) -> Arc<Self> {
        let ready = Ready {
            list: VecDeque::new(),
            pending: VecDeque::new(),
            due: 0,
            left: 0,
            awake: false,
            pending_awake: false,
            delivers: false,
            resting: false,
            wake: Some(wake),
        };
        Arc::new(ReadyQueue { ready: Mutex::new(ready), calls: Account::default() })
    }

    /// The environment ends: `wake` is dropped and not called any more once this has returned.
    pub fn end(&self) {
        let (list, pending, wake) = {
            let mut ready = lock(&self.ready);
            (ready.due, ready.left) = (0, 0);
            (std::mem::take(&mut ready.list), std::mem::take(&mut ready.pending), ready.wake.take())
        };
        drop((list, pending, wake));
    }

    /// Runs an iteration on the JavaScript thread: hands the events of the sockets that are ready now to `deliver`, up to
    /// the bound of an iteration, or until `deliver` or `between` stops.
    ///
    /// `between` runs the ticks between two events. It runs before the next event is taken, since ticks may change which
    /// one that is. Each [`RefDelta`] goes to `count`. Nothing wakes the thread again before [`ReadyQueue::rearm`].
    pub fn run(
        self: &Arc<Self>,
        mut between: impl FnMut() -> Delivery,
        mut deliver: impl FnMut(u32, Event) -> Delivery,
        mut count: impl FnMut(RefDelta),
    ) {
        let mut events = 0;
        self.begin_iteration();
        while events < EVENTS_PER_ITERATION {
            let Some(socket) = self.next_socket() else { break };
            let mut has_read = false;
            for _ in 0..EVENTS_PER_SOCKET {
                let more = events > 0 && socket.ask(|handle| handle.endpoint.has_event());
                if more && between() == Delivery::Stop {
                    self.end();
                    return;
                }
                if has_read && socket.ask(|handle| handle.endpoint.ends_next()) {
                    break;
                }
                let Some(event) = socket.next_event() else { break };
                events += 1;
                has_read |= matches!(event, Event::Read(_) | Event::Descriptors(_));
                let delivery = deliver(socket.id(), event);
                count(socket.recount());
                if delivery == Delivery::Stop {
                    self.end();
                    return;
                }
            }
            socket.list_again();
        }
        self.end_iteration(events > 0);
    }

    /// What is ready now belongs to the iteration; what becomes ready meanwhile has to wait for one after
    /// the rest of the event loop. What is pending does not wait, as libuv's pending queue does not.
    fn begin_iteration(&self) {
        let mut ready = lock(&self.ready);
        if !ready.resting {
            (ready.due, ready.left) = (ready.list.len(), 0);
        }
        ready.delivers = true;
        ready.pending_awake = false;
    }

    /// `had_events`: [`ReadyQueue::rearm`] is going to be called.
    fn end_iteration(&self, had_events: bool) {
        let mut ready = lock(&self.ready);
        ready.left += std::mem::take(&mut ready.due);
        ready.delivers = false;
        if had_events {
            ready.resting = true;
            ready.awake = true;
        } else if !ready.resting {
            ready.wake_if_due();
        }
    }

    /// The next socket of the iteration.
    fn next_socket(&self) -> Option<Arc<TokioSocket>> {
        let socket = lock(&self.ready).next()?;
        socket.unlist();
        Some(socket)
    }

    /// The event loop has gone on since the iteration: the next event wakes the thread, at once if it has come already. To
    /// be called after each iteration that had an event.
    pub fn rearm(&self) {
        let mut ready = lock(&self.ready);
        ready.resting = false;
        ready.wake_if_due();
    }

    /// Puts a socket that has events on the list of its `origin`.
    pub(super) fn push(&self, socket: Arc<TokioSocket>, origin: Origin) {
        let mut ready = lock(&self.ready);
        if ready.wake.is_none() {
            return;
        }
        let wakes = match origin {
            Origin::Command => {
                ready.pending.push_back(socket);
                !ready.delivers && !std::mem::replace(&mut ready.pending_awake, true)
            }
            Origin::Task => {
                ready.list.push_back(socket);
                !std::mem::replace(&mut ready.awake, true)
            }
            Origin::Leftover => {
                let at = ready.due + ready.left;
                ready.list.insert(at, socket);
                ready.left += 1;
                // The end of the iteration sees to it that there is another one.
                false
            }
        };
        if wakes {
            ready.wake();
        }
    }
}

/// Why a socket has events.
#[derive(Clone, Copy)]
pub(super) enum Origin {
    /// A command of JavaScript, whose event the socket has at once.
    Command,
    /// A socket's task, or what wakes it.
    Task,
    /// An iteration that had to leave events of the socket.
    Leftover,
}

impl Ready {
    fn next(&mut self) -> Option<Arc<TokioSocket>> {
        if self.due == 0 {
            return self.pending.pop_front();
        }
        let socket = self.list.pop_front()?;
        self.due -= 1;
        Some(socket)
    }

    /// Wakes the JavaScript thread if there is something for it. Otherwise the next event has to.
    fn wake_if_due(&mut self) {
        self.awake = !(self.list.is_empty() && self.pending.is_empty());
        if self.awake {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(wake) = &self.wake {
            wake();
        }
    }
}
