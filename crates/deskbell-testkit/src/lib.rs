//! Whole servers for tests and benches, and those who talk to them: agents, visitors, clients of the foreign APIs. Everything goes through the
//! door: the program's command line, HTTP and WebSockets. It knows none of the server's types.
//!
//! What must not happen in a test panics here, with what was seen; [`Trouble`] is for what may.

pub mod agent;
pub mod clients;
pub mod fold;
pub mod http;
pub mod live;
pub mod postgres;
pub mod server;
pub mod socket;
pub mod visitor;
pub mod wait;

pub use agent::Agent;
pub use http::{Answer, Bearer, V1};
pub use live::{Live, Transport, Trouble};
pub use server::{Options, Server};
pub use visitor::Visitor;
pub use wait::{WAIT, eventually};
