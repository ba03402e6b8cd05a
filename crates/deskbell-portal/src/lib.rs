//! The public pages: knowledge bases, forums, suggestions, tickets, sign-in, and what an embedded widget asks for. HTML made here, readable
//! without script. It knows no SQL and no rules.
//!
//! A page is never kept by anybody but its reader: it shows who is signed in, and its forms are tied to a cookie. No text gets into a page
//! unescaped but the HTML of articles, which the use cases have made safe.

mod agent;
mod door;
mod entries;
mod entry;
mod failure;
mod home;
mod html;
mod look;
mod moment;
mod posting;
mod reader;
mod rendering;
mod search;
mod shell;
mod sign_in;
mod texts;
mod ticket;
mod tickets;
mod voting;
mod widget;
mod words;

#[cfg(test)]
mod fixture;

pub use door::{Options, Portal};
