//! The event loop watches the uv backend's descriptor, and that of a solo socket, by `uv_poll_t`. A `uv_idle_t` asks
//! for another iteration.

use std::cell::RefCell;
use std::ffi::c_int;
use std::os::fd::RawFd;
use std::rc::Rc;

use super::functions::{DISCONNECT, READABLE, RawHandle};
use super::handle::{UvHandle, UvLoop, loop_of};
use crate::backend::uv::EventLoop;

/// The handles. They are closed when the watch and what the backend has of it are gone.
struct Handles {
    uv_loop: Rc<UvLoop>,
    /// Watches the backend's descriptor.
    poll: UvHandle,
    idle: UvHandle,
    /// Watches a socket.
    solo: RefCell<Option<UvHandle>>,
}

/// A descriptor that the event loop watches, and a way to ask for another iteration.
pub struct Watch {
    /// `None` once closed.
    handles: RefCell<Option<Rc<Handles>>>,
}

impl Watch {
    /// Has the bridge of `uv_loop` run when `fd` is readable. `None`: the loop cannot.
    pub fn new(uv_loop: &Rc<UvLoop>, fd: RawFd) -> Option<Self> {
        let handles = Handles {
            uv_loop: Rc::clone(uv_loop),
            idle: UvHandle::idle(uv_loop)?,
            poll: UvHandle::poll(uv_loop, fd)?,
            solo: RefCell::default(),
        };
        let started = handles.poll.start_poll(READABLE, on_readable);
        started.then(|| Watch { handles: RefCell::new(Some(Rc::new(handles))) })
    }

    /// Makes the event loop stay alive, or no longer.
    pub fn set_refed(&self, refed: bool) {
        if let Some(handles) = &*self.handles.borrow() {
            handles.poll.set_refed(refed);
        }
    }

    /// What the backend asks of the event loop; `None` once closed. To be dropped before the watch is closed.
    pub fn event_loop(&self) -> Option<Box<dyn EventLoop>> {
        let handles = self.handles.borrow().clone()?;
        Some(Box::new(handles))
    }

    /// Stops; the descriptor may be closed afterwards.
    pub fn close(&self) {
        let handles = self.handles.take();
        drop(handles);
    }
}

impl EventLoop for Rc<Handles> {
    fn set_awake(&self, awake: bool) {
        if awake {
            self.idle.start_idle(on_idle);
        } else {
            self.idle.stop_idle();
        }
    }

    fn watch(&self, fd: RawFd) -> bool {
        self.unwatch();
        let solo = UvHandle::poll(&self.uv_loop, fd)
            .filter(|solo| solo.start_poll(READABLE | DISCONNECT, on_solo));
        let watches = solo.is_some();
        *self.solo.borrow_mut() = solo;
        watches
    }

    fn unwatch(&self) {
        let solo = self.solo.take();
        drop(solo);
    }
}

unsafe extern "C" fn on_readable(handle: RawHandle, _status: c_int, _events: c_int) {
    // SAFETY: libuv calls this for an open handle.
    unsafe { loop_of(handle) }.with_bridge(|bridge| bridge.run_uv(true));
}

unsafe extern "C" fn on_solo(handle: RawHandle, status: c_int, events: c_int) {
    let is_plain = status == 0 && events == READABLE;
    // SAFETY: libuv calls this for an open handle.
    unsafe { loop_of(handle) }.with_bridge(|bridge| bridge.run_uv_solo(is_plain));
}

unsafe extern "C" fn on_idle(handle: RawHandle) {
    // SAFETY: libuv calls this for an open handle.
    unsafe { loop_of(handle) }.with_bridge(|bridge| bridge.run_uv(false));
}
