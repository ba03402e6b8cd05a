//! Live chats, and what they are rated.

use deskbell_domain::chat::{Rating, StartedBy};
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, CustomerId, DepartmentId};
use deskbell_domain::measure::Measure;
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;

use super::{Fold, Who};
use crate::rollups::state::{Chat, Opener};

fn measure(rating: Rating) -> Measure {
    match rating {
        Rating::Good => Measure::Rewards,
        Rating::Bad => Measure::Punishments,
    }
}

impl Fold {
    pub(super) fn requested(
        &mut self,
        at: Timestamp,
        ids: (ChatId, ConversationId),
        customer: CustomerId,
        department: DepartmentId,
        started_by: StartedBy,
    ) {
        self.chats.put(ids.0.get(), Some(Chat { started_by, ..Chat::unknown(ids.1, department) }));
        if started_by == StartedBy::Visitor {
            self.count_chat(at, ids, None, Measure::IncomingChats, 1);
        }
        if started_by != StartedBy::Agent {
            self.opened(ids.1, Opener::Other, Actor::Customer(customer));
        }
    }

    pub(super) fn offered(&mut self, at: Timestamp, chat: ChatId, agent: AgentId) {
        if let Some(known) = self.chats.get_mut(chat.get()) {
            known.first_offer.get_or_insert(at);
            known.offered_last = Some(agent);
        }
    }

    /// A chat counts for the department that it is in itself, and for what its conversation is.
    pub(super) fn count_chat(&mut self, at: Timestamp, ids: (ChatId, ConversationId), agent: Option<AgentId>, measure: Measure, by: i64) {
        let who = Who::of(self.conversations.get(ids.1.get()), agent);
        let who = self.chats.get(ids.0.get()).map_or(who, |chat| who.in_department(chat.department));
        self.cells.count(at, who, measure, by);
    }

    pub(super) fn joined(&mut self, at: Timestamp, ids: (ChatId, ConversationId), agent: AgentId) {
        let Some(known) = self.chats.get_mut(ids.0.get()) else { return };
        let (is_first, is_new) = (known.joined.is_empty(), !known.joined.contains(&agent));
        known.engaged_last = Some(agent);
        known.engaged.push((agent, at));
        if is_new {
            known.joined.push(agent);
        }
        let (started_by, first_offer) = (known.started_by, known.first_offer);
        if is_new {
            self.count_chat(at, ids, Some(agent), Measure::Chats, 1);
        }
        if is_first && started_by == StartedBy::Visitor {
            self.count_chat(at, ids, Some(agent), Measure::ChatPickups, 1);
        }
        if is_first && let Some(offered) = first_offer {
            self.count_chat(at, ids, Some(agent), Measure::ChatPickupTime, at.micros_since(offered).max(0));
            self.count_chat(at, ids, Some(agent), Measure::ChatPickupTimes, 1);
        }
    }

    pub(super) fn left(&mut self, at: Timestamp, ids: (ChatId, ConversationId), agent: AgentId) {
        let Some(known) = self.chats.get_mut(ids.0.get()) else { return };
        let left: Vec<(AgentId, Timestamp)> = known.engaged.extract_if(.., |(engaged, _)| *engaged == agent).collect();
        self.engaged(at, ids, &left);
    }

    /// Agents' parts of a chat are over.
    fn engaged(&mut self, at: Timestamp, ids: (ChatId, ConversationId), engaged: &[(AgentId, Timestamp)]) {
        for (agent, since) in engaged {
            self.count_chat(at, ids, Some(*agent), Measure::ChatTime, at.micros_since(*since).max(0));
            self.count_chat(at, ids, Some(*agent), Measure::ChatTimes, 1);
        }
    }

    /// A chat goes to a department; a rating it has goes with it, as live figures show it.
    pub(super) fn transferred(&mut self, chat: ChatId, department: DepartmentId) {
        let Some(known) = self.chats.get_mut(chat.get()) else { return };
        known.department = department;
        if let Some((rating, counted)) = &mut known.rated {
            self.cells.count(counted.at, Who::again(counted), measure(*rating), -1);
            counted.department = Some(department);
            self.cells.count(counted.at, Who::again(counted), measure(*rating), 1);
        }
    }

    pub(super) fn ended(&mut self, at: Timestamp, ids: (ChatId, ConversationId), missed: bool) {
        let Some(known) = self.chats.get_mut(ids.0.get()) else { return };
        let engaged = std::mem::take(&mut known.engaged);
        let was_joined = !known.joined.is_empty();
        known.joined.clear();
        let (engaged_last, offered_last, is_rated) = (known.engaged_last, known.offered_last, known.rated.is_some());
        self.engaged(at, ids, &engaged);
        if was_joined {
            self.count_chat(at, ids, engaged_last, Measure::FinishedChats, 1);
            if !is_rated {
                self.count_chat(at, ids, engaged_last, Measure::NotRanked, 1);
            }
            let who = Who::of(self.conversations.get(ids.1.get()), engaged_last);
            if let Some(known) = self.chats.get_mut(ids.0.get()) {
                known.ended = Some(who.in_department(known.department).note(at));
            }
        } else if missed {
            self.count_chat(at, ids, offered_last, Measure::UnansweredChats, 1);
        }
        if !was_joined && !is_rated {
            self.chats.put(ids.0.get(), None);
        }
    }

    pub(super) fn rated(&mut self, at: Timestamp, ids: (ChatId, ConversationId), department: DepartmentId, rating: Option<Rating>) {
        if self.chats.get(ids.0.get()).is_none() {
            self.chats.put(ids.0.get(), Some(Chat::unknown(ids.1, department)));
        }
        let who = Who::of(self.conversations.get(ids.1.get()), None);
        let Some(known) = self.chats.get_mut(ids.0.get()) else { return };
        let who = Who { agent: known.engaged_last, ..who.in_department(department) };
        let after = rating.map(|rating| (rating, who.note(at)));
        let before = std::mem::replace(&mut known.rated, after);
        for (rated, by) in [(&before, -1), (&known.rated, 1)] {
            if let Some((rating, counted)) = rated {
                self.cells.count(counted.at, Who::again(counted), measure(*rating), by);
            }
        }
        if let Some(ended) = &known.ended {
            let by = i64::from(known.rated.is_none()) - i64::from(before.is_none());
            if by != 0 {
                self.cells.count(ended.at, Who::again(ended), Measure::NotRanked, by);
            }
        }
    }
}
