//! Callback scopes of the uv backend. When one closes, the host itself runs what the event has left
//! for the next tick, and reports what that throws as it reports its own.

use std::cell::Cell;
use std::ptr;

use napi::sys;

use super::call::in_scope;
use super::resource::inactive;
use crate::backend::Delivery;

/// The async context in which events are delivered.
#[derive(Default)]
pub struct Scope {
    /// Made by the first event, straight from the event loop, so that it inherits no
    /// AsyncLocalStorage from the code that made the bridge. Null before.
    context: Cell<sys::napi_async_context>,
}

impl Scope {
    /// Runs `body` in a callback scope, inside a handle scope.
    pub fn run(&self, env: sys::napi_env, body: impl FnOnce() -> Delivery) -> Delivery {
        in_scope(env, || {
            let Some(context) = self.context(env) else { return Delivery::Stop };
            let mut scope = ptr::null_mut();
            // SAFETY: the context lives as long as `self`; the resource is ignored, as documented; the
            // scope is closed below.
            let status = unsafe {
                sys::napi_open_callback_scope(env, ptr::null_mut(), context, &raw mut scope)
            };
            if status != sys::Status::napi_ok {
                return Delivery::Stop;
            }
            let delivery = body();
            // SAFETY: opened above.
            unsafe { sys::napi_close_callback_scope(env, scope) };
            delivery
        })
    }

    fn context(&self, env: sys::napi_env) -> Option<sys::napi_async_context> {
        if self.context.get().is_null() {
            let mut name = ptr::null_mut();
            let mut context = ptr::null_mut();
            // SAFETY: a handle scope is open; the name is text of the given length; results are
            // written to locals.
            let status = unsafe {
                let resource = inactive(env).unwrap_or(ptr::null_mut());
                sys::napi_create_string_utf8(env, c"rsnet".as_ptr(), 5, &raw mut name);
                sys::napi_async_init(env, resource, name, &raw mut context)
            };
            if status != sys::Status::napi_ok {
                return None;
            }
            self.context.set(context);
        }
        Some(self.context.get())
    }

    /// Gives the context back.
    pub fn delete(&self, env: sys::napi_env) {
        let context = self.context.replace(ptr::null_mut());
        if !context.is_null() {
            // SAFETY: no scope is open when the bridge goes away, and it is given back once.
            unsafe { sys::napi_async_destroy(env, context) };
        }
    }
}
