//! Pages of the same lists as [`super::list`] gives, for interfaces that show of a conversation one line and have pages of a thousand: only
//! what such a line shows is read, and the texts of a page share one piece of memory.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use deskbell_domain::conversation::{Channel, Status};
use deskbell_domain::customer;
use deskbell_domain::ids::{ConversationId, CustomerId, DepartmentId, TagId};
use deskbell_domain::time::Timestamp;

use super::list::{Filter, Order, PAGE_JOINS, Text};
use crate::engine::{Param, Row, Tx};
use crate::error::StoreError;
use crate::tables::{narrow, time, word};

/// What a line shows of the conversation itself. The number of a column below is its place in here.
const OWN_COLUMNS: &str = "c.id, c.code, c.public_code, c.subject, c.preview, c.department_id, c.status, c.channel, c.created_at, \
                           c.changed_at, c.groups_in, c.groups_out, c.customer_id";
/// What a page shows of its lines, up to `FROM`.
static PAGE_HEAD: LazyLock<String> = LazyLock::new(|| format!("SELECT {OWN_COLUMNS}, u.name, u.email, d.name, t.id, t.name, ct.ordinal"));
/// The columns of the texts, in the order of [`Which`].
const TEXT_COLUMNS: [usize; TEXTS] = [1, 2, 3, 4, 13, EMAIL, 15];
/// The one text that may be missing.
const EMAIL: usize = 14;
/// Bytes of texts that there is room for at first, for each line.
const TEXT_BYTES_FIRST: usize = 256;
/// Lines that there is room for at first.
const LINES_FIRST: i64 = 1_000;

/// Lines of a list, in its order.
#[derive(Default)]
pub struct Lines {
    kept: Vec<Kept>,
    /// All texts of all lines, one behind the other.
    texts: String,
    /// Those of a line are neighbours.
    tags: Vec<TagId>,
}

/// A line without its texts and tags.
#[derive(Clone, Copy)]
struct Kept {
    id: ConversationId,
    customer: CustomerId,
    department: DepartmentId,
    status: Status,
    channel: Channel,
    created: Timestamp,
    changed: Timestamp,
    groups_in: u32,
    groups_out: u32,
    has_email: bool,
    /// Where the first text begins, and where each one ends.
    places: [usize; TEXTS + 1],
    /// From where to where in the tags.
    tags: (usize, usize),
}

impl Kept {
    fn place(&self, order: Order) -> (Timestamp, ConversationId) {
        order.place(self.created, self.changed, self.id)
    }
}

/// The texts of a line, in their order.
#[derive(Clone, Copy)]
enum Which {
    Code,
    PublicCode,
    Subject,
    Preview,
    CustomerName,
    CustomerEmail,
    DepartmentName,
}

const TEXTS: usize = 7;

/// A conversation in a list, with what lists show of its customer and department.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    lines: &'a Lines,
    kept: &'a Kept,
}

impl Lines {
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = Line<'_>> {
        self.kept.iter().map(|kept| Line { lines: self, kept })
    }

    pub fn last(&self) -> Option<Line<'_>> {
        self.kept.last().map(|kept| Line { lines: self, kept })
    }

    /// Adds a line of another page.
    pub fn push(&mut self, line: Line<'_>) {
        let mut kept = *line.kept;
        let start = kept.places[0];
        kept.places = kept.places.map(|place| place - start + self.texts.len());
        self.texts.push_str(&line.lines.texts[start..line.kept.places[TEXTS]]);
        kept.tags = (self.tags.len(), self.tags.len() + line.tags().len());
        self.tags.extend_from_slice(line.tags());
        self.kept.push(kept);
    }

    /// Reads a row; a further one of the conversation before it only brings a tag.
    fn read(&mut self, columns: &Row<'_>) -> Result<ConversationId, StoreError> {
        let id = ConversationId::from_i64(columns.get(0)?);
        if self.kept.last().is_some_and(|last| last.id == id) {
            return Ok(id);
        }
        let mut places = [self.texts.len(); TEXTS + 1];
        let mut has_email = true;
        for (text, column) in TEXT_COLUMNS.into_iter().enumerate() {
            match columns.str_opt(column)? {
                Some(found) => self.texts.push_str(found),
                None if column == EMAIL => has_email = false,
                None => return Err(StoreError::Corrupt(format!("column {column}: a text expected, NULL found"))),
            }
            places[text + 1] = self.texts.len();
        }
        self.kept.push(Kept {
            id,
            customer: CustomerId::from_i64(columns.get(12)?),
            department: DepartmentId::from_i64(columns.get(5)?),
            status: word(Status::parse, "status", columns.str(6)?)?,
            channel: word(Channel::parse, "channel", columns.str(7)?)?,
            created: time(columns.get(8)?),
            changed: time(columns.get(9)?),
            groups_in: narrow("groups_in", columns.get(10)?)?,
            groups_out: narrow("groups_out", columns.get(11)?)?,
            has_email,
            places,
            tags: (0, 0),
        });
        Ok(id)
    }
}

impl<'a> Line<'a> {
    pub fn id(self) -> ConversationId {
        self.kept.id
    }

    pub fn department(self) -> DepartmentId {
        self.kept.department
    }

    pub fn status(self) -> Status {
        self.kept.status
    }

    pub fn channel(self) -> Channel {
        self.kept.channel
    }

    pub fn created(self) -> Timestamp {
        self.kept.created
    }

    pub fn changed(self) -> Timestamp {
        self.kept.changed
    }

    /// Turns of the customer so far.
    pub fn groups_in(self) -> u32 {
        self.kept.groups_in
    }

    /// Turns of agents so far.
    pub fn groups_out(self) -> u32 {
        self.kept.groups_out
    }

    pub fn code(self) -> &'a str {
        self.text(Which::Code)
    }

    pub fn public_code(self) -> &'a str {
        self.text(Which::PublicCode)
    }

    pub fn subject(self) -> &'a str {
        self.text(Which::Subject)
    }

    pub fn preview(self) -> &'a str {
        self.text(Which::Preview)
    }

    pub fn department_name(self) -> &'a str {
        self.text(Which::DepartmentName)
    }

    pub fn customer_email(self) -> Option<&'a str> {
        self.kept.has_email.then(|| self.text(Which::CustomerEmail))
    }

    pub fn customer_display_name(self) -> Cow<'a, str> {
        customer::display_name(self.kept.customer, self.text(Which::CustomerName), self.customer_email())
    }

    /// In the order they are shown in.
    pub fn tags(self) -> &'a [TagId] {
        &self.lines.tags[self.kept.tags.0..self.kept.tags.1]
    }

    /// Its time in a list's order, and its id.
    pub fn place(self, order: Order) -> (Timestamp, ConversationId) {
        self.kept.place(order)
    }

    fn text(self, which: Which) -> &'a str {
        let which = which as usize;
        &self.lines.texts[self.kept.places[which]..self.kept.places[which + 1]]
    }
}

impl fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("id", &self.kept.id).field("code", &self.code()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A tag of a conversation, in the order they are shown in.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Tagged {
    conversation: ConversationId,
    ordinal: i64,
    name: String,
    id: TagId,
}

/// Lists conversations as lines; the first `skip` are left out.
pub fn lines(tx: &mut Tx<'_>, filter: &Filter, order: Order, limit: i64, skip: i64) -> Result<Lines, StoreError> {
    let mut text = Text::default();
    let page = text.page(OWN_COLUMNS, filter, order, limit, skip);
    let sql = format!("{} FROM {page} {PAGE_JOINS}", *PAGE_HEAD);
    let params: Vec<&dyn Param> = text.params().collect();
    let room = limit.clamp(0, LINES_FIRST) as usize;
    let mut lines = Lines { kept: Vec::with_capacity(room), texts: String::with_capacity(room * TEXT_BYTES_FIRST), tags: Vec::new() };
    let mut tags: Vec<Tagged> = Vec::new();
    tx.each_dynamic(&sql, &params, |columns| {
        let conversation = lines.read(columns)?;
        if let Some(id) = columns.get::<Option<i64>>(16)? {
            let (name, ordinal) = (columns.get(17)?, columns.get(18)?);
            tags.push(Tagged { conversation, ordinal, name, id: TagId::from_i64(id) });
        }
        Ok(())
    })?;
    // Put in order here: an engine would sort whole rows. An engine may also give the rows of a conversation apart.
    lines.kept.sort_by(|one, other| order.compare(one.place(order), other.place(order)));
    lines.kept.dedup_by_key(|kept| kept.id);
    tags.sort_unstable();
    for kept in &mut lines.kept {
        let start = tags.partition_point(|tag| tag.conversation < kept.id);
        let own = tags[start..].iter().take_while(|tag| tag.conversation == kept.id).count();
        kept.tags = (start, start + own);
    }
    lines.tags = tags.iter().map(|tag| tag.id).collect();
    Ok(lines)
}
