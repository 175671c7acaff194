//! Whether one socket has the event loop to itself.
//!
//! On the backend a ready socket costs one more system call than under libuv: the event loop finds the backend's own
//! epoll(7) ready, and the backend asks that which socket it is. Many sockets share the call. A socket that is ready again
//! and again while no other is pays it alone. So the event loop watches that one itself, until others are ready.

use crate::backend::key_table::Key;

/// Iterations in a row after which a socket counts as alone.
const ENOUGH: u32 = 16;

/// Iterations of the solo socket that one iteration of others outweighs.
const WEIGHT: u32 = 4;

/// What the last iterations have brought.
#[derive(Clone, Copy, Debug, Default)]
pub struct Solo {
    /// The socket that was ready by itself last.
    last: Option<Key>,
    /// Iterations of `last`, less [`WEIGHT`] for each of others. At most [`ENOUGH`].
    iterations: u32,
}

impl Solo {
    /// Takes note of an iteration of the backend while no socket is alone. `only`: the socket, if just one could be read, and
    /// nothing else was reported. Returns whether it counts as alone now.
    pub fn note(&mut self, only: Option<Key>) -> bool {
        if only.is_none() {
            self.note_others();
        } else if self.last == only {
            self.note_own();
        } else {
            *self = Solo { last: only, iterations: 0 };
        }
        only.is_some() && self.iterations == ENOUGH
    }

    /// Takes note of an iteration of the solo socket.
    pub fn note_own(&mut self) {
        self.iterations = (self.iterations + 1).min(ENOUGH);
    }

    /// Takes note of an iteration of others. Returns whether there have been too many for any socket to count as alone.
    pub fn note_others(&mut self) -> bool {
        self.iterations = self.iterations.saturating_sub(WEIGHT);
        self.iterations == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Option<Key> = Some(Key { index: 1, generation: 0 });
    const OTHER: Option<Key> = Some(Key { index: 2, generation: 0 });

    #[test]
    fn a_socket_is_alone_after_some_iterations_without_others() {
        let mut solo = Solo::default();
        let iterations = (0..100).take_while(|_| !solo.note(ONE)).count();
        assert_eq!(iterations as u32, ENOUGH);
    }

    #[test]
    fn sockets_in_alternation_are_not_alone() {
        let mut solo = Solo::default();
        assert!((0..100).all(|nth| !solo.note(if nth % 2 == 0 { ONE } else { OTHER })));
    }

    #[test]
    fn others_count_for_more() {
        let mut solo = Solo::default();
        while !solo.note(ONE) {}
        assert!(!solo.note_others());
        for _ in 0..WEIGHT {
            solo.note_own();
        }
        let iterations = (0..100).take_while(|_| !solo.note_others()).count();
        assert_eq!(iterations as u32, ENOUGH / WEIGHT - 1);
        assert!((0..100).all(|_| !solo.note(None)));
    }
}
