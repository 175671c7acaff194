//! UTF-16 as UTF-8, against the standard library.

use rsnet::utf8;

/// Characters of each length, halves of pairs, and the borders between lengths.
const UNITS: [u16; 14] = [
    0, 0x61, 0x7f, 0x80, 0xfc, 0x7ff, 0x800, 0x6f22, 0xffff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000,
];

fn encoded(units: &[u16]) -> Vec<u8> {
    let mut bytes = b"before".to_vec();
    utf8::encode(units, &mut bytes);
    assert_eq!(bytes[..6], *b"before");
    bytes.split_off(6)
}

fn check(units: &[u16]) {
    assert_eq!(encoded(units), String::from_utf16_lossy(units).into_bytes(), "{units:x?}");
}

#[test]
fn every_pair_of_units_at_every_place_of_a_block() {
    for around in [0x61, 0xfc, 0x6f22] {
        for place in 0..70 {
            for first in UNITS {
                for second in UNITS {
                    let mut units = [around; 72];
                    units[place] = first;
                    units[place + 1] = second;
                    check(&units);
                }
            }
        }
    }
}

#[test]
fn every_length() {
    for unit in UNITS {
        for length in 0..200 {
            check(&vec![unit; length]);
        }
    }
}

#[test]
fn the_room_is_exact_without_surrogates() {
    for text in ["", "plain", "Grüße", "漢字", "привет мир"] {
        let units: Vec<u16> = text.repeat(1000).encode_utf16().collect();
        assert_eq!(utf8::room(&units), text.len() * 1000);
        assert_eq!(utf8::is_ascii(&units), text.is_ascii());
    }
    assert!(utf8::room(&[0xd83d, 0xde00]) >= 4);
}
