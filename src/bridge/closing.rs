//! The closing phase: sockets that JavaScript has closed are reported by the event loop when it comes to
//! the handles that are closing, as libuv's own are (`uv_close`, libuv's documentation).
//!
//! The descriptor is closed at once. What goes on is a `uv_idle_t` that never starts: libuv calls its
//! close callback in the closing phase, and the loop stays alive until then. All sockets closed between
//! two closing phases share one.
//!
//! 1. The first [`Closer::begin`] makes the handle and closes it.
//! 2. Its close callback frees it and tells the bridge, if there still is one, which sockets it stood for.
//! 3. After [`Closer::end`] and the last close callback, what they share is freed; the environment's
//!    end waits for that.

use std::alloc::dealloc;
use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use napi::sys;

use super::Bridge;
use super::uv::{KIND_IDLE, Uv, UvHandle, allocate, event_loop, uv};

/// What the handles' data point to.
struct Shared {
    uv: &'static Uv,
    uv_loop: *mut c_void,
    /// Null once the closer ended.
    target: Cell<*const Bridge>,
    /// The sockets of the handle whose close callback is to come; empty if there is none.
    waiting: RefCell<Vec<u32>>,
    /// Handles whose close callback did not return, and the closer until it ends.
    users: Cell<usize>,
    /// Removed when this is freed: the environment waits for that.
    hook: OnceCell<sys::napi_async_cleanup_hook_handle>,
}

/// Where closing sockets are announced.
pub struct Closer {
    /// Null after `end`.
    shared: Cell<*const Shared>,
}

impl Closer {
    /// `None`: the host has no libuv, or no loop.
    ///
    /// # Safety
    /// `env` belongs to the running call of a JavaScript function.
    pub unsafe fn new(env: sys::napi_env) -> Option<Self> {
        let uv = uv()?;
        // SAFETY: passed on to the caller.
        let uv_loop = unsafe { event_loop(env)? };
        let shared = Box::into_raw(Box::new(Shared {
            uv,
            uv_loop,
            target: Cell::new(ptr::null()),
            waiting: RefCell::default(),
            users: Cell::new(1),
            hook: OnceCell::new(),
        }));
        let mut hook = ptr::null_mut();
        // SAFETY: the hook is removed when its argument is freed; the result is written to a local.
        unsafe {
            let status =
                sys::napi_add_async_cleanup_hook(env, Some(end), shared.cast(), &raw mut hook);
            if status != sys::Status::napi_ok {
                drop(Box::from_raw(shared));
                return None;
            }
            let _ = (*shared).hook.set(hook);
        }
        Some(Closer { shared: Cell::new(shared) })
    }

    /// Sets the bridge that is told.
    pub fn set_target(&self, bridge: &Rc<Bridge>) {
        if let Some(shared) = self.shared() {
            shared.target.set(Rc::as_ptr(bridge));
        }
    }

    /// Announces that the socket `id` is closing; [`Bridge::closed`] is called in the closing phase.
    /// Returns whether it will be.
    pub fn begin(&self, id: u32) -> bool {
        let Some(shared) = self.shared() else { return false };
        let mut waiting = shared.waiting.borrow_mut();
        if waiting.is_empty() && !shared.close_handle() {
            return false;
        }
        waiting.push(id);
        true
    }

    /// Nothing is announced any more.
    pub fn end(&self) {
        let shared = self.shared.replace(ptr::null());
        if shared.is_null() {
            return;
        }
        // SAFETY: the closer is one of its users, and gives its share back once.
        unsafe {
            (*shared).target.set(ptr::null());
            release(shared);
        }
    }

    fn shared(&self) -> Option<&Shared> {
        let shared = self.shared.get();
        // SAFETY: not null means not ended, and it lives longer than that.
        (!shared.is_null()).then(|| unsafe { &*shared })
    }
}

impl Shared {
    /// Makes a handle and closes it. Returns whether its close callback is going to come.
    fn close_handle(&self) -> bool {
        let layout = self.uv.layout(KIND_IDLE);
        // SAFETY: the handle gets the memory that libuv asks for; libuv keeps it until its close callback,
        // which frees it.
        unsafe {
            let handle = allocate(layout);
            if (self.uv.idle_init)(self.uv_loop, handle) != 0 {
                dealloc(handle.cast(), layout);
                return false;
            }
            (self.uv.set_data)(handle, ptr::from_ref(self).cast_mut().cast());
            self.users.set(self.users.get() + 1);
            (self.uv.close)(handle, on_closed);
        }
        true
    }
}

/// Takes off one user; the last one frees everything.
///
/// # Safety
/// The caller is a user and does not use `shared` afterwards.
unsafe fn release(shared: *const Shared) {
    // SAFETY: it lives as long as it has users.
    unsafe {
        let users = (*shared).users.get() - 1;
        (*shared).users.set(users);
        if users == 0 {
            let shared = Box::from_raw(shared.cast_mut());
            if let Some(hook) = shared.hook.get() {
                sys::napi_remove_async_cleanup_hook(*hook);
            }
        }
    }
}

/// The bridge that is told, kept alive as long as the result lives.
///
/// # Safety
/// `shared` has users.
unsafe fn target(shared: *const Shared) -> Option<Rc<Bridge>> {
    // SAFETY: the pointer came from an `Rc` and is cleared before the bridge goes away.
    unsafe {
        let bridge = (*shared).target.get();
        if bridge.is_null() {
            return None;
        }
        Rc::increment_strong_count(bridge);
        Some(Rc::from_raw(bridge))
    }
}

/// libuv has closed a handle.
unsafe extern "C" fn on_closed(handle: UvHandle) {
    // SAFETY: `begin` made the handle and set its data; libuv calls this once for it and does not use
    // it afterwards. The handle's share is given back at the end.
    unsafe {
        let uv = uv().expect("a handle of libuv's");
        let shared = (uv.get_data)(handle).cast_const().cast::<Shared>();
        dealloc(handle.cast(), uv.layout(KIND_IDLE));
        // libuv calls those first that were closed last.
        let mut ids = (*shared).waiting.take();
        ids.reverse();
        if let Some(bridge) = target(shared) {
            // A panic must not unwind into the host.
            let _ = catch_unwind(AssertUnwindSafe(|| bridge.closed(&ids)));
        }
        release(shared);
    }
}

/// The environment ends: so does the bridge; the loop runs on until the handles are closed.
unsafe extern "C" fn end(_hook: sys::napi_async_cleanup_hook_handle, shared: *mut c_void) {
    // SAFETY: the hook is removed when its argument is freed.
    if let Some(bridge) = unsafe { target(shared.cast_const().cast()) } {
        bridge.end();
    }
}
