//! A pipe that splice(2) moves bytes through, so that they are not copied.

use std::io::{self, PipeReader, PipeWriter, Read};
use std::os::fd::AsFd;

use rustix::pipe::{SpliceFlags, fcntl_setpipe_size, splice};

use crate::engine::calls::{Call, count as note};
use crate::engine::errors::retry;

/// How many bytes the pipe may hold. The kernel allows a user so much without privileges (`pipe-max-size`, pipe(7)).
pub const SIZE: usize = 256 * 1024;

/// A pipe, and how many bytes are in it.
pub struct Pipe {
    reader: PipeReader,
    writer: PipeWriter,
    filled: usize,
}

impl Pipe {
    /// An empty pipe.
    ///
    /// # Errors
    /// Those of pipe2(2).
    pub fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        // A pipe of another size works, too.
        let _ = fcntl_setpipe_size(&writer, SIZE);
        Ok(Pipe { reader, writer, filled: 0 })
    }

    /// Bytes in it.
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// Takes bytes of a socket; 0: it has ended. To be called while the pipe is empty: `WouldBlock` says then that
    /// the socket has none.
    ///
    /// # Errors
    /// Those of splice(2); `EINTR` is retried.
    pub fn fill(&mut self, from: &impl AsFd) -> io::Result<usize> {
        let count = transfer(Call::Read, from, &self.writer, SIZE)?;
        self.filled += count;
        Ok(count)
    }

    /// Gives bytes to a socket.
    ///
    /// # Errors
    /// As for [`Pipe::fill`].
    pub fn empty(&mut self, to: &impl AsFd) -> io::Result<usize> {
        let count = transfer(Call::Write, &self.reader, to, self.filled)?;
        self.filled -= count;
        Ok(count)
    }

    /// Moves what is in it to the end of `bytes`.
    ///
    /// # Errors
    /// Those of read(2).
    pub fn drain(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        let start = bytes.len();
        bytes.resize(start + self.filled, 0);
        self.filled = 0;
        self.reader.read_exact(&mut bytes[start..])
    }
}

/// Moves up to `count` bytes (splice(2)). It waits neither for the pipe nor for a socket that is non-blocking.
fn transfer(call: Call, from: &impl AsFd, to: &impl AsFd, count: usize) -> io::Result<usize> {
    retry(|| {
        note(call);
        Ok(splice(from, None, to, None, count, SpliceFlags::MOVE | SpliceFlags::NONBLOCK)?)
    })
}
