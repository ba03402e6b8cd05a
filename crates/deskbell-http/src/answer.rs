//! What an endpoint answers, before it has a format.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};

use crate::format::Tree;

/// An answer: status, extra headers and content. Made by one of the constructors, adjusted by [`Answer::status`] and [`Answer::header`].
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub content: Content,
}

/// The content of an [`Answer`].
pub enum Content {
    /// A tree of the surface's own serde types, written in the format of the request, inside the surface's envelope.
    Tree(Box<dyn Tree>),
    /// The same without the envelope.
    BareTree(Box<dyn Tree>),
    /// Ready-made JSON, served as it is in every format.
    Json(Bytes),
    /// Anything else that is ready.
    Bytes { content_type: HeaderValue, bytes: Bytes },
    /// No body.
    Empty,
    /// A whole response, say of a streamed file. Its own status counts.
    Response(Box<Response<Body>>),
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Content::Tree(_) => f.write_str("Tree"),
            Content::BareTree(_) => f.write_str("BareTree"),
            Content::Json(bytes) => write!(f, "Json({} bytes)", bytes.len()),
            Content::Bytes { content_type, bytes } => write!(f, "Bytes({content_type:?}, {} bytes)", bytes.len()),
            Content::Empty => f.write_str("Empty"),
            Content::Response(_) => f.write_str("Response"),
        }
    }
}

impl Answer {
    pub fn new(content: Content) -> Answer {
        Answer { status: 200, headers: Vec::new(), content }
    }

    /// A tree in the surface's envelope (if it has one).
    pub fn tree(tree: impl serde::Serialize + Send + 'static) -> Answer {
        Answer::new(Content::Tree(Box::new(tree)))
    }

    /// A tree without the surface's envelope.
    pub fn bare_tree(tree: impl serde::Serialize + Send + 'static) -> Answer {
        Answer::new(Content::BareTree(Box::new(tree)))
    }

    /// Ready-made JSON.
    pub fn json(bytes: impl Into<Bytes>) -> Answer {
        Answer::new(Content::Json(bytes.into()))
    }

    /// Ready-made bytes of another type.
    pub fn bytes(content_type: &'static str, bytes: impl Into<Bytes>) -> Answer {
        Answer::bytes_of(HeaderValue::from_static(content_type), bytes)
    }

    /// Ready-made bytes of a type known only at run time.
    pub fn bytes_of(content_type: HeaderValue, bytes: impl Into<Bytes>) -> Answer {
        Answer::new(Content::Bytes { content_type, bytes: bytes.into() })
    }

    /// Status 204 without a body.
    pub fn empty() -> Answer {
        Answer::new(Content::Empty).status(204)
    }

    /// A whole response, say of a streamed file.
    pub fn response(response: Response<Body>) -> Answer {
        let status = response.status().as_u16();
        Answer::new(Content::Response(Box::new(response))).status(status)
    }

    /// Another status than 200 (a status out of 100–999 becomes 500).
    #[must_use]
    pub fn status(mut self, status: u16) -> Answer {
        self.status = status;
        self
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Answer {
        self.headers.push((name, value));
        self
    }

    /// One more header with a computed value; a value that no header can hold is left out.
    #[must_use]
    pub fn header_text(self, name: HeaderName, value: &str) -> Answer {
        match HeaderValue::from_str(value) {
            Ok(value) => self.header(name, value),
            Err(_) => self,
        }
    }
}
