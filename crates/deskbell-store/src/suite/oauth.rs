//! OAuth: clients, codes and refresh tokens that are used once, tokens of clients, and what is forgotten.

use super::{Place, TestDb, at};
use crate::tables::credentials::{self, Credential};
use crate::tables::oauth;
use deskbell_domain::credential::CredentialKind;
use deskbell_domain::ids::{AgentId, CredentialId, OauthClientId, OauthGrantId};
use deskbell_domain::oauth::{Challenge, ChallengeMethod, ClientType, GrantKind, OauthClient, OauthCode, OauthGrant, OauthRefreshToken};

const AGENT: AgentId = AgentId::from_i64(7);
const GRANT: OauthGrantId = OauthGrantId::from_i64(31);

fn client(number: i64) -> OauthClient {
    OauthClient {
        id: OauthClientId::from_i64(number),
        name: format!("Client {number}"),
        company: "Company".to_owned(),
        identifier: format!("identifier{number}"),
        secret_hash: "ab".repeat(32),
        secret_hint: "cdef".to_owned(),
        client_type: ClientType::ALL[number as usize % 2],
        redirect_uris: (0..number % 3).map(|place| format!("https://shop.test/{place}")).collect(),
        scopes: "read write".to_owned(),
        agent: AGENT,
        created: at(number),
        updated: at(number),
    }
}

fn grant(id: OauthGrantId, client: i64) -> OauthGrant {
    let (kind, scopes) = (GrantKind::Code, "read".to_owned());
    OauthGrant { id, kind, client: OauthClientId::from_i64(client), agent: AGENT, scopes, created: at(10), revoked: None }
}

fn code(hash: &str, challenge: Option<Challenge>) -> OauthCode {
    OauthCode {
        hash: hash.to_owned(),
        client: OauthClientId::from_i64(1),
        agent: AGENT,
        redirect_uri: "https://shop.test/0".to_owned(),
        redirect_named: challenge.is_some(),
        scopes: "read".to_owned(),
        challenge,
        expires: at(600),
        grant: None,
    }
}

fn refresh(hash: &str, expires: i64) -> OauthRefreshToken {
    OauthRefreshToken { hash: hash.to_owned(), grant: GRANT, created: at(10), expires: at(expires), used: None }
}

fn token(number: i64, client: Option<i64>, grant: Option<OauthGrantId>) -> Credential {
    Credential {
        id: CredentialId::from_i64(number),
        kind: CredentialKind::Token,
        name: "token".to_owned(),
        hash: format!("hash{number}"),
        hint: "hint".to_owned(),
        agent: Some(AGENT),
        scopes: "read".to_owned(),
        created: at(number),
        expires: client.map(|_| at(1_000)),
        revoked: None,
        oauth_client: client.map(OauthClientId::from_i64),
        oauth_grant: grant,
    }
}

/// Two clients, and something granted to the first.
fn filled(place: &Place) -> TestDb {
    let test = place.open();
    test.put(|tx| {
        oauth::insert_client(tx, &client(1))?;
        oauth::insert_client(tx, &client(2))?;
        oauth::insert_grant(tx, &grant(GRANT, 1))
    });
    test
}

pub(super) fn clients_come_back_change_and_go(place: &Place) {
    let test = filled(place);
    assert_eq!(test.see(oauth::clients), [client(1), client(2)]);
    assert_eq!(test.see(oauth::count_clients), 2);
    assert_eq!(test.see(|tx| oauth::client_by_identifier(tx, "identifier2")), Some(client(2)));
    assert_eq!(test.see(|tx| oauth::client_by_identifier(tx, "IDENTIFIER2")), None);
    let changed = OauthClient { identifier: "kept".to_owned(), created: at(99), updated: at(50), ..client(6) };
    let wanted = OauthClient { id: OauthClientId::from_i64(1), identifier: "identifier1".to_owned(), created: at(1), ..changed.clone() };
    test.put(move |tx| oauth::update_client(tx, &OauthClient { id: OauthClientId::from_i64(1), ..changed }));
    assert_eq!(test.see(|tx| oauth::client_by_id(tx, OauthClientId::from_i64(1))), Some(wanted));

    test.put(|tx| {
        oauth::insert_code(tx, &code("code", None))?;
        oauth::insert_refresh(tx, &refresh("refresh", 2_000))?;
        credentials::insert(tx, &token(5, Some(1), Some(GRANT)))?;
        credentials::insert(tx, &token(6, Some(2), None))?;
        oauth::remove_client(tx, OauthClientId::from_i64(1), at(70))
    });
    assert_eq!(test.see(oauth::clients), [client(2)]);
    assert_eq!(test.see(|tx| oauth::code(tx, "code")), None);
    assert_eq!(test.see(|tx| oauth::refresh(tx, "refresh")), None);
    assert_eq!(test.see(|tx| oauth::grant(tx, GRANT)), None);
    let revoked = |number| test.see(move |tx| credentials::get(tx, CredentialId::from_i64(number))).expect("it is there").revoked;
    assert_eq!((revoked(5), revoked(6)), (Some(at(70)), None));
}

pub(super) fn codes_are_used_once(place: &Place) {
    let test = filled(place);
    let challenge = Challenge { method: ChallengeMethod::S256, text: "challenge".to_owned() };
    let with = code("with", Some(challenge));
    let rows = [with.clone(), code("without", None)];
    test.put(move |tx| rows.iter().try_for_each(|row| oauth::insert_code(tx, row)));
    assert_eq!(test.see(|tx| oauth::code(tx, "with")), Some(with.clone()));
    assert_eq!(test.see(|tx| oauth::code(tx, "without")), Some(code("without", None)));
    assert_eq!(test.see(|tx| oauth::code(tx, "another")), None);
    assert!(test.put(|tx| oauth::use_code(tx, "with", GRANT)));
    assert!(!test.put(|tx| oauth::use_code(tx, "with", GRANT)));
    assert!(!test.put(|tx| oauth::use_code(tx, "another", GRANT)));
    assert_eq!(test.see(|tx| oauth::code(tx, "with")), Some(OauthCode { grant: Some(GRANT), ..with }));
}

pub(super) fn refresh_tokens_are_used_once(place: &Place) {
    let test = filled(place);
    test.put(|tx| {
        oauth::insert_refresh(tx, &refresh("long", 2_000))?;
        oauth::insert_refresh(tx, &refresh("short", 50))
    });
    for (hash, expires) in [("long", 90), ("short", 50)] {
        assert!(test.put(move |tx| oauth::use_refresh(tx, hash, at(20), at(90))));
        assert!(!test.put(move |tx| oauth::use_refresh(tx, hash, at(21), at(91))));
        let wanted = OauthRefreshToken { used: Some(at(20)), ..refresh(hash, expires) };
        assert_eq!(test.see(move |tx| oauth::refresh(tx, hash)), Some(wanted));
    }
    test.put(|tx| credentials::insert(tx, &token(5, Some(1), Some(GRANT))));
    test.put(|tx| oauth::revoke_grant(tx, GRANT, at(30)));
    test.put(|tx| oauth::revoke_grant(tx, GRANT, at(40)));
    assert_eq!(test.see(|tx| oauth::grant(tx, GRANT)), Some(OauthGrant { revoked: Some(at(30)), ..grant(GRANT, 1) }));
    let revoked = test.see(|tx| credentials::by_hash(tx, "hash5")).expect("it is there");
    assert_eq!(revoked, Credential { revoked: Some(at(30)), ..token(5, Some(1), Some(GRANT)) });
}

pub(super) fn what_a_password_granted_is_revoked(place: &Place) {
    let test = filled(place);
    let somebody = AgentId::from_i64(AGENT.get() + 1);
    let by_password = |number| OauthGrant { kind: GrantKind::Password, ..grant(OauthGrantId::from_i64(number), 2) };
    let [his, earlier, anothers] =
        [by_password(41), OauthGrant { revoked: Some(at(20)), ..by_password(42) }, OauthGrant { agent: somebody, ..by_password(43) }];
    let rows = [his.clone(), earlier.clone(), anothers.clone()];
    test.put(move |tx| rows.iter().try_for_each(|row| oauth::insert_grant(tx, row)));
    test.put(|tx| {
        credentials::insert(tx, &token(1, None, None))?;
        credentials::insert(tx, &token(2, Some(1), Some(GRANT)))?;
        credentials::insert(tx, &token(3, Some(2), None))?;
        credentials::insert(tx, &token(4, Some(2), Some(OauthGrantId::from_i64(41))))?;
        credentials::insert(tx, &Credential { revoked: Some(at(15)), ..token(5, Some(2), Some(OauthGrantId::from_i64(41))) })?;
        credentials::insert(tx, &token(6, Some(2), Some(OauthGrantId::from_i64(43))))?;
        oauth::revoke_password_grants(tx, AGENT, at(30))
    });
    let revoked = |number| test.see(move |tx| credentials::get(tx, CredentialId::from_i64(number))).expect("it is there").revoked;
    assert_eq!([1, 2, 3, 4, 5, 6].map(revoked), [None, None, None, Some(at(30)), Some(at(15)), None]);
    for wanted in [OauthGrant { revoked: Some(at(30)), ..his }, earlier, anothers, grant(GRANT, 1)] {
        let id = wanted.id;
        assert_eq!(test.see(move |tx| oauth::grant(tx, id)), Some(wanted));
    }
}

pub(super) fn tokens_of_clients(place: &Place) {
    let test = filled(place);
    test.put(|tx| {
        credentials::insert(tx, &token(1, None, None))?;
        (2..=6).try_for_each(|number| credentials::insert(tx, &token(number, Some(1), None)))?;
        credentials::insert(tx, &token(7, Some(2), None))
    });
    let somebody = AgentId::from_i64(AGENT.get() + 1);
    assert_eq!(test.put(move |tx| oauth::revoke_oldest(tx, OauthClientId::from_i64(1), somebody, at(20), 2)), 0, "another's stay");
    let listed = |now, limit| {
        let rows = test.see(move |tx| oauth::tokens(tx, at(now), limit));
        rows.iter().map(|row| row.id.get()).collect::<Vec<_>>()
    };
    assert_eq!(listed(20, 100), [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(listed(20, 2), [7, 6]);
    assert_eq!(listed(1_000, 100), [1], "those of clients are over");
    assert_eq!(test.see(credentials::listed), [token(1, None, None)]);
    assert_eq!(test.put(|tx| oauth::revoke_oldest(tx, OauthClientId::from_i64(1), AGENT, at(20), 2)), 3);
    assert_eq!(listed(20, 100), [7, 6, 5, 1]);
    assert_eq!(test.put(|tx| oauth::revoke_oldest(tx, OauthClientId::from_i64(1), AGENT, at(20), 2)), 0);
}

pub(super) fn what_is_over_is_forgotten(place: &Place) {
    let test = filled(place);
    test.put(|tx| {
        credentials::insert(tx, &token(1, None, None))?;
        credentials::insert(tx, &token(2, Some(1), Some(GRANT)))?;
        credentials::insert(tx, &Credential { revoked: Some(at(20)), ..token(3, Some(1), None) })?;
        oauth::insert_code(tx, &code("code", None))?;
        oauth::use_code(tx, "code", GRANT)?;
        oauth::insert_refresh(tx, &refresh("refresh", 2_000))
    });
    let forget = |now, bite| test.put(move |tx| oauth::forget_before(tx, at(now), bite));
    assert_eq!(forget(10, 100), 0);
    assert_eq!(forget(21, 100), 1, "what was revoked");
    assert_eq!(forget(601, 100), 1, "the code");
    assert_eq!(forget(1_001, 100), 1, "the access token");
    assert!(test.see(|tx| oauth::grant(tx, GRANT)).is_some(), "it can be refreshed");
    assert_eq!(forget(2_001, 1), 2, "the refresh token, and with it the grant");
    assert_eq!(test.see(|tx| oauth::grant(tx, GRANT)), None);
    assert!(test.see(|tx| credentials::by_hash(tx, "hash1")).is_some(), "people's own tokens stay");

    // A revoked grant goes although it could have been refreshed.
    test.put(|tx| {
        oauth::insert_grant(tx, &grant(GRANT, 1))?;
        oauth::insert_refresh(tx, &refresh("refresh", 9_000))?;
        oauth::revoke_grant(tx, GRANT, at(3_000))
    });
    assert_eq!(forget(3_000, 100), 0);
    assert_eq!(forget(3_001, 100), 2);
}
