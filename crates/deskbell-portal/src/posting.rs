//! Topics, replies and suggestions: what readers write. Who is not signed in gives a name and an address.

use deskbell_app::customers::Introduction;
use deskbell_app::knowledge::{self, Post};
use deskbell_app::rights::Right;
use deskbell_app::search::Reader;
use deskbell_app::{AppError, Kind, posters};
use deskbell_domain::knowledge::{Entry, EntryKind};
use deskbell_domain::message::Actor;
use deskbell_http::tries::TryKey;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};

use crate::door::{State, too_often};
use crate::entry::{again, find};
use crate::reader::{Form, Who, is_trapped, typed};
use crate::shell::see;
use crate::texts::Language;

/// Bytes of a posted form: a message of the greatest length, escaped.
const POST_BYTES_MAX: usize = 128 * 1024;
/// Characters of a name that is shown.
const NAME_CHARS_MAX: usize = 100;

/// What was typed into a form, and what was wrong with it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) name_problem: Option<&'static str>,
    pub(crate) email_problem: Option<&'static str>,
    pub(crate) subject_problem: Option<&'static str>,
    pub(crate) text_problem: Option<&'static str>,
}

impl Draft {
    fn of(input: &Input) -> Draft {
        let text = |name| typed(input, name).unwrap_or_default().to_owned();
        Draft { name: text("name"), email: text("email"), subject: text("subject"), text: text("message"), ..Draft::default() }
    }

    pub(crate) fn has_problem(&self) -> bool {
        self.name_problem.or(self.email_problem).or(self.subject_problem).or(self.text_problem).is_some()
    }
}

/// What is posted where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kinds {
    Topic,
    Suggestion,
    Answer,
}

impl Kinds {
    fn fits(self, parent: EntryKind) -> bool {
        match self {
            Kinds::Topic => parent == EntryKind::Forum,
            Kinds::Suggestion => parent == EntryKind::SuggestionCategory,
            Kinds::Answer => matches!(parent, EntryKind::Topic | EntryKind::Suggestion),
        }
    }
}

/// Looks through a form as its reader would.
fn check(cx: &Cx<State>, who: &Who, kind: Kinds, draft: &mut Draft) {
    let t = Language::asked(cx.head.headers()).texts();
    let filled = |text: &str| if text.is_empty() { Some(t.fill_in) } else { None };
    let within = |text: &str, max: usize| if text.chars().count() > max { Some(t.too_long) } else { None };
    if who.actor().is_none() {
        draft.name_problem = filled(&draft.name).or(within(&draft.name, NAME_CHARS_MAX));
        let good = deskbell_app::customers::check_email(&draft.email).is_ok();
        draft.email_problem = filled(&draft.email).or(if good { None } else { Some(t.email_wrong) });
    }
    if kind != Kinds::Answer {
        draft.subject_problem = filled(&draft.subject).or(within(&draft.subject, knowledge::writing::TITLE_CHARS_MAX));
    }
    let bytes_max = deskbell_domain::message::MESSAGE_TEXT_BYTES_MAX;
    draft.text_problem = filled(&draft.text).or(if draft.text.len() > bytes_max { Some(t.too_long) } else { None });
}

async fn take(cx: Cx<State>, input: Input, kind: Kinds) -> Result<Answer, AppError> {
    let who = Who::of(&cx).await?;
    let entry = find(&cx, input.path("page")?, who.sees()).await?;
    if !kind.fits(entry.kind) {
        return Err(AppError::not_found("nothing of this kind is posted here"));
    }
    Form::of(&cx).check(&cx, &input)?;
    let path = knowledge::page_path(&entry);
    if is_trapped(&input) {
        return Ok(see(&path));
    }
    let mut draft = Draft::of(&input);
    check(&cx, &who, kind, &mut draft);
    if draft.has_problem() {
        return again(&cx, &who, entry, &draft).await;
    }
    let key = TryKey::text("form", typed(&input, "key").unwrap_or_default());
    write_once(&cx, &who, &entry, kind, draft, key).await.map(|place| see(&place))
}

/// A form that is sent twice, by an impatient finger, is taken once.
async fn write_once(cx: &Cx<State>, who: &Who, entry: &Entry, kind: Kinds, draft: Draft, key: TryKey) -> Result<String, AppError> {
    let (state, caller, now) = (&cx.state, TryKey::caller(cx.peer), cx.state.desk.now());
    state.forms.take(&[key], now).map_err(|_| AppError::conflict("that was sent already"))?;
    if let Err(seconds) = state.posts.take(&[caller], now) {
        state.forms.take_back(key);
        return Err(too_often(seconds));
    }
    let written = write(cx, who, entry, kind, draft).await;
    if written.as_ref().is_err_and(|error| error.kind != Kind::Forbidden) {
        state.forms.take_back(key);
        state.posts.take_back(caller);
    }
    written
}

/// Where what was written can be read.
async fn write(cx: &Cx<State>, who: &Who, entry: &Entry, kind: Kinds, draft: Draft) -> Result<String, AppError> {
    let address = cx.peer.map(|peer| peer.to_string()).unwrap_or_default();
    let (signed_in, reader, parent) = (who.actor(), who.sees(), entry.clone());
    let work = cx.state.desk.write(move |tx, cx| {
        let (author, name) = match signed_in {
            Some(actor) => {
                if let Actor::Customer(customer) = actor {
                    posters::check(tx, customer, &address)?;
                }
                (actor, None)
            }
            None => {
                let introduction = Introduction::new(Some(&draft.name), Some(&draft.email))?;
                (Actor::Customer(posters::poster(tx, cx, &introduction, &address)?), Some(draft.name.as_str()))
            }
        };
        let post = Post { parent: parent.id, author, reader, subject: &draft.subject, text: &draft.text };
        let posted = match (kind, name) {
            (Kinds::Topic, None) => knowledge::post_topic(tx, cx, post)?,
            (Kinds::Suggestion, None) => knowledge::post_suggestion(tx, cx, post)?,
            (Kinds::Topic, Some(name)) => knowledge::post_named(tx, cx, EntryKind::Topic, post, name)?,
            (Kinds::Suggestion, Some(name)) => knowledge::post_named(tx, cx, EntryKind::Suggestion, post, name)?,
            (Kinds::Answer, name) => {
                let added = match name {
                    None => knowledge::reply(tx, cx, parent.id, author, reader, &draft.text)?,
                    Some(name) => knowledge::reply_named(tx, cx, parent.id, author, Reader::Public, &draft.text, name)?,
                };
                return Ok(format!("{}?replies={}#r-{}", knowledge::page_path(&parent), added.number - 1, added.number));
            }
        };
        Ok(knowledge::page_path(&posted))
    });
    work.await
}

macro_rules! forms {
    ($($name:ident: $path:literal, $kind:expr, $summary:literal;)+) => {$(
        pub(crate) struct $name;

        impl Endpoint<State> for $name {
            const META: Meta = Meta::post($path, Right::Anyone)
                .summary($summary)
                .params(&[
                    Param::path("page"),
                    Param::text("name").placed(Place::Body),
                    Param::text("email").placed(Place::Body),
                    Param::text("subject").placed(Place::Body),
                    Param::text("message").placed(Place::Body),
                ])
                .body_bytes_max(POST_BYTES_MAX);

            async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
                take(cx, input, $kind).await
            }
        }
    )+};
}

forms! {
    Topic: "{page}/topic", Kinds::Topic, "Posts a topic into a forum";
    Suggestion: "{page}/suggestion", Kinds::Suggestion, "Posts a suggestion into its category";
    Reply: "{page}/answer", Kinds::Answer, "Answers a topic or a suggestion";
}

#[cfg(test)]
mod tests;
