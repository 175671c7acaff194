//! What async_hooks sees of rsnet's own work in the event loop.

use std::ptr;

use napi::sys;

/// An object whose `hasRef()` says false. Tools that look for what keeps a process alive ask each resource that. In rsnet
/// the handles of sockets and servers keep it alive, and this object does not. The method is the global `Boolean`: it
/// gives false for no argument, and refers to nothing of rsnet.
///
/// # Errors
/// Those of Node-API.
///
/// # Safety
/// A handle scope of the environment is open.
pub unsafe fn inactive(env: sys::napi_env) -> napi::Result<sys::napi_value> {
    let mut resource = ptr::null_mut();
    let mut global = ptr::null_mut();
    let mut boolean = ptr::null_mut();
    // SAFETY: the environment runs, the names end with a NUL, and the results are written to locals.
    unsafe {
        napi::check_status!(sys::napi_create_object(env, &raw mut resource))?;
        napi::check_status!(sys::napi_get_global(env, &raw mut global))?;
        napi::check_status!(sys::napi_get_named_property(
            env,
            global,
            c"Boolean".as_ptr(),
            &raw mut boolean
        ))?;
        napi::check_status!(sys::napi_set_named_property(
            env,
            resource,
            c"hasRef".as_ptr(),
            boolean
        ))?;
    }
    Ok(resource)
}
