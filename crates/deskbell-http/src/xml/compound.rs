//! The lists and structs of the XML serializer.

use serde::Serialize;
use serde::ser::{self, Impossible, Serializer};

use super::{Element, Open, XmlError, item_name};

/// The items of a list.
pub(super) struct Items<'a> {
    out: &'a mut Vec<u8>,
    name: &'a str,
    open: Open,
}

/// The members of a struct or map.
pub(super) struct Members<'a> {
    out: &'a mut Vec<u8>,
    name: &'a str,
    open: Open,
    key: String,
}

/// A list or struct inside the element of an enum's variant.
pub(super) struct Variant<Inner> {
    inner: Inner,
    outer: String,
    open: Open,
}

impl<'a> Items<'a> {
    pub(super) fn new(element: Element<'a>) -> Self {
        let open = Open::new(element.out, element.name);
        Items { out: element.out, name: element.name, open }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), XmlError> {
        value.serialize(Element { out: &mut *self.out, name: item_name(self.name) })
    }

    fn close(self) -> &'a mut Vec<u8> {
        self.open.close(self.out, self.name);
        self.out
    }
}

impl<'a> Members<'a> {
    pub(super) fn new(element: Element<'a>) -> Self {
        let open = Open::new(element.out, element.name);
        Members { out: element.out, name: element.name, open, key: String::new() }
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), XmlError> {
        value.serialize(Element { out: &mut *self.out, name })
    }

    fn close(self) -> &'a mut Vec<u8> {
        self.open.close(self.out, self.name);
        self.out
    }
}

impl<Inner> Variant<Inner> {
    pub(super) fn new<'a>(element: Element<'a>, variant: &'static str, inner: impl FnOnce(Element<'a>) -> Inner) -> Self {
        let outer = element.name.to_owned();
        let open = Open::new(element.out, element.name);
        Variant { inner: inner(Element { out: element.out, name: variant }), outer, open }
    }
}

impl ser::SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = XmlError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), XmlError> {
        self.item(value)
    }

    fn end(self) -> Result<(), XmlError> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTuple for Items<'_> {
    type Ok = ();
    type Error = XmlError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), XmlError> {
        self.item(value)
    }

    fn end(self) -> Result<(), XmlError> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTupleStruct for Items<'_> {
    type Ok = ();
    type Error = XmlError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), XmlError> {
        self.item(value)
    }

    fn end(self) -> Result<(), XmlError> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTupleVariant for Variant<Items<'_>> {
    type Ok = ();
    type Error = XmlError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), XmlError> {
        self.inner.item(value)
    }

    fn end(self) -> Result<(), XmlError> {
        self.open.close(self.inner.close(), &self.outer);
        Ok(())
    }
}

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = XmlError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), XmlError> {
        self.key = key.serialize(KeyText)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), XmlError> {
        let key = std::mem::take(&mut self.key);
        self.member(&key, value)
    }

    fn end(self) -> Result<(), XmlError> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = XmlError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), XmlError> {
        self.member(key, value)
    }

    fn end(self) -> Result<(), XmlError> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStructVariant for Variant<Members<'_>> {
    type Ok = ();
    type Error = XmlError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), XmlError> {
        self.inner.member(key, value)
    }

    fn end(self) -> Result<(), XmlError> {
        self.open.close(self.inner.close(), &self.outer);
        Ok(())
    }
}

/// Reads a map's key as a text; keys are texts, integers or unit variants.
struct KeyText;

fn no_key<T>() -> Result<T, XmlError> {
    Err(XmlError("a map's key is neither text nor integer".to_owned()))
}

macro_rules! key {
    ($($method:ident: $type:ty),+) => {$(
        fn $method(self, value: $type) -> Result<String, XmlError> {
            Ok(value.to_string())
        }
    )+};
}

impl Serializer for KeyText {
    type Ok = String;
    type Error = XmlError;
    type SerializeSeq = Impossible<String, XmlError>;
    type SerializeTuple = Impossible<String, XmlError>;
    type SerializeTupleStruct = Impossible<String, XmlError>;
    type SerializeTupleVariant = Impossible<String, XmlError>;
    type SerializeMap = Impossible<String, XmlError>;
    type SerializeStruct = Impossible<String, XmlError>;
    type SerializeStructVariant = Impossible<String, XmlError>;

    key!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_char: char, serialize_str: &str
    );

    fn serialize_f32(self, _: f32) -> Result<String, XmlError> {
        no_key()
    }

    fn serialize_f64(self, _: f64) -> Result<String, XmlError> {
        no_key()
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<String, XmlError> {
        no_key()
    }

    fn serialize_none(self) -> Result<String, XmlError> {
        no_key()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<String, XmlError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<String, XmlError> {
        no_key()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<String, XmlError> {
        no_key()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<String, XmlError> {
        Ok(variant.to_owned())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<String, XmlError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(self, _: &'static str, _: u32, _: &'static str, _: &T) -> Result<String, XmlError> {
        no_key()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, XmlError> {
        no_key()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, XmlError> {
        no_key()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, XmlError> {
        no_key()
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self::SerializeTupleVariant, XmlError> {
        no_key()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, XmlError> {
        no_key()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, XmlError> {
        no_key()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, XmlError> {
        no_key()
    }
}
