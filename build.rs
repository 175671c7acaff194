//! Link settings of the addon.

use std::env;

fn main() {
    napi_build::setup();
    println!("cargo::rerun-if-changed=build.rs");
    // Node unloads an addon when the worker thread that loaded it ends, while the runtime's threads
    // still execute its code. `-z nodelete` (see ld(1)) makes dlclose(3) keep the code mapped. On
    // macOS the image stays loaded by itself because Rust's thread-local storage pins it.
    match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete"),
        // The library's name for itself, which is the path where it was linked otherwise.
        Ok("macos") => println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/rsnet.node"),
        _ => {}
    }
}
