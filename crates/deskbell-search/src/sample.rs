//! Small indexes in memory, for tests.

use std::collections::BTreeMap;

use deskbell_app::search::{KnowledgeQuery, Reader};
use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use tantivy::indexer::NoMergePolicy;
use tantivy::{Index, IndexWriter, ReloadPolicy};

use crate::fields::{Indexed, register, schema};
use crate::find::{View, find};
use crate::language::{Language, StemCache};

/// A base's languages by their tags: the first is that of the base that always exists, others follow it.
pub(crate) fn view(tags: &[&str], entries: &[Indexed]) -> View {
    view_in_segments(tags, &[entries])
}

/// The same with the entries of each list in a segment of their own.
pub(crate) fn view_in_segments(tags: &[&str], segments: &[&[Indexed]]) -> View {
    let languages: BTreeMap<KnowledgeBaseId, Language> =
        (1..).zip(tags).map(|(base, tag)| (KnowledgeBaseId::from_i64(base), Language::of_tag(tag))).collect();
    let (schema, fields) = schema();
    let index = Index::create_in_ram(schema);
    register(&index);
    let mut writer: IndexWriter = index.writer_with_num_threads(1, 15_000_000).unwrap();
    writer.set_merge_policy(Box::new(NoMergePolicy));
    let mut cache = StemCache::default();
    for entries in segments {
        for entry in *entries {
            writer.add_document(fields.document(entry, languages[&entry.base], &mut cache)).unwrap();
        }
        writer.commit().unwrap();
    }
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().unwrap();
    View { searcher: reader.searcher(), fields, languages }
}

/// A public article at the top of the first base; its id is its address, too.
pub(crate) fn article(id: i64, title: &str, body: &str) -> Indexed {
    Indexed {
        entry: KnowledgeEntryId::from_i64(id),
        base: KnowledgeBaseId::DEFAULT,
        ancestors: Vec::new(),
        public: true,
        title: title.to_owned(),
        keywords: String::new(),
        url_code: (100_000 + id).to_string(),
        body: body.to_owned(),
    }
}

pub(crate) fn query(text: &str) -> KnowledgeQuery {
    KnowledgeQuery { text: text.to_owned(), base: None, top: None, reader: Reader::Desk, limit: 10 }
}

/// The entries found, by their ids.
pub(crate) fn ask(view: &View, query: &KnowledgeQuery) -> Vec<i64> {
    find(view, query).unwrap().into_iter().map(KnowledgeEntryId::get).collect()
}
