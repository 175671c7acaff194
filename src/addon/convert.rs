//! Conversion of arguments: bytes and strings of JavaScript as slices.

use std::cell::RefCell;
use std::io::IoSlice;
use std::ptr;

use napi::bindgen_prelude::{JsValue, Object, Unknown};
use napi::{Error, Result, Status as NapiStatus, check_status, sys};

use crate::engine::address::Address;

/// Encodings of `writeString`.
mod encoding {
    pub const UTF8: u32 = 0;
    pub const LATIN1: u32 = 1;
    pub const UTF16LE: u32 = 2;
}

/// Strings of up to this many bytes are encoded into memory that is used again.
const SCRATCH_SIZE: usize = 16 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(Vec::with_capacity(SCRATCH_SIZE));
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

/// Runs `use_bytes` on `value`, a string, in an encoding: 0 UTF-8, 1 Latin-1, 2 UTF-16LE.
///
/// # Errors
/// `InvalidArg`: no string, or no such encoding.
pub fn with_string<R>(
    value: &Unknown<'_>,
    encoding: u32,
    use_bytes: impl FnOnce(&[u8]) -> R,
) -> Result<R> {
    SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => {
            encode(value, encoding, &mut scratch)?;
            let result = use_bytes(&scratch);
            scratch.clear();
            scratch.shrink_to(SCRATCH_SIZE);
            Ok(result)
        }
        Err(_) => {
            let mut bytes = Vec::new();
            encode(value, encoding, &mut bytes)?;
            Ok(use_bytes(&bytes))
        }
    })
}

/// The bytes of `value`, a string of more than `SCRATCH_SIZE` UTF-16 units, in an encoding as for
/// [`with_string`]; `None` for a shorter one.
///
/// # Errors
/// As for [`with_string`].
pub fn large_string(value: &Unknown<'_>, encoding: u32) -> Result<Option<Vec<u8>>> {
    if units_of(value)? <= SCRATCH_SIZE {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    encode(value, encoding, &mut bytes)?;
    bytes.shrink_to_fit();
    Ok(Some(bytes))
}

/// The length of the string `value` in UTF-16 units.
fn units_of(value: &Unknown<'_>) -> Result<usize> {
    let value = value.value();
    let mut units = 0;
    // SAFETY: with no memory given, only the length is written, to a local.
    check_status!(unsafe {
        sys::napi_get_value_string_utf16(value.env, value.value, ptr::null_mut(), 0, &raw mut units)
    })?;
    Ok(units)
}

/// Strings of more UTF-16 units than this are counted before they are encoded as UTF-8. Others get
/// room for the longest case: with that V8 encodes them in one pass, without it in two or three. But
/// memory of more than 32 MiB comes fresh from the kernel each time (`M_MMAP_THRESHOLD`, mallopt(3)).
const MAX_UNCOUNTED: usize = 1 << 20;

/// Bytes of UTF-8 that the string `value` of `units` UTF-16 units takes, at most.
fn utf8_room(value: &Unknown<'_>, units: usize) -> Result<usize> {
    if units <= MAX_UNCOUNTED {
        return Ok(units * 3);
    }
    let value = value.value();
    let mut length = 0;
    // SAFETY: with no memory given, only the length is written, to a local.
    check_status!(unsafe {
        sys::napi_get_value_string_utf8(value.env, value.value, ptr::null_mut(), 0, &raw mut length)
    })?;
    Ok(length)
}

/// Encodes the string `value` into the empty `bytes`.
fn encode(value: &Unknown<'_>, encoding: u32, bytes: &mut Vec<u8>) -> Result<()> {
    let units = units_of(value)?;
    let room = if encoding == encoding::UTF8 { utf8_room(value, units)? } else { 0 };
    let value = value.value();
    let (env, value) = (value.env, value.value);
    bytes.clear();
    let mut written = 0;
    // SAFETY: in each case the memory has room for the whole string in that encoding (a UTF-16 unit
    // takes at most 3 bytes of UTF-8) and for the terminator, and `written` is what was initialised.
    unsafe {
        match encoding {
            encoding::UTF8 => {
                bytes.reserve_exact(room + 1);
                let (data, size) = (bytes.as_mut_ptr().cast(), bytes.capacity());
                check_status!(sys::napi_get_value_string_utf8(
                    env,
                    value,
                    data,
                    size,
                    &raw mut written
                ))?;
                bytes.set_len(written);
            }
            encoding::LATIN1 => {
                bytes.reserve_exact(units + 1);
                let (data, size) = (bytes.as_mut_ptr().cast(), bytes.capacity());
                check_status!(sys::napi_get_value_string_latin1(
                    env,
                    value,
                    data,
                    size,
                    &raw mut written
                ))?;
                bytes.set_len(written);
            }
            encoding::UTF16LE => {
                let mut wide: Vec<u16> = Vec::with_capacity(units + 1);
                check_status!(sys::napi_get_value_string_utf16(
                    env,
                    value,
                    wide.as_mut_ptr(),
                    units + 1,
                    &raw mut written
                ))?;
                wide.set_len(written);
                bytes.extend(wide.iter().flat_map(|unit| unit.to_le_bytes()));
            }
            _ => {
                let text = format!("unknown encoding {encoding}");
                return Err(Error::new(NapiStatus::InvalidArg, text));
            }
        }
    }
    Ok(())
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
