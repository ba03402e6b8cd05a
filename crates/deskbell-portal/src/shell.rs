//! What stands around every page: the desk's name, the way about, who is signed in.

use askama::Template;
use deskbell_app::{AppError, Desk};
use deskbell_http::Answer;
use http::header;

use crate::look;
use crate::reader::{Form, Who};
use crate::texts::{Language, Texts};

/// Whether search engines may list a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Indexing {
    Listed,
    /// Kept out of their lists.
    Kept,
}

/// The frame of a page, for the template that all extend.
pub(crate) struct Shell {
    pub(crate) t: &'static Texts,
    pub(crate) lang: String,
    pub(crate) dir: &'static str,
    pub(crate) desk: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) keywords: String,
    pub(crate) canonical: Option<String>,
    pub(crate) listed: bool,
    /// The name of who is signed in.
    pub(crate) signed_in: Option<String>,
    pub(crate) is_agent: bool,
    /// What the form to sign out carries.
    pub(crate) proof: String,
    pub(crate) style: String,
}

impl Shell {
    /// A page for nobody in particular.
    pub(crate) fn plain(desk: &Desk, language: Language, title: &str, indexing: Indexing) -> Shell {
        let settings = desk.settings();
        Shell {
            t: language.texts(),
            lang: language.tag().to_owned(),
            dir: language.direction(),
            style: look::address(&settings.accent),
            desk: settings.name.clone(),
            title: title.to_owned(),
            description: String::new(),
            keywords: String::new(),
            canonical: None,
            listed: indexing == Indexing::Listed,
            signed_in: None,
            is_agent: false,
            proof: String::new(),
        }
    }

    /// A page for this reader.
    pub(crate) fn of(desk: &Desk, language: Language, title: &str, indexing: Indexing, who: &Who, form: &Form) -> Shell {
        Shell {
            signed_in: who.name(),
            is_agent: matches!(who, Who::Agent { .. }),
            proof: form.proof(),
            ..Shell::plain(desk, language, title, indexing)
        }
    }
}

/// A page as an answer, with the cookie that its forms are tied to.
pub(crate) fn answer(page: &impl Template, form: &Form) -> Result<Answer, AppError> {
    let text = page.render().map_err(|error| AppError::internal(format!("a page could not be written: {error}")))?;
    let answer = Answer::bytes("text/html; charset=utf-8", text);
    Ok(match form.cookie() {
        Some(cookie) => answer.header_text(header::SET_COOKIE, &cookie),
        None => answer,
    })
}

/// Sends the reader on, to a path of the desk's own: the only kind of target there is.
pub(crate) fn see(path: &str) -> Answer {
    to(303, path)
}

/// The page is found there from now on.
pub(crate) fn moved(path: &str) -> Answer {
    to(301, path)
}

fn to(status: u16, path: &str) -> Answer {
    // `//host` would be another site's.
    let own = if path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') { path } else { "/kb" };
    Answer::empty().status(status).header_text(header::LOCATION, own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        let target = |path: &str| see(path).headers[0].1.to_str().unwrap().to_owned();
        assert_eq!(target("/tickets"), "/tickets");
        for wrong in ["//evil.test", "https://evil.test", "/\\evil.test", "\\\\evil.test", ""] {
            assert_eq!(target(wrong), "/kb", "{wrong}");
        }
    }
}
