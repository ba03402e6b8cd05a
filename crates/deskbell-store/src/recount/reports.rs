//! What reports show, counted anew from rows: what tests and `deskbell verify` hold the roll-ups against. Slow, and not for serving.
//!
//! Owns a second opinion: each measure has a query of its own over the rows of conversations, messages, chats, calls and agents, and none looks
//! at the journal. How long a time was in business hours is asked of the calendar that the conversation's level had then.

mod facts;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use deskbell_domain::calendar::Calendar;
use deskbell_domain::measure::{Dimension, Measure, Span};
use deskbell_domain::time::Timestamp;

use crate::engine::Tx;
use crate::error::StoreError;
use facts::{Facts, Whose};

/// Sums by dimension, member, quarter and measure; none of them is zero.
pub type Sums = BTreeMap<(Dimension, i64, i64, Measure), i64>;

/// Something that counts.
struct Fact {
    at: i64,
    value: i64,
    agent: Option<i64>,
    department: Option<i64>,
    channel: Option<String>,
    tags: String,
    /// The hours of the level of its conversation, if it has one.
    calendar: Option<String>,
}

/// Conversations of which no rows tell what they, their calls or their levels were when, since an older program began them. What happened in
/// them cannot be counted again.
pub fn untold(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let (count,) = tx.one(
        "SELECT COUNT(*) FROM conversations c WHERE NOT EXISTS \
             (SELECT 1 FROM conversation_changes h WHERE h.conversation_id = c.id AND h.what = 'start') \
           OR EXISTS (SELECT 1 FROM calls k WHERE k.conversation_id = c.id AND k.started_number IS NULL) \
           OR ((c.sla_level_id IS NOT NULL OR EXISTS (SELECT 1 FROM sla_items i WHERE i.conversation_id = c.id)) AND NOT EXISTS \
             (SELECT 1 FROM conversation_changes h WHERE h.conversation_id = c.id AND h.what = 'level'))",
        &[],
    )?;
    Ok(count)
}

/// Counts everything that happened from one moment up to another one.
pub fn reports(tx: &mut Tx<'_>, from: Timestamp, until: Timestamp) -> Result<Sums, StoreError> {
    let mut sums = Sums::new();
    let mut calendars = Calendars::default();
    for facts in facts::all() {
        for fact in read(tx, &facts, from, until)? {
            for measure in facts.counts {
                count(&mut sums, &fact, facts.whose, *measure, 1)?;
            }
            for measure in facts.times {
                count(&mut sums, &fact, facts.whose, *measure, fact.value)?;
            }
            if let Some(measure) = facts.business {
                count(&mut sums, &fact, facts.whose, measure, calendars.business_micros(&fact)?)?;
            }
        }
    }
    created_when_opened(tx, from, until, &mut sums)?;
    signed_in(tx, from, until, &mut sums)?;
    sums.retain(|_, number| *number != 0);
    Ok(sums)
}

/// Calendars by the lines they are written as.
#[derive(Default)]
struct Calendars(HashMap<String, Calendar>);

impl Calendars {
    /// How much of a fact's time lies in business hours: all of it without a level.
    fn business_micros(&mut self, fact: &Fact) -> Result<i64, StoreError> {
        let Some(text) = &fact.calendar else { return Ok(fact.value) };
        if !self.0.contains_key(text) {
            let read = Calendar::parse(text).map_err(|fault| StoreError::Corrupt(format!("a calendar is not understood: {fault:?}")))?;
            self.0.insert(text.clone(), read);
        }
        let until = Timestamp::from_micros(fact.at);
        Ok(self.0[text].business_micros(until.plus_micros(-fact.value), until))
    }
}

/// The hours of the level that the conversation of a fact had then.
const CALENDAR: &str = "(SELECT k.calendar FROM sla_calendar_changes k WHERE k.number <= f.number AND k.level_id = \
     (SELECT h.level_id FROM conversation_changes h WHERE h.conversation_id = f.conversation AND h.number <= f.number AND h.what = 'level' \
        ORDER BY h.number DESC LIMIT 1) ORDER BY k.number DESC LIMIT 1)";

/// Adds channel and tags to facts, which are of conversations and have a place in the journal.
fn read(tx: &mut Tx<'_>, facts: &Facts, from: Timestamp, until: Timestamp) -> Result<Vec<Fact>, StoreError> {
    let calendar = if facts.business.is_some() { CALENDAR } else { "CAST(NULL AS TEXT)" };
    let sql = format!(
        "SELECT f.at, f.value, f.agent, f.department, (SELECT c.channel FROM conversations c WHERE c.id = f.conversation), \
           COALESCE((SELECT h.tags FROM conversation_changes h WHERE h.conversation_id = f.conversation AND h.number <= f.number \
             AND h.tags IS NOT NULL ORDER BY h.number DESC LIMIT 1), ''), {calendar} \
         FROM ({}) AS f WHERE f.at >= $1 AND f.at < $2",
        facts.sql
    );
    tx.all_dynamic_with(&sql, &[&from, &until], |row| {
        Ok(Fact {
            at: row.get(0)?,
            // The clock of another node may be behind: no time is less than none.
            value: row.get::<i64>(1)?.max(0),
            agent: row.get(2)?,
            department: row.get(3)?,
            channel: row.get(4)?,
            tags: row.get(5)?,
            calendar: row.get(6)?,
        })
    })
}

fn count(sums: &mut Sums, fact: &Fact, whose: Whose, measure: Measure, by: i64) -> Result<(), StoreError> {
    let quarter = Span::Quarter.slot(Timestamp::from_micros(fact.at));
    let mut add = |dimension, member| *sums.entry((dimension, member, quarter, measure)).or_default() += by;
    if let Some(agent) = fact.agent {
        add(Dimension::Agent, agent);
    }
    if whose == Whose::AgentAlone {
        return Ok(());
    }
    add(Dimension::Account, 0);
    if let Some(department) = fact.department {
        add(Dimension::Department, department);
    }
    if let Some(letter) = fact.channel.iter().flat_map(|channel| channel.bytes()).next() {
        add(Dimension::Channel, i64::from(letter));
    }
    for tag in fact.tags.split(',').filter(|tag| !tag.is_empty()) {
        add(Dimension::Tag, tag.parse().map_err(|_| StoreError::Corrupt(format!("{tag:?} is no tag's id")))?);
    }
    Ok(())
}

/// Conversations in which an agent was the first to say something, and that began with no chat; and the tags that conversations
/// carried before anybody had said anything.
fn created_when_opened(tx: &mut Tx<'_>, from: Timestamp, until: Timestamp, sums: &mut Sums) -> Result<(), StoreError> {
    // The first of each conversation; a chat that an agent began says nothing yet.
    let mut first: HashMap<i64, (i64, Option<i64>)> = HashMap::new();
    for sql in [facts::SPOKEN, facts::ASKED, facts::CALLED] {
        tx.each_dynamic(sql, &[], |row| {
            let (conversation, number, agent): (i64, i64, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let known = first.entry(conversation).or_insert((number, agent));
            if number < known.0 {
                *known = (number, agent);
            }
            Ok(())
        })?;
    }
    let created: Vec<(i64, i64, i64)> = tx.all_dynamic_with(
        &format!("SELECT f.conversation, f.at, f.place FROM ({}) AS f WHERE f.at >= $1 AND f.at < $2", facts::CREATED),
        &[&from, &until],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    for (conversation, at, place) in created {
        let Some((number, agent)) = first.get(&conversation) else { continue };
        let quarter = Span::Quarter.slot(Timestamp::from_micros(at));
        let mut add = |dimension, member| *sums.entry((dimension, member, quarter, Measure::CreatedTickets)).or_default() += 1;
        if let Some(agent) = agent {
            add(Dimension::Agent, *agent);
        }
        for tag in tags_before(tx, conversation, place.max(*number))? {
            add(Dimension::Tag, tag);
        }
    }
    Ok(())
}

/// The tags that a conversation carried before a place of the journal.
fn tags_before(tx: &mut Tx<'_>, conversation: i64, number: i64) -> Result<Vec<i64>, StoreError> {
    let list: Option<(String,)> = tx.opt(
        "SELECT tags FROM conversation_changes WHERE conversation_id = $1 AND number < $2 AND tags IS NOT NULL ORDER BY number DESC LIMIT 1",
        &[&conversation, &number],
    )?;
    let tags = list.iter().flat_map(|(tags,)| tags.split(',')).filter(|tag| !tag.is_empty());
    tags.map(|tag| tag.parse().map_err(|_| StoreError::Corrupt(format!("{tag:?} is no tag's id")))).collect()
}

/// Times that agents were signed in and are not any more, in the quarters they lie in.
fn signed_in(tx: &mut Tx<'_>, from: Timestamp, until: Timestamp, sums: &mut Sums) -> Result<(), StoreError> {
    let changes: Vec<(i64, i64, i64)> = tx.all("SELECT agent_id, at, online FROM agent_status_changes ORDER BY agent_id, number", &[])?;
    let agents: BTreeSet<i64> = changes.iter().map(|(agent, _, _)| *agent).collect();
    for agent in agents {
        let mut since: Option<i64> = None;
        for (_, at, online) in changes.iter().filter(|(of, _, _)| *of == agent) {
            match since {
                None if *online != 0 => since = Some(*at),
                Some(start) if *online == 0 => {
                    since = None;
                    let quarter = Span::Quarter.micros();
                    for slot in start.div_euclid(quarter)..=at.div_euclid(quarter) {
                        let part = (*at).min((slot + 1) * quarter) - start.max(slot * quarter);
                        let is_asked = slot * quarter >= from.micros() && slot * quarter < until.micros();
                        if part > 0 && is_asked {
                            *sums.entry((Dimension::Account, 0, slot, Measure::WorkTime)).or_default() += part;
                            *sums.entry((Dimension::Agent, agent, slot, Measure::WorkTime)).or_default() += part;
                        }
                    }
                }
                None | Some(_) => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskbell_domain::measure::REGISTRY;

    #[test]
    fn every_measure_is_counted_from_rows() {
        // The time that agents are signed in lies in many quarters, and has a way of its own.
        let counted: BTreeSet<Measure> = facts::all().iter().flat_map(Facts::measures).chain([Measure::WorkTime]).collect();
        let forgotten: Vec<&str> = REGISTRY.iter().filter(|entry| !counted.contains(&entry.measure)).map(|entry| entry.name).collect();
        assert_eq!(forgotten, [""; 0]);
    }
}
