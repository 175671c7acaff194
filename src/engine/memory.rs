//! The memory that reads land in.
//!
//! Small reads go through a scratch area of the thread and are copied to memory of their exact size,
//! so that a socket that waits holds none. When a socket fills large reads, the next one goes
//! straight into a block of its own, which is later handed over without a copy.

use std::cell::RefCell;
use std::io;
use std::mem::MaybeUninit;

/// Most bytes that one read asks the kernel for.
pub const READ_SIZE: usize = 64 * 1024;

/// From this many bytes on a read counts as large: the next one gets a block of its own, and the
/// bytes are handed to JavaScript without a copy.
pub const LARGE: usize = 16 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(Vec::with_capacity(READ_SIZE));
}

/// Bytes that were read and not delivered yet.
#[derive(Debug, Default)]
pub struct Chunk {
    /// `bytes[start..]` is what remains.
    bytes: Vec<u8>,
    /// Always at most `bytes.len()`.
    start: usize,
}

impl Chunk {
    /// A chunk that owns `bytes`.
    pub fn new(bytes: Vec<u8>) -> Self {
        Chunk { bytes, start: 0 }
    }

    /// How many bytes remain.
    pub fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Whether nothing remains.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes that remain.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Splits off the first `count` bytes (at most what remains) as a chunk of their own.
    pub fn take_front(&mut self, count: usize) -> Chunk {
        let end = self.start + count.min(self.len());
        let front = self.bytes[self.start..end].to_vec();
        self.start = end;
        Chunk::new(front)
    }

    /// The bytes as one allocation that starts with them.
    pub fn into_vec(mut self) -> Vec<u8> {
        if self.start > 0 {
            self.bytes.drain(..self.start);
        }
        self.bytes
    }
}

/// Runs `receive` on uninitialised memory for at most `limit` bytes and returns what it filled.
///
/// `receive` gets the memory and returns how many bytes at its start it initialised. `large` says
/// that a large read is expected. An empty chunk means that `receive` returned 0.
///
/// # Errors
/// Those of `receive`.
pub fn read_chunk(
    limit: usize,
    large: bool,
    receive: impl FnOnce(&mut [MaybeUninit<u8>]) -> io::Result<usize>,
) -> io::Result<Chunk> {
    let limit = limit.clamp(1, READ_SIZE);
    if large && limit >= LARGE {
        let mut block = Vec::with_capacity(limit);
        fill(&mut block, limit, receive)?;
        if block.len() < block.capacity() / 2 {
            block.shrink_to_fit();
        }
        return Ok(Chunk::new(block));
    }
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.clear();
        fill(scratch, limit, receive)?;
        Ok(Chunk::new(scratch.as_slice().to_vec()))
    })
}

/// Lets `receive` fill at most `limit` bytes of the spare capacity of the empty `memory`.
fn fill(
    memory: &mut Vec<u8>,
    limit: usize,
    receive: impl FnOnce(&mut [MaybeUninit<u8>]) -> io::Result<usize>,
) -> io::Result<()> {
    let spare = memory.spare_capacity_mut();
    let limit = limit.min(spare.len());
    let count = receive(&mut spare[..limit])?.min(limit);
    // SAFETY: `receive` initialised the first `count` bytes of the spare capacity, which starts at
    // 0 because the vector was empty, and `count` is at most that capacity.
    unsafe { memory.set_len(count) };
    Ok(())
}
