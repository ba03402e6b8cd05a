use std::collections::{BTreeSet, HashSet};

use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::Value;

use super::*;

fn parsed() -> Value {
    serde_json::from_str(&openapi_json()).unwrap()
}

#[test]
fn every_route_is_documented_and_every_documented_path_exists() {
    let document = parsed();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for verb in item.as_object().unwrap().keys() {
            documented.insert(format!("{} {path}", verb.to_uppercase()));
        }
    }
    let routes: BTreeSet<String> =
        native::entries().iter().map(|entry| format!("{} {PREFIX}/{}", entry.route.meta.verb.text(), entry.route.meta.path)).collect();
    assert_eq!(documented, routes);
}

#[test]
fn every_call_of_the_page_is_a_route() {
    let page = include_str!("../../../../docs/native-api.md");
    let routes: HashSet<String> =
        native::entries().iter().map(|entry| format!("{} /{}", entry.route.meta.verb.text(), entry.route.meta.path)).collect();
    let mut named = HashSet::new();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let (mut verb, mut stem) = ("", "");
        // `POST /chats/{id}/accept`, `/decline`: a path alone goes on where the one before it stood.
        for code in row.split('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2).flat_map(|code| code.split(", ")) {
            let mut words = code.split_whitespace();
            match words.next() {
                Some(word) if word.starts_with('/') => {
                    named.insert(format!("{verb} {stem}{word}"));
                }
                Some(word) if Verb::ALL.iter().any(|verb| verb.text() == word) => {
                    let path = words.next().unwrap_or_default().split('?').next().unwrap_or_default();
                    (verb, stem) = (word, path.rsplit_once('/').map_or("", |(stem, _)| stem));
                    named.insert(format!("{verb} {path}"));
                }
                _ => {}
            }
        }
    }
    let missing: Vec<_> = named.difference(&routes).collect();
    let unnamed: Vec<_> = routes.difference(&named).collect();
    assert_eq!((missing, unnamed), (vec![], vec![]));
}

#[test]
fn references_lead_somewhere() {
    fn walk<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let document = parsed();
    let mut references = Vec::new();
    walk(&document, &mut references);
    assert!(references.len() > 50, "{}", references.len());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn the_document_is_well_formed() {
    let document = parsed();
    assert_eq!(document["openapi"], "3.1.0");
    let mut ids = HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (verb, operation) in item.as_object().unwrap() {
            let place = format!("{verb} {path}");
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{place}: an id twice");
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{place}");
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let named = |name: &str, place: &str| parameters.iter().any(|one| one["name"] == name && one["in"] == place);
            let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            assert!(in_path.clone().all(|name| named(name, "path")), "{place}: a path parameter is not described");
            assert_eq!(parameters.iter().filter(|one| one["in"] == "path").count(), in_path.count(), "{place}");
            assert_eq!(named("X-Deskbell", "header"), verb != "get", "{place}");
            assert!(operation["responses"].as_object().unwrap().len() >= 2, "{place}");
            assert_eq!(operation["security"].is_array(), !(verb == "post" && path.ends_with("/session")), "{place}");
        }
    }
    assert_eq!(document.pointer("/components/securitySchemes/session/name").unwrap(), "deskbell_session");
}

#[test]
fn a_name_is_one_schema() {
    let mut known: Schemas = BTreeMap::new();
    for entry in native::entries() {
        for (name, schema) in [entry.bodies.reads, entry.bodies.answers].into_iter().flatten().flat_map(all_of) {
            let first = known.entry(name.clone()).or_insert_with(|| schema.clone());
            assert!(*first == schema, "two schemas are called {name}");
        }
    }
    let document = parsed();
    let items = |page: &str| document["components"]["schemas"][page]["properties"]["items"]["items"]["$ref"].clone();
    assert_eq!(items("PageOfAgentView"), "#/components/schemas/AgentView");
    assert_eq!(items("MessagePage"), "#/components/schemas/MessageView");
    assert_eq!(items("PageOfBanView"), "#/components/schemas/BanView");
}

#[test]
fn schemas_say_what_is_sent() {
    let document = parsed();
    let schema = |name: &str| document["components"]["schemas"][name].clone();
    assert_eq!(schema("AgentView")["properties"]["slots"]["type"], "integer");
    assert!(schema("AgentBody")["properties"]["password"].is_object());
    let all = serde_json::to_string(&document["components"]["schemas"]).unwrap();
    assert!(all.contains("\"30\""), "names are those on the wire");
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let reads = name.ends_with("Body") && name != "ErrorBody";
        assert!(reads || !schema.to_string().contains("password"), "{name} tells of a password");
    }
}

#[tokio::test]
async fn it_is_served_to_anyone() {
    let kit = openapi_kit();
    assert!(kit.owns("/openapi.json") && !kit.owns("/api/native/v1/session"));
    let response = kit.handle(http::Request::get("/openapi.json").body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap(), parsed());
}
