//! Bytes that were read become a `Buffer`.

use std::ffi::c_void;
use std::ptr;

use napi::sys;

use crate::engine::memory::{self, Chunk};

/// From this many bytes on JavaScript gets the memory itself instead of a copy.
const LARGE_CHUNK: usize = 64 * 1024;

/// A `Buffer` of the bytes of `chunk`: large ones keep their memory, small ones are copied, which is
/// cheaper than memory of their own that the host has to track. `None`: JavaScript cannot run any
/// more, or is out of memory.
///
/// To be called inside a handle scope on the thread of `env`.
pub fn to_js(env: sys::napi_env, chunk: Chunk) -> Option<sys::napi_value> {
    let bytes = chunk.into_vec();
    if bytes.len() < LARGE_CHUNK {
        let value = copy(env, &bytes);
        memory::give_back(bytes);
        return value;
    }
    let mut bytes = Box::new(bytes);
    let (data, length) = (bytes.as_mut_ptr(), bytes.len());
    let owner = Box::into_raw(bytes);
    let mut value = ptr::null_mut();
    // SAFETY: `data` is owned by `owner`, which `free` drops once the Buffer is collected; nothing
    // else refers to it.
    let status = unsafe {
        sys::napi_create_external_buffer(
            env,
            length,
            data.cast(),
            Some(free),
            owner.cast(),
            &raw mut value,
        )
    };
    if status == sys::Status::napi_ok {
        return Some(value);
    }
    // The host allows no external memory (napi_no_external_buffers_allowed).
    // SAFETY: the call failed, so the memory is still ours.
    let bytes = unsafe { Box::from_raw(owner) };
    let value = copy(env, &bytes);
    memory::give_back(*bytes);
    value
}

fn copy(env: sys::napi_env, bytes: &[u8]) -> Option<sys::napi_value> {
    let mut value = ptr::null_mut();
    // SAFETY: `bytes` is valid for its length during the call; the result is written to a local.
    let status = unsafe {
        sys::napi_create_buffer_copy(
            env,
            bytes.len(),
            bytes.as_ptr().cast(),
            ptr::null_mut(),
            &raw mut value,
        )
    };
    (status == sys::Status::napi_ok).then_some(value)
}

/// Frees the memory of a collected Buffer.
unsafe extern "C" fn free(_env: sys::napi_env, _data: *mut c_void, owner: *mut c_void) {
    // SAFETY: `owner` is the box that `to_js` gave away, and this is called once.
    memory::give_back(*unsafe { Box::from_raw(owner.cast::<Vec<u8>>()) });
}
