//! Events of several sockets that JavaScript gets by one call, and the memory that their reads land in.

use std::mem::MaybeUninit;

use crate::engine::event::Event;
use crate::engine::memory::{Chunk, MAX_READ, USUAL_READ};

/// Fields of one entry: the socket's id, the kind of event, its status, and, for bytes that arrived,
/// where they stand in the memory; or [`OUT_OF_LINE`], [`USER_BUFFER`], [`LANDED_FULL`] or [`LANDED_LARGE`]; for a write its
/// id.
pub const FIELDS: usize = 4;

/// A read whose bytes stand in [`Filled::chunk`].
pub const OUT_OF_LINE: i32 = -1;

/// A read whose bytes stand in memory of the program's own.
pub const USER_BUFFER: i32 = -2;

/// A read whose bytes stand in the Buffer of [`Area::Full`].
pub const LANDED_FULL: i32 = -3;

/// A read whose bytes stand in the Buffer of [`Area::Large`].
pub const LANDED_LARGE: i32 = -4;

/// A batch takes another read only while at least so much of its memory is free.
pub const RESERVE: usize = USUAL_READ;

/// How long the memory is: for the largest read, and one of [`RESERVE`] behind it.
pub const MEMORY: usize = MAX_READ + RESERVE;

/// The next read begins at a multiple of this, as allocations do.
const ALIGNMENT: usize = 8;

/// No event: JavaScript writes this over the kind of an entry that is not to be dispatched.
pub const NONE: i32 = 0;

/// The kind of [`Event::Read`].
const READ: i32 = 2;

/// The kind of event that no endpoint reports: the closing phase has come for a socket.
pub const CLOSED: i32 = 6;

/// A Buffer that JavaScript provides for one read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// Of [`USUAL_READ`] bytes, for the next read of any socket that is expected to bring as many. JavaScript hands out
    /// the Buffer itself.
    Full,
    /// As [`Area::Full`], of [`MAX_READ`] bytes.
    Large,
    /// The program's own (`onread`), for the socket with this slot.
    Own(u32),
}

/// Finds an [`Area`]; `None`: JavaScript provides none.
pub type Areas<'a> = &'a mut dyn FnMut(Area) -> Option<&'a mut [MaybeUninit<u8>]>;

/// One call's worth of events.
pub struct Batch<'a> {
    entries: &'a mut [i32],
    /// Entries in use.
    count: usize,
    memory: &'a mut [MaybeUninit<u8>],
    /// Bytes of `memory` in use. At most its length.
    used: usize,
    areas: Areas<'a>,
    /// Bytes that were read into `areas`.
    landed: usize,
    /// The bytes of the last entry, if they stand out of line.
    chunk: Option<Chunk>,
    /// Nothing may be added any more.
    full: bool,
}

/// What a batch holds.
#[derive(Default)]
pub struct Filled {
    /// How many entries.
    pub count: usize,
    /// How many bytes were read.
    pub bytes: usize,
    /// The bytes of the last entry, if they stand out of line.
    pub chunk: Option<Chunk>,
}

impl<'a> Batch<'a> {
    /// An empty batch.
    pub fn new(
        entries: &'a mut [i32],
        memory: &'a mut [MaybeUninit<u8>],
        areas: Areas<'a>,
    ) -> Self {
        Batch { entries, count: 0, memory, used: 0, areas, landed: 0, chunk: None, full: false }
    }

    /// Whether there is room for another entry, and for what it may bring.
    pub fn has_room(&self) -> bool {
        !self.full
            && self.count < self.entries.len() / FIELDS
            && self.memory.len() - self.used >= RESERVE
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Ends the batch: what comes next has to wait for the next one.
    pub fn close(&mut self) {
        self.full = true;
    }

    /// The memory that a read may fill now.
    pub fn free_memory(&mut self) -> &mut [MaybeUninit<u8>] {
        &mut self.memory[self.used..]
    }

    /// Memory of JavaScript's for one read. A batch with a read into the program's own has no other entry, since the next
    /// read may go to the same memory.
    pub fn area(&mut self, area: Area) -> Option<&'a mut [MaybeUninit<u8>]> {
        (self.areas)(area)
    }

    /// Adds a read of `count` bytes that stand at the start of [`Batch::free_memory`].
    pub fn push_read(&mut self, id: u32, count: usize) {
        let offset = self.used;
        self.used = (offset + count).next_multiple_of(ALIGNMENT).min(self.memory.len());
        self.push_entry([id as i32, READ, count as i32, offset as i32]);
    }

    /// Adds a read of `count` bytes that stand in `area`, and ends the batch.
    pub fn push_area_read(&mut self, id: u32, count: usize, area: Area) {
        let place = match area {
            Area::Full => LANDED_FULL,
            Area::Large => LANDED_LARGE,
            Area::Own(_) => USER_BUFFER,
        };
        self.landed += count;
        self.push_entry([id as i32, READ, count as i32, place]);
        self.close();
    }

    /// Adds an event.
    pub fn push(&mut self, id: u32, event: Event) {
        let detail = event.id().map_or(OUT_OF_LINE, |id| id.get() as i32);
        let entry = [id as i32, event.kind(), event.status(), detail];
        if let Event::Read(chunk) = event {
            self.chunk = Some(chunk);
            self.close();
        }
        self.push_entry(entry);
    }

    /// Adds that the closing phase has come for a socket.
    pub fn push_closed(&mut self, id: u32) {
        self.push_entry([id as i32, CLOSED, 0, OUT_OF_LINE]);
    }

    fn push_entry(&mut self, entry: [i32; FIELDS]) {
        let at = self.count * FIELDS;
        self.entries[at..at + FIELDS].copy_from_slice(&entry);
        self.count += 1;
    }

    /// What is in it.
    pub fn finish(self) -> Filled {
        let out_of_line = self.chunk.as_ref().map_or(0, Chunk::len);
        Filled {
            count: self.count,
            bytes: self.used + self.landed + out_of_line,
            chunk: self.chunk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_stand_one_behind_the_other() {
        let mut entries = [0; 4 * FIELDS];
        let mut memory = vec![MaybeUninit::uninit(); 2 * RESERVE];
        let mut areas = |_| None;
        let mut batch = Batch::new(&mut entries, &mut memory, &mut areas);
        assert_eq!(batch.free_memory().len(), 2 * RESERVE);
        batch.push_read(7, 13);
        batch.push_read(8, 16);
        assert!(batch.has_room());
        batch.push(9, Event::Read(Chunk::new(b"large".to_vec())));
        assert!(!batch.has_room());
        let filled = batch.finish();
        assert_eq!((filled.count, filled.bytes), (3, 32 + 5));
        assert_eq!(filled.chunk.unwrap().as_slice(), b"large");
        assert_eq!(entries[..12], [7, READ, 13, 0, 8, READ, 16, 16, 9, READ, 5, OUT_OF_LINE]);
    }

    #[test]
    fn ends_when_too_little_memory_is_left() {
        let mut entries = [0; 4 * FIELDS];
        let mut memory = vec![MaybeUninit::uninit(); 2 * RESERVE];
        let mut areas = |_| None;
        let mut batch = Batch::new(&mut entries, &mut memory, &mut areas);
        batch.push_read(7, RESERVE);
        assert!(batch.has_room());
        batch.push_read(8, 1);
        assert!(!batch.has_room());
    }

    #[test]
    fn a_read_into_an_area_is_the_last() {
        let mut entries = [0; 4 * FIELDS];
        let mut memory = vec![MaybeUninit::uninit(); 2 * RESERVE];
        let mut theirs = [MaybeUninit::uninit(); 10];
        let mut theirs = Some(&mut theirs[..]);
        let mut areas = |area| if area == Area::Own(7) { theirs.take() } else { None };
        let mut batch = Batch::new(&mut entries, &mut memory, &mut areas);
        assert!(batch.area(Area::Own(6)).is_none());
        assert!(batch.area(Area::Large).is_none());
        assert_eq!(batch.area(Area::Own(7)).unwrap().len(), 10);
        batch.push_read(5, 16);
        batch.push_area_read(7, 4, Area::Own(7));
        assert!(!batch.has_room());
        assert_eq!(batch.finish().bytes, 16 + 4);
        assert_eq!(entries[4..8], [7, READ, 4, USER_BUFFER]);
    }

    #[test]
    fn a_large_read_is_the_last() {
        let mut entries = [0; 4 * FIELDS];
        let mut memory = vec![MaybeUninit::uninit(); 2 * RESERVE];
        let mut areas = |_| None;
        let mut batch = Batch::new(&mut entries, &mut memory, &mut areas);
        batch.push_area_read(8, 9, Area::Full);
        assert!(!batch.has_room());
        assert_eq!(batch.finish().bytes, 9);
        assert_eq!(entries[..4], [8, READ, 9, LANDED_FULL]);
    }

    #[test]
    fn the_kinds_are_those_of_the_events() {
        assert_eq!(Event::Read(Chunk::default()).kind(), READ);
        let id = std::num::NonZeroU32::MIN;
        let others = [
            Event::Connect(0),
            Event::ReadEnd(0),
            Event::Write(id, 0),
            Event::Writable(0),
            Event::Descriptors(1),
            Event::Shutdown(0),
            Event::Connection(0),
        ];
        assert!(others.iter().all(|event| ![NONE, CLOSED].contains(&event.kind())));
    }
}
