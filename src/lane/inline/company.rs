//! Whether one socket has the event loop to itself.
//!
//! A ready socket costs a system call more on the lane than under libuv: the event loop finds the lane's own epoll(7)
//! ready, and that one is asked which socket it is. Many sockets share that call. For one that is ready again and again
//! while no other is, it is worth that the event loop watches it itself, until others come.

use crate::lane::slots::Key;

/// Turns in a row after which a socket counts as alone.
const ENOUGH: u32 = 16;

/// Turns of the lone socket that one turn of others outweighs.
const WEIGHT: u32 = 4;

/// What the last turns have brought.
#[derive(Clone, Copy, Debug, Default)]
pub struct Company {
    /// The socket that was ready by itself last.
    last: Option<Key>,
    /// Turns of it, less those of others. At most [`ENOUGH`].
    turns: u32,
}

impl Company {
    /// Takes note of a turn of the lane while nobody is alone. `only`: the socket, if just one could be read, and
    /// nothing else was reported. Returns whether it counts as alone now.
    pub fn note(&mut self, only: Option<Key>) -> bool {
        if only.is_none() {
            self.note_others();
        } else if self.last == only {
            self.note_lone();
        } else {
            *self = Company { last: only, turns: 0 };
        }
        only.is_some() && self.turns == ENOUGH
    }

    /// Takes note of a turn of the lone socket.
    pub fn note_lone(&mut self) {
        self.turns = (self.turns + 1).min(ENOUGH);
    }

    /// Takes note of a turn of others. Returns whether there have been too many for anyone to count as alone.
    pub fn note_others(&mut self) -> bool {
        self.turns = self.turns.saturating_sub(WEIGHT);
        self.turns == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Option<Key> = Some(Key { index: 1, generation: 0 });
    const OTHER: Option<Key> = Some(Key { index: 2, generation: 0 });

    #[test]
    fn a_socket_is_alone_after_some_turns_without_others() {
        let mut company = Company::default();
        let turns = (0..100).take_while(|_| !company.note(ONE)).count();
        assert_eq!(turns as u32, ENOUGH);
    }

    #[test]
    fn sockets_by_turns_are_not_alone() {
        let mut company = Company::default();
        assert!((0..100).all(|turn| !company.note(if turn % 2 == 0 { ONE } else { OTHER })));
    }

    #[test]
    fn others_count_for_more() {
        let mut company = Company::default();
        while !company.note(ONE) {}
        assert!(!company.note_others());
        for _ in 0..WEIGHT {
            company.note_lone();
        }
        let turns = (0..100).take_while(|_| !company.note_others()).count();
        assert_eq!(turns as u32, ENOUGH / WEIGHT - 1);
        assert!((0..100).all(|_| !company.note(None)));
    }
}
