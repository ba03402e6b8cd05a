//! What is attacked: the calls of the surface's list, with real things behind the parameters of their paths and harmless values for what
//! is mandatory, so that attacks come as far as they can.

use deskbell_http::{Meta, Param, ParamKind, Verb};
use deskbell_testkit::server::OWNER_EMAIL;
use deskbell_testkit::{Server, V1};
use reqwest::Method;
use serde_json::Value;
use std::collections::HashMap;

/// An id that nothing has.
const NOBODY: &str = "zzzzzzzz";
/// The collections whose members must have been found; others may be empty in a new desk.
const FOUND: &[&str] = &["agents", "conversations", "customers", "customersgroups", "departments", "files", "tags", "widgets"];

pub(super) struct Target {
    pub(super) meta: &'static Meta,
    /// What stands in the path for each of its parameters.
    path: HashMap<&'static str, String>,
}

impl Target {
    /// Every call of the surface. Real things are made by the calls that make things, or taken from lists.
    pub(super) async fn all(server: &Server) -> Vec<Target> {
        let metas = deskbell_liveagent::metas();
        let v1 = server.v1();
        let mut real = HashMap::from([("agents".to_owned(), OWNER_EMAIL.to_owned())]);
        let mut refused = Vec::new();
        for meta in metas.iter().filter(|meta| meta.verb == Verb::Post && !meta.path.contains('{')) {
            let harmless = harmless(meta, None, 0);
            let given: Vec<(&str, &str)> = harmless.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = v1.call(Method::POST, meta.path, &given).await;
            match first_id(meta.path, &metas, &answer.json()["response"]) {
                Some(id) => drop(real.insert(meta.path.to_owned(), id)),
                None => refused.push(answer.text),
            }
        }
        for meta in metas.iter().filter(|meta| meta.verb == Verb::Get && !meta.path.contains('{')) {
            if !real.contains_key(meta.path)
                && let Some(id) = listed(&v1, meta.path, &metas).await
            {
                real.insert(meta.path.to_owned(), id);
            }
        }
        for collection in FOUND {
            assert!(real.contains_key(*collection), "nothing real of {collection}: {real:?}, {refused:?}");
        }
        metas.into_iter().map(|meta| Target { meta, path: in_path(meta, &real) }).collect()
    }

    pub(super) fn verb(&self) -> &'static str {
        self.meta.verb.text()
    }

    pub(super) fn path_parameters(&self) -> Vec<&'static str> {
        names(self.meta.path).collect()
    }

    /// The parameters of query and body.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &'static Param> {
        let in_path = self.path_parameters();
        self.meta.params.iter().filter(move |param| !in_path.contains(&param.name))
    }

    /// The path, with another segment for one parameter.
    pub(super) fn path(&self, other: Option<(&str, &str)>) -> String {
        let segment = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            None => segment.to_owned(),
            Some(name) => match other {
                Some((changed, value)) if changed == name => value.to_owned(),
                Some(_) | None => self.path[name].clone(),
            },
        };
        self.meta.path.split('/').map(segment).collect::<Vec<_>>().join("/")
    }

    /// Harmless values for what is mandatory, but for one parameter. Names and addresses go by a number, so that they are not taken yet.
    pub(super) fn harmless(&self, but: Option<&str>, number: usize) -> Vec<(&'static str, String)> {
        harmless(self.meta, but, number)
    }
}

fn names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

/// The members of the collections that the path goes through.
fn in_path(meta: &'static Meta, real: &HashMap<String, String>) -> HashMap<&'static str, String> {
    let segments: Vec<&str> = meta.path.split('/').collect();
    let value = |name: &str| {
        let at = segments.iter().position(|segment| segment.trim_matches(['{', '}']) == name).expect("it is of this path");
        real.get(&segments[..at].join("/")).cloned().unwrap_or_else(|| NOBODY.to_owned())
    };
    names(meta.path).map(|name| (name, value(name))).collect()
}

fn harmless(meta: &Meta, but: Option<&str>, number: usize) -> Vec<(&'static str, String)> {
    let wanted = |param: &&Param| !meta.path.contains(&format!("{{{}}}", param.name)) && Some(param.name) != but;
    // A file is mandatory in one of two ways, which its table cannot say.
    let needed = |param: &&Param| param.required || meta.path == "files" && ["name", "type", "data"].contains(&param.name);
    meta.params.iter().filter(wanted).filter(needed).map(|param| (param.name, value(param, number))).collect()
}

fn value(param: &Param, number: usize) -> String {
    let value = match (param.name, param.kind) {
        (name, _) if name.contains("identifier") => OWNER_EMAIL,
        ("email", _) => return format!("x{number}@example.com"),
        ("recipient", _) => "ann@example.com",
        ("data", _) => "aGVsbG8",
        ("attributes" | "form_fields", _) => "",
        (name, _) if name.starts_with("department") => "default",
        (_, ParamKind::OneOf(choices)) => choices.first().map_or("x", |(word, _)| word),
        (_, ParamKind::Int) => "1",
        (_, ParamKind::DateTime) => "2024-01-01",
        (_, ParamKind::Flag) => "N",
        (_, ParamKind::Json) => r#"[{"code":"a","value":"b"}]"#,
        (_, ParamKind::Text | ParamKind::List) => return format!("x{number}"),
    };
    value.to_owned()
}

async fn listed(v1: &V1, path: &str, metas: &[&Meta]) -> Option<String> {
    let response = v1.get(path).await.json()["response"].take();
    response.as_object()?.values().find_map(|list| first_id(path, metas, list.get(0)?))
}

/// The member that is named like the parameter of the collection's paths, else the first whose name ends in `id`.
fn first_id(collection: &str, metas: &[&Meta], object: &Value) -> Option<String> {
    let parameter = metas.iter().find_map(|meta| meta.path.strip_prefix(collection)?.strip_prefix("/{")?.split('}').next());
    let filled = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str().filter(|id| !id.is_empty())?.to_owned()));
    let members: Vec<(String, String)> = object.as_object()?.iter().filter_map(filled).collect();
    let named = members.iter().find(|(name, _)| parameter.is_some_and(|parameter| name.ends_with(parameter)));
    named.or_else(|| members.iter().find(|(name, _)| name.ends_with("id"))).map(|(_, id)| id.clone())
}
