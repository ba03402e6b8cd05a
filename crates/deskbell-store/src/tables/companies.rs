//! Companies with their addresses and phone numbers.

use std::collections::HashMap;

use deskbell_domain::company::Company;
use deskbell_domain::ids::CompanyId;

use super::{in_list, time};
use crate::engine::{Param, Row, Tx};
use crate::error::StoreError;

const EMAIL: &str = "email";
const PHONE: &str = "phone";
/// Companies whose addresses are read by one statement.
const COMPANIES_PER_STATEMENT: usize = 500;

fn row(row: &Row<'_>) -> Result<Company, StoreError> {
    Ok(Company {
        id: CompanyId::from_i64(row.get(0)?),
        name: row.get(1)?,
        language: row.get(2)?,
        address: row.get(3)?,
        emails: Vec::new(),
        phones: Vec::new(),
        created: time(row.get(4)?),
    })
}

pub fn insert(tx: &mut Tx<'_>, company: &Company) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO companies (id, name, language, address, created_at) VALUES ($1, $2, $3, $4, $5)",
        &[&company.id.get(), &company.name, &company.language, &company.address, &company.created.micros()],
    )?;
    add_contacts(tx, company)
}

pub fn update(tx: &mut Tx<'_>, company: &Company) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE companies SET name = $2, language = $3, address = $4 WHERE id = $1",
        &[&company.id.get(), &company.name, &company.language, &company.address],
    )?;
    tx.exec("DELETE FROM company_contacts WHERE company_id = $1", &[&company.id.get()])?;
    add_contacts(tx, company)
}

fn add_contacts(tx: &mut Tx<'_>, company: &Company) -> Result<(), StoreError> {
    for (kind, values) in [(EMAIL, &company.emails), (PHONE, &company.phones)] {
        for (ordinal, value) in (1i64..).zip(values) {
            tx.exec(
                "INSERT INTO company_contacts (company_id, kind, ordinal, value) VALUES ($1, $2, $3, $4)",
                &[&company.id.get(), &kind, &ordinal, value],
            )?;
        }
    }
    Ok(())
}

/// Takes a company away with its addresses and its place in groups; its customers belong to none.
pub fn remove(tx: &mut Tx<'_>, company: CompanyId) -> Result<(), StoreError> {
    for statement in [
        "UPDATE customers SET company_id = NULL WHERE company_id = $1",
        "DELETE FROM company_group_members WHERE company_id = $1",
        "DELETE FROM company_contacts WHERE company_id = $1",
        "DELETE FROM companies WHERE id = $1",
    ] {
        tx.exec(statement, &[&company.get()])?;
    }
    Ok(())
}

pub fn get(tx: &mut Tx<'_>, company: CompanyId) -> Result<Option<Company>, StoreError> {
    let found = tx.opt_with("SELECT id, name, language, address, created_at FROM companies WHERE id = $1", &[&company.get()], row)?;
    let mut found: Vec<Company> = found.into_iter().collect();
    read_contacts(tx, &mut found)?;
    Ok(found.pop())
}

pub fn exists(tx: &mut Tx<'_>, company: CompanyId) -> Result<bool, StoreError> {
    Ok(tx.opt::<(i64,)>("SELECT id FROM companies WHERE id = $1", &[&company.get()])?.is_some())
}

/// The company that has this address.
pub fn by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<CompanyId>, StoreError> {
    let found: Option<(i64,)> =
        tx.opt("SELECT company_id FROM company_contacts WHERE kind = $1 AND value = $2 ORDER BY company_id LIMIT 1", &[&EMAIL, &email])?;
    Ok(found.map(|(company,)| CompanyId::from_i64(company)))
}

/// Companies by name, then id, strictly after one of them.
pub fn page(tx: &mut Tx<'_>, after: Option<(&str, CompanyId)>, limit: i64) -> Result<Vec<Company>, StoreError> {
    let (name, id) = after.map_or(("", i64::MIN), |(name, id)| (name, id.get()));
    let params: [&dyn Param; 3] = [&name, &id, &limit];
    let mut companies = tx.all_with(
        "SELECT id, name, language, address, created_at FROM companies WHERE (name, id) > ($1, $2) ORDER BY name, id LIMIT $3",
        &params,
        row,
    )?;
    read_contacts(tx, &mut companies)?;
    Ok(companies)
}

fn read_contacts(tx: &mut Tx<'_>, companies: &mut [Company]) -> Result<(), StoreError> {
    let places: HashMap<i64, usize> = companies.iter().enumerate().map(|(place, company)| (company.id.get(), place)).collect();
    let ids: Vec<i64> = companies.iter().map(|company| company.id.get()).collect();
    for some in ids.chunks(COMPANIES_PER_STATEMENT) {
        let list = in_list(some.iter().copied());
        let sql =
            format!("SELECT company_id, kind, value FROM company_contacts WHERE company_id IN {list} ORDER BY company_id, kind, ordinal");
        tx.each_dynamic(&sql, &[], |row| {
            if let Some(company) = places.get(&row.get(0)?).and_then(|place| companies.get_mut(*place)) {
                match row.str(1)? {
                    EMAIL => company.emails.push(row.get(2)?),
                    PHONE => company.phones.push(row.get(2)?),
                    other => return Err(StoreError::Corrupt(format!("unknown contact of a company {other:?}"))),
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}
