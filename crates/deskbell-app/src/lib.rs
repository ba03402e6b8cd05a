//! Use cases, rights, journal readers, live figures and jobs. Knows no wire format.
//!
//! A use case is a plain function over a transaction and a [`context::Context`]; [`desk::Desk`] hands it to the store's writer and
//! tells the readers of the journal what happened.

pub mod accounts;
pub mod auth_tokens;
pub mod automation;
pub mod bans;
pub mod blobs;
pub mod calls;
pub mod chat_records;
pub mod chat_search;
pub mod chats;
pub mod clock;
pub mod commands;
pub mod companies;
pub mod context;
pub mod conversations;
pub mod credentials;
pub mod customer_sessions;
pub mod customers;
pub mod definitions;
pub mod desk;
pub mod directory;
pub mod documents;
pub mod error;
mod events;
pub mod fetch;
pub mod fields;
pub mod figures;
pub mod files;
pub mod follow;
pub mod goals;
pub mod groups;
pub mod hashing;
pub mod knowledge;
pub mod levels;
pub mod messages;
pub mod oauth;
pub mod offline_messages;
pub mod paging;
pub mod posters;
pub mod presence;
pub mod public_tickets;
pub mod ratings;
pub mod replies;
pub mod rights;
pub mod rollups;
pub mod routing;
pub mod rules;
pub mod search;
pub mod settings;
pub mod shortcuts;
pub mod sign_in;
pub mod skills;
pub mod sla;
pub mod tags;
pub mod time_rules;
pub mod timeline;
pub mod timers;
pub mod triggers;
pub mod updates;
pub mod views;
pub mod visits;
pub mod widgets;

pub use desk::Desk;
pub use error::{AppError, Kind};
