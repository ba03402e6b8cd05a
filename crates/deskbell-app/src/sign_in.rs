//! Agents who show their e-mail address and password. How often they may be wrong is up to the door they come through.

use deskbell_domain::agent::Agent;
use deskbell_domain::ids::AgentId;
use deskbell_store::{Tx, tables};

use crate::desk::Desk;
use crate::error::AppError;

/// An agent whose password was found good, and the hash it was found good against.
#[derive(Debug, Clone)]
pub struct Proven {
    pub agent: Agent,
    pub hash: String,
}

/// Checks an agent's password. Wrong address and wrong password are one error and take the same time.
pub async fn prove(desk: &Desk, email: &str, password: String) -> Result<Proven, AppError> {
    let email = email.trim().to_owned();
    let known = desk.read(move |tx| known(tx, &email)).await?;
    let hash = known.as_ref().map(|(_, hash)| hash.clone());
    let fits = desk.password_fits(password, hash).await?;
    let good = known.filter(|(agent, _)| fits && agent.enabled);
    let (agent, hash) = good.ok_or_else(|| AppError::bad_credential("e-mail or password is wrong"))?;
    Ok(Proven { agent, hash })
}

fn known(tx: &mut Tx<'_>, email: &str) -> Result<Option<(Agent, String)>, AppError> {
    if email.contains('\0') {
        return Ok(None);
    }
    let Some(agent) = tables::agents::by_email(tx, email)? else { return Ok(None) };
    let hash = tables::agents::password_hash(tx, agent.id)?.filter(|hash| !hash.is_empty());
    Ok(hash.map(|hash| (agent, hash)))
}

/// The agent as he is now, if he still works here and has the same password.
pub fn still(tx: &mut Tx<'_>, agent: AgentId, hash: &str) -> Result<Option<Agent>, AppError> {
    let same = tables::agents::password_hash(tx, agent)?.as_deref() == Some(hash);
    Ok(tables::agents::get(tx, agent)?.filter(|agent| same && agent.enabled))
}
