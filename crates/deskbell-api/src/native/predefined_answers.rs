//! Predefined answers: messages to tickets with subject and files. Who sees and writes which is as with canned messages.

use std::collections::HashMap;

use deskbell_app::AppError;
use deskbell_app::replies::{self, AnswerDraft};
use deskbell_app::rights::Right;
use deskbell_domain::ids::{AgentId, PredefinedAnswerId};
use deskbell_domain::message::Attachment;
use deskbell_domain::reply::{PredefinedAnswer, ReplyFormat};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use deskbell_store::Tx;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::{Bodies, Call};
use super::canned_messages::{SEARCH, WHOSE, read_visibility, visibility_words, whose};
use super::page::{self, Page};
use super::{Native, me, path_id};
use crate::wire::FileView;

/// An answer to tickets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PredefinedAnswerView {
    answer: String,
    name: String,
    /// Empty: that of the conversation.
    subject: String,
    message: String,
    /// `text` or `html`; HTML was made safe.
    format: &'static str,
    /// The message as plain text.
    text: String,
    files: Vec<FileView>,
    /// `all`, `department` or `agent`.
    visibility: &'static str,
    department: Option<String>,
    agent: Option<String>,
}

impl PredefinedAnswerView {
    fn new(answer: &PredefinedAnswer, files: &HashMap<String, Attachment>) -> Self {
        let (visibility, department, agent) = visibility_words(answer.visibility);
        PredefinedAnswerView {
            answer: answer.id.to_string(),
            name: answer.name.clone(),
            subject: answer.subject.clone(),
            message: answer.message.clone(),
            format: answer.format.text(),
            text: replies::text_of(answer),
            files: answer.files.iter().filter_map(|file| files.get(file)).map(FileView::from).collect(),
            visibility,
            department,
            agent,
        }
    }
}

/// Files of some answers by id.
fn files_of(tx: &mut Tx<'_>, answers: &[PredefinedAnswer]) -> Result<HashMap<String, Attachment>, AppError> {
    Ok(replies::files_of(tx, answers)?.into_iter().map(|file| (file.file.clone(), file)).collect())
}

/// One answer with its files.
fn whole(tx: &mut Tx<'_>, answer: PredefinedAnswer) -> Result<PredefinedAnswerView, AppError> {
    let files = files_of(tx, std::slice::from_ref(&answer))?;
    Ok(PredefinedAnswerView::new(&answer, &files))
}

/// What is written of an answer; what is left out or null stays, or has its default.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PredefinedAnswerBody {
    /// 1 to 100 characters.
    name: Option<String>,
    subject: Option<String>,
    message: Option<String>,
    /// `text`, which a new one has, or `html`.
    format: Option<String>,
    /// Ids of files that were uploaded and not sent: the whole new list.
    files: Option<Vec<String>>,
    /// `all`, `department` (then `department` is given) or `agent` (you, unless `agent` is given), which a new one has.
    visibility: Option<String>,
    department: Option<String>,
    agent: Option<String>,
}

impl PredefinedAnswerBody {
    fn draft(self, me: AgentId) -> Result<AnswerDraft, AppError> {
        let visibility = read_visibility(me, self.visibility.as_deref(), self.department.as_deref(), self.agent.as_deref())?;
        let format = match self.format.as_deref() {
            None => None,
            Some(word) => Some(ReplyFormat::parse(word).ok_or_else(|| AppError::invalid("format must be text or html"))?),
        };
        Ok(AnswerDraft { name: self.name, subject: self.subject, message: self.message, format, files: self.files, visibility })
    }
}

pub(crate) struct List;

impl Call for List {
    const BODIES: Bodies = Bodies::answers::<Page<PredefinedAnswerView>>();
}

impl Endpoint<Native> for List {
    const META: Meta = Meta::get("predefined-answers", Right::Agent).summary("Predefined answers, by name").params(&[
        SEARCH,
        WHOSE,
        page::LIMIT,
        page::AFTER,
    ]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (me, whose) = (me(&cx)?, whose(&input)?);
        let search = input.filled_opt("search").map(str::to_owned);
        let read = move |tx: &mut Tx<'_>| {
            let found = replies::answers(tx, me, whose, search.as_deref())?;
            let files = files_of(tx, &found)?;
            Ok((found, files))
        };
        let (found, files) = cx.state.desk.snapshot(read).await?;
        let view = |row: &PredefinedAnswer| PredefinedAnswerView::new(row, &files);
        Ok(Answer::tree(Page::of_all(found, &input, |answer| answer.id.to_string(), view)?))
    }
}

pub(crate) struct Create;

impl Call for Create {
    const BODIES: Bodies = Bodies::creates::<PredefinedAnswerView>().reads::<PredefinedAnswerBody>();
}

impl Endpoint<Native> for Create {
    const META: Meta =
        Meta::post("predefined-answers", Right::Agent).summary("Make a predefined answer: `name` and `message` must be given");

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let me = me(&cx)?;
        let draft = input.json::<PredefinedAnswerBody>()?.draft(me)?;
        let write = move |tx: &mut Tx<'_>, cx: &mut deskbell_app::context::Context| {
            let answer = replies::create_answer(tx, cx, me, &draft)?;
            whole(tx, answer)
        };
        Ok(Answer::tree(cx.state.desk.write(write).await?).status(201))
    }
}

pub(crate) struct Update;

impl Call for Update {
    const BODIES: Bodies = Bodies::answers::<PredefinedAnswerView>().reads::<PredefinedAnswerBody>();
}

impl Endpoint<Native> for Update {
    const META: Meta =
        Meta::put("predefined-answers/{id}", Right::Agent).summary("Change a predefined answer").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (me, id) = (me(&cx)?, path_id(&input, PredefinedAnswerId::parse, "predefined answer")?);
        let draft = input.json::<PredefinedAnswerBody>()?.draft(me)?;
        let write = move |tx: &mut Tx<'_>, cx: &mut deskbell_app::context::Context| {
            let answer = replies::change_answer(tx, cx, me, id, &draft)?;
            whole(tx, answer)
        };
        Ok(Answer::tree(cx.state.desk.write(write).await?))
    }
}

pub(crate) struct Remove;

impl Call for Remove {
    const BODIES: Bodies = Bodies::nothing();
}

impl Endpoint<Native> for Remove {
    const META: Meta =
        Meta::delete("predefined-answers/{id}", Right::Agent).summary("Take a predefined answer away").params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (me, id) = (me(&cx)?, path_id(&input, PredefinedAnswerId::parse, "predefined answer")?);
        cx.state.desk.write(move |tx, cx| replies::remove_answer(tx, cx, me, id)).await?;
        Ok(Answer::empty())
    }
}

/// An answer that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct PreparedAnswerView {
    subject: String,
    /// The message as plain text.
    text: String,
    /// Files of your own with the same contents, to be sent once.
    files: Vec<FileView>,
}

pub(crate) struct Prepare;

impl Call for Prepare {
    const BODIES: Bodies = Bodies::answers::<PreparedAnswerView>();
}

impl Endpoint<Native> for Prepare {
    const META: Meta = Meta::post("predefined-answers/{id}/prepare", Right::Agent)
        .summary("Prepare a predefined answer for a conversation: its text, and its files to be sent once")
        .params(&[Param::path("id")]);

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        let (me, id) = (me(&cx)?, path_id(&input, PredefinedAnswerId::parse, "predefined answer")?);
        let prepared = cx.state.desk.write(move |tx, cx| replies::prepare(tx, cx, me, id)).await?;
        Ok(Answer::tree(PreparedAnswerView {
            subject: prepared.answer.subject.clone(),
            text: replies::text_of(&prepared.answer),
            files: prepared.files.iter().map(FileView::from).collect(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use deskbell_app::files::{NewFile, keep};
    use deskbell_app::rights::Principal;
    use deskbell_domain::agent::Role;
    use serde_json::json;

    use crate::native::tests::harness::start;

    #[tokio::test]
    async fn answers_with_files() {
        let desk = start().await;
        let new = NewFile { name: "form.txt".to_owned(), declared_type: "text/plain".to_owned(), bytes: Bytes::from_static(b"the form") };
        let who = Principal::Agent { agent: desk.admin.agent, role: Role::Administrator };
        let file = keep(&desk.desk, who, new).await.unwrap().attachment.file;
        let body = json!({"name": "form", "subject": "The form", "message": "<p>Fill it in<script>x</script></p>", "format": "html",
            "files": [file], "visibility": "all"});
        let answer = desk.admin.post("predefined-answers", body).await.expect(201);
        let shown = json!({"file": file, "name": "form.txt", "content_type": "text/plain", "bytes": 8});
        assert_eq!(
            answer,
            json!({"answer": answer["answer"], "name": "form", "subject": "The form", "message": "<p>Fill it in</p>", "format": "html",
                "text": "Fill it in", "files": [shown], "visibility": "all", "department": null, "agent": null})
        );
        assert_eq!(desk.agent.get("predefined-answers?search=fill").await.expect(200)["items"], json!([answer]));
        let path = format!("predefined-answers/{}", answer["answer"].as_str().unwrap());
        let conversation = desk.visitor("Cleo", "cleo@shop.test").await.leave_message("Which form?").await;
        for _ in 0..2 {
            let prepared = desk.agent.post(&format!("{path}/prepare"), json!({})).await.expect(200);
            assert_eq!((&prepared["subject"], &prepared["text"]), (&json!("The form"), &json!("Fill it in")));
            let copy = &prepared["files"][0]["file"];
            assert_ne!(*copy, json!(file));
            let body = json!({"kind": "message", "text": prepared["text"], "file": copy});
            desk.agent.post(&format!("conversations/{conversation}/messages"), body).await.expect(200);
        }
        desk.agent.put(&path, json!({"name": "mine"})).await.refused(403, "forbidden");
        desk.agent.delete(&path).await.refused(403, "forbidden");
        let changed = desk.admin.put(&path, json!({"files": [], "message": "Plain", "format": "text"})).await.expect(200);
        assert_eq!((&changed["files"], &changed["text"]), (&json!([]), &json!("Plain")));
        desk.admin.delete(&path).await.expect(204);
        desk.agent.post(&format!("{path}/prepare"), json!({})).await.refused(404, "not_found");
    }

    #[tokio::test]
    async fn refusals() {
        let desk = start().await;
        for (body, code) in [
            (json!({"message": "m"}), "missing"),
            (json!({"name": "a"}), "missing"),
            (json!({"name": "a", "message": "m", "format": "pdf"}), "invalid"),
            (json!({"name": "a", "message": "m", "visibility": "department", "department": "!"}), "invalid"),
        ] {
            desk.agent.post("predefined-answers", body).await.refused(400, code);
        }
        desk.agent.post("predefined-answers", json!({"name": "a", "message": "m", "files": ["x"]})).await.refused(404, "not_found");
        desk.agent.post("predefined-answers", json!({"name": "a", "message": "m", "visibility": "all"})).await.refused(403, "forbidden");
    }
}
