//! Lists of conversations by filter, page after page by keyset.
//!
//! A page costs what its rows cost, however many conversations there are. For that, one part of the filter drives: it names a stretch of an
//! index that is in the list's order already. Where it names several (statuses, channels; all statuses behind a department or an agent)
//! each stretch gives as many rows as the page needs, and the first of all are taken: planners sort everything instead when they are told
//! `IN`. What does not drive is hidden from the planners (`+x`, `x || ''`), who may take it for the better index. Only the rows of the page
//! are then joined to their customers, departments and tags.
//!
//! A page that is one stretch takes its rows where the index points, which on SQLite is where they were appended: side by side, if they
//! were created one after the other. To find them by id would be a search for each, in an order without rhyme. A page put together from
//! several stretches, or with rows to skip, gathers ids first: it looks at more rows than it shows.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write as _;
use std::sync::LazyLock;

use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer;
use deskbell_domain::ids::{AgentId, ConversationId, CustomerId, DepartmentId, TagId};
use deskbell_domain::time::Timestamp;

use super::{COLUMNS, row};
use crate::engine::{Param, Row, Tx};
use crate::error::StoreError;

/// A comparison of the time of change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    Equal(Timestamp, Timestamp),
    NotEqual(Timestamp, Timestamp),
    Before(Timestamp),
    From(Timestamp),
}

impl Changed {
    /// The first moment that may hold.
    fn lower(&self) -> Option<Timestamp> {
        match self {
            Changed::Equal(from, _) | Changed::From(from) => Some(*from),
            Changed::NotEqual(..) | Changed::Before(_) => None,
        }
    }

    /// The first moment that is too late.
    fn upper(&self) -> Option<Timestamp> {
        match self {
            Changed::Equal(_, end) | Changed::Before(end) => Some(*end),
            Changed::NotEqual(..) | Changed::From(_) => None,
        }
    }
}

/// Words of a search that are looked for; more are passed over.
const SEARCH_TERMS_MAX: usize = 8;
/// Characters of a subject that its index holds; the schema says the same.
const SUBJECT_INDEXED_CHARS: usize = 80;
/// Rows that there is room for at first.
const ROWS_FIRST: i64 = 1_000;

/// Which conversations to list. Everything given must hold. Those that were merged into others are in no list.
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
    /// Only those behind this one in the list's order: its time in that order, and its id.
    pub beyond: Option<(Timestamp, ConversationId)>,
}

impl Filter {
    /// Changed then or later.
    pub fn changed_from(&self) -> Option<Timestamp> {
        self.changed.iter().filter_map(Changed::lower).max()
    }

    fn changed_before(&self) -> Option<Timestamp> {
        self.changed.iter().filter_map(Changed::upper).min()
    }
}

/// Order of a list. Equal times are ordered by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Oldest first: a place that never changes.
    CreatedAscending,
    /// Oldest change first.
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
    /// The ids of `conversation.tags`, in the same order.
    pub tags: Vec<TagId>,
}

impl Listed {
    pub fn customer_display_name(&self) -> Cow<'_, str> {
        customer::display_name(self.conversation.customer, &self.customer_name, self.customer_email.as_deref())
    }
}

/// Lists conversations with their tags; the first `skip` are left out.
pub fn list(tx: &mut Tx<'_>, filter: &Filter, order: Order, limit: i64, skip: i64) -> Result<Vec<Listed>, StoreError> {
    let mut text = Text::default();
    let page = text.page(&OWN_COLUMNS, filter, order, limit, skip);
    // Put in order below: an engine would sort whole rows.
    let sql = format!("{} FROM {page} {PAGE_JOINS}", *PAGE_HEAD);
    let params: Vec<&dyn Param> = text.params().collect();
    let room = limit.clamp(0, ROWS_FIRST) as usize;
    let (mut rows, mut tags): (Vec<Listed>, Vec<Tagged>) = (Vec::with_capacity(room), Vec::new());
    let mut places: HashMap<i64, usize> = HashMap::with_capacity(room);
    tx.each_dynamic(&sql, &params, |columns| {
        let row = match places.entry(columns.get(0)?) {
            Entry::Occupied(place) => *place.get(),
            Entry::Vacant(place) => {
                rows.push(listed(columns)?);
                *place.insert(rows.len() - 1)
            }
        };
        tags.extend(tagged(columns, row)?);
        Ok(())
    })?;
    tags.sort_unstable();
    for tag in tags {
        rows[tag.row].tags.push(tag.id);
        rows[tag.row].conversation.tags.push(tag.name);
    }
    let place = |row: &Listed| order.place(row.conversation.created, row.conversation.changed, row.conversation.id);
    rows.sort_by(|one, other| order.compare(place(one), place(other)));
    Ok(rows)
}

/// What a page shows of its rows, up to `FROM`.
static PAGE_HEAD: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {}, u.name, u.email, d.name, t.id, t.name, ct.ordinal", *OWN_COLUMNS));

/// Columns of the conversation itself that are shown.
static OWN_COLUMNS: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<String> = COLUMNS.split(',').map(|column| format!("c.{}", column.trim())).collect();
    columns.join(", ")
});

/// A row for each tag, and one for a conversation that has none. Nothing is looked for where `tagged_id` is NULL.
pub(super) const PAGE_JOINS: &str = "JOIN customers u ON u.id = c.customer_id JOIN departments d ON d.id = c.department_id \
     LEFT JOIN conversation_tags ct ON ct.conversation_id = c.tagged_id \
     LEFT JOIN tags t ON t.id = ct.tag_id AND t.removed_at IS NULL";

/// How many there are of [`OWN_COLUMNS`].
static CONVERSATION_COLUMNS: LazyLock<usize> = LazyLock::new(|| COLUMNS.split(',').count());

/// A tag of a row, in the order they are shown in.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Tagged {
    row: usize,
    ordinal: i64,
    name: String,
    id: TagId,
}

fn listed(columns: &Row<'_>) -> Result<Listed, StoreError> {
    let behind = *CONVERSATION_COLUMNS;
    Ok(Listed {
        conversation: row(columns)?,
        customer_name: columns.get(behind)?,
        customer_email: columns.get(behind + 1)?,
        department_name: columns.get(behind + 2)?,
        tags: Vec::new(),
    })
}

fn tagged(columns: &Row<'_>, row: usize) -> Result<Option<Tagged>, StoreError> {
    let behind = *CONVERSATION_COLUMNS + 3;
    let Some(id) = columns.get::<Option<i64>>(behind)? else { return Ok(None) };
    Ok(Some(Tagged { row, ordinal: columns.get(behind + 2)?, name: columns.get(behind + 1)?, id: TagId::from_i64(id) }))
}

impl Order {
    fn column(self) -> &'static str {
        match self {
            Order::CreatedAscending => "c.created_at",
            Order::ChangedAscending | Order::ChangedDescending => "c.changed_at",
        }
    }

    /// Where a row stands in the list: what [`Order::column`] says.
    pub fn place(self, created: Timestamp, changed: Timestamp, id: ConversationId) -> (Timestamp, ConversationId) {
        match self {
            Order::CreatedAscending => (created, id),
            Order::ChangedAscending | Order::ChangedDescending => (changed, id),
        }
    }

    /// What [`Order::direction`] says of two places.
    pub(super) fn compare(self, one: (Timestamp, ConversationId), other: (Timestamp, ConversationId)) -> Ordering {
        match self {
            Order::CreatedAscending | Order::ChangedAscending => one.cmp(&other),
            Order::ChangedDescending => other.cmp(&one),
        }
    }

    fn direction(self) -> &'static str {
        match self {
            Order::CreatedAscending | Order::ChangedAscending => "",
            Order::ChangedDescending => " DESC",
        }
    }

    fn behind(self) -> &'static str {
        match self {
            Order::CreatedAscending | Order::ChangedAscending => ">",
            Order::ChangedDescending => "<",
        }
    }
}

/// What of a filter drives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drive {
    /// Few enough of one customer that another order than that of the index does no harm.
    Customer(CustomerId),
    Subject,
    /// With statuses, all if none are asked for.
    Agent(AgentId),
    Department(DepartmentId),
    Statuses,
    Channels,
    /// The order alone.
    Nothing,
}

impl Drive {
    /// Those that leave the fewest to look through come first.
    fn of(filter: &Filter, order: Order) -> Drive {
        let by_statuses = || if asks(&filter.statuses, Status::ALL) { Some(Drive::Statuses) } else { None };
        let customer = filter.customer.map(Drive::Customer);
        match order {
            Order::CreatedAscending => customer
                .or(filter.subject.as_ref().map(|_| Drive::Subject))
                .or(filter.assigned.flatten().map(Drive::Agent))
                .or(filter.department.map(Drive::Department))
                .or_else(by_statuses)
                .or_else(|| if asks(&filter.channels, Channel::ALL) { Some(Drive::Channels) } else { None }),
            Order::ChangedAscending | Order::ChangedDescending => customer.or_else(by_statuses),
        }
        .unwrap_or(Drive::Nothing)
    }

    /// Whether the stretches of its index are in another order: then all of their rows are sorted.
    fn is_sorted(self, order: Order) -> bool {
        matches!(self, Drive::Customer(_)) && order != Order::CreatedAscending
    }

    /// The expression that the stretches of the index are in order of.
    fn place(self, order: Order) -> String {
        format!("{}{}", if self.is_sorted(order) { "+" } else { "" }, order.column())
    }
}

/// Whether a list of letters leaves anything out: one that holds them all is no filter.
fn asks<T: PartialEq>(asked: &[T], all: &[T]) -> bool {
    !asked.is_empty() && !all.iter().all(|one| asked.contains(one))
}

/// A statement being put together, and what is bound in it.
#[derive(Default)]
pub(super) struct Text {
    params: Vec<Box<dyn Param>>,
}

impl Text {
    fn bind(&mut self, param: impl Param + 'static) -> String {
        self.params.push(Box::new(param));
        format!("${}", self.params.len())
    }

    pub(super) fn params(&self) -> impl Iterator<Item = &dyn Param> {
        self.params.iter().map(|param| &**param)
    }

    /// What gives a page's rows as `c`, each with its place; `own_columns` of the conversation are shown.
    pub(super) fn page(&mut self, own_columns: &str, filter: &Filter, order: Order, limit: i64, skip: i64) -> String {
        let drive = Drive::of(filter, order);
        let (place, direction) = (drive.place(order), order.direction());
        let mut common = String::from("c.merged_into IS NULL");
        self.bounds(&mut common, filter, order, &place);
        self.others(&mut common, filter, order, drive);
        let tables = if filter.search.is_some() { "conversations c JOIN customers u ON u.id = c.customer_id" } else { "conversations c" };
        let stretches: Vec<String> = self.stretches(filter, drive);
        let piece = |columns: &str, stretch: &str, needed: i64| {
            let and = if stretch.is_empty() { "" } else { " AND " };
            format!(
                "SELECT {columns}, {place} AS place FROM {tables} WHERE {stretch}{and}{common} \
                 ORDER BY {place}{direction}, c.id{direction} LIMIT {needed}"
            )
        };
        let offset = if skip > 0 { format!(" OFFSET {skip}") } else { String::new() };
        let ids = match &stretches[..] {
            [one] if skip == 0 && !drive.is_sorted(order) => {
                return format!("({}) AS c", piece(&format!("{own_columns}, c.tagged_id"), one, limit));
            }
            [one] => format!("{}{offset}", piece("c.id", one, limit)),
            many => {
                let mut union = String::new();
                for (number, stretch) in many.iter().enumerate() {
                    let all = if number == 0 { "" } else { " UNION ALL " };
                    let _ = write!(union, "{all}SELECT id, place FROM ({}) AS s{number}", piece("c.id", stretch, limit + skip));
                }
                format!("SELECT id, place FROM ({union}) AS s ORDER BY place{direction}, id{direction} LIMIT {limit}{offset}")
            }
        };
        format!("({ids}) AS k JOIN conversations c ON c.id = k.id")
    }

    /// The stretches of the index that drives.
    fn stretches(&mut self, filter: &Filter, drive: Drive) -> Vec<String> {
        // Letters come from our own enums, never from a caller.
        let in_statuses = |stretch: &str| -> Vec<String> {
            let asked = if filter.statuses.is_empty() { Status::ALL } else { &filter.statuses };
            let asked = Status::ALL.iter().filter(|status| asked.contains(status));
            asked.map(|status| format!("{stretch}c.status = '{}'", status.text())).collect()
        };
        match drive {
            Drive::Customer(customer) => vec![format!("c.customer_id = {}", self.bind(customer.get()))],
            Drive::Subject => {
                let subject = filter.subject.clone().unwrap_or_default();
                let start: String = subject.chars().take(SUBJECT_INDEXED_CHARS).collect();
                let (start, whole) = (self.bind(start), self.bind(subject));
                vec![format!("substr(c.subject, 1, {SUBJECT_INDEXED_CHARS}) = {start} AND (c.subject || '') = {whole}")]
            }
            Drive::Agent(agent) => in_statuses(&format!("c.assigned_id = {} AND ", self.bind(agent.get()))),
            Drive::Department(department) => in_statuses(&format!("c.department_id = {} AND ", self.bind(department.get()))),
            Drive::Statuses => in_statuses(""),
            Drive::Channels => {
                let asked = Channel::ALL.iter().filter(|channel| filter.channels.contains(channel));
                asked.map(|channel| format!("c.channel = '{}'", channel.text())).collect()
            }
            Drive::Nothing => vec![String::new()],
        }
    }

    /// From where to where in the list's order. A cursor lies behind the lower bound: told both, PostgreSQL would begin at the bound.
    fn bounds(&mut self, text: &mut String, filter: &Filter, order: Order, place: &str) {
        let (lower, upper) = match order {
            // What changed before a moment was made before it.
            Order::CreatedAscending => {
                let to = filter.created_to.map(|to| to.plus_micros(1));
                (filter.created_from, [to, filter.changed_before()].into_iter().flatten().min())
            }
            Order::ChangedAscending | Order::ChangedDescending => (filter.changed_from(), filter.changed_before()),
        };
        let beyond = filter.beyond.map(|(at, id)| (at.micros(), id.get()));
        if let Some((at, id)) = beyond {
            let (at, id) = (self.bind(at), self.bind(id));
            and(text, &format!("({place}, c.id) {} ({at}, {id})", order.behind()));
        }
        let covers = |bound: Timestamp| beyond.is_some_and(|(at, _)| at >= bound.micros()) && order != Order::ChangedDescending;
        if let Some(bound) = lower.filter(|bound| !covers(*bound)) {
            and(text, &format!("{place} >= {}", self.bind(bound.micros())));
        }
        if let Some(bound) = upper {
            and(text, &format!("{place} < {}", self.bind(bound.micros())));
        }
    }

    /// What neither drives nor bounds, hidden from the planners.
    fn others(&mut self, text: &mut String, filter: &Filter, order: Order, drive: Drive) {
        let is_by_status = matches!(drive, Drive::Agent(_) | Drive::Department(_) | Drive::Statuses);
        if let Some(department) = filter.department.filter(|department| drive != Drive::Department(*department)) {
            and(text, &format!("+c.department_id = {}", self.bind(department.get())));
        }
        match filter.assigned {
            Some(Some(agent)) if drive != Drive::Agent(agent) => and(text, &format!("+c.assigned_id = {}", self.bind(agent.get()))),
            Some(None) => and(text, "(+c.assigned_id) IS NULL"),
            Some(Some(_)) | None => {}
        }
        if asks(&filter.statuses, Status::ALL) && !is_by_status {
            and(text, &format!("(c.status || '') IN ({})", letters(filter.statuses.iter().map(|status| status.text()))));
        }
        if asks(&filter.channels, Channel::ALL) && drive != Drive::Channels {
            and(text, &format!("(c.channel || '') IN ({})", letters(filter.channels.iter().map(|channel| channel.text()))));
        }
        if let Some(subject) = filter.subject.as_ref().filter(|_| drive != Drive::Subject) {
            and(text, &format!("(c.subject || '') = {}", self.bind(subject.clone())));
        }
        match order {
            Order::CreatedAscending => self.changed(text, filter),
            Order::ChangedAscending | Order::ChangedDescending => {
                self.created(text, filter);
                self.not_changed(text, filter);
            }
        }
        self.search(text, filter);
    }

    fn changed(&mut self, text: &mut String, filter: &Filter) {
        if let Some(from) = filter.changed_from() {
            and(text, &format!("+c.changed_at >= {}", self.bind(from.micros())));
        }
        if let Some(end) = filter.changed_before() {
            and(text, &format!("+c.changed_at < {}", self.bind(end.micros())));
        }
        self.not_changed(text, filter);
    }

    fn not_changed(&mut self, text: &mut String, filter: &Filter) {
        for changed in &filter.changed {
            if let Changed::NotEqual(from, end) = changed {
                let (from, end) = (self.bind(from.micros()), self.bind(end.micros()));
                and(text, &format!("NOT (+c.changed_at >= {from} AND +c.changed_at < {end})"));
            }
        }
    }

    fn created(&mut self, text: &mut String, filter: &Filter) {
        if let Some(from) = filter.created_from {
            and(text, &format!("+c.created_at >= {}", self.bind(from.micros())));
        }
        if let Some(to) = filter.created_to {
            and(text, &format!("+c.created_at <= {}", self.bind(to.micros())));
        }
    }

    fn search(&mut self, text: &mut String, filter: &Filter) {
        let escape = |text: &str| text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        for term in filter.search.iter().flat_map(|search| search.split_whitespace()).take(SEARCH_TERMS_MAX) {
            // SQLite folds case for ASCII only: the term is looked for as it was typed, too.
            let lower = self.bind(format!("%{}%", escape(&term.to_lowercase())));
            let typed = self.bind(format!("%{}%", escape(term)));
            let columns = ["c.subject", "c.preview", "c.code", "u.name", "COALESCE(u.email, '')"];
            let either = columns.map(|column| format!("lower({column}) LIKE {lower} ESCAPE '\\' OR {column} LIKE {typed} ESCAPE '\\'"));
            and(text, &format!("({})", either.join(" OR ")));
        }
    }
}

fn and(text: &mut String, condition: &str) {
    text.push_str(" AND ");
    text.push_str(condition);
}

/// Letters of our own enums, never from a caller.
fn letters(all: impl Iterator<Item = &'static str>) -> String {
    all.map(|letter| format!("'{letter}'")).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests;
