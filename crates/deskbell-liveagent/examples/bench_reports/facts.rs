//! What is in a journal, as tables of facts that any database reads: tab-separated, times in microseconds, `\N` where there is nothing.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use deskbell_app::{AppError, Desk};
use deskbell_domain::chat::{OfferOutcome, Rating};
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::message::Actor;
use deskbell_store::journal;

use crate::Outcome;

/// The tables: name and columns.
pub(crate) const TABLES: [(&str, &str); 6] = [
    ("messages", "moment BIGINT, conversation BIGINT, chat BIGINT, agent BIGINT"),
    ("statuses", "number BIGINT, moment BIGINT, conversation BIGINT, came_from TEXT, went_to TEXT, agent BIGINT"),
    ("offers", "moment BIGINT, chat BIGINT, agent BIGINT, expired BIGINT"),
    ("engagements", "moment BIGINT, chat BIGINT, agent BIGINT"),
    ("chats", "moment BIGINT, chat BIGINT, requested BIGINT"),
    ("ratings", "moment BIGINT, chat BIGINT, good BIGINT"),
];
/// Entries read in one go.
const READ_EVENTS: i64 = 20_000;

/// Writes a file for each table.
pub(crate) fn write(desk: &Desk, place: &Path) -> Outcome<()> {
    fs::create_dir_all(place)?;
    let mut files = Vec::new();
    for (name, _) in TABLES {
        files.push(BufWriter::new(File::create(place.join(name))?));
    }
    let (mut number, head) = (0, desk.snapshot_blocking(|tx| Ok::<_, AppError>(tx.head()?))?);
    while number < head {
        let (after, until) = (number, head.min(number + READ_EVENTS));
        let events = desk.snapshot_blocking(move |tx| Ok::<_, AppError>(journal::after(tx, after, until - after)?))?;
        for recorded in &events {
            line(recorded, &mut files)?;
        }
        number = until;
    }
    for mut file in files {
        file.flush()?;
    }
    Ok(())
}

fn line(recorded: &Recorded, files: &mut [BufWriter<File>]) -> Outcome<()> {
    let (at, number) = (recorded.at.micros(), recorded.number);
    let [messages, statuses, offers, engagements, chats, ratings] = files else { return Err("a file is missing".into()) };
    let agent = |by: &Actor| match by {
        Actor::Agent(agent) => agent.get().to_string(),
        _ => "\\N".to_owned(),
    };
    match &recorded.event {
        Event::MessageAdded { conversation, chat, author, .. } => {
            let chat = chat.map_or("\\N".to_owned(), |chat| chat.get().to_string());
            writeln!(messages, "{at}\t{}\t{chat}\t{}", conversation.get(), agent(author))?;
        }
        Event::ConversationStarted { conversation, status, .. } => {
            writeln!(statuses, "{number}\t{at}\t{}\t\\N\t{}\t\\N", conversation.get(), status.text())?;
        }
        Event::StatusChanged { conversation, from, to, by } => {
            writeln!(statuses, "{number}\t{at}\t{}\t{}\t{}\t{}", conversation.get(), from.text(), to.text(), agent(by))?;
        }
        Event::ChatRequested { chat, .. } => writeln!(chats, "\\N\t{}\t{at}", chat.get())?,
        Event::ChatEnded { chat, .. } => writeln!(chats, "{at}\t{}\t\\N", chat.get())?,
        Event::ChatOffered { chat, agent, .. } => writeln!(offers, "{at}\t{}\t{}\t0", chat.get(), agent.get())?,
        Event::OfferClosed { chat, agent, outcome: OfferOutcome::Expired, .. } => {
            writeln!(offers, "{at}\t{}\t{}\t1", chat.get(), agent.get())?;
        }
        Event::ChatJoined { chat, agent, .. } => writeln!(engagements, "{at}\t{}\t{}", chat.get(), agent.get())?,
        Event::ChatRated { chat, rating: Some(rating), .. } => {
            writeln!(ratings, "{at}\t{}\t{}", chat.get(), i64::from(*rating == Rating::Good))?;
        }
        _ => {}
    }
    Ok(())
}
