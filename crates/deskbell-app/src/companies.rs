//! Companies that customers belong to: made, changed, taken away, listed.

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use deskbell_domain::company::Company;
use deskbell_domain::event::Event;
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::group::CustomerGroup;
use deskbell_domain::ids::{CompanyId, CustomerGroupId};
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::customers::{FieldChanges, check_email, check_field};
use crate::desk::Desk;
use crate::error::AppError;
use crate::fields::{self, EMAIL_CODE, PHONE_CODE};
use crate::{groups, time_rules};

/// Companies that a list without pages shows.
pub const LISTED_COMPANIES_MAX: usize = 10_000;
/// Companies of one page.
pub const PAGE_ROWS_MAX: i64 = 1_000;
/// Addresses of one company, and phone numbers.
pub const CONTACTS_MAX: usize = 50;
/// Characters of a language tag.
const LANGUAGE_CHARS_MAX: usize = 35;

/// What is written of a company; `None` leaves as it is, or empty.
#[derive(Debug, Clone, Default)]
pub struct CompanyDraft {
    pub name: Option<String>,
    /// A language tag, or empty.
    pub language: Option<String>,
    /// An IP address, or empty.
    pub address: Option<String>,
    /// The whole new list.
    pub emails: Option<Vec<String>>,
    /// The whole new list.
    pub phones: Option<Vec<String>>,
    /// The whole new list.
    pub groups: Option<Vec<CustomerGroupId>>,
    pub custom_fields: Option<FieldChanges>,
    pub unique_fields: Option<FieldChanges>,
}

/// All that is known of one company.
#[derive(Debug, Clone)]
pub struct CompanyProfile {
    pub company: Company,
    pub groups: Vec<CustomerGroup>,
    pub custom_fields: Vec<FieldValue>,
    /// With addresses and phone numbers first.
    pub unique_fields: Vec<FieldValue>,
}

/// One company, or a refusal.
pub fn get(tx: &mut Tx<'_>, company: CompanyId) -> Result<Company, AppError> {
    tables::companies::get(tx, company)?.ok_or_else(|| AppError::not_found("company with this id not found"))
}

/// Reads all that is known of a company.
pub fn profile(tx: &mut Tx<'_>, company: CompanyId) -> Result<CompanyProfile, AppError> {
    let company = get(tx, company)?;
    let owner = FieldOwner::Company(company.id);
    let mut unique_fields = own_fields(&company);
    unique_fields.extend(fields::unique(tx, owner)?);
    Ok(CompanyProfile {
        groups: tables::groups::of_company(tx, company.id)?,
        custom_fields: fields::custom(tx, owner)?,
        unique_fields,
        company,
    })
}

/// What stands among its unique fields without being stored there.
pub fn own_fields(company: &Company) -> Vec<FieldValue> {
    let emails = company.emails.iter().map(|email| (EMAIL_CODE, email));
    let phones = company.phones.iter().map(|phone| (PHONE_CODE, phone));
    emails.chain(phones).map(|(code, value)| FieldValue { code: code.to_owned(), value: value.clone() }).collect()
}

/// Companies by name whose name holds this part, without regard to case; at most [`LISTED_COMPANIES_MAX`].
pub async fn list(desk: &Desk, part: &str) -> Result<Vec<Company>, AppError> {
    let part = part.trim().to_lowercase();
    let mut found: Vec<Company> = Vec::new();
    let mut after: Option<(String, CompanyId)> = None;
    loop {
        let behind = after.clone();
        let read = desk.read(move |tx| page(tx, behind.as_ref().map(|(name, id)| (name.as_str(), *id)), PAGE_ROWS_MAX)).await?;
        let is_last = (read.len() as i64) < PAGE_ROWS_MAX;
        after = read.last().map(|last| (last.name.clone(), last.id));
        found.extend(read.into_iter().filter(|company| company.name.to_lowercase().contains(&part)));
        if is_last || found.len() >= LISTED_COMPANIES_MAX {
            found.truncate(LISTED_COMPANIES_MAX);
            return Ok(found);
        }
    }
}

/// A page of companies, by name, strictly after one of them.
pub fn page(tx: &mut Tx<'_>, after: Option<(&str, CompanyId)>, limit: i64) -> Result<Vec<Company>, AppError> {
    Ok(tables::companies::page(tx, after, limit)?)
}

/// Makes a company.
pub fn create(tx: &mut Tx<'_>, cx: &Context, draft: &CompanyDraft) -> Result<CompanyProfile, AppError> {
    let mut company = Company {
        id: CompanyId::from_i64(tx.next_id()?),
        name: String::new(),
        language: String::new(),
        address: String::new(),
        emails: Vec::new(),
        phones: Vec::new(),
        created: cx.now,
    };
    apply(tx, &mut company, &CompanyDraft { name: Some(draft.name.clone().unwrap_or_default()), ..draft.clone() })?;
    tables::companies::insert(tx, &company)?;
    finish(tx, cx, &company, draft)
}

/// Changes a company.
pub fn change(tx: &mut Tx<'_>, cx: &Context, company: CompanyId, draft: &CompanyDraft) -> Result<CompanyProfile, AppError> {
    let mut company = get(tx, company)?;
    apply(tx, &mut company, draft)?;
    tables::companies::update(tx, &company)?;
    finish(tx, cx, &company, draft)
}

/// Takes a company away; its customers stay and belong to none.
pub fn remove(tx: &mut Tx<'_>, cx: &Context, company: CompanyId) -> Result<(), AppError> {
    let company = get(tx, company)?;
    time_rules::company_goes(tx, cx, company.id)?;
    let owner = FieldOwner::Company(company.id);
    tables::fields::remove_custom(tx, owner, None)?;
    tables::fields::remove_unique(tx, owner, None)?;
    tables::companies::remove(tx, company.id)?;
    announce(tx, cx, &company, Fate::Goes)
}

pub(crate) fn changed(tx: &mut Tx<'_>, cx: &Context, company: &Company) -> Result<(), AppError> {
    announce(tx, cx, company, Fate::Stays)
}

fn apply(tx: &mut Tx<'_>, company: &mut Company, draft: &CompanyDraft) -> Result<(), AppError> {
    if let Some(name) = &draft.name {
        let name = name.trim();
        check_field("name", name)?;
        if name.is_empty() {
            return Err(AppError::invalid("a company has a name"));
        }
        name.clone_into(&mut company.name);
    }
    if let Some(language) = &draft.language {
        let language = language.trim();
        if language.chars().count() > LANGUAGE_CHARS_MAX || !language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(AppError::invalid("language is a tag like en or pt-BR"));
        }
        language.clone_into(&mut company.language);
    }
    if let Some(address) = &draft.address {
        let address = address.trim();
        if !address.is_empty() && address.parse::<IpAddr>().is_err() {
            return Err(AppError::invalid("address is an IP address"));
        }
        address.clone_into(&mut company.address);
    }
    if let Some(emails) = &draft.emails {
        company.emails = contacts(emails, check_email)?;
        for email in &company.emails {
            free_email(tx, company.id, email)?;
        }
    }
    if let Some(phones) = &draft.phones {
        company.phones = contacts(phones, |phone| check_field("phone", phone.trim()).map(|()| phone.trim().to_owned()))?;
    }
    Ok(())
}

/// Texts without empty ones and repetitions, in the order they were given.
fn contacts(texts: &[String], check: impl Fn(&str) -> Result<String, AppError>) -> Result<Vec<String>, AppError> {
    let mut all: Vec<String> = Vec::new();
    for text in texts.iter().filter(|text| !text.trim().is_empty()) {
        let text = check(text)?;
        if !all.contains(&text) {
            all.push(text);
        }
    }
    if all.len() > CONTACTS_MAX {
        return Err(AppError::too_large(format!("at most {CONTACTS_MAX} addresses and {CONTACTS_MAX} phone numbers")));
    }
    Ok(all)
}

/// Refuses an address that another company has. As a unique field of its own it is one no more.
fn free_email(tx: &mut Tx<'_>, company: CompanyId, email: &str) -> Result<(), AppError> {
    let owner = FieldOwner::Company(company);
    let (kind, id) = owner.parts();
    let stored = tables::fields::unique_owner(tx, kind, EMAIL_CODE, email)?;
    let listed = tables::companies::by_email(tx, email)?.map(CompanyId::get);
    if stored.into_iter().chain(listed).any(|other| other != id) {
        return Err(AppError::conflict("another company has that address"));
    }
    Ok(tables::fields::remove_unique_value(tx, owner, EMAIL_CODE, email)?)
}

/// Writes what stands beside the company's row, and tells the journal.
fn finish(tx: &mut Tx<'_>, cx: &Context, company: &Company, draft: &CompanyDraft) -> Result<CompanyProfile, AppError> {
    let owner = FieldOwner::Company(company.id);
    if let Some(FieldChanges { kept, fields }) = &draft.custom_fields {
        fields::write(tx, owner, *kept, fields)?;
    }
    if let Some(FieldChanges { kept, fields }) = &draft.unique_fields {
        fields::write_unique(tx, owner, *kept, fields)?;
    }
    if let Some(all) = &draft.groups {
        let all = groups::existing(tx, all)?;
        tables::groups::set_company(tx, company.id, &all)?;
    }
    changed(tx, cx, company)?;
    profile(tx, company.id)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
}

fn announce(tx: &mut Tx<'_>, cx: &Context, company: &Company, fate: Fate) -> Result<(), AppError> {
    tx.append(cx.now, Event::CompanyChanged { company: company.id, name: company.name.clone(), removed: fate == Fate::Goes })?;
    Ok(())
}
