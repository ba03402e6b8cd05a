//! How visitors are named outside: the account's key and the customer's number in base 62, `1234567.9aBcDeF`.

use deskbell_domain::ids::{CustomerId, ENTITY_END, ENTITY_MIN};

use crate::documents::base62;

pub(crate) fn visitor_id(account_key: i64, customer: CustomerId) -> String {
    format!("{account_key}.{}", base62(customer.get()))
}

/// Reads what [`visitor_id`] wrote; `None` for another desk's, or for what cannot be one.
pub(crate) fn parse_visitor_id(account_key: i64, text: &str) -> Option<CustomerId> {
    let (account, token) = text.split_once('.')?;
    (account.parse() == Ok(account_key)).then_some(())?;
    let value = token.chars().try_fold(0i64, |value, letter| {
        let digit = match letter {
            '0'..='9' => letter as i64 - '0' as i64,
            'A'..='Z' => letter as i64 - 'A' as i64 + 10,
            'a'..='z' => letter as i64 - 'a' as i64 + 36,
            _ => return None,
        };
        value.checked_mul(62)?.checked_add(digit)
    })?;
    let customer = (ENTITY_MIN..ENTITY_END).contains(&value).then(|| CustomerId::from_i64(value))?;
    // One spelling each: no zeros in front, no plus sign.
    (visitor_id(account_key, customer) == text).then_some(customer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visitors() {
        for value in [ENTITY_MIN, 383_486_450_414, ENTITY_END - 1] {
            let customer = CustomerId::from_i64(value);
            assert_eq!(parse_visitor_id(1_234_567, &visitor_id(1_234_567, customer)), Some(customer));
        }
        let good = visitor_id(1_234_567, CustomerId::from_i64(383_486_450_414));
        assert_eq!(parse_visitor_id(7_654_321, &good), None, "another desk's");
        let token = good.split_once('.').unwrap().1.to_owned();
        for wrong in [
            String::new(),
            token.clone(),
            format!("+1234567.{token}"),
            format!("1234567.0{token}"),
            "1234567.".to_owned(),
            "1234567.1".to_owned(),
            "1234567.zzzzzzzzzzzzzzzzzzzz".to_owned(),
            "1234567.a-b".to_owned(),
            "1234567.\0".to_owned(),
        ] {
            assert_eq!(parse_visitor_id(1_234_567, &wrong), None, "{wrong}");
        }
    }
}
