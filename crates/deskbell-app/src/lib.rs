//! Use cases, rights, journal readers, live figures and jobs. Knows no wire format.
//!
//! A use case is a plain function over a transaction and a [`context::Context`]; [`desk::Desk`] hands it to the store's writer and
//! tells the readers of the journal what happened.

pub mod accounts;
pub mod bans;
pub mod blobs;
pub mod chats;
pub mod clock;
pub mod commands;
pub mod context;
pub mod conversations;
pub mod credentials;
pub mod customers;
pub mod desk;
pub mod documents;
pub mod error;
pub mod figures;
pub mod files;
pub mod follow;
pub mod messages;
pub mod presence;
pub mod rights;
pub mod routing;
pub mod search;
pub mod settings;
pub mod timers;
pub mod views;
pub mod visits;

pub use desk::Desk;
pub use error::{AppError, Kind};
