//! Prepared statements by the address of their text: the program's own statements are few and live for ever, so a look-up hashes two
//! words instead of the whole text.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Where a text lies and how long it is. Equal keys are equal texts, since a `'static` text is never freed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    address: usize,
    length: usize,
}

impl From<&'static str> for Key {
    fn from(sql: &'static str) -> Self {
        Key { address: sql.as_ptr().addr(), length: sql.len() }
    }
}

pub(super) type Statements<S> = HashMap<Key, S, BuildHasherDefault<AddressHasher>>;

/// Multiplies and folds; addresses need no protection against chosen keys.
#[derive(Default)]
pub(super) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    fn write_usize(&mut self, word: usize) {
        self.0 = (self.0.rotate_left(5) ^ word as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
