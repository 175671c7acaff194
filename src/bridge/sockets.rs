//! The sockets of a bridge by their slots, and their descriptors.

use std::cell::RefCell;
use std::os::fd::RawFd;

use crate::backend::BackendSocket;
use crate::backend::handle::RefDelta;

/// The table. No borrow is held while anything else runs.
#[derive(Default)]
pub struct Sockets {
    /// The sockets that were made and not closed.
    by_id: RefCell<Vec<Option<BackendSocket>>>,
    /// For each descriptor whether a socket of the table has it.
    descriptors: RefCell<Vec<bool>>,
}

impl Sockets {
    /// The socket `id`.
    pub fn get(&self, id: u32) -> Option<BackendSocket> {
        self.by_id.borrow().get(id as usize)?.clone()
    }

    /// Adds the socket `id`. The table must have none.
    pub fn insert(&self, id: u32, socket: BackendSocket) {
        let mut by_id = self.by_id.borrow_mut();
        let place = id as usize;
        if by_id.len() <= place {
            by_id.resize_with(place + 1, || None);
        }
        by_id[place] = Some(socket);
    }

    /// Takes out the socket `id`.
    pub fn take(&self, id: u32) -> Option<BackendSocket> {
        self.by_id.borrow_mut().get_mut(id as usize)?.take()
    }

    /// Takes out all.
    pub fn drain(&self) -> Vec<BackendSocket> {
        self.by_id.take().into_iter().flatten().collect()
    }

    /// Whether the descriptor `fd` belongs to one of the sockets.
    pub fn owns(&self, fd: RawFd) -> bool {
        let place = usize::try_from(fd).unwrap_or(usize::MAX);
        self.descriptors.borrow().get(place) == Some(&true)
    }

    /// Takes note of a descriptor that one of them has got or lost.
    pub fn note(&self, delta: RefDelta) {
        let Ok(place) = usize::try_from(delta.descriptor) else { return };
        if delta.open == 0 {
            return;
        }
        let mut descriptors = self.descriptors.borrow_mut();
        if descriptors.len() <= place {
            descriptors.resize(place + 1, false);
        }
        descriptors[place] = delta.open > 0;
    }
}
