//! The reads themselves, and what follows from how much they find.

use std::io;
use std::mem::MaybeUninit;

use socket2::{MaybeUninitSlice, Socket};

use super::end::{Behind, End};
use super::{Connection, LastRead, ReadSide};
use crate::engine::errors::{UV_EOF, is_would_block, status_of};
use crate::engine::memory::{Chunk, MAX_READ, USUAL_READ, read_chunk};
use crate::engine::sys;

impl ReadSide {
    /// Makes one read. What it finds gets the number `order`.
    pub fn read(&mut self, socket: &Socket, limit: usize, order: u64) {
        if self.config.messages {
            return self.read_message(socket, limit, order);
        }
        if self.receives > 0 {
            return self.read_with_descriptors(socket, limit, order);
        }
        let ask = self.ask();
        let found = read_chunk(ask, self.last_size, |areas| sys::receive(socket, areas));
        self.arrive(found, ask, limit, order);
    }

    /// Takes note of what a read has found that asked for `ask` bytes.
    pub(super) fn arrive(
        &mut self,
        found: io::Result<Chunk>,
        ask: usize,
        limit: usize,
        order: u64,
    ) {
        match found {
            Ok(chunk) if chunk.is_empty() => {
                let status = self.send_error.take().unwrap_or(UV_EOF);
                self.stop_at(End::Found { order, status });
            }
            Ok(chunk) => {
                let is_last = self.note_read(chunk.len(), ask);
                self.keep(chunk, limit, order);
                if is_last {
                    self.imply_eof(order);
                }
            }
            Err(error) if is_would_block(&error) => {
                self.readable = false;
                self.last_event = 0;
            }
            Err(error) => {
                let status = status_of(&error);
                self.stop_at(if self.would_have_ended() {
                    End::Implied { order, behind: Behind::Error(status), retractable: false }
                } else {
                    End::Found { order, status }
                });
            }
        }
    }

    /// Keeps what was read until it is delivered.
    pub(super) fn keep(&mut self, chunk: Chunk, limit: usize, order: u64) {
        self.ahead += chunk.len();
        self.full = self.ahead >= limit && limit > 1;
        self.chunks.push_back((order, chunk));
    }

    /// Reads straight into `memory` and counts the bytes as delivered. It does not read while a chunk or an end
    /// waits, nor where a message is expected, or descriptors.
    /// Returns how many bytes at the start of `memory` were initialised, if any; else
    /// [`ReadSide::next_event`] may have the end, whose number is `order`: `ENOBUFS` if there is no
    /// memory, as libuv has it (`uv_alloc_cb`).
    pub fn read_into(
        &mut self,
        socket: &Socket,
        memory: &mut [MaybeUninit<u8>],
        order: u64,
    ) -> Option<usize> {
        if self.config.messages
            || self.receives > 0
            || !self.chunks.is_empty()
            || !self.readable
            || !self.wants_read(1)
        {
            return None;
        }
        let ask = memory.len().min(if self.cap > 0 { self.cap } else { self.ask() });
        let memory = &mut memory[..ask];
        let status = if ask == 0 {
            -libc::ENOBUFS
        } else {
            match sys::receive(socket, &mut [MaybeUninitSlice::new(memory)]) {
                Ok(0) => UV_EOF,
                Ok(count) => {
                    self.delivered += count as u64;
                    if self.note_read(count, ask) {
                        self.imply_eof(order);
                    }
                    return Some(count);
                }
                Err(error) if is_would_block(&error) => {
                    self.readable = false;
                    return None;
                }
                Err(error) => status_of(&error),
            }
        };
        self.stop_at(End::Found { order, status });
        None
    }

    /// Fills a chunk that was read ahead for a smaller buffer than the program has by now. An end that the read
    /// finds comes behind the chunk.
    pub(super) fn top_up(&mut self, socket: &Socket, chunk: &mut Chunk, order: u64) {
        let room = self.cap.min(MAX_READ).saturating_sub(chunk.len());
        let waits = !self.chunks.is_empty() || !self.end.is_none();
        if room == 0 || self.last_read.is_short() || waits || self.receives > 0 {
            return;
        }
        match read_chunk(room, 0, |areas| sys::receive(socket, areas)) {
            Ok(more) => {
                let is_short = more.len() < room;
                if is_short {
                    self.last_read = LastRead::Short;
                }
                self.ahead += more.len();
                chunk.append(&more);
                if more.is_empty() {
                    self.end_with(UV_EOF, order);
                } else if is_short && !self.connection.is_read_closed() {
                    self.readable = false;
                }
            }
            Err(error) if is_would_block(&error) => {
                self.last_read = LastRead::Short;
                self.readable = false;
            }
            Err(error) => self.end_with(status_of(&error), order),
        }
    }

    /// Takes note that a read which asked for `ask` bytes has found `count`. Returns whether an EOF is implied
    /// behind them.
    fn note_read(&mut self, count: usize, ask: usize) -> bool {
        let is_short = count < ask;
        let is_over = is_short && self.connection == Connection::HungUp;
        let reports = self.config.reports_resets;
        self.last_size = count;
        self.last_read = match (is_short, is_over && reports && !self.fills_reads(count)) {
            (false, _) => LastRead::Full,
            (true, false) => LastRead::Short,
            (true, true) => LastRead::Rest,
        };
        // A short read leaves nothing behind, and what comes next makes the descriptor ready anew, unless the kernel
        // has reported the end already. After more than one read of libuv's there is another look: libuv would have
        // run JavaScript before the last of it.
        if is_short && !self.connection.is_read_closed() && count <= USUAL_READ {
            self.readable = false;
        }
        is_over && !reports && self.is_one_short_read(count)
    }

    /// A read has found an end.
    pub(super) fn stop_at(&mut self, end: End) {
        self.end = end;
        if self.last_read == LastRead::Rest {
            self.last_read = LastRead::Short;
        }
    }

    /// Whether libuv would have taken the connection for ended before it made the read that has just failed: had
    /// the bytes been read when JavaScript takes them, the connection would have been over by then.
    fn would_have_ended(&self) -> bool {
        !self.config.reports_resets
            && self.last_read.is_short()
            && self.ahead > 0
            && self.is_one_short_read(self.last_size)
    }
}
