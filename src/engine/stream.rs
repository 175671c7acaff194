//! One connection: a state machine around a non-blocking stream socket.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::net::Shutdown;

use socket2::{SockAddr, Socket};

use super::connect::{self, Progress};
use super::errors::{OK, Status, is_out_of_buffers, is_would_block, status, status_of};
use super::event::{Activity, Event, Readiness};
use super::queue::WriteQueue;
use super::read::ReadSide;
use super::sys;

/// Most slices of one sendmsg(2) (`IOV_MAX`, 1024 on Linux and macOS).
const MAX_SLICES: usize = 1024;

/// The number of events that come before anything that was read.
const FIRST: u64 = 0;

/// How a write went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The kernel took all of it.
    Now,
    /// The rest is queued; an [`Event::Write`] follows.
    Queued,
}

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
    /// Whether connect(2) was called once, by [`Stream::connect`]: nobody watched the socket before.
    fresh: bool,
    read: ReadSide,
    /// Writes behind those that the kernel took. Empty whenever a write may be tried at once.
    queue: WriteQueue,
    /// Whether the kernel may take bytes. Cleared when it took less than it was offered.
    writable: bool,
    write_side: WriteSide,
    /// Whether the event of a shutdown was not delivered.
    shutdown_due: bool,
    /// Events other than reads, each with the number that orders it among all events; [`FIRST`] for
    /// what a command has answered: as libuv's pending queue it comes before anything that was read.
    events: VecDeque<(u64, Event)>,
    /// The number of the next event.
    order: u64,
    /// Connects, queued writes and shutdowns whose event was not delivered.
    requests: usize,
    /// Bytes given to [`Stream::write`].
    given: u64,
}

impl Stream {
    /// A stream over a socket that is connected, or taken to be.
    pub fn new(socket: Socket) -> Self {
        Stream {
            socket,
            connecting: false,
            connect_due: false,
            fresh: false,
            read: ReadSide::default(),
            queue: WriteQueue::default(),
            writable: true,
            write_side: WriteSide::Open,
            shutdown_due: false,
            events: VecDeque::new(),
            order: 0,
            requests: 0,
            given: 0,
        }
    }

    /// Starts to connect `socket`. `delayed` are the errors of connect(2) that come as an event
    /// instead of being returned.
    ///
    /// # Errors
    /// The socket and the error of connect(2), if it is none of `delayed`.
    pub fn connect(
        socket: Socket,
        address: &SockAddr,
        delayed: impl FnOnce(&io::Error) -> bool,
    ) -> Result<Self, (Socket, io::Error)> {
        let progress = connect::start(&socket, address);
        let mut stream = Stream::new(socket);
        stream.connecting = true;
        stream.connect_due = true;
        stream.fresh = true;
        stream.writable = false;
        stream.requests = 1;
        match progress {
            // Also what is connected at once waits for the descriptor to say so, as under libuv: who had
            // something to do before, such as the server that is connected to, comes first.
            Ok(_) => {}
            Err(error) if delayed(&error) => stream.connected(status_of(&error)),
            Err(error) => return Err((stream.socket, error)),
        }
        Ok(stream)
    }

    /// Calls connect(2) once more, as libuv does: the kernel decides (Linux says yes the first time
    /// after a TCP connect, then `EISCONN`). The event of a connect before, if it was not delivered,
    /// does not come any more.
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
        if std::mem::replace(&mut self.connect_due, true) {
            self.events.retain(|(_, event)| !matches!(event, Event::Connect(_)));
        } else {
            self.requests += 1;
        }
        self.defer_shutdown();
        match progress {
            Ok(Progress::Waiting) => {
                self.writable = false;
                self.read.begin_again();
            }
            Ok(Progress::Done) => self.connected(OK),
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

    /// Whether a shutdown was called whose event was not delivered.
    pub fn is_shutdown_due(&self) -> bool {
        self.shutdown_due
    }

    /// Bytes given to [`Stream::write`]: queued, sent or refused.
    pub fn bytes_written(&self) -> u64 {
        self.given
    }

    /// Bytes queued.
    pub fn queued_bytes(&self) -> usize {
        self.queue.bytes()
    }

    /// Sends `slices` as one write; queues a copy of what the kernel does not take. An empty write goes
    /// to the kernel too: it tells of a connection that is lost.
    ///
    /// # Errors
    /// `EPIPE` after [`Stream::shutdown`], and those of sendmsg(2). Nothing is queued then.
    pub fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<Written> {
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        self.given += total as u64;
        if self.write_side != WriteSide::Open {
            return Err(io::Error::from_raw_os_error(libc::EPIPE));
        }
        let mut sent = 0;
        if self.queue.is_empty() && !self.connecting {
            sent = match self.send_now(slices) {
                Ok(sent) => sent,
                Err(error) => return Err(self.write_error(error)),
            };
            if sent == total {
                return Ok(Written::Now);
            }
        }
        self.requests += 1;
        self.queue.push(slices, sent);
        Ok(Written::Queued)
    }

    /// Sends of `bytes` what the kernel takes now and returns how much that was. If it is not all of
    /// them, an [`Event::Write`] tells when it may take more; nothing is copied.
    ///
    /// # Errors
    /// As for [`Stream::write`].
    pub fn feed(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut sent = 0;
        if self.write_side != WriteSide::Open {
            self.given += bytes.len() as u64;
            return Err(io::Error::from_raw_os_error(libc::EPIPE));
        }
        if self.queue.is_empty() && !self.connecting {
            sent = match self.send_now(&[IoSlice::new(bytes)]) {
                Ok(sent) => sent,
                Err(error) => {
                    self.given += bytes.len() as u64;
                    return Err(self.write_error(error));
                }
            };
            self.given += sent as u64;
            if sent == bytes.len() {
                return Ok(sent);
            }
        }
        self.requests += 1;
        self.queue.push(&[], 0);
        Ok(sent)
    }

    /// Shuts the write side down once everything queued was sent; an [`Event::Shutdown`] follows.
    ///
    /// # Errors
    /// `ENOTCONN`: not connected yet, or shut down before.
    pub fn shutdown(&mut self) -> io::Result<()> {
        if self.connecting || self.write_side != WriteSide::Open {
            return Err(io::Error::from_raw_os_error(libc::ENOTCONN));
        }
        self.write_side = WriteSide::Closing;
        self.shutdown_due = true;
        self.requests += 1;
        self.shut_if_sent(FIRST);
        Ok(())
    }

    /// Takes note that the descriptor is ready.
    pub fn on_ready(&mut self, readiness: Readiness) {
        if readiness.readable {
            self.read.on_ready(readiness.read_closed, readiness.hung_up);
        }
        self.writable |= readiness.writable;
    }

    /// Whether a read would be made now, were there something to read.
    pub fn wants_read(&self, ahead: usize) -> bool {
        !self.connecting && self.read.wants_read(ahead)
    }

    /// Whether bytes, or the end of a connection attempt, wait for the descriptor.
    pub fn wants_write(&self) -> bool {
        self.connecting || !self.queue.is_empty()
    }

    /// Whether the kernel may take bytes.
    pub fn is_writable(&self) -> bool {
        self.writable
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
        if self.read.is_readable() && self.wants_read(ahead) {
            let order = self.next_order();
            self.read.read(&self.socket, ahead, order);
            return true;
        }
        self.writable && !self.queue.is_empty() && self.flush()
    }

    /// See [`ReadSide::read_into`]. Nothing is read while another event waits.
    pub fn read_into(&mut self, memory: &mut [MaybeUninit<u8>]) -> Option<usize> {
        if self.connecting || !self.events.is_empty() {
            return None;
        }
        let order = self.next_order();
        self.read.read_into(&self.socket, memory, order)
    }

    /// Whether [`Stream::next_event`] has something.
    pub fn has_event(&self) -> bool {
        !self.events.is_empty() || self.read.next_order().is_some()
    }

    /// Whether [`Stream::next_event`] has the end that a read has found. libuv finds it by a read of its own,
    /// when the event loop has gone on since the last bytes: who answers them in `setImmediate` has done
    /// so before the end comes.
    pub fn ends_next(&self) -> bool {
        let other = self.events.front().map(|(order, _)| *order);
        let read = self.read.next_order();
        self.read.ends_next() && other.is_none_or(|other| read.is_some_and(|read| read < other))
    }

    /// The oldest event that may be delivered now; reads are held back while reading is off.
    pub fn next_event(&mut self) -> Option<Event> {
        let other = self.events.front().map(|(order, _)| *order);
        match (other, self.read.next_order()) {
            (Some(other), Some(read)) if read < other => self.read.next_event(),
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
            (None, _) => self.read.next_event(),
        }
    }

    /// How the stream keeps the process alive.
    pub fn activity(&self) -> Activity {
        Activity { active: self.read.is_on(), pending: self.requests > 0 }
    }

    /// Ends everything that is under way with `status`: the lane cannot go on.
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

    /// Adds the event of a write; its request was counted when it began.
    fn push_write(&mut self, status: Status) {
        let order = self.next_order();
        self.events.push_back((order, Event::Write(status)));
    }

    /// Bytes that the kernel took at once; 0 if it takes none for now.
    ///
    /// # Errors
    /// Those of sendmsg(2), if nothing was sent; else the next call reports them.
    fn send_now(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if slices.is_empty() {
            return sys::send(&self.socket, &[IoSlice::new(&[])]);
        }
        let mut total = 0;
        for group in slices.chunks(MAX_SLICES) {
            let offered: usize = group.iter().map(|slice| slice.len()).sum();
            let sent = match sys::send(&self.socket, group) {
                Ok(sent) => sent,
                Err(error) if is_out_of_buffers(&error) => return Ok(total),
                Err(error) if total == 0 && !is_would_block(&error) => return Err(error),
                Err(_) => 0,
            };
            total += sent;
            if sent < offered {
                self.writable = false;
                break;
            }
        }
        Ok(total)
    }

    fn finish_connect(&mut self) {
        match connect::finish(&self.socket, self.fresh) {
            Ok(Progress::Waiting) => self.writable = false,
            Ok(Progress::Done) => self.connected(OK),
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

    /// Sends what is queued; returns whether that got anywhere.
    fn flush(&mut self) -> bool {
        let socket = &self.socket;
        match self.queue.send(|slices| sys::send(socket, slices)) {
            Ok((offered, sent, completed)) => {
                self.writable = sent == offered;
                for _ in 0..completed {
                    self.push_write(OK);
                }
            }
            Err(error) if is_out_of_buffers(&error) => return false,
            Err(error) if is_would_block(&error) => self.writable = false,
            Err(error) => self.fail_writes(status_of(&error)),
        }
        let order = self.next_order();
        self.shut_if_sent(order);
        true
    }

    /// The first queued write ends with `status`, those behind it are cancelled.
    fn fail_writes(&mut self, status: Status) {
        for index in 0..self.queue.clear() {
            self.push_write(if index == 0 { status } else { -libc::ECANCELED });
        }
        let order = self.next_order();
        self.shut_if_sent(order);
    }

    /// Adds the event of a shutdown if nothing is left to send; it gets the number `order`.
    fn shut_if_sent(&mut self, order: u64) {
        if self.write_side == WriteSide::Closing && self.queue.is_empty() {
            self.write_side = WriteSide::Due;
            self.events.push_back((order, Event::Shutdown(OK)));
        }
    }

    /// A shutdown that was due waits for bytes to be sent first: libuv looks at the connect instead, and
    /// comes to the shutdown only after the next write.
    fn defer_shutdown(&mut self) {
        if self.write_side == WriteSide::Due {
            self.write_side = WriteSide::Closing;
            self.events.retain(|(_, event)| !matches!(event, Event::Shutdown(_)));
        }
    }

    /// The error of a write that the kernel has refused. What a read has taken from the socket, and nobody
    /// was told of, it would have told here: it tells each error once, then `EPIPE`. (Unix-domain sockets
    /// answer `EPIPE` anyway.)
    fn write_error(&mut self, error: io::Error) -> io::Error {
        if error.raw_os_error() != Some(libc::EPIPE)
            || self.socket.local_addr().is_ok_and(|address| address.is_unix())
        {
            return error;
        }
        self.read.take_error().map_or(error, |status| io::Error::from_raw_os_error(-status))
    }

    /// Calls shutdown(2); its event.
    fn shut(&mut self) -> Event {
        self.shutdown_due = false;
        self.write_side = WriteSide::Shut;
        Event::Shutdown(status(self.socket.shutdown(Shutdown::Write)))
    }
}
