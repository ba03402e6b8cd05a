//! The three formats of a tree: which one a path asks for, and the writing with or without an envelope.

use bytes::Bytes;
use deskbell_app::AppError;
use http::HeaderValue;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::json::{self, JsonStyle};
use crate::{xml, yaml};

/// A tree that a format writes: anything that serde can. As JSON it is written by its own type, since a list of thousands of values would
/// pay for each that is erased.
pub trait Tree: erased_serde::Serialize + Send {
    fn write_json(&self, envelope: Option<&'static str>, style: JsonStyle, out: &mut Vec<u8>) -> Result<(), AppError>;
}

impl<T: Serialize + Send> Tree for T {
    fn write_json(&self, envelope: Option<&'static str>, style: JsonStyle, out: &mut Vec<u8>) -> Result<(), AppError> {
        match envelope {
            None => json::write(style, self, out),
            Some(name) => json::write(style, &Enveloped { name, tree: self }, out),
        }
    }
}

/// The XML root of a tree without an envelope.
const XML_ROOT: &str = "response";
/// What most answers fit into.
const WRITE_BYTES_FIRST: usize = 512;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    #[default]
    Json,
    Xml,
    Yaml,
}

impl Format {
    pub const ALL: [Format; 3] = [Format::Json, Format::Xml, Format::Yaml];

    /// The suffix that asks for it.
    pub const fn suffix(self) -> &'static str {
        match self {
            Format::Json => ".json",
            Format::Xml => ".xml",
            Format::Yaml => ".yaml",
        }
    }

    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Format::Json => "application/json",
            Format::Xml => "application/xml; charset=utf-8",
            Format::Yaml => "application/yaml; charset=utf-8",
        })
    }

    /// Cuts a known suffix off the very end of a path. An e-mail address as last segment stays whole: `john@agent.com` has no known suffix,
    /// `john@agent.com.xml` asks for XML.
    pub fn cut_suffix(path: &str) -> (&str, Option<Format>) {
        for format in Format::ALL {
            if let Some(rest) = path.strip_suffix(format.suffix())
                && !rest.is_empty()
                && !rest.ends_with('/')
            {
                return (rest, Some(format));
            }
        }
        (path, None)
    }

    /// Writes a tree. With an envelope, JSON and YAML get `{"<envelope>": tree}` and XML gets that root element.
    pub fn write(self, tree: &dyn Tree, envelope: Option<&'static str>, style: JsonStyle) -> Result<Bytes, AppError> {
        let mut out = Vec::with_capacity(WRITE_BYTES_FIRST);
        let erased: &dyn erased_serde::Serialize = tree;
        match (self, envelope) {
            (Format::Json, envelope) => tree.write_json(envelope, style, &mut out)?,
            (Format::Xml, name) => xml::write(name.unwrap_or(XML_ROOT), erased, &mut out)?,
            (Format::Yaml, None) => yaml::write(erased, &mut out)?,
            (Format::Yaml, Some(name)) => yaml::write(&Enveloped { name, tree: erased }, &mut out)?,
        }
        Ok(out.into())
    }
}

/// `{"<name>": tree}`.
struct Enveloped<'a, T: ?Sized> {
    name: &'static str,
    tree: &'a T,
}

impl<T: Serialize + ?Sized> Serialize for Enveloped<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.name, self.tree)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes() {
        for (path, rest, format) in [
            ("/api/agents", "/api/agents", None),
            ("/api/agents.xml", "/api/agents", Some(Format::Xml)),
            ("/api/agents.json", "/api/agents", Some(Format::Json)),
            ("/api/agents.yaml", "/api/agents", Some(Format::Yaml)),
            ("/api/agents.yml", "/api/agents.yml", None),
            ("/api/agents.XML", "/api/agents.XML", None),
            ("/api/agents/john@agent.com", "/api/agents/john@agent.com", None),
            ("/api/agents/john@agent.com.xml", "/api/agents/john@agent.com", Some(Format::Xml)),
            ("/api/agents.xml/ab", "/api/agents.xml/ab", None),
            ("/api/agents/.xml", "/api/agents/.xml", None),
            (".xml", ".xml", None),
            ("", "", None),
        ] {
            assert_eq!(Format::cut_suffix(path), (rest, format), "{path}");
        }
    }

    #[test]
    fn envelopes() {
        let tree = serde_json::json!({"a": "1/2"});
        let text = |format: Format, envelope, style| {
            String::from_utf8(format.write(&tree, envelope, style).expect("writes").to_vec()).expect("UTF-8")
        };
        assert_eq!(text(Format::Json, None, JsonStyle::Plain), r#"{"a":"1/2"}"#);
        assert_eq!(text(Format::Json, Some("response"), JsonStyle::Php), r#"{"response":{"a":"1\/2"}}"#);
        assert_eq!(text(Format::Xml, Some("answer"), JsonStyle::Php), "<?xml version='1.0' encoding='utf-8'?><answer><a>1/2</a></answer>");
        assert_eq!(text(Format::Yaml, Some("response"), JsonStyle::Php), "response:\n  a: 1/2\n");
    }
}
