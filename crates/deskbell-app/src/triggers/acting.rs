//! What triggers do: speaking into a chat, or to a visitor who is in none; tags, department, skills, name, note, ban. What cannot be done
//! (a department that is gone, a note that grows too long) is passed over: no visitor is refused because of it.

use deskbell_domain::chat::Chat;
use deskbell_domain::customer::BanTarget;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{ConversationId, DepartmentId, SkillId, VisitorId};
use deskbell_domain::message::{Actor, MessageKind};
use deskbell_domain::time::Timestamp;
use deskbell_domain::trigger::{Action, Greeting, NoteChange};
use deskbell_domain::visit::Visit;
use deskbell_store::tables::triggers::{Marks, Step};
use deskbell_store::{Tx, tables};

use super::STEPS_OF_VISITOR_MAX;
use crate::automation::{ActiveTrigger, refusal};
use crate::chats::transfer::{self, Target};
use crate::context::Context;
use crate::conversations::TAGS_MAX;
use crate::customers::{Changes, change};
use crate::error::AppError;
use crate::messages::{self, Into, NewMessage};
use crate::{bans, chats, conversations, customers, skills};

/// Seconds for which what was said to a visitor in no chat waits for his answer.
pub(super) const GREETING_SECONDS_MAX: i64 = 30 * 60;
/// What is said to a visitor in no chat, at most; past it triggers keep silent.
pub(super) const GREETINGS_MAX: usize = 5;
/// Seconds for which tags and department wait for a chat.
pub(super) const MARK_SECONDS_MAX: i64 = 86_400;

/// Whether a trigger goes on with its next action.
enum Course {
    GoesOn,
    /// It does, and what it did was told to the journal as its own.
    Told,
    Ends,
}

/// Does the actions from a place on, up to the first delay.
pub(super) fn act(
    tx: &mut Tx<'_>,
    cx: &mut Context,
    active: &ActiveTrigger,
    visit: &Visit,
    step: &Step,
    from: usize,
) -> Result<(), AppError> {
    if tables::bans::hits(tx, visit.customer, visit.visitor, &visit.address)? {
        return Ok(());
    }
    let mut told = false;
    for (place, action) in active.definition.actions.iter().enumerate().skip(from) {
        if let Action::Wait(seconds) = action {
            let due = cx.now.plus_seconds(i64::from(*seconds));
            later(tx, step, place + 1, due)?;
            break;
        }
        match one(tx, cx, active, visit, action) {
            Ok(Course::GoesOn) => {}
            Ok(Course::Told) => told = true,
            Ok(Course::Ends) => break,
            Err(error) => pass_over(error)?,
        }
    }
    if from == 0 && !told {
        fired(tx, cx, active, visit, None)?;
    }
    Ok(())
}

fn later(tx: &mut Tx<'_>, step: &Step, next: usize, due: Timestamp) -> Result<(), AppError> {
    if tables::triggers::steps_of_visitor(tx, step.visitor)?.len() >= STEPS_OF_VISITOR_MAX {
        return Ok(());
    }
    let id = tx.next_id()?;
    Ok(tables::triggers::put_step(tx, &Step { id, next_action: Some(next), due, absent: None, ..step.clone() })?)
}

/// Passes over refusals by a rule of the desk, but no defect and no store that is away.
fn pass_over(error: AppError) -> Result<(), AppError> {
    let error = refusal(error)?;
    tracing::debug!(error = %error, "an action of a trigger was passed over");
    Ok(())
}

fn fired(tx: &mut Tx<'_>, cx: &Context, active: &ActiveTrigger, visit: &Visit, greeting: Option<&Greeting>) -> Result<i64, AppError> {
    let chat = tables::chats::live_of_visitor(tx, visit.visitor)?.map(|chat| chat.id);
    let number = tx.append(
        cx.now,
        Event::TriggerFired {
            trigger: active.trigger.id,
            trigger_name: active.trigger.name.clone(),
            visit: visit.id,
            visitor: visit.visitor,
            customer: visit.customer,
            chat,
            speaker: greeting.map(|greeting| greeting.speaker.clone()),
            greeting: greeting.map(|greeting| greeting.text.clone()),
        },
    )?;
    Ok(number)
}

fn one(tx: &mut Tx<'_>, cx: &mut Context, active: &ActiveTrigger, visit: &Visit, action: &Action) -> Result<Course, AppError> {
    let chat = tables::chats::live_of_visitor(tx, visit.visitor)?;
    // The browser's own. Whose address was typed into a chat is not touched by what that chat says.
    let customer = visit.customer;
    match (action, chat) {
        (Action::Wait(_), _) => {}
        (Action::Say { speaker, text }, Some(chat)) => say(tx, cx, chat, speaker, text)?,
        (Action::Say { speaker, text }, None) => return greet(tx, cx, active, visit, speaker, text),
        (Action::AddTag(tag), chat) => {
            change_tags(tx, cx, visit.visitor, chat, |tags| {
                if !tags.contains(tag) {
                    tags.push(tag.clone());
                }
            })?;
        }
        (Action::RemoveTag(tag), chat) => change_tags(tx, cx, visit.visitor, chat, |tags| tags.retain(|other| other != tag))?,
        (Action::SetDepartment(department), Some(chat)) => {
            if chat.department != *department {
                transfer::transfer_by_desk(tx, cx, Actor::System, chat.id, Target::Department(*department))?;
            }
        }
        (Action::SetDepartment(department), None) => mark(tx, cx, visit.visitor, |marks| marks.department = Some(*department))?,
        (Action::AskForSkill(skill), Some(chat)) => ask_for(tx, cx, &chat, *skill)?,
        (Action::AskForSkill(_), None) => {}
        (Action::SetName(name), _) => {
            change(tx, cx, customer, &Changes { name: Some(name.clone()), ..Changes::default() })?;
        }
        (Action::SetNote(how, note), _) => {
            let before = customers::get(tx, customer)?.note;
            let note = match how {
                NoteChange::Append if !before.is_empty() => format!("{before}\n{note}"),
                NoteChange::Append | NoteChange::Replace => note.clone(),
            };
            change(tx, cx, customer, &Changes { note: Some(note), ..Changes::default() })?;
        }
        (Action::SetTriggered(flag), _) => mark(tx, cx, visit.visitor, |marks| marks.triggered = *flag)?,
        (Action::Ban { reason }, _) => {
            bans::ban_as(tx, cx, Actor::System, BanTarget::Customer(customer), reason)?;
            return Ok(Course::Ends);
        }
    }
    Ok(Course::GoesOn)
}

/// Writes into a live chat, under a name.
fn say(tx: &mut Tx<'_>, cx: &Context, mut chat: Chat, speaker: &str, text: &str) -> Result<(), AppError> {
    let mut conversation = chats::conversation_of(tx, chat.conversation)?;
    let message = NewMessage::text(MessageKind::Message, Actor::System, speaker, text);
    messages::add(tx, cx, &mut conversation, Some(&mut chat), Into::Chat, message)?;
    Ok(())
}

/// Speaks to a visitor who is in no chat.
fn greet(tx: &mut Tx<'_>, cx: &Context, active: &ActiveTrigger, visit: &Visit, speaker: &str, text: &str) -> Result<Course, AppError> {
    if greetings(tx, visit.visitor, cx.now)?.len() >= GREETINGS_MAX {
        return Ok(Course::GoesOn);
    }
    let greeting = Greeting { speaker: speaker.to_owned(), text: text.to_owned(), at: cx.now };
    let number = fired(tx, cx, active, visit, Some(&greeting))?;
    tables::triggers::add_greeting(tx, number, (visit.visitor, visit.id), active.trigger.id, &greeting)?;
    mark(tx, cx, visit.visitor, |marks| marks.triggered = true)?;
    Ok(Course::Told)
}

fn mark(tx: &mut Tx<'_>, cx: &Context, visitor: VisitorId, change: impl FnOnce(&mut Marks)) -> Result<(), AppError> {
    let mut marks = tables::triggers::marks(tx, visitor)?;
    change(&mut marks);
    Ok(tables::triggers::set_marks(tx, visitor, &marks, cx.now)?)
}

/// Changes the tags of the chat's conversation, or those that the next chat begins with.
fn change_tags(
    tx: &mut Tx<'_>,
    cx: &Context,
    visitor: VisitorId,
    chat: Option<Chat>,
    change: impl FnOnce(&mut Vec<String>),
) -> Result<(), AppError> {
    let Some(chat) = chat else {
        return mark(tx, cx, visitor, |marks| {
            change(&mut marks.tags);
            marks.tags.truncate(TAGS_MAX);
        });
    };
    let mut tags = tables::tags::of_conversation(tx, chat.conversation)?;
    change(&mut tags);
    conversations::set_tags(tx, cx, Actor::System, chat.conversation, &tags)?;
    Ok(())
}

/// A chat asks for agents with one more skill.
fn ask_for(tx: &mut Tx<'_>, cx: &mut Context, chat: &Chat, skill: SkillId) -> Result<(), AppError> {
    let mut asked = skills::of_chat(tx, chat.id)?;
    if asked.contains(&skill) {
        return Ok(());
    }
    asked.push(skill);
    skills::request(tx, cx, chat, &asked, Actor::System)
}

/// What was said to a visitor in no chat and waits for his answer.
pub fn greetings(tx: &mut Tx<'_>, visitor: VisitorId, now: Timestamp) -> Result<Vec<Greeting>, AppError> {
    Ok(tables::triggers::greetings(tx, visitor, now.plus_seconds(-GREETING_SECONDS_MAX))?)
}

/// The journal's numbers of these.
pub fn greeting_numbers(tx: &mut Tx<'_>, visitor: VisitorId, now: Timestamp) -> Result<Vec<i64>, AppError> {
    Ok(tables::triggers::greeting_numbers(tx, visitor, now.plus_seconds(-GREETING_SECONDS_MAX))?)
}

/// What triggers contribute to a chat that begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) greetings: Vec<Greeting>,
    /// One in which somebody takes chats now.
    pub(crate) department: Option<DepartmentId>,
    pub(crate) tags: Vec<String>,
}

/// Takes what triggers said and noted: the chat that begins is the answer to it.
pub(crate) fn opening(tx: &mut Tx<'_>, cx: &Context, visitor: VisitorId) -> Result<Opening, AppError> {
    let greetings = greetings(tx, visitor, cx.now)?;
    tables::triggers::forget_greetings(tx, visitor)?;
    let marks = tables::triggers::marks(tx, visitor)?;
    if marks == Marks::default() {
        return Ok(Opening { greetings, ..Opening::default() });
    }
    tables::triggers::set_marks(tx, visitor, &Marks { triggered: marks.triggered, ..Marks::default() }, cx.now)?;
    let department = match marks.department {
        Some(department) => tables::departments::get(tx, department)?.filter(|department| department.enabled).map(|found| found.id),
        None => None,
    };
    let department = match department {
        Some(department) if tables::agents::candidates(tx, department)?.is_empty() => None,
        other => other,
    };
    Ok(Opening { greetings, department, tags: marks.tags })
}

/// Gives the conversation of a chat that begins the tags that triggers gave the visitor.
pub(crate) fn give_tags(tx: &mut Tx<'_>, cx: &Context, conversation: ConversationId, tags: &[String]) -> Result<(), AppError> {
    conversations::set_tags(tx, cx, Actor::System, conversation, tags).map(drop).or_else(pass_over)
}
