//! A new desk: its default department, its first owner, and what he needs to come in.

use std::sync::Arc;

use deskbell_domain::agent::{Agent, Role};
use deskbell_domain::credential::CredentialKind;
use deskbell_domain::department::{Department, OFFER_SECONDS_DEFAULT, QUEUE_CHATS_MAX_DEFAULT, Strategy};
use deskbell_domain::ids::DepartmentId;
use deskbell_domain::time::Timestamp;
use deskbell_store::{Db, tables};

use super::{Desk, DeskOptions, open_store};
use crate::accounts::{self, AgentDraft};
use crate::context::Context;
use crate::credentials::{self, Issued};
use crate::error::AppError;
use crate::follow::Pipe;
use crate::rights::Scopes;
use crate::settings::Settings;
use crate::updates;

/// A first owner and the credentials made with him.
#[derive(Debug, Clone)]
pub struct FirstOwner {
    pub agent: Agent,
    pub api_key: Issued,
    pub access_token: Issued,
}

impl Desk {
    /// Makes a desk with its default department and first owner. A place that holds a desk already is refused.
    pub fn init(options: &DeskOptions, email: &str, password: &str) -> Result<FirstOwner, AppError> {
        let db = open_store(options, &Pipe::default())?;
        let owner = Desk::found(&db, options.clock.now(), email, password);
        db.close();
        owner
    }

    fn found(db: &Db, now: Timestamp, email: &str, password: &str) -> Result<FirstOwner, AppError> {
        let taken = || AppError::conflict("there is a desk already");
        if db.read_blocking(|tx| tables::desk::get(tx).map_err(AppError::from))?.is_some() {
            return Err(taken());
        }
        let hash = credentials::hash_password(password)?;
        let email = email.to_owned();
        db.write_blocking(move |tx| {
            if tables::desk::get(tx)?.is_some() {
                return Err(taken());
            }
            let mut cx = Context::new(now, Arc::new(Settings::default()), 0);
            let desk = tables::desk::Desk { account_key: 1_000_000 + cx.below(9_000_000) as i64, secret: cx.bytes(32), created: now };
            tables::desk::insert(tx, &desk)?;
            let department = Department {
                id: DepartmentId::DEFAULT,
                name: "Support".to_owned(),
                description: String::new(),
                strategy: Strategy::LeastBusy,
                offer_seconds: OFFER_SECONDS_DEFAULT,
                queue_chats_max: QUEUE_CHATS_MAX_DEFAULT,
                enabled: true,
            };
            accounts::put_department(tx, &mut cx, &department, None)?;
            updates::note(tx, now)?;
            let draft = AgentDraft {
                email,
                first_name: "Desk".to_owned(),
                last_name: "Owner".to_owned(),
                role: Role::Owner,
                slots: 5,
                enabled: true,
                password_hash: Some(hash),
            };
            let agent = accounts::create_agent(tx, &cx, &draft)?;
            let api_key = credentials::issue(tx, &mut cx, CredentialKind::ApiKey, "first key", None, Scopes::default())?;
            let all = Scopes { read: true, write: true, chat: true };
            let access_token = credentials::issue(tx, &mut cx, CredentialKind::Token, "first token", Some(agent.id), all)?;
            Ok(FirstOwner { agent, api_key, access_token })
        })
    }
}
