//! What happens to service levels and their clocks, as consoles see it.

use deskbell_domain::sla::SlaEvent;
use serde::Serialize;

use crate::wire::{millis, side_word};

#[derive(Serialize)]
#[serde(tag = "e")]
pub(super) enum SlaView<'a> {
    #[serde(rename = "sla_level.changed")]
    LevelChanged { level: String, name: &'a str, removed: bool },
    #[serde(rename = "sla.level")]
    LevelSet { conversation: String, level: Option<String>, by: &'static str },
    #[serde(rename = "sla.started")]
    Started { conversation: String, item: String, goal: &'static str, level: String, due: Option<i64> },
    #[serde(rename = "sla.moved")]
    DueMoved { conversation: String, item: String, due: Option<i64> },
    #[serde(rename = "sla.breached")]
    Breached { conversation: String, item: String, goal: &'static str, level: String, due: i64 },
    #[serde(rename = "sla.closed")]
    Closed { conversation: String, item: String, goal: &'static str, level: String, started: i64, due: i64 },
    #[serde(rename = "sla.dropped")]
    Dropped { conversation: String, item: String },
}

impl<'a> From<&'a SlaEvent> for SlaView<'a> {
    fn from(event: &'a SlaEvent) -> SlaView<'a> {
        match event {
            SlaEvent::LevelChanged { level, name, removed, .. } => {
                SlaView::LevelChanged { level: level.to_string(), name, removed: *removed }
            }
            SlaEvent::LevelSet { conversation, level, by } => SlaView::LevelSet {
                conversation: conversation.to_string(),
                level: level.map(|level| level.to_string()),
                by: side_word(*by),
            },
            SlaEvent::Started { conversation, item, goal, level, due } => SlaView::Started {
                conversation: conversation.to_string(),
                item: item.to_string(),
                goal: goal.text(),
                level: level.to_string(),
                due: due.map(millis),
            },
            SlaEvent::DueMoved { conversation, item, due } => {
                SlaView::DueMoved { conversation: conversation.to_string(), item: item.to_string(), due: due.map(millis) }
            }
            SlaEvent::Breached { conversation, item, goal, level, due } => SlaView::Breached {
                conversation: conversation.to_string(),
                item: item.to_string(),
                goal: goal.text(),
                level: level.to_string(),
                due: millis(*due),
            },
            SlaEvent::Closed { conversation, item, goal, level, started, due, .. } => SlaView::Closed {
                conversation: conversation.to_string(),
                item: item.to_string(),
                goal: goal.text(),
                level: level.to_string(),
                started: millis(*started),
                due: millis(*due),
            },
            SlaEvent::Dropped { conversation, item } => SlaView::Dropped { conversation: conversation.to_string(), item: item.to_string() },
        }
    }
}
