//! The queue of writes that the kernel did not take yet.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

/// Most slices that one system call gets (`IOV_MAX` is 1024 on Linux and macOS; more than this gains
/// nothing).
const SLICES: usize = 64;

/// One queued write.
#[derive(Debug)]
struct Pending {
    /// A copy: the memory of the caller may change or go away while the write waits.
    bytes: Vec<u8>,
    /// How many of `bytes` were sent. Always less than or equal to `bytes.len()`.
    sent: usize,
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

    /// Writes that are left.
    pub fn len(&self) -> usize {
        self.pending.len()
    }

    /// Whether no write is left.
    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Queues a copy of `slices` without its first `skip` bytes, as one write.
    pub fn push(&mut self, slices: &[IoSlice<'_>], skip: usize) {
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        let mut bytes = Vec::with_capacity(total.saturating_sub(skip));
        let mut skip = skip;
        for slice in slices {
            let from = skip.min(slice.len());
            skip -= from;
            bytes.extend_from_slice(&slice[from..]);
        }
        self.push_owned(bytes, 0);
    }

    /// Queues `bytes` without their first `sent` ones, as one write.
    pub fn push_owned(&mut self, bytes: Vec<u8>, sent: usize) {
        self.bytes += bytes.len() - sent;
        self.pending.push_back(Pending { bytes, sent });
    }

    /// Offers as much as fits one system call, but at most `room` bytes, to `send` and takes off what it reports as sent.
    /// Returns (bytes offered, bytes sent, writes completed).
    ///
    /// # Errors
    /// Those of `send`; the queue is then unchanged.
    pub fn send(
        &mut self,
        room: usize,
        send: impl FnOnce(&[IoSlice<'_>]) -> io::Result<usize>,
    ) -> io::Result<(usize, usize, usize)> {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut count = 0;
        let mut offered = 0;
        for (slot, pending) in slices.iter_mut().zip(&self.pending) {
            if count > 0 && offered == room {
                break;
            }
            let rest = &pending.bytes[pending.sent..];
            let rest = &rest[..rest.len().min(room - offered)];
            *slot = IoSlice::new(rest);
            offered += rest.len();
            count += 1;
        }
        let sent = if offered == 0 { 0 } else { send(&slices[..count])?.min(offered) };
        Ok((offered, sent, self.take(sent)))
    }

    /// Drops every write and returns how many there were.
    pub fn clear(&mut self) -> usize {
        let count = self.pending.len();
        self.pending.clear();
        self.bytes = 0;
        count
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

    /// Takes off the first `sent` bytes; returns how many writes that completed.
    fn take(&mut self, sent: usize) -> usize {
        let mut left = sent;
        let mut completed = 0;
        while let Some(front) = self.pending.front_mut() {
            let rest = front.bytes.len() - front.sent;
            if rest > left {
                front.sent += left;
                break;
            }
            left -= rest;
            completed += 1;
            self.pending.pop_front();
        }
        self.bytes -= sent;
        completed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completes_writes_in_order_whatever_the_kernel_takes() {
        let mut queue = WriteQueue::default();
        queue.push(&[IoSlice::new(b"abc"), IoSlice::new(b"def")], 4);
        queue.push(&[IoSlice::new(b"")], 0);
        queue.push(&[IoSlice::new(b"ghi")], 0);
        assert_eq!(queue.bytes(), 5);
        let mut seen = Vec::new();
        let (offered, sent, completed) = queue
            .send(usize::MAX, |slices| {
                seen = slices.iter().flat_map(|slice| slice.to_vec()).collect();
                Ok(1)
            })
            .unwrap();
        assert_eq!((offered, sent, completed), (5, 1, 0));
        assert_eq!(seen, b"efghi");
        assert_eq!(queue.send(usize::MAX, |_| Ok(1)).unwrap(), (4, 1, 2));
        assert_eq!(queue.send(usize::MAX, |_| Ok(3)).unwrap(), (3, 3, 1));
        assert!(queue.is_empty());
        assert_eq!(queue.bytes(), 0);
    }

    #[test]
    fn offers_as_much_as_there_is_room_for() {
        let mut queue = WriteQueue::default();
        queue.push(&[IoSlice::new(b"abc")], 0);
        queue.push(&[IoSlice::new(b"def")], 0);
        queue.push(&[IoSlice::new(b"ghi")], 0);
        let mut seen = Vec::new();
        let (offered, sent, completed) = queue
            .send(5, |slices| {
                seen = slices.iter().flat_map(|slice| slice.to_vec()).collect();
                Ok(5)
            })
            .unwrap();
        assert_eq!((offered, sent, completed), (5, 5, 1));
        assert_eq!(seen, b"abcde");
        assert_eq!(queue.send(0, |_| panic!("nothing to send")).unwrap(), (0, 0, 0));
        assert_eq!(queue.bytes(), 4);
    }

    #[test]
    fn an_error_leaves_the_queue_as_it_was() {
        let mut queue = WriteQueue::default();
        queue.push(&[IoSlice::new(b"abc")], 0);
        let error = queue.send(usize::MAX, |_| Err(io::Error::from_raw_os_error(libc::EPIPE)));
        assert!(error.is_err());
        assert_eq!((queue.len(), queue.bytes()), (1, 3));
        assert_eq!(queue.clear(), 1);
        assert_eq!(queue.bytes(), 0);
    }
}
