//! Conditions on conversations that begin: a small language, stored as JSON. Each compares one thing with a list of values, of which one
//! must fit.

use deskbell_domain::conversation::Channel;
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::{CompanyId, CustomerGroupId, DepartmentId};
use deskbell_domain::visit::Visit;
use deskbell_store::{Tx, tables};
use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// Groups of one rule.
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

/// A condition: what it looks at, and the values of which one must fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    pub about: About,
    pub any_of: Vec<String>,
}

/// Reads what is stored.
pub(super) fn read(source: &str) -> Result<Vec<Vec<Condition>>, AppError> {
    serde_json::from_str(source).map_err(|error| AppError::invalid(format!("the conditions cannot be read: {error}")))
}

pub(super) fn source(groups: &[Vec<Condition>]) -> Result<String, AppError> {
    serde_json::to_string(groups).map_err(|error| AppError::internal(format!("conditions cannot be written: {error}")))
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

/// A conversation that begins.
#[derive(Debug, Clone, Copy)]
pub struct Newcomer<'a> {
    pub channel: Channel,
    pub department: DepartmentId,
    pub customer: &'a Customer,
    pub visit: Option<&'a Visit>,
    pub subject: &'a str,
    pub text: &'a str,
    pub tags: &'a [String],
}

/// What conditions are held against, read once.
pub(super) struct Facts<'a> {
    newcomer: &'a Newcomer<'a>,
    groups: Vec<CustomerGroupId>,
    subject: String,
    text: String,
    language: &'a str,
    referrer: String,
}

impl<'a> Facts<'a> {
    pub(super) fn load(tx: &mut Tx<'_>, newcomer: &'a Newcomer<'a>) -> Result<Facts<'a>, AppError> {
        let mut groups = tables::groups::of_customer(tx, newcomer.customer.id)?;
        if let Some(company) = newcomer.customer.company {
            groups.extend(tables::groups::of_company(tx, company)?);
        }
        let text = newcomer.text.to_lowercase();
        let browser = newcomer.visit.map(|visit| visit.language.as_str()).filter(|language| !language.is_empty());
        Ok(Facts {
            groups: groups.into_iter().map(|group| group.id).collect(),
            // What has no subject is called by the start of its text.
            subject: if newcomer.subject.is_empty() { text.clone() } else { newcomer.subject.to_lowercase() },
            text,
            language: browser.unwrap_or(&newcomer.customer.language),
            referrer: newcomer.visit.map(|visit| visit.referrer.to_lowercase()).unwrap_or_default(),
            newcomer,
        })
    }

    pub(super) fn meet(&self, groups: &[Vec<Condition>]) -> bool {
        groups.is_empty() || groups.iter().any(|group| group.iter().all(|condition| self.meets(condition)))
    }

    fn meets(&self, condition: &Condition) -> bool {
        condition.any_of.iter().any(|value| self.fits(condition.about, value))
    }

    fn fits(&self, about: About, value: &str) -> bool {
        let newcomer = self.newcomer;
        match about {
            About::Channel => newcomer.channel.text() == value,
            About::Department => DepartmentId::parse(value) == Some(newcomer.department),
            About::CustomerGroup => CustomerGroupId::parse(value).is_some_and(|group| self.groups.contains(&group)),
            About::Company => newcomer.customer.company.is_some_and(|company| CompanyId::parse(value) == Some(company)),
            About::EmailDomain => newcomer.customer.email.as_deref().is_some_and(|email| is_of_domain(email, value)),
            About::Subject => self.subject.contains(&value.to_lowercase()),
            About::Text => self.text.contains(&value.to_lowercase()),
            About::Tag => newcomer.tags.iter().any(|tag| tag == value.trim()),
            About::Language => is_language(self.language, value),
            About::Referrer => self.referrer.contains(&value.to_lowercase()),
        }
    }
}

/// `*.example.com` is the domain and all below it.
fn is_of_domain(email: &str, pattern: &str) -> bool {
    let Some((_, domain)) = email.rsplit_once('@') else { return false };
    let (domain, pattern) = (domain.to_lowercase(), pattern.trim().to_lowercase());
    match pattern.strip_prefix("*.") {
        Some(parent) => domain == parent || domain.strip_suffix(parent).is_some_and(|below| below.ends_with('.')),
        None => domain == pattern,
    }
}

/// The first language of a browser's list, or what begins with the wanted one.
fn is_language(spoken: &str, wanted: &str) -> bool {
    let first = spoken.split([',', ';']).next().unwrap_or_default().trim().to_lowercase();
    let wanted = wanted.trim().to_lowercase();
    first == wanted || first.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with('-'))
}
