//! Strings of JavaScript in an encoding: [`UTF8`], [`LATIN1`] or [`UTF16LE`].

use std::cell::RefCell;
use std::ptr;

use napi::bindgen_prelude::{JsValue, Unknown};
use napi::{Error, Result, Status as NapiStatus, check_status, sys};

use crate::utf8;

/// The encoding `utf8` of Node.
pub const UTF8: u32 = 0;

/// The encoding `latin1` of Node.
pub const LATIN1: u32 = 1;

/// The encoding `utf16le` of Node.
pub const UTF16LE: u32 = 2;

/// Bytes of the memory that strings are encoded into, and that is used again: the longest piece as UTF-8 (see [`pieces`]).
const ENCODED_SIZE: usize = utf8::MAX_BYTES * WIDE_SIZE + 1;

/// Strings of more UTF-16 units than this get memory of their own, which is sent from.
const LARGE_STRING: usize = 16 * 1024;

/// V8 encodes a string fast where all of it is ASCII, and [`utf8`] where it is not. From so many UTF-16 units on, a look at
/// the first ones decides which of the two does.
const LOOK_FROM: usize = 4096;

/// How many UTF-16 units that look sees.
const LOOK: usize = 64;

/// UTF-16 units of the memory that V8 copies strings to, and that is used again.
const WIDE_SIZE: usize = 64 * 1024;

/// JavaScript splits longer strings into pieces of so many UTF-16 units. One more unit, where that would split a
/// surrogate pair, and the terminator of Node-API fit into [`WIDE_SIZE`], too.
pub const STRING_PIECE: usize = WIDE_SIZE - 2;

thread_local! {
    static ENCODED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static WIDE: RefCell<Vec<u16>> = const { RefCell::new(Vec::new()) };
}

/// Runs `use_bytes` on `value`, a string, in an encoding.
///
/// # Errors
/// `InvalidArg`: no string, or no such encoding.
pub fn with_string<R>(
    value: &Unknown<'_>,
    encoding: u32,
    use_bytes: impl FnOnce(&[u8]) -> R,
) -> Result<R> {
    with_scratch(|scratch| {
        append(value, encoding, scratch)?;
        Ok(use_bytes(scratch))
    })
}

/// The bytes of `value`, a string of more than `LARGE_STRING` UTF-16 units, in an encoding; `None` for a shorter one.
///
/// # Errors
/// As for [`with_string`].
pub fn large_string(value: &Unknown<'_>, encoding: u32) -> Result<Option<Vec<u8>>> {
    if units_of(value)? <= LARGE_STRING {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    append_exactly(value, encoding, &mut bytes)?;
    Ok(Some(bytes))
}

/// The bytes of `value`, an array of strings of at most 64 Ki UTF-16 units each and `units` together, one behind the
/// other, in an encoding.
///
/// # Errors
/// `InvalidArg`: no array of strings, or no such encoding.
pub fn pieces(value: &Unknown<'_>, encoding: u32, units: usize) -> Result<Vec<u8>> {
    let (env, array) = (value.value().env, value.value().value);
    let mut length = 0;
    // SAFETY: the value belongs to the running call; the result is written to a local.
    check_status!(unsafe { sys::napi_get_array_length(env, array, &raw mut length) })?;
    let mut bytes = Vec::new();
    for index in 0..length {
        let mut element = ptr::null_mut();
        // SAFETY: as above. The element is a value of the running call, too.
        let piece = unsafe {
            check_status!(sys::napi_get_element(env, array, index, &raw mut element))?;
            Unknown::from_raw_unchecked(env, element)
        };
        append_exactly(&piece, encoding, &mut bytes)?;
        if index == 0 {
            // Most strings have as many bytes for a unit everywhere.
            let first = units_of(&piece)?.max(1);
            bytes.reserve_exact(bytes.len() * units.saturating_sub(first) / first);
        }
    }
    if bytes.capacity() - bytes.len() > bytes.len() / 4 {
        bytes.shrink_to_fit();
    }
    Ok(bytes)
}

/// Runs `body` with empty memory that is used again.
fn with_scratch<R>(body: impl FnOnce(&mut Vec<u8>) -> R) -> R {
    ENCODED.with(|scratch| match scratch.try_borrow_mut() {
        Ok(mut scratch) => {
            scratch.clear();
            let result = body(&mut scratch);
            scratch.clear();
            scratch.shrink_to(ENCODED_SIZE);
            result
        }
        Err(_) => body(&mut Vec::new()),
    })
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

/// As [`append`], with no more memory than is needed. Memory of the longest case would be given back to the kernel by
/// shrinking it, when it is large (`M_MMAP_THRESHOLD`, mallopt(3)), and the kernel would have to clear its pages each time.
fn append_exactly(value: &Unknown<'_>, encoding: u32, bytes: &mut Vec<u8>) -> Result<()> {
    let units = units_of(value)?;
    if encoding != UTF8 {
        return append(value, encoding, bytes);
    }
    if append_wide(value, units, bytes)? {
        return Ok(());
    }
    with_scratch(|scratch| {
        append_by(value, sys::napi_get_value_string_utf8, units * utf8::MAX_BYTES, scratch)?;
        bytes.reserve_exact(scratch.len());
        bytes.extend_from_slice(scratch);
        Ok(())
    })
}

/// Appends the string `value` to `bytes`.
fn append(value: &Unknown<'_>, encoding: u32, bytes: &mut Vec<u8>) -> Result<()> {
    let units = units_of(value)?;
    match encoding {
        UTF8 if append_wide(value, units, bytes)? => Ok(()),
        // With room for the longest case V8 encodes in one pass, without it in two or three.
        UTF8 => append_by(value, sys::napi_get_value_string_utf8, units * utf8::MAX_BYTES, bytes),
        LATIN1 => append_by(value, sys::napi_get_value_string_latin1, units, bytes),
        UTF16LE => with_units(value, units, |wide| {
            bytes.extend(wide.iter().flat_map(|unit| unit.to_le_bytes()));
        }),
        _ => Err(Error::new(NapiStatus::InvalidArg, format!("unknown encoding {encoding}"))),
    }
}

/// A function of Node-API that encodes a string.
type Encoder = unsafe fn(
    sys::napi_env,
    sys::napi_value,
    *mut std::ffi::c_char,
    usize,
    *mut usize,
) -> sys::napi_status;

/// Appends to `bytes` what `encoder` makes of the string `value`, at most `room` bytes.
fn append_by(
    value: &Unknown<'_>,
    encoder: Encoder,
    room: usize,
    bytes: &mut Vec<u8>,
) -> Result<()> {
    let value = value.value();
    let mut written = 0;
    bytes.reserve_exact(room + 1);
    let spare = bytes.spare_capacity_mut();
    // SAFETY: the memory is as long as is said, with room for the terminator; `written` is what was initialised of it.
    unsafe {
        check_status!(encoder(
            value.env,
            value.value,
            spare.as_mut_ptr().cast(),
            spare.len(),
            &raw mut written
        ))?;
        bytes.set_len(bytes.len() + written);
    }
    Ok(())
}

/// Appends the string `value` of `units` UTF-16 units to `bytes` as UTF-8, if it is not short and does not begin with
/// ASCII. Returns whether it did.
fn append_wide(value: &Unknown<'_>, units: usize, bytes: &mut Vec<u8>) -> Result<bool> {
    if units < LOOK_FROM || with_units(value, LOOK, utf8::is_ascii)? {
        return Ok(false);
    }
    with_units(value, units, |wide| utf8::encode(wide, bytes))?;
    Ok(true)
}

/// Runs `use_units` on the first `most` UTF-16 units of the string `value`.
fn with_units<R>(
    value: &Unknown<'_>,
    most: usize,
    use_units: impl FnOnce(&[u16]) -> R,
) -> Result<R> {
    let value = value.value();
    WIDE.with_borrow_mut(|wide| {
        let mut written = 0;
        wide.clear();
        wide.reserve(most + 1);
        // SAFETY: the memory has room for so many units and the terminator; `written` is what was initialised of it.
        unsafe {
            check_status!(sys::napi_get_value_string_utf16(
                value.env,
                value.value,
                wide.as_mut_ptr(),
                most + 1,
                &raw mut written
            ))?;
            wide.set_len(written);
        }
        let result = use_units(wide);
        wide.clear();
        wide.shrink_to(WIDE_SIZE);
        Ok(result)
    })
}
