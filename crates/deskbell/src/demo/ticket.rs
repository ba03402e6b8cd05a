//! What happens to the demo's conversations outside live chat: messages left, answers, tags, notes, statuses.

use deskbell_app::conversations::{self, Authority, Change, Writing, Written};
use deskbell_app::error::AppError;
use deskbell_domain::conversation::Status;
use deskbell_domain::ids::ConversationId;
use deskbell_domain::message::Actor;
use deskbell_store::{Tx, tables};
use rand::RngExt;

use super::dialogues::{Section, Voice, comes_back};
use super::engine::Engine;
use super::people::{per_cent, pick, wait_seconds};
use super::staff::Duty;
use super::talk::{Act, Purpose};

const HOUR_SECONDS: f64 = 3_600.0;
/// How long it takes on average until somebody reads what was left.
const HANDLED_SECONDS: f64 = 1.5 * HOUR_SECONDS;
const RESOLVED_SECONDS: f64 = 26.0 * HOUR_SECONDS;
/// Of a hundred customers whose matter is resolved so many come back to it; of those who come back so many ring.
const COMES_BACK_PER_CENT: u32 = 9;
const RINGS_PER_CENT: u32 = 25;

impl Engine {
    pub(super) fn ticket_act(&mut self, tx: &mut Tx<'_>, place: usize, act: Act) -> Result<(), AppError> {
        match act {
            Act::LeavesMessage => self.leaves_message(tx, place),
            Act::Handled => self.handled(tx, place),
            Act::Answered => self.answered(tx, place),
            Act::Resolves => self.changes(tx, place, Change::Resolve),
            Act::Reopened => self.comes_back(tx, place),
            Act::Tags => self.tags(tx, place),
            Act::Notes => self.notes(tx, place),
            Act::View
            | Act::AsksForChat
            | Act::GivesUp(_)
            | Act::Reacts { .. }
            | Act::TakesOver
            | Act::Line
            | Act::SaysGoodbye
            | Act::HandsOver
            | Act::Ends(_)
            | Act::Reads
            | Act::Rates
            | Act::RatesAnew(_)
            | Act::Parts => Ok(()),
        }
    }

    fn leaves_message(&mut self, tx: &mut Tx<'_>, place: usize) -> Result<(), AppError> {
        let Some(talk) = self.talk(place) else { return Ok(()) };
        let text = talk.fill(talk.matter.lines[0].1);
        let (visit, introduction, section) = (talk.visit.clone(), talk.person.reachable.clone(), talk.matter.section);
        let department = Some(self.staff.department(section));
        let done = conversations::leave_message(tx, &mut self.cx, &visit, department, &introduction, &text, None)?;
        self.counts.tickets += 1;
        self.counts.messages += 1;
        let visit = tables::visits::get(tx, visit.id)?;
        if let Some(talk) = self.talk(place) {
            talk.conversation = done.conversation;
            if let Some(visit) = visit {
                talk.visit = visit;
            }
        }
        self.later(place, 12.0, Act::Parts);
        let opens = self.office_time();
        let seconds = 120.0 + wait_seconds(&mut self.chance, HANDLED_SECONDS);
        self.talk_at(place, opens.plus_seconds(seconds as i64), Act::Handled);
        Ok(())
    }

    /// Somebody at work who belongs to a section.
    pub(super) fn somebody(&mut self, section: Section) -> Option<usize> {
        let mut there = self.staff.at_work(section);
        if there.is_empty() {
            there = self.staff.at_work(Section::Support);
        }
        if there.is_empty() { None } else { Some(*pick(&mut self.chance, &there)) }
    }

    fn handled(&mut self, tx: &mut Tx<'_>, place: usize) -> Result<(), AppError> {
        let Some(talk) = self.talk(place) else { return Ok(()) };
        let (section, purpose, note) = (talk.matter.section, talk.purpose, talk.matter.note.is_some());
        let Some(conversation) = talk.conversation else { return Ok(()) };
        let Some(agent) = self.somebody(section) else {
            let opens = self.office_time();
            self.talk_at(place, opens, Act::Handled);
            return Ok(());
        };
        if matches!(conversations::get(tx, conversation)?.status, Status::Chatting | Status::Calling) {
            self.later(place, HOUR_SECONDS, Act::Handled);
            return Ok(());
        }
        let by = Actor::Agent(self.staff.members[agent].id);
        if purpose == Purpose::Spams {
            let change = if per_cent(&mut self.chance, 75) { Change::Spam } else { Change::Delete };
            conversations::change_status(tx, &self.cx, by, conversation, change)?;
            return Ok(());
        }
        if let Some(talk) = self.talk(place) {
            talk.agent = Some(agent);
        }
        let (passes_on, tags, notes) = (per_cent(&mut self.chance, 12), per_cent(&mut self.chance, 55), per_cent(&mut self.chance, 50));
        if passes_on {
            let other = if section == Section::Support { Section::Billing } else { Section::Support };
            let to = self.somebody(other);
            let department = Some(self.staff.department(other));
            let agent = to.map(|to| self.staff.members[to].id);
            conversations::hand_over(tx, &self.cx, by, conversation, department, agent)?;
            if let (Some(talk), Some(to)) = (self.talk(place), to) {
                talk.agent = Some(to);
            }
        }
        if tags {
            self.later(place, 20.0, Act::Tags);
        }
        if notes && note {
            self.later(place, 40.0, Act::Notes);
        }
        let seconds = 90.0 + wait_seconds(&mut self.chance, if passes_on { 3_000.0 } else { 400.0 });
        self.later(place, seconds, Act::Answered);
        Ok(())
    }

    /// The agent of a conversation, if he is at work; otherwise the act is put off.
    fn at_work(&mut self, place: usize, act: Act) -> Option<(Actor, ConversationId)> {
        let talk = self.talk(place)?;
        let (agent, conversation) = (talk.agent?, talk.conversation?);
        if self.staff.members[agent].duty == Duty::Off {
            let mut opens = self.office_time();
            if opens == self.cx.now {
                // Others are there, he is not: perhaps later today, perhaps tomorrow.
                opens = opens.plus_seconds(self.chance.random_range(1_800..7_200));
            }
            self.talk_at(place, opens, act);
            return None;
        }
        Some((Actor::Agent(self.staff.members[agent].id), conversation))
    }

    fn answered(&mut self, tx: &mut Tx<'_>, place: usize) -> Result<(), AppError> {
        let Some((by, conversation)) = self.at_work(place, Act::Answered) else { return Ok(()) };
        if self.is_closed(tx, conversation)? {
            return Ok(());
        }
        let Some(talk) = self.talk(place) else { return Ok(()) };
        let answers = talk.matter.lines.iter().filter(|(voice, _)| *voice == Voice::Agent).take(2);
        let text = answers.map(|(_, text)| talk.fill(text)).collect::<Vec<_>>().join("\n\n");
        let written = Written { writing: Writing::Message, text: &text, files: &[], key: None, authority: Authority::Participant };
        conversations::write(tx, &mut self.cx, by, conversation, written)?;
        self.counts.messages += 1;
        let seconds = 600.0 + wait_seconds(&mut self.chance, RESOLVED_SECONDS);
        match self.chance.random_range(0..100) {
            0..66 => self.later(place, seconds, Act::Resolves),
            66..78 => {
                self.later(place, seconds / 2.0, Act::Reopened);
                if per_cent(&mut self.chance, 70) {
                    self.later(place, seconds / 2.0 + 4.0 * HOUR_SECONDS, Act::Answered);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether a conversation was thrown away, or is in a chat.
    pub(super) fn is_closed(&mut self, tx: &mut Tx<'_>, conversation: ConversationId) -> Result<bool, AppError> {
        let status = conversations::get(tx, conversation)?.status;
        Ok(matches!(status, Status::Deleted | Status::Spam | Status::Chatting | Status::Calling | Status::Init))
    }

    fn changes(&mut self, tx: &mut Tx<'_>, place: usize, change: Change) -> Result<(), AppError> {
        let act = if change == Change::Open { Act::Reopened } else { Act::Resolves };
        let Some((by, conversation)) = self.at_work(place, act) else { return Ok(()) };
        if self.is_closed(tx, conversation)? {
            return Ok(());
        }
        conversations::change_status(tx, &self.cx, by, conversation, change)?;
        let seconds = wait_seconds(&mut self.chance, RESOLVED_SECONDS);
        if change == Change::Resolve && per_cent(&mut self.chance, COMES_BACK_PER_CENT) {
            self.later(place, seconds, Act::Reopened);
            self.later(place, seconds + 3.0 * HOUR_SECONDS, Act::Answered);
        }
        Ok(())
    }

    /// The customer writes again, or he rings and an agent opens it.
    fn comes_back(&mut self, tx: &mut Tx<'_>, place: usize) -> Result<(), AppError> {
        if per_cent(&mut self.chance, RINGS_PER_CENT) {
            return self.changes(tx, place, Change::Open);
        }
        let Some(talk) = self.talk(place) else { return Ok(()) };
        let (Some(conversation), language) = (talk.conversation, talk.person.language) else { return Ok(()) };
        if self.is_closed(tx, conversation)? {
            return Ok(());
        }
        let text = *pick(&mut self.chance, comes_back(language));
        self.replies(tx, conversation, text)
    }

    fn tags(&mut self, tx: &mut Tx<'_>, place: usize) -> Result<(), AppError> {
        let more = per_cent(&mut self.chance, 15);
        let Some(talk) = self.talk(place) else { return Ok(()) };
        let (Some(agent), Some(conversation), chat) = (talk.agent, talk.conversation, talk.chat) else { return Ok(()) };
        let mut tags: Vec<String> = talk.matter.tags.iter().map(|tag| (*tag).to_owned()).collect();
        if more {
            tags.push("follow-up".to_owned());
        }
        let by = Actor::Agent(self.staff.members[agent].id);
        conversations::set_tags(tx, &self.cx, by, conversation, &tags)?;
        if let Some(chat) = chat {
            self.document_changed(chat);
        }
        Ok(())
    }

    fn notes(&mut self, tx: &mut Tx<'_>, place: usize) -> Result<(), AppError> {
        let Some(talk) = self.talk(place) else { return Ok(()) };
        let (Some(agent), Some(conversation), Some(note)) = (talk.agent, talk.conversation, talk.matter.note) else { return Ok(()) };
        let text = talk.fill(note);
        let by = Actor::Agent(self.staff.members[agent].id);
        let written = Written { writing: Writing::Note, text: &text, files: &[], key: None, authority: Authority::Participant };
        conversations::write(tx, &mut self.cx, by, conversation, written)?;
        Ok(())
    }
}
