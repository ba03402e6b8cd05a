//! The endpoint kit. A surface is a list of endpoints (a const [`Meta`] and a `run` each) and one [`Surface`] value that says how it
//! authenticates, how it spells errors and which formats it speaks. The kit owns routing, parameters, JSON, XML and YAML writing, limits,
//! CORS, panics, the log line and the metrics of a request, and the WebSocket actor of the live protocols.
//!
//! It also owns the one way out: [`Outbound`] fetches what a caller names by URL.
//!
//! It knows no surface, no SQL and no use case.

pub mod answer;
mod cdata;
pub mod compat;
pub mod download;
pub mod endpoint;
pub mod failed_sign_ins;
mod fetching;
pub mod fields;
pub mod format;
pub mod front;
pub mod head;
pub mod input;
pub mod json;
pub mod kit;
mod limit;
pub mod origin;
pub mod outbound;
pub mod pace;
#[cfg(any(test, feature = "testing"))]
pub mod properties;
pub mod proxies;
pub mod socket;
pub mod surface;
pub mod tries;
pub mod xml;
pub mod yaml;

pub use answer::{Answer, Content};
pub use cdata::Cdata;
pub use endpoint::{BoxFuture, Cx, Endpoint, Meta, Param, ParamKind, Place, Route, Verb, route};
pub use format::Format;
pub use front::Front;
pub use head::RequestHead;
pub use input::{Input, Pair, Upload};
pub use json::JsonStyle;
pub use kit::Kit;
pub use limit::SharedLimit;
pub use origin::{Connection, Origin};
pub use outbound::{Fetched, Outbound, OutboundPolicy};
pub use pace::Pace;
pub use proxies::Proxies;
pub use surface::{BodyReading, Cors, Credential, Fault, FaultCause, RateLimit, Surface};
