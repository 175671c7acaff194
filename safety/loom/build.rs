//! Copies the worker lane's source with loom's locks in place of the standard library's, and the model's descriptor in
//! place of tokio's. Nothing else is changed.

use std::path::Path;
use std::{env, fs};

const SOURCE: &str = "../../src/lane/worker.rs";

const REPLACED: [(&str, &str); 2] = [
    (
        "use std::sync::{Arc, Mutex, MutexGuard, PoisonError};",
        "use loom::sync::{Mutex, MutexGuard};\nuse std::sync::{Arc, PoisonError};",
    ),
    ("use tokio::io::unix::AsyncFd;", "use crate::kernel::AsyncFd;"),
];

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    let mut text = fs::read_to_string(SOURCE).expect("the worker lane's source");
    for (before, after) in REPLACED {
        assert!(text.contains(before), "the worker lane has no line `{before}` any more");
        text = text.replace(before, after);
    }
    // A file that is included cannot document its module.
    let lines = text.lines().filter(|line| !line.starts_with("//!"));
    let text = lines.collect::<Vec<_>>().join("\n");
    let folder = env::var("OUT_DIR").expect("cargo names a folder");
    fs::write(Path::new(&folder).join("worker.rs"), text).expect("the copy");
}
