//! The rules of a support desk: states, transitions, routing, ids and events. Pure: no I/O, no async, no serialisation, no clock, no randomness.

pub mod agent;
pub mod automation;
pub mod browser;
pub mod calendar;
pub mod call;
pub mod chat;
pub mod color;
pub mod company;
pub mod conversation;
pub mod credential;
pub mod customer;
pub mod department;
pub mod event;
pub mod field;
pub mod goal;
pub mod group;
pub mod ids;
pub mod knowledge;
pub mod level;
pub mod measure;
pub mod message;
pub mod oauth;
pub mod offline;
pub mod reply;
pub mod routing;
pub mod routing_rules;
pub mod rule;
pub mod shortcut;
pub mod skill;
pub mod sla;
pub mod tag;
pub mod time;
pub mod timeline;
pub mod trigger;
pub mod visit;
pub mod widget;
pub mod zone;

/// Declares an enum whose every value has one fixed spelling, used in storage and at the edges.
macro_rules! spelled {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The fixed spelling.
            pub const fn text(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// Reads the fixed spelling.
            pub fn parse(text: &str) -> Option<$name> {
                match text { $($text => Some($name::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use spelled;
