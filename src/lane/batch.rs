//! Events of several sockets that JavaScript gets by one call, and the memory that small reads share.

use std::mem::MaybeUninit;

use crate::engine::event::Event;
use crate::engine::memory::Chunk;

/// Fields of one entry: the socket's id, the kind of event, its status, and, for bytes that arrived,
/// where they stand in the memory; [`APART`]: they are in [`Batch::chunk`].
pub const FIELDS: usize = 4;

/// A read whose bytes stand in memory of their own.
pub const APART: i32 = -1;

/// A read is made straight into the memory only while this much of it is free, so that it takes what
/// a small message needs; JavaScript brings new memory when less is left.
pub const RESERVE: usize = 4 * 1024;

/// The next read begins at a multiple of this, as allocations do.
const ALIGNMENT: usize = 8;

/// One call's worth of events.
pub struct Batch<'a> {
    entries: &'a mut [i32],
    /// Entries in use.
    count: usize,
    memory: &'a mut [MaybeUninit<u8>],
    /// Bytes of `memory` in use. At most its length.
    used: usize,
    /// The bytes of the last entry, if they stand apart. It ends the batch.
    chunk: Option<Chunk>,
}

impl<'a> Batch<'a> {
    /// An empty batch; `used` bytes of `memory` are taken.
    pub fn new(entries: &'a mut [i32], memory: &'a mut [MaybeUninit<u8>], used: usize) -> Self {
        let used = used.min(memory.len());
        Batch { entries, count: 0, memory, used, chunk: None }
    }

    /// How many entries more there is room for.
    pub fn room(&self) -> usize {
        if self.chunk.is_some() { 0 } else { self.entries.len() / FIELDS - self.count }
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The memory that a read may fill now; empty if too little is left.
    pub fn free_memory(&mut self) -> &mut [MaybeUninit<u8>] {
        let free = self.memory.len() - self.used;
        let size = if free < RESERVE { 0 } else { RESERVE };
        &mut self.memory[self.used..self.used + size]
    }

    /// Adds a read of `count` bytes that stand at the start of [`Batch::free_memory`].
    pub fn push_read(&mut self, id: u32, count: usize) {
        let offset = self.used;
        self.used = (offset + count).next_multiple_of(ALIGNMENT).min(self.memory.len());
        self.push_entry([id as i32, READ, count as i32, offset as i32]);
    }

    /// Adds an event.
    pub fn push(&mut self, id: u32, event: Event) {
        let entry = [id as i32, event.kind(), event.status(), APART];
        if let Event::Read(chunk) = event {
            self.chunk = Some(chunk);
        }
        self.push_entry(entry);
    }

    fn push_entry(&mut self, entry: [i32; FIELDS]) {
        let at = self.count * FIELDS;
        self.entries[at..at + FIELDS].copy_from_slice(&entry);
        self.count += 1;
    }

    /// How many entries there are, how much memory is taken, and the bytes that stand apart.
    pub fn finish(self) -> (usize, usize, Option<Chunk>) {
        (self.count, self.used, self.chunk)
    }
}

/// The kind of [`Event::Read`].
const READ: i32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_reads_stand_one_behind_the_other() {
        let mut entries = [0; 3 * FIELDS];
        let mut memory = vec![MaybeUninit::uninit(); 2 * RESERVE];
        let mut batch = Batch::new(&mut entries, &mut memory, 0);
        assert_eq!(batch.free_memory().len(), RESERVE);
        batch.push_read(7, 13);
        batch.push_read(8, RESERVE);
        assert_eq!(batch.free_memory().len(), 0);
        assert_eq!(batch.room(), 1);
        batch.push(9, Event::Read(Chunk::new(b"apart".to_vec())));
        assert_eq!(batch.room(), 0);
        let (count, used, chunk) = batch.finish();
        assert_eq!((count, used), (3, 16 + RESERVE));
        assert_eq!(chunk.unwrap().as_slice(), b"apart");
        assert_eq!(entries, [7, READ, 13, 0, 8, READ, RESERVE as i32, 16, 9, READ, 5, APART]);
    }

    #[test]
    fn the_kinds_are_those_of_the_events() {
        assert_eq!(Event::Read(Chunk::default()).kind(), READ);
    }
}
