//! The closing phase: JavaScript hears that a socket is closed when it would of a libuv handle (`uv_close`, libuv's
//! documentation).
//!
//! The descriptor is closed at once. A `uv_idle_t` that never starts stands for the socket: libuv calls its
//! close callback in the closing phase, and the loop stays alive until then. All sockets that are closed between
//! two closing phases share one.

use std::cell::RefCell;
use std::rc::Rc;

use super::functions::RawHandle;
use super::handle::{UvHandle, UvLoop, free};
use crate::bridge::Bridge;

/// Where closing sockets are announced.
pub struct Closer {
    /// `None` after `end`.
    uv_loop: RefCell<Option<Rc<UvLoop>>>,
    /// The sockets of the handle whose close callback is to come; empty if there is none.
    waiting: RefCell<Vec<u32>>,
}

impl Closer {
    /// A closer of sockets of the bridge of `uv_loop`.
    pub fn new(uv_loop: Rc<UvLoop>) -> Self {
        Closer { uv_loop: RefCell::new(Some(uv_loop)), waiting: RefCell::default() }
    }

    /// Announces that the socket `id` is closing; [`Bridge::run_closing`] reports it in the closing phase.
    /// Returns whether it will.
    pub fn begin(&self, id: u32) -> bool {
        let uv_loop = self.uv_loop.borrow();
        let Some(uv_loop) = &*uv_loop else { return false };
        let mut waiting = self.waiting.borrow_mut();
        if waiting.is_empty() {
            let Some(handle) = UvHandle::idle(uv_loop) else { return false };
            handle.close_by(on_closing);
        }
        waiting.push(id);
        true
    }

    /// Takes the sockets whose closing phase has come.
    pub fn take(&self) -> Vec<u32> {
        let mut ids = self.waiting.take();
        // libuv calls the close callback of the handle first that was closed last.
        ids.reverse();
        ids
    }

    /// Nothing is announced any more.
    pub fn end(&self) {
        let uv_loop = self.uv_loop.take();
        drop(uv_loop);
    }
}

unsafe extern "C" fn on_closing(handle: RawHandle) {
    // SAFETY: libuv calls this once, for a handle that `begin` has closed.
    unsafe { free(handle) }.with_bridge(Bridge::run_closing);
}
