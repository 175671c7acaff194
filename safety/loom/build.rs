//! Copies the worker lane's source with loom's locks in place of the standard library's, and the model's descriptor in
//! place of tokio's. Nothing else is changed.

use std::path::Path;
use std::{env, fs};

const FOLDER: &str = "../../src/lane";

/// The files, and which of their lines are replaced by what.
const SOURCES: [(&str, &[(&str, &str)]); 2] = [
    (
        "worker.rs",
        &[
            (
                "use std::sync::{Arc, Mutex, MutexGuard, PoisonError};",
                "use loom::sync::{Mutex, MutexGuard};\nuse std::sync::{Arc, PoisonError};",
            ),
            ("use tokio::io::unix::AsyncFd;", "use crate::kernel::AsyncFd;"),
        ],
    ),
    (
        "hub.rs",
        &[("use std::sync::{Arc, Mutex};", "use loom::sync::Mutex;\nuse std::sync::Arc;")],
    ),
];

fn main() {
    let copies = env::var("OUT_DIR").expect("cargo names a folder");
    for (file, replaced) in SOURCES {
        let source = Path::new(FOLDER).join(file);
        println!("cargo::rerun-if-changed={}", source.display());
        let mut text = fs::read_to_string(&source).expect("the worker lane's source");
        for (before, after) in replaced {
            assert!(text.contains(before), "{file} has no line `{before}` any more");
            text = text.replace(before, after);
        }
        // A file that is included cannot document its module.
        let lines = text.lines().filter(|line| !line.starts_with("//!"));
        let text = lines.collect::<Vec<_>>().join("\n");
        fs::write(Path::new(&copies).join(file), text).expect("the copy");
    }
}
