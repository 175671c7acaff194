//! The functions that write one view or two, the most frequent of all. They return `undefined` for 0, since a number would
//! have to be made.

use std::ffi::CStr;
use std::io::IoSlice;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use napi::sys;

use super::raw::{Callback, MAX_ARGUMENTS};
use crate::bridge::Bridge;
use crate::engine::errors::{OK, Status};

/// The index of the first argument that is a view. The slot comes before the views, numbers behind them.
const VIEW: usize = 1;

/// The functions by their names.
pub const WRITERS: [(&CStr, Callback); 4] = [
    (c"write", write),
    (c"writePair", write_pair),
    (c"writeWithCompletion", write_with_completion),
    (c"writeLarge", write_large),
];

/// `write(id, view, length)`: sends the first `length` bytes of the view, all of them if it is left out. 0
/// sent, the id of a queued write, or a negated errno.
unsafe extern "C" fn write(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: `info` belongs to this call of a function that `raw::function` made.
    unsafe {
        respond(env, info, |bridge, id, [bytes], [length]| {
            bridge.write_by(id, |endpoint| endpoint.write(&[IoSlice::new(first(bytes, length))]))
        })
    }
}

/// `writePair(id, view, view)`: sends two views as one write, such as a header and what follows it. It returns what `write`
/// does. A method of the class that gets an array takes longer: an echo of `ws` with 16 KB took 1.05x and 1.08x of the
/// built-in's processor time by that, and takes 1.03x and 1.04x (Node 24, 26).
unsafe extern "C" fn write_pair(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    // SAFETY: as above.
    unsafe {
        respond(env, info, |bridge, id, views: [&[u8]; 2], []| {
            bridge.write_by(id, |endpoint| endpoint.write(&views.map(IoSlice::new)))
        })
    }
}

/// `writeWithCompletion(id, view, length)`: as `write`, but a WRITE event follows in any case. The id of the write, or a
/// negated errno.
unsafe extern "C" fn write_with_completion(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    // SAFETY: as above.
    unsafe {
        respond(env, info, |bridge, id, [bytes], [length]| {
            bridge.write_by(id, |endpoint| {
                endpoint.write_with_completion(&[IoSlice::new(first(bytes, length))])
            })
        })
    }
}

/// `writeLarge(id, view, offset, continues)`: sends what the kernel takes of the view from `offset` on. How many bytes that
/// was, or a negated errno; if some are left, a WRITABLE event follows when the kernel takes more. `continues` is 1 after
/// such an event, else 0.
unsafe extern "C" fn write_large(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    // SAFETY: as above.
    unsafe {
        respond(env, info, |bridge, id, [bytes], [offset, continues]| {
            let (offset, continues) = (offset.unwrap_or(0), continues == Some(1));
            let rest = [IoSlice::new(rest(bytes, offset))];
            bridge.write_by(id, |endpoint| endpoint.write_large(&rest, continues))
        })
    }
}

/// The first `length` of some bytes, or all of them.
fn first(bytes: &[u8], length: Option<usize>) -> &[u8] {
    length.map_or(bytes, |length| &bytes[..length.min(bytes.len())])
}

/// Some bytes from `offset` on.
fn rest(bytes: &[u8], offset: usize) -> &[u8] {
    &bytes[offset.min(bytes.len())..]
}

/// Runs `body` with the bridge, the socket's id, the bytes of the views, and the numbers that follow. `EINVAL`
/// for wrong arguments.
///
/// # Safety
/// `info` belongs to the running call of a function that [`super::raw::function`] made. `body` runs no JavaScript.
unsafe fn respond<const VIEWS: usize, const NUMBERS: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
    body: impl FnOnce(&Bridge, u32, [&[u8]; VIEWS], [Option<usize>; NUMBERS]) -> Status,
) -> sys::napi_value {
    // SAFETY: passed on to the caller.
    let status =
        unsafe { arguments(env, info) }.map_or(-libc::EINVAL, |(bridge, id, views, numbers)| {
            catch_unwind(AssertUnwindSafe(|| body(bridge, id, views, numbers)))
                .unwrap_or(-libc::EIO)
        });
    let mut value = ptr::null_mut();
    if status != OK {
        // SAFETY: the result is written to a local.
        unsafe { sys::napi_create_int32(env, status, &raw mut value) };
    }
    value
}

/// The arguments of `body` of [`respond`].
type Arguments<'a, const VIEWS: usize, const NUMBERS: usize> =
    (&'a Bridge, u32, [&'a [u8]; VIEWS], [Option<usize>; NUMBERS]);

/// The arguments of a call; `None`: they are wrong.
///
/// # Safety
/// As for [`respond`]: the bytes must not be used after JavaScript has run.
unsafe fn arguments<'a, const VIEWS: usize, const NUMBERS: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> Option<Arguments<'a, VIEWS, NUMBERS>> {
    const { assert!(VIEW + VIEWS + NUMBERS <= MAX_ARGUMENTS) };
    let (mut count, mut values, mut data) =
        (MAX_ARGUMENTS, [ptr::null_mut(); MAX_ARGUMENTS], ptr::null_mut());
    let mut id = 0;
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
    };
    if !fine {
        return None;
    }
    let mut views: [&[u8]; VIEWS] = [&[]; VIEWS];
    for (view, &value) in views.iter_mut().zip(&values[VIEW..]) {
        let (mut bytes, mut length) = (ptr::null_mut(), 0);
        // SAFETY: results are written to locals. Nothing here runs JavaScript, which might detach a view.
        let status =
            unsafe { sys::napi_get_buffer_info(env, value, &raw mut bytes, &raw mut length) };
        if status != sys::Status::napi_ok {
            return None;
        }
        if !bytes.is_null() && length > 0 {
            // SAFETY: Node-API reports the view's memory and its length.
            *view = unsafe { std::slice::from_raw_parts(bytes.cast(), length) };
        }
    }
    let numbers = std::array::from_fn(|index| {
        let at = VIEW + VIEWS + index;
        let mut number = 0;
        // SAFETY: the result is written to a local; `values` has as many elements, see above.
        let status = unsafe { sys::napi_get_value_int64(env, values[at], &raw mut number) };
        (at < count && status == sys::Status::napi_ok).then(|| usize::try_from(number).unwrap_or(0))
    });
    // SAFETY: the function owns a share of the bridge.
    Some((unsafe { &*data.cast_const().cast::<Bridge>() }, id, views, numbers))
}
