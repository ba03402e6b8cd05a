//! What an endpoint is: a const [`Meta`] (the contract) and a `run` (the meaning), erased to a [`Route`].
//!
//! Owns the vocabulary of the contract tables. Knows nothing of routing or of answering: see [`crate::kit`].

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use deskbell_app::AppError;
use deskbell_app::rights::{Principal, Right};

use crate::answer::Answer;
use crate::format::Format;
use crate::head::RequestHead;
use crate::input::Input;
use crate::origin::Origin;

/// How large a request body may be unless [`Meta::body_bytes_max`] says otherwise.
pub const BODY_BYTES_MAX: usize = 1 << 20;

/// A future on the heap.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The HTTP methods that endpoints use. HEAD is answered as GET, OPTIONS by the kit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    Get,
    Post,
    Put,
    Delete,
    Patch,
}

impl Verb {
    pub const ALL: [Verb; 5] = [Verb::Get, Verb::Post, Verb::Put, Verb::Delete, Verb::Patch];

    pub const fn text(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Delete => "DELETE",
            Verb::Patch => "PATCH",
        }
    }

    /// The verb behind a method; HEAD counts as GET.
    pub fn of(method: &http::Method) -> Option<Verb> {
        match *method {
            http::Method::GET | http::Method::HEAD => Some(Verb::Get),
            http::Method::POST => Some(Verb::Post),
            http::Method::PUT => Some(Verb::Put),
            http::Method::DELETE => Some(Verb::Delete),
            http::Method::PATCH => Some(Verb::Patch),
            _ => None,
        }
    }
}

/// Where a parameter is documented to be. The kit reads query and body together, whatever the table says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    Path,
    Query,
    Body,
    Any,
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    Text,
    Int,
    DateTime,
    /// One of these wire values, each with its meaning.
    OneOf(&'static [(&'static str, &'static str)]),
    /// Comma separated.
    List,
    /// `Y` or `N`.
    Flag,
    Json,
}

/// One row of an endpoint's parameter table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    pub name: &'static str,
    pub place: Place,
    pub kind: ParamKind,
    pub required: bool,
    pub about: &'static str,
}

impl Param {
    /// An optional parameter that may stand in the query or in the body.
    pub const fn new(name: &'static str, kind: ParamKind) -> Param {
        Param { name, place: Place::Any, kind, required: false, about: "" }
    }

    pub const fn text(name: &'static str) -> Param {
        Param::new(name, ParamKind::Text)
    }

    pub const fn int(name: &'static str) -> Param {
        Param::new(name, ParamKind::Int)
    }

    pub const fn datetime(name: &'static str) -> Param {
        Param::new(name, ParamKind::DateTime)
    }

    pub const fn one_of(name: &'static str, choices: &'static [(&'static str, &'static str)]) -> Param {
        Param::new(name, ParamKind::OneOf(choices))
    }

    pub const fn list(name: &'static str) -> Param {
        Param::new(name, ParamKind::List)
    }

    pub const fn flag(name: &'static str) -> Param {
        Param::new(name, ParamKind::Flag)
    }

    pub const fn json(name: &'static str) -> Param {
        Param::new(name, ParamKind::Json).placed(Place::Body)
    }

    /// A text in the path; always required.
    pub const fn path(name: &'static str) -> Param {
        Param::new(name, ParamKind::Text).placed(Place::Path).required()
    }

    pub const fn placed(mut self, place: Place) -> Param {
        self.place = place;
        self
    }

    pub const fn required(mut self) -> Param {
        self.required = true;
        self
    }

    pub const fn about(mut self, about: &'static str) -> Param {
        self.about = about;
        self
    }
}

/// The contract of an endpoint. Routes, limits, rights, the compatibility page and the rights test are derived from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    pub verb: Verb,
    /// Relative to the surface's prefix, without slashes at the ends: `conversations/{id}/messages`.
    pub path: &'static str,
    pub right: Right,
    pub summary: &'static str,
    pub params: &'static [Param],
    /// Where the contract comes from: a line of the reference, a client, a record.
    pub source: &'static str,
    /// What a reader of the reference would not expect.
    pub quirks: &'static [&'static str],
    pub body_bytes_max: usize,
}

impl Meta {
    pub const fn new(verb: Verb, path: &'static str, right: Right) -> Meta {
        Meta { verb, path, right, summary: "", params: &[], source: "", quirks: &[], body_bytes_max: BODY_BYTES_MAX }
    }

    pub const fn get(path: &'static str, right: Right) -> Meta {
        Meta::new(Verb::Get, path, right)
    }

    pub const fn post(path: &'static str, right: Right) -> Meta {
        Meta::new(Verb::Post, path, right)
    }

    pub const fn put(path: &'static str, right: Right) -> Meta {
        Meta::new(Verb::Put, path, right)
    }

    pub const fn delete(path: &'static str, right: Right) -> Meta {
        Meta::new(Verb::Delete, path, right)
    }

    pub const fn patch(path: &'static str, right: Right) -> Meta {
        Meta::new(Verb::Patch, path, right)
    }

    pub const fn summary(mut self, summary: &'static str) -> Meta {
        self.summary = summary;
        self
    }

    pub const fn params(mut self, params: &'static [Param]) -> Meta {
        self.params = params;
        self
    }

    pub const fn source(mut self, source: &'static str) -> Meta {
        self.source = source;
        self
    }

    pub const fn quirks(mut self, quirks: &'static [&'static str]) -> Meta {
        self.quirks = quirks;
        self
    }

    pub const fn body_bytes_max(mut self, bytes: usize) -> Meta {
        self.body_bytes_max = bytes;
        self
    }
}

/// What the kit tells an endpoint about its call, beside the [`Input`]. `S` is the surface's shared state.
#[derive(Debug)]
pub struct Cx<S> {
    pub state: S,
    pub principal: Principal,
    /// The format of the answer; endpoints rarely care.
    pub format: Format,
    pub request_id: u64,
    pub peer: Option<IpAddr>,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
    pub head: Box<RequestHead>,
}

impl<S> Cx<S> {
    /// The base of links, as the caller used it (or the configured public URL). Most calls make none.
    pub fn origin(&self) -> Origin {
        self.head.origin()
    }
}

/// An endpoint: a unit struct with its contract and its meaning.
pub trait Endpoint<S>: Send + Sync + 'static {
    const META: Meta;

    /// Parses, calls one use case, maps the outcome. Rights, limits and formats are settled around it.
    fn run(cx: Cx<S>, input: Input) -> impl Future<Output = Result<Answer, AppError>> + Send;
}

/// An endpoint, erased: what the router holds.
pub struct Route<S> {
    pub meta: &'static Meta,
    pub(crate) run: fn(Cx<S>, Input) -> BoxFuture<'static, Result<Answer, AppError>>,
}

impl<S> Clone for Route<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Route<S> {}

/// Erases an endpoint.
pub fn route<S: Send + 'static, E: Endpoint<S>>() -> Route<S> {
    Route { meta: const { &E::META }, run: |cx, input| Box::pin(E::run(cx, input)) }
}

/// A list of routes: `routes![Desk; GetAgent, ListConversations]`.
#[macro_export]
macro_rules! routes {
    ($state:ty; $($endpoint:ty),* $(,)?) => {
        ::std::vec![$($crate::endpoint::route::<$state, $endpoint>()),*]
    };
}
