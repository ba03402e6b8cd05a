//! What happens in a live chat of the demo.

use deskbell_app::chats::transfer::{self, Target};
use deskbell_app::chats::{self, Request};
use deskbell_app::conversations::{self, Authority, Writing, Written};
use deskbell_app::customers::Introduction;
use deskbell_app::error::{AppError, Kind};
use deskbell_domain::chat::{Chat, EndReason, Rating};
use deskbell_domain::ids::{AgentId, ChatId, OfferId};
use deskbell_domain::message::Actor;
use deskbell_store::{Tx, tables};
use rand::RngExt;

use super::dialogues::{BLAME, Language, PRAISE, Section, Voice, hands_over, says_goodbye, takes_over};
use super::engine::Engine;
use super::occasions::AT_LENGTH_SECONDS;
use super::people::{per_cent, pick, wait_seconds};
use super::talk::{Act, Course, Phase};
use super::toolbox::skill_for;

/// Seconds for which visitors wait.
const PATIENCE_SECONDS: std::ops::Range<f64> = 120.0..300.0;
const IMPATIENCE_SECONDS: std::ops::Range<f64> = 1.0..7.0;
/// Of a hundred agents so many answer a last thanks.
const FAREWELL_PER_CENT: u32 = 94;
/// Whom a browser that was closed leaves behind waits so long.
const GONE_SECONDS: f64 = 60.0;
/// One rating of so many is changed later, and one of so many is taken back.
const RATED_ANEW_OF: u64 = 12;
const TAKEN_BACK_OF: u64 = 29;
/// When, on average.
const RATED_ANEW_SECONDS: f64 = 9.0 * 3_600.0;

impl Engine {
    pub(super) fn chat_act(&mut self, tx: &mut Tx<'_>, place: usize, act: Act) -> Result<(), AppError> {
        match act {
            Act::AsksForChat => self.asks(tx, place),
            Act::GivesUp(waits) => {
                let still = self.talk(place).is_some_and(|talk| talk.phase == Phase::Waiting && talk.waits == waits);
                if still { self.ends(tx, place, EndReason::Visitor) } else { Ok(()) }
            }
            Act::Reacts { offer, agent, accepts } => self.reacts(tx, place, offer, agent, accepts),
            Act::TakesOver => {
                let text = self.talk(place).map(|talk| takes_over(talk.person.language));
                self.agent_says(tx, place, text.unwrap_or_default())?;
                self.goes_on(place);
                Ok(())
            }
            Act::Line => self.line(tx, place),
            Act::SaysGoodbye => {
                let language = self.talk(place).map(|talk| talk.person.language);
                let words = says_goodbye(language.unwrap_or(Language::English));
                let text = *pick(&mut self.chance, words);
                self.agent_says(tx, place, text)?;
                self.goes_on(place);
                Ok(())
            }
            Act::HandsOver => self.hands_over(tx, place),
            Act::Ends(reason) => self.ends(tx, place, reason),
            Act::Rates => self.rates(tx, place),
            Act::RatesAnew(rating) => self.rates_anew(tx, place, rating),
            Act::Reads => self.reads(tx, place),
            Act::View
            | Act::Parts
            | Act::Tags
            | Act::Notes
            | Act::Resolves
            | Act::LeavesMessage
            | Act::Handled
            | Act::Answered
            | Act::Reopened => Ok(()),
        }
    }

    fn asks(&mut self, tx: &mut Tx<'_>, place: usize) -> Result<(), AppError> {
        let Some(talk) = self.talk(place) else { return Ok(()) };
        let text = talk.fill(talk.matter.lines[0].1);
        let skills = skill_for(talk.person.language).map(str::to_owned).into_iter().collect();
        let introduction = Introduction { skills, ..talk.person.introduction.clone() };
        let request = Request { department: None, introduction, text: Some(text), key: None };
        let (section, visit) = (talk.matter.section, talk.visit.clone());
        let request = Request { department: Some(self.staff.department(section)), ..request };
        let done = match chats::request(tx, &mut self.cx, &visit, &request) {
            Ok(done) => done,
            Err(error) if error.kind == Kind::Offline => {
                // The widget shows the offline form instead.
                let seconds = self.chance.random_range(15.0..80.0);
                self.later(place, seconds, Act::LeavesMessage);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        self.counts.chats += 1;
        self.counts.messages += 1;
        let visit = tables::visits::get(tx, visit.id)?;
        if let Some(talk) = self.talk(place) {
            talk.conversation = done.conversation;
            talk.chat = done.chat;
            if let Some(visit) = visit {
                talk.visit = visit;
            }
        }
        self.begins_to_wait(place);
        self.look_around(tx)
    }

    fn begins_to_wait(&mut self, place: usize) {
        let Some(talk) = self.talk(place) else { return };
        talk.phase = Phase::Waiting;
        talk.waits += 1;
        let (waits, impatient) = (talk.waits, talk.course == Course::Impatient);
        let stays = matches!(talk.course, Course::AtLength | Course::ForTheExpert);
        self.waits(place);
        if stays {
            return;
        }
        let seconds = self.chance.random_range(if impatient { IMPATIENCE_SECONDS } else { PATIENCE_SECONDS });
        self.later(place, seconds, Act::GivesUp(waits));
    }

    fn reacts(&mut self, tx: &mut Tx<'_>, place: usize, offer: OfferId, agent: AgentId, accepts: bool) -> Result<(), AppError> {
        let Some(chat) = self.talk(place).filter(|talk| talk.phase == Phase::Waiting).and_then(|talk| talk.chat) else { return Ok(()) };
        if !self.still_rings(tx, chat, offer)? {
            return Ok(());
        }
        if !accepts {
            chats::decline(tx, &mut self.cx, agent, chat)?;
            return self.look_around(tx);
        }
        chats::accept(tx, &mut self.cx, agent, chat)?;
        let Some(member) = self.staff.place(agent) else { return Err(AppError::internal("an agent of somebody else")) };
        self.staff.members[member].chats += 1;
        self.waits_no_more(place);
        let (mut taken_over, mut is_long) = (false, false);
        if let Some(talk) = self.talk(place) {
            talk.phase = Phase::Served;
            talk.agent = Some(member);
            taken_over = talk.waits > 1;
            is_long = talk.course == Course::AtLength;
        }
        if is_long {
            self.is_busy_for_long(tx, member)?;
        }
        if taken_over {
            let seconds = self.chance.random_range(4.0..25.0);
            self.later(place, seconds, Act::TakesOver);
        } else {
            self.goes_on(place);
        }
        self.look_around(tx)
    }

    /// The next line, or what comes instead of it.
    fn goes_on(&mut self, place: usize) {
        let pace: f64 = self.chance.random_range(0.6..1.8);
        let ending = self.chance.random_range(0..100);
        let Some(talk) = self.talk(place) else { return };
        let (line, length) = (talk.line, talk.matter.lines.get(talk.line).map(|(voice, text)| (*voice, text.chars().count())));
        let (course, waits) = (talk.course, talk.waits);
        if course == Course::AtLength {
            // Words are few beside what is tried out between them.
            let seconds = AT_LENGTH_SECONDS / talk.matter.lines.len() as f64;
            let act = if length.is_some() { Act::Line } else { Act::Ends(EndReason::Agent) };
            return self.later(place, seconds, act);
        }
        let thanked = talk.matter.lines.last().is_some_and(|(voice, _)| *voice == Voice::Visitor);
        if length.is_none() && thanked && !talk.farewell && ending < FAREWELL_PER_CENT {
            talk.farewell = true;
            self.later(place, 9.0 * pace, Act::SaysGoodbye);
            return;
        }
        match (course, length) {
            (Course::Vanishes(at), _) if line >= at => self.later(place, GONE_SECONDS, Act::Ends(EndReason::VisitorGone)),
            (Course::FallsSilent(at), _) if line >= at => {
                let seconds = f64::from(self.cx.settings.inactivity_seconds) + 2.0;
                self.later(place, seconds, Act::Ends(EndReason::Inactivity));
            }
            (Course::HandedOver(at), Some(_)) if line >= at && waits == 1 => self.later(place, 10.0 * pace, Act::HandsOver),
            (Course::ForTheExpert, Some(_)) if waits == 1 => self.later(place, 10.0 * pace, Act::HandsOver),
            (_, Some((voice, length))) => {
                let a_letter = if voice == Voice::Agent { 0.14 } else { 0.19 };
                let seconds = (6.0 + length as f64 * a_letter) * pace;
                self.later(place, seconds, Act::Line);
            }
            (_, None) => {
                let reason = match ending {
                    0..50 => EndReason::Visitor,
                    50..88 => EndReason::Agent,
                    _ => EndReason::VisitorGone,
                };
                let seconds = if reason == EndReason::VisitorGone { GONE_SECONDS } else { 15.0 * pace };
                self.later(place, seconds, Act::Ends(reason));
                if ending % 3 == 0 {
                    self.later(place, 4.0 * pace, Act::Tags);
                }
            }
        }
    }

    fn line(&mut self, tx: &mut Tx<'_>, place: usize) -> Result<(), AppError> {
        let Some(talk) = self.talk(place).filter(|talk| talk.phase == Phase::Served) else { return Ok(()) };
        let Some((voice, template)) = talk.matter.lines.get(talk.line).copied() else { return Ok(()) };
        talk.line += 1;
        match voice {
            Voice::Agent => self.agent_says(tx, place, template)?,
            Voice::Visitor => {
                let (text, visit) = (talk.fill(template), talk.visit.clone());
                let done = chats::visitor_says(tx, &mut self.cx, &visit, &text, None, None)?;
                self.counts.messages += 1;
                if let Some(talk) = self.talk(place) {
                    talk.said_last = done.message;
                }
            }
        }
        self.goes_on(place);
        Ok(())
    }

    fn agent_says(&mut self, tx: &mut Tx<'_>, place: usize, template: &str) -> Result<(), AppError> {
        let Some(talk) = self.talk(place).filter(|talk| talk.phase == Phase::Served) else { return Ok(()) };
        let (Some(agent), Some(conversation)) = (talk.agent, talk.conversation) else { return Ok(()) };
        let text = talk.fill(template);
        let by = Actor::Agent(self.staff.members[agent].id);
        let written = Written { writing: Writing::Message, text: &text, files: &[], key: None, authority: Authority::Participant };
        let done = conversations::write(tx, &mut self.cx, by, conversation, written)?;
        self.counts.messages += 1;
        if let Some(talk) = self.talk(place) {
            talk.heard_last = done.message;
        }
        Ok(())
    }

    fn hands_over(&mut self, tx: &mut Tx<'_>, place: usize) -> Result<(), AppError> {
        let Some(talk) = self.talk(place).filter(|talk| talk.phase == Phase::Served) else { return Ok(()) };
        let (Some(agent), Some(chat)) = (talk.agent, talk.chat) else { return Ok(()) };
        let (language, section) = (talk.person.language, talk.matter.section);
        let for_expert = talk.course == Course::ForTheExpert;
        if !for_expert {
            talk.course = Course::Plain;
        }
        let expert = self.occasions.expert.map(|(place, _)| place).filter(|expert| for_expert && *expert != agent);
        let target = match expert {
            Some(expert) => Some(Target::Agent(self.staff.members[expert].id)),
            None => self.target(tx, section, agent)?,
        };
        let Some(target) = target else {
            self.goes_on(place);
            return Ok(());
        };
        self.agent_says(tx, place, hands_over(language))?;
        self.cx.now = self.cx.now.plus_micros(400_000);
        let by = self.staff.members[agent].id;
        transfer::transfer(tx, &mut self.cx, by, chat, target)?;
        self.counts.transferred += 1;
        self.staff.members[agent].chats -= 1;
        self.begins_to_wait(place);
        self.look_around(tx)
    }

    /// Whom to hand a chat to: another department where somebody is, or a colleague with a free slot.
    fn target(&mut self, tx: &mut Tx<'_>, section: Section, agent: usize) -> Result<Option<Target>, AppError> {
        let own = self.staff.members[agent].id;
        let other = match section {
            Section::Support | Section::Billing => Section::Sales,
            Section::Sales => Section::Support,
        };
        let other = self.staff.department(other);
        let there = tables::agents::candidates(tx, other)?;
        if per_cent(&mut self.chance, 60) && there.iter().any(|candidate| candidate.agent != own) {
            return Ok(Some(Target::Department(other)));
        }
        let colleagues = tables::agents::candidates(tx, self.staff.department(section))?;
        let free: Vec<AgentId> =
            colleagues.iter().filter(|one| one.agent != own && one.has_room()).map(|candidate| candidate.agent).collect();
        if free.is_empty() {
            return Ok(None);
        }
        Ok(Some(Target::Agent(*pick(&mut self.chance, &free))))
    }

    fn ends(&mut self, tx: &mut Tx<'_>, place: usize, reason: EndReason) -> Result<(), AppError> {
        let Some(talk) = self.talk(place).filter(|talk| matches!(talk.phase, Phase::Waiting | Phase::Served)) else { return Ok(()) };
        let (Some(id), agent, was_long) = (talk.chat, talk.agent, talk.course == Course::AtLength) else { return Ok(()) };
        let Some(chat) = tables::chats::get(tx, id)?.filter(|chat| chat.ended.is_none()) else { return Ok(()) };
        let by = match (reason, agent) {
            (EndReason::Visitor | EndReason::VisitorGone, _) => Actor::Customer(chat.customer),
            (EndReason::Agent, Some(agent)) => Actor::Agent(self.staff.members[agent].id),
            (EndReason::Agent | EndReason::Inactivity | EndReason::Overflow, _) => Actor::System,
        };
        let chat = chats::end(tx, &mut self.cx, chat, reason, by)?;
        self.is_over_now(place, &chat);
        if was_long {
            self.has_time_again(tx)?;
        }
        self.look_around(tx)
    }

    /// A chat has ended: what follows from it.
    pub(super) fn is_over_now(&mut self, place: usize, chat: &Chat) {
        self.waits_no_more(place);
        self.counts.missed += u64::from(chat.missed);
        self.counts.dropped += u64::from(chat.dropped);
        self.changed.insert(chat.id, self.cx.now);
        let Some(talk) = self.talk(place) else { return };
        let served = talk.phase == Phase::Served;
        let (agent, purpose_note) = (talk.agent, talk.matter.note.is_some());
        talk.phase = Phase::Over;
        if served && let Some(agent) = agent {
            self.staff.members[agent].chats = self.staff.members[agent].chats.saturating_sub(1);
        }
        let left = chat.end_reason.is_some_and(EndReason::visitor_left);
        if !chat.joined_ever {
            if per_cent(&mut self.chance, 75) {
                let at = self.office_time();
                let seconds = self.chance.random_range(600..9_000);
                self.talk_at(place, at.plus_seconds(seconds), Act::Handled);
            }
            return;
        }
        let chance = &mut self.chance;
        let (rates, resolves, tags, notes) =
            (per_cent(chance, 38), per_cent(chance, 55), per_cent(chance, 30), purpose_note && per_cent(chance, 60));
        let seconds: [f64; 5] = std::array::from_fn(|_| chance.random_range(3.0..60.0));
        self.later(place, seconds[0] / 30.0, Act::Reads);
        if rates && chat.end_reason != Some(EndReason::VisitorGone) {
            self.later(place, seconds[1], Act::Rates);
        }
        if tags {
            self.later(place, seconds[2] * 2.0, Act::Tags);
        }
        if notes {
            self.later(place, seconds[3], Act::Notes);
        }
        if resolves {
            self.later(place, 60.0 + seconds[4] * 30.0, Act::Resolves);
        }
        if !left {
            self.later(place, 90.0, Act::Parts);
        }
    }

    fn rates(&mut self, tx: &mut Tx<'_>, place: usize) -> Result<(), AppError> {
        let Some(talk) = self.talk(place) else { return Ok(()) };
        let (visit, Some(chat)) = (talk.visit.clone(), talk.chat) else { return Ok(()) };
        let good = per_cent(&mut self.chance, 87);
        let rating = if good { Rating::Good } else { Rating::Bad };
        let comment = per_cent(&mut self.chance, 35).then(|| *pick(&mut self.chance, if good { PRAISE } else { BLAME }));
        chats::rate(tx, &mut self.cx, &visit, Some(rating), comment)?;
        match rating {
            Rating::Good => self.counts.rated_good += 1,
            Rating::Bad => self.counts.rated_bad += 1,
        }
        self.changed.insert(chat, self.cx.now);
        let given = self.counts.rated_good + self.counts.rated_bad;
        let other = if good { Rating::Bad } else { Rating::Good };
        let seconds = wait_seconds(&mut self.chance, RATED_ANEW_SECONDS);
        if given.is_multiple_of(RATED_ANEW_OF) {
            self.later(place, seconds, Act::RatesAnew(Some(other)));
        } else if given.is_multiple_of(TAKEN_BACK_OF) {
            self.later(place, seconds, Act::RatesAnew(None));
        }
        Ok(())
    }

    fn rates_anew(&mut self, tx: &mut Tx<'_>, place: usize, rating: Option<Rating>) -> Result<(), AppError> {
        let Some(talk) = self.talk(place) else { return Ok(()) };
        let (visit, Some(chat)) = (talk.visit.clone(), talk.chat) else { return Ok(()) };
        chats::rate(tx, &mut self.cx, &visit, rating, None)?;
        match rating {
            Some(_) => self.counts.rated_anew += 1,
            None => self.counts.taken_back += 1,
        }
        self.changed.insert(chat, self.cx.now);
        Ok(())
    }

    fn reads(&mut self, tx: &mut Tx<'_>, place: usize) -> Result<(), AppError> {
        let Some(talk) = self.talk(place) else { return Ok(()) };
        let (Some(conversation), agent, customer) = (talk.conversation, talk.agent, talk.visit.customer) else { return Ok(()) };
        let (said, heard) = (talk.said_last, talk.heard_last);
        if let Some(heard) = heard {
            conversations::mark_read(tx, &self.cx, Actor::Customer(customer), conversation, heard)?;
        }
        if let (Some(said), Some(agent)) = (said, agent) {
            let by = Actor::Agent(self.staff.members[agent].id);
            conversations::mark_read(tx, &self.cx, by, conversation, said)?;
        }
        Ok(())
    }

    /// The chat's document shows what was just changed, if the chat has ended.
    pub(super) fn document_changed(&mut self, chat: ChatId) {
        if let Some(changed) = self.changed.get_mut(&chat) {
            *changed = self.cx.now;
        }
    }
}
