//! The threadsafe function: wakes the JavaScript thread and keeps its event loop alive.

use std::cell::{Cell, OnceCell};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::rc::{Rc, Weak};

use napi::sys;

use super::Bridge;
use super::resource::inactive;
use crate::backend::tokio::ready_queue::Wake;

/// A threadsafe function without a JavaScript function of its own.
pub struct Waker {
    function: sys::napi_threadsafe_function,
    /// The context that the function was created with.
    bridge: Box<OnceCell<Weak<Bridge>>>,
    released: Cell<bool>,
}

impl Waker {
    /// A waker that does not keep the process alive.
    ///
    /// # Errors
    /// Those of Node-API.
    ///
    /// # Safety
    /// `env` belongs to the running call of a JavaScript function.
    pub unsafe fn new(env: sys::napi_env) -> napi::Result<Self> {
        let bridge = Box::new(OnceCell::new());
        let mut name = ptr::null_mut();
        let mut function = ptr::null_mut();
        // SAFETY: `env` belongs to the running call, as the caller says.
        let resource = unsafe { inactive(env)? };
        // SAFETY: the name is text of the given length, the results are written to locals, and the
        // context is valid as long as the function is called: until `release`.
        unsafe {
            napi::check_status!(sys::napi_create_string_utf8(
                env,
                c"rsnet".as_ptr(),
                5,
                &raw mut name
            ))?;
            napi::check_status!(sys::napi_create_threadsafe_function(
                env,
                ptr::null_mut(),
                resource,
                name,
                0,
                1,
                ptr::null_mut(),
                None,
                (&raw const *bridge).cast_mut().cast(),
                Some(call_js),
                &raw mut function,
            ))?;
            napi::check_status!(sys::napi_unref_threadsafe_function(env, function))?;
        }
        Ok(Waker { function, bridge, released: Cell::new(false) })
    }

    /// Sets the bridge that a wake-up runs, once.
    pub fn set_bridge(&self, bridge: &Rc<Bridge>) {
        let _ = self.bridge.set(Rc::downgrade(bridge));
    }

    /// What the runtime's threads call. The queue drops it before [`Waker::release`].
    pub fn wake(&self) -> Wake {
        struct Function(sys::napi_threadsafe_function);
        // SAFETY: Node-API allows to call a threadsafe function from any thread.
        unsafe impl Send for Function {}
        let function = Function(self.function);
        Box::new(move || {
            let function = &function;
            // SAFETY: the function is released only after the queue has dropped this closure.
            unsafe {
                sys::napi_call_threadsafe_function(
                    function.0,
                    ptr::null_mut(),
                    sys::ThreadsafeFunctionCallMode::nonblocking,
                );
            }
        })
    }

    /// Makes the event loop stay alive, or no longer.
    pub fn set_refed(&self, env: sys::napi_env, refed: bool) {
        if self.released.get() {
            return;
        }
        // SAFETY: the function was not released, and this is the environment's thread.
        unsafe {
            if refed {
                sys::napi_ref_threadsafe_function(env, self.function);
            } else {
                sys::napi_unref_threadsafe_function(env, self.function);
            }
        }
    }

    /// Gives the function back; nothing is called any more.
    pub fn release(&self) {
        if self.released.replace(true) {
            return;
        }
        // SAFETY: it is released once, and the queue, its only user, has ended.
        unsafe {
            sys::napi_release_threadsafe_function(
                self.function,
                sys::ThreadsafeFunctionReleaseMode::abort,
            );
        }
    }
}

/// Runs on the JavaScript thread after a wake-up. Without an environment (it ends) there is nothing
/// to do, and the context may be gone.
unsafe extern "C" fn call_js(
    env: sys::napi_env,
    _function: sys::napi_value,
    context: *mut c_void,
    _data: *mut c_void,
) {
    if env.is_null() {
        return;
    }
    // SAFETY: the context lives in the bridge's waker, whose function was not released, or this
    // would not be called.
    let bridge = unsafe { &*context.cast::<OnceCell<Weak<Bridge>>>() };
    let Some(bridge) = bridge.get().and_then(Weak::upgrade) else { return };
    // A panic must not unwind into the host; the sockets' own panics were caught before.
    let _ = catch_unwind(AssertUnwindSafe(|| bridge.run_tokio()));
}
