//! A search in the index as it was at some moment.

use std::ops::Bound;
use std::sync::Arc;

use deskbell_app::chat_search::fields::{Field as ChatField, Kind};
use deskbell_app::chat_search::grammar::Edge;
use deskbell_app::chat_search::meaning::{Condition, Last};
use deskbell_app::chat_search::{ChatQuery, Hits, Order};
use tantivy::collector::Count;
use tantivy::query::{
    AllQuery, BooleanQuery, EmptyQuery, InvertedIndexRangeQuery, Occur, PhrasePrefixQuery, PhraseQuery, Query, RangeQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption, Value};
use tantivy::{Searcher, TantivyDocument, Term};

use super::fields::{Fields, column};
use super::settled::Settled;
use super::top::{Best, Top};
use super::words::asked;

/// Results that are counted and ranked in one go; further behind, it is first seen how many there are.
const RANKED_AT_ONCE_MAX: usize = 10_000;
/// Words that the last one of a phrase may go on to, in one segment; room for all of them is set aside.
const PHRASE_ENDS_MAX: u32 = 10_000;
/// No word and no value holds it, and none sorts behind it.
const LAST_CHARACTER: char = '\u{10ffff}';

/// The index as it was at some moment.
#[derive(Clone)]
pub(super) struct View {
    pub(super) searcher: Searcher,
    pub(super) fields: Arc<Fields>,
}

pub(super) fn find(view: &View, asked: &ChatQuery) -> tantivy::Result<Hits> {
    let query = view.query(&asked.condition);
    let end = asked.skip.saturating_add(asked.limit);
    let best = if end <= RANKED_AT_ONCE_MAX {
        view.best(&*query, asked.order, end)?
    } else {
        let count = view.searcher.search(&*query, &Count)?;
        if count <= asked.skip {
            return Ok(Hits { count, ids: Vec::new() });
        }
        view.best(&*query, asked.order, end.min(count))?
    };
    let count = best.count;
    let mut ids = Vec::with_capacity(asked.limit);
    for address in best.addresses().skip(asked.skip) {
        let document: TantivyDocument = view.searcher.doc(address)?;
        ids.extend(document.get_first(view.fields.key).and_then(|key| key.as_str()).map(str::to_owned));
    }
    Ok(Hits { count, ids })
}

impl View {
    fn best(&self, query: &dyn Query, order: Order, keep: usize) -> tantivy::Result<Best> {
        self.searcher.search(query, &Top { column: column(order.by), direction: order.direction, keep })
    }

    fn query(&self, condition: &Condition) -> Box<dyn Query> {
        match condition {
            Condition::Everything => Box::new(AllQuery),
            Condition::Nothing => Box::new(EmptyQuery),
            Condition::All(parts) => self.all(parts),
            Condition::Any(parts) => Box::new(BooleanQuery::new(parts.iter().map(|part| (Occur::Should, self.query(part))).collect())),
            Condition::Not(_) => self.all(std::slice::from_ref(condition)),
            Condition::Words { field, text, last } => {
                let of = field.map_or(Some(self.fields.everywhere), |field| self.fields.of(field));
                of.map_or_else(|| Box::new(EmptyQuery) as Box<dyn Query>, |of| words(of, text, *last))
            }
            Condition::Exact { field, value } => term(self.fields.exact_term(field, value)),
            Condition::Beginning { field, value } => {
                let high = self.fields.exact_term(field, &format!("{value}{LAST_CHARACTER}"));
                Box::new(InvertedIndexRangeQuery::new(Bound::Included(self.fields.exact_term(field, value)), Bound::Included(high)))
            }
            Condition::Between { field, low, high } => self.between(field, low, high),
            Condition::Number { field, from, to } => match self.fields.of(field) {
                Some(of) if from <= to => {
                    let bound = |value: i64| Bound::Included(Term::from_field_i64(of, value));
                    Box::new(RangeQuery::new(bound(*from), bound(*to)))
                }
                Some(_) | None => Box::new(EmptyQuery),
            },
            Condition::Has(field) => term(self.fields.has_term(field)),
        }
    }

    /// What is negated is taken away from the rest, or from everything.
    fn all(&self, parts: &[Condition]) -> Box<dyn Query> {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::with_capacity(parts.len() + 1);
        for part in parts {
            clauses.push(match part {
                Condition::Not(inner) => (Occur::MustNot, Box::new(Settled(self.query(inner)))),
                Condition::Everything
                | Condition::Nothing
                | Condition::All(_)
                | Condition::Any(_)
                | Condition::Words { .. }
                | Condition::Exact { .. }
                | Condition::Beginning { .. }
                | Condition::Between { .. }
                | Condition::Number { .. }
                | Condition::Has(_) => (Occur::Must, self.query(part)),
            });
        }
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, Box::new(AllQuery)));
        }
        Box::new(BooleanQuery::new(clauses))
    }

    fn between(&self, field: &ChatField, low: &Edge, high: &Edge) -> Box<dyn Query> {
        let (low, high) = match (field.kind, self.fields.of(field)) {
            (Kind::Text, Some(of)) => {
                let term = |text: &str| Term::from_field_text(of, text);
                (bound(low, &term, Bound::Included(term(""))), bound(high, &term, Bound::Included(term(&LAST_CHARACTER.to_string()))))
            }
            (Kind::Exact | Kind::Address | Kind::Flag, _) => {
                let term = |text: &str| self.fields.exact_term(field, text);
                (bound(low, &term, Bound::Included(term(""))), bound(high, &term, Bound::Excluded(self.fields.exact_end(field))))
            }
            (Kind::Text | Kind::Number | Kind::Moment, _) => return Box::new(EmptyQuery),
        };
        Box::new(InvertedIndexRangeQuery::new(low, high))
    }
}

fn bound(edge: &Edge, term: &dyn Fn(&str) -> Term, open: Bound<Term>) -> Bound<Term> {
    match edge {
        Edge::Open => open,
        Edge::Including(text) => Bound::Included(term(text)),
        Edge::Excluding(text) => Bound::Excluded(term(text)),
    }
}

fn term(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn words(field: Field, text: &str, last: Last) -> Box<dyn Query> {
    let words = asked(text);
    let mut terms: Vec<Term> = words.iter().map(|word| Term::from_field_text(field, word)).collect();
    match (last, &words[..]) {
        (_, []) => Box::new(EmptyQuery),
        (Last::Whole, [_]) => term(terms.remove(0)),
        (Last::Whole, _) => Box::new(PhraseQuery::new(terms)),
        (Last::Begun, [word]) => {
            let high = Term::from_field_text(field, &format!("{word}{LAST_CHARACTER}"));
            Box::new(InvertedIndexRangeQuery::new(Bound::Included(terms.remove(0)), Bound::Included(high)))
        }
        (Last::Begun, _) => {
            let mut phrase = PhrasePrefixQuery::new(terms);
            phrase.set_max_expansions(PHRASE_ENDS_MAX);
            Box::new(phrase)
        }
    }
}
