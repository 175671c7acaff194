//! Bytes that were read become a `Buffer`.

use std::ptr;

use napi::sys;

use crate::engine::memory::{self, Chunk};

/// A `Buffer` with a copy of the bytes of `chunk`: Node lets programs transfer no `ArrayBuffer` of an addon's memory
/// (`structuredClone` copies it on Node 20, and throws on Node 24). `None`: JavaScript cannot run any more, or is out of
/// memory.
///
/// To be called inside a handle scope on the thread of `env`.
pub fn to_js(env: sys::napi_env, chunk: Chunk) -> Option<sys::napi_value> {
    let bytes = chunk.into_vec();
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
    memory::give_back(bytes);
    (status == sys::Status::napi_ok).then_some(value)
}
