//! `GET knowledgebase/knowledgebases`.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, knowledge};
use deskbell_domain::knowledge::KnowledgeBase;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};
use serde::Serialize;

use super::OFFSET_MAX;

const LIMIT_DEFAULT: i64 = 10;
const LIMIT_MAX: i64 = 500;

pub(crate) struct ListKnowledgeBases;

impl Endpoint<Desk> for ListKnowledgeBases {
    const META: Meta = Meta::get("knowledgebase/knowledgebases", Right::ApiKey)
        .summary("The knowledge bases")
        .params(&[
            Param::int("limit").about("rows, 10 unless given, at most 500"),
            Param::int("offset").about("rows left out at the beginning"),
        ])
        .source("reference, Knowledgebase: Retrieves all knowledgebases")
        .quirks(&["`kb_defa` first, which always exists, then by age", "a `limit` above 500 counts as 500"]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let limit = input.int_clamped("limit", LIMIT_DEFAULT, 0..=LIMIT_MAX)?;
        let offset = input.int_clamped("offset", 0, 0..=OFFSET_MAX)?;
        let bases = cx.state.read(knowledge::bases).await?;
        let page = bases.into_iter().skip(offset as usize).take(limit as usize);
        Ok(Answer::tree(KnowledgeBases { knowledgebases: page.map(Base::from).collect() }))
    }
}

#[derive(Serialize)]
struct KnowledgeBases {
    knowledgebases: Vec<Base>,
}

#[derive(Serialize)]
struct Base {
    kb_id: String,
    name: String,
}

impl From<KnowledgeBase> for Base {
    fn from(base: KnowledgeBase) -> Base {
        Base { kb_id: base.id.to_string(), name: base.name }
    }
}

#[cfg(test)]
mod tests {
    use deskbell_app::knowledge::{BaseChanges, create_base};

    use crate::fixture::Fixture;

    #[tokio::test]
    async fn the_first_one_is_always_there() {
        let desk = Fixture::new();
        let path = "/api/knowledgebase/knowledgebases";
        assert_eq!(desk.get(path).await.text, r#"{"response":{"knowledgebases":[{"kb_id":"kb_defa","name":"Knowledge base"}]}}"#);
        let other = desk.desk.write(|tx, cx| create_base(tx, cx, &BaseChanges { name: Some("R&D".to_owned()), language: None }));
        let other = other.await.expect("a base").id;
        assert_eq!(
            desk.get(&format!("{path}.xml")).await.text,
            format!(
                "<?xml version='1.0' encoding='utf-8'?><response><knowledgebases><knowledgebase><kb_id>kb_defa</kb_id><name>Knowledge base\
                 </name></knowledgebase><knowledgebase><kb_id>{other}</kb_id><name>R&amp;D</name></knowledgebase></knowledgebases></response>"
            )
        );
        for (query, ids) in [
            ("limit=1", vec!["kb_defa".to_owned()]),
            ("limit=1&offset=1", vec![other.to_string()]),
            ("offset=2", vec![]),
            ("limit=0", vec![]),
            ("limit=9999&offset=-5", vec!["kb_defa".to_owned(), other.to_string()]),
        ] {
            let answer = desk.get_ok(&format!("{path}?{query}")).await;
            let listed = answer["knowledgebases"].as_array().expect("a list").iter();
            assert_eq!(listed.map(|row| row["kb_id"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>(), ids, "{query}");
        }
        let refused = desk.get(&format!("{path}?limit=x")).await;
        assert_eq!((refused.status, refused.errormessage().as_str()), (500, "parameter limit must be an integer"));
    }
}
