use std::sync::Arc;

use deskbell_store::{Location, Options};

use super::*;
use crate::auth_tokens::{agent_token, customer_token};
use crate::clock::FakeClock;
use crate::desk::{Desk, DeskOptions};
use crate::error::Kind;

const START_SECONDS: i64 = 1_790_000_000;

struct Stage {
    _directory: tempfile::TempDir,
    desk: Desk,
    customer: CustomerId,
}

/// A desk with Ann, who is registered and whose password has the hash `first hash`.
fn stage() -> Stage {
    let directory = tempfile::tempdir().unwrap();
    let options = DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::new(FakeClock::at(Timestamp::from_seconds(START_SECONDS))),
        store: Options { readers: 1, ..Options::default() },
    };
    Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
    let desk = Desk::open(&options).unwrap();
    let customer = desk
        .write_blocking(|tx, cx| {
            let mut customer = Customer::anonymous(CustomerId::from_i64(tx.next_id()?), cx.now);
            customer.email = Some("ann@shop.test".to_owned());
            customer.role = CustomerRole::Registered;
            tables::customers::insert(tx, &customer)?;
            tables::customers::set_password(tx, customer.id, "first hash")?;
            Ok(customer.id)
        })
        .unwrap();
    Stage { _directory: directory, desk, customer }
}

impl Stage {
    fn open(&self, hash: &'static str) -> Result<String, AppError> {
        let customer = self.customer;
        self.desk.write_blocking(move |tx, cx| open(tx, cx.now, customer, hash))
    }

    fn signed_in(&self, secret: &str, seconds_later: i64) -> Option<CustomerId> {
        let (secret, now) = (secret.to_owned(), Timestamp::from_seconds(START_SECONDS + seconds_later));
        self.desk.snapshot_blocking(move |tx| signed_in(tx, &secret, now)).unwrap().map(|customer| customer.id)
    }

    fn change(&self, change: impl FnOnce(&mut Customer) + Send + 'static) {
        let id = self.customer;
        self.desk
            .write_blocking(move |tx, _| {
                let mut customer = crate::customers::get(tx, id)?;
                change(&mut customer);
                Ok(tables::customers::update(tx, &customer)?)
            })
            .unwrap();
    }
}

#[test]
fn thirty_days() {
    let stage = stage();
    let secret = stage.open("first hash").unwrap();
    assert_eq!(stage.signed_in(&secret, 0), Some(stage.customer));
    assert_eq!(stage.signed_in(&secret, CUSTOMER_SESSION_SECONDS - 1), Some(stage.customer));
    assert_eq!(stage.signed_in(&secret, CUSTOMER_SESSION_SECONDS), None);
}

#[test]
fn forged_ones_are_nobodys() {
    let stage = stage();
    let secret = stage.open("first hash").unwrap();
    for place in 0..secret.len() {
        let mut bytes = secret.clone().into_bytes();
        bytes[place] = if bytes[place] == b'1' { b'2' } else { b'1' };
        assert_eq!(stage.signed_in(&String::from_utf8(bytes).unwrap(), 0), None, "{place}");
    }
    for wrong in ["", ".", "..", "é.é.é", "\0", &secret.to_uppercase(), &format!("{secret}0"), &secret[1..]] {
        assert_eq!(stage.signed_in(wrong, 0), None, "{wrong}");
    }
    let other = self::stage();
    assert_eq!(other.signed_in(&secret, 0), None, "another desk's");
}

#[test]
fn a_new_password_ends_them_all() {
    let stage = stage();
    let secret = stage.open("first hash").unwrap();
    let id = stage.customer;
    stage.desk.write_blocking(move |tx, _| Ok(tables::customers::set_password(tx, id, "second hash")?)).unwrap();
    assert_eq!(stage.signed_in(&secret, 0), None);
    assert_eq!(stage.open("first hash").unwrap_err().kind, Kind::BadCredential);
    let secret = stage.open("second hash").unwrap();
    stage.change(|customer| customer.removed = Some(Timestamp::from_seconds(START_SECONDS)));
    assert_eq!(stage.signed_in(&secret, 0), None);
    assert_eq!(stage.open("second hash").unwrap_err().kind, Kind::BadCredential);
}

#[test]
fn only_the_registered_have_passwords() {
    let stage = stage();
    let known = |email: &'static str| stage.desk.snapshot_blocking(move |tx| registered(tx, email)).unwrap();
    assert_eq!(known(" Ann@Shop.test "), Some((stage.customer, "first hash".to_owned())));
    assert_eq!(known("bob@shop.test"), None);
    assert_eq!(known("ann@shop.test\0"), None);
    stage.change(|customer| customer.role = CustomerRole::Visitor);
    assert_eq!(known("ann@shop.test"), None);
    stage.change(|customer| customer.role = CustomerRole::Registered);
    let id = stage.customer;
    stage.desk.write_blocking(move |tx, _| Ok(tables::customers::set_password(tx, id, "")?)).unwrap();
    assert_eq!(known("ann@shop.test"), None);
}

#[test]
fn tokens_sign_customers_in_but_no_agents() {
    let stage = stage();
    let id = stage.customer;
    let by = |token: String| stage.desk.write_blocking(move |tx, cx| open_by_token(tx, cx.now, &token));
    let (customers, agents) = stage
        .desk
        .snapshot_blocking(move |tx| {
            let owner = tables::agents::by_email(tx, "owner@desk.test")?.expect("the owner");
            Ok((customer_token(tx, id)?, agent_token(tx, owner.id)?))
        })
        .unwrap();
    assert_eq!(stage.signed_in(&by(customers).unwrap(), 0), Some(stage.customer));
    for token in [agents, "0".repeat(32)] {
        assert_eq!(by(token).unwrap_err().kind, Kind::Forbidden);
    }
}
