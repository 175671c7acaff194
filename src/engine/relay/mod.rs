//! Bytes that go both ways between two connections without JavaScript.
//!
//! A [`Relay`] has a second descriptor of each of the two sockets, so that their endpoints can be closed at any time.
//! One thread for the whole process waits for all relays ([`thread`]), and moves the bytes ([`flow`]). It neither
//! shuts a socket down nor reports an end of its own: the endpoints do both, behind the report that a direction is
//! over.

mod flow;
mod pipe;
mod thread;

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mio::unix::SourceFd;
use mio::{Interest, Token};
use socket2::Socket;

use super::calls::Account;
use super::errors::{OK, Status, status_of};
use super::event::Readiness;
use flow::{Flow, Step};
use thread::Thread;

/// How many bytes one read without a pipe may bring.
pub const CHUNK: usize = 16 * 1024;

/// What a direction has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// What the caller calls the relay.
    pub id: u32,
    /// 0: from the first socket to the second one; 1: back.
    pub direction: usize,
    /// [`OK`]: the source has ended, and all its bytes were sent. Otherwise an errno; the relay is over then.
    pub status: Status,
    /// Whether `status` is the error of a write to the destination.
    pub is_write: bool,
}

/// Is called on the thread of the relays with each report.
pub type Reporter = Arc<dyn Fn(Report) + Send + Sync>;

/// Two connections whose bytes go to each other.
pub struct Relay {
    id: u32,
    /// The name that the thread knows it by.
    key: usize,
    thread: Arc<Thread>,
    reporter: Reporter,
    /// Gets the system calls of the thread for this relay.
    calls: Arc<Account>,
    /// Bytes sent in each direction.
    counts: [AtomicU64; 2],
    /// When bytes were last moved, see [`Thread::now`].
    last_traffic: AtomicU64,
    /// Whether the caller takes it back, with what was not sent, also when it is over.
    is_lent: bool,
    /// Whether it stands on the thread's list of what is due.
    listed: AtomicBool,
    /// `None` once it is over.
    state: Mutex<Option<State>>,
}

/// What a relay has to do when it has run. The later ones go first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// It waits for its sockets.
    Wait,
    /// It tries again after a pause, as the kernel is short of memory.
    Later,
    /// It goes on at once.
    Again,
}

struct State {
    sides: [Side; 2],
    flows: [Flow; 2],
    /// What has failed in a lent relay.
    failure: Option<Report>,
}

/// One of the two sockets.
struct Side {
    socket: Socket,
    token: Token,
    /// Whether a read may find something, and whether the kernel may take bytes.
    readable: bool,
    writable: bool,
    /// What the thread watches it for.
    watched: Option<Interest>,
}

impl Relay {
    /// A relay that the caller calls `id`. Nothing is moved before [`Relay::open`]. `is_lent`: the caller goes on by itself
    /// behind [`Relay::take_back`], and the first report halts both directions.
    ///
    /// # Errors
    /// Those of the thread's start.
    pub fn new(
        id: u32,
        sockets: [OwnedFd; 2],
        is_lent: bool,
        reporter: Reporter,
        calls: Arc<Account>,
    ) -> io::Result<Arc<Self>> {
        let thread = Thread::get()?;
        let key = thread.new_key();
        let mut index = 0;
        let sides = sockets.map(|socket| {
            let token = Token(2 * key + index);
            index += 1;
            Side {
                socket: Socket::from(socket),
                token,
                readable: true,
                writable: true,
                watched: None,
            }
        });
        for side in &sides {
            side.socket.set_nonblocking(true)?;
        }
        let relay = Arc::new(Relay {
            id,
            key,
            reporter,
            calls,
            counts: Default::default(),
            last_traffic: AtomicU64::new(thread.now()),
            listed: AtomicBool::new(false),
            is_lent,
            state: Mutex::new(Some(State { sides, flows: Default::default(), failure: None })),
            thread,
        });
        relay.thread.add(key, &relay);
        Ok(relay)
    }

    /// Begins to move bytes in a direction.
    pub fn open(&self, direction: usize) {
        self.open_behind(direction, Vec::new());
    }

    /// As [`Relay::open`]; `head` is sent first.
    pub fn open_behind(&self, direction: usize, head: Vec<u8>) {
        if let Some(state) = &mut *self.lock() {
            state.flows[direction].open(head);
        }
        self.thread.list(self.key);
    }

    /// Bytes sent in each direction.
    pub fn counts(&self) -> [u64; 2] {
        [0, 1].map(|direction| self.counts[direction].load(Ordering::Relaxed))
    }

    /// Milliseconds since bytes were last moved.
    pub fn idle(&self) -> u64 {
        self.thread.now().saturating_sub(self.last_traffic.load(Ordering::Relaxed))
    }

    /// Ends the relay and closes its descriptors. There may be a report that is under way.
    pub fn stop(&self) {
        let state = self.lock().take();
        self.end(state);
    }

    /// Ends the relay as [`Relay::stop`] does. Returns for each direction what was read and not sent, and what has
    /// failed, if it was not reported yet, too.
    pub fn take_back(&self) -> ([Vec<u8>; 2], Option<Report>) {
        let mut state = self.lock().take();
        let mut rests = [Vec::new(), Vec::new()];
        let mut failure = None;
        if let Some(state) = &mut state {
            failure = state.failure;
            for (direction, flow) in state.flows.iter_mut().enumerate() {
                match flow.take_rest() {
                    Ok(rest) => rests[direction] = rest,
                    // No other descriptor of the pipe exists, so this is a fault of the kernel.
                    Err(error) => {
                        failure = Some(self.report(direction, status_of(&error), false));
                    }
                }
            }
        }
        self.end(state);
        (rests, failure)
    }

    fn end(&self, state: Option<State>) {
        self.thread.remove(self.key);
        for side in state.iter().flat_map(|state| &state.sides) {
            // Other descriptors of the socket stay open, so closing this one does not take it out.
            if side.watched.is_some() {
                let _ = self.thread.registry().deregister(&mut SourceFd(&side.socket.as_raw_fd()));
            }
        }
    }

    /// Takes note that a socket is ready.
    fn on_ready(&self, side: usize, readiness: Readiness) {
        if let Some(state) = &mut *self.lock() {
            let side = &mut state.sides[side];
            side.readable |= readiness.readable;
            side.writable |= readiness.writable;
        }
    }

    /// Moves what can be moved, up to a bound. Returns what is to be done next.
    fn run(&self, buffer: &mut [u8]) -> Next {
        let mut reports = Vec::new();
        let next = {
            let mut locked = self.lock();
            let result = catch_unwind(AssertUnwindSafe(|| {
                locked.as_mut().map_or(Next::Wait, |state| {
                    self.calls.charge(|| self.run_flows(state, buffer, &mut reports))
                })
            }));
            let next = result.unwrap_or_else(|_| {
                reports.push(self.report(0, -libc::EIO, false));
                Next::Wait
            });
            if self.is_lent {
                if let Some(state) = locked.as_mut().filter(|_| !reports.is_empty()) {
                    state.flows.iter_mut().for_each(Flow::halt);
                    state.failure = reports.iter().find(|report| report.status != OK).copied();
                }
                drop(locked);
                for report in reports {
                    (self.reporter)(report);
                }
                return next;
            }
            let failed = reports.iter().any(|report| report.status != OK);
            let over = failed
                || locked.as_ref().is_some_and(|state| state.flows.iter().all(Flow::is_over));
            if over {
                let state = locked.take();
                drop(locked);
                self.end(state);
            }
            if over { Next::Wait } else { next }
        };
        for report in reports {
            (self.reporter)(report);
        }
        next
    }

    fn run_flows(&self, state: &mut State, buffer: &mut [u8], reports: &mut Vec<Report>) -> Next {
        let mut next = Next::Wait;
        for direction in [0, 1] {
            let [first, second] = &mut state.sides;
            let (from, to) = if direction == 0 { (first, second) } else { (second, first) };
            let flow = &mut state.flows[direction];
            if !flow.is_running() {
                continue;
            }
            let mut moved = 0;
            let step = flow.run(from, to, buffer, &mut moved);
            if moved > 0 {
                self.counts[direction].fetch_add(moved, Ordering::Relaxed);
                self.last_traffic.store(self.thread.now(), Ordering::Relaxed);
            }
            match step {
                Step::Again => next = Next::Again,
                Step::Later => next = next.max(Next::Later),
                Step::Wait => {}
                Step::Ended => reports.push(self.report(direction, OK, false)),
                Step::ReadFailed(status) => reports.push(self.report(direction, status, false)),
                Step::WriteFailed(status) => reports.push(self.report(direction, status, true)),
            }
            if let Err(error) = self.watch(from).and_then(|()| self.watch(to)) {
                reports.push(self.report(direction, status_of(&error), false));
            }
        }
        next
    }

    /// Watches a socket for what it has to wait for now, if it is not watched for that yet. It is edge-triggered, so
    /// nothing is reported that nobody has used up.
    fn watch(&self, side: &mut Side) -> io::Result<()> {
        let mut wanted = side.watched;
        for (waits, interest) in
            [(!side.readable, Interest::READABLE), (!side.writable, Interest::WRITABLE)]
        {
            if waits {
                wanted = Some(wanted.map_or(interest, |wanted| wanted | interest));
            }
        }
        let Some(interest) = wanted.filter(|_| wanted != side.watched) else { return Ok(()) };
        let fd = side.socket.as_raw_fd();
        let registry = self.thread.registry();
        if side.watched.is_none() {
            registry.register(&mut SourceFd(&fd), side.token, interest)?;
        } else {
            registry.reregister(&mut SourceFd(&fd), side.token, interest)?;
        }
        side.watched = wanted;
        Ok(())
    }

    fn report(&self, direction: usize, status: Status, is_write: bool) -> Report {
        Report { id: self.id, direction, status, is_write }
    }

    fn lock(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
