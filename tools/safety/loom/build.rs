//! Sets `cfg(loom)`, by which the tokio backend takes loom's locks and the model's descriptor.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(loom)");
    println!("cargo::rustc-cfg=loom");
}
