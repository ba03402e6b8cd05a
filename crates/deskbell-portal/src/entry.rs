//! `/<digits>-Title`: the page of an entry, whatever it is. Tickets have their pages beside it.

use askama::Template;
use deskbell_app::AppError;
use deskbell_app::knowledge::listing::Contents;
use deskbell_app::knowledge::posts::REPLIES_MAX;
use deskbell_app::knowledge::{self, listing, rendering};
use deskbell_app::rights::Right;
use deskbell_app::search::Reader;
use deskbell_app::settings::Settings;
use deskbell_domain::ids::KnowledgeEntryId;
use deskbell_domain::knowledge::{Entry, EntryKind, KnowledgeBase};
use deskbell_domain::message::Actor;
use deskbell_domain::time::Timestamp;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use http::Method;
use percent_encoding::percent_decode_str;

use crate::door::State;
use crate::entries::{Crumb, EXCERPT_FROM_CHARS_MAX, Rows, crumbs, excerpt_of, is_internal, status};
use crate::home::is_visible;
use crate::moment::Moment;
use crate::posting::Draft;
use crate::reader::{Form, Who};
use crate::shell::{Indexing, Shell, answer, moved};
use crate::texts::{Language, Texts};
use crate::words::{Piece, lines};
use crate::{html, ticket};

/// Entries of a place on one page.
const PAGE_ENTRIES_MAX: i64 = 100;
/// Articles of a list that are shown whole, and bytes of what these are together; the others are shown by how they begin.
const WHOLE_MAX: usize = 20;
const WHOLE_BYTES_MAX: usize = 256 * 1024;
/// Words in a browser's name that only programs have.
const CRAWLERS: [&str; 4] = ["bot", "crawl", "spider", "slurp"];

#[derive(Template)]
#[template(path = "entry.html")]
pub(crate) struct EntryPage<'a> {
    shell: Shell,
    t: &'static Texts,
    crumbs: Vec<Crumb>,
    path: String,
    /// Of the contents.
    language: &'a str,
    direction: &'static str,
    title: &'a str,
    description: &'a str,
    html: &'a str,
    internal: bool,
    status: Option<&'static str>,
    changed: Moment,
    views: i64,
    votes: Option<i64>,
    voted: bool,
    is_article: bool,
    author: Option<&'a str>,
    holds: bool,
    rows: &'a Rows,
    /// Where the list goes on.
    more: Option<String>,
    replies: Vec<ReplyRow<'a>>,
    more_replies: Option<String>,
    /// What may be posted here, and what was typed already.
    form: Option<PostForm<'a>>,
}

pub(crate) struct ReplyRow<'a> {
    number: i64,
    name: &'a str,
    is_agent: bool,
    at: Moment,
    lines: Vec<Vec<Piece<'a>>>,
}

pub(crate) struct PostForm<'a> {
    title: &'static str,
    action: String,
    asks_name: bool,
    asks_subject: bool,
    key: String,
    draft: &'a Draft,
}

/// All that a page shows, as it was read at one moment.
struct Shown {
    entry: Entry,
    base: KnowledgeBase,
    ancestors: Vec<Entry>,
    children: Vec<Entry>,
    replies: Vec<(i64, Actor, String, Timestamp, String)>,
    author: Option<String>,
    voted: bool,
    /// Articles of the list that want to be shown whole, as far as is needed to see whether they are.
    whole: Vec<Entry>,
    /// Further ones, how they begin.
    shortened: Vec<Entry>,
}

/// What takes its time to be made of it.
struct Rendered {
    html: String,
    description: String,
    rows: Rows,
}

impl Rendered {
    fn of(t: &'static Texts, shown: &Shown) -> Rendered {
        let entry = &shown.entry;
        let mut rows = Rows::of(t, &shown.children);
        let mut room = WHOLE_BYTES_MAX;
        let articles = shown.children.iter().filter(|child| child.kind == EntryKind::Article);
        for (article, row) in articles.zip(&mut rows.articles) {
            let of = |one: &&Entry| one.id == article.id;
            let whole = shown.whole.iter().find(of).filter(|one| one.content.len() <= room);
            if let Some(whole) = whole {
                room -= whole.content.len();
                row.html = Some(html::shown(&whole.content));
            } else if let Some(beginning) = shown.whole.iter().chain(&shown.shortened).find(of) {
                let excerpt = excerpt_of(&beginning.content);
                if !excerpt.is_empty() {
                    row.excerpt = excerpt;
                }
            }
        }
        Rendered {
            html: html::shown(&entry.content),
            description: if entry.kind == EntryKind::Article { String::new() } else { rendering::plain_text(&entry.description) },
            rows,
        }
    }
}

/// Where the lists of a page go on.
#[derive(Default, Clone, Copy)]
struct Pages {
    children_after: Option<(i64, KnowledgeEntryId)>,
    replies_after: i64,
}

impl Pages {
    fn of(input: &Input) -> Pages {
        let place = |text: &str| {
            let (position, id) = text.split_once('.')?;
            Some((position.parse().ok()?, KnowledgeEntryId::parse(id)?))
        };
        Pages {
            children_after: input.text_opt("after").and_then(place),
            replies_after: input.text_opt("replies").and_then(|text| text.parse().ok()).unwrap_or(0),
        }
    }
}

/// The digits a path's segment begins with, if nothing else than a title follows.
fn digits_of(segment: &str) -> Option<&str> {
    let end = segment.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(segment.len());
    let (digits, rest) = segment.split_at(end);
    (!digits.is_empty() && (rest.is_empty() || rest.starts_with('-'))).then_some(digits)
}

/// The entry that a path's segment leads this reader to.
pub(crate) async fn find(cx: &Cx<State>, segment: &str, reader: Reader) -> Result<Entry, AppError> {
    let unknown = || AppError::not_found("no such page");
    let digits = digits_of(segment).ok_or_else(unknown)?.to_owned();
    let entry = cx.state.desk.read(move |tx| knowledge::entry_by_url_code(tx, &digits)).await?;
    entry.filter(|entry| is_visible(entry, reader)).ok_or_else(unknown)
}

pub(crate) struct Page;

impl Endpoint<State> for Page {
    const META: Meta = Meta::get("{page}", Right::Anyone).summary("An entry of a knowledge base, or a ticket").params(&[
        Param::path("page").about("the digits of an entry and its title, or `ticket_` and a public code"),
        Param::text("after").placed(Place::Query).about("where a list of entries goes on"),
        Param::text("replies").placed(Place::Query).about("where replies go on"),
    ]);

    async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
        let segment = input.path("page")?;
        if let Some(code) = ticket::code_of(segment) {
            return ticket::page(&cx, code, "", None).await;
        }
        let who = Who::of(&cx).await?;
        let entry = find(&cx, segment, who.sees()).await?;
        let path = knowledge::page_path(&entry);
        if percent_decode_str(&path[1..]).decode_utf8_lossy() != segment {
            return Ok(moved(&with_query(&path, cx.head.uri().query())));
        }
        let form = Form::of(&cx);
        count(&cx, &who, &form, &entry);
        page(&cx, &who, form, entry, Pages::of(&input), &Draft::default()).await
    }
}

fn with_query(path: &str, query: Option<&str>) -> String {
    match query.filter(|query| !query.is_empty()) {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    }
}

/// Counts a look: once for each browser and hour, and none by agents and programs.
fn count(cx: &Cx<State>, who: &Who, form: &Form, entry: &Entry) {
    let browser = cx.head.header("user-agent").unwrap_or_default().to_ascii_lowercase();
    let is_reader = *cx.head.method() == Method::GET && !CRAWLERS.iter().any(|word| browser.contains(word));
    if !is_reader || matches!(who, Who::Agent { .. }) {
        return;
    }
    if cx.state.seen.take(&form.seen(cx, entry.id), cx.state.desk.now()).is_ok() {
        cx.state.desk.note_view(entry.id);
    }
}

/// The page again, with what was typed into its form and what was wrong with it.
pub(crate) async fn again(cx: &Cx<State>, who: &Who, entry: Entry, draft: &Draft) -> Result<Answer, AppError> {
    Ok(page(cx, who, Form::of(cx), entry, Pages::default(), draft).await?.status(422))
}

async fn page(cx: &Cx<State>, who: &Who, form: Form, entry: Entry, pages: Pages, draft: &Draft) -> Result<Answer, AppError> {
    let language = Language::asked(cx.head.headers());
    let (reader, voter) = (who.sees(), voter(who, &form));
    let desk = &cx.state.desk;
    let shown = desk.snapshot(move |tx| {
        let (id, base_id) = (entry.id, entry.base);
        let base = knowledge::base(tx, base_id)?.ok_or_else(|| AppError::not_found("no such page"))?;
        let children = if entry.kind.holds_others() {
            listing::below(tx, base_id, Some(id), reader, pages.children_after, PAGE_ENTRIES_MAX)?
        } else {
            Vec::new()
        };
        let mut whole: Vec<KnowledgeEntryId> =
            children.iter().filter(|child| child.full_preview && child.kind == EntryKind::Article).map(|child| child.id).collect();
        let shortened = whole.split_off(whole.len().min(WHOLE_MAX));
        let replies = knowledge::replies(tx, &entry, pages.replies_after, REPLIES_MAX)?;
        Ok(Shown {
            ancestors: knowledge::ancestors(tx, &entry)?,
            base,
            children,
            // One character more than there is room for: what is that long is not shown whole.
            whole: listing::entries_with(tx, &whole, Contents::Beginning(WHOLE_BYTES_MAX as u32 + 1))?,
            shortened: listing::entries_with(tx, &shortened, Contents::Beginning(EXCERPT_FROM_CHARS_MAX))?,
            replies: replies.into_iter().map(|one| (one.number, one.author, one.author_name, one.at, one.text)).collect(),
            author: knowledge::opening(tx, &entry)?.map(|first| first.author_name),
            voted: knowledge::has_voted(tx, id, &voter)?,
            entry,
        })
    });
    let (shown, t) = (shown.await?, language.texts());
    let rendering = cx.state.rendering.apart(move || (Rendered::of(t, &shown), shown));
    let (rendered, shown) = rendering.await?;
    let page = whole_page(cx, who, language, &form, (&shown, &rendered), draft);
    answer(&page, &form)
}

/// How votes of a reader are told apart.
pub(crate) fn voter(who: &Who, form: &Form) -> String {
    match who {
        Who::Customer(customer) => format!("c{}", customer.id),
        Who::Nobody | Who::Agent { .. } => form.voter(),
    }
}

fn whole_page<'a>(
    cx: &Cx<State>,
    who: &Who,
    language: Language,
    form: &Form,
    (shown, rendered): (&'a Shown, &'a Rendered),
    draft: &'a Draft,
) -> EntryPage<'a> {
    let (t, desk, entry) = (language.texts(), &cx.state.desk, &shown.entry);
    let settings = desk.settings();
    let path = knowledge::page_path(entry);
    let internal = is_internal(entry);
    let listed = if internal { Indexing::Kept } else { Indexing::Listed };
    let mut shell = Shell::of(desk, language, &entry.title, listed, who, form);
    shell.canonical = Some(format!("{}{path}", cx.origin()));
    shell.description.clone_from(&entry.meta_description);
    shell.keywords.clone_from(&entry.keywords);
    let full = shown.children.len() as i64 == PAGE_ENTRIES_MAX;
    let last = shown.children.last().filter(|_| full);
    let more_replies = shown.replies.last().filter(|_| shown.replies.len() as i64 == REPLIES_MAX).map(|last| last.0);
    EntryPage {
        crumbs: crumbs(&shown.base, &shown.ancestors),
        title: &entry.title,
        description: &rendered.description,
        html: &rendered.html,
        internal,
        status: status(t, entry),
        changed: Moment::of(&settings, entry.changed),
        views: entry.views,
        votes: entry.kind.takes_votes().then_some(entry.votes),
        voted: shown.voted,
        is_article: entry.kind == EntryKind::Article,
        author: shown.author.as_deref(),
        holds: entry.kind.holds_others(),
        language: &shown.base.language,
        direction: Language::direction_of(&shown.base.language),
        more: last.map(|last| format!("{path}?after={}.{}", last.position, last.id)),
        replies: shown.replies.iter().map(|reply| ReplyRow::new(&settings, reply)).collect(),
        more_replies: more_replies.map(|number| format!("{path}?replies={number}")),
        form: post_form(t, who, entry, &path, desk.draw_file_name(), draft),
        rows: &rendered.rows,
        path,
        shell,
        t,
    }
}

impl<'a> ReplyRow<'a> {
    fn new(settings: &Settings, (number, author, name, at, text): &'a (i64, Actor, String, Timestamp, String)) -> ReplyRow<'a> {
        ReplyRow { number: *number, name, is_agent: matches!(author, Actor::Agent(_)), at: Moment::of(settings, *at), lines: lines(text) }
    }
}

fn post_form<'a>(t: &'static Texts, who: &Who, entry: &Entry, path: &str, key: String, draft: &'a Draft) -> Option<PostForm<'a>> {
    let (title, what, asks_subject) = match entry.kind {
        EntryKind::Forum => (t.post_topic, "topic", true),
        EntryKind::SuggestionCategory => (t.post_suggestion, "suggestion", true),
        EntryKind::Topic | EntryKind::Suggestion if !entry.deleted => (t.post_reply, "answer", false),
        EntryKind::Topic | EntryKind::Suggestion | EntryKind::Home | EntryKind::Category | EntryKind::Article => return None,
    };
    Some(PostForm { title, action: format!("{path}/{what}"), asks_name: who.actor().is_none(), asks_subject, key, draft })
}

#[cfg(test)]
mod tests;
