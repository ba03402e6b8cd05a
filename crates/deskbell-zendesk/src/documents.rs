//! What an exported chat looks like: all fields of the original's chat object and of its engagements, keys in alphabetical order as in the
//! reference's example. What an exported offline message looks like is in [`offline`].
//!
//! Where the original has what a desk does not (places) the fields are there and empty.

mod history;
mod offline;
mod search_engine;
#[cfg(test)]
mod tests;

use deskbell_app::documents::{ChatRecord, OfflineRecord, Renderer};
use deskbell_domain::browser;
use deskbell_domain::chat::{Engagement, Rating, Responses, StartedBy};
use deskbell_domain::conversation::Status;
use deskbell_domain::customer::Customer;
use deskbell_domain::goal::Conversion;
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::time::Timestamp;
use deskbell_domain::visit::{Page, Visit};
use serde::Serialize;
use serde_json::Value;

use crate::outside_ids::visitor_id;

/// Renders ended chats and offline messages for the export.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChatDocuments;

impl Renderer for ChatDocuments {
    fn render(&self, record: &ChatRecord, updated: Timestamp) -> String {
        serde_json::to_string(&chat(record, updated)).expect(WRITABLE)
    }

    fn render_offline(&self, record: &OfflineRecord, updated: Timestamp) -> String {
        serde_json::to_string(&offline::message(record, updated)).expect(WRITABLE)
    }
}

const WRITABLE: &str = "plain structs with text keys can always be written";

#[derive(Serialize)]
struct Chat<'a> {
    abandon_time: Option<f64>,
    agent_ids: Vec<String>,
    agent_names: Vec<String>,
    comment: Option<&'a str>,
    conversions: Vec<ConversionPart<'a>>,
    count: Count,
    deleted: bool,
    department_id: Option<i64>,
    department_name: Option<&'a str>,
    dropped: bool,
    duration: i64,
    end_timestamp: String,
    engagements: Vec<EngagementPart<'a>>,
    history: Vec<Value>,
    id: &'a str,
    missed: bool,
    proactive: bool,
    rating: Option<&'static str>,
    referrer_search_engine: &'static str,
    referrer_search_terms: String,
    response_time: ResponseTime,
    session: Session<'a>,
    skills_fulfilled: bool,
    skills_requested: Vec<i64>,
    started_by: &'static str,
    tags: &'a [String],
    timestamp: String,
    triggered: bool,
    triggered_response: Option<bool>,
    r#type: &'static str,
    unread: bool,
    update_timestamp: String,
    visitor: Visitor<'a>,
    webpath: Vec<Step<'a>>,
    zendesk_ticket_id: i64,
}

#[derive(Serialize)]
struct Count {
    agent: u32,
    total: u32,
    visitor: u32,
}

impl Count {
    fn new(visitor: u32, agent: u32) -> Count {
        Count { agent, total: agent + visitor, visitor }
    }
}

/// Seconds: fractional on average, whole for the first and the longest.
#[derive(Serialize)]
struct ResponseTime {
    avg: Option<f64>,
    first: Option<i64>,
    max: Option<i64>,
}

impl From<&Responses> for ResponseTime {
    fn from(responses: &Responses) -> ResponseTime {
        let whole = |micros: Option<i64>| micros.map(|micros| Timestamp::from_micros(micros).seconds());
        ResponseTime { avg: responses.average_seconds(), first: whole(responses.first_micros), max: whole(responses.max_micros) }
    }
}

/// The reference's table has `chat_id`, its example `agent_name`: both are here.
#[derive(Serialize)]
struct EngagementPart<'a> {
    accepted: bool,
    agent_full_name: String,
    agent_id: String,
    agent_name: String,
    assigned: bool,
    chat_id: &'a str,
    comment: Option<&'a str>,
    count: Count,
    department_id: Option<i64>,
    duration: f64,
    id: String,
    rating: Option<&'static str>,
    response_time: ResponseTime,
    skills_fulfilled: bool,
    skills_requested: Vec<i64>,
    started_by: &'static str,
    timestamp: String,
}

/// A goal that the visitor reached thanks to the chat.
#[derive(Serialize)]
struct ConversionPart<'a> {
    attribution: AttributionPart<'a>,
    goal_id: i64,
    goal_name: &'a str,
    id: &'a str,
    timestamp: String,
}

#[derive(Serialize)]
struct AttributionPart<'a> {
    agent_id: Option<i64>,
    agent_name: Option<&'a str>,
    chat_timestamp: Option<String>,
    department_id: Option<i64>,
    department_name: Option<&'a str>,
}

impl<'a> From<&'a Conversion> for ConversionPart<'a> {
    fn from(conversion: &'a Conversion) -> ConversionPart<'a> {
        let attribution = conversion.attribution.as_ref();
        let department = attribution.filter(|attribution| attribution.department != DepartmentId::DEFAULT);
        ConversionPart {
            attribution: AttributionPart {
                agent_id: attribution.map(|attribution| attribution.agent.get()),
                agent_name: attribution.map(|attribution| attribution.agent_name.as_str()),
                chat_timestamp: attribution.map(|attribution| stamp(attribution.chat_at)),
                department_id: department.map(|attribution| attribution.department.get()),
                department_name: department.map(|attribution| attribution.department_name.as_str()),
            },
            goal_id: conversion.goal.get(),
            goal_name: &conversion.goal_name,
            id: &conversion.public_id,
            timestamp: stamp(conversion.at),
        }
    }
}

#[derive(Serialize)]
struct Session<'a> {
    browser: &'static str,
    city: &'static str,
    country_code: &'static str,
    country_name: &'static str,
    end_date: String,
    id: String,
    ip: &'a str,
    platform: &'static str,
    region: &'static str,
    start_date: String,
    user_agent: &'a str,
}

#[derive(Serialize)]
struct Visitor<'a> {
    email: &'a str,
    id: String,
    name: String,
    notes: &'a str,
    phone: &'a str,
}

#[derive(Serialize)]
struct Step<'a> {
    from: &'a str,
    timestamp: String,
    title: &'a str,
    to: &'a str,
}

fn chat(record: &ChatRecord, updated: Timestamp) -> Chat<'_> {
    let chat = &record.chat;
    let ended = ended(record);
    let triggered = chat.started_by == StartedBy::Trigger;
    let agents = agents(record);
    let (engine, terms) = search_engine::of(record.visit.as_ref().map_or("", |visit| visit.referrer.as_str()));
    Chat {
        abandon_time: chat.abandon_seconds(),
        agent_ids: agents.iter().map(|agent| agent.get().to_string()).collect(),
        agent_names: agents.iter().map(|agent| agent_name(record, *agent)).collect(),
        comment: chat.rating_comment.as_deref(),
        conversions: record.conversions.iter().map(ConversionPart::from).collect(),
        count: Count::new(chat.visitor_messages, chat.agent_messages),
        deleted: record.conversation.status == Status::Deleted,
        department_id: department_id(chat.department),
        department_name: department_name(chat.department, &record.department_name),
        dropped: chat.dropped,
        duration: chat.duration_seconds(),
        end_timestamp: stamp(ended),
        engagements: engagements(record),
        history: history::events(record),
        id: &chat.public_id,
        missed: chat.missed,
        proactive: chat.started_by == StartedBy::Agent,
        rating: chat.rating.map(Rating::text),
        referrer_search_engine: engine,
        referrer_search_terms: terms,
        response_time: ResponseTime::from(&chat.responses),
        session: session(record.account_key, record.visit.as_ref(), chat.id.get(), (chat.requested, ended)),
        skills_fulfilled: record.skills_fulfilled(),
        skills_requested: skills_requested(record),
        started_by: chat.started_by.text(),
        tags: &record.conversation.tags,
        timestamp: stamp(chat.requested),
        triggered,
        triggered_response: triggered.then_some(chat.visitor_messages > 0),
        r#type: "chat",
        unread: chat.unread,
        update_timestamp: stamp(updated),
        visitor: visitor(record.account_key, &record.customer),
        webpath: webpath(&record.pages, ended),
        zendesk_ticket_id: record.conversation.id.get(),
    }
}

fn skills_requested(record: &ChatRecord) -> Vec<i64> {
    record.skills_requested.iter().map(|skill| skill.get()).collect()
}

/// When the chat ended; only ended ones are rendered.
fn ended(record: &ChatRecord) -> Timestamp {
    record.chat.ended.unwrap_or(record.chat.requested)
}

/// The agents of the chat in the order they came, each once.
fn agents(record: &ChatRecord) -> Vec<AgentId> {
    let mut agents = Vec::new();
    for placed in &record.engagements {
        if !agents.contains(&placed.engagement.agent) {
            agents.push(placed.engagement.agent);
        }
    }
    agents
}

fn agent_name(record: &ChatRecord, agent: AgentId) -> String {
    record.agents.get(&agent).map(|agent| agent.display_name()).unwrap_or_default()
}

fn engagements(record: &ChatRecord) -> Vec<EngagementPart<'_>> {
    let rated = rated_engagement(record);
    let parts = record.engagements.iter().enumerate();
    parts.map(|(place, placed)| engagement(record, &placed.engagement, rated == Some(place))).collect()
}

/// The engagement that a rating is about: the last one that had begun when the visitor rated.
fn rated_engagement(record: &ChatRecord) -> Option<usize> {
    let last = record.engagements.len().checked_sub(1)?;
    let Some(rated) = record.chat.rated else { return Some(last) };
    Some(record.engagements.iter().rposition(|placed| placed.engagement.joined <= rated).unwrap_or(last))
}

fn engagement<'a>(record: &'a ChatRecord, engagement: &Engagement, rated: bool) -> EngagementPart<'a> {
    let chat = &record.chat;
    let name = agent_name(record, engagement.agent);
    let left = engagement.left.unwrap_or_else(|| ended(record));
    EngagementPart {
        // An engagement begins by joining: what was offered was accepted, what he took by himself was neither.
        accepted: engagement.assigned,
        agent_full_name: name.clone(),
        agent_id: engagement.agent.get().to_string(),
        agent_name: name,
        assigned: engagement.assigned,
        chat_id: &chat.public_id,
        comment: chat.rating_comment.as_deref().filter(|_| rated),
        count: Count::new(engagement.visitor_messages, engagement.agent_messages),
        department_id: department_id(engagement.department),
        duration: left.micros_since(engagement.joined).max(0) as f64 / 1e6,
        id: format!("{}.{}", chat.public_id, engagement.ordinal),
        rating: chat.rating.filter(|_| rated).map(Rating::text),
        response_time: ResponseTime::from(&engagement.responses),
        skills_fulfilled: engagement.skills_fulfilled,
        skills_requested: skills_requested(record),
        started_by: engagement.start.text(),
        timestamp: stamp(engagement.joined),
    }
}

/// The visit until the chat or the message was over; one that began without a browser has a session of its own, with its id and times.
fn session(account_key: i64, visit: Option<&Visit>, id: i64, (began, ended): (Timestamp, Timestamp)) -> Session<'_> {
    let started = visit.map_or(began, |visit| visit.started);
    let user_agent = visit.map_or("", |visit| visit.user_agent.as_str());
    let token = base62(visit.map_or(id, |visit| visit.id.get()));
    let day = moment(started).strftime("%y%m%d");
    Session {
        browser: browser::name(user_agent),
        city: "",
        country_code: "",
        country_name: "",
        end_date: stamp(ended),
        id: format!("{day}.{account_key}.{token}"),
        ip: visit.map_or("", |visit| visit.address.as_str()),
        platform: browser::platform(user_agent),
        region: "",
        start_date: stamp(started),
        user_agent,
    }
}

fn visitor(account_key: i64, customer: &Customer) -> Visitor<'_> {
    Visitor {
        email: customer.email.as_deref().unwrap_or_default(),
        id: visitor_id(account_key, customer.id),
        name: customer.display_name(),
        notes: &customer.note,
        phone: &customer.phone,
    }
}

/// The pages seen until the chat ended; what the browser saw later belongs to no chat, or to the next one.
fn webpath(pages: &[Page], ended: Timestamp) -> Vec<Step<'_>> {
    let pages = pages.iter().filter(|page| page.at <= ended);
    pages.map(|page| Step { from: &page.from, timestamp: stamp(page.at), title: &page.title, to: &page.url }).collect()
}

/// The default department is the original's "none".
pub(crate) fn department_id(department: DepartmentId) -> Option<i64> {
    (department != DepartmentId::DEFAULT).then(|| department.get())
}

fn department_name(department: DepartmentId, name: &str) -> Option<&str> {
    department_id(department).map(|_| name)
}

/// `2020-12-22T04:54:59Z`
pub(crate) fn stamp(at: Timestamp) -> String {
    moment(at).to_string()
}

fn moment(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_second(at.seconds()).unwrap_or_default()
}

pub(crate) fn base62(mut value: i64) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut reversed = Vec::with_capacity(8);
    while value > 0 {
        reversed.push(char::from(DIGITS[(value % 62) as usize]));
        value /= 62;
    }
    reversed.iter().rev().collect()
}
