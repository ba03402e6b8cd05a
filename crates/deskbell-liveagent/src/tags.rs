//! `tags` and `tags/[tagid]`: the list, one, and making, changing and removing them.

use deskbell_app::rights::Right;
use deskbell_app::tags::{self, Draft};
use deskbell_app::{AppError, Desk};
use deskbell_domain::ids::TagId;
use deskbell_domain::tag;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place};
use serde::Serialize;

use crate::done::done;

const ONE: &str = "tags/{tagid}";
const TAG: Param = Param::path("tagid").about("id");
const NAME: Param = Param::text("name").placed(Place::Body).about("at most 64 characters, no comma");
const COLOR: Param = Param::text("color").placed(Place::Body).about("of the name: three or six hex digits, with or without `#`");
const BACKGROUND: Param = Param::text("bg_color").placed(Place::Body).about("the same for the background");
const UNKNOWN_IS_404: &str = "404 if there is no such tag";
const COLOURS: &str = "colours are kept and shown without `#`, in the letters they were given in; an empty one counts as not given";

/// What is given of a tag. Empty counts as not given.
fn draft(input: &Input) -> Draft {
    let given = |name| input.filled_opt(name).map(|text: &str| text.trim().to_owned());
    Draft { name: given("name"), color: given("color"), background: given("bg_color") }
}

/// A list of tags.
#[derive(Serialize)]
pub(crate) struct Tags {
    tags: Vec<Listed>,
}

#[derive(Serialize)]
struct Listed {
    id: String,
    name: String,
}

impl Tags {
    pub(crate) fn new(tags: impl IntoIterator<Item = (TagId, String)>) -> Tags {
        Tags { tags: tags.into_iter().map(|(id, name)| Listed { id: id.to_string(), name }).collect() }
    }
}

#[derive(Serialize)]
struct Tag {
    id: String,
    name: String,
    color: String,
    bg_color: String,
}

impl From<tag::Tag> for Tag {
    fn from(tag: tag::Tag) -> Tag {
        Tag { id: tag.id.to_string(), name: tag.name, color: tag.color, bg_color: tag.background }
    }
}

#[derive(Serialize)]
struct Made {
    status: &'static str,
    statuscode: u16,
    #[serde(flatten)]
    tag: Tag,
}

pub(crate) struct RemoveTag;

impl Endpoint<Desk> for RemoveTag {
    const META: Meta =
        Meta::delete(ONE, Right::ApiKeyWrite).summary("Removes a tag").params(&[TAG]).source("reference, Tags: Delete tag").quirks(&[
            UNKNOWN_IS_404,
            "it is gone from all conversations at once; their `datechanged` stays, as it is the tag that changed",
            "where very many carried it, consoles and export documents follow within a minute or so",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let id = input.path("tagid")?.to_owned();
        cx.state.write(move |tx, context| tags::remove(tx, context, &id)).await?;
        Ok(done())
    }
}

pub(crate) struct ListTags;

impl Endpoint<Desk> for ListTags {
    const META: Meta = Meta::get("tags", Right::ApiKey).summary("All tags, by name").source("reference, Tags: Retrieves list of tags");

    async fn run(cx: Cx<Desk>, _: Input) -> Result<Answer, AppError> {
        let all = cx.state.read(tags::all).await?;
        Ok(Answer::tree(Tags::new(all.into_iter().map(|tag| (tag.id, tag.name)))))
    }
}

pub(crate) struct GetTag;

impl Endpoint<Desk> for GetTag {
    const META: Meta = Meta::get(ONE, Right::ApiKey)
        .summary("One tag")
        .params(&[TAG])
        .source("reference, Tags: Retrieves tag info")
        .quirks(&[UNKNOWN_IS_404]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let id = input.path("tagid")?.to_owned();
        let tag = cx.state.read(move |tx| tags::get(tx, &id)).await?;
        Ok(Answer::tree(Tag::from(tag)))
    }
}

pub(crate) struct AddTag;

impl Endpoint<Desk> for AddTag {
    const META: Meta = Meta::post("tags", Right::ApiKeyWrite)
        .summary("Makes a tag")
        .params(&[NAME.required(), COLOR, BACKGROUND])
        .source("reference, Tags: Create tag")
        .quirks(&[
            "a name that a tag has already answers that tag as it is: clients make sure of a tag by making it",
            COLOURS,
            "without colours it is `000000` on `e5e7eb`",
            "`statuscode` is a number, other than in one sample of the reference",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        input.filled("name")?;
        let draft = draft(&input);
        let tag = cx.state.write(move |tx, context| tags::create(tx, context, &draft)).await?;
        Ok(Answer::tree(Made { status: "OK", statuscode: 0, tag: Tag::from(tag) }))
    }
}

pub(crate) struct ChangeTag;

impl Endpoint<Desk> for ChangeTag {
    const META: Meta = Meta::put(ONE, Right::ApiKeyWrite)
        .summary("Changes a tag")
        .params(&[TAG, NAME, COLOR, BACKGROUND])
        .source("reference, Tags: Update tag")
        .quirks(&[
            UNKNOWN_IS_404,
            "what is not given, or empty, stays",
            COLOURS,
            "a name that another tag has is refused",
            "conversations show the new name at once; where very many carry it, consoles and export documents follow within a minute or so",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let (id, draft) = (input.path("tagid")?.to_owned(), draft(&input));
        cx.state.write(move |tx, context| tags::change(tx, context, &id, &draft)).await?;
        Ok(done())
    }
}

#[cfg(test)]
mod tests;
