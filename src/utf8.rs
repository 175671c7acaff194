//! UTF-16 to UTF-8, by vector instructions: V8 goes character by character where a string is not all ASCII.

use encoding_rs::mem::{convert_utf16_to_utf8_partial, is_basic_latin};

/// Most bytes that one unit takes.
pub const MAX_BYTES: usize = 3;

/// Whether all of `units` are ASCII.
pub fn is_ascii(units: &[u16]) -> bool {
    is_basic_latin(units)
}

/// The length of `units` as UTF-8, in bytes; exact, but for surrogates, which count as 3 bytes each.
pub fn room(units: &[u16]) -> usize {
    // Counts of a block fit into 16 bits, so the vectors need no wider lanes.
    let of_block = |block: &[u16]| {
        block
            .iter()
            .fold(0u16, |sum, &unit| sum + 1 + u16::from(unit >= 0x80) + u16::from(unit >= 0x800))
    };
    units.chunks(1024).map(|block| usize::from(of_block(block))).sum()
}

/// Appends `units` to `bytes` as UTF-8. A surrogate without its other half becomes U+FFFD, as in V8.
pub fn encode(units: &[u16], bytes: &mut Vec<u8>) {
    let from = bytes.len();
    let room = room(units);
    bytes.reserve_exact(room);
    bytes.resize(from + room, 0);
    let (read, written) = convert_utf16_to_utf8_partial(units, &mut bytes[from..]);
    assert_eq!(read, units.len());
    bytes.truncate(from + written);
}
