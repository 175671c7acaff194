//! UTF-16 to UTF-8, in blocks that the compiler makes vector instructions of: V8 goes character by character
//! where a string is not all ASCII.

/// Units that are looked at together.
const UNITS_TOGETHER: usize = 32;

/// Most bytes that one unit takes.
pub const MAX_BYTES: usize = 3;

/// What stands for a surrogate without its other half.
const REPLACEMENT: u32 = 0xfffd;

/// Whether all of `units` are ASCII.
pub fn is_ascii(units: &[u16]) -> bool {
    units.iter().fold(0, |all, unit| all | unit) < 0x80
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
    bytes.reserve_exact(room(units));
    let mut rest = units;
    while let Some((block, behind)) = rest.split_first_chunk::<UNITS_TOGETHER>() {
        if is_ascii(block) {
            bytes.extend_from_slice(&block.map(|unit| unit as u8));
        } else if block.iter().all(|unit| (0x80..0x800).contains(unit)) {
            let pairs = block.map(|unit| (0xc0 | unit >> 6) | (0x80 | unit & 0x3f) << 8);
            bytes.extend_from_slice(pairs.map(u16::to_le_bytes).as_flattened());
        } else {
            let taken = encode_mixed(rest, UNITS_TOGETHER, bytes);
            rest = &rest[taken..];
            continue;
        }
        rest = behind;
    }
    encode_mixed(rest, rest.len(), bytes);
}

/// As [`encode`], of at least the first `most` units, and one more if a pair of surrogates ends there. Returns of
/// how many.
fn encode_mixed(units: &[u16], most: usize, bytes: &mut Vec<u8>) -> usize {
    let mut out = [0; (UNITS_TOGETHER + 1) * MAX_BYTES];
    let mut length = 0;
    let mut index = 0;
    while index < most {
        let unit = units[index];
        index += 1;
        if unit < 0x80 {
            out[length] = unit as u8;
            length += 1;
            continue;
        }
        if unit < 0x800 {
            out[length] = (0xc0 | unit >> 6) as u8;
            out[length + 1] = (0x80 | unit & 0x3f) as u8;
            length += 2;
            continue;
        }
        let code = match (unit, units.get(index)) {
            (0xd800..=0xdbff, Some(&low @ 0xdc00..=0xdfff)) => {
                index += 1;
                0x10000 + ((u32::from(unit) - 0xd800) << 10) + (u32::from(low) - 0xdc00)
            }
            (0xd800..=0xdfff, _) => REPLACEMENT,
            _ => u32::from(unit),
        };
        if code >= 0x10000 {
            out[length] = (0xf0 | code >> 18) as u8;
            out[length + 1] = (0x80 | code >> 12 & 0x3f) as u8;
            length += 2;
        } else {
            out[length] = (0xe0 | code >> 12) as u8;
            length += 1;
        }
        out[length] = (0x80 | code >> 6 & 0x3f) as u8;
        out[length + 1] = (0x80 | code & 0x3f) as u8;
        length += 2;
    }
    bytes.extend_from_slice(&out[..length]);
    index
}
