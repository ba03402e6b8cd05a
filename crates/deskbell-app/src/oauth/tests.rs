//! What the store remembers and forgets of OAuth, and what is told to the journal.

use std::sync::Arc;

use deskbell_domain::agent::Role;
use deskbell_domain::oauth::ClientType;
use deskbell_store::{Location, Options, journal};

use super::authorizing::{Ask, Decided, Decision, Given};
use super::clients::{CLIENTS_MAX, ClientDraft, Maker, NewSecret};
use super::granting::{self, ClientProof, Shown, Tokens};
use super::*;
use crate::clock::{Clock, FakeClock};
use crate::desk::{Desk, DeskOptions};

struct Fixture {
    desk: Desk,
    clock: Arc<FakeClock>,
    owner: AgentId,
    directory: tempfile::TempDir,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.desk.close();
    }
}

impl Fixture {
    fn open() -> Fixture {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at(Timestamp::from_seconds(1_790_000_000)));
        let options = DeskOptions {
            location: Location::Sqlite(directory.path().join("desk.db")),
            files: directory.path().join("files"),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            store: Options { readers: 1, ..Options::default() },
        };
        let owner = Desk::init(&options, "owner@desk.test", "correct horse").unwrap().agent;
        assert_eq!(owner.role, Role::Owner);
        Fixture { desk: Desk::open(&options).unwrap(), clock, owner: owner.id, directory }
    }

    fn write<T: Send + 'static>(&self, work: impl FnOnce(&mut Tx<'_>, &mut Context) -> Result<T, AppError> + Send + 'static) -> T {
        self.desk.write_blocking(work).unwrap()
    }

    fn client(&self) -> NewSecret {
        let owner = Maker::unbound(self.owner);
        self.write(move |tx, cx| clients::create(tx, cx, owner, &draft()))
    }

    /// A code for the owner.
    fn code(&self, client: &NewSecret) -> String {
        let ask = Ask { response_type: Some("code".to_owned()), client_id: Some(client.client.identifier.clone()), ..Ask::default() };
        let owner = self.owner;
        match self.write(move |tx, cx| authorizing::decide(tx, cx, &ask, owner, Decision::Allow)) {
            Decided::Back(_, Ok(Given::Code(code))) => code,
            other => panic!("{other:?}"),
        }
    }

    fn ask(&self, client: &NewSecret, shown: Shown) -> Granted<Tokens> {
        let proof = ClientProof { identifier: Some(client.client.identifier.clone()), secret: Some(client.secret.clone()) };
        self.write(move |tx, cx| granting::grant(tx, cx, &proof, &shown))
    }

    fn exchange(&self, client: &NewSecret, code: &str) -> Granted<Tokens> {
        self.ask(client, Shown::Code { code: code.to_owned(), redirect_uri: None, verifier: None })
    }

    fn forget(&self) -> u64 {
        let mut all = 0;
        loop {
            match self.write(forget) {
                0 => return all,
                some => all += some,
            }
        }
    }

    fn listed(&self) -> Vec<ListedToken> {
        let now = self.clock.now();
        self.desk.snapshot_blocking(move |tx| tokens(tx, now)).unwrap()
    }
}

fn draft() -> ClientDraft {
    ClientDraft {
        name: " Tap ".to_owned(),
        company: String::new(),
        client_type: ClientType::Confidential,
        redirect_uris: vec!["https://shop.test/".to_owned(), "https://shop.test/".to_owned()],
        scopes: Scopes { read: true, write: true, chat: false },
    }
}

#[test]
fn changes_are_told_and_secrets_are_not() {
    let fixture = Fixture::open();
    let new = fixture.client();
    assert_eq!((new.client.name.as_str(), new.client.redirect_uris.as_slice()), ("Tap", &["https://shop.test/".to_owned()][..]));
    let (id, owner) = (new.client.id, Maker::unbound(fixture.owner));
    let code = fixture.code(&new);
    let tokens = fixture.exchange(&new, &code).unwrap();
    assert_eq!(fixture.exchange(&new, &code).unwrap_err().error, OauthError::InvalidGrant);
    let changed = ClientDraft { name: "Other".to_owned(), ..draft() };
    fixture.write(move |tx, cx| clients::change(tx, cx, owner, id, &changed));
    fixture.write(move |tx, cx| clients::remove(tx, cx, id));
    let told = fixture.desk.snapshot_blocking(|tx| Ok(journal::after(tx, 0, 1_000)?)).unwrap();
    let told: Vec<(String, bool)> = told
        .into_iter()
        .filter_map(|recorded| match recorded.event {
            Event::OauthClientChanged { client, name, removed } if client == id => Some((name, removed)),
            _ => None,
        })
        .collect();
    let named = |name: &str, removed| (name.to_owned(), removed);
    assert_eq!(
        told,
        [named("Tap", false), named("Tap", false), named("Other", false), named("Other", true)],
        "made, replayed, changed, removed"
    );

    let bytes = std::fs::read(fixture.directory.path().join("desk.db")).unwrap();
    let wal = std::fs::read(fixture.directory.path().join("desk.db-wal")).unwrap_or_default();
    for secret in [&new.secret, &code, &tokens.access, tokens.refresh.as_ref().unwrap()] {
        let found = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found(&bytes) && !found(&wal), "a secret is stored");
    }
}

#[test]
fn a_client_keeps_so_many_tokens() {
    let fixture = Fixture::open();
    let client = fixture.client();
    let first = fixture.ask(&client, Shown::Client { scope: None }).unwrap();
    let (wanted, proof) =
        (CLIENT_TOKENS_MAX, ClientProof { identifier: Some(client.client.identifier.clone()), secret: Some(client.secret.clone()) });
    fixture.clock.advance_seconds(1);
    fixture.write(move |tx, cx| {
        for _ in 0..wanted {
            granting::grant(tx, cx, &proof, &Shown::Client { scope: None })?.unwrap();
        }
        Ok(())
    });
    let is_known = |secret: &str| {
        let (hash, now) = (credentials::hash_secret(secret), fixture.clock.now());
        fixture.desk.snapshot_blocking(move |tx| credentials::look_up(tx, &hash, now)).unwrap().is_some()
    };
    assert!(!is_known(&first.access), "the oldest gave way");
    assert_eq!(fixture.listed().len() as i64, TOKENS_LISTED_MAX);
}

#[test]
fn a_desk_has_so_many_clients() {
    let fixture = Fixture::open();
    let owner = Maker::unbound(fixture.owner);
    fixture.write(move |tx, cx| (0..CLIENTS_MAX).try_for_each(|_| clients::create(tx, cx, owner, &draft()).map(drop)));
    let refused = fixture.desk.write_blocking(move |tx, cx| clients::create(tx, cx, owner, &draft())).unwrap_err();
    assert_eq!(refused.kind, crate::Kind::TooLarge);
}

#[test]
fn what_is_over_is_forgotten_in_its_time() {
    let fixture = Fixture::open();
    let client = fixture.client();
    let tokens = fixture.exchange(&client, &fixture.code(&client)).unwrap();
    let unused = fixture.code(&client);
    let refresh = |token: &str| Shown::RefreshToken { token: token.to_owned(), scope: None };
    let first = tokens.refresh.unwrap();
    let next = fixture.ask(&client, refresh(&first)).unwrap();
    assert_eq!(fixture.forget(), 0);
    fixture.clock.advance_seconds(CODE_SECONDS + KEPT_SECONDS);
    assert_eq!(fixture.forget(), 0, "not yet");
    fixture.clock.advance_seconds(1);
    assert_eq!(fixture.forget(), 2, "both codes");
    assert_eq!(fixture.exchange(&client, &unused).unwrap_err().error, OauthError::InvalidGrant);

    // A used refresh token is known for a month; then it is unknown, and does no harm any more.
    fixture.clock.advance_seconds(REUSE_NOTICED_SECONDS);
    assert_eq!(fixture.forget(), 1, "the used one");
    assert_eq!(fixture.ask(&client, refresh(&first)).unwrap_err().error, OauthError::InvalidGrant);
    assert_eq!(fixture.listed().len(), 3, "what came of the grant is as good as ever, beside the owner's own token");

    let last = fixture.ask(&client, refresh(next.refresh.as_deref().unwrap())).unwrap();
    fixture.clock.advance_seconds(REFRESH_TOKEN_SECONDS + KEPT_SECONDS + 1);
    assert_eq!(fixture.forget(), 6, "three access tokens, two refresh tokens, and the grant");
    assert_eq!(fixture.ask(&client, refresh(last.refresh.as_deref().unwrap())).unwrap_err().error, OauthError::InvalidGrant);
    assert_eq!(fixture.listed().len(), 1, "the owner's own token");
}
