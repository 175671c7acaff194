//! The function `write(id, view, length)`: [`super::socket::Socket::write`] without the way over the
//! class, for the most frequent call of all.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::Rc;

use napi::{Result, check_status, sys};

use crate::bridge::Bridge;
use crate::engine::errors::Status;

/// Makes the function for the sockets of `bridge`.
///
/// # Errors
/// Those of Node-API.
///
/// # Safety
/// `env` belongs to the running call of a JavaScript function.
pub unsafe fn make(env: sys::napi_env, bridge: Rc<Bridge>) -> Result<sys::napi_value> {
    let data: *mut c_void = Rc::into_raw(bridge).cast_mut().cast();
    let mut function = ptr::null_mut();
    // SAFETY: the name is text of the given length; the data is a bridge that `release` gives back
    // once the function was collected; results are written to locals.
    unsafe {
        let status = sys::napi_create_function(
            env,
            c"write".as_ptr(),
            5,
            Some(write),
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

/// `write(id, view, length)`: sends the first `length` bytes of the view, all of them if it is left
/// out. 0 sent, 1 queued, or a negated errno.
unsafe extern "C" fn write(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: `info` belongs to this call, and `data` is the bridge that `make` gave the function.
    let status = unsafe { arguments(env, info) }.map_or(-libc::EINVAL, |(bridge, id, bytes)| {
        catch_unwind(AssertUnwindSafe(|| bridge.write(id, bytes))).unwrap_or(-libc::EIO)
    });
    let mut value = ptr::null_mut();
    // SAFETY: the result is written to a local.
    unsafe { sys::napi_create_int32(env, status as Status, &raw mut value) };
    value
}

/// The bridge, the socket's id, and the bytes; `None` for wrong arguments.
///
/// # Safety
/// `info` belongs to the running call of a function that [`make`] made. The bytes must not be used
/// after JavaScript has run.
unsafe fn arguments<'a>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> Option<(&'a Bridge, u32, &'a [u8])> {
    const GIVEN: usize = 3;
    let (mut count, mut values, mut data) = (GIVEN, [ptr::null_mut(); GIVEN], ptr::null_mut());
    let (mut id, mut bytes, mut length) = (0, ptr::null_mut(), 0);
    // SAFETY: passed on to the caller; results are written to locals, and `values` has room for as
    // many as `count` says.
    let fine = unsafe {
        sys::napi_get_cb_info(
            env,
            info,
            &raw mut count,
            values.as_mut_ptr(),
            ptr::null_mut(),
            &raw mut data,
        ) == sys::Status::napi_ok
            && sys::napi_get_value_uint32(env, values[0], &raw mut id) == sys::Status::napi_ok
            && sys::napi_get_buffer_info(env, values[1], &raw mut bytes, &raw mut length)
                == sys::Status::napi_ok
    };
    if !fine {
        return None;
    }
    if count == GIVEN {
        let mut given = 0;
        // SAFETY: the result is written to a local.
        let status = unsafe { sys::napi_get_value_uint32(env, values[2], &raw mut given) };
        if status == sys::Status::napi_ok {
            length = length.min(given as usize);
        }
    }
    let bytes = if bytes.is_null() || length == 0 {
        &[]
    } else {
        // SAFETY: Node-API reports the view's memory and its length.
        unsafe { std::slice::from_raw_parts(bytes.cast(), length) }
    };
    // SAFETY: the function owns a share of the bridge.
    Some((unsafe { &*data.cast_const().cast::<Bridge>() }, id, bytes))
}
