//! What a surface tells the kit about itself: how it authenticates, spells errors, and which of the kit's tolerances it wants.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use deskbell_app::AppError;
use deskbell_app::rights::Principal;
use http::{HeaderName, HeaderValue};

use crate::answer::Answer;
use crate::endpoint::{BoxFuture, Meta};
use crate::format::Format;
use crate::head::RequestHead;
use crate::input::Input;
use crate::json::JsonStyle;
use crate::limit::SharedLimit;

/// Turns a request's credential into a principal. Without one: `Ok(Principal::Nobody)`, or an error of kind `NoCredential` with the
/// surface's own sentence. Endpoints open to anyone are served to nobody even if the credential is bad.
pub type Authenticate<S> = for<'a> fn(&'a S, &'a RequestHead, &'a Input) -> BoxFuture<'a, Result<Principal, AppError>>;

/// Gives an error the surface's shape. The answer's tree is written in the request's format, in the surface's envelope.
pub type RenderError = fn(&Fault<'_>) -> Answer;

/// An error on its way to the caller.
#[derive(Debug)]
pub struct Fault<'a> {
    pub error: &'a AppError,
    pub cause: FaultCause,
    /// The endpoint, if the request reached one.
    pub meta: Option<&'static Meta>,
    pub format: Format,
    pub request_id: u64,
}

/// Where an error arose. The error's kind alone does not tell a wrong verb (status 405) from a wrong parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultCause {
    /// The endpoint, or the checks before it.
    Endpoint,
    /// The surface has no such path.
    Path,
    /// The path has other verbs (the kit adds `Allow`).
    Verb,
}

/// What becomes of a JSON body that is not a JSON object. Forms and multipart bodies are read in every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BodyReading {
    /// Its members join the parameters; anything else is passed over.
    #[default]
    Lenient,
    /// Its members join the parameters; anything else is refused.
    Strict,
    /// It stays bytes: endpoints read it with [`Input::json`].
    Raw,
}

/// Where the credential may stand, which decides whether a body is read before the caller is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Credential {
    /// In the head or the query: the body of a stranger is not read.
    #[default]
    BeforeBody,
    /// Possibly in the body.
    InBody,
}

/// How many requests one credential may make.
#[derive(Debug, Clone)]
pub struct RateLimit {
    /// Counts; surfaces with the same one count together.
    pub limit: SharedLimit,
    /// Whether answers carry `X-Rate-Limit` and `X-Rate-Limit-Remaining`.
    pub headers: bool,
}

/// Which foreign pages may call.
pub enum Cors<S> {
    Off,
    /// These origins, spelled as browsers send them: `https://shop.test`.
    Origins(Vec<String>),
    /// The surface decides, say by the desk's settings.
    Asked(fn(&S, &str) -> bool),
    Any,
}

/// A surface. Made by [`Surface::new`]; the other fields are set directly.
pub struct Surface<S> {
    /// For logs and metrics.
    pub name: &'static str,
    /// `/api`; the empty text is the root.
    pub prefixes: &'static [&'static str],
    pub authenticate: Authenticate<S>,
    pub render_error: RenderError,
    /// The root of every tree: `{"<envelope>": …}`, and the root element in XML.
    pub envelope: Option<&'static str>,
    pub json_style: JsonStyle,
    /// Whether `.json`, `.xml` or `.yaml` at the very end of a path chooses the format.
    pub suffix_formats: bool,
    /// The front controller: `<prefix>/index.php?<parameter>=conversations%2Fab%2Fmessages`.
    pub handler_parameter: Option<&'static str>,
    /// An optional first path segment with this ending is stripped before routing and kept in the origin of links.
    pub host_prefix: Option<&'static str>,
    /// Tolerated spellings of parameter names, each with the name that endpoints use.
    pub aliases: &'static [(&'static str, &'static str)],
    pub body_reading: BodyReading,
    pub credential: Credential,
    pub rate_limit: Option<RateLimit>,
    /// Whose requests are counted together; by default those of one principal, and of one address for nobody.
    pub rate_key: fn(&RequestHead, &Principal) -> u64,
    pub cors: Cors<S>,
    /// Added to every answer that does not carry them itself.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The base of links whatever the caller used.
    pub public_url: Option<Arc<str>>,
}

impl<S> Surface<S> {
    pub fn new(
        name: &'static str,
        prefixes: &'static [&'static str],
        authenticate: Authenticate<S>,
        render_error: RenderError,
    ) -> Surface<S> {
        Surface {
            name,
            prefixes,
            authenticate,
            render_error,
            envelope: None,
            json_style: JsonStyle::Plain,
            suffix_formats: false,
            handler_parameter: None,
            host_prefix: None,
            aliases: &[],
            body_reading: BodyReading::Lenient,
            credential: Credential::BeforeBody,
            rate_limit: None,
            rate_key: principal_key,
            cors: Cors::Off,
            headers: Vec::new(),
            public_url: None,
        }
    }
}

/// One key for each principal; nobody is told apart by address.
pub fn principal_key(head: &RequestHead, principal: &Principal) -> u64 {
    let mut hasher = DefaultHasher::new();
    match principal {
        Principal::Nobody => (0, head.peer).hash(&mut hasher),
        Principal::ApiKey { key, .. } => (1, key).hash(&mut hasher),
        Principal::Token { agent, .. } => (2, agent).hash(&mut hasher),
        Principal::Agent { agent, .. } => (3, agent).hash(&mut hasher),
        Principal::Visitor { visitor, .. } => (4, visitor).hash(&mut hasher),
    }
    hasher.finish()
}
