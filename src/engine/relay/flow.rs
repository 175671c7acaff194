//! One direction of a relay.

use std::io::{self, IoSlice};
use std::mem;

use super::pipe::Pipe;
use super::{CHUNK, Side};
use crate::engine::errors::{Status, is_out_of_memory, is_would_block, status_of};
use crate::engine::sys;

/// How many bytes one direction moves before other relays are served.
const BUDGET: usize = 256 * 1024;

/// After so many reads in a row of less than a buffer each, a pipe does not pay any more.
const SMALL_READS: u32 = 16;

/// What a direction has come to.
#[derive(Debug)]
pub enum Step {
    /// It waits for one of the sockets.
    Wait,
    /// It has used up its share.
    Again,
    /// The kernel is short of memory, and no socket becomes ready when it has some again.
    Later,
    /// The source has ended, and all its bytes were sent.
    Ended,
    /// The source has failed.
    ReadFailed(Status),
    /// The destination has failed.
    WriteFailed(Status),
}

/// One direction.
#[derive(Default)]
pub struct Flow {
    stage: Stage,
    /// Whether a read has found the end.
    ended: bool,
    /// Bytes that were read without a pipe, and how many of them were sent.
    rest: Vec<u8>,
    sent: usize,
    /// Made by a read that has filled the buffer.
    pipe: Option<Pipe>,
    /// Whether the kernel can move no bytes of these sockets through a pipe.
    copies: bool,
    /// Reads of less than a buffer since the last one that was larger.
    small_reads: u32,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Closed,
    Open,
    Over,
}

impl Flow {
    /// Begins. `head` is sent first. One that was halted has it for [`Flow::take_rest`].
    pub fn open(&mut self, head: Vec<u8>) {
        if !head.is_empty() {
            self.rest = head;
        }
        if self.stage == Stage::Closed {
            self.stage = Stage::Open;
        }
    }

    /// Whether [`Flow::run`] has something to do.
    pub fn is_running(&self) -> bool {
        self.stage == Stage::Open
    }

    /// Whether it has ended or failed.
    pub fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// Moves bytes until one of the sockets has to be waited for. Adds what was sent to `moved`.
    pub fn run(
        &mut self,
        from: &mut Side,
        to: &mut Side,
        buffer: &mut [u8],
        moved: &mut u64,
    ) -> Step {
        let step = self.advance(from, to, buffer, moved);
        if matches!(step, Step::Ended) {
            // It is empty.
            self.pipe = None;
        }
        if !matches!(step, Step::Wait | Step::Again | Step::Later) {
            self.halt();
        }
        step
    }

    /// Moves nothing any more.
    pub fn halt(&mut self) {
        self.stage = Stage::Over;
    }

    /// Takes what was read and not sent.
    ///
    /// # Errors
    /// Those of read(2).
    pub fn take_rest(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = mem::take(&mut self.rest);
        rest.drain(..mem::take(&mut self.sent));
        if let Some(mut pipe) = self.pipe.take() {
            pipe.drain(&mut rest)?;
        }
        Ok(rest)
    }

    fn advance(
        &mut self,
        from: &mut Side,
        to: &mut Side,
        buffer: &mut [u8],
        moved: &mut u64,
    ) -> Step {
        loop {
            // What was read goes out before more is read, so a slow reader makes the sender wait.
            while self.waiting() > 0 {
                if !to.writable {
                    return Step::Wait;
                }
                match self.send(to) {
                    Ok(0) => return Step::WriteFailed(-libc::EIO),
                    Ok(count) => *moved += count as u64,
                    Err(error) if is_would_block(&error) => to.writable = false,
                    Err(error) if is_out_of_memory(&error) => return Step::Later,
                    Err(error) => return Step::WriteFailed(status_of(&error)),
                }
            }
            if self.ended {
                return Step::Ended;
            }
            if !from.readable {
                return Step::Wait;
            }
            if *moved >= BUDGET as u64 {
                return Step::Again;
            }
            if self.small_reads >= SMALL_READS {
                self.pipe = None;
            }
            match self.receive(from, buffer) {
                Ok(0) => self.ended = true,
                Ok(count) => self.choose(count),
                Err(error) if is_would_block(&error) => from.readable = false,
                Err(error) if is_out_of_memory(&error) => return Step::Later,
                // Sockets of some kinds cannot be spliced.
                Err(error) if self.pipe.is_some() && error.raw_os_error() == Some(libc::EINVAL) => {
                    self.copy_from_now_on();
                }
                Err(error) => return Step::ReadFailed(status_of(&error)),
            }
        }
    }

    /// Bytes that were read and not sent.
    fn waiting(&self) -> usize {
        self.rest.len() - self.sent + self.pipe.as_ref().map_or(0, Pipe::filled)
    }

    fn send(&mut self, to: &Side) -> io::Result<usize> {
        if self.sent == self.rest.len()
            && let Some(pipe) = &mut self.pipe
        {
            if may_splice(to) {
                return pipe.empty(&to.socket);
            }
            self.rest.clear();
            pipe.drain(&mut self.rest)?;
            self.sent = 0;
            self.copy_from_now_on();
        }
        let count = sys::send(&to.socket, &[IoSlice::new(&self.rest[self.sent..])])?;
        self.sent += count;
        if self.sent == self.rest.len() {
            // Most connections are idle most of the time, and an idle one has no memory.
            self.rest = Vec::new();
            self.sent = 0;
        }
        Ok(count)
    }

    fn receive(&mut self, from: &Side, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(pipe) = &mut self.pipe {
            if may_splice(from) {
                return pipe.fill(&from.socket);
            }
            self.copy_from_now_on();
        }
        let count = sys::receive_bytes(&from.socket, buffer)?;
        self.rest.extend_from_slice(&buffer[..count]);
        Ok(count)
    }

    /// No pipe is used any more. To be called while it is empty.
    fn copy_from_now_on(&mut self) {
        self.pipe = None;
        self.copies = true;
    }

    /// After a read of `count` bytes: a pipe pays for bytes that come in bulk. Without a descriptor for one they are
    /// copied.
    fn choose(&mut self, count: usize) {
        let is_large = count >= CHUNK;
        self.small_reads = if is_large { 0 } else { self.small_reads.saturating_add(1) };
        if is_large && self.pipe.is_none() && !self.copies {
            self.pipe = Pipe::new().ok();
        }
    }
}

/// Whether splice(2) does not wait for the socket: it minds `O_NONBLOCK` of the socket alone, which whoever has the socket
/// as well may take away (a child process with it as its stdio).
fn may_splice(side: &Side) -> bool {
    side.socket.nonblocking().unwrap_or(false)
}
