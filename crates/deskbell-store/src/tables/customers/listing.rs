//! Customers by filter, in the order they came: only those of whom something is known, no agents' own rows. A filter by parts of texts
//! looks at rows one by one; [`end_of_bite`] bounds how many.

use deskbell_domain::customer::Customer;
use deskbell_domain::ids::{CompanyId, CustomerId};
use deskbell_domain::time::Timestamp;

use super::{COLUMNS, row};
use crate::engine::{Param, Tx};
use crate::error::StoreError;

/// The key that lists are ordered by: microseconds of creation, and the id.
pub type Key = (i64, i64);

/// What a part of a text is looked for in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// The address, or a second one.
    Email,
    /// First and last name.
    Name,
    /// The number, or a second one.
    Phone,
    /// A unique field with this code.
    Unique(&'static str),
}

/// A part that a text must hold, without regard to the case of ASCII letters; other letters are left to the caller, who tests again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Part {
    pub place: Place,
    pub text: String,
}

/// What must hold, all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    pub customer: Option<CustomerId>,
    pub company: Option<CompanyId>,
    pub created_from: Option<Timestamp>,
    /// This moment does not belong to it.
    pub created_before: Option<Timestamp>,
    pub parts: Vec<Part>,
}

/// A condition under way: its text, and what is bound to it.
struct Conditions {
    sql: String,
    numbers: Vec<i64>,
    texts: Vec<String>,
}

impl Conditions {
    /// What an index answers; the numbers are bound first, from `$1` on.
    fn indexed(filter: &Filter, after: Option<Key>, until: Option<Key>) -> Conditions {
        let mut all = Conditions { sql: "known = 1".to_owned(), numbers: Vec::new(), texts: Vec::new() };
        for (condition, value) in [
            ("id = ", filter.customer.map(CustomerId::get)),
            ("company_id = ", filter.company.map(CompanyId::get)),
            ("created_at >= ", filter.created_from.map(Timestamp::micros)),
            ("created_at < ", filter.created_before.map(Timestamp::micros)),
        ] {
            if let Some(value) = value {
                all.numbers.push(value);
                all.sql.push_str(&format!(" AND {condition}${}", all.numbers.len()));
            }
        }
        for (comparison, key) in [(">", after), ("<=", until)] {
            if let Some((created, id)) = key {
                all.numbers.extend([created, id]);
                let last = all.numbers.len();
                all.sql.push_str(&format!(" AND (created_at, id) {comparison} (${}, ${last})", last - 1));
            }
        }
        all
    }

    fn add_parts(&mut self, parts: &[Part]) {
        self.sql.push_str(" AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.contact_id = customers.id)");
        for part in parts {
            self.texts.push(pattern(&part.text));
            let bound = self.numbers.len() + self.texts.len();
            let field = |code: &str| {
                format!(
                    "EXISTS (SELECT 1 FROM unique_fields u WHERE u.owner_kind = 'customer' AND u.owner_id = customers.id \
                       AND u.code = '{code}' AND lower(u.value) LIKE ${bound} ESCAPE '\\')"
                )
            };
            let condition = match part.place {
                Place::Email => format!("(lower(email) LIKE ${bound} ESCAPE '\\' OR {})", field("email")),
                Place::Name => format!("lower(name) LIKE ${bound} ESCAPE '\\'"),
                Place::Phone => format!("(lower(phone) LIKE ${bound} ESCAPE '\\' OR {})", field("phone")),
                Place::Unique(code) => field(code),
            };
            self.sql.push_str(" AND ");
            self.sql.push_str(&condition);
        }
    }

    fn params(&self) -> Vec<&dyn Param> {
        let numbers = self.numbers.iter().map(|number| number as &dyn Param);
        numbers.chain(self.texts.iter().map(|text| text as &dyn Param)).collect()
    }
}

/// A pattern for `LIKE` that finds at least every text that holds this part: the engines lower only ASCII letters, so that others stand
/// for anything.
fn pattern(part: &str) -> String {
    let mut pattern = String::from("%");
    for letter in part.chars() {
        match letter {
            '%' | '_' | '\\' => pattern.extend(['\\', letter]),
            _ if letter.is_ascii() => pattern.push(letter.to_ascii_lowercase()),
            _ => pattern.push('%'),
        }
    }
    pattern.push('%');
    pattern
}

/// The key of the row that many rows further on, before parts of texts are looked at; `None` if there are not so many.
pub fn end_of_bite(tx: &mut Tx<'_>, filter: &Filter, after: Option<Key>, rows: i64) -> Result<Option<Key>, StoreError> {
    let mut conditions = Conditions::indexed(filter, after, None);
    conditions.numbers.push((rows - 1).max(0));
    let sql = format!(
        "SELECT created_at, id FROM customers WHERE {} ORDER BY created_at, id LIMIT 1 OFFSET ${}",
        conditions.sql,
        conditions.numbers.len()
    );
    tx.opt_dynamic_with(&sql, &conditions.params(), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Customers strictly after one key, up to another one (which belongs to it).
pub fn page(tx: &mut Tx<'_>, filter: &Filter, after: Option<Key>, until: Option<Key>, limit: i64) -> Result<Vec<Customer>, StoreError> {
    let mut conditions = Conditions::indexed(filter, after, until);
    conditions.add_parts(&filter.parts);
    let sql = format!("SELECT {COLUMNS} FROM customers WHERE {} ORDER BY created_at, id LIMIT {}", conditions.sql, limit.max(0));
    tx.all_dynamic_with(&sql, &conditions.params(), row)
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn patterns() {
        for (part, wanted) in
            [("Ann", "%ann%"), ("50%_\\", "%50\\%\\_\\\\%"), ("Jörg", "%j%rg%"), ("Ä", "%%%"), ("'; --", "%'; --%"), ("", "%%")]
        {
            assert_eq!(pattern(part), wanted, "{part}");
        }
    }
}
