//! Calls of the JavaScript functions of a bridge.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::ptr;

use napi::sys;

use super::buffers;
use crate::backend::Delivery;
use crate::backend::batch::CLOSED;
use crate::engine::event::Event;
use crate::engine::memory::Chunk;

/// What JavaScript gives a bridge.
pub struct Functions {
    /// `dispatch(id, kind, status, payload)`: one event.
    pub dispatch: sys::napi_value,
    /// `tick()`: runs what an event has left for the next tick.
    pub tick: sys::napi_value,
    /// `dispatchBatch(count, payload)`: the events in `entries`.
    pub dispatch_batch: sys::napi_value,
    /// `uncaught(exception)`: gives what one of the others has thrown to the process.
    pub uncaught: sys::napi_value,
    /// `Int32Array` for the entries of a batch.
    pub entries: sys::napi_value,
    /// `ArrayBuffer` that the small reads of a batch land in.
    pub memory: sys::napi_value,
    /// An array without a prototype, of Buffers that single reads land in; see [`super::batches`].
    pub areas: sys::napi_value,
}

/// References to the functions. They are weak while no socket is open, and null once deleted.
pub struct Callbacks {
    dispatch: Cell<sys::napi_ref>,
    tick: Cell<sys::napi_ref>,
    dispatch_batch: Cell<sys::napi_ref>,
    uncaught: Cell<sys::napi_ref>,
    /// Whether `dispatch` is called by `napi_make_callback`.
    from_loop: bool,
}

impl Callbacks {
    /// Weak references to the functions. `from_loop`: each event leaves the async context of the threadsafe function. Deno
    /// has no such context, and crashes in `napi_make_callback` without one.
    ///
    /// # Errors
    /// Those of Node-API.
    ///
    /// # Safety
    /// The arguments belong to the running call of a JavaScript function.
    pub unsafe fn new(
        env: sys::napi_env,
        functions: &Functions,
        from_loop: bool,
    ) -> napi::Result<Self> {
        let mut references = [ptr::null_mut(); 4];
        let Functions { dispatch, tick, dispatch_batch, uncaught, .. } = *functions;
        let functions = [dispatch, tick, dispatch_batch, uncaught];
        for (reference, function) in references.iter_mut().zip(functions) {
            // SAFETY: passed on to the caller; the result is written to a local.
            napi::check_status!(unsafe {
                sys::napi_create_reference(env, function, 0, reference)
            })?;
        }
        let [dispatch, tick, dispatch_batch, uncaught] = references.map(Cell::new);
        Ok(Callbacks { dispatch, tick, dispatch_batch, uncaught, from_loop })
    }

    fn references(&self) -> [&Cell<sys::napi_ref>; 4] {
        [&self.dispatch, &self.tick, &self.dispatch_batch, &self.uncaught]
    }

    /// Makes the references strong, or weak again.
    pub fn set_strong(&self, env: sys::napi_env, strong: bool) {
        for reference in self.references() {
            // SAFETY: the references live until they are null, and this is the environment's thread.
            // Node-API refuses null.
            unsafe {
                if strong {
                    sys::napi_reference_ref(env, reference.get(), ptr::null_mut());
                } else {
                    sys::napi_reference_unref(env, reference.get(), ptr::null_mut());
                }
            }
        }
    }

    /// Deletes the references; nothing is called any more.
    pub fn delete(&self, env: sys::napi_env) {
        delete(env, self.references());
    }

    /// Calls `dispatch` for `event` of the socket `id`.
    pub fn dispatch(&self, env: sys::napi_env, id: u32, event: Event) -> Delivery {
        let (kind, status, write) = (event.kind(), event.status(), event.id());
        let chunk = if let Event::Read(chunk) = event { Some(chunk) } else { None };
        self.dispatch_parts(env, id, (kind, status), write, chunk)
    }

    /// Calls `dispatch` for the closing phase of the socket `id`.
    pub fn dispatch_closed(&self, env: sys::napi_env, id: u32) -> Delivery {
        self.dispatch_parts(env, id, (CLOSED, 0), None, None)
    }

    fn dispatch_parts(
        &self,
        env: sys::napi_env,
        id: u32,
        (kind, status): (i32, i32),
        write: Option<NonZeroU32>,
        chunk: Option<Chunk>,
    ) -> Delivery {
        in_scope(env, || {
            let mut arguments = [ptr::null_mut(); 4];
            let mut count = 3;
            // SAFETY: a scope is open; the results are written to a local array.
            unsafe {
                sys::napi_create_uint32(env, id, &raw mut arguments[0]);
                sys::napi_create_int32(env, kind, &raw mut arguments[1]);
                sys::napi_create_int32(env, status, &raw mut arguments[2]);
            }
            if let Some(write) = write {
                // SAFETY: as above.
                unsafe { sys::napi_create_uint32(env, write.get(), &raw mut arguments[3]) };
                count = 4;
            }
            if let Some(chunk) = chunk {
                let Some(buffer) = buffers::to_js(env, chunk) else { return Delivery::Stop };
                arguments[3] = buffer;
                count = 4;
            }
            self.call(env, &self.dispatch, &arguments[..count], self.from_loop)
        })
    }

    /// Calls `dispatchBatch` for `count` entries; `chunk` are bytes that stand out of line. To be called
    /// inside a handle scope.
    pub fn dispatch_batch(
        &self,
        env: sys::napi_env,
        count: usize,
        chunk: Option<Chunk>,
    ) -> Delivery {
        let mut arguments = [ptr::null_mut(); 2];
        // SAFETY: a scope is open; the result is written to a local array.
        unsafe { sys::napi_create_uint32(env, count as u32, &raw mut arguments[0]) };
        let given = match chunk {
            None => 1,
            Some(chunk) => {
                let Some(buffer) = buffers::to_js(env, chunk) else { return Delivery::Stop };
                arguments[1] = buffer;
                2
            }
        };
        self.call(env, &self.dispatch_batch, &arguments[..given], false)
    }

    /// Calls `tick`, which runs what the previous event left for the next tick.
    pub fn tick(&self, env: sys::napi_env) -> Delivery {
        in_scope(env, || self.call(env, &self.tick, &[], false))
    }

    /// Calls the function of `reference`. What it throws becomes an uncaught exception.
    fn call(
        &self,
        env: sys::napi_env,
        reference: &Cell<sys::napi_ref>,
        arguments: &[sys::napi_value],
        from_loop: bool,
    ) -> Delivery {
        let status = call(env, reference.get(), arguments, from_loop);
        if status == sys::Status::napi_ok { Delivery::Continue } else { self.report(env) }
    }

    /// Makes the pending exception an uncaught one. Node shows the line of JavaScript that does so, and none where there is
    /// no JavaScript below. [`Delivery::Stop`]: JavaScript cannot run any more.
    fn report(&self, env: sys::napi_env) -> Delivery {
        let mut exception = ptr::null_mut();
        // SAFETY: a scope is open, and the result is written to a local.
        let status = unsafe { sys::napi_get_and_clear_last_exception(env, &raw mut exception) };
        if status != sys::Status::napi_ok {
            return Delivery::Stop;
        }
        let status = call(env, self.uncaught.get(), &[exception], false);
        if status == sys::Status::napi_ok { Delivery::Continue } else { Delivery::Stop }
    }
}

/// Deletes references, and leaves null in their place.
pub fn delete<const COUNT: usize>(env: sys::napi_env, references: [&Cell<sys::napi_ref>; COUNT]) {
    for reference in references {
        let reference = reference.replace(ptr::null_mut());
        if !reference.is_null() {
            // SAFETY: the environment has not gone before its cleanup hooks have run, of which this
            // is one, or was called earlier. It is taken out, so it is deleted once.
            unsafe { sys::napi_delete_reference(env, reference) };
        }
    }
}

/// Runs `body` inside a handle scope.
pub fn in_scope(env: sys::napi_env, body: impl FnOnce() -> Delivery) -> Delivery {
    let mut scope = ptr::null_mut();
    // SAFETY: this is the environment's thread; the scope is closed below.
    if unsafe { sys::napi_open_handle_scope(env, &raw mut scope) } != sys::Status::napi_ok {
        return Delivery::Stop;
    }
    let delivery = body();
    // SAFETY: opened above, and every inner scope is closed.
    unsafe { sys::napi_close_handle_scope(env, scope) };
    delivery
}

/// Calls the function of `reference`, if it was not deleted. `from_loop`: as Node calls from its event loop, in no async
/// context (`napi_make_callback`), so that nothing of the context in which the bridge was made is seen by sockets that
/// others open.
fn call(
    env: sys::napi_env,
    reference: sys::napi_ref,
    arguments: &[sys::napi_value],
    from_loop: bool,
) -> sys::napi_status {
    let mut function = ptr::null_mut();
    let mut receiver = ptr::null_mut();
    let (count, values, result) = (arguments.len(), arguments.as_ptr(), ptr::null_mut());
    // SAFETY: a scope is open, the reference is live, and the results are written to locals; no
    // async context is a documented argument.
    unsafe {
        sys::napi_get_reference_value(env, reference, &raw mut function);
        if function.is_null() {
            return sys::Status::napi_ok;
        }
        if from_loop {
            let context = ptr::null_mut();
            sys::napi_create_object(env, &raw mut receiver);
            sys::napi_make_callback(env, context, receiver, function, count, values, result)
        } else {
            sys::napi_get_undefined(env, &raw mut receiver);
            sys::napi_call_function(env, receiver, function, count, values, result)
        }
    }
}
