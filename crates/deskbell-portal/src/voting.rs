//! Votes: one of each browser, or of each customer who is signed in.

use deskbell_app::AppError;
use deskbell_app::knowledge;
use deskbell_app::rights::Right;
use deskbell_http::tries::TryKey;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};

use crate::door::{State, too_often};
use crate::entry::{find, voter};
use crate::reader::{Form, Who};
use crate::shell::see;

pub(crate) struct Vote;

impl Endpoint<State> for Vote {
    const META: Meta =
        Meta::post("{page}/vote", Right::Anyone).summary("Votes for an article, a topic or a suggestion").params(&[Param::path("page")]);

    async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
        let who = Who::of(&cx).await?;
        let entry = find(&cx, input.path("page")?, who.sees()).await?;
        let form = Form::of(&cx);
        form.check(&cx, &input)?;
        cx.state.votes.take(&[TryKey::caller(cx.peer)], cx.state.desk.now()).map_err(too_often)?;
        let (id, voter) = (entry.id, voter(&who, &form));
        cx.state.desk.write(move |tx, cx| knowledge::vote(tx, cx, id, &voter)).await?;
        Ok(see(&format!("{}#votes", knowledge::page_path(&entry))))
    }
}
