//! What reports show, counted anew from rows: what tests and `deskbell verify` hold the roll-ups against. Slow, and not for serving.
//!
//! Owns a second opinion: each measure has a query of its own over the rows of conversations, messages, chats and agents, and none looks at
//! the journal. A conversation's level of service is not looked at: business hours are counted as all hours.

mod facts;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use deskbell_domain::measure::{Dimension, Measure, Span};
use deskbell_domain::time::Timestamp;

use crate::engine::Tx;
use crate::error::StoreError;

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
}

/// Conversations begun by an older program, of which no rows tell what they were when. What happened in them cannot be counted again.
pub fn untold(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let (count,) = tx.one(
        "SELECT COUNT(*) FROM conversations c WHERE NOT EXISTS \
           (SELECT 1 FROM conversation_changes h WHERE h.conversation_id = c.id AND h.what = 'start')",
        &[],
    )?;
    Ok(count)
}

/// Counts everything but calls that happened from one moment up to another one.
pub fn reports(tx: &mut Tx<'_>, from: Timestamp, until: Timestamp) -> Result<Sums, StoreError> {
    let mut sums = Sums::new();
    for (counts, times, sql) in facts::all() {
        for fact in read(tx, &sql, from, until)? {
            for measure in counts {
                count(&mut sums, &fact, *measure, 1)?;
            }
            for measure in times {
                count(&mut sums, &fact, *measure, fact.value)?;
            }
        }
    }
    created_when_opened(tx, from, until, &mut sums)?;
    signed_in(tx, from, until, &mut sums)?;
    sums.retain(|_, number| *number != 0);
    Ok(sums)
}

/// Adds channel and tags to facts, which are of conversations and have a place in the journal.
fn read(tx: &mut Tx<'_>, facts: &str, from: Timestamp, until: Timestamp) -> Result<Vec<Fact>, StoreError> {
    let sql = format!(
        "SELECT f.at, f.value, f.agent, f.department, (SELECT c.channel FROM conversations c WHERE c.id = f.conversation), \
           COALESCE((SELECT h.tags FROM conversation_changes h WHERE h.conversation_id = f.conversation AND h.number <= f.number \
             AND h.tags IS NOT NULL ORDER BY h.number DESC LIMIT 1), '') \
         FROM ({facts}) AS f WHERE f.at >= $1 AND f.at < $2"
    );
    tx.all_dynamic_with(&sql, &[&from, &until], |row| {
        Ok(Fact {
            at: row.get(0)?,
            value: row.get(1)?,
            agent: row.get(2)?,
            department: row.get(3)?,
            channel: row.get(4)?,
            tags: row.get(5)?,
        })
    })
}

fn count(sums: &mut Sums, fact: &Fact, measure: Measure, by: i64) -> Result<(), StoreError> {
    let quarter = Span::Quarter.slot(Timestamp::from_micros(fact.at));
    let mut add = |dimension, member| *sums.entry((dimension, member, quarter, measure)).or_default() += by;
    add(Dimension::Account, 0);
    if let Some(agent) = fact.agent {
        add(Dimension::Agent, agent);
    }
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
