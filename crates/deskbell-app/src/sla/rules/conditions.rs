//! Conditions on conversations that begin: those of rules (`docs/automation.md`), but for what asks about something that happened in it
//! before. Beside them there is a short spelling, from when these rules had a language of their own: it compares one thing with a list of
//! values, of which one must fit. Kept is only the language of rules.

use deskbell_domain::conversation::Channel;
use deskbell_domain::ids::{CompanyId, CustomerGroupId, DepartmentId};
use deskbell_domain::rule::Conditions;
use deskbell_store::{Tx, tables};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::definitions;
use crate::error::AppError;
use crate::rules::definition::conditions::{self, Kind};

/// Where they stand, for refusals.
const PATH: &str = "conditions";
/// Groups of one rule in the short spelling.
const GROUPS_MAX: usize = 20;
/// Conditions of one group.
const CONDITIONS_MAX: usize = 20;
/// Values of one condition.
const VALUES_MAX: usize = 100;
/// Characters of one value.
const VALUE_CHARS_MAX: usize = 255;

macro_rules! about {
    ($($variant:ident = $text:literal, $doc:literal;)+) => {
        /// What a condition looks at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum About { $(#[doc = $doc] $variant),+ }

        impl About {
            pub const ALL: &'static [About] = &[$(About::$variant),+];

            /// The word for it.
            pub const fn text(self) -> &'static str {
                match self { $(About::$variant => $text),+ }
            }

            /// What its values are, for people.
            pub const fn values(self) -> &'static str {
                match self { $(About::$variant => $doc),+ }
            }

            pub fn parse(text: &str) -> Option<About> {
                About::ALL.iter().copied().find(|about| about.text() == text)
            }
        }
    };
}

about! {
    Channel = "channel", "where it came from: a letter";
    Department = "department", "an id";
    CustomerGroup = "customer_group", "an id; a group of the customer or of his company";
    Company = "company", "an id";
    EmailDomain = "email_domain", "of the customer: `example.com`, or `*.example.com` with all below it";
    Subject = "subject", "contains this, in whatever case";
    Text = "text", "the first message contains this, in whatever case";
    Tag = "tag", "a tag that it begins with";
    Language = "language", "of the browser, else of the customer: `de` also stands for `de-AT`";
    Referrer = "referrer", "the page that led to the site contains this, in whatever case";
}

/// A condition in the short spelling: what it looks at, and the values of which one must fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    pub about: About,
    pub any_of: Vec<String>,
}

/// Conditions as they are kept: what was written, in the words of rules, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Understood {
    pub(crate) source: Json,
    pub(crate) conditions: Conditions,
}

/// Reads what is stored, also what older programs stored in the short spelling.
pub(crate) fn read(source: &str) -> Result<Understood, AppError> {
    let mut source = definitions::stored(source)?;
    for condition in source.as_array_mut().into_iter().flatten().filter_map(Json::as_array_mut).flatten() {
        if condition.get("about").is_some() {
            let short = serde_json::from_value::<Condition>(condition.clone());
            *condition = short.map_err(|error| AppError::invalid(format!("a condition cannot be read: {error}")))?.in_full();
        }
    }
    understand(source)
}

/// Reads conditions in the words of rules that are written.
pub(super) fn parse(source: Json) -> Result<Understood, AppError> {
    let understood = understand(source)?;
    conditions::check_written(PATH, &understood.conditions)?;
    Ok(understood)
}

fn understand(source: Json) -> Result<Understood, AppError> {
    let conditions = conditions::read(PATH, &source, Kind::Beginning)?;
    Ok(Understood { source, conditions })
}

/// Conditions of the short spelling in the words of rules.
pub(super) fn in_full(groups: &[Vec<Condition>]) -> Json {
    groups.iter().map(|group| group.iter().map(Condition::in_full).collect::<Json>()).collect()
}

/// Conditions in the short spelling, if it can say them all.
pub(super) fn in_short(source: &Json) -> Option<Vec<Vec<Condition>>> {
    source.as_array()?.iter().map(|group| group.as_array()?.iter().map(Condition::in_short).collect()).collect()
}

impl About {
    /// The word of rules for it.
    fn word(self) -> &'static str {
        match self {
            About::EmailDomain => "customer_domain",
            other => other.text(),
        }
    }

    /// Whether its values are compared as texts, in which slashes could mean an expression.
    fn compares_texts(self) -> bool {
        match self {
            About::Subject | About::Text | About::Referrer => true,
            About::Channel
            | About::Department
            | About::CustomerGroup
            | About::Company
            | About::EmailDomain
            | About::Tag
            | About::Language => false,
        }
    }
}

impl Condition {
    fn in_full(&self) -> Json {
        let value = |value: &String| {
            let value = if self.about.compares_texts() { value.as_str() } else { value.trim() };
            if self.about.compares_texts() && value.starts_with('/') { json!({ "contains": value }) } else { json!(value) }
        };
        json!({ self.about.word(): self.any_of.iter().map(value).collect::<Vec<_>>() })
    }

    fn in_short(json: &Json) -> Option<Condition> {
        let (word, values) = json.as_object().filter(|members| members.len() == 1)?.iter().next()?;
        let about = About::ALL.iter().copied().find(|about| about.word() == word)?;
        let value = |value: &Json| match value {
            // It might be an expression, which has no short spelling.
            Json::String(text) if about.compares_texts() && text.starts_with('/') => None,
            // No company.
            Json::String(text) if about == About::Company && text == "none" => None,
            Json::String(text) => Some(text.clone()),
            Json::Object(members) => members.get("contains").and_then(Json::as_str).map(str::to_owned),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => None,
        };
        let any_of = match values {
            Json::Array(values) => values.iter().map(value).collect::<Option<Vec<_>>>()?,
            one => vec![value(one)?],
        };
        Some(Condition { about, any_of })
    }
}

/// Looks conditions over that come from outside; a refusal names the field.
pub(super) fn check(tx: &mut Tx<'_>, groups: &[Vec<Condition>]) -> Result<(), AppError> {
    if groups.len() > GROUPS_MAX {
        return Err(AppError::invalid(format!("groups: at most {GROUPS_MAX}")));
    }
    for (place, group) in groups.iter().enumerate() {
        if group.is_empty() || group.len() > CONDITIONS_MAX {
            return Err(AppError::invalid(format!("groups[{place}] must have 1 to {CONDITIONS_MAX} conditions")));
        }
        for (number, condition) in group.iter().enumerate() {
            let field = format!("groups[{place}][{number}].any_of");
            if condition.any_of.is_empty() || condition.any_of.len() > VALUES_MAX {
                return Err(AppError::invalid(format!("{field} must have 1 to {VALUES_MAX} values")));
            }
            for value in &condition.any_of {
                check_value(tx, condition.about, value, &field)?;
            }
        }
    }
    Ok(())
}

fn check_value(tx: &mut Tx<'_>, about: About, value: &str, field: &str) -> Result<(), AppError> {
    let fault = |what: &str| Err(AppError::invalid(format!("{field}: {what}")));
    if value.trim().is_empty() || value.chars().count() > VALUE_CHARS_MAX || value.chars().any(char::is_control) {
        return fault(&format!("a value has 1 to {VALUE_CHARS_MAX} characters and no control characters"));
    }
    let is_known = match about {
        About::Channel => Channel::parse(value).is_some(),
        About::Department => match DepartmentId::parse(value) {
            Some(id) => tables::departments::get(tx, id)?.is_some(),
            None => false,
        },
        About::CustomerGroup => match CustomerGroupId::parse(value) {
            Some(id) => tables::groups::get(tx, id)?.is_some(),
            None => false,
        },
        About::Company => match CompanyId::parse(value) {
            Some(id) => tables::companies::exists(tx, id)?,
            None => false,
        },
        About::EmailDomain => {
            let bare = value.strip_prefix("*.").unwrap_or(value);
            if bare.contains(['*', '@', ' ']) {
                return fault("a domain is like example.com or *.example.com");
            }
            true
        }
        About::Subject | About::Text | About::Tag | About::Language | About::Referrer => true,
    };
    if is_known { Ok(()) } else { fault(&format!("no such {}", about.text().replace('_', " "))) }
}
