//! Texts that are kept ready: canned messages, which are phrases for chats, and predefined answers to tickets. An agent writes them for
//! himself; for a department or for everybody, an administrator does. Shortcuts, which programs know from Zendesk Chat, are in
//! [`crate::shortcuts`].

#[cfg(test)]
mod tests;

use deskbell_domain::automation::AutomationEvent;
use deskbell_domain::event::Event;
use deskbell_domain::ids::{AgentId, CannedMessageId, DepartmentId, PredefinedAnswerId};
use deskbell_domain::message::{Attachment, MESSAGE_TEXT_BYTES_MAX};
use deskbell_domain::reply::{CannedMessage, PredefinedAnswer, ReplyFormat, Visibility};
use deskbell_store::{Tx, tables};

use crate::accounts::enabled_agent;
use crate::context::Context;
use crate::conversations::SUBJECT_CHARS_MAX;
use crate::error::AppError;
use crate::files::{self, File, FileOwner};
use crate::goals::{line, prose};
use crate::knowledge::rendering::{plain_text, simple_html};
use crate::messages::check_text;

/// Canned messages of a desk, at most.
pub const CANNED_MAX: i64 = 5_000;
/// Predefined answers of a desk, at most.
pub const ANSWERS_MAX: i64 = 5_000;
/// Those that agents write for themselves, of either kind, at most.
pub const OWN_MAX: usize = 200;
/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 100;
/// Files of one answer.
pub const FILES_MAX: usize = 10;
/// Characters with which a search begins.
pub const SEARCH_CHARS_MIN: usize = 2;

/// Which ready texts somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those that he may use.
    Usable,
    /// Those that he may change: his own, and as an administrator all.
    Managed,
}

/// What is given of a canned message that is made or changed. `None`: nothing, or what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CannedDraft {
    pub name: Option<String>,
    pub text: Option<String>,
    pub visibility: Option<Visibility>,
}

/// The same of a predefined answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnswerDraft {
    pub name: Option<String>,
    pub subject: Option<String>,
    pub message: Option<String>,
    pub format: Option<ReplyFormat>,
    pub files: Option<Vec<String>>,
    pub visibility: Option<Visibility>,
}

/// An agent, as these rules see him.
struct Reader {
    agent: AgentId,
    departments: Vec<DepartmentId>,
    administers: bool,
}

fn reader(tx: &mut Tx<'_>, agent: AgentId) -> Result<Reader, AppError> {
    let known = enabled_agent(tx, agent)?;
    let memberships = tables::departments::memberships(tx)?;
    let departments = memberships.into_iter().filter(|one| one.agent == agent).map(|one| one.department).collect();
    Ok(Reader { agent, departments, administers: known.role.administers() })
}

impl Reader {
    fn sees(&self, whose: Whose, visibility: Visibility) -> bool {
        match whose {
            Whose::Usable => visibility.includes(self.agent, &self.departments),
            Whose::Managed => self.manages(visibility),
        }
    }

    fn manages(&self, visibility: Visibility) -> bool {
        self.administers || visibility == Visibility::Agent(self.agent)
    }
}

/// The beginning of a name or a text that is searched for, in lower case.
fn searched(search: Option<&str>) -> Result<Option<String>, AppError> {
    let Some(search) = search.map(str::trim).filter(|search| !search.is_empty()) else { return Ok(None) };
    if search.chars().count() < SEARCH_CHARS_MIN {
        return Err(AppError::invalid(format!("a search begins with {SEARCH_CHARS_MIN} characters")));
    }
    Ok(Some(search.to_lowercase()))
}

fn begins(search: Option<&str>, texts: [&str; 2]) -> bool {
    search.is_none_or(|search| texts.iter().any(|text| text.trim_start().to_lowercase().starts_with(search)))
}

/// Canned messages, by name: those whose name or text begins with what is searched for.
pub fn canned(tx: &mut Tx<'_>, agent: AgentId, whose: Whose, search: Option<&str>) -> Result<Vec<CannedMessage>, AppError> {
    let (reader, search) = (reader(tx, agent)?, searched(search)?);
    let fits =
        |message: &CannedMessage| reader.sees(whose, message.visibility) && begins(search.as_deref(), [&message.name, &message.text]);
    Ok(tables::replies::canned(tx)?.into_iter().filter(fits).collect())
}

/// Predefined answers, in the same way.
pub fn answers(tx: &mut Tx<'_>, agent: AgentId, whose: Whose, search: Option<&str>) -> Result<Vec<PredefinedAnswer>, AppError> {
    let (reader, search) = (reader(tx, agent)?, searched(search)?);
    let fits =
        |answer: &PredefinedAnswer| reader.sees(whose, answer.visibility) && begins(search.as_deref(), [&answer.name, &text_of(answer)]);
    Ok(tables::replies::answers(tx)?.into_iter().filter(fits).collect())
}

/// An answer's message as plain text: what is inserted into a box that takes no HTML.
pub fn text_of(answer: &PredefinedAnswer) -> String {
    match answer.format {
        ReplyFormat::Text => answer.message.clone(),
        ReplyFormat::Html => plain_text(&answer.message),
    }
}

/// Makes a canned message: one's own, unless told otherwise.
pub fn create_canned(tx: &mut Tx<'_>, cx: &Context, by: AgentId, draft: &CannedDraft) -> Result<CannedMessage, AppError> {
    let reader = reader(tx, by)?;
    let all = tables::replies::canned(tx)?;
    if tables::replies::count_canned(tx)? >= CANNED_MAX {
        return Err(AppError::too_large(format!("a desk has at most {CANNED_MAX} canned messages")));
    }
    check_own(&reader, all.iter().map(|message| message.visibility))?;
    let blank = CannedMessage {
        id: CannedMessageId::from_i64(tx.next_id()?),
        name: String::new(),
        text: String::new(),
        visibility: Visibility::Agent(by),
    };
    put_canned(tx, cx, &reader, blank, draft)
}

pub fn change_canned(
    tx: &mut Tx<'_>,
    cx: &Context,
    by: AgentId,
    id: CannedMessageId,
    draft: &CannedDraft,
) -> Result<CannedMessage, AppError> {
    let reader = reader(tx, by)?;
    let was = managed_canned(tx, &reader, id)?;
    put_canned(tx, cx, &reader, was, draft)
}

pub fn remove_canned(tx: &mut Tx<'_>, cx: &Context, by: AgentId, id: CannedMessageId) -> Result<(), AppError> {
    let reader = reader(tx, by)?;
    managed_canned(tx, &reader, id)?;
    tables::replies::remove_canned(tx, id)?;
    tell(tx, cx, AutomationEvent::CannedMessageChanged { message: id, removed: true })
}

/// One that he may change. What he may not even see does not exist for him.
fn managed_canned(tx: &mut Tx<'_>, reader: &Reader, id: CannedMessageId) -> Result<CannedMessage, AppError> {
    let found = tables::replies::get_canned(tx, id)?.filter(|message| is_known_to(reader, message.visibility));
    let message = found.ok_or_else(|| AppError::not_found("no such canned message"))?;
    check_manages(reader, message.visibility)?;
    Ok(message)
}

fn is_known_to(reader: &Reader, visibility: Visibility) -> bool {
    reader.sees(Whose::Usable, visibility) || reader.manages(visibility)
}

fn check_manages(reader: &Reader, visibility: Visibility) -> Result<(), AppError> {
    if reader.manages(visibility) {
        return Ok(());
    }
    Err(AppError::forbidden("only administrators write texts for a department or for everybody"))
}

fn check_own(reader: &Reader, visibilities: impl Iterator<Item = Visibility>) -> Result<(), AppError> {
    if visibilities.filter(|visibility| *visibility == Visibility::Agent(reader.agent)).count() >= OWN_MAX {
        return Err(AppError::too_large(format!("an agent has at most {OWN_MAX} of his own")));
    }
    Ok(())
}

/// A visibility that he may give, of somebody who exists.
fn checked_visibility(tx: &mut Tx<'_>, reader: &Reader, visibility: Visibility) -> Result<Visibility, AppError> {
    check_manages(reader, visibility)?;
    match visibility {
        Visibility::Everybody => {}
        Visibility::Department(department) => {
            tables::departments::get(tx, department)?.ok_or_else(|| AppError::not_found("no such department"))?;
        }
        Visibility::Agent(agent) => {
            tables::agents::get(tx, agent)?.ok_or_else(|| AppError::not_found("no such agent"))?;
        }
    }
    Ok(visibility)
}

fn put_canned(tx: &mut Tx<'_>, cx: &Context, reader: &Reader, was: CannedMessage, draft: &CannedDraft) -> Result<CannedMessage, AppError> {
    let mut message = was.clone();
    if let Some(name) = &draft.name {
        name.clone_into(&mut message.name);
    }
    if let Some(text) = &draft.text {
        text.clone_into(&mut message.text);
    }
    if let Some(visibility) = draft.visibility {
        message.visibility = checked_visibility(tx, reader, visibility)?;
    }
    message.name = checked_name(&message.name)?;
    checked_text("text", &message.text)?;
    if message != was {
        tables::replies::put_canned(tx, &message, cx.now)?;
        tell(tx, cx, AutomationEvent::CannedMessageChanged { message: message.id, removed: false })?;
    }
    Ok(message)
}

fn checked_name(name: &str) -> Result<String, AppError> {
    if name.trim().is_empty() {
        return Err(AppError::missing("name is missing"));
    }
    line("name", name, NAME_CHARS_MAX)
}

fn checked_text(what: &str, text: &str) -> Result<(), AppError> {
    if text.trim().is_empty() {
        return Err(AppError::missing(format!("{what} is missing")));
    }
    check_text(text)
}

fn tell(tx: &mut Tx<'_>, cx: &Context, event: AutomationEvent) -> Result<(), AppError> {
    tx.append(cx.now, Event::Automation(event))?;
    Ok(())
}

/// Makes a predefined answer: one's own, unless told otherwise.
pub fn create_answer(tx: &mut Tx<'_>, cx: &Context, by: AgentId, draft: &AnswerDraft) -> Result<PredefinedAnswer, AppError> {
    let reader = reader(tx, by)?;
    let all = tables::replies::answers(tx)?;
    if tables::replies::count_answers(tx)? >= ANSWERS_MAX {
        return Err(AppError::too_large(format!("a desk has at most {ANSWERS_MAX} predefined answers")));
    }
    check_own(&reader, all.iter().map(|answer| answer.visibility))?;
    let blank = PredefinedAnswer {
        id: PredefinedAnswerId::from_i64(tx.next_id()?),
        name: String::new(),
        subject: String::new(),
        message: String::new(),
        format: ReplyFormat::Text,
        files: Vec::new(),
        visibility: Visibility::Agent(by),
    };
    put_answer(tx, cx, &reader, blank, draft)
}

pub fn change_answer(
    tx: &mut Tx<'_>,
    cx: &Context,
    by: AgentId,
    id: PredefinedAnswerId,
    draft: &AnswerDraft,
) -> Result<PredefinedAnswer, AppError> {
    let reader = reader(tx, by)?;
    let was = known_answer(tx, &reader, id)?;
    check_manages(&reader, was.visibility)?;
    put_answer(tx, cx, &reader, was, draft)
}

pub fn remove_answer(tx: &mut Tx<'_>, cx: &Context, by: AgentId, id: PredefinedAnswerId) -> Result<(), AppError> {
    let reader = reader(tx, by)?;
    let answer = known_answer(tx, &reader, id)?;
    check_manages(&reader, answer.visibility)?;
    files::set_uses(tx, FileOwner::PredefinedAnswer(id), &[])?;
    tables::replies::remove_answer(tx, id)?;
    tell(tx, cx, AutomationEvent::PredefinedAnswerChanged { answer: id, removed: true })
}

fn known_answer(tx: &mut Tx<'_>, reader: &Reader, id: PredefinedAnswerId) -> Result<PredefinedAnswer, AppError> {
    let found = tables::replies::get_answer(tx, id)?.filter(|answer| is_known_to(reader, answer.visibility));
    found.ok_or_else(|| AppError::not_found("no such predefined answer"))
}

fn put_answer(
    tx: &mut Tx<'_>,
    cx: &Context,
    reader: &Reader,
    was: PredefinedAnswer,
    draft: &AnswerDraft,
) -> Result<PredefinedAnswer, AppError> {
    let mut answer = was.clone();
    if let Some(name) = &draft.name {
        name.clone_into(&mut answer.name);
    }
    if let Some(subject) = &draft.subject {
        answer.subject = prose("subject", subject, SUBJECT_CHARS_MAX)?.replace(['\n', '\r', '\t'], " ");
    }
    if let Some(format) = draft.format {
        answer.format = format;
    }
    if let Some(message) = &draft.message {
        message.clone_into(&mut answer.message);
    }
    if let Some(files) = &draft.files {
        answer.files = checked_files(tx, &was.files, files)?;
    }
    if let Some(visibility) = draft.visibility {
        answer.visibility = checked_visibility(tx, reader, visibility)?;
    }
    answer.name = checked_name(&answer.name)?;
    if answer.format == ReplyFormat::Html {
        if answer.message.len() > MESSAGE_TEXT_BYTES_MAX {
            return Err(AppError::too_large("a message has at most 32 KiB"));
        }
        answer.message = simple_html(&answer.message);
    }
    checked_text("message", &answer.message)?;
    if answer != was {
        tables::replies::put_answer(tx, &answer, cx.now)?;
        files::set_uses(tx, FileOwner::PredefinedAnswer(answer.id), &answer.files)?;
        tell(tx, cx, AutomationEvent::PredefinedAnswerChanged { answer: answer.id, removed: false })?;
    }
    Ok(answer)
}

/// Files that an agent or a key has put there and nobody has sent, and those that are the answer's already; each once.
fn checked_files(tx: &mut Tx<'_>, own: &[String], files: &[String]) -> Result<Vec<String>, AppError> {
    if files.len() > FILES_MAX {
        return Err(AppError::too_large(format!("a predefined answer has at most {FILES_MAX} files")));
    }
    let mut checked: Vec<String> = Vec::new();
    for file in files {
        if !own.contains(file) {
            files::usable_by_agent(tx, file)?;
        }
        if !checked.contains(file) {
            checked.push(file.clone());
        }
    }
    Ok(checked)
}

/// The files of some answers, by id. One that is gone is left out.
pub fn files_of(tx: &mut Tx<'_>, answers: &[PredefinedAnswer]) -> Result<Vec<Attachment>, AppError> {
    let mut found = Vec::new();
    for file in answers.iter().flat_map(|answer| &answer.files) {
        found.extend(files::find(tx, file)?.map(|file| file.attachment));
    }
    Ok(found)
}

/// An answer that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    pub answer: PredefinedAnswer,
    /// Files of the agent's own with the contents of the answer's, to be sent once.
    pub files: Vec<Attachment>,
}

/// Prepares an answer for a conversation: a file is sent once, so that those of the answer are copied. Contents are shared.
pub fn prepare(tx: &mut Tx<'_>, cx: &mut Context, by: AgentId, id: PredefinedAnswerId) -> Result<Prepared, AppError> {
    let reader = reader(tx, by)?;
    let answer = known_answer(tx, &reader, id)?;
    let mut copies = Vec::new();
    for file in &answer.files {
        let Some(file) = files::find(tx, file)? else { continue };
        let attachment = Attachment { file: cx.hex(16), ..file.attachment };
        let copy = File {
            attachment: attachment.clone(),
            conversation: None,
            visitor: None,
            agent: Some(by),
            by_key: false,
            downloads: 0,
            created: cx.now,
            blob: file.blob,
        };
        tables::files::insert(tx, &copy)?;
        copies.push(attachment);
    }
    Ok(Prepared { answer, files: copies })
}
