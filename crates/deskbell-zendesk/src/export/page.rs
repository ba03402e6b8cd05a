//! A page of the export, put together from stored documents.

use bytes::Bytes;
use deskbell_app::AppError;
use deskbell_http::fields::{Projection, project};
use deskbell_http::json;

use super::ask::{PAGE_ROWS_MAX, Place};
use super::{Ids, Series};

/// How large a page may become before it ends early. What is left out is on the next page.
const PAGE_BYTES_MAX: usize = 64 << 20;
/// What most pages of ids fit into.
const PAGE_BYTES_FIRST: usize = 64 << 10;
/// After so many documents a page is guessed to become as long as a full one of such documents, so that it need not be moved while it grows.
const GUESS_DOCUMENTS: usize = 20;
/// How much room is made by that guess, at most.
const GUESS_BYTES_MAX: usize = 16 << 20;

pub(super) struct Page {
    series: &'static Series,
    out: Vec<u8>,
    count: usize,
    end: Place,
    projection: Projection,
    full: bool,
    broken: Option<AppError>,
}

impl Page {
    /// A page that begins behind `start`; while it is empty it ends there too.
    pub(super) fn new(series: &'static Series, start: Place, projection: Projection) -> Page {
        let mut out = Vec::with_capacity(PAGE_BYTES_FIRST);
        out.extend_from_slice(format!(r#"{{"{}":["#, series.name).as_bytes());
        Page { series, out, count: 0, end: start, projection, full: false, broken: None }
    }

    /// Adds a document with its place, unless the page is full.
    pub(super) fn add(&mut self, time: i64, id: &str, body: &str) {
        self.full = self.full || (self.count > 0 && self.out.len() + body.len() > PAGE_BYTES_MAX);
        if self.full || self.broken.is_some() {
            return;
        }
        if self.count > 0 {
            self.out.push(b',');
        }
        if let Err(error) = project(&self.projection, body, &mut self.out) {
            self.broken = Some(error);
            return;
        }
        self.count += 1;
        if self.count == GUESS_DOCUMENTS {
            let whole = self.out.len() / GUESS_DOCUMENTS * PAGE_ROWS_MAX as usize;
            self.out.reserve(whole.min(GUESS_BYTES_MAX).saturating_sub(self.out.len()));
        }
        self.end.time = time;
        id.clone_into(&mut self.end.id);
    }

    /// The page, if every document on it could be read.
    pub(super) fn whole(self) -> Result<Page, AppError> {
        match self.broken {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    pub(super) fn end(&self) -> &Place {
        &self.end
    }

    /// The answer's JSON.
    pub(super) fn finish(mut self, next_page: &str) -> Result<Bytes, AppError> {
        let end_id = match self.series.ids {
            Ids::Told => format!(r#""end_id":{},"#, json::text(&self.end.id)?),
            Ids::Untold => String::new(),
        };
        let tail = format!(r#"],"count":{},{end_id}"end_time":{},"next_page":{}}}"#, self.count, self.end.time, json::text(next_page)?);
        self.out.extend_from_slice(tail.as_bytes());
        Ok(self.out.into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::CHATS;
    use super::*;

    #[test]
    fn a_page_ends_where_its_last_document_is() {
        let start = Place { time: 5, id: "a".to_owned() };
        let mut page = Page::new(&CHATS, start.clone(), Projection::only(&["id"]));
        page.add(6, "b", r#"{"comment":"x","id":"b"}"#);
        page.add(6, "c", r#"{"id":"c"}"#);
        assert_eq!(page.end(), &Place { time: 6, id: "c".to_owned() });
        let json = page.whole().and_then(|page| page.finish("http://a/\"b\"")).unwrap();
        assert_eq!(json, r#"{"chats":[{"id":"b"},{"id":"c"}],"count":2,"end_id":"c","end_time":6,"next_page":"http://a/\"b\""}"#);
        assert_eq!(Page::new(&CHATS, start.clone(), Projection::All).end(), &start);
    }

    #[test]
    fn a_page_ends_early_when_it_is_large_enough() {
        let large = format!("\"{}\"", "x".repeat(PAGE_BYTES_MAX / 2));
        let mut page = Page::new(&CHATS, Place::default(), Projection::All);
        for id in ["a", "b", "c"] {
            page.add(1, id, &large);
        }
        page.add(1, "d", "1");
        assert_eq!((page.count, page.end.id.as_str()), (1, "a"));
    }

    #[test]
    fn a_broken_document_is_an_error() {
        let mut page = Page::new(&CHATS, Place::default(), Projection::only(&["id"]));
        page.add(1, "a", r#"{"id":"#);
        assert!(page.whole().is_err());
    }
}
