//! Texts that XML writes as CDATA: HTML and CSS, kept readable. JSON and YAML write them like any other.

use serde::{Serialize, Serializer};

/// The name by which the XML writer knows one.
pub(crate) const CDATA: &str = "$cdata";

/// A text for a CDATA section.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cdata(pub String);

impl From<String> for Cdata {
    fn from(text: String) -> Cdata {
        Cdata(text)
    }
}

impl Serialize for Cdata {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(CDATA, &self.0)
    }
}
