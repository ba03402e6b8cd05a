//! Contact widgets: what is embedded in a page (button, form, invitation, search).

use crate::ids::{DepartmentId, KnowledgeBaseId, WidgetId};
use crate::spelled;
use crate::time::Timestamp;

spelled! {
    /// What a widget is: LiveAgent's letters.
    pub enum WidgetKind {
        ChatButton = "C",
        ContactForm = "O",
        InvitationHtml = "U",
        InvitationImage = "M",
        ChatWindow = "G",
        FormWindow = "B",
        Search = "K",
        KnowledgeBase = "W",
        SuggestButton = "S",
        PhoneButton = "P",
    }
}

spelled! {
    /// Which of its codes a widget shows.
    pub enum WidgetUse {
        Online = "N",
        Offline = "F",
        Both = "B",
    }
}

spelled! {
    pub enum WidgetStatus {
        Active = "A",
        Create = "C",
        Inactive = "I",
        Offline = "F",
        Online = "N",
    }
}

/// Something embedded in pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widget {
    pub id: WidgetId,
    pub name: String,
    /// Letters of the services it offers, free text.
    pub provide: String,
    pub department: DepartmentId,
    pub base: Option<KnowledgeBaseId>,
    pub kind: WidgetKind,
    pub used: WidgetUse,
    pub status: WidgetStatus,
    pub description: String,
    pub language: String,
    pub impressions: i64,
    /// Conversations begun through it.
    pub tickets: i64,
    pub last_displayed: Option<Timestamp>,
    pub last_display_url: String,
    pub online_code: String,
    pub online_code_old: String,
    pub offline_code: String,
    pub offline_code_old: String,
    pub online_css: Option<String>,
    pub online_css_old: Option<String>,
    pub offline_css: Option<String>,
    pub offline_css_old: Option<String>,
    pub attributes: Vec<WidgetAttribute>,
    pub form_fields: Vec<WidgetFormField>,
    pub created: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WidgetAttribute {
    pub section: String,
    pub name: String,
    pub value: String,
}

/// A field of the form that a widget shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WidgetFormField {
    pub form: String,
    pub code: String,
    pub name: String,
    pub description: String,
    pub validator: String,
    pub visibility: String,
    pub kind: String,
    pub status: String,
    pub available_values: String,
}
