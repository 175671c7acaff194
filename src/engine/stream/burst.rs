//! How much of large writes goes to the kernel before the event loop goes on.
//!
//! Who waits for `drain` between large writes, as pipes do, writes on in the next tick, as often as the kernel has
//! room: several megabytes before anybody reads. When the reader comes, the bytes have left the processor's caches, and
//! the rest of the event loop has waited. So what is written in later ticks than the first of a turn is bounded; the
//! rest goes on when the descriptor has been reported as ready once more, as if the kernel had been full. All that a
//! program writes within one tick goes to the kernel at once, for it may close the socket or exit right afterwards.

use std::time::{Duration, Instant};

/// Bytes that are sent in later ticks than the first before the event loop has to go on. Together with what a reader
/// copies them to, they fit the processor's second-level cache.
const MOST: usize = 384 * 1024;

/// After this time the event loop is taken to have gone on, though nothing was reported for this socket: to hold
/// something back costs a turn of the loop, which a socket that writes now and then need not pay.
const LASTS: Duration = Duration::from_millis(20);

/// What was sent since the event loop went on.
#[derive(Debug, Default)]
pub struct Burst {
    /// Whether it is bounded: the reader may be on the same thread.
    bounded: bool,
    /// When it began, and in which tick; `None` before the first large write.
    began: Option<(Instant, u32)>,
    /// Bytes that were sent. At most [`MOST`] when something is held back.
    sent: usize,
    /// Something is held back until the descriptor is reported.
    held_back: bool,
    /// The lane has not been told of that.
    untold: bool,
}

impl Burst {
    /// Whether the burst is bounded.
    pub fn set_bounded(&mut self, bounded: bool) {
        self.bounded = bounded;
    }

    /// The event loop has gone on, and the descriptor was reported.
    pub fn end(&mut self) {
        *self = Burst { bounded: self.bounded, ..Burst::default() };
    }

    /// How many bytes a write of the tick `tick` may send now; `None`: it goes on with what was held back.
    pub fn room(&mut self, tick: Option<u32>) -> usize {
        if !self.bounded {
            return usize::MAX;
        }
        match (tick, self.began) {
            (None, _) => MOST - self.sent.min(MOST),
            (Some(tick), Some((began, first))) if began.elapsed() < LASTS => {
                if tick == first {
                    usize::MAX
                } else {
                    MOST - self.sent.min(MOST)
                }
            }
            (Some(tick), _) => {
                self.began = Some((Instant::now(), tick));
                self.sent = 0;
                usize::MAX
            }
        }
    }

    /// Takes note that `count` bytes were sent.
    pub fn note(&mut self, count: usize) {
        self.sent += count;
    }

    /// There is no room for the rest of a write.
    pub fn hold_back(&mut self) {
        self.held_back = true;
        self.untold = true;
    }

    /// Whether something is held back though the kernel may have room for it.
    pub fn holds_back(&self) -> bool {
        self.held_back
    }

    /// Whether the descriptor has to be reported once more; asked once.
    pub fn take_untold(&mut self) -> bool {
        std::mem::take(&mut self.untold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounded() -> Burst {
        let mut burst = Burst::default();
        burst.set_bounded(true);
        burst
    }

    #[test]
    fn what_one_tick_writes_is_not_bounded() {
        let mut burst = bounded();
        for _ in 0..10 {
            assert_eq!(burst.room(Some(7)), usize::MAX);
            burst.note(MOST);
        }
    }

    #[test]
    fn later_ticks_share_what_is_left() {
        let mut burst = bounded();
        // The clock may have gone on by more than a burst lasts; then a new one begins.
        loop {
            burst.end();
            assert_eq!(burst.room(Some(7)), usize::MAX);
            burst.note(MOST - 5);
            match burst.room(Some(8)) {
                usize::MAX => {}
                room => break assert_eq!(room, 5),
            }
        }
        burst.end();
        assert_eq!(burst.room(Some(9)), usize::MAX);
    }

    #[test]
    fn a_write_that_goes_on_is_bounded_from_the_start() {
        let mut burst = bounded();
        assert_eq!(burst.room(None), MOST);
        burst.note(MOST);
        assert_eq!(burst.room(None), 0);
        burst.hold_back();
        assert!(burst.take_untold() && !burst.take_untold() && burst.holds_back());
        burst.end();
        assert!(!burst.holds_back());
        assert_eq!(burst.room(None), MOST);
    }

    #[test]
    fn is_not_bounded_unless_it_is_asked_for() {
        let mut burst = Burst::default();
        burst.note(2 * MOST);
        assert_eq!(burst.room(None), usize::MAX);
    }
}
