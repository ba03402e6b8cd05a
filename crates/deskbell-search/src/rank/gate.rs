//! Which entries of a segment may be found.

use std::sync::Arc;

use tantivy::columnar::ColumnValues;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, SegmentReader};

use super::{Ground, each_block};

pub(super) struct Gate<'a> {
    segment: &'a SegmentReader,
    public: Option<Arc<dyn ColumnValues<u64>>>,
    base: Option<(i64, Arc<dyn ColumnValues<i64>>)>,
    /// Whether each stands at or below the top.
    below_top: Option<Vec<bool>>,
}

impl<'a> Gate<'a> {
    pub(super) fn new(ground: &Ground<'_>, segment: &'a SegmentReader) -> tantivy::Result<Gate<'a>> {
        let columns = segment.fast_fields();
        let public = ground.filter.public_only.then(|| columns.column_first_or_default("public")).transpose()?;
        let base = match ground.filter.base {
            Some(base) => Some((base.get(), columns.column_first_or_default("base")?)),
            None => None,
        };
        let below_top = match ground.filter.top {
            Some(top) => {
                let mut below = vec![false; segment.max_doc() as usize];
                let index = segment.inverted_index(ground.fields.tree)?;
                let postings = index.read_block_postings(&ground.fields.tree_term(top), IndexRecordOption::Basic)?;
                each_block(postings, |documents, _| documents.iter().for_each(|document| below[*document as usize] = true));
                Some(below)
            }
            None => None,
        };
        Ok(Gate { segment, public, base, below_top })
    }

    pub(super) fn lets_through(&self, document: DocId) -> bool {
        !self.segment.is_deleted(document)
            && self.public.as_ref().is_none_or(|public| public.get_val(document) == 1)
            && self.base.as_ref().is_none_or(|(base, bases)| bases.get_val(document) == *base)
            && self.below_top.as_ref().is_none_or(|below| below[document as usize])
    }
}
