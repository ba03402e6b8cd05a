//! Topics and suggestions in an agent's name.

use deskbell_app::AppError;
use deskbell_app::knowledge::{self, Post};
use deskbell_app::rights::Right;
use deskbell_app::search::Reader;
use deskbell_domain::ids::KnowledgeEntryId;
use deskbell_domain::knowledge::EntryKind;
use deskbell_domain::message::Actor;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Deserialize;
use utoipa::ToSchema;

use super::EntryDetail;
use crate::native::call::{Bodies, Call};
use crate::native::{Native, given_id, me};

/// All must be given.
#[derive(Deserialize, ToSchema)]
pub(crate) struct TopicBody {
    /// A forum, or a suggestion category.
    parent: Option<String>,
    title: Option<String>,
    /// Plain text.
    text: Option<String>,
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<EntryDetail>().reads::<TopicBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta = Meta::post("knowledge/topics", Right::Agent)
        .summary("Post a topic into a forum, or a suggestion into a suggestion category")
        .quirks(&["A conversation begins with it; what is said there stands below it, for everybody who may read it."]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let author = Actor::Agent(me(&cx)?);
        let TopicBody { parent, title, text } = input.json()?;
        let parent = parent.ok_or_else(|| AppError::missing("parent is missing"))?;
        let parent = given_id(&parent, KnowledgeEntryId::parse, "parent")?;
        let (subject, text) = (title.unwrap_or_default(), text.unwrap_or_default());
        let post = cx.state.desk.write(move |tx, cx| {
            let post = Post { parent, author, reader: Reader::Desk, subject: &subject, text: &text };
            let kind = knowledge::entry(tx, parent)?.map(|parent| parent.kind);
            let entry = match kind {
                Some(EntryKind::SuggestionCategory) => knowledge::post_suggestion(tx, cx, post)?,
                Some(_) | None => knowledge::post_topic(tx, cx, post)?,
            };
            EntryDetail::read(tx, entry)
        });
        Ok(Answer::tree(post.await?).status(201))
    }
}
