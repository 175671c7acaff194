//! Conversion of arguments: bytes of JavaScript as slices; of addresses; and of bytes for JavaScript.

use std::io::IoSlice;
use std::ptr;

use napi::bindgen_prelude::{BufferSlice, JsValue, Object, ToNapiValue, TypeName, Unknown};
use napi::{Env, Result, ValueType, check_status, sys};

use crate::engine::address::Address;

/// Bytes that become a `Buffer` with memory of V8's. A program can transfer that to another thread, and no memory of the
/// addon's.
#[derive(Default)]
pub struct OwnBytes(pub Vec<u8>);

impl TypeName for OwnBytes {
    fn type_name() -> &'static str {
        "Buffer"
    }

    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ToNapiValue for OwnBytes {
    unsafe fn to_napi_value(env: sys::napi_env, value: Self) -> Result<sys::napi_value> {
        let copy = BufferSlice::copy_from(&Env::from_raw(env), value.0)?;
        // SAFETY: `env` is that of the running call, in which the copy was made.
        unsafe { BufferSlice::to_napi_value(env, copy) }
    }
}

/// Runs `use_bytes` on the bytes of a `Buffer` or other view.
///
/// # Errors
/// `InvalidArg`: `value` is no view.
pub fn with_bytes<R>(value: &Unknown<'_>, use_bytes: impl FnOnce(&[u8]) -> R) -> Result<R> {
    let value = value.value();
    // SAFETY: the value belongs to the running call, so the view's memory lives through it, and no
    // JavaScript runs before `use_bytes` returns.
    Ok(use_bytes(unsafe { view(value.env, value.value)? }))
}

/// Runs `use_slices` on the bytes of an array of views.
///
/// # Errors
/// `InvalidArg`: it is no array of views.
pub fn with_slices<R>(
    value: &Unknown<'_>,
    use_slices: impl FnOnce(&[IoSlice<'_>]) -> R,
) -> Result<R> {
    let value = value.value();
    let mut length = 0;
    // SAFETY: the value belongs to the running call, whose handle scope keeps every element alive;
    // results are written to locals. Taking an element may run JavaScript, an accessor of the array,
    // which may detach the others: so their memory is asked for when all are there, and no JavaScript
    // runs from then on until `use_slices` returns.
    unsafe {
        check_status!(sys::napi_get_array_length(value.env, value.value, &raw mut length))?;
        let mut elements = Vec::with_capacity(length as usize);
        for index in 0..length {
            let mut element = ptr::null_mut();
            check_status!(sys::napi_get_element(value.env, value.value, index, &raw mut element))?;
            elements.push(element);
        }
        let mut slices = Vec::with_capacity(elements.len());
        for element in elements {
            slices.push(IoSlice::new(view(value.env, element)?));
        }
        Ok(use_slices(&slices))
    }
}

/// The memory of a view; empty if it was detached.
///
/// # Safety
/// The result must not be used after the running call, nor after JavaScript has run.
unsafe fn view<'a>(env: sys::napi_env, value: sys::napi_value) -> Result<&'a [u8]> {
    let mut data = ptr::null_mut();
    let mut length = 0;
    // SAFETY: results are written to locals.
    check_status!(unsafe {
        sys::napi_get_buffer_info(env, value, &raw mut data, &raw mut length)
    })?;
    if data.is_null() || length == 0 {
        return Ok(&[]);
    }
    // SAFETY: Node-API reports the view's memory and its length.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), length) })
}

/// Writes `address` to `out` as Node's handles do: `address`, `family` and `port` of an Internet
/// address, `address` of a named Unix-domain one.
///
/// # Errors
/// Those of Node-API.
pub fn fill_address(out: &mut Object<'_>, address: &Address) -> Result<()> {
    match address {
        Address::Ip { ip, v6, port } => {
            out.set("address", ip.as_str())?;
            out.set("family", if *v6 { "IPv6" } else { "IPv4" })?;
            out.set("port", u32::from(*port))?;
        }
        Address::Unix(name) if !name.is_empty() => {
            out.set("address", String::from_utf8_lossy(name).as_ref())?;
        }
        Address::Unix(_) => {}
    }
    Ok(())
}
