//! A serde serializer to JSON text that looks at every byte of a text once, eight at a time, in either spelling. Pages of lists are little else
//! than short texts.

use serde::ser::{self, Serialize, Serializer};

use super::JsonStyle;

const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
const BACKSLASHES: u64 = u64::from_ne_bytes([b'\\'; 8]);
const SLASHES: u64 = u64::from_ne_bytes([b'/'; 8]);
const FIRST_PRINTED: u64 = u64::from_ne_bytes([0x20; 8]);
const HEX: &[u8; 16] = b"0123456789abcdef";

type Error = serde_json::Error;

pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    style: JsonStyle,
    names: [[Name; 2]; NAME_PLACES],
}

/// Where names of fields are remembered: each has a place by its address, and a place holds the last two.
const NAME_PLACES: usize = 32;

/// A field's name that was written before: the rows of a list have the same ones over and over, and they are copied from there.
#[derive(Clone, Copy, Default)]
struct Name {
    /// Where the program has it, and how long it is: the same for the same name, as long as the program runs.
    address: usize,
    length: usize,
    /// From where to where in `out` it stands with its quotes and its colon. What is there stays where it is.
    start: usize,
    end: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, style: JsonStyle) -> Writer<'a> {
        Writer { out, style, names: [[Name::default(); 2]; NAME_PLACES] }
    }

    /// A field's name.
    fn name(&mut self, name: &'static str) {
        let (address, length) = (name.as_ptr().addr(), name.len());
        // Names of one type lie close together, and few are shorter than four bytes.
        let place = address / 4 % NAME_PLACES;
        for known in self.names[place] {
            if (known.address, known.length) == (address, length) {
                return self.out.extend_from_within(known.start..known.end);
            }
        }
        let start = self.out.len();
        self.key(name);
        let [last, _] = self.names[place];
        self.names[place] = [Name { address, length, start, end: self.out.len() }, last];
    }

    fn text(&mut self, text: &str) {
        self.out.push(b'"');
        self.inside(text);
        self.out.push(b'"');
    }

    /// What stands between the quotes.
    #[inline]
    fn inside(&mut self, text: &str) {
        let plain = plain_bytes(text.as_bytes(), self.style);
        if plain == text.len() {
            self.out.extend_from_slice(text.as_bytes());
        } else {
            self.escaped(text, plain);
        }
    }

    /// A text in which something has to be written otherwise, behind so many bytes.
    fn escaped(&mut self, text: &str, mut plain: usize) {
        let mut rest = text;
        loop {
            self.out.extend_from_slice(&rest.as_bytes()[..plain]);
            let Some(special) = rest[plain..].chars().next() else { break };
            self.special(special);
            rest = &rest[plain + special.len_utf8()..];
            plain = plain_bytes(rest.as_bytes(), self.style);
        }
    }

    fn special(&mut self, special: char) {
        let short = match special {
            '"' | '\\' | '/' => special as u8,
            '\u{8}' => b'b',
            '\t' => b't',
            '\n' => b'n',
            '\u{c}' => b'f',
            '\r' => b'r',
            _ => {
                for unit in special.encode_utf16(&mut [0; 2]) {
                    self.out.extend_from_slice(b"\\u");
                    self.out.extend([12, 8, 4, 0].map(|shift| HEX[usize::from(*unit >> shift & 15)]));
                }
                return;
            }
        };
        self.out.extend_from_slice(&[b'\\', short]);
    }

    fn number(&mut self, number: impl itoa::Integer) {
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    fn key(&mut self, name: &str) {
        self.out.push(b'"');
        self.inside(name);
        self.out.extend_from_slice(b"\":");
    }
}

/// How many bytes at the beginning stand as they are.
fn plain_bytes(bytes: &[u8], style: JsonStyle) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        if let Some(at) = first_special(u64::from_le_bytes(*word), style) {
            return place * 8 + at;
        }
    }
    // What is left over is looked at together with bytes before it: those are known to be plain.
    if let Some(word) = bytes.last_chunk::<8>() {
        return first_special(u64::from_le_bytes(*word), style).map_or(bytes.len(), |at| bytes.len() - 8 + at);
    }
    let is_special = |byte: &u8| match *byte {
        b'"' | b'\\' | 0..0x20 => true,
        b'/' | 0x80.. => style == JsonStyle::Php,
        _ => false,
    };
    rest.iter().position(is_special).unwrap_or(bytes.len())
}

/// Where in a word, whose lowest byte is the first, the first byte stands that has to be written otherwise.
fn first_special(word: u64, style: JsonStyle) -> Option<usize> {
    // The high bit of a byte is set where the byte is zero; behind such a byte also where it is not, which does not matter for the first.
    let zeros = |word: u64| word.wrapping_sub(LOW) & !word;
    let both = zeros(word ^ QUOTES) | zeros(word ^ BACKSLASHES) | (word.wrapping_sub(FIRST_PRINTED) & !word);
    let found = match style {
        JsonStyle::Plain => both,
        JsonStyle::Php => both | word | zeros(word ^ SLASHES),
    } & HIGH;
    if found == 0 { None } else { Some(found.trailing_zeros() as usize / 8) }
}

/// The members of a list or an object being written.
pub(super) struct Members<'w, 'a> {
    writer: &'w mut Writer<'a>,
    first: bool,
    end: &'static str,
}

impl<'w, 'a> Members<'w, 'a> {
    fn begin(writer: &'w mut Writer<'a>, start: &str, end: &'static str) -> Members<'w, 'a> {
        writer.out.extend_from_slice(start.as_bytes());
        Members { writer, first: true, end }
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        self.next().name(name);
        value.serialize(&mut *self.writer)
    }

    /// In a variant that has a name.
    fn named(writer: &'w mut Writer<'a>, name: &str, start: &str, end: &'static str) -> Members<'w, 'a> {
        writer.out.push(b'{');
        writer.key(name);
        Members::begin(writer, start, end)
    }

    fn next(&mut self) -> &mut Writer<'a> {
        if !std::mem::replace(&mut self.first, false) {
            self.writer.out.push(b',');
        }
        self.writer
    }

    fn member<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Error> {
        self.next().key(key);
        value.serialize(&mut *self.writer)
    }

    fn close(self) {
        self.writer.out.extend_from_slice(self.end.as_bytes());
    }
}

macro_rules! numbers {
    ($($method:ident $kind:ty),+) => {$(
        fn $method(self, value: $kind) -> Result<(), Error> {
            self.number(value);
            Ok(())
        }
    )+};
}

impl<'w, 'a> Serializer for &'w mut Writer<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Members<'w, 'a>;
    type SerializeTuple = Members<'w, 'a>;
    type SerializeTupleStruct = Members<'w, 'a>;
    type SerializeTupleVariant = Members<'w, 'a>;
    type SerializeMap = Members<'w, 'a>;
    type SerializeStruct = Members<'w, 'a>;
    type SerializeStructVariant = Members<'w, 'a>;

    numbers!(
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_i128 i128,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64, serialize_u128 u128
    );

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        serde_json::to_writer(&mut *self.out, &value)
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        serde_json::to_writer(&mut *self.out, &value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.text(value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.collect_seq(value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut members = Members::begin(self, "{", "}");
        members.member(variant, value)?;
        members.close();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'w, 'a>, Error> {
        Ok(Members::begin(self, "[", "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Members<'w, 'a>, Error> {
        Ok(Members::begin(self, "[", "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Members<'w, 'a>, Error> {
        Ok(Members::begin(self, "[", "]"))
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Members<'w, 'a>, Error> {
        Ok(Members::named(self, variant, "[", "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'w, 'a>, Error> {
        Ok(Members::begin(self, "{", "}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'w, 'a>, Error> {
        Ok(Members::begin(self, "{", "}"))
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Members<'w, 'a>, Error> {
        Ok(Members::named(self, variant, "{", "}}"))
    }
}

macro_rules! lists {
    ($($list:ident $method:ident),+) => {$(
        impl ser::$list for Members<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                value.serialize(self.next())
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        }
    )+};
}
lists!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field, SerializeTupleVariant serialize_field);

macro_rules! objects {
    ($($object:ident),+) => {$(
        impl ser::$object for Members<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), Error> {
                self.field(key, value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        }
    )+};
}
objects!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Members<'_, '_> {
    type Ok = ();
    type Error = Error;

    /// A key that is a number or a truth value stands in quotes, as serde_json has it.
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let writer = self.next();
        let start = writer.out.len();
        key.serialize(&mut *writer)?;
        match writer.out.get(start) {
            Some(b'"') => {}
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                writer.out.insert(start, b'"');
                writer.out.push(b'"');
            }
            Some(_) | None => return Err(ser::Error::custom("key must be a string")),
        }
        writer.out.push(b':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::{any, prop, prop_assert_eq, proptest};
    use serde::Serialize;

    use super::*;

    fn written<T: Serialize + ?Sized>(style: JsonStyle, value: &T) -> String {
        let mut out = Vec::new();
        value.serialize(&mut Writer::new(&mut out, style)).expect("writes");
        String::from_utf8(out).expect("UTF-8")
    }

    #[derive(Serialize)]
    enum Shape {
        Unit,
        One(u8),
        Two(u8, f32),
        Named { a: Option<bool>, b: () },
    }

    #[derive(Serialize)]
    struct Wrapped(char);

    #[test]
    fn as_serde_json_writes_it() {
        #[derive(Serialize)]
        struct All<'a> {
            shapes: Vec<Shape>,
            tuple: (i8, u64, i128),
            wrapped: Wrapped,
            floats: [f64; 4],
            bytes: &'a [u8],
            numbers: BTreeMap<i32, &'a str>,
            truths: BTreeMap<bool, ()>,
            letters: BTreeMap<char, ()>,
            empty: [(); 0],
        }
        let all = All {
            shapes: vec![Shape::Unit, Shape::One(1), Shape::Two(2, 0.5), Shape::Named { a: Some(true), b: () }],
            tuple: (-1, u64::MAX, i128::MIN),
            wrapped: Wrapped('"'),
            floats: [1.0, -0.25, f64::NAN, 1e300],
            bytes: b"ab",
            numbers: BTreeMap::from([(-1, "a"), (2, "b")]),
            truths: BTreeMap::from([(true, ())]),
            letters: BTreeMap::from([('\n', ())]),
            empty: [],
        };
        assert_eq!(written(JsonStyle::Plain, &all), serde_json::to_string(&all).expect("writes"));
        let wrong = BTreeMap::from([(vec![1], 1)]);
        assert!(wrong.serialize(&mut Writer::new(&mut Vec::new(), JsonStyle::Plain)).is_err());
    }

    /// More names than are remembered, some of which begin at the same address, in rows and in what rows hold.
    #[test]
    fn names_are_written_again_as_they_were() {
        const NAMES: &str =
            "a\"b/c\\ äöü and so on, until there are more names than there are places to remember them in, from every letter on";
        struct Row(usize);
        impl Serialize for Row {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;
                let mut row = serializer.serialize_struct("Row", NAMES.len())?;
                for start in (0..NAMES.len()).filter(|start| NAMES.is_char_boundary(*start)) {
                    for end in [start + 4, start + 9].into_iter().filter(|end| *end < NAMES.len() && NAMES.is_char_boundary(*end)) {
                        match self.0 {
                            0 => row.serialize_field(&NAMES[start..end], &start)?,
                            depth => row.serialize_field(&NAMES[start..end], &(start < 3).then_some(Row(depth - 1)))?,
                        }
                    }
                }
                row.end()
            }
        }
        let rows = [Row(0), Row(1), Row(2), Row(1)];
        assert_eq!(written(JsonStyle::Plain, &rows), serde_json::to_string(&rows).expect("writes"));
        let php = written(JsonStyle::Php, &rows);
        let read: serde_json::Value = serde_json::from_str(&php).expect("reads");
        assert_eq!(read, serde_json::to_value(&rows).expect("writes"));
        assert!(php.is_ascii() && php.contains("b\\/c"));
    }

    #[test]
    fn special_bytes_are_found_wherever_they_stand() {
        for length in 0..40 {
            for at in 0..length {
                for byte in [b'"', b'\\', 0, 0x1f, b'/', 0x80, 0xff] {
                    let mut bytes = vec![b'.'; length];
                    bytes[at] = byte;
                    let plain = if matches!(byte, b'/' | 0x80..) { length } else { at };
                    assert_eq!((plain_bytes(&bytes, JsonStyle::Plain), plain_bytes(&bytes, JsonStyle::Php)), (plain, at), "{byte} at {at}");
                }
            }
            for byte in [b'.', b'0', 0x20, 0x21, 0x7f] {
                assert_eq!(plain_bytes(&vec![byte; length], JsonStyle::Php), length, "{length} times {byte}");
            }
        }
    }

    proptest! {
        #[test]
        fn texts(text in any::<String>(), pieces in prop::collection::vec("[ -~\\n/\"\\\\]{0,20}|é|😀", 0..20)) {
            for text in [text, pieces.concat()] {
                prop_assert_eq!(written(JsonStyle::Plain, &text), serde_json::to_string(&text).unwrap());
                let php = written(JsonStyle::Php, &text);
                prop_assert_eq!(serde_json::from_str::<String>(&php).unwrap(), text);
                assert!(php.is_ascii() && !php.replace("\\\\", "").replace("\\/", "").contains('/'), "{php}");
            }
        }
    }
}
