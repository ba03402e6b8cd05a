//! `GET suggestioncategories`.

use deskbell_app::knowledge::listing;
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Serialize;

pub(crate) struct ListSuggestionCategories;

impl Endpoint<Desk> for ListSuggestionCategories {
    const META: Meta = Meta::get("suggestioncategories", Right::ApiKey)
        .summary("Where suggestions may be posted")
        .source("reference, Suggestion categories: Retrieves all suggestion categories")
        .quirks(&[
            "those of all knowledge bases, internal ones, too, by id; at most 10000",
            "`path` is the titles from the top down to its own, joined by ` / `",
        ]);

    async fn run(cx: Cx<Desk>, _: Input) -> Result<Answer, AppError> {
        let categories = cx.state.snapshot(listing::suggestion_categories).await?;
        Ok(Answer::tree(Categories { suggestioncategories: categories.into_iter().map(Category::from).collect() }))
    }
}

#[derive(Serialize)]
struct Categories {
    suggestioncategories: Vec<Category>,
}

#[derive(Serialize)]
struct Category {
    id: String,
    title: String,
    path: String,
}

impl From<listing::SuggestionCategory> for Category {
    fn from(category: listing::SuggestionCategory) -> Category {
        Category { id: category.id.to_string(), title: category.title, path: category.path }
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn categories_with_their_paths() {
        let desk = Fixture::new();
        let path = "/api/suggestioncategories";
        assert_eq!(desk.get(path).await.text, r#"{"response":{"suggestioncategories":[]}}"#);
        for body in [
            "title=Product1",
            "title=Suggestion&rtype=G&parent_entry_id=1&access=I",
            "title=Questions&rtype=Q",
            "title=Ideas%20%26%20more&rtype=G",
        ] {
            assert_eq!(desk.post("/api/knowledgebase/categories", body).await.status, 200, "{body}");
        }
        assert_eq!(
            desk.get(path).await.text,
            r#"{"response":{"suggestioncategories":[{"id":"2","title":"Suggestion","path":"Product1 \/ Suggestion"},{"id":"4","title":"Ideas & more","path":"Ideas & more"}]}}"#
        );
        assert_eq!(
            desk.get("/api/suggestioncategories.xml").await.text,
            "<?xml version='1.0' encoding='utf-8'?><response><suggestioncategories><suggestioncategorie><id>2</id><title>Suggestion</title>\
             <path>Product1 / Suggestion</path></suggestioncategorie><suggestioncategorie><id>4</id><title>Ideas &amp; more</title>\
             <path>Ideas &amp; more</path></suggestioncategorie></suggestioncategories></response>"
        );
        let yaml = desk.get("/api/suggestioncategories/.yaml").await;
        assert!(yaml.status == 404 || yaml.text.contains("path: Product1 / Suggestion"), "{}", yaml.text);
        assert!(desk.get("/api/suggestioncategories.yaml").await.text.contains("path: Product1 / Suggestion"));
    }
}
