//! The queue of writes that the kernel did not take yet.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::num::NonZeroU32;
use std::os::fd::OwnedFd;

/// Most slices that one system call gets (`IOV_MAX` is 1024 on Linux and macOS; more than this gains
/// nothing).
const SLICES: usize = 64;

/// One queued write.
#[derive(Debug)]
struct Pending {
    /// Which one it is; `None`: a large write waits for room, whose bytes stand elsewhere.
    id: Option<NonZeroU32>,
    /// A copy: the memory of the caller may change or go away while the write waits.
    bytes: Vec<u8>,
    /// How many of `bytes` were sent. Always less than or equal to `bytes.len()`.
    sent: usize,
    /// What goes with the first of `bytes` that are left.
    descriptors: Vec<OwnedFd>,
}

/// Writes in the order in which they were made.
#[derive(Debug, Default)]
pub struct WriteQueue {
    /// Every entry has bytes left to send, but for an empty write.
    pending: VecDeque<Pending>,
    /// The sum of the bytes that are left to send.
    bytes: usize,
}

impl WriteQueue {
    /// Bytes that are left to send.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether no write is left.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Queues a copy of `slices` without its first `skip` bytes, as the write `id`.
    pub fn push(&mut self, id: NonZeroU32, slices: &[IoSlice<'_>], skip: usize) {
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        let mut bytes = Vec::with_capacity(total.saturating_sub(skip));
        let mut skip = skip;
        for slice in slices {
            let from = skip.min(slice.len());
            skip -= from;
            bytes.extend_from_slice(&slice[from..]);
        }
        self.push_owned(id, bytes, 0);
    }

    /// Queues `bytes` without their first `sent` ones, as the write `id`.
    pub fn push_owned(&mut self, id: NonZeroU32, bytes: Vec<u8>, sent: usize) {
        self.bytes += bytes.len() - sent;
        self.pending.push_back(Pending { id: Some(id), bytes, sent, descriptors: Vec::new() });
    }

    /// Queues `bytes`, with which `descriptors` go, as the write `id`.
    pub fn push_descriptors(&mut self, id: NonZeroU32, bytes: Vec<u8>, descriptors: Vec<OwnedFd>) {
        self.bytes += bytes.len();
        self.pending.push_back(Pending { id: Some(id), bytes, sent: 0, descriptors });
    }

    /// Whether descriptors wait to be sent.
    pub fn has_descriptors(&self) -> bool {
        self.pending.iter().any(|pending| !pending.descriptors.is_empty())
    }

    /// A large write waits for room.
    pub fn push_large(&mut self) {
        self.pending.push_back(Pending {
            id: None,
            bytes: Vec::new(),
            sent: 0,
            descriptors: Vec::new(),
        });
    }

    /// No large write waits for room any more; returns whether one did.
    pub fn remove_large(&mut self) -> bool {
        let before = self.pending.len();
        self.pending.retain(|pending| pending.id.is_some());
        self.pending.len() < before
    }

    /// Offers as much as fits one system call to `send` and takes off what it reports as sent. A write with descriptors,
    /// which `send` gets beside the bytes, goes alone. Each write that this completes goes to `completed`. Returns (bytes
    /// offered, bytes sent).
    ///
    /// # Errors
    /// Those of `send`; the queue is then unchanged.
    pub fn send(
        &mut self,
        send: impl FnOnce(&[IoSlice<'_>], &[OwnedFd]) -> io::Result<usize>,
        completed: impl FnMut(Option<NonZeroU32>),
    ) -> io::Result<(usize, usize)> {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut count = 0;
        let mut offered = 0;
        let mut descriptors: &[OwnedFd] = &[];
        for (slot, pending) in slices.iter_mut().zip(&self.pending) {
            if !pending.descriptors.is_empty() {
                if count > 0 {
                    break;
                }
                descriptors = &pending.descriptors;
            } else if !descriptors.is_empty() {
                break;
            }
            let rest = &pending.bytes[pending.sent..];
            *slot = IoSlice::new(rest);
            offered += rest.len();
            count += 1;
        }
        let sent = if offered == 0 { 0 } else { send(&slices[..count], descriptors)?.min(offered) };
        self.take(sent, completed);
        Ok((offered, sent))
    }

    /// As [`WriteQueue::send`], of the first write only, a message. The kernel takes it as a whole, also an empty one.
    ///
    /// # Errors
    /// Those of `send`; the queue is then unchanged.
    pub fn send_message(
        &mut self,
        send: impl FnOnce(&[IoSlice<'_>], &[OwnedFd]) -> io::Result<usize>,
        mut completed: impl FnMut(Option<NonZeroU32>),
    ) -> io::Result<(usize, usize)> {
        let Some(first) = self.pending.front() else { return Ok((0, 0)) };
        let length = first.bytes.len();
        send(&[IoSlice::new(&first.bytes)], &first.descriptors)?;
        completed(first.id);
        self.pending.pop_front();
        self.bytes -= length;
        Ok((length, length))
    }

    /// Drops every write; each goes to `dropped`.
    pub fn clear(&mut self, mut dropped: impl FnMut(Option<NonZeroU32>)) {
        self.bytes = 0;
        for pending in self.pending.drain(..) {
            dropped(pending.id);
        }
    }

    /// Drops every write and returns the bytes that are left to send.
    pub fn take_unsent(&mut self) -> Vec<u8> {
        let mut unsent = Vec::with_capacity(self.bytes);
        for pending in self.pending.drain(..) {
            unsent.extend_from_slice(&pending.bytes[pending.sent..]);
        }
        self.bytes = 0;
        unsent
    }

    /// Takes off the first `sent` bytes; each write that this completes goes to `completed`.
    fn take(&mut self, sent: usize, mut completed: impl FnMut(Option<NonZeroU32>)) {
        let mut left = sent;
        while let Some(front) = self.pending.front_mut() {
            let rest = front.bytes.len() - front.sent;
            if left > 0 {
                // They have gone with the first byte.
                front.descriptors.clear();
            }
            if rest > left {
                front.sent += left;
                break;
            }
            left -= rest;
            completed(front.id);
            self.pending.pop_front();
        }
        self.bytes -= sent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    /// (offered, sent), and the ids of completed writes.
    type Sent = ((usize, usize), Vec<Option<NonZeroU32>>);

    /// Sends from `queue` as far as `send` says.
    fn send(
        queue: &mut WriteQueue,
        send: impl FnOnce(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<Sent> {
        let mut ids = Vec::new();
        let counts = queue.send(|slices, _| send(slices), |id| ids.push(id))?;
        Ok((counts, ids))
    }

    #[test]
    fn completes_writes_in_order_whatever_the_kernel_takes() {
        let mut queue = WriteQueue::default();
        queue.push(id(1), &[IoSlice::new(b"abc"), IoSlice::new(b"def")], 4);
        queue.push(id(2), &[IoSlice::new(b"")], 0);
        queue.push(id(3), &[IoSlice::new(b"ghi")], 0);
        assert_eq!(queue.bytes(), 5);
        let mut seen = Vec::new();
        let first = send(&mut queue, |slices| {
            seen = slices.iter().flat_map(|slice| slice.to_vec()).collect();
            Ok(1)
        });
        assert_eq!(first.unwrap(), ((5, 1), vec![]));
        assert_eq!(seen, b"efghi");
        let second = send(&mut queue, |_| Ok(1)).unwrap();
        assert_eq!(second, ((4, 1), vec![Some(id(1)), Some(id(2))]));
        assert_eq!(send(&mut queue, |_| Ok(3)).unwrap(), ((3, 3), vec![Some(id(3))]));
        assert!(queue.is_empty());
        assert_eq!(queue.bytes(), 0);
    }

    #[test]
    fn a_large_write_stands_for_itself() {
        let mut queue = WriteQueue::default();
        queue.push_large();
        let sent = send(&mut queue, |_| panic!("nothing to send")).unwrap();
        assert_eq!(sent, ((0, 0), vec![None]));
        queue.push_large();
        assert!(queue.remove_large());
        assert!(!queue.remove_large());
        assert!(queue.is_empty());
    }

    #[test]
    fn an_error_leaves_the_queue_as_it_was() {
        let mut queue = WriteQueue::default();
        queue.push(id(7), &[IoSlice::new(b"abc")], 0);
        assert!(send(&mut queue, |_| Err(io::Error::from_raw_os_error(libc::EPIPE))).is_err());
        assert_eq!(queue.bytes(), 3);
        let mut dropped = Vec::new();
        queue.clear(|id| dropped.push(id));
        assert_eq!((dropped, queue.bytes()), (vec![Some(id(7))], 0));
    }

    #[test]
    fn messages_go_one_by_one_also_empty_ones() {
        let mut queue = WriteQueue::default();
        for (number, bytes) in [(1, &b"one"[..]), (2, b""), (3, b""), (4, b"four")] {
            queue.push_descriptors(id(number), bytes.to_vec(), Vec::new());
        }
        let mut sent = Vec::new();
        for number in 1..=4 {
            let mut ids = Vec::new();
            let send = |slices: &[IoSlice<'_>], _: &[OwnedFd]| {
                sent.push(slices[0].to_vec());
                Ok(slices[0].len())
            };
            let (offered, taken) = queue.send_message(send, |id| ids.push(id)).unwrap();
            assert_eq!((offered, ids), (taken, vec![Some(id(number))]));
        }
        assert_eq!(sent, [&b"one"[..], b"", b"", b"four"]);
        assert!(queue.is_empty());
        assert_eq!(queue.bytes(), 0);
    }

    #[test]
    fn a_message_that_the_kernel_does_not_take_stays() {
        let mut queue = WriteQueue::default();
        queue.push_descriptors(id(1), b"one".to_vec(), Vec::new());
        let would_block = |_: &[IoSlice<'_>], _: &[OwnedFd]| Err(io::ErrorKind::WouldBlock.into());
        assert!(queue.send_message(would_block, |_| panic!("not sent")).is_err());
        assert_eq!(queue.bytes(), 3);
    }
}
