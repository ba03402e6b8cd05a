//! XML writing: a serde serializer whose item names follow from the list's name.
//!
//! Structs and maps become elements; a list's items are named like the list without its final `s` (`companies` → `companie`), or `item` if
//! there is no such `s`. `null`, empty texts, empty lists and empty structs become `<name/>`. Characters that XML 1.0 does not allow are
//! dropped. A [`crate::Cdata`] becomes a CDATA section. Escaping is quick-xml's.

mod compound;

use std::fmt::{self, Display};
use std::io::Write;

use deskbell_app::AppError;
use quick_xml::escape::partial_escape;
use serde::Serialize;
use serde::ser::{self, Serializer};

use crate::cdata::CDATA;

use compound::{Items, Members, Variant};

const DECLARATION: &str = "<?xml version='1.0' encoding='utf-8'?>";

/// Writes a document with this root element.
pub fn write<T: Serialize + ?Sized>(root: &str, value: &T, out: &mut Vec<u8>) -> Result<(), AppError> {
    out.extend_from_slice(DECLARATION.as_bytes());
    value.serialize(Element { out, name: root }).map_err(|error| AppError::internal(format!("XML: {error}")))
}

/// The element name of a list's items.
pub fn item_name(list: &str) -> &str {
    match list.strip_suffix('s') {
        Some(name) if !name.is_empty() => name,
        _ => "item",
    }
}

/// Why a value has no XML.
#[derive(Debug)]
struct XmlError(String);

impl Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for XmlError {}

impl ser::Error for XmlError {
    fn custom<T: Display>(message: T) -> Self {
        XmlError(message.to_string())
    }
}

/// Writes one value as one element.
struct Element<'a> {
    out: &'a mut Vec<u8>,
    name: &'a str,
}

impl<'a> Element<'a> {
    fn empty(self) {
        self.out.push(b'<');
        push_name(self.out, self.name);
        self.out.extend_from_slice(b"/>");
    }

    fn text(self, text: &str) {
        let open = Open::new(self.out, self.name);
        push_text(self.out, text);
        open.close(self.out, self.name);
    }

    /// A text as a CDATA section; where it would end the section, it goes on in another one.
    fn cdata(self, text: &str) {
        let open = Open::new(self.out, self.name);
        let allowed: String = text.chars().filter(|c| allowed(*c)).collect();
        if !allowed.is_empty() {
            self.out.extend_from_slice(b"<![CDATA[");
            self.out.extend_from_slice(allowed.replace("]]>", "]]]]><![CDATA[>").as_bytes());
            self.out.extend_from_slice(b"]]>");
        }
        open.close(self.out, self.name);
    }

    /// A text that needs no escaping.
    fn plain(self, text: impl Display) {
        let open = Open::new(self.out, self.name);
        write!(self.out, "{text}").expect("writing to a Vec cannot fail");
        open.close(self.out, self.name);
    }
}

/// An element whose start has been written.
#[derive(Clone, Copy)]
struct Open {
    content: usize,
}

impl Open {
    fn new(out: &mut Vec<u8>, name: &str) -> Open {
        out.push(b'<');
        push_name(out, name);
        out.push(b'>');
        Open { content: out.len() }
    }

    /// Ends the element; without content the start becomes `<name/>`.
    fn close(self, out: &mut Vec<u8>, name: &str) {
        if out.len() == self.content {
            out.pop();
            out.extend_from_slice(b"/>");
        } else {
            out.extend_from_slice(b"</");
            push_name(out, name);
            out.push(b'>');
        }
    }
}

/// Names come from structs and maps of the surfaces; a character that no name can hold becomes `_`.
fn push_name(out: &mut Vec<u8>, name: &str) {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    match name.bytes().next() {
        Some(first) if first.is_ascii_alphabetic() || first == b'_' => {}
        _ => out.push(b'_'),
    }
    if name.bytes().all(fits) {
        out.extend_from_slice(name.as_bytes());
    } else {
        out.extend(name.bytes().map(|byte| if fits(byte) { byte } else { b'_' }));
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    for piece in text.split(|c: char| !allowed(c)) {
        out.extend_from_slice(partial_escape(piece).as_bytes());
    }
}

/// The characters of XML 1.0, production 2.
fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

macro_rules! plain {
    ($($method:ident: $type:ty),+) => {$(
        fn $method(self, value: $type) -> Result<(), XmlError> {
            self.plain(value);
            Ok(())
        }
    )+};
}

impl<'a> Serializer for Element<'a> {
    type Ok = ();
    type Error = XmlError;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Variant<Items<'a>>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Variant<Members<'a>>;

    plain!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128
    );

    fn serialize_f32(self, value: f32) -> Result<(), XmlError> {
        self.serialize_f64(f64::from(value))
    }

    /// As JSON spells it: `1.0`, and nothing for what is no number.
    fn serialize_f64(self, value: f64) -> Result<(), XmlError> {
        if value.is_finite() {
            self.plain(format_args!("{value:?}"));
        } else {
            self.empty();
        }
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), XmlError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), XmlError> {
        self.text(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), XmlError> {
        Err(XmlError(format!("{} holds bytes", self.name)))
    }

    fn serialize_none(self) -> Result<(), XmlError> {
        self.empty();
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), XmlError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), XmlError> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), XmlError> {
        self.serialize_none()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), XmlError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), XmlError> {
        if name != CDATA {
            return value.serialize(self);
        }
        match serde_json::to_value(value) {
            Ok(serde_json::Value::String(text)) => {
                self.cdata(&text);
                Ok(())
            }
            Ok(_) | Err(_) => Err(XmlError(format!("{} is no text", self.name))),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), XmlError> {
        let open = Open::new(self.out, self.name);
        value.serialize(Element { out: &mut *self.out, name: variant })?;
        open.close(self.out, self.name);
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, XmlError> {
        Ok(Items::new(self))
    }

    fn serialize_tuple(self, _: usize) -> Result<Items<'a>, XmlError> {
        Ok(Items::new(self))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, XmlError> {
        Ok(Items::new(self))
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Variant<Items<'a>>, XmlError> {
        Ok(Variant::new(self, variant, Items::new))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, XmlError> {
        Ok(Members::new(self))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'a>, XmlError> {
        Ok(Members::new(self))
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, variant: &'static str, _: usize) -> Result<Variant<Members<'a>>, XmlError> {
        Ok(Variant::new(self, variant, Members::new))
    }
}

#[cfg(test)]
mod tests;
