//! The authorization endpoint's use cases: what a client asks an agent for, and what comes of his answer.

use deskbell_domain::ids::AgentId;
use deskbell_domain::oauth::{Challenge, ChallengeMethod, ClientType, OauthClient, OauthCode, OauthError};
use deskbell_store::{Tx, tables};

use super::{CODE_SECONDS, Granted, Refusal, clients, issue_access, narrowed};
use crate::accounts;
use crate::context::Context;
use crate::credentials;
use crate::error::AppError;
use crate::rights::Scopes;

/// Characters of a code.
const CODE_CHARS: usize = 48;

/// What a client asks for, as it came.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    pub response_type: Option<String>,
    pub client_id: Option<String>,
    pub redirect_uri: Option<String>,
    pub scope: Option<String>,
    pub code_challenge: Option<String>,
    pub code_challenge_method: Option<String>,
}

/// How a client is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseType {
    /// With a code to be exchanged, in the query.
    Code,
    /// With an access token, in the fragment.
    Token,
}

/// An ask that may be put to an agent.
#[derive(Debug, Clone)]
pub struct Authorization {
    pub client: OauthClient,
    pub redirect_uri: String,
    pub response_type: ResponseType,
    pub scopes: Scopes,
    redirect_named: bool,
    challenge: Option<Challenge>,
}

/// What is to be done about an ask.
#[derive(Debug, Clone)]
pub enum Checked {
    Good(Box<Authorization>),
    /// Nobody is sent anywhere: the agent is told why.
    Nowhere(&'static str),
    /// The client is told.
    Refused(Back, Refusal),
}

/// Where the agent is sent back to, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    pub redirect_uri: String,
    pub response_type: ResponseType,
}

/// The agent's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allow,
    Deny,
}

/// What the client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    Code(String),
    Token { secret: String, scopes: Scopes },
}

/// What becomes of the agent's answer.
#[derive(Debug, Clone)]
pub enum Decided {
    Nowhere(&'static str),
    Back(Back, Granted<Given>),
}

/// Looks an ask over.
pub fn check(tx: &mut Tx<'_>, ask: &Ask) -> Result<Checked, AppError> {
    let client = match ask.client_id.as_deref().filter(|identifier| clients::is_identifier(identifier)) {
        Some(identifier) => tables::oauth::client_by_identifier(tx, identifier)?,
        None => None,
    };
    let Some(client) = client else { return Ok(Checked::Nowhere("this desk knows no such program")) };
    let Some(redirect_uri) = client.redirect_uri(ask.redirect_uri.as_deref()).map(str::to_owned) else {
        return Ok(Checked::Nowhere("the address to go back to is not one of the program's own"));
    };
    let response_type = match ask.response_type.as_deref() {
        Some("code") => Ok(ResponseType::Code),
        Some("token") => Ok(ResponseType::Token),
        Some(_) => Err(Refusal::new(OauthError::UnsupportedResponseType, "response_type is code or token")),
        None => Err(Refusal::new(OauthError::InvalidRequest, "response_type is missing")),
    };
    let back = Back { redirect_uri: redirect_uri.clone(), response_type: response_type.unwrap_or(ResponseType::Code) };
    let asked = response_type.and_then(|response_type| Ok((response_type, narrowed(&client, ask.scope.as_deref())?)));
    let checked = asked.and_then(|(response_type, scopes)| Ok((response_type, scopes, challenge(&client, response_type, ask)?)));
    Ok(match checked {
        Err(refusal) => Checked::Refused(back, refusal),
        Ok((response_type, scopes, challenge)) => {
            let redirect_named = ask.redirect_uri.is_some();
            Checked::Good(Box::new(Authorization { client, redirect_uri, response_type, scopes, redirect_named, challenge }))
        }
    })
}

/// The challenge that the code's exchange has to meet. A public client has nothing else to prove itself by.
fn challenge(client: &OauthClient, response_type: ResponseType, ask: &Ask) -> Granted<Option<Challenge>> {
    let invalid = |description| Refusal::new(OauthError::InvalidRequest, description);
    let Some(text) = ask.code_challenge.clone() else {
        return match (response_type, client.client_type) {
            (ResponseType::Code, ClientType::Public) => Err(invalid("a public client has to send a code_challenge")),
            (ResponseType::Code, ClientType::Confidential) | (ResponseType::Token, _) => Ok(None),
        };
    };
    let method = ChallengeMethod::parse(ask.code_challenge_method.as_deref().unwrap_or("plain"));
    let method = method.ok_or_else(|| invalid("code_challenge_method is S256 or plain"))?;
    let challenge = Challenge { method, text };
    if challenge.is_well_formed() { Ok(Some(challenge)) } else { Err(invalid("code_challenge has not the form of one")) }
}

/// Carries out what the agent decided. All is looked over again: what he was shown may be old.
pub fn decide(tx: &mut Tx<'_>, cx: &mut Context, ask: &Ask, agent: AgentId, decision: Decision) -> Result<Decided, AppError> {
    accounts::enabled_agent(tx, agent)?;
    let authorization = match check(tx, ask)? {
        Checked::Good(authorization) => authorization,
        Checked::Nowhere(reason) => return Ok(Decided::Nowhere(reason)),
        Checked::Refused(back, refusal) => return Ok(Decided::Back(back, Err(refusal))),
    };
    let back = Back { redirect_uri: authorization.redirect_uri.clone(), response_type: authorization.response_type };
    let given = match (decision, authorization.response_type) {
        (Decision::Deny, _) => Err(Refusal::new(OauthError::AccessDenied, "the agent refused")),
        (Decision::Allow, ResponseType::Code) => Ok(Given::Code(issue_code(tx, cx, &authorization, agent)?)),
        (Decision::Allow, ResponseType::Token) => {
            let scopes = authorization.scopes;
            let issued = issue_access(tx, cx, &authorization.client, agent, scopes, None)?;
            Ok(Given::Token { secret: issued.secret, scopes })
        }
    };
    Ok(Decided::Back(back, given))
}

fn issue_code(tx: &mut Tx<'_>, cx: &mut Context, authorization: &Authorization, agent: AgentId) -> Result<String, AppError> {
    let secret = cx.alphanumerics(CODE_CHARS);
    let code = OauthCode {
        hash: credentials::hash_secret(&secret),
        client: authorization.client.id,
        agent,
        redirect_uri: authorization.redirect_uri.clone(),
        redirect_named: authorization.redirect_named,
        scopes: authorization.scopes.text(),
        challenge: authorization.challenge.clone(),
        expires: cx.now.plus_seconds(CODE_SECONDS),
        grant: None,
    };
    tables::oauth::insert_code(tx, &code)?;
    Ok(secret)
}
