//! Plain functions of JavaScript over a bridge. A class method of napi-rs costs more than most of the
//! commands here: unwrapping, type tags, borrow checks.

use std::ffi::{CStr, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use napi::{Result, check_status, sys};

use crate::bridge::Bridge;

/// Most arguments of a function.
pub const MAX_ARGUMENTS: usize = 4;

/// What runs a function.
pub type Callback =
    unsafe extern "C" fn(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value;

/// Makes a function whose data is `bridge`, a pointer that lives as long as the function.
///
/// # Errors
/// Those of Node-API.
///
/// # Safety
/// `env` belongs to the running call of a JavaScript function; `callback` does not unwind.
pub unsafe fn function(
    env: sys::napi_env,
    name: &CStr,
    callback: Callback,
    bridge: Rc<Bridge>,
) -> Result<sys::napi_value> {
    let data: *mut c_void = Rc::into_raw(bridge).cast_mut().cast();
    let length = name.count_bytes() as isize;
    let mut function = ptr::null_mut();
    // SAFETY: the name is text of the given length; the data is a bridge that `release` gives back
    // once the function was collected; results are written to locals.
    unsafe {
        let status = sys::napi_create_function(
            env,
            name.as_ptr(),
            length,
            Some(callback),
            data,
            &raw mut function,
        );
        if status != sys::Status::napi_ok {
            release(env, data, ptr::null_mut());
        }
        check_status!(status)?;
        check_status!(sys::napi_add_finalizer(
            env,
            function,
            data,
            Some(release),
            ptr::null_mut(),
            ptr::null_mut()
        ))?;
    }
    Ok(function)
}

/// Gives the function's share of the bridge back.
unsafe extern "C" fn release(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: `data` came from `Rc::into_raw`, and this is called once.
    drop(unsafe { Rc::from_raw(data.cast_const().cast::<Bridge>()) });
}

/// One call of such a function.
pub struct Invocation<'a> {
    /// The bridge that the function keeps.
    pub bridge: &'a Bridge,
    /// Its environment.
    pub env: sys::napi_env,
    /// The arguments; `undefined` where there are fewer.
    pub arguments: [sys::napi_value; MAX_ARGUMENTS],
}

impl Invocation<'_> {
    /// The argument at `index` as an unsigned number, modulo 2³²; `None`: it is no number.
    pub fn number(&self, index: usize) -> Option<u32> {
        let mut number = 0;
        // SAFETY: the argument belongs to the running call; the result is written to a local.
        let status =
            unsafe { sys::napi_get_value_uint32(self.env, self.arguments[index], &raw mut number) };
        (status == sys::Status::napi_ok).then_some(number)
    }

    /// Whether the argument at `index` is `true`.
    pub fn is_true(&self, index: usize) -> bool {
        let mut flag = false;
        // SAFETY: as above.
        let status =
            unsafe { sys::napi_get_value_bool(self.env, self.arguments[index], &raw mut flag) };
        status == sys::Status::napi_ok && flag
    }

    /// Runs `use_text` on the argument at `index`, a string of fewer than `ROOM` bytes of UTF-8; `None`:
    /// it is none.
    pub fn with_text<const ROOM: usize, R>(
        &self,
        index: usize,
        use_text: impl FnOnce(&str) -> R,
    ) -> Option<R> {
        let mut room = [0u8; ROOM];
        let mut length = 0;
        // SAFETY: `room` has as many bytes as are given; results are written to locals.
        let status = unsafe {
            sys::napi_get_value_string_utf8(
                self.env,
                self.arguments[index],
                room.as_mut_ptr().cast(),
                ROOM,
                &raw mut length,
            )
        };
        // A string that fills the room may have been cut.
        let fits = status == sys::Status::napi_ok && length + 1 < ROOM;
        let text = std::str::from_utf8(room.get(..length)?).ok()?;
        fits.then(|| use_text(text))
    }
}

/// Runs `command`, which gets the call and the socket's id, its first argument, and returns its number
/// to JavaScript. `EINVAL`: the id is none. A panic becomes `EIO`.
///
/// # Safety
/// `info` belongs to the running call of a function that [`function`] made.
pub unsafe fn answer(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    command: impl FnOnce(&Invocation<'_>, u32) -> f64,
) -> sys::napi_value {
    let (mut count, mut data) = (MAX_ARGUMENTS, ptr::null_mut());
    let mut arguments = [ptr::null_mut(); MAX_ARGUMENTS];
    let mut value = ptr::null_mut();
    // SAFETY: passed on to the caller; results are written to locals, and `arguments` has room for as
    // many as `count` says. The function owns a share of the bridge.
    unsafe {
        sys::napi_get_cb_info(
            env,
            info,
            &raw mut count,
            arguments.as_mut_ptr(),
            ptr::null_mut(),
            &raw mut data,
        );
        let call = Invocation { bridge: &*data.cast_const().cast::<Bridge>(), env, arguments };
        let number = call.number(0).map_or(f64::from(-libc::EINVAL), |id| {
            catch_unwind(AssertUnwindSafe(|| command(&call, id))).unwrap_or(f64::from(-libc::EIO))
        });
        sys::napi_create_double(env, number, &raw mut value);
    }
    value
}
