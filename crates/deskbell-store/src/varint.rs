//! Numbers in few bytes: seven bits a byte, small ones of either sign in one.

/// Bytes of the longest number.
const BYTES_MAX: usize = 10;

pub fn put(out: &mut Vec<u8>, number: i64) {
    let mut rest = (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned();
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Takes a number off the front; `None` if there is none.
#[inline]
pub fn take(bytes: &mut &[u8]) -> Option<i64> {
    let (first, rest) = bytes.split_first()?;
    // Most are so small.
    if *first < 0x80 {
        *bytes = rest;
        return Some(signed(u64::from(*first)));
    }
    take_long(bytes)
}

fn take_long(bytes: &mut &[u8]) -> Option<i64> {
    if let Some((word, _)) = bytes.split_first_chunk()
        && let Some((number, length)) = in_word(u64::from_le_bytes(*word))
    {
        *bytes = &bytes[length..];
        return Some(signed(number));
    }
    let mut number = 0u64;
    for (place, byte) in bytes.iter().take(BYTES_MAX).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            *bytes = &bytes[place + 1..];
            return Some(signed(number));
        }
    }
    None
}

/// A number that ends within eight bytes, and how many it takes: its sevens of bits are moved together all at once, since reports take
/// thousands of numbers.
const fn in_word(word: u64) -> Option<(u64, usize)> {
    const LAST: u64 = 0x8080_8080_8080_8080;
    let ends = !word & LAST;
    if ends == 0 {
        return None;
    }
    let bits = ends.trailing_zeros() + 1;
    let sevens = word & (u64::MAX >> (u64::BITS - bits)) & !LAST;
    let pairs = (sevens & 0x007f_007f_007f_007f) | ((sevens & 0x7f00_7f00_7f00_7f00) >> 1);
    let fours = (pairs & 0x0000_3fff_0000_3fff) | ((pairs & 0x3fff_0000_3fff_0000) >> 2);
    let number = (fours & 0x0fff_ffff) | ((fours & 0x0fff_ffff_0000_0000) >> 4);
    Some((number, (bits / 8) as usize))
}

const fn signed(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_numbers_are_a_byte_and_broken_ones_are_refused() {
        for (number, length) in [(0, 1), (-1, 1), (63, 1), (-64, 1), (64, 2), (i64::MAX, 10), (i64::MIN, 10)] {
            let mut out = Vec::new();
            put(&mut out, number);
            assert_eq!(out.len(), length, "{number}");
            assert_eq!(take(&mut &out[..out.len() - 1]), None, "{number} without its last byte");
        }
        assert_eq!(take(&mut &[0x80; 11][..]), None);
    }

    proptest! {
        #[test]
        fn numbers_come_back(numbers in prop::collection::vec((any::<i64>(), 0..i64::BITS).prop_map(|(number, short)| number >> short), 0..40)) {
            let mut out = Vec::new();
            numbers.iter().for_each(|number| put(&mut out, *number));
            let mut bytes = out.as_slice();
            let back: Vec<i64> = std::iter::from_fn(|| take(&mut bytes)).collect();
            prop_assert_eq!(back, numbers);
        }
    }
}
