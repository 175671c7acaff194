//! libuv's functions (libuv's documentation), found in the running program by dlsym(3).

use std::alloc::Layout;
use std::ffi::{CStr, c_int, c_void};
use std::mem::transmute_copy;
use std::sync::OnceLock;

/// A `uv_loop_t`.
pub type RawLoop = *mut c_void;
/// A `uv_handle_t` of any kind.
pub type RawHandle = *mut c_void;
pub type PollCallback = unsafe extern "C" fn(RawHandle, c_int, c_int);
pub type HandleCallback = unsafe extern "C" fn(RawHandle);

/// `UV_READABLE` and `UV_DISCONNECT`.
pub const READABLE: c_int = 1;
pub const DISCONNECT: c_int = 4;

/// `UV_IDLE` and `UV_POLL` of `uv_handle_type`: the kinds of handles that are made.
const HANDLE_KINDS: [c_int; 2] = [6, 8];

/// The functions that are used.
pub struct Uv {
    handle_size: unsafe extern "C" fn(c_int) -> usize,
    pub set_data: unsafe extern "C" fn(RawHandle, *mut c_void),
    pub get_data: unsafe extern "C" fn(RawHandle) -> *mut c_void,
    pub poll_init: unsafe extern "C" fn(RawLoop, RawHandle, c_int) -> c_int,
    pub poll_start: unsafe extern "C" fn(RawHandle, c_int, PollCallback) -> c_int,
    pub idle_init: unsafe extern "C" fn(RawLoop, RawHandle) -> c_int,
    pub idle_start: unsafe extern "C" fn(RawHandle, HandleCallback) -> c_int,
    pub idle_stop: unsafe extern "C" fn(RawHandle) -> c_int,
    pub refer: HandleCallback,
    pub unref: HandleCallback,
    pub close: unsafe extern "C" fn(RawHandle, HandleCallback),
}

/// libuv's functions; `None` if the program has none.
pub fn uv() -> Option<&'static Uv> {
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
                idle_init: symbol(c"uv_idle_init")?,
                idle_start: symbol(c"uv_idle_start")?,
                idle_stop: symbol(c"uv_idle_stop")?,
                refer: symbol(c"uv_ref")?,
                unref: symbol(c"uv_unref")?,
                close: symbol(c"uv_close")?,
            })
        }
    }

    /// Memory that holds a handle of any of the kinds that are made.
    pub fn layout(&self) -> Layout {
        // SAFETY: the function only looks up a constant.
        let sizes = HANDLE_KINDS.map(|kind| unsafe { (self.handle_size)(kind) });
        let size = sizes.into_iter().max().unwrap_or_default();
        Layout::from_size_align(size.max(1), 16).expect("libuv's handles are small")
    }
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
