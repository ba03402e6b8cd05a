//! What the demo's desk has before anybody comes: coloured tags, groups, companies, a leaflet to send, widgets.

use std::sync::Arc;

use deskbell_app::blobs::{self, Blobs, DirectoryBlobs};
use deskbell_app::companies::{self, CompanyDraft};
use deskbell_app::context::Context;
use deskbell_app::customers::FieldChanges;
use deskbell_app::desk::DeskOptions;
use deskbell_app::error::AppError;
use deskbell_app::fields::Kept;
use deskbell_app::groups::{self, GroupDraft};
use deskbell_app::tags::{self, Draft as TagDraft};
use deskbell_app::widgets::{self, WidgetDraft};
use deskbell_domain::field::FieldValue;
use deskbell_domain::ids::{CompanyId, CustomerGroupId, DepartmentId, KnowledgeBaseId};
use deskbell_domain::widget::{WidgetAttribute, WidgetFormField, WidgetKind, WidgetStatus, WidgetUse};
use deskbell_store::Tx;

use super::library::{self, Library};
use super::promises;

/// Background colours of the tags, in turn.
const TAG_BACKGROUNDS: [&str; 8] = ["fde68a", "bbf7d0", "bfdbfe", "fecaca", "ddd6fe", "fbcfe8", "a5f3fc", "e7e5e4"];
const TAG_COLOR: &str = "1f2937";
/// Name, title's colour, background.
const GROUPS: [(&str, &str, &str); 4] =
    [("VIP", "ffffff", "b45309"), ("Wholesale", "ffffff", "1d4ed8"), ("Club members", "14532d", "bbf7d0"), ("Press", "ffffff", "6d28d9")];
/// A company with the place of its group among [`GROUPS`].
struct Firm {
    name: &'static str,
    language: &'static str,
    address: &'static str,
    /// Of its mail.
    host: &'static str,
    phone: &'static str,
    group: usize,
    industry: &'static str,
    vat: &'static str,
}

const fn firm(
    name: &'static str,
    language: &'static str,
    [address, host, phone]: [&'static str; 3],
    group: usize,
    industry: &'static str,
    vat: &'static str,
) -> Firm {
    Firm { name, language, address, host, phone, group, industry, vat }
}

const FIRMS: [Firm; 5] = [
    firm("Highland Guides Ltd", "en", ["192.0.2.17", "highland-guides.example.com", "+44 1632 960101"], 1, "Tourism", "GB999000011"),
    firm("Bergschule Talwind GmbH", "de", ["192.0.2.44", "talwind.example.com", "+49 30 23125101"], 1, "Education", "DE999000022"),
    firm("Camp & Co.", "en", ["198.51.100.8", "camp-and-co.example.com", "+44 1632 960144"], 2, "Retail", "GB999000033"),
    firm("Refuge du Lac", "fr", ["198.51.100.61", "refuge-du-lac.example.com", "+33 1 99 00 55 01"], 0, "Hospitality", "FR99900044"),
    firm("Trail Weekly", "en", ["203.0.113.5", "trail-weekly.example.com", "+44 1632 960190"], 3, "Media", "GB999000055"),
];
const LEAFLET_NAME: &str = "size-chart.txt";
const LEAFLET: &str = "Fernhill Outdoor: sizes\n\nEU  UK  foot in cm\n38   5  24.0\n39   6  24.7\n40   6.5  25.3\n41   7.5  26.0\n42   8  26.7\n43   9  27.3\n";

/// What is there, for those who come.
pub(super) struct Premises {
    pub(super) groups: Vec<CustomerGroupId>,
    pub(super) companies: Vec<CompanyId>,
    pub(super) library: Library,
    pub(super) leaflet: Leaflet,
}

/// A file that agents send.
#[derive(Debug, Clone)]
pub(super) struct Leaflet {
    /// The name of its contents.
    pub(super) blob: String,
    pub(super) name: &'static str,
    pub(super) bytes: u64,
}

impl Leaflet {
    /// Keeps the contents where the desk's files are.
    pub(super) fn print(desk: &DeskOptions) -> Result<Leaflet, AppError> {
        let blob = blobs::digest(LEAFLET.as_bytes());
        let kept: Arc<dyn Blobs> = Arc::new(DirectoryBlobs::new(&desk.files));
        kept.put(&blob, LEAFLET.as_bytes())?;
        Ok(Leaflet { blob, name: LEAFLET_NAME, bytes: LEAFLET.len() as u64 })
    }
}

impl Premises {
    /// Furnishes the desk; `words` are the tags that its agents use.
    pub(super) fn furnish(tx: &mut Tx<'_>, cx: &mut Context, words: &[&str], leaflet: Leaflet) -> Result<Premises, AppError> {
        for (word, background) in words.iter().zip(TAG_BACKGROUNDS.iter().cycle()) {
            let draft =
                TagDraft { name: Some((*word).to_owned()), color: Some(TAG_COLOR.to_owned()), background: Some((*background).to_owned()) };
            tags::create(tx, cx, &draft)?;
        }
        let mut groups = Vec::with_capacity(GROUPS.len());
        for (name, color, background) in GROUPS {
            let draft = GroupDraft { name: Some(name.to_owned()), color: Some(color.to_owned()), background: Some(background.to_owned()) };
            groups.push(groups::create(tx, cx, &draft)?.id);
        }
        let companies = found_companies(tx, cx, &groups)?;
        promises::make(tx, cx, &groups)?;
        let library = library::stock(tx, cx)?;
        hang_widgets(tx, cx)?;
        Ok(Premises { groups, companies, library, leaflet })
    }
}

fn field(code: &str, value: &str) -> FieldValue {
    FieldValue { code: code.to_owned(), value: value.to_owned() }
}

fn found_companies(tx: &mut Tx<'_>, cx: &Context, groups: &[CustomerGroupId]) -> Result<Vec<CompanyId>, AppError> {
    let added = |fields| Some(FieldChanges { kept: Kept::All, fields });
    let mut companies = Vec::with_capacity(FIRMS.len());
    for Firm { name, language, address, host, phone, group, industry, vat } in FIRMS {
        let draft = CompanyDraft {
            name: Some(name.to_owned()),
            language: Some(language.to_owned()),
            address: Some(address.to_owned()),
            emails: Some(vec![format!("office@{host}"), format!("orders@{host}")]),
            phones: Some(vec![phone.to_owned()]),
            groups: Some(vec![groups[group]]),
            custom_fields: added(vec![field("industry", industry), field("payment_days", "30")]),
            unique_fields: added(vec![field("vat", vat)]),
        };
        companies.push(companies::create(tx, cx, &draft)?.company.id);
    }
    Ok(companies)
}

fn draft(name: &str, kind: WidgetKind, provide: &str) -> WidgetDraft {
    WidgetDraft {
        name: name.to_owned(),
        provide: provide.to_owned(),
        department: DepartmentId::DEFAULT,
        kind,
        used: WidgetUse::Both,
        status: WidgetStatus::Active,
        attributes: Vec::new(),
        form_fields: Some(Vec::new()),
        base: Some(Some(KnowledgeBaseId::DEFAULT)),
        description: None,
        language: Some("en".to_owned()),
        last_displayed: None,
        last_display_url: None,
        online_code: None,
        online_code_old: None,
        offline_code: None,
        offline_code_old: None,
        online_css: None,
        online_css_old: None,
        offline_css: None,
        offline_css_old: None,
    }
}

fn attribute(section: &str, name: &str, value: &str) -> WidgetAttribute {
    WidgetAttribute { section: section.to_owned(), name: name.to_owned(), value: value.to_owned() }
}

/// `status` M: must be filled in; O: may be.
fn form_field(code: &str, name: &str, validator: &str, status: &str) -> WidgetFormField {
    WidgetFormField {
        form: "contact".to_owned(),
        code: code.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        validator: validator.to_owned(),
        visibility: "I".to_owned(),
        kind: "T".to_owned(),
        status: status.to_owned(),
        available_values: String::new(),
    }
}

fn hang_widgets(tx: &mut Tx<'_>, cx: &Context) -> Result<(), AppError> {
    let fields = || {
        vec![
            form_field("name", "Your name", "", "M"),
            form_field("email", "E-mail", "E", "M"),
            form_field("order", "Order number", "", "O"),
        ]
    };
    let button = WidgetDraft {
        attributes: vec![attribute("chat", "window_title", "Fernhill Outdoor"), attribute("button", "position", "BR")],
        form_fields: Some(fields()),
        description: Some("The button at the bottom right of every page".to_owned()),
        online_code: Some("<div class=\"fh-chat\">Chat with us</div>".to_owned()),
        offline_code: Some("<div class=\"fh-chat fh-away\">Leave a message</div>".to_owned()),
        online_css: Some(".fh-chat { background: #2f6f4f; color: #fff; padding: 12px 18px; border-radius: 24px }".to_owned()),
        offline_css: Some(".fh-away { background: #57534e }".to_owned()),
        ..draft("Shop button", WidgetKind::ChatButton, "BFC")
    };
    let form = WidgetDraft {
        attributes: vec![attribute("form", "submit", "Send")],
        form_fields: Some(fields()),
        description: Some("The form on the page about us".to_owned()),
        ..draft("Contact form", WidgetKind::ContactForm, "F")
    };
    let search =
        WidgetDraft { description: Some("The search on the help pages".to_owned()), ..draft("Help search", WidgetKind::Search, "K") };
    for draft in [button, form, search] {
        widgets::create(tx, cx, draft)?;
    }
    Ok(())
}
