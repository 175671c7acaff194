//! Numbers that both languages know. Rust defines them; JavaScript reads them once, when it loads the addon.

use std::num::NonZeroU32;

use napi::bindgen_prelude::Object;
use napi::{Env, Result};
use napi_derive::napi;

use super::strings;
use crate::backend::batch;
use crate::engine::errors::OK;
use crate::engine::event::Event;

/// The tables `events`, `entry`, `encodings` and `sizes`; names to numbers each.
#[napi]
pub fn constants(env: &Env) -> Result<Object<'_>> {
    let mut tables = Object::new(env)?;
    tables.set("events", table(env, &events())?)?;
    tables.set("entry", table(env, &entry())?)?;
    tables.set("encodings", table(env, &encodings())?)?;
    tables.set("sizes", table(env, &sizes())?)?;
    Ok(tables)
}

/// Kinds of events.
fn events() -> [(&'static str, i32); 9] {
    [
        ("NONE", batch::NONE),
        ("CONNECT", Event::Connect(OK).kind()),
        ("READ", Event::ReadEnd(OK).kind()),
        ("WRITE", Event::Write(NonZeroU32::MIN, OK).kind()),
        ("SHUTDOWN", Event::Shutdown(OK).kind()),
        ("CONNECTION", Event::Connection(OK).kind()),
        ("CLOSED", batch::CLOSED),
        ("WRITABLE", Event::Writable(OK).kind()),
        ("DESCRIPTORS", Event::Descriptors(0).kind()),
    ]
}

/// The entries of a batch: how many fields each has, and the offsets that are none.
fn entry() -> [(&'static str, i32); 3] {
    [
        ("FIELDS", batch::FIELDS as i32),
        ("OUT_OF_LINE", batch::OUT_OF_LINE),
        ("USER_BUFFER", batch::USER_BUFFER),
    ]
}

/// Encodings of `writeString` and `writePieces`.
fn encodings() -> [(&'static str, i32); 3] {
    [
        ("UTF8", strings::UTF8 as i32),
        ("LATIN1", strings::LATIN1 as i32),
        ("UTF16LE", strings::UTF16LE as i32),
    ]
}

/// Sizes: bytes, or UTF-16 units.
fn sizes() -> [(&'static str, i32); 3] {
    [
        ("BATCH_MEMORY", batch::MEMORY as i32),
        ("USUAL_READ", batch::RESERVE as i32),
        ("STRING_PIECE", strings::PIECE as i32),
    ]
}

/// An object with a property for each of `entries`.
fn table<'env>(env: &'env Env, entries: &[(&str, i32)]) -> Result<Object<'env>> {
    let mut object = Object::new(env)?;
    for &(name, value) in entries {
        object.set(name, value)?;
    }
    Ok(object)
}
