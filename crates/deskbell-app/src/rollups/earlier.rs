//! What was so before the journal begins, as far as rows remember it: where its first entries find it.

use deskbell_domain::conversation::Status;
use deskbell_domain::ids::{AgentId, CallId, ChatId, ConversationId};
use deskbell_domain::message::Actor;
use deskbell_store::tables::changes;
use deskbell_store::{StoreError, Tx, tables};

use super::fold::Fold;
use super::shelf;
use super::state::{CalendarText, Call, Chat, Conversation, Counted, Opener, SignedIn, TagName};

/// A fold of a journal that begins with an entry: who is signed in then, and the hours of levels then; names of tags as they are now, since what
/// they were is forgotten.
pub(super) fn fold(tx: &mut Tx<'_>, served: i64, first: i64) -> Result<Fold, StoreError> {
    let agents = changes::signed_in_at(tx, first)?.into_iter().map(|(agent, at)| (agent.get(), SignedIn(at))).collect();
    let calendars = changes::calendars_before(tx, first)?;
    let levels = calendars.iter().map(|(level, text)| (level.get(), CalendarText::from(text.as_str()))).collect();
    Ok(Fold::begin(first - 1, agents, levels, shelf::all_rows::<TagName>(tx, served)?))
}

/// A conversation as an entry finds it that is not told of before. Of one that an older program began there is only what its row says now,
/// and no times.
pub(super) fn conversation(tx: &mut Tx<'_>, id: ConversationId, number: i64) -> Result<Option<Conversation>, StoreError> {
    let Some(row) = tables::conversations::get(tx, id)? else { return Ok(None) };
    let mut known = Conversation {
        channel: Some(row.channel),
        department: Some(row.department),
        assigned: row.assigned,
        status: Some(row.status),
        since: None,
        created: None,
        level: None,
        opener: Opener::Other,
        was_assigned: true,
        was_resolved: true,
        tags: Vec::new(),
    };
    let changes = changes::before(tx, id, number)?;
    if changes.is_empty() {
        let tags = tables::tags::of_conversations(tx, &[id])?.remove(&id).unwrap_or_default();
        known.tags = tags.into_iter().map(|(tag, _)| tag).collect();
        return Ok(Some(known));
    }
    (known.was_assigned, known.was_resolved) = (false, false);
    for change in changes {
        if let Some(tags) = change.tags {
            known.tags = tags;
            continue;
        }
        if let Some(level) = change.level {
            known.level = level;
            continue;
        }
        known.department = change.department;
        known.assigned = change.assigned;
        known.was_assigned |= change.assigned.is_some();
        let is_start = known.created.is_none();
        if is_start || change.status_before.is_some() {
            known.status = change.status;
            known.since = Some(change.at);
        }
        if is_start || change.status_before == Some(Status::Init) {
            known.created = Some(change.at);
        }
        known.was_resolved |= change.status_before.is_some() && change.status == Some(Status::Resolved);
    }
    // Who created any other one has been counted.
    if known.status == Some(Status::Init) {
        known.opener = match changes::first_speaker(tx, id, number)? {
            None => Opener::Awaited,
            Some(Actor::Agent(agent)) => Opener::Agent(agent),
            Some(Actor::Customer(_) | Actor::System) => Opener::Other,
        };
    }
    Ok(Some(known))
}

/// A chat as an entry finds it that is not told of before. Where it counted as not rated, and what its rating counted for, lies before the
/// journal and stays.
pub(super) fn chat(tx: &mut Tx<'_>, id: ChatId, number: i64) -> Result<Option<Chat>, StoreError> {
    let Some(row) = tables::chats::get(tx, id)? else { return Ok(None) };
    let transfers = tables::transfers::of_chat(tx, id)?;
    let later = transfers.iter().find(|transfer| transfer.number >= number);
    let department = later.map_or(row.department, |transfer| transfer.from);
    let mut known = Chat { started_by: row.started_by, ..Chat::unknown(row.conversation, department) };
    for (agent, at) in tables::offers::before(tx, id, number)? {
        known.first_offer.get_or_insert(at);
        known.offered_last = Some(agent);
    }
    for placed in tables::engagements::of_chat(tx, id)?.into_iter().filter(|placed| placed.joined_number < number) {
        let agent: AgentId = placed.engagement.agent;
        known.engaged_last = Some(agent);
        if !known.joined.contains(&agent) {
            known.joined.push(agent);
        }
        if placed.left_number.is_none_or(|left| left >= number) {
            known.engaged.push((agent, placed.engagement.joined));
        }
    }
    known.rated = tables::chats::rating_before(tx, id, number)?.map(|(rating, at)| {
        let counted = Counted { at, agent: known.engaged_last, department: Some(department), channel: None, tags: Vec::new() };
        (rating, counted)
    });
    Ok(Some(known))
}

/// A call as an entry finds it that is not told of before; none that an older program began.
pub(super) fn call(tx: &mut Tx<'_>, id: CallId, number: i64) -> Result<Option<Call>, StoreError> {
    let Some(row) = tables::calls::get(tx, id)? else { return Ok(None) };
    let Some(department) = tables::calls::department_before(tx, id, number)? else { return Ok(None) };
    let (rings, legs) = (tables::call_rings::before(tx, id, number)?, tables::call_legs::before(tx, id, number)?);
    Ok(Some(Call {
        department,
        direction: row.direction,
        caller: row.caller,
        first_ring: rings.first().map(|(_, at)| *at),
        rang_last: rings.last().map(|(agent, _)| *agent),
        talked_last: legs.last().map(|(leg, _)| leg.agent),
        legs: legs.iter().filter(|(_, goes_on)| *goes_on).map(|(leg, _)| (leg.id, leg.agent, leg.began)).collect(),
    }))
}
