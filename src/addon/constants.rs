//! Numbers that both languages know. Rust defines them; JavaScript reads them once, when it loads the addon.

use std::num::NonZeroU32;

use napi::bindgen_prelude::Object;
use napi::{Env, Result};
use napi_derive::napi;

use super::strings;
use crate::backend::batch;
use crate::bridge::commands;
use crate::engine::errors::OK;
use crate::engine::event::Event;
use crate::engine::{memory, rights, stream};

/// Tables of names and numbers.
#[napi]
pub fn constants(env: &Env) -> Result<Object<'_>> {
    let mut tables = Object::new(env)?;
    tables.set("events", table(env, &events())?)?;
    tables.set("entry", table(env, &entry())?)?;
    tables.set("encodings", table(env, &encodings())?)?;
    tables.set("sentinels", table(env, &sentinels())?)?;
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
fn entry() -> [(&'static str, i32); 5] {
    [
        ("FIELDS", batch::FIELDS as i32),
        ("OUT_OF_LINE", batch::OUT_OF_LINE),
        ("USER_BUFFER", batch::USER_BUFFER),
        ("LANDED_FULL", batch::LANDED_FULL),
        ("LANDED_LARGE", batch::LANDED_LARGE),
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

/// Numbers that stand for no slot, and for no buffer.
fn sentinels() -> [(&'static str, i64); 2] {
    [("NO_SLOT", commands::NO_SLOT.into()), ("NONE_FREE", commands::NONE_FREE.into())]
}

/// Bytes; UTF-16 units of `STRING_PIECE`; slices of one system call; descriptors of one message.
fn sizes() -> [(&'static str, i32); 6] {
    [
        ("BATCH_MEMORY", batch::MEMORY as i32),
        ("USUAL_READ", memory::USUAL_READ as i32),
        ("MAX_READ", memory::MAX_READ as i32),
        ("STRING_PIECE", strings::STRING_PIECE as i32),
        ("MAX_SLICES", stream::MAX_SLICES as i32),
        ("MAX_DESCRIPTORS", rights::MAX_DESCRIPTORS as i32),
    ]
}

/// An object with a property for each of `entries`.
fn table<'env, N: Copy + Into<i64>>(env: &'env Env, entries: &[(&str, N)]) -> Result<Object<'env>> {
    let mut object = Object::new(env)?;
    for &(name, value) in entries {
        object.set(name, value.into())?;
    }
    Ok(object)
}
