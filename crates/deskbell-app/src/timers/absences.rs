//! What follows when agents and visitors have been gone for their grace time.

#[cfg(test)]
mod tests;

use deskbell_domain::ids::{AgentId, VisitId, VisitorId};
use deskbell_domain::time::Timestamp;

use super::chore::{BITE, PASSED_MAX, is_passed};
use super::{Steps, visitor_gone};
use crate::accounts;
use crate::desk::Desk;
use crate::error::AppError;

/// Whose absence could not be written and is passed over, with since when.
#[derive(Debug, Clone, Default)]
pub(super) struct Absences {
    agents: Vec<(AgentId, Timestamp)>,
    visitors: Vec<(VisitorId, VisitId, Timestamp)>,
}

/// Whether somebody who could not be written is looked at again at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    AtOnce,
    Later,
}

impl Absences {
    /// Writes what follows from absences. What the store is away for is looked at again at once; whatever else cannot be written is passed over
    /// for a while, as chores do.
    pub(super) async fn note(&mut self, desk: &Desk, now: Timestamp) -> Result<(), AppError> {
        self.look_again(desk, now);
        let mut steps = Steps(Ok(()));
        self.note_agents(desk, now, &mut steps).await;
        self.note_visitors(desk, now, &mut steps).await;
        steps.0
    }

    /// Those who were passed over long enough count as gone once more.
    fn look_again(&mut self, desk: &Desk, now: Timestamp) {
        for (agent, _) in self.agents.extract_if(.., |(_, since)| !is_passed(*since, now)) {
            desk.presence().expect_agent(agent, Timestamp::EPOCH);
        }
        for (visitor, visit, _) in self.visitors.extract_if(.., |(_, _, since)| !is_passed(*since, now)) {
            desk.presence().still_gone(visitor, visit);
        }
    }

    async fn note_agents(&mut self, desk: &Desk, now: Timestamp, steps: &mut Steps) {
        for agent in desk.presence().agents_gone(now, desk.settings().agent_grace_seconds) {
            let here = desk.clone();
            let written =
                desk.write(move |tx, cx| if here.presence().agent_is_here(agent) { Ok(()) } else { accounts::gone(tx, cx, agent) }).await;
            match written {
                // He came back while it was written.
                Ok(()) if desk.presence().agent_is_here(agent) => {
                    steps.took(desk.write(move |tx, cx| accounts::here(tx, cx, agent).map(drop)).await);
                }
                Ok(()) => {}
                Err(error) => match again(&error, self.agents.len()) {
                    Again::AtOnce => {
                        desk.presence().expect_agent(agent, Timestamp::EPOCH);
                        steps.took(Err(error));
                    }
                    Again::Later => {
                        tracing::error!(error = %error, agent.id = agent.get(), "the timers pass over an agent who is gone");
                        self.agents.push((agent, now));
                    }
                },
            }
        }
    }

    async fn note_visitors(&mut self, desk: &Desk, now: Timestamp, steps: &mut Steps) {
        let gone = desk.presence().visitors_gone(now, desk.settings().visitor_grace_seconds);
        for some in gone.chunks(BITE) {
            let visitors: Vec<VisitorId> = some.iter().map(|(visitor, _)| *visitor).collect();
            let written = desk.write(move |tx, cx| visitors.into_iter().try_for_each(|visitor| visitor_gone(tx, cx, visitor))).await;
            let Err(error) = written else { continue };
            for (visitor, visit) in some {
                let (visitor, visit) = (*visitor, *visit);
                // One that fails for good keeps no other here.
                let written =
                    if error.is_temporary() { Err(error.clone()) } else { desk.write(move |tx, cx| visitor_gone(tx, cx, visitor)).await };
                let Err(error) = written else { continue };
                match again(&error, self.visitors.len()) {
                    Again::AtOnce => {
                        desk.presence().still_gone(visitor, visit);
                        steps.took(Err(error));
                    }
                    Again::Later => {
                        tracing::error!(error = %error, visitor.id = visitor.get(), "the timers pass over a visitor who is gone");
                        self.visitors.push((visitor, visit, now));
                    }
                }
            }
        }
    }
}

fn again(error: &AppError, passed: usize) -> Again {
    if error.is_temporary() || passed >= PASSED_MAX { Again::AtOnce } else { Again::Later }
}
