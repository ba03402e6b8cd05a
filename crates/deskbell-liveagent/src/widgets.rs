//! Contact widgets: the list, one, and writing them. Here is what these share.

pub(crate) mod info;
mod integration;
pub(crate) mod list;
mod rows;
pub(crate) mod write;

use deskbell_domain::widget::{WidgetKind, WidgetStatus, WidgetUse};

const KINDS: [(&str, WidgetKind); 10] = [
    ("C", WidgetKind::ChatButton),
    ("O", WidgetKind::ContactForm),
    ("U", WidgetKind::InvitationHtml),
    ("M", WidgetKind::InvitationImage),
    ("G", WidgetKind::ChatWindow),
    ("B", WidgetKind::FormWindow),
    ("K", WidgetKind::Search),
    ("W", WidgetKind::KnowledgeBase),
    ("S", WidgetKind::SuggestButton),
    ("P", WidgetKind::PhoneButton),
];
const USES: [(&str, WidgetUse); 3] = [("N", WidgetUse::Online), ("F", WidgetUse::Offline), ("B", WidgetUse::Both)];
const STATUSES: [(&str, WidgetStatus); 5] = [
    ("A", WidgetStatus::Active),
    ("C", WidgetStatus::Create),
    ("I", WidgetStatus::Inactive),
    ("F", WidgetStatus::Offline),
    ("N", WidgetStatus::Online),
];

/// The same letters with their meaning, for the contract.
const KIND_LETTERS: &[(&str, &str)] = &[
    ("C", "chat button"),
    ("O", "contact form"),
    ("U", "invitation, HTML"),
    ("M", "invitation, image"),
    ("G", "chat window"),
    ("B", "contact form in a window"),
    ("K", "search"),
    ("W", "knowledge base"),
    ("S", "suggest button"),
    ("P", "phone button"),
];
const USE_LETTERS: &[(&str, &str)] = &[("N", "online code"), ("F", "offline code"), ("B", "both")];
const STATUS_LETTERS: &[(&str, &str)] = &[("A", "active"), ("C", "create"), ("I", "inactive"), ("F", "offline"), ("N", "online")];

const NAME: &str = "name";
const PROVIDE: &str = "provide";
const DEPARTMENT: &str = "departmentid";
const KIND: &str = "rtype";
const USE: &str = "usecode";
const STATUS: &str = "status";

#[cfg(test)]
mod tests;
