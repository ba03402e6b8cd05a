//! `/kb`: the knowledge bases. `/kb/<id>`: the start page of one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use deskbell_app::knowledge::listing::Contents;
use deskbell_app::knowledge::{self, listing};
use deskbell_app::rights::Right;
use deskbell_app::search::Reader;
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::{Entry, EntryKind, KnowledgeBase};
use deskbell_domain::time::Timestamp;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};

use crate::door::State;
use crate::entries::{Row, Rows, base_path};
use crate::reader::{Form, Who};
use crate::shell::{Indexing, Shell, answer};
use crate::texts::{Language, Texts};

/// Popular articles on a start page.
const POPULAR: usize = 6;
/// Seconds for which it is remembered which articles are popular.
const POPULAR_SECONDS: i64 = 60;
/// Entries of the top that a start page shows.
const TOP_ENTRIES_MAX: i64 = 200;
/// Categories that the list of bases names of each.
const NAMED_MAX: i64 = 6;

/// Which articles of a base are read most, as of a while ago. It has no more members than there are bases.
#[derive(Default)]
pub(crate) struct Popular(Mutex<HashMap<KnowledgeBaseId, Arc<Most>>>);

/// The most read articles of one base.
#[derive(Default)]
struct Most {
    known: Mutex<Option<(Timestamp, Vec<KnowledgeEntryId>)>>,
    /// Held by the one who looks.
    looking: tokio::sync::Mutex<()>,
}

impl Popular {
    /// Public articles, the most read first.
    async fn of(&self, desk: &Desk, base: KnowledgeBaseId) -> Result<Vec<Entry>, AppError> {
        let most = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(base).or_default());
        let ids = most.ids(desk.now(), || desk.read(move |tx| listing::most_viewed(tx, base, POPULAR as i64))).await?;
        // One may have become internal meanwhile.
        let entries = desk.read(move |tx| listing::entries_with(tx, &ids, Contents::LeftOut)).await?;
        Ok(entries.into_iter().filter(knowledge::is_public).collect())
    }
}

impl Most {
    /// What is known. Once it is old, one caller looks again, and the others are given the old meanwhile; the very first time they wait.
    async fn ids<L>(&self, now: Timestamp, look: impl FnOnce() -> L) -> Result<Vec<KnowledgeEntryId>, AppError>
    where
        L: Future<Output = Result<Vec<KnowledgeEntryId>, AppError>>,
    {
        let fresh = |since: Timestamp| now.seconds_since(since) < POPULAR_SECONDS;
        let _looking = match self.known() {
            Some((since, ids)) if fresh(since) => return Ok(ids),
            Some((_, ids)) => match self.looking.try_lock() {
                Ok(looking) => looking,
                Err(_) => return Ok(ids),
            },
            None => self.looking.lock().await,
        };
        // Another one may have looked just before.
        if let Some((_, ids)) = self.known().filter(|(since, _)| fresh(*since)) {
            return Ok(ids);
        }
        let ids = look().await?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, ids.clone()));
        Ok(ids)
    }

    fn known(&self) -> Option<(Timestamp, Vec<KnowledgeEntryId>)> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[derive(Template)]
#[template(path = "bases.html")]
struct BasesPage {
    shell: Shell,
    t: &'static Texts,
    bases: Vec<BaseRow>,
}

struct BaseRow {
    path: String,
    name: String,
    language: String,
    direction: &'static str,
    categories: Vec<Row>,
}

pub(crate) struct Bases;

impl Endpoint<State> for Bases {
    const META: Meta = Meta::get("kb", Right::Anyone).summary("All knowledge bases");

    async fn run(cx: Cx<State>, _: Input) -> Result<Answer, AppError> {
        let (who, language, form) = (Who::of(&cx).await?, Language::asked(cx.head.headers()), Form::of(&cx));
        let (desk, t, reader) = (&cx.state.desk, language.texts(), who.sees());
        let bases = desk.snapshot(move |tx| {
            let mut rows = Vec::new();
            for base in knowledge::bases(tx)? {
                let top = listing::below(tx, base.id, None, reader, None, NAMED_MAX)?;
                rows.push((base, top));
            }
            Ok(rows)
        });
        let row = |(base, top): (KnowledgeBase, Vec<Entry>)| BaseRow {
            path: base_path(&base),
            categories: top.iter().filter(|entry| entry.kind == EntryKind::Category).map(|entry| Row::new(t, entry)).collect(),
            direction: Language::direction_of(&base.language),
            name: base.name,
            language: base.language,
        };
        let bases = bases.await?.into_iter().map(row).collect();
        let mut shell = Shell::of(desk, language, t.knowledge_bases, Indexing::Listed, &who, &form);
        shell.canonical = Some(format!("{}/kb", cx.origin()));
        answer(&BasesPage { shell, t, bases }, &form)
    }
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    shell: Shell,
    t: &'static Texts,
    base: KnowledgeBase,
    direction: &'static str,
    search: String,
    rows: Rows,
    popular: Vec<Row>,
}

/// The base with this id, as its pages spell it.
pub(crate) async fn base_of(cx: &Cx<State>, input: &Input) -> Result<KnowledgeBase, AppError> {
    let unknown = || AppError::not_found("no such knowledge base");
    let base = KnowledgeBaseId::parse(input.path("base")?).ok_or_else(unknown)?;
    cx.state.desk.read(move |tx| knowledge::base(tx, base)).await?.ok_or_else(unknown)
}

pub(crate) struct Home;

impl Endpoint<State> for Home {
    const META: Meta = Meta::get("kb/{base}", Right::Anyone).summary("The start page of a knowledge base").params(&[Param::path("base")]);

    async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
        let base = base_of(&cx, &input).await?;
        let (who, language, form) = (Who::of(&cx).await?, Language::asked(cx.head.headers()), Form::of(&cx));
        let (desk, t, id) = (&cx.state.desk, language.texts(), base.id);
        let reader = who.sees();
        let top = desk.read(move |tx| listing::below(tx, id, None, reader, None, TOP_ENTRIES_MAX)).await?;
        let popular = cx.state.popular.of(desk, id).await?;
        let mut shell = Shell::of(desk, language, &base.name, Indexing::Listed, &who, &form);
        shell.canonical = Some(format!("{}{}", cx.origin(), base_path(&base)));
        let page = HomePage {
            shell,
            t,
            search: format!("{}/search", base_path(&base)),
            rows: Rows::of(t, &top),
            popular: popular.iter().map(|entry| Row::new(t, entry)).collect(),
            direction: Language::direction_of(&base.language),
            base,
        };
        answer(&page, &form)
    }
}

/// Whether a reader may see an entry's page.
pub(crate) fn is_visible(entry: &Entry, reader: Reader) -> bool {
    match reader {
        Reader::Desk => true,
        Reader::Public => knowledge::is_public(entry),
    }
}

#[cfg(test)]
mod tests;
