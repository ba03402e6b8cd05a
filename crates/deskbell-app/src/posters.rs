//! Who posts on public pages without being signed in: a name and an address that anybody can type.

use deskbell_domain::customer::Customer;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{CustomerId, VisitorId};
use deskbell_store::{Tx, tables};

use crate::context::Context;
use crate::customers::{self, Introduction};
use crate::error::AppError;

/// No page of the portal belongs to a visit.
const NO_VISITOR: VisitorId = VisitorId::from_i64(0);

/// The customer for somebody who says who he is. A known address leads to the customer who has it, for the agents' eyes; nothing of him is
/// changed, and what he is called there is not shown. An unknown address makes a new customer.
pub fn poster(tx: &mut Tx<'_>, cx: &Context, introduction: &Introduction, address: &str) -> Result<CustomerId, AppError> {
    let name = introduction.name.as_deref().ok_or_else(|| AppError::missing("name is missing"))?;
    let email = introduction.email.as_deref().ok_or_else(|| AppError::missing("email is missing"))?;
    let customer = match tables::customers::by_email(tx, email)? {
        Some(known) => known,
        None => {
            let id = CustomerId::from_i64(tx.next_id()?);
            let new = Customer { name: name.to_owned(), email: Some(email.to_owned()), ..Customer::anonymous(id, cx.now) };
            tables::customers::insert(tx, &new)?;
            let event = Event::CustomerChanged { customer: id, name: new.name.clone(), email: new.email.clone(), phone: String::new() };
            tx.append(cx.now, event)?;
            new
        }
    };
    check(tx, customer.id, address)?;
    Ok(customer.id)
}

/// Refuses banned customers and addresses.
pub fn check(tx: &mut Tx<'_>, customer: CustomerId, address: &str) -> Result<(), AppError> {
    if tables::bans::hits(tx, customer, NO_VISITOR, address)? {
        return Err(AppError::forbidden("you cannot write here"));
    }
    customers::get(tx, customer).map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use deskbell_domain::customer::BanTarget;
    use deskbell_domain::time::Timestamp;
    use deskbell_store::{Location, Options};

    use super::*;
    use crate::bans;
    use crate::clock::FakeClock;
    use crate::desk::{Desk, DeskOptions};
    use crate::error::Kind;

    fn desk() -> (tempfile::TempDir, Desk) {
        let directory = tempfile::tempdir().unwrap();
        let options = DeskOptions {
            location: Location::Sqlite(directory.path().join("desk.db")),
            files: directory.path().join("files"),
            clock: Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000))),
            store: Options { readers: 1, ..Options::default() },
        };
        Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
        (directory, Desk::open(&options).unwrap())
    }

    fn post(desk: &Desk, name: Option<&'static str>, email: Option<&'static str>) -> Result<Customer, AppError> {
        desk.write_blocking(move |tx, cx| {
            let id = poster(tx, cx, &Introduction::new(name, email)?, "192.0.2.7")?;
            customers::get(tx, id)
        })
    }

    #[test]
    fn what_is_typed_changes_nobody() {
        let (_directory, desk) = desk();
        let ann = post(&desk, Some("Ann"), Some("Ann@Shop.test")).unwrap();
        assert_eq!((ann.name.as_str(), ann.email.as_deref()), ("Ann", Some("ann@shop.test")));
        let again = post(&desk, Some("Eve"), Some("ann@shop.test")).unwrap();
        assert_eq!(again, ann, "neither found out nor changed");
        for (name, email) in [(None, Some("ann@shop.test")), (Some("Ann"), None)] {
            assert_eq!(post(&desk, name, email).unwrap_err().kind, Kind::Missing);
        }
        assert_eq!(post(&desk, Some("Ann"), Some("no address")).unwrap_err().kind, Kind::Invalid);
    }

    #[test]
    fn the_banned_write_nothing() {
        let (_directory, desk) = desk();
        desk.write_blocking(|tx, cx| {
            let owner = tables::agents::by_email(tx, "owner@desk.test")?.expect("the owner");
            bans::ban(tx, cx, owner.id, BanTarget::Address("192.0.2.7".to_owned()), "spam")
        })
        .unwrap();
        assert_eq!(post(&desk, Some("Ann"), Some("ann@shop.test")).unwrap_err().kind, Kind::Forbidden);
        let made = desk.snapshot_blocking(|tx| Ok(tables::customers::by_email(tx, "ann@shop.test")?)).unwrap();
        assert!(made.is_none(), "rolled back");
    }
}
