//! The index against the oracle, and beside a real desk.

mod follow;

use std::sync::Arc;

use deskbell_app::chat_search::fields::{self, Searched};
use deskbell_app::chat_search::{ChatQuery, Direction, Hits, Order, grammar, meaning};
use proptest::prelude::*;
use tantivy::indexer::NoMergePolicy;
use tantivy::{Index, IndexWriter, ReloadPolicy};

use super::fields::{schema, tie};
use super::find::{View, find};
use super::oracle::holds;

fn order(by: &str, direction: Direction) -> Order {
    Order { by: fields::field(by).unwrap(), direction }
}

pub(super) fn ask(query: &str, skip: usize, limit: usize) -> ChatQuery {
    let condition = meaning::condition(&grammar::parse(query).unwrap()).unwrap();
    ChatQuery { condition, order: order("timestamp", Direction::Descending), skip, limit }
}

/// An index in memory with the documents of each list in a segment of their own.
fn view(segments: &[Vec<Searched>]) -> View {
    let (schema, fields) = schema();
    let index = Index::create_in_ram(schema);
    crate::fields::register(&index);
    let mut writer: IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
    writer.set_merge_policy(Box::new(NoMergePolicy));
    for documents in segments {
        for document in documents {
            writer.add_document(fields.document(document)).unwrap();
        }
        writer.commit().unwrap();
    }
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().unwrap();
    View { searcher: reader.searcher(), fields: Arc::new(fields) }
}

/// What must be found, in order.
fn by_oracle(query: &ChatQuery, documents: &[Searched]) -> Hits {
    let number = |document: &Searched| {
        document.values.iter().find_map(|(field, held)| match held {
            fields::Held::Number(number) if *field == query.order.by => Some(*number),
            _ => None,
        })
    };
    let mut found: Vec<&Searched> = documents.iter().filter(|document| holds(&query.condition, document)).collect();
    found.sort_by_key(|document| {
        let number = number(document).map(|number| match query.order.direction {
            Direction::Descending => number,
            Direction::Ascending => !number,
        });
        std::cmp::Reverse((number, tie(&document.id)))
    });
    let ids = found.iter().skip(query.skip).take(query.limit).map(|document| document.id.clone()).collect();
    Hits { count: found.len(), ids }
}

const WORDS: &[&str] =
    &["order", "orders", "late", "refund", "café", "e-mail", "email", "東京都", "ann", "bob", "shop.test", "12:30", "a", "ab"];

fn words() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(WORDS), 0..5).prop_map(|words| words.join(" "))
}

prop_compose! {
    fn document()(
        (name, comment, note) in (words(), words(), words()),
        said in prop::collection::vec(words(), 0..4),
        tags in prop::collection::vec(prop::sample::select(&["vip", "vip gold", "VIPs", "late"][..]), 0..3),
        email in prop::sample::select(&["", "ann@shop.test", "Ann.B@shop.test", "bob@x.test"][..]),
        rating in prop::option::of(prop::sample::select(&["good", "bad"][..])),
        duration in prop::option::of(-2..6i64),
        department in prop::option::of(1..3i64),
        (second, missed, offline) in (0..20i64, any::<bool>(), any::<bool>()),
    ) -> samples::Sample {
        samples::Sample { name, comment, note, said, tags, email, rating, duration, department, second, missed, offline }
    }
}

/// Documents made up.
mod samples {
    #[derive(Debug, Clone)]
    pub(super) struct Sample {
        pub(super) name: String,
        pub(super) comment: String,
        pub(super) note: String,
        pub(super) said: Vec<String>,
        pub(super) tags: Vec<&'static str>,
        pub(super) email: &'static str,
        pub(super) rating: Option<&'static str>,
        pub(super) duration: Option<i64>,
        pub(super) department: Option<i64>,
        pub(super) second: i64,
        pub(super) missed: bool,
        pub(super) offline: bool,
    }

    impl Sample {
        pub(super) fn json(&self, number: usize) -> String {
            let or_null = |number: Option<i64>| number.map_or_else(|| "null".to_owned(), |number| number.to_string());
            let tags: Vec<String> = self.tags.iter().map(|tag| format!("{tag:?}")).collect();
            let said: Vec<String> = self.said.iter().map(|said| format!(r#"{{"type":"chat.msg","msg":"{said}"}}"#)).collect();
            let (kind, end) = if self.offline { ("offline_msg", "null") } else { ("chat", "\"2026-11-22T00:10:00Z\"") };
            format!(
                r#"{{"id":"2611.7.X{number}","type":"{kind}","timestamp":"2026-11-22T00:00:{:02}Z","end_timestamp":{end},"missed":{},
                "rating":{},"comment":"{}","duration":{},"department_id":{},"tags":[{}],"history":[{}],
                "visitor":{{"name":"{}","email":"{}","notes":"{}"}}}}"#,
                self.second,
                self.missed,
                self.rating.map_or_else(|| "null".to_owned(), |rating| format!("{rating:?}")),
                self.comment,
                or_null(self.duration),
                or_null(self.department),
                tags.join(","),
                said.join(","),
                self.name,
                self.email,
                self.note,
            )
        }
    }
}

/// Values and fields that fit together, most of the time.
fn clause() -> impl Strategy<Value = String> {
    let word = || {
        prop::sample::select(
            &[
                "order",
                "ord*",
                "late",
                "caf*",
                "café",
                "cafe",
                "\"late refund\"",
                "e-mail",
                "email",
                "\"order lat\"",
                "東京",
                "a*",
                "shop.te*",
                "\"12 30\"",
                "X1",
                "2611.7.X2",
            ][..],
        )
    };
    let text_field =
        prop::sample::select(&["visitor_name", "comment", "message", "visitor", "visitor_notes", "nothing", "agent_names"][..]);
    let exact = prop::sample::select(
        &[
            "type:chat",
            "type:offline_msg",
            "rating:good",
            "rating:GOOD",
            "tags:vip",
            "tags:\"vip gold\"",
            "tags:vip*",
            "tag:[late TO vip]",
            "tags:{late TO *]",
            "visitor_email:ann@shop.test",
            "visitor_email:shop.test",
            "email:ann*",
            "missed:true",
            "missed:false",
            "rating:*",
            "comment:*",
            "end_timestamp:*",
            "comment:[late TO order}",
            "comment:{* TO a]",
            "id:2611.7.X3",
            "*",
        ][..],
    );
    let number = prop_oneof![
        (-2..6i64, -2..6i64).prop_map(|(from, to)| format!("duration:[{from} TO {to}]")),
        (-2..6i64).prop_map(|value| format!("duration:>{value}")),
        (1..3i64).prop_map(|value| format!("department_id:{value}")),
        (0..20i64, 0..20i64).prop_map(|(from, to)| format!("timestamp:[2026-11-22T00:00:{from:02} TO 2026-11-22T00:00:{to:02}Z}}")),
        Just("timestamp:2026-11-22".to_owned()),
        Just("end_timestamp:[* TO 2026-11-22T00:09:59]".to_owned()),
        Just("timestamp:[* TO *]".to_owned()),
        Just("duration:[* TO *]".to_owned()),
    ];
    prop_oneof![
        3 => word().prop_map(str::to_owned),
        3 => (text_field, word()).prop_map(|(field, word)| format!("{field}:{word}")),
        3 => exact.prop_map(str::to_owned),
        2 => number,
    ]
}

fn query() -> impl Strategy<Value = String> {
    clause().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| format!("({})", parts.join(" OR "))),
            inner.prop_map(|part| format!("-{part}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_the_oracle_finds(
        samples in prop::collection::vec(document(), 1..30),
        queries in prop::collection::vec(query(), 20),
        (split, skip, limit) in (0..30usize, 0..4usize, 1..40usize),
        by in prop::sample::select(&["timestamp", "end_timestamp", "duration"][..]),
        ascending in any::<bool>(),
    ) {
        let documents: Vec<Searched> = samples.iter().enumerate().map(|(number, sample)| fields::read(&sample.json(number)).unwrap()).collect();
        let split = split.min(documents.len());
        let view = view(&[documents[..split].to_vec(), documents[split..].to_vec()]);
        let direction = if ascending { Direction::Ascending } else { Direction::Descending };
        for text in queries {
            let query = ChatQuery { order: order(by, direction), ..ask(&text, skip, limit) };
            prop_assert_eq!(find(&view, &query).unwrap(), by_oracle(&query, &documents), "{}", text);
        }
    }
}

#[test]
fn far_pages_cost_no_more_than_there_is() {
    let documents: Vec<Searched> = (0..50)
        .map(|number| fields::read(&format!(r#"{{"id":"X{number}","timestamp":"2026-11-22T00:00:{:02}Z"}}"#, number % 60)).unwrap())
        .collect();
    let view = view(&[documents]);
    for (skip, wanted) in [(0, 40), (40, 10), (80, 0), (10_000, 0), (usize::MAX - 10, 0)] {
        let hits = find(&view, &ask("*", skip, 40)).unwrap();
        assert_eq!((hits.count, hits.ids.len()), (50, wanted), "{skip}");
    }
}
