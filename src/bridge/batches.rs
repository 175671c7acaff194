//! What the uv backend shares with JavaScript: the array that the entries of a batch are written to,
//! the memory that reads land in, and memory of the program's own for single sockets.
//!
//! All of it belongs to JavaScript. It is looked up anew for each batch, and no JavaScript runs while it is in use. So
//! memory that was collected or detached is found missing, and never written to.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

use napi::sys;

use crate::backend::batch::{Batch, Filled};

/// References to what JavaScript provides.
pub struct Batches {
    /// An `Int32Array`; weak. Null once deleted.
    entries: Cell<sys::napi_ref>,
    /// An `ArrayBuffer`; weak. Null once deleted.
    memory: Cell<sys::napi_ref>,
    /// A `Uint8Array` for a socket, by its id; null where there is none.
    own: RefCell<Vec<sys::napi_ref>>,
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
        let (entries, memory) =
            unsafe { (reference(env, entries, 0)?, reference(env, memory, 0)?) };
        Ok(Batches {
            entries: Cell::new(entries),
            memory: Cell::new(memory),
            own: RefCell::default(),
        })
    }

    /// Gives the socket `id` memory to read into, a `Uint8Array`, and keeps it alive; `None` takes it away.
    ///
    /// # Errors
    /// Those of Node-API.
    ///
    /// # Safety
    /// The arguments belong to the running call of a JavaScript function.
    pub unsafe fn set_own(
        &self,
        env: sys::napi_env,
        id: u32,
        view: Option<sys::napi_value>,
    ) -> napi::Result<()> {
        let new = match view {
            // SAFETY: passed on to the caller.
            Some(view) => unsafe { reference(env, view, 1)? },
            None => ptr::null_mut(),
        };
        self.forget_own(env, id);
        let place = id as usize;
        let mut own = self.own.borrow_mut();
        if own.len() <= place {
            own.resize(place + 1, ptr::null_mut());
        }
        own[place] = new;
        Ok(())
    }

    /// The socket `id` has no memory of its own any more. The environment has not ended.
    pub fn forget_own(&self, env: sys::napi_env, id: u32) {
        let mut own = self.own.borrow_mut();
        let Some(place) = own.get_mut(id as usize) else { return };
        let old = std::mem::replace(place, ptr::null_mut());
        if !old.is_null() {
            // SAFETY: made by `reference`, and taken out above.
            unsafe { sys::napi_delete_reference(env, old) };
        }
    }

    /// Lets `fill` fill a batch. `fill` runs no JavaScript. To be called inside a handle scope.
    pub fn fill(&self, env: sys::napi_env, fill: impl FnOnce(&mut Batch<'_>)) -> Filled {
        // SAFETY: both areas are live objects of JavaScript, kept by the open handle scope, and no
        // JavaScript runs, hence nothing detaches or reads them, before the batch is finished. They
        // are two objects that only this module hands to the addon, so they do not overlap.
        let (entries, memory) = unsafe {
            let (data, length) = array(env, self.entries.get(), sys::TypedarrayType::int32_array);
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
        let mut own = |id| {
            let (data, length) = self.own(env, id)?;
            let memory: &mut [MaybeUninit<u8>] = if data.is_null() || length == 0 {
                &mut []
            } else {
                // SAFETY: Node-API reports the view's memory and its length. The program has it too, but
                // does not run before the batch is finished, which uses it for one read, its only entry.
                unsafe { std::slice::from_raw_parts_mut(data.cast(), length) }
            };
            Some(memory)
        };
        let mut batch = Batch::new(entries, memory, &mut own);
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

    /// Where the memory of the socket `id` is, and how long; no bytes if it was detached.
    fn own(&self, env: sys::napi_env, id: u32) -> Option<(*mut c_void, usize)> {
        let reference = *self.own.borrow().get(id as usize)?;
        if reference.is_null() {
            return None;
        }
        // SAFETY: `fill` is called inside a handle scope, and the reference was not deleted.
        Some(unsafe { array(env, reference, sys::TypedarrayType::uint8_array) })
    }

    /// Deletes the references.
    pub fn delete(&self, env: sys::napi_env) {
        let own = self.own.take();
        let areas = [&self.entries, &self.memory].map(|area| area.replace(ptr::null_mut()));
        for reference in own.into_iter().chain(areas) {
            if !reference.is_null() {
                // SAFETY: the environment has not gone before its cleanup hooks have run, of which this
                // is one, or was called earlier. It is taken out, so it is deleted once.
                unsafe { sys::napi_delete_reference(env, reference) };
            }
        }
    }
}

/// # Safety
/// The arguments belong to the running call of a JavaScript function.
unsafe fn reference(
    env: sys::napi_env,
    value: sys::napi_value,
    count: u32,
) -> napi::Result<sys::napi_ref> {
    let mut reference = ptr::null_mut();
    // SAFETY: passed on to the caller; the result is written to a local.
    napi::check_status!(unsafe {
        sys::napi_create_reference(env, value, count, &raw mut reference)
    })?;
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
/// As for [`value`].
unsafe fn array(
    env: sys::napi_env,
    reference: sys::napi_ref,
    expected: sys::napi_typedarray_type,
) -> (*mut c_void, usize) {
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
