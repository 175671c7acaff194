//! The read side of a connection: when to read, how much, and what was read ahead.

use std::collections::VecDeque;
use std::mem::MaybeUninit;

use socket2::{MaybeUninitSlice, Socket};

use super::errors::{OK, Status, UV_EOF, is_would_block, status_of};
use super::event::Event;
use super::memory::{Chunk, LARGE, READ_SIZE, read_chunk};
use super::sys;

/// Most bytes that are read ahead of JavaScript.
pub const READ_AHEAD: usize = 2 * READ_SIZE;

/// What was read and not delivered, with the number that orders it among the other events.
#[derive(Debug)]
struct Arrived {
    order: u64,
    result: Result<Chunk, Status>,
}

/// The read side.
#[derive(Debug, Default)]
pub struct ReadSide {
    /// Whether JavaScript wants to read. While it does not, nothing is delivered or read.
    on: bool,
    /// Whether recv(2) may find something. Cleared when it finds nothing, or less than it asked for.
    readable: bool,
    /// The peer sends no more: a short read does not clear `readable`.
    read_closed: bool,
    /// The connection is over in both directions.
    hung_up: bool,
    /// See [`Endpoint::set_tells_resets`](super::endpoint::Endpoint::set_tells_resets).
    tells_resets: bool,
    /// See [`Endpoint::set_reads_off_thread`](super::endpoint::Endpoint::set_reads_off_thread).
    off_thread: bool,
    /// Most bytes of one event; 0 leaves it to the engine.
    size: usize,
    /// Most bytes of one event where `size` is 0; 0 is [`LARGE`].
    most: usize,
    /// The length of the last read.
    last: usize,
    /// Chunks, and behind them at most one end.
    arrived: VecDeque<Arrived>,
    /// The sum of the chunks in `arrived`.
    ahead: usize,
    /// `ahead` reached its bound: no read until half of it was taken.
    full: bool,
    /// The end, or an error, stands in `arrived`: no read before it was delivered.
    ended: bool,
    /// That end was not read, but follows from a short read: what a later read gives, [`OK`] if it is
    /// still to be made.
    implied_eof: Option<Status>,
    /// Reading was stopped before that end was delivered.
    eof_retractable: bool,
    /// The error that a read found behind an implied end that was delivered.
    unreported: Option<Status>,
    /// The error that a send has taken from the socket: the next read tells it in place of the end.
    deferred_error: Option<Status>,
    /// The last read found less than it asked for.
    short: bool,
    /// See [`ReadSide::yields`].
    yields: bool,
    /// Bytes delivered.
    delivered: u64,
    /// Bytes of the last event, since recv(2) found nothing.
    given: usize,
}

impl ReadSide {
    /// Whether JavaScript wants to read.
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Starts or stops the delivery of what arrives.
    pub fn set_on(&mut self, on: bool) {
        self.on = on;
        // Who stops between the last bytes and the implied end makes another read later, unless he starts again
        // before the event loop goes on.
        self.eof_retractable = !on && self.arrived.len() == 1 && self.implied_eof.is_some();
    }

    /// Whether [`ReadSide::settle_doubt`] is to be called when what the last event has left for the next tick
    /// has run.
    pub fn is_in_doubt(&self) -> bool {
        self.eof_retractable
    }

    /// The implied end does not follow any more.
    pub fn settle_doubt(&mut self) {
        if !std::mem::take(&mut self.eof_retractable) {
            return;
        }
        match self.implied_eof.take() {
            None => {}
            Some(OK) => {
                self.arrived.clear();
                self.ended = false;
            }
            Some(status) => self.arrived[0].result = Err(status),
        }
    }

    /// Caps one event at `bytes`; 0 takes the cap away.
    pub fn set_size(&mut self, bytes: usize) {
        self.size = bytes;
    }

    /// Lets one event have up to `bytes`, at most [`READ_SIZE`], where [`ReadSide::set_size`] has no cap.
    pub fn set_most(&mut self, bytes: usize) {
        self.most = bytes;
    }

    /// What one read asks the kernel for.
    fn ask(&self) -> usize {
        match (self.size, self.most) {
            (0, 0) => LARGE,
            (0, most) => most.min(READ_SIZE),
            (size, _) => size.min(READ_SIZE),
        }
    }

    /// Bytes delivered.
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Takes note that recv(2) may find something; `closed`: also the end; `hung_up`: see
    /// [`Readiness::hung_up`](super::event::Readiness::hung_up).
    pub fn on_ready(&mut self, closed: bool, hung_up: bool) {
        self.readable = true;
        self.read_closed |= closed;
        self.hung_up |= hung_up;
    }

    /// See [`Endpoint::set_tells_resets`](super::endpoint::Endpoint::set_tells_resets).
    pub fn set_tells_resets(&mut self, tells: bool) {
        self.tells_resets = tells;
    }

    /// See [`Endpoint::set_tells_resets`](super::endpoint::Endpoint::set_tells_resets).
    pub fn tells_resets(&self) -> bool {
        self.tells_resets
    }

    /// See [`Endpoint::set_reads_off_thread`](super::endpoint::Endpoint::set_reads_off_thread).
    pub fn set_off_thread(&mut self, off_thread: bool) {
        self.off_thread = off_thread;
    }

    /// A send has failed with `status`. Returns whether a read is to tell it, and must come first: the kernel
    /// tells an error once, and the built-in reads before it sends what has had to wait. (`EPIPE` is not that
    /// error but what follows from it.)
    pub fn overhears(&mut self, status: Status) -> bool {
        let reads_on = self.wants_read(READ_AHEAD) && !self.yields;
        let overhears = self.off_thread && status != -libc::EPIPE && reads_on;
        if overhears {
            self.deferred_error = Some(status);
            self.readable = true;
        }
        overhears
    }

    /// Forgets how the last connection ended: another one begins.
    pub fn begin_again(&mut self) {
        self.read_closed = false;
        self.hung_up = false;
        self.yields = false;
        self.unreported = None;
        self.deferred_error = None;
    }

    /// Whether a read has found an error that is going to be delivered.
    pub fn has_error(&self) -> bool {
        let last = self.arrived.back().map(|last| &last.result);
        self.on && matches!(last, Some(Err(status)) if *status != UV_EOF)
    }

    /// Takes the error that a read has found and that was not delivered: an end stands in its place.
    pub fn take_error(&mut self) -> Option<Status> {
        if let Some(status) = self.unreported.take() {
            return Some(status);
        }
        if let Some(status) = self.implied_eof.filter(|status| *status != OK && *status != UV_EOF) {
            self.implied_eof = Some(UV_EOF);
            return Some(status);
        }
        let Err(status) = &mut self.arrived.back_mut()?.result else { return None };
        let found = std::mem::replace(status, UV_EOF);
        (found != UV_EOF).then_some(found)
    }

    /// Takes what was read and not delivered: the bytes, and the error behind them, or [`OK`]. An end does not
    /// count: who reads the socket next finds it again.
    pub fn take_arrived(&mut self) -> (Vec<u8>, Status) {
        let mut bytes = Vec::with_capacity(self.ahead);
        let mut error = self.deferred_error.take().unwrap_or(OK);
        for Arrived { result, .. } in self.arrived.drain(..) {
            match result {
                Ok(chunk) => bytes.extend_from_slice(chunk.as_slice()),
                Err(status) if status != UV_EOF => error = status,
                Err(_) => {}
            }
        }
        self.ahead = 0;
        (bytes, error)
    }

    /// Whether bytes were read that were not delivered.
    pub fn has_undelivered(&self) -> bool {
        self.ahead > 0
    }

    /// Takes the bytes that were read and not delivered; they count as delivered. An end behind them stays.
    pub fn take_undelivered(&mut self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.ahead);
        self.arrived.retain(|arrived| match &arrived.result {
            Ok(chunk) => {
                bytes.extend_from_slice(chunk.as_slice());
                false
            }
            Err(_) => true,
        });
        self.delivered += bytes.len() as u64;
        (self.ahead, self.full) = (0, false);
        bytes
    }

    /// Whether something was read, if only an end, that was not delivered.
    pub fn has_arrived(&self) -> bool {
        !self.arrived.is_empty()
    }

    /// Whether recv(2) may find something.
    pub fn is_readable(&self) -> bool {
        self.readable
    }

    /// Whether a read would be made now, were there something to read. `limit` is the bound of bytes
    /// that are read ahead; with a cap on the size of an event it is one event.
    pub fn wants_read(&self, limit: usize) -> bool {
        let limit = if self.size > 0 { 1 } else { limit };
        self.on && !self.ended && !self.full && self.ahead < limit
    }

    /// Makes one read. What it finds gets the number `order`.
    pub fn read(&mut self, socket: &Socket, limit: usize, order: u64) {
        let ask = self.ask();
        let result = match read_chunk(ask, self.last, |areas| sys::receive(socket, areas)) {
            Ok(chunk) if chunk.is_empty() => Err(self.deferred_error.take().unwrap_or(UV_EOF)),
            Ok(chunk) => Ok(chunk),
            Err(error) if is_would_block(&error) => {
                self.readable = false;
                self.given = 0;
                return;
            }
            Err(error)
                if !self.tells_resets
                    && self.short
                    && self.ahead > 0
                    && self.is_one_short_read(self.last) =>
            {
                // Had the bytes been read when JavaScript takes them, the connection would have been
                // over by then.
                self.implied_eof = Some(status_of(&error));
                Err(UV_EOF)
            }
            Err(error) => Err(status_of(&error)),
        };
        let mut is_last = false;
        match &result {
            Ok(chunk) => {
                self.short = chunk.len() < ask;
                is_last = self.is_last(chunk.len());
                self.yields = self.is_rest(chunk.len());
                self.last = chunk.len();
                self.ahead += chunk.len();
                self.full = self.ahead >= limit && limit > 1;
                // Less than asked for: nothing is left, and what comes next makes the descriptor
                // ready anew, unless the end has been announced already.
                // There is another look after more than the built-in takes at once: it would have run
                // JavaScript before the last of it.
                if self.short && !self.read_closed && chunk.len() <= LARGE {
                    self.readable = false;
                }
            }
            Err(_) => {
                self.ended = true;
                self.yields = false;
            }
        }
        self.arrived.push_back(Arrived { order, result });
        if is_last {
            self.assume_end(order);
        }
    }

    /// Reads straight into `memory` and counts it as delivered, when nothing that arrived before waits and
    /// no large read is expected, which gets a block of its own.
    /// Returns how many bytes at the start of `memory` were initialised, if any; else
    /// [`ReadSide::next_event`] may have the end, whose number is `order`: `ENOBUFS` if there is no
    /// memory, as libuv has it (`uv_alloc_cb`).
    pub fn read_into(
        &mut self,
        socket: &Socket,
        memory: &mut [MaybeUninit<u8>],
        order: u64,
    ) -> Option<usize> {
        let large = self.last >= LARGE && self.size == 0;
        if large || !self.arrived.is_empty() || !self.readable || !self.wants_read(1) {
            return None;
        }
        let ask = memory.len().min(if self.size > 0 { self.size } else { self.ask() });
        let memory = &mut memory[..ask];
        let result = if ask == 0 {
            Err(-libc::ENOBUFS)
        } else {
            match sys::receive(socket, &mut [MaybeUninitSlice::new(memory)]) {
                Ok(0) => Err(UV_EOF),
                Ok(count) => {
                    self.last = count;
                    self.delivered += count as u64;
                    self.short = count < ask;
                    // As in `read`.
                    if self.short && !self.read_closed && count <= LARGE {
                        self.readable = false;
                    }
                    self.yields = self.is_rest(count);
                    if self.is_last(count) {
                        self.assume_end(order);
                    }
                    return Some(count);
                }
                Err(error) if is_would_block(&error) => {
                    self.readable = false;
                    return None;
                }
                Err(error) => Err(status_of(&error)),
            }
        };
        self.ended = true;
        self.yields = false;
        self.arrived.push_back(Arrived { order, result });
        None
    }

    /// Whether the end follows `count` bytes that were read just now, as nobody is told of a reset.
    fn is_last(&self, count: usize) -> bool {
        !self.tells_resets && self.hung_up && self.short && self.is_one_short_read(count)
    }

    /// Whether `count` bytes that were read just now are the rest of a connection that is over, and a later read
    /// tells how it ended. The built-in reads on at once behind a read that was full.
    fn is_rest(&self, count: usize) -> bool {
        let ends_full = self.size == 0 && count.is_multiple_of(LARGE);
        self.tells_resets && self.hung_up && self.short && !ends_full
    }

    /// Whether what waits to be sent, and a shutdown behind it, come before the next read: the built-in looks at
    /// them when it has read the rest of a connection that is over, and makes the read in the next iteration.
    pub fn yields(&self) -> bool {
        self.yields
    }

    /// As [`ReadSide::yields`], of an error that another thread has found behind that rest before JavaScript got it.
    /// Takes it away, with its number, until [`ReadSide::end_with`].
    pub fn take_error_behind(&mut self) -> Option<(u64, Status)> {
        if !self.off_thread || !self.tells_resets || !self.short || self.arrived.len() != 2 {
            return None;
        }
        let rest = self.arrived[0].result.as_ref().ok()?.len();
        let Arrived { order, result: Err(status) } = self.arrived[1] else { return None };
        if status == UV_EOF || (self.size == 0 && rest.is_multiple_of(LARGE)) {
            return None;
        }
        self.arrived.truncate(1);
        Some((order, status))
    }

    /// The end, or an error, stands behind what has arrived, with the number `order`.
    pub fn end_with(&mut self, status: Status, order: u64) {
        self.ended = true;
        self.arrived.push_back(Arrived { order, result: Err(status) });
    }

    /// Whether `count` bytes are what the built-in takes by one read, a short one: behind it, it takes a
    /// connection that is over for ended. Had it needed several, JavaScript would have run between them.
    fn is_one_short_read(&self, count: usize) -> bool {
        self.size > 0 || count.max(self.given) < LARGE
    }

    /// Ends reading with `status`, behind what has arrived.
    pub fn fail(&mut self, status: Status, order: u64) {
        if self.on && !self.ended {
            self.end_with(status, order);
        }
    }

    /// Whether the next event is a short read that another thread has made: what has become of the connection
    /// since, the built-in would have seen before it read.
    pub fn delivers_behind(&self) -> bool {
        self.on
            && self.off_thread
            && self.short
            && !self.ended
            && !self.tells_resets
            && self.arrived.len() == 1
            && self.is_one_short_read(self.ahead)
    }

    /// The connection is over, and what stands in `arrived` was the last of it. The end gets the number `order`.
    pub fn assume_end(&mut self, order: u64) {
        self.implied_eof = Some(OK);
        self.end_with(UV_EOF, order);
    }

    /// Whether the next event is an implied end: what comes later has to wait for it.
    pub fn has_assumed_end(&self) -> bool {
        self.on
            && self.implied_eof.is_some()
            && self.arrived.front().is_some_and(|front| front.result.is_err())
    }

    /// Whether the next event is an end that was read, not one that follows from a short read.
    pub fn ends_next(&self) -> bool {
        let is_end = self.arrived.front().is_some_and(|front| front.result.is_err());
        self.on && is_end && self.implied_eof.is_none()
    }

    /// Whether everything that was read is delivered, and the next read is likely to find the end.
    pub fn ends_behind(&self) -> bool {
        self.short && self.read_closed && !self.ended && self.arrived.is_empty()
    }

    /// Fills a chunk that was read ahead for a smaller buffer than the program has by now. What a read
    /// finds instead of bytes comes behind it.
    fn top_up(&mut self, socket: &Socket, chunk: &mut Chunk, order: u64) {
        let room = self.size.min(READ_SIZE).saturating_sub(chunk.len());
        if room == 0 || self.short || self.ended || !self.arrived.is_empty() {
            return;
        }
        match read_chunk(room, 0, |areas| sys::receive(socket, areas)) {
            Ok(more) => {
                self.short = more.len() < room;
                self.ahead += more.len();
                chunk.append(&more);
                if more.is_empty() {
                    self.ended = true;
                    self.arrived.push_back(Arrived { order, result: Err(UV_EOF) });
                } else if self.short && !self.read_closed {
                    self.readable = false;
                }
            }
            Err(error) if is_would_block(&error) => {
                self.short = true;
                self.readable = false;
            }
            Err(error) => {
                self.ended = true;
                self.arrived.push_back(Arrived { order, result: Err(status_of(&error)) });
            }
        }
    }

    /// The number of the next event that may be delivered now.
    pub fn next_order(&self) -> Option<u64> {
        if !self.on {
            return None;
        }
        self.arrived.front().map(|front| front.order)
    }

    /// The next event, if it may be delivered now.
    pub fn next_event(&mut self, socket: &Socket) -> Option<Event> {
        if !self.on {
            return None;
        }
        let front = self.arrived.front_mut()?;
        let event = match &mut front.result {
            Ok(chunk) if self.size > 0 && chunk.len() > self.size => {
                Event::Read(chunk.take_front(self.size))
            }
            Ok(chunk) => {
                let order = front.order;
                let mut chunk = std::mem::take(chunk);
                self.arrived.pop_front();
                self.top_up(socket, &mut chunk, order);
                Event::Read(chunk)
            }
            Err(status) => {
                let status = *status;
                self.arrived.pop_front();
                self.ended = false;
                self.unreported = self.implied_eof.take().filter(|status| *status != OK);
                self.on = false;
                Event::ReadEnd(status)
            }
        };
        if let Event::Read(chunk) = &event {
            self.ahead -= chunk.len();
            self.delivered += chunk.len() as u64;
            self.given = chunk.len();
            if self.ahead <= READ_AHEAD / 2 {
                self.full = false;
            }
        }
        Some(event)
    }
}
