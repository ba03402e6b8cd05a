//! Use cases, rights, journal readers, live figures and jobs. Knows no wire format.

pub mod error;
pub mod rights;

pub use error::{AppError, Kind};
