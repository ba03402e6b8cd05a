//! Conversations: one by any of its spellings, lists by filter.

use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::ids::{AgentId, ConversationId, CustomerId, DepartmentId, MessageId, VisitId, VisitorId};
use deskbell_domain::time::Timestamp;

use super::{narrow, tags, time, word};
use crate::engine::{Param, Row, Tx};
use crate::error::StoreError;

const COLUMNS: &str = "id, code, public_code, customer_id, visitor_id, visit_id, department_id, assigned_id, status, channel, subject, \
                       preview, created_at, changed_at, groups_in, groups_out";

fn row(row: &Row<'_>) -> Result<Conversation, StoreError> {
    Ok(Conversation {
        id: ConversationId::from_i64(row.get(0)?),
        code: row.get(1)?,
        public_code: row.get(2)?,
        customer: CustomerId::from_i64(row.get(3)?),
        visitor: row.get::<Option<i64>>(4)?.map(VisitorId::from_i64),
        visit: row.get::<Option<i64>>(5)?.map(VisitId::from_i64),
        department: DepartmentId::from_i64(row.get(6)?),
        assigned: row.get::<Option<i64>>(7)?.map(AgentId::from_i64),
        status: word(Status::parse, "status", row.str(8)?)?,
        channel: word(Channel::parse, "channel", row.str(9)?)?,
        subject: row.get(10)?,
        preview: row.get(11)?,
        created: time(row.get(12)?),
        changed: time(row.get(13)?),
        groups_in: narrow("groups_in", row.get(14)?)?,
        groups_out: narrow("groups_out", row.get(15)?)?,
        tags: Vec::new(),
    })
}

/// Adds a conversation. Its tags are set apart (see [`tags::set`]).
pub fn insert(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO conversations (id, code, public_code, customer_id, visitor_id, visit_id, department_id, assigned_id, status, channel, \
           subject, preview, created_at, changed_at, groups_in, groups_out) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        &[
            &conversation.id.get(),
            &conversation.code,
            &conversation.public_code,
            &conversation.customer.get(),
            &conversation.visitor.map(VisitorId::get),
            &conversation.visit.map(VisitId::get),
            &conversation.department.get(),
            &conversation.assigned.map(AgentId::get),
            &conversation.status.text(),
            &conversation.channel.text(),
            &conversation.subject,
            &conversation.preview,
            &conversation.created.micros(),
            &conversation.changed.micros(),
            &i64::from(conversation.groups_in),
            &i64::from(conversation.groups_out),
        ],
    )?;
    Ok(())
}

/// Writes what may change: department, assignment, status, subject, preview, time of change, counts.
pub fn update(tx: &mut Tx<'_>, conversation: &Conversation) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE conversations SET customer_id = $2, department_id = $3, assigned_id = $4, status = $5, subject = $6, preview = $7, \
           changed_at = $8, groups_in = $9, groups_out = $10 WHERE id = $1",
        &[
            &conversation.id.get(),
            &conversation.customer.get(),
            &conversation.department.get(),
            &conversation.assigned.map(AgentId::get),
            &conversation.status.text(),
            &conversation.subject,
            &conversation.preview,
            &conversation.changed.micros(),
            &i64::from(conversation.groups_in),
            &i64::from(conversation.groups_out),
        ],
    )?;
    Ok(())
}

/// The conversation without its tags: what most rules need.
pub fn get(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Conversation>, StoreError> {
    tx.opt_dynamic_with(&format!("SELECT {COLUMNS} FROM conversations WHERE id = $1"), &[&conversation.get()], row)
}

/// The conversation with its tags.
pub fn whole(tx: &mut Tx<'_>, conversation: ConversationId) -> Result<Option<Conversation>, StoreError> {
    let Some(mut found) = get(tx, conversation)? else { return Ok(None) };
    found.tags = tags::of_conversation(tx, conversation)?;
    Ok(Some(found))
}

/// Finds a conversation by id, code (`ABC-DEFGH-123`) or public code.
pub fn resolve(tx: &mut Tx<'_>, spelling: &str) -> Result<Option<ConversationId>, StoreError> {
    let found: Option<(i64,)> = if spelling.contains('-') {
        tx.opt("SELECT id FROM conversations WHERE code = $1", &[&spelling.to_uppercase()])?
    } else if let Some(id) = ConversationId::parse(spelling) {
        tx.opt("SELECT id FROM conversations WHERE id = $1", &[&id.get()])?
    } else {
        tx.opt("SELECT id FROM conversations WHERE public_code = $1", &[&spelling])?
    };
    Ok(found.map(|(id,)| ConversationId::from_i64(id)))
}

/// The newest conversation started from a browser.
pub fn latest_of_visitor(tx: &mut Tx<'_>, visitor: VisitorId) -> Result<Option<Conversation>, StoreError> {
    tx.opt_dynamic_with(
        &format!("SELECT {COLUMNS} FROM conversations WHERE visitor_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1"),
        &[&visitor.get()],
        row,
    )
}

/// Whether there is any conversation.
pub fn any(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(tx.opt::<(i64,)>("SELECT id FROM conversations LIMIT 1", &[])?.is_some())
}

/// All conversations started from a browser.
pub fn ids_of_visitor(tx: &mut Tx<'_>, visitor: VisitorId) -> Result<Vec<ConversationId>, StoreError> {
    let rows: Vec<(i64,)> = tx.all("SELECT id FROM conversations WHERE visitor_id = $1 ORDER BY created_at, id", &[&visitor.get()])?;
    Ok(rows.into_iter().map(|(id,)| ConversationId::from_i64(id)).collect())
}

/// A comparison of the time of change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    Equal(Timestamp, Timestamp),
    NotEqual(Timestamp, Timestamp),
    Before(Timestamp),
    From(Timestamp),
}

/// Words of a search that are looked for; more are passed over.
const SEARCH_TERMS_MAX: usize = 8;

/// Which conversations to list. Everything given must hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub customer: Option<CustomerId>,
    pub department: Option<DepartmentId>,
    /// `Some(None)`: assigned to nobody.
    pub assigned: Option<Option<AgentId>>,
    pub statuses: Vec<Status>,
    pub channels: Vec<Channel>,
    /// Created at or after, at or before.
    pub created_from: Option<Timestamp>,
    pub created_to: Option<Timestamp>,
    /// Each must hold. `Equal` and `NotEqual` hold a span: first included, second not.
    pub changed: Vec<Changed>,
    pub subject: Option<String>,
    /// Words looked for in subject, preview, customer's name and e-mail, without regard to case.
    pub search: Option<String>,
    /// Only those changed before this one, for paging newest first.
    pub before: Option<(Timestamp, ConversationId)>,
}

/// Order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Oldest change first: stable for clients that page by offset.
    ChangedAscending,
    /// Newest change first.
    ChangedDescending,
}

/// A conversation in a list, with what lists show of its customer and department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub conversation: Conversation,
    pub customer_name: String,
    pub customer_email: Option<String>,
    pub department_name: String,
    /// Tags of the conversation by id and name.
    pub tags: Vec<(deskbell_domain::ids::TagId, String)>,
}

/// Lists conversations with their tags.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, order: Order, limit: i64, offset: i64) -> Result<Vec<Listed>, StoreError> {
    let mut sql = String::from(
        "SELECT c.id, c.code, c.public_code, c.customer_id, c.visitor_id, c.visit_id, c.department_id, c.assigned_id, c.status, c.channel, \
         c.subject, c.preview, c.created_at, c.changed_at, c.groups_in, c.groups_out, u.name, u.email, d.name \
         FROM conversations c JOIN customers u ON u.id = c.customer_id JOIN departments d ON d.id = c.department_id WHERE 1 = 1",
    );
    let mut params: Vec<Box<dyn Param>> = Vec::new();
    let bind = |params: &mut Vec<Box<dyn Param>>, param: Box<dyn Param>| -> String {
        params.push(param);
        format!("${}", params.len())
    };
    let and = |sql: &mut String, text: &str| {
        sql.push_str(" AND ");
        sql.push_str(text);
    };
    if let Some(customer) = filter.customer {
        let p = bind(&mut params, Box::new(customer.get()));
        and(&mut sql, &format!("c.customer_id = {p}"));
    }
    if let Some(department) = filter.department {
        let p = bind(&mut params, Box::new(department.get()));
        and(&mut sql, &format!("c.department_id = {p}"));
    }
    match filter.assigned {
        Some(Some(agent)) => {
            let p = bind(&mut params, Box::new(agent.get()));
            and(&mut sql, &format!("c.assigned_id = {p}"));
        }
        Some(None) => and(&mut sql, "c.assigned_id IS NULL"),
        None => {}
    }
    // Letters come from our own enums, never from a caller.
    let letters = |all: Vec<&'static str>| all.iter().map(|letter| format!("'{letter}'")).collect::<Vec<_>>().join(",");
    if !filter.statuses.is_empty() {
        and(&mut sql, &format!("c.status IN ({})", letters(filter.statuses.iter().map(|status| status.text()).collect())));
    }
    if !filter.channels.is_empty() {
        and(&mut sql, &format!("c.channel IN ({})", letters(filter.channels.iter().map(|channel| channel.text()).collect())));
    }
    if let Some(from) = filter.created_from {
        let p = bind(&mut params, Box::new(from.micros()));
        and(&mut sql, &format!("c.created_at >= {p}"));
    }
    if let Some(to) = filter.created_to {
        let p = bind(&mut params, Box::new(to.micros()));
        and(&mut sql, &format!("c.created_at <= {p}"));
    }
    for changed in &filter.changed {
        match changed {
            Changed::Equal(from, end) => {
                let (a, b) = (bind(&mut params, Box::new(from.micros())), bind(&mut params, Box::new(end.micros())));
                and(&mut sql, &format!("c.changed_at >= {a} AND c.changed_at < {b}"));
            }
            Changed::NotEqual(from, end) => {
                let (a, b) = (bind(&mut params, Box::new(from.micros())), bind(&mut params, Box::new(end.micros())));
                and(&mut sql, &format!("NOT (c.changed_at >= {a} AND c.changed_at < {b})"));
            }
            Changed::Before(end) => {
                let p = bind(&mut params, Box::new(end.micros()));
                and(&mut sql, &format!("c.changed_at < {p}"));
            }
            Changed::From(from) => {
                let p = bind(&mut params, Box::new(from.micros()));
                and(&mut sql, &format!("c.changed_at >= {p}"));
            }
        }
    }
    if let Some(subject) = &filter.subject {
        let p = bind(&mut params, Box::new(subject.clone()));
        and(&mut sql, &format!("c.subject = {p}"));
    }
    let escape = |text: &str| text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    for term in filter.search.iter().flat_map(|search| search.split_whitespace()).take(SEARCH_TERMS_MAX) {
        // SQLite folds case for ASCII only: the term is looked for as it was typed, too.
        let lower = bind(&mut params, Box::new(format!("%{}%", escape(&term.to_lowercase()))));
        let typed = bind(&mut params, Box::new(format!("%{}%", escape(term))));
        let columns = ["c.subject", "c.preview", "c.code", "u.name", "COALESCE(u.email, '')"];
        let either = columns.map(|column| format!("lower({column}) LIKE {lower} ESCAPE '\\' OR {column} LIKE {typed} ESCAPE '\\'"));
        and(&mut sql, &format!("({})", either.join(" OR ")));
    }
    if let Some((changed, id)) = filter.before {
        let (a, b) = (bind(&mut params, Box::new(changed.micros())), bind(&mut params, Box::new(id.get())));
        and(&mut sql, &format!("(c.changed_at, c.id) < ({a}, {b})"));
    }
    sql.push_str(match order {
        Order::ChangedAscending => " ORDER BY c.changed_at, c.id",
        Order::ChangedDescending => " ORDER BY c.changed_at DESC, c.id DESC",
    });
    let (l, o) = (bind(&mut params, Box::new(limit)), bind(&mut params, Box::new(offset)));
    sql.push_str(&format!(" LIMIT {l} OFFSET {o}"));
    let refs: Vec<&dyn Param> = params.iter().map(|param| &**param).collect();
    let mut listed = tx.all_dynamic_with(&sql, &refs, |row_| {
        Ok(Listed {
            conversation: row(row_)?,
            customer_name: row_.get(16)?,
            customer_email: row_.get(17)?,
            department_name: row_.get(18)?,
            tags: Vec::new(),
        })
    })?;
    let ids: Vec<ConversationId> = listed.iter().map(|one| one.conversation.id).collect();
    let mut tags = tags::of_conversations(tx, &ids)?;
    for one in &mut listed {
        one.tags = tags.remove(&one.conversation.id).unwrap_or_default();
        one.conversation.tags = one.tags.iter().map(|(_, name)| name.clone()).collect();
    }
    Ok(listed)
}

/// One side has read up to a message; marks only move forward. Returns whether this one did.
pub fn mark_read(tx: &mut Tx<'_>, conversation: ConversationId, side: &str, message: MessageId, number: i64) -> Result<bool, StoreError> {
    let changed = tx.exec(
        "INSERT INTO read_marks (conversation_id, side, message_id, number) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (conversation_id, side) DO UPDATE SET message_id = excluded.message_id, number = excluded.number \
         WHERE read_marks.number < excluded.number",
        &[&conversation.get(), &side, &message.get(), &number],
    )?;
    Ok(changed > 0)
}

/// The last message one side has read.
pub fn read_mark(tx: &mut Tx<'_>, conversation: ConversationId, side: &str) -> Result<Option<MessageId>, StoreError> {
    let found: Option<(i64,)> =
        tx.opt("SELECT message_id FROM read_marks WHERE conversation_id = $1 AND side = $2", &[&conversation.get(), &side])?;
    Ok(found.map(|(id,)| MessageId::from_i64(id)))
}
