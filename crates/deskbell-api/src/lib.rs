//! The native API (described by OpenAPI) and the live protocol of console and widget.

pub mod live;
pub mod native;
pub mod openapi;
pub mod wire;
