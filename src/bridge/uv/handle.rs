//! The life of a libuv handle.
//!
//! 1. [`UvHandle`] allocates one and initialises it. Its data is a share of the [`UvLoop`].
//! 2. Its drop asks libuv to close it. libuv uses its descriptor no longer, which may be closed.
//! 3. libuv calls its close callback in the closing phase: [`free`] frees its memory and gives its share back.
//!
//! The last share removes the hook by which the end of the environment waits for all of them.

use std::alloc::{alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::{Cell, OnceCell};
use std::ffi::{c_int, c_void};
use std::mem::ManuallyDrop;
use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::{Rc, Weak};

use napi::sys;

use super::functions::{HandleCallback, PollCallback, RawHandle, RawLoop, Uv, uv};
use crate::bridge::Bridge;

/// The event loop of an environment.
pub struct UvLoop {
    uv: &'static Uv,
    /// Lives as long as the environment waits for the hook.
    raw: RawLoop,
    bridge: OnceCell<Weak<Bridge>>,
    /// Null if there is none.
    hook: Cell<sys::napi_async_cleanup_hook_handle>,
}

impl UvLoop {
    /// `None`: the host has no libuv, or no loop.
    ///
    /// # Safety
    /// `env` belongs to the running call of a JavaScript function.
    pub unsafe fn new(env: sys::napi_env) -> Option<Rc<Self>> {
        let uv = uv()?;
        let mut raw = ptr::null_mut();
        // SAFETY: the result is written to a local.
        let status = unsafe { sys::napi_get_uv_event_loop(env, &raw mut raw) };
        if status != sys::Status::napi_ok || raw.is_null() {
            return None;
        }
        let hook = Cell::new(ptr::null_mut());
        let uv_loop = Rc::new(UvLoop { uv, raw: raw.cast(), bridge: OnceCell::new(), hook });
        let argument = Rc::as_ptr(&uv_loop).cast_mut().cast();
        // SAFETY: the drop of the argument removes the hook; the result is written to a cell of it.
        let status = unsafe {
            sys::napi_add_async_cleanup_hook(env, Some(end), argument, uv_loop.hook.as_ptr())
        };
        (status == sys::Status::napi_ok).then_some(uv_loop)
    }

    /// Sets the bridge that callbacks run, once.
    pub fn set_bridge(&self, bridge: &Rc<Bridge>) {
        let _ = self.bridge.set(Rc::downgrade(bridge));
    }

    /// Runs `body` with the bridge, unless that is gone.
    pub fn with_bridge(&self, body: impl FnOnce(&Bridge)) {
        if let Some(bridge) = self.bridge.get().and_then(Weak::upgrade) {
            // A panic must not unwind into the host; the sockets' own panics were caught before.
            let _ = catch_unwind(AssertUnwindSafe(|| body(&bridge)));
        }
    }
}

impl Drop for UvLoop {
    fn drop(&mut self) {
        let hook = self.hook.get();
        if !hook.is_null() {
            // SAFETY: `new` added it, and it is removed once.
            unsafe { sys::napi_remove_async_cleanup_hook(hook) };
        }
    }
}

/// The environment ends, and the bridge with it. The loop runs on until the handles are closed.
unsafe extern "C" fn end(_hook: sys::napi_async_cleanup_hook_handle, uv_loop: *mut c_void) {
    // SAFETY: the hook is removed when its argument is dropped. The share keeps that alive while the bridge gives
    // its shares back.
    let uv_loop = unsafe {
        Rc::increment_strong_count(uv_loop.cast_const().cast::<UvLoop>());
        Rc::from_raw(uv_loop.cast_const().cast::<UvLoop>())
    };
    uv_loop.with_bridge(Bridge::end);
}

/// An open handle. It does not keep the loop alive unless [`UvHandle::set_refed`] says so. Its drop closes it.
pub struct UvHandle {
    uv: &'static Uv,
    raw: RawHandle,
}

impl UvHandle {
    /// A `uv_idle_t`.
    pub fn idle(uv_loop: &Rc<UvLoop>) -> Option<Self> {
        // SAFETY: the function is the one for this kind of handle.
        UvHandle::new(uv_loop, |uv, raw| unsafe { (uv.idle_init)(uv_loop.raw, raw) })
    }

    /// A `uv_poll_t` for `fd`. The descriptor stays open as long as the handle.
    pub fn poll(uv_loop: &Rc<UvLoop>, fd: RawFd) -> Option<Self> {
        // SAFETY: the function is the one for this kind of handle.
        UvHandle::new(uv_loop, |uv, raw| unsafe { (uv.poll_init)(uv_loop.raw, raw, fd) })
    }

    fn new(uv_loop: &Rc<UvLoop>, init: impl FnOnce(&Uv, RawHandle) -> c_int) -> Option<Self> {
        let uv = uv_loop.uv;
        let layout = uv.layout();
        // SAFETY: the layout is not empty, and has room for the handle. libuv does not know a handle whose
        // initialisation has failed. One that it knows is open until `UvHandle` is dropped.
        unsafe {
            let raw = alloc_zeroed(layout);
            if raw.is_null() {
                handle_alloc_error(layout);
            }
            if init(uv, raw.cast()) != 0 {
                dealloc(raw, layout);
                return None;
            }
            let raw = raw.cast();
            (uv.set_data)(raw, Rc::into_raw(Rc::clone(uv_loop)).cast_mut().cast());
            (uv.unref)(raw);
            Some(UvHandle { uv, raw })
        }
    }

    /// Has libuv call `callback` whenever the descriptor of a `uv_poll_t` is ready for one of `events`. Returns
    /// whether it will.
    pub fn start_poll(&self, events: c_int, callback: PollCallback) -> bool {
        // SAFETY: the handle is open, and this is its thread, as for all functions below: `Rc` keeps it there.
        unsafe { (self.uv.poll_start)(self.raw, events, callback) == 0 }
    }

    /// Has libuv call `callback` in each iteration of the loop, which does not wait then, by a `uv_idle_t`.
    pub fn start_idle(&self, callback: HandleCallback) {
        // SAFETY: as above.
        unsafe { (self.uv.idle_start)(self.raw, callback) };
    }

    /// Ends that.
    pub fn stop_idle(&self) {
        // SAFETY: as above.
        unsafe { (self.uv.idle_stop)(self.raw) };
    }

    /// Makes the loop stay alive as long as the handle is active, or no longer.
    pub fn set_refed(&self, refed: bool) {
        let set = if refed { self.uv.refer } else { self.uv.unref };
        // SAFETY: as above.
        unsafe { set(self.raw) };
    }

    /// Closes the handle by a close callback of its own, which has to call [`free`].
    pub fn close_by(self, callback: HandleCallback) {
        let handle = ManuallyDrop::new(self);
        // SAFETY: the handle is open, and it is closed once.
        unsafe { (handle.uv.close)(handle.raw, callback) };
    }
}

impl Drop for UvHandle {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and it is closed once.
        unsafe { (self.uv.close)(self.raw, on_close) };
    }
}

/// The loop of a handle.
///
/// # Safety
/// The handle is a [`UvHandle`] that was not freed.
pub unsafe fn loop_of<'a>(handle: RawHandle) -> &'a UvLoop {
    // SAFETY: `UvHandle::new` set the data, by libuv's functions.
    unsafe { &*data_of(handle).1 }
}

/// libuv's functions, and the share of a handle.
///
/// # Safety
/// As for [`loop_of`].
unsafe fn data_of(handle: RawHandle) -> (&'static Uv, *const UvLoop) {
    let uv = uv().expect("a handle of libuv's");
    // SAFETY: passed on to the caller.
    (uv, unsafe { (uv.get_data)(handle) }.cast_const().cast())
}

/// Frees the memory of a handle; its share of the loop.
///
/// # Safety
/// The handle is a [`UvHandle`], and this is its close callback.
pub unsafe fn free(handle: RawHandle) -> Rc<UvLoop> {
    // SAFETY: libuv does not use the handle any more. `UvHandle::new` allocated it with this layout, and its data is
    // a share that is given back once.
    unsafe {
        let (uv, uv_loop) = data_of(handle);
        dealloc(handle.cast(), uv.layout());
        Rc::from_raw(uv_loop)
    }
}

unsafe extern "C" fn on_close(handle: RawHandle) {
    // SAFETY: libuv calls this once for each handle that is closed.
    drop(unsafe { free(handle) });
}
