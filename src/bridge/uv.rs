//! The host's event loop watches a descriptor for us, and that of a solo socket: libuv's `uv_poll_t` and `uv_idle_t`
//! (libuv's documentation), found in the running program by dlsym(3).
//!
//! The life of the handles:
//!
//! 1. [`Watch::new`] makes one of each kind; they keep nothing alive. [`EventLoop::watch`] makes one for a socket.
//! 2. [`Watch::close`] stops them, so that the descriptors may be closed, and asks libuv to close them;
//!    [`EventLoop::unwatch`] does that with the socket's.
//! 3. When libuv has closed one, its memory is freed; when it has closed all, the environment's end goes on.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::{Cell, OnceCell};
use std::ffi::{CStr, c_int, c_void};
use std::mem::transmute_copy;
use std::os::fd::RawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;
use std::sync::OnceLock;

use napi::sys;

use super::Bridge;
use crate::backend::uv::EventLoop;

/// A `uv_handle_t` of any kind.
pub(super) type UvHandle = *mut c_void;
type PollCallback = unsafe extern "C" fn(UvHandle, c_int, c_int);
type HandleCallback = unsafe extern "C" fn(UvHandle);

/// `UV_READABLE` and `UV_DISCONNECT`.
const READABLE: c_int = 1;
const DISCONNECT: c_int = 4;
/// `UV_IDLE` and `UV_POLL` of `uv_handle_type`.
pub(super) const KIND_IDLE: c_int = 6;
const KIND_POLL: c_int = 8;

/// The functions of libuv that are used.
pub(super) struct Uv {
    handle_size: unsafe extern "C" fn(c_int) -> usize,
    pub(super) set_data: unsafe extern "C" fn(UvHandle, *mut c_void),
    pub(super) get_data: unsafe extern "C" fn(UvHandle) -> *mut c_void,
    poll_init: unsafe extern "C" fn(*mut c_void, UvHandle, c_int) -> c_int,
    poll_start: unsafe extern "C" fn(UvHandle, c_int, PollCallback) -> c_int,
    poll_stop: unsafe extern "C" fn(UvHandle) -> c_int,
    pub(super) idle_init: unsafe extern "C" fn(*mut c_void, UvHandle) -> c_int,
    idle_start: unsafe extern "C" fn(UvHandle, HandleCallback) -> c_int,
    idle_stop: unsafe extern "C" fn(UvHandle) -> c_int,
    refer: HandleCallback,
    unref: HandleCallback,
    pub(super) close: unsafe extern "C" fn(UvHandle, HandleCallback),
}

/// libuv's functions; `None` if the program has none.
pub(super) fn uv() -> Option<&'static Uv> {
    static UV: OnceLock<Option<Uv>> = OnceLock::new();
    UV.get_or_init(Uv::find).as_ref()
}

impl Uv {
    fn find() -> Option<Self> {
        // SAFETY: each symbol has the type that libuv's documentation gives it.
        unsafe {
            Some(Uv {
                handle_size: symbol(c"uv_handle_size")?,
                set_data: symbol(c"uv_handle_set_data")?,
                get_data: symbol(c"uv_handle_get_data")?,
                poll_init: symbol(c"uv_poll_init")?,
                poll_start: symbol(c"uv_poll_start")?,
                poll_stop: symbol(c"uv_poll_stop")?,
                idle_init: symbol(c"uv_idle_init")?,
                idle_start: symbol(c"uv_idle_start")?,
                idle_stop: symbol(c"uv_idle_stop")?,
                refer: symbol(c"uv_ref")?,
                unref: symbol(c"uv_unref")?,
                close: symbol(c"uv_close")?,
            })
        }
    }

    /// The memory that a handle of `kind` takes.
    pub(super) fn layout(&self, kind: c_int) -> Layout {
        // SAFETY: the function only looks up a constant.
        let size = unsafe { (self.handle_size)(kind) };
        Layout::from_size_align(size.max(1), 16).expect("libuv's handles are small")
    }
}

/// The event loop of an environment.
///
/// # Safety
/// `env` belongs to the running call of a JavaScript function.
pub(super) unsafe fn event_loop(env: sys::napi_env) -> Option<*mut c_void> {
    let mut uv_loop = ptr::null_mut();
    // SAFETY: the result is written to a local.
    let status = unsafe { sys::napi_get_uv_event_loop(env, &raw mut uv_loop) };
    (status == sys::Status::napi_ok && !uv_loop.is_null()).then_some(uv_loop.cast())
}

/// The function `name` of the running program.
///
/// # Safety
/// `F` is the type of a pointer to that function.
unsafe fn symbol<F>(name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    // SAFETY: the name is NUL-terminated.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    // SAFETY: a function pointer and an address have the same size, and the caller names the type.
    (!address.is_null()).then(|| unsafe { transmute_copy(&address) })
}

/// What the handles' data point to. Freed when all were closed.
struct Shared {
    uv: &'static Uv,
    /// Lives longer than the handles.
    uv_loop: *mut c_void,
    /// What watches the backend's descriptor; null if nothing does, as `solo`.
    poll: Cell<UvHandle>,
    idle: UvHandle,
    /// Null once the watch was closed.
    target: Cell<*const Bridge>,
    /// What watches a socket.
    solo: Cell<UvHandle>,
    /// Handles that libuv has not closed yet.
    open: Cell<u32>,
    /// Removed when all handles are closed: the environment waits for that.
    hook: OnceCell<sys::napi_async_cleanup_hook_handle>,
}

/// A descriptor that the event loop watches, and a way to ask for another iteration.
pub struct Watch {
    /// Valid until `close`.
    shared: Cell<*const Shared>,
}

impl Watch {
    /// Watches nothing yet. `None`: the host has no libuv, or no loop.
    ///
    /// # Safety
    /// `env` belongs to the running call of a JavaScript function.
    pub unsafe fn new(env: sys::napi_env, fd: RawFd) -> Option<Self> {
        let uv = uv()?;
        // SAFETY: passed on to the caller.
        let uv_loop = unsafe { event_loop(env)? };
        // SAFETY: the handle gets the memory that libuv asks for, and is given back to libuv to close.
        unsafe {
            let idle = allocate(uv.layout(KIND_IDLE));
            (uv.idle_init)(uv_loop, idle);
            let shared = Box::into_raw(Box::new(Shared {
                uv,
                uv_loop,
                poll: Cell::new(ptr::null_mut()),
                idle,
                target: Cell::new(ptr::null()),
                solo: Cell::new(ptr::null_mut()),
                open: Cell::new(1),
                hook: OnceCell::new(),
            }));
            (uv.set_data)(idle, shared.cast());
            (uv.unref)(idle);
            let watch = Watch { shared: Cell::new(shared) };
            let mut hook = ptr::null_mut();
            if !(*shared).watch(&(*shared).poll, fd, READABLE, on_readable)
                || sys::napi_add_async_cleanup_hook(env, Some(end), shared.cast(), &raw mut hook)
                    != sys::Status::napi_ok
            {
                watch.close();
                return None;
            }
            let _ = (*shared).hook.set(hook);
            Some(watch)
        }
    }

    /// Sets the bridge that runs when the descriptor is readable.
    pub fn set_target(&self, bridge: &Rc<Bridge>) {
        if let Some(shared) = self.shared() {
            shared.target.set(Rc::as_ptr(bridge));
        }
    }

    /// Makes the event loop stay alive, or no longer.
    pub fn set_refed(&self, refed: bool) {
        if let Some(shared) = self.shared() {
            let set = if refed { shared.uv.refer } else { shared.uv.unref };
            // SAFETY: the handle is open, and this is its thread.
            unsafe { set(shared.poll.get()) };
        }
    }

    /// What the backend asks of the event loop. To be dropped before the watch is closed.
    pub fn event_loop(&self) -> Box<dyn EventLoop> {
        Box::new(Loop { shared: self.shared.get() })
    }

    /// Stops; the descriptor may be closed afterwards.
    pub fn close(&self) {
        let shared = self.shared.replace(ptr::null());
        if shared.is_null() {
            return;
        }
        // SAFETY: closed once; `Shared` lives until `on_close` ran for all handles, which libuv does
        // later.
        unsafe {
            let shared = &*shared;
            shared.target.set(ptr::null());
            shared.unwatch(&shared.solo);
            shared.unwatch(&shared.poll);
            (shared.uv.close)(shared.idle, on_close);
        }
    }

    fn shared(&self) -> Option<&Shared> {
        let shared = self.shared.get();
        // SAFETY: not null means not closed, and `Shared` lives longer than that.
        (!shared.is_null()).then(|| unsafe { &*shared })
    }
}

impl Shared {
    /// Has `callback` called whenever `fd` is ready for one of `events`, by a handle that is put into `place` and keeps
    /// nothing alive. Returns whether it will be.
    ///
    /// # Safety
    /// This is the thread of the event loop.
    unsafe fn watch(
        &self,
        place: &Cell<UvHandle>,
        fd: RawFd,
        events: c_int,
        callback: PollCallback,
    ) -> bool {
        let uv = self.uv;
        // SAFETY: the handle gets the memory that libuv asks for; one that was initialised is given back to
        // libuv to close, one that was not is freed.
        unsafe {
            let poll = allocate(uv.layout(KIND_POLL));
            if (uv.poll_init)(self.uv_loop, poll, fd) != 0 {
                free(uv, poll, KIND_POLL);
                return false;
            }
            (uv.set_data)(poll, ptr::from_ref(self).cast_mut().cast());
            (uv.unref)(poll);
            self.open.set(self.open.get() + 1);
            place.set(poll);
            let started = (uv.poll_start)(poll, events, callback) == 0;
            if !started {
                self.unwatch(place);
            }
            started
        }
    }

    /// Ends that, if it has begun; the descriptor may be closed afterwards.
    fn unwatch(&self, place: &Cell<UvHandle>) {
        let poll = place.replace(ptr::null_mut());
        if !poll.is_null() {
            // SAFETY: `watch` made it, and it is closed once; `on_close` frees it.
            unsafe {
                (self.uv.poll_stop)(poll);
                (self.uv.close)(poll, on_close);
            }
        }
    }
}

/// See [`Watch::event_loop`].
struct Loop {
    shared: *const Shared,
}

impl Loop {
    fn shared(&self) -> &Shared {
        // SAFETY: the backend drops this before the watch is closed, and `Shared` lives longer than that.
        unsafe { &*self.shared }
    }
}

impl EventLoop for Loop {
    fn set_awake(&self, awake: bool) {
        let shared = self.shared();
        // SAFETY: the handle is open, and this is its thread.
        unsafe {
            if awake {
                (shared.uv.idle_start)(shared.idle, on_idle);
            } else {
                (shared.uv.idle_stop)(shared.idle);
            }
        }
    }

    fn watch(&self, fd: RawFd) -> bool {
        let shared = self.shared();
        shared.unwatch(&shared.solo);
        // SAFETY: the backend runs on this thread.
        unsafe { shared.watch(&shared.solo, fd, READABLE | DISCONNECT, on_solo) }
    }

    fn unwatch(&self) {
        let shared = self.shared();
        shared.unwatch(&shared.solo);
    }
}

/// Zeroed memory for a handle, whose `layout` is not empty.
pub(super) fn allocate(layout: Layout) -> UvHandle {
    assert!(layout.size() > 0);
    // SAFETY: the layout is not empty.
    let memory = unsafe { alloc_zeroed(layout) };
    if memory.is_null() {
        std::alloc::handle_alloc_error(layout);
    }
    memory.cast()
}

/// Frees the memory of a handle.
///
/// # Safety
/// It came from `allocate` for the same kind, and libuv does not know it (any more).
unsafe fn free(uv: &Uv, handle: UvHandle, kind: c_int) {
    // SAFETY: passed on to the caller.
    unsafe { dealloc(handle.cast(), uv.layout(kind)) };
}

/// The bridge of a handle, kept alive as long as the result lives.
///
/// # Safety
/// The handle is one of ours, and open.
unsafe fn target(shared: &Shared) -> Option<Rc<Bridge>> {
    let bridge = shared.target.get();
    if bridge.is_null() {
        return None;
    }
    // SAFETY: the pointer came from an `Rc` and is cleared before the bridge goes away.
    unsafe {
        Rc::increment_strong_count(bridge);
        Some(Rc::from_raw(bridge))
    }
}

/// The data of a handle of ours.
///
/// # Safety
/// The handle was made by [`Watch::new`] and not freed.
unsafe fn shared_of<'a>(handle: UvHandle) -> &'a Shared {
    // SAFETY: `Watch::new` set the data of every handle of ours, which it made with these functions.
    unsafe {
        let uv = uv().expect("a handle of libuv's");
        &*(uv.get_data)(handle).cast::<Shared>()
    }
}

unsafe extern "C" fn on_readable(handle: UvHandle, _status: c_int, _events: c_int) {
    // SAFETY: libuv calls this for an open handle.
    if let Some(bridge) = unsafe { target(shared_of(handle)) } {
        // A panic must not unwind into the host; the sockets' own panics were caught before.
        let _ = catch_unwind(AssertUnwindSafe(|| bridge.run_uv(true)));
    }
}

unsafe extern "C" fn on_solo(handle: UvHandle, status: c_int, events: c_int) {
    // SAFETY: libuv calls this for an open handle.
    if let Some(bridge) = unsafe { target(shared_of(handle)) } {
        let is_plain = status == 0 && events == READABLE;
        let _ = catch_unwind(AssertUnwindSafe(|| bridge.turn_lone(is_plain)));
    }
}

unsafe extern "C" fn on_idle(handle: UvHandle) {
    // SAFETY: libuv calls this for an open handle.
    if let Some(bridge) = unsafe { target(shared_of(handle)) } {
        let _ = catch_unwind(AssertUnwindSafe(|| bridge.run_uv(false)));
    }
}

unsafe extern "C" fn on_close(handle: UvHandle) {
    // SAFETY: libuv calls this once for each handle that we close, and does not know it any more; the last
    // call frees what they shared.
    unsafe {
        let shared = ptr::from_ref(shared_of(handle)).cast_mut();
        let uv = (*shared).uv;
        let kind = if handle == (*shared).idle { KIND_IDLE } else { KIND_POLL };
        free(uv, handle, kind);
        let open = (*shared).open.get() - 1;
        (*shared).open.set(open);
        if open > 0 {
            return;
        }
        let shared = Box::from_raw(shared);
        if let Some(hook) = shared.hook.get() {
            sys::napi_remove_async_cleanup_hook(*hook);
        }
    }
}

/// The environment ends: so does the bridge; the loop runs on until the handles are closed.
unsafe extern "C" fn end(_hook: sys::napi_async_cleanup_hook_handle, shared: *mut c_void) {
    // SAFETY: the hook is removed when `Shared` is freed. A bridge that was dropped before has closed
    // the handles and left no target; libuv closes them while the environment waits.
    if let Some(bridge) = unsafe { target(&*shared.cast::<Shared>()) } {
        bridge.end();
    }
}
