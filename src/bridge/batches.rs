//! What the uv backend shares with JavaScript: the array that the entries of a batch are written to,
//! the memory that small reads land in, and Buffers that single reads land in.
//!
//! All of it belongs to JavaScript. It is looked up anew for each batch, and no JavaScript runs while it is in use. So
//! memory that was collected or detached is found missing, and never written to.

use std::cell::Cell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

use napi::sys;

use super::call::{self, Functions};
use crate::backend::batch::{Area, Batch, Filled};

/// References to what JavaScript provides.
pub struct Batches {
    /// An `Int32Array`; weak. Null once deleted.
    entries: Cell<sys::napi_ref>,
    /// An `ArrayBuffer`; weak. Null once deleted.
    memory: Cell<sys::napi_ref>,
    /// An array of `Uint8Array` or `undefined`, see [`place_of`]; weak. Null once deleted.
    areas: Cell<sys::napi_ref>,
}

impl Batches {
    /// # Errors
    /// Those of Node-API: the arguments must be objects.
    ///
    /// # Safety
    /// The arguments belong to the running call of a JavaScript function.
    pub unsafe fn new(
        env: sys::napi_env,
        Functions { entries, memory, areas, .. }: &Functions,
    ) -> napi::Result<Self> {
        // SAFETY: passed on to the caller.
        unsafe {
            Ok(Batches {
                entries: Cell::new(weak(env, *entries)?),
                memory: Cell::new(weak(env, *memory)?),
                areas: Cell::new(weak(env, *areas)?),
            })
        }
    }

    /// Lets `fill` fill a batch. `fill` runs no JavaScript. To be called inside a handle scope.
    pub fn fill(&self, env: sys::napi_env, fill: impl FnOnce(&mut Batch<'_>)) -> Filled {
        // SAFETY: both areas are live objects of JavaScript, kept by the open handle scope, and no
        // JavaScript runs, hence nothing detaches or reads them, before the batch is finished. They
        // are two objects that only this module hands to the addon, so they do not overlap.
        let (entries, memory) = unsafe {
            let entries = value(env, self.entries.get());
            let (data, length) = array(env, entries, sys::TypedarrayType::int32_array);
            let entries: &mut [i32] = if data.is_null() {
                &mut []
            } else {
                std::slice::from_raw_parts_mut(data.cast(), length)
            };
            let (data, length) = buffer(env, self.memory.get());
            let memory: &mut [MaybeUninit<u8>] =
                if data.is_null() { &mut [] } else { std::slice::from_raw_parts_mut(data, length) };
            (entries, memory)
        };
        let mut areas = |area| {
            let (data, length) = self.area(env, area)?;
            let memory: &mut [MaybeUninit<u8>] = if data.is_null() || length == 0 {
                &mut []
            } else {
                // SAFETY: Node-API reports the view's memory and its length. JavaScript has it too, but
                // does not run before the batch is finished, which uses it for one read, its last entry.
                unsafe { std::slice::from_raw_parts_mut(data.cast(), length) }
            };
            Some(memory)
        };
        let mut batch = Batch::new(entries, memory, &mut areas);
        fill(&mut batch);
        batch.finish()
    }

    /// Fills a batch with the closing of as many of the sockets `ids` as there is room for; how many. To be
    /// called inside a handle scope.
    pub fn fill_closed(&self, env: sys::napi_env, ids: &[u32]) -> usize {
        self.fill(env, |batch| {
            for id in ids {
                if !batch.has_room() {
                    break;
                }
                batch.push_closed(*id);
            }
        })
        .count
    }

    /// Where `area` is, and how long; no bytes if it was detached. `None`: JavaScript provides none.
    fn area(&self, env: sys::napi_env, area: Area) -> Option<(*mut c_void, usize)> {
        let mut view = ptr::null_mut();
        let mut kind = 0;
        // SAFETY: `fill` is called inside a handle scope, and the reference was not deleted. No JavaScript runs: `areas`
        // is an array without a prototype, whose elements are plain values.
        unsafe {
            let areas = value(env, self.areas.get());
            if areas.is_null()
                || sys::napi_get_element(env, areas, place_of(area), &raw mut view)
                    != sys::Status::napi_ok
                || sys::napi_typeof(env, view, &raw mut kind) != sys::Status::napi_ok
                || kind == sys::ValueType::napi_undefined
            {
                return None;
            }
            Some(array(env, view, sys::TypedarrayType::uint8_array))
        }
    }

    /// Deletes the references.
    pub fn delete(&self, env: sys::napi_env) {
        call::delete(env, [&self.entries, &self.memory, &self.areas]);
    }
}

/// The index of an area in the array of JavaScript's.
fn place_of(area: Area) -> u32 {
    match area {
        Area::Full => 0,
        Area::Large => 1,
        Area::Own(id) => id.saturating_add(2),
    }
}

/// A weak reference to an object.
///
/// # Safety
/// The arguments belong to the running call of a JavaScript function.
unsafe fn weak(env: sys::napi_env, object: sys::napi_value) -> napi::Result<sys::napi_ref> {
    let mut reference = ptr::null_mut();
    // SAFETY: passed on to the caller; the result is written to a local.
    napi::check_status!(unsafe { sys::napi_create_reference(env, object, 0, &raw mut reference) })?;
    Ok(reference)
}

/// The value of a reference; null if it was collected.
///
/// # Safety
/// A handle scope is open, and the reference was not deleted.
unsafe fn value(env: sys::napi_env, reference: sys::napi_ref) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: passed on to the caller; the result is written to a local.
    unsafe { sys::napi_get_reference_value(env, reference, &raw mut value) };
    value
}

/// The memory of a typed array, and how many elements it has; null if it is no such, or gone.
///
/// # Safety
/// A handle scope is open, and `value` is null or belongs to it.
unsafe fn array(
    env: sys::napi_env,
    value: sys::napi_value,
    expected: sys::napi_typedarray_type,
) -> (*mut c_void, usize) {
    let (mut kind, mut length, mut data) = (0, 0, ptr::null_mut());
    // SAFETY: passed on to the caller; results are written to locals.
    let status = unsafe {
        if value.is_null() {
            return (ptr::null_mut(), 0);
        }
        sys::napi_get_typedarray_info(
            env,
            value,
            &raw mut kind,
            &raw mut length,
            &raw mut data,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    if status == sys::Status::napi_ok && kind == expected {
        (data, length)
    } else {
        (ptr::null_mut(), 0)
    }
}

/// The memory of an `ArrayBuffer`; null if it is none, gone or detached.
///
/// # Safety
/// As for [`value`].
unsafe fn buffer(env: sys::napi_env, reference: sys::napi_ref) -> (*mut MaybeUninit<u8>, usize) {
    let (mut length, mut data) = (0, ptr::null_mut());
    // SAFETY: passed on to the caller; results are written to locals.
    let status = unsafe {
        let value = value(env, reference);
        if value.is_null() {
            return (ptr::null_mut(), 0);
        }
        sys::napi_get_arraybuffer_info(env, value, &raw mut data, &raw mut length)
    };
    if status == sys::Status::napi_ok { (data.cast(), length) } else { (ptr::null_mut(), 0) }
}
