//! One connection: a state machine around a non-blocking stream socket.

mod hand_over;
mod loss;
mod write;

use std::collections::VecDeque;
use std::io;
use std::mem::MaybeUninit;

use socket2::{SockAddr, Socket};

use crate::engine::connect::{self, Attempt};
use crate::engine::errors::{OK, Status, status_of};
use crate::engine::event::{Activity, Event, Readiness};
use crate::engine::message;
use crate::engine::queue::WriteQueue;
use crate::engine::read::{ReadConfig, ReadSide};
use crate::engine::room::Room;
use crate::engine::sys;

pub use hand_over::Remains;
pub use write::{MAX_SLICES, Written};

/// The number of events that come before anything that was read.
const FIRST: u64 = 0;

/// Where the write side stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WriteSide {
    /// shutdown(2) was not asked for.
    Open,
    /// It is to be called when the queue is empty.
    Closing,
    /// It is called when its event is delivered, as libuv does both at once: a connection that is closed
    /// before is not shut down, and the peer does not see an end before a reset.
    Due,
    /// It was called.
    Shut,
}

/// A connection, or an attempt at one.
#[derive(Debug)]
pub struct Stream {
    socket: Socket,
    /// Between connect(2) and its end; the queue waits meanwhile.
    connecting: bool,
    /// Whether the event of a connect was not delivered.
    connect_due: bool,
    /// Whether connect(2) was called once, by [`Stream::connect`]: no backend watched the socket before.
    fresh: bool,
    read: ReadSide,
    /// Writes behind those that the kernel took. Empty whenever a write may be tried at once.
    queue: WriteQueue,
    /// Whether the kernel may take bytes. Cleared when it took less than it was offered.
    writable: bool,
    write_side: WriteSide,
    /// Whether writes are refused: a shutdown was asked for, and no connect since (`UV_HANDLE_WRITABLE` of libuv).
    refuses_writes: bool,
    /// Whether the event of a shutdown was not delivered.
    shutdown_due: bool,
    /// Events other than reads, each with the number that orders it among all events; [`FIRST`] for
    /// what a command has answered: as libuv's pending queue it comes before anything that was read.
    events: VecDeque<(u64, Event)>,
    /// The number of the next event.
    order: u64,
    /// Connects, queued writes and shutdowns whose event was not delivered.
    requests: usize,
    /// The id of the newest queued write.
    last_id: u32,
    room: Room,
}

impl Stream {
    /// A stream over a socket that is connected, or taken to be.
    pub fn new(socket: Socket, config: ReadConfig) -> Self {
        if config.messages {
            let _ = message::tell_from_end(&socket);
        }
        Stream {
            socket,
            connecting: false,
            connect_due: false,
            fresh: false,
            read: ReadSide::new(config),
            queue: WriteQueue::default(),
            writable: true,
            write_side: WriteSide::Open,
            refuses_writes: false,
            shutdown_due: false,
            events: VecDeque::new(),
            order: 0,
            requests: 0,
            last_id: 0,
            room: Room::default(),
        }
    }

    /// Starts to connect `socket`. `delayed` are the errors of connect(2) that come as an event
    /// instead of being returned.
    ///
    /// # Errors
    /// The socket and the error of connect(2), if it is none of `delayed`.
    pub fn connect(
        socket: Socket,
        config: ReadConfig,
        address: &SockAddr,
        delayed: impl FnOnce(&io::Error) -> bool,
    ) -> Result<Self, (Socket, io::Error)> {
        let progress = connect::start(&socket, address);
        let mut stream = Stream::new(socket, config);
        stream.connecting = true;
        stream.connect_due = true;
        stream.fresh = true;
        stream.writable = false;
        stream.requests = 1;
        match progress {
            // A socket that is connected at once waits for its descriptor, too, as under libuv. Descriptors that
            // became ready earlier, such as the server's, come first.
            Ok(_) => {}
            Err(error) if delayed(&error) => stream.connected(status_of(&error)),
            Err(error) => return Err((stream.socket, error)),
        }
        Ok(stream)
    }

    /// Calls connect(2) once more, as libuv does: the kernel decides (Linux says yes the first time
    /// after a TCP connect, then `EISCONN`). The event of a connect before, if it was not delivered,
    /// does not come any more. Writes are taken again, also while a shutdown is due.
    ///
    /// # Errors
    /// Those of connect(2), if none of `delayed`.
    pub fn connect_again(
        &mut self,
        address: &SockAddr,
        delayed: impl FnOnce(&io::Error) -> bool,
    ) -> io::Result<()> {
        let progress = connect::start(&self.socket, address);
        match progress {
            Err(error) if !delayed(&error) => return Err(error),
            _ => {}
        }
        self.connecting = true;
        self.fresh = false;
        self.room.forget();
        if std::mem::replace(&mut self.connect_due, true) {
            self.events.retain(|(_, event)| !matches!(event, Event::Connect(_)));
        } else {
            self.requests += 1;
        }
        self.defer_shutdown();
        self.refuses_writes = false;
        match progress {
            Ok(Attempt::Waiting) => {
                self.writable = false;
                self.read.begin_again();
            }
            Ok(Attempt::Done) => self.connected(OK),
            Err(error) => self.connected(status_of(&error)),
        }
        Ok(())
    }

    /// The socket.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Whether nothing is done with the socket: it neither connects, reads nor writes.
    pub fn is_idle(&self) -> bool {
        !self.connecting && self.requests == 0 && !self.read.is_on()
    }

    /// An option of the socket was set.
    pub fn note_option(&self) {
        self.room.forget();
    }

    /// Gives the socket back.
    pub fn into_socket(self) -> Socket {
        self.socket
    }

    /// The read side.
    pub fn reading(&self) -> &ReadSide {
        &self.read
    }

    /// The read side, to be changed.
    pub fn reading_mut(&mut self) -> &mut ReadSide {
        &mut self.read
    }

    /// Whether the connection attempt goes on.
    pub fn is_connecting(&self) -> bool {
        self.connecting
    }

    /// Whether a connect was called whose event was not delivered.
    pub fn is_connect_due(&self) -> bool {
        self.connect_due
    }

    /// Takes note that the descriptor is ready.
    pub fn on_ready(&mut self, readiness: Readiness) {
        if readiness.readable {
            self.read.on_ready(readiness);
        }
        let reports_resets = self.read.config().reports_resets;
        self.writable |= readiness.writable || (readiness.hung_up && reports_resets);
    }

    /// Whether a read would be made now, were there something to read.
    pub fn wants_read(&self, ahead: usize) -> bool {
        !self.connecting && self.read.wants_read(ahead)
    }

    /// Makes one step of what is wanted and possible: ends a connection attempt, reads once (as long
    /// as fewer than `ahead` bytes wait for delivery), or sends once. Returns whether there was one.
    pub fn advance(&mut self, ahead: usize) -> bool {
        if self.connecting {
            if self.writable {
                self.finish_connect();
                return true;
            }
            return false;
        }
        if self.read.is_readable() && self.wants_read(ahead) && !self.sends_first() {
            let order = self.next_order();
            self.read.read(&self.socket, ahead, order);
            self.send_behind_rest();
            if self.read.is_readable() {
                self.send_between_reads();
            }
            return true;
        }
        if self.sends_first() && self.queue.bytes() == 0 {
            return self.fail_lost_writes() || self.flush();
        }
        self.writable && !self.queue.is_empty() && self.flush()
    }

    /// Whether what waits to be sent comes before the next read, see [`ReadSide::has_read_rest`].
    fn sends_first(&self) -> bool {
        self.read.has_read_rest() && self.writable && !self.queue.is_empty()
    }

    /// See [`ReadSide::read_into`]. Nothing is read while another event waits.
    pub fn read_into(&mut self, memory: &mut [MaybeUninit<u8>]) -> Option<usize> {
        if self.connecting || !self.events.is_empty() {
            return None;
        }
        if self.sends_first() {
            return None;
        }
        let order = self.next_order();
        let count = self.read.read_into(&self.socket, memory, order);
        if count.is_some() {
            self.send_behind_rest();
            self.send_between_reads();
        }
        count
    }

    /// After a read behind which there may be another one: sends once if it can. A peer that never stops sending would
    /// otherwise keep what waits from going out. libuv writes behind each read, too.
    fn send_between_reads(&mut self) {
        if self.writable && !self.queue.is_empty() {
            self.flush();
        }
    }

    /// Whether [`Stream::next_event`] has something.
    pub fn has_event(&self) -> bool {
        !self.events.is_empty()
            || self.read.next_order().is_some()
            || self.read.has_retractable_eof()
    }

    /// Whether [`Stream::next_event`] has the end that a read has found. libuv finds it by a read of its own, in
    /// the next iteration of the event loop: a program that answers the last bytes in `setImmediate` has done so
    /// before the end comes.
    pub fn ends_next(&self) -> bool {
        let other = self.events.front().map(|(order, _)| *order);
        let read = self.read.next_order();
        self.read.ends_next() && other.is_none_or(|other| read.is_some_and(|read| read < other))
    }

    /// The oldest event that may be delivered now; reads are held back while reading is off.
    pub fn next_event(&mut self) -> Option<Event> {
        let event = self.next_of_both();
        if matches!(event, Some(Event::ReadEnd(_))) {
            self.resume_shutdown();
        }
        event
    }

    /// As [`Stream::next_event`], of what was read and of what else has happened.
    fn next_of_both(&mut self) -> Option<Event> {
        self.read.retract_eof();
        if self.read.eof_implied_next() {
            return self.read.next_event(&self.socket);
        }
        self.imply_eof_at_last();
        if self.sends_behind_rest() && self.read.may_be_rest() && sys::is_drained(&self.socket) {
            self.read.note_rest();
            let order = self.next_order();
            self.shut_if_sent(order);
        }
        let other = self.events.front().map(|(order, _)| *order);
        match (other, self.read.next_order()) {
            (Some(other), Some(read)) if read < other => self.read.next_event(&self.socket),
            (Some(_), _) => {
                let (_, event) = self.events.pop_front()?;
                self.requests -= 1;
                match event {
                    Event::Connect(_) => self.connect_due = false,
                    Event::Shutdown(_) => return Some(self.shut()),
                    _ => {}
                }
                Some(event)
            }
            (None, _) => self.read.next_event(&self.socket),
        }
    }

    /// How the stream keeps the process alive.
    pub fn activity(&self) -> Activity {
        Activity { active: self.read.is_on(), pending: self.requests > 0 }
    }

    /// Ends everything that is under way with `status`: the backend cannot go on.
    pub fn fail(&mut self, status: Status) {
        if self.connecting {
            self.connected(status);
        }
        self.fail_writes(status);
        let order = self.next_order();
        self.read.fail(status, order);
    }

    fn next_order(&mut self) -> u64 {
        self.order += 1;
        self.order
    }

    fn finish_connect(&mut self) {
        match connect::finish(&self.socket, self.fresh) {
            Ok(Attempt::Waiting) => self.writable = false,
            Ok(Attempt::Done) => self.connected(OK),
            Err(error) => self.connected(status_of(&error)),
        }
    }

    fn connected(&mut self, status: Status) {
        self.connecting = false;
        self.writable = true;
        // While a connect is under way, libuv looks at nothing else.
        self.events.push_front((FIRST, Event::Connect(status)));
        if status != OK {
            self.fail_writes(-libc::ECANCELED);
        }
    }
}
