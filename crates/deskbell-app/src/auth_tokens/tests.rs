use std::sync::Arc;

use deskbell_domain::agent::Role;
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::CustomerId;
use deskbell_domain::time::Timestamp;
use deskbell_store::{Location, Options};

use super::*;
use crate::accounts::{self, AgentDraft};
use crate::clock::FakeClock;
use crate::credentials;
use crate::desk::{Desk, DeskOptions};
use crate::error::Kind;

struct Stage {
    _directory: tempfile::TempDir,
    desk: Desk,
    agent: AgentId,
    customer: CustomerId,
}

fn draft(enabled: bool, password_hash: Option<&str>) -> AgentDraft {
    AgentDraft {
        email: "bob@desk.test".to_owned(),
        first_name: "Bob".to_owned(),
        last_name: String::new(),
        role: Role::Agent,
        slots: 3,
        enabled,
        password_hash: password_hash.map(str::to_owned),
    }
}

fn stage() -> Stage {
    let directory = tempfile::tempdir().unwrap();
    let options = DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000))),
        store: Options { readers: 1, ..Options::default() },
    };
    Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
    let desk = Desk::open(&options).unwrap();
    let (agent, customer) = desk
        .write_blocking(|tx, cx| {
            let agent = accounts::create_agent(tx, cx, &draft(true, Some("first hash")))?;
            let customer = Customer::anonymous(CustomerId::from_i64(tx.next_id()?), cx.now);
            tables::customers::insert(tx, &customer)?;
            Ok((agent.id, customer.id))
        })
        .unwrap();
    Stage { _directory: directory, desk, agent, customer }
}

impl Stage {
    fn tokens(&self) -> (String, String) {
        let (agent, customer) = (self.agent, self.customer);
        self.desk.snapshot_blocking(move |tx| Ok((agent_token(tx, agent)?, customer_token(tx, customer)?))).unwrap()
    }

    fn owner(&self, token: &str) -> Option<AuthOwner> {
        let token = token.to_owned();
        self.desk.snapshot_blocking(move |tx| resolve_auth_token(tx, &token)).unwrap()
    }

    fn change_agent(&self, draft: AgentDraft) {
        let agent = self.agent;
        self.desk.write_blocking(move |tx, cx| accounts::change_agent(tx, cx, agent, &draft)).unwrap();
    }
}

#[test]
fn good_ones_say_whose_they_are() {
    let stage = stage();
    let (agent, customer) = stage.tokens();
    for token in [&agent, &customer] {
        assert_eq!(token.len(), TOKEN_CHARS);
        assert!(token.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()), "{token}");
    }
    assert_eq!(stage.owner(&agent), Some(AuthOwner::Agent(stage.agent)));
    assert_eq!(stage.owner(&customer), Some(AuthOwner::Customer(stage.customer)));
    assert_eq!(stage.tokens(), (agent, customer), "always the same");
}

#[test]
fn forged_ones_are_nobodys() {
    let stage = stage();
    let (agent, customer) = stage.tokens();
    for token in [&agent, &customer] {
        for place in 0..TOKEN_CHARS {
            let mut bytes = token.clone().into_bytes();
            bytes[place] = if bytes[place] == b'1' { b'2' } else { b'1' };
            let forged = String::from_utf8(bytes).unwrap();
            assert_eq!(stage.owner(&forged), None, "{forged}");
        }
    }
    let others = format!("{}{}", &agent[..8], &customer[8..]);
    let (short, long, upper) = (agent[..31].to_owned(), format!("{agent}0"), agent.to_uppercase());
    let hostile = ["", "\0", "é".repeat(16).as_str(), " ".repeat(32).as_str(), "'; DROP TABLE agents; --aaaaaaaaaa"].map(str::to_owned);
    for wrong in hostile.into_iter().chain([others, short, long, upper, format!("{}{}", &agent[..8], "+1".repeat(12))]) {
        assert_eq!(stage.owner(&wrong), None, "{wrong}");
    }
}

#[test]
fn another_desks_are_nobodys() {
    let (here, there) = (stage(), stage());
    let (agent, customer) = here.tokens();
    // Ids of two desks may well be the same: the proof is what differs.
    let (their_agent, their_customer) = there.tokens();
    for token in [
        agent.clone(),
        customer.clone(),
        format!("{}{}", &their_agent[..8], &agent[8..]),
        format!("{}{}", &their_customer[..8], &customer[8..]),
    ] {
        assert_eq!(there.owner(&token), None);
    }
}

#[test]
fn a_new_password_revokes_them() {
    let stage = stage();
    let (agent, customer) = stage.tokens();
    stage.change_agent(draft(true, None));
    assert_eq!(stage.owner(&agent), Some(AuthOwner::Agent(stage.agent)), "the password is the same");
    stage.change_agent(draft(true, Some("second hash")));
    assert_eq!(stage.owner(&agent), None);
    let id = stage.customer;
    stage.desk.write_blocking(move |tx, _| Ok(tables::customers::set_password(tx, id, "a hash")?)).unwrap();
    assert_eq!(stage.owner(&customer), None);
    let (agent, customer) = stage.tokens();
    assert_eq!(stage.owner(&agent), Some(AuthOwner::Agent(stage.agent)));
    assert_eq!(stage.owner(&customer), Some(AuthOwner::Customer(stage.customer)));
}

#[test]
fn who_is_switched_off_or_removed_is_not_signed_in() {
    let stage = stage();
    let (agent, customer) = stage.tokens();
    stage.change_agent(draft(false, None));
    let while_off = stage.tokens().0;
    for token in [&agent, &while_off] {
        assert_eq!(stage.owner(token), None);
    }
    let id = stage.customer;
    stage
        .desk
        .write_blocking(move |tx, cx| {
            let mut gone = crate::customers::get(tx, id)?;
            gone.removed = Some(cx.now);
            Ok(tables::customers::update(tx, &gone)?)
        })
        .unwrap();
    assert_eq!(stage.owner(&customer), None);
    let refused = stage.desk.snapshot_blocking(move |tx| customer_token(tx, id)).unwrap_err();
    assert_eq!(refused.kind, Kind::NotFound);
}

#[test]
fn agents_tokens_open_consoles_customers_do_not() {
    let stage = stage();
    let (agent, customer) = stage.tokens();
    let open = |token: String| stage.desk.write_blocking(move |tx, cx| credentials::open_session_by_token(tx, cx, &token, "a browser"));
    let opened = open(agent).unwrap();
    assert_eq!(opened.credential.agent, Some(stage.agent));
    let (hash, now) = (opened.credential.hash.clone(), stage.desk.now());
    let known = stage.desk.snapshot_blocking(move |tx| credentials::look_up(tx, &hash, now)).unwrap();
    assert!(known.is_some(), "a session like any other");
    for token in [customer, "0".repeat(TOKEN_CHARS)] {
        assert_eq!(open(token).unwrap_err().kind, Kind::Forbidden);
    }
}
