//! The memory that reads land in.
//!
//! The last read of a socket decides where its next one goes:
//!
//! * Behind a read of less than [`MIN_BLOCK`] it goes to a scratch area of the thread, and is copied to memory of its exact
//!   size. So a socket that waits holds no memory.
//! * Behind a larger one it goes straight into a block of the size of the last read. What does not fit goes to the scratch
//!   area by the same system call.
//! * Behind a read of [`USUAL_READ`] or more it goes to a block that is used again once JavaScript has a copy, so that the
//!   kernel does not have to clear pages for each read. (On the uv backend such a read goes to memory of JavaScript's.)

use std::cell::RefCell;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use socket2::MaybeUninitSlice;

/// Most bytes that one read asks the kernel for, where the program wants more than [`USUAL_READ`].
pub const MAX_READ: usize = 256 * 1024;

/// From this many bytes on a read that is expected gets a block of its own.
pub const MIN_BLOCK: usize = 4 * 1024;

/// What one read asks for, unless the program wants more. libuv asks for as much, so programs size their own buffers by
/// it, and [`super::read`] tells by it when libuv would look for an end. Not less than Node's default `highWaterMark`: the
/// program wants more then.
pub const USUAL_READ: usize = 64 * 1024;

/// Sizes of blocks that are used again, and how many spare ones of each are kept: 4 MiB of each size.
const SPARE_BLOCKS: [(usize, usize); 2] = [(USUAL_READ, 64), (MAX_READ, 16)];

/// Empty blocks of each of the [`SPARE_BLOCKS`], for all threads: some read, others give back.
static SPARES: [Mutex<Vec<Vec<u8>>>; SPARE_BLOCKS.len()] =
    [const { Mutex::new(Vec::new()) }; SPARE_BLOCKS.len()];

/// The spare blocks of exactly `size` bytes, and how many are kept; `None`: of that size none are.
fn spares(size: usize) -> Option<(MutexGuard<'static, Vec<Vec<u8>>>, usize)> {
    let kind = SPARE_BLOCKS.iter().position(|kind| kind.0 == size)?;
    Some((SPARES[kind].lock().unwrap_or_else(PoisonError::into_inner), SPARE_BLOCKS[kind].1))
}

/// An empty block with room for `size` bytes.
fn take_block(size: usize) -> Vec<u8> {
    let spare = spares(size).and_then(|(mut blocks, _)| blocks.pop());
    spare.unwrap_or_else(|| Vec::with_capacity(size))
}

/// Gives the memory of a chunk back.
pub fn give_back(mut bytes: Vec<u8>) {
    let Some((mut blocks, most)) = spares(bytes.capacity()) else { return };
    bytes.clear();
    if blocks.len() < most {
        blocks.push(bytes);
    }
}

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(Vec::with_capacity(MAX_READ));
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

    /// Adds the bytes of another chunk.
    pub fn append(&mut self, more: &Chunk) {
        self.bytes.extend_from_slice(more.as_slice());
    }

    /// The bytes as one allocation that starts with them.
    pub fn into_vec(mut self) -> Vec<u8> {
        if self.start > 0 {
            self.bytes.drain(..self.start);
        }
        self.bytes
    }
}

/// Lets `receive` fill at most `limit` bytes of uninitialised memory and returns what it filled.
///
/// `receive` gets one or two areas and returns how many bytes it initialised, from the start of the
/// first area on. `expected` is the length of the last read. An empty chunk means that `receive`
/// returned 0.
///
/// # Errors
/// Those of `receive`.
pub fn read_chunk(
    limit: usize,
    expected: usize,
    receive: impl FnOnce(&mut [MaybeUninitSlice<'_>]) -> io::Result<usize>,
) -> io::Result<Chunk> {
    let limit = limit.clamp(1, MAX_READ);
    if expected >= USUAL_READ && limit >= USUAL_READ {
        return read_block(limit, receive);
    }
    let size = if expected < MIN_BLOCK { 0 } else { expected.min(limit) };
    let mut block: Vec<u8> = Vec::with_capacity(size);
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.clear();
        let count = {
            let front = &mut block.spare_capacity_mut()[..size];
            let back = &mut scratch.spare_capacity_mut()[..limit - size];
            let mut areas = [MaybeUninitSlice::new(front), MaybeUninitSlice::new(back)];
            let areas = if size == 0 { &mut areas[1..] } else { &mut areas[..] };
            receive(areas)?.min(limit)
        };
        let rest = count.saturating_sub(size);
        // SAFETY: `receive` initialised `count` bytes: those of the block first, then `rest` bytes of
        // the scratch area; neither is more than the area's length.
        unsafe {
            block.set_len(count - rest);
            scratch.set_len(rest);
        }
        block.extend_from_slice(scratch);
        if block.len() < block.capacity() / 2 {
            block.shrink_to_fit();
        }
        Ok(Chunk::new(block))
    })
}

/// As [`read_chunk`], into a block of `size` bytes, any number, which is handed over if at least half full.
///
/// # Errors
/// Those of `receive`.
pub fn read_block(
    size: usize,
    receive: impl FnOnce(&mut [MaybeUninitSlice<'_>]) -> io::Result<usize>,
) -> io::Result<Chunk> {
    let mut block = take_block(size);
    let area = &mut block.spare_capacity_mut()[..size];
    let received = receive(&mut [MaybeUninitSlice::new(area)]);
    let count = match received {
        Ok(count) => count.min(size),
        Err(error) => {
            give_back(block);
            return Err(error);
        }
    };
    // SAFETY: `receive` initialised `count` bytes, which is not more than there is room for.
    unsafe { block.set_len(count) };
    if count >= size / 2 {
        return Ok(Chunk::new(block));
    }
    let copy = block.to_vec();
    give_back(block);
    Ok(Chunk::new(copy))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a read of `text` gives, and how many areas it was offered.
    fn read(limit: usize, expected: usize, text: &[u8]) -> (Vec<u8>, usize) {
        let mut offered = 0;
        let chunk = read_chunk(limit, expected, |areas| {
            offered = areas.len();
            let slots = areas.iter_mut().flat_map(|area| area.iter_mut());
            let count = slots.zip(text).map(|(slot, byte)| slot.write(*byte)).count();
            Ok(count)
        });
        (chunk.unwrap().into_vec(), offered)
    }

    #[test]
    fn gives_what_was_received_whatever_was_expected() {
        let text: Vec<u8> = (0..50_000u32).map(|number| (number % 251) as u8).collect();
        for expected in [0, 100, MIN_BLOCK, 10_000, 50_000, 1 << 20] {
            for length in [0, 1, 5_000, 50_000] {
                let (bytes, areas) = read(MAX_READ, expected, &text[..length]);
                assert!(bytes == text[..length], "{expected} {length}");
                assert_eq!(areas, if (MIN_BLOCK..USUAL_READ).contains(&expected) { 2 } else { 1 });
                let most = if expected >= USUAL_READ { 0 } else { expected };
                assert!(bytes.capacity() <= (2 * length).max(most));
            }
            assert_eq!(read(10, expected, &text).0, &text[..10]);
        }
    }

    #[test]
    fn blocks_are_used_again() {
        for (size, _) in SPARE_BLOCKS {
            give_back(Vec::with_capacity(size));
            assert_eq!(take_block(size).capacity(), size);
        }
        assert!(spares(1000).is_none());
    }

    #[test]
    fn a_chunk_can_be_taken_piece_by_piece() {
        let mut chunk = Chunk::new(b"abcdef".to_vec());
        assert_eq!(chunk.take_front(4).into_vec(), b"abcd");
        assert_eq!((chunk.len(), chunk.as_slice()), (2, &b"ef"[..]));
        assert_eq!(chunk.take_front(9).into_vec(), b"ef");
        assert!(chunk.is_empty());
    }
}
