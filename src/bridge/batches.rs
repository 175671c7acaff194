//! What the inline lane shares with JavaScript: the array that the entries of a batch are written to,
//! and the memory that small reads land in.
//!
//! Both belong to JavaScript. They are looked up anew for each batch, and nothing of JavaScript runs
//! while they are in use: memory that was collected or detached is found missing, never written to.

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr;

use napi::sys;

use crate::engine::memory::Chunk;
use crate::lane::batch::Batch;

/// Weak references to what JavaScript provides.
pub struct Batches {
    /// An `Int32Array`.
    entries: sys::napi_ref,
    /// An `ArrayBuffer`.
    memory: Cell<sys::napi_ref>,
    /// Bytes of it in use.
    used: Cell<usize>,
}

/// What a batch holds: entries, and bytes that stand apart.
pub struct Filled {
    /// How many entries.
    pub count: usize,
    /// The bytes of the last one, if they stand apart.
    pub chunk: Option<Chunk>,
}

impl Batches {
    /// # Errors
    /// Those of Node-API: `entries` and `memory` must be objects.
    ///
    /// # Safety
    /// The arguments belong to the running call of a JavaScript function.
    pub unsafe fn new(
        env: sys::napi_env,
        entries: sys::napi_value,
        memory: sys::napi_value,
    ) -> napi::Result<Self> {
        // SAFETY: passed on to the caller.
        let (entries, memory) = unsafe { (weak(env, entries)?, weak(env, memory)?) };
        Ok(Batches { entries, memory: Cell::new(memory), used: Cell::new(0) })
    }

    /// Takes new memory in place of the last.
    ///
    /// # Errors
    /// Those of Node-API.
    ///
    /// # Safety
    /// The arguments belong to the running call of a JavaScript function.
    pub unsafe fn set_memory(
        &self,
        env: sys::napi_env,
        memory: sys::napi_value,
    ) -> napi::Result<()> {
        // SAFETY: passed on to the caller; the old reference is not used any more.
        unsafe {
            let old = self.memory.replace(weak(env, memory)?);
            sys::napi_delete_reference(env, old);
        }
        self.used.set(0);
        Ok(())
    }

    /// Lets `fill` fill a batch. `fill` runs no JavaScript. To be called inside a handle scope.
    pub fn fill(&self, env: sys::napi_env, fill: impl FnOnce(&mut Batch<'_>)) -> Filled {
        // SAFETY: both areas are live objects of JavaScript, kept by the open handle scope, and no
        // JavaScript runs, hence nothing detaches or reads them, before the batch is finished. They
        // are two objects that only this module hands to the addon, so they do not overlap.
        let (entries, memory) = unsafe {
            let (data, length) = array(env, self.entries);
            let entries: &mut [i32] =
                if data.is_null() { &mut [] } else { std::slice::from_raw_parts_mut(data, length) };
            let (data, length) = buffer(env, self.memory.get());
            let memory: &mut [MaybeUninit<u8>] =
                if data.is_null() { &mut [] } else { std::slice::from_raw_parts_mut(data, length) };
            (entries, memory)
        };
        let mut batch = Batch::new(entries, memory, self.used.get());
        fill(&mut batch);
        let (count, used, chunk) = batch.finish();
        self.used.set(used);
        Filled { count, chunk }
    }

    /// Deletes the references.
    pub fn delete(&self, env: sys::napi_env) {
        for reference in [self.entries, self.memory.get()] {
            // SAFETY: called once, by the drop of the bridge, before the environment ended.
            unsafe { sys::napi_delete_reference(env, reference) };
        }
    }
}

/// # Safety
/// The arguments belong to the running call of a JavaScript function.
unsafe fn weak(env: sys::napi_env, value: sys::napi_value) -> napi::Result<sys::napi_ref> {
    let mut reference = ptr::null_mut();
    // SAFETY: passed on to the caller; the result is written to a local.
    napi::check_status!(unsafe { sys::napi_create_reference(env, value, 0, &raw mut reference) })?;
    Ok(reference)
}

/// The value of a weak reference; null if it was collected.
///
/// # Safety
/// A handle scope is open, and the reference was not deleted.
unsafe fn value(env: sys::napi_env, reference: sys::napi_ref) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: passed on to the caller; the result is written to a local.
    unsafe { sys::napi_get_reference_value(env, reference, &raw mut value) };
    value
}

/// The memory of an `Int32Array`; null if it is none, or gone.
///
/// # Safety
/// As for [`value`].
unsafe fn array(env: sys::napi_env, reference: sys::napi_ref) -> (*mut i32, usize) {
    let (mut kind, mut length, mut data) = (0, 0, ptr::null_mut());
    // SAFETY: passed on to the caller; results are written to locals.
    let status = unsafe {
        let value = value(env, reference);
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
    let is_int32 = kind == sys::TypedarrayType::int32_array;
    if status == sys::Status::napi_ok && is_int32 {
        (data.cast(), length)
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
