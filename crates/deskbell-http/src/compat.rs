//! What is derived from the contracts of a surface: the compatibility page, and the list that the rights test walks.

use std::fmt::Write;

use deskbell_app::rights::Right;

use crate::endpoint::{Meta, Param, ParamKind, Place, Verb};

/// A Markdown table of the endpoints: verb, path, right, parameters, source, quirks.
pub fn markdown(metas: &[&Meta]) -> String {
    let mut page = String::from("| Call | Right | What it does | Parameters | Source | Quirks |\n|---|---|---|---|---|---|\n");
    for meta in metas {
        let params: Vec<String> = meta.params.iter().map(param).collect();
        writeln!(
            page,
            "| `{}` | {} | {} | {} | {} | {} |",
            format!("{} {}", meta.verb.text(), meta.path).trim_end(),
            right(meta.right),
            cell(meta.summary),
            params.join("<br>"),
            cell(meta.source),
            meta.quirks.iter().map(|quirk| cell(quirk)).collect::<Vec<_>>().join("<br>"),
        )
        .expect("writing to a String cannot fail");
    }
    page
}

/// Verb, path and right of every endpoint.
pub fn listing(metas: &[&Meta]) -> Vec<(Verb, &'static str, Right)> {
    metas.iter().map(|meta| (meta.verb, meta.path, meta.right)).collect()
}

/// The path with each parameter replaced by this text, for tests that call every endpoint.
pub fn sample_path(path: &str, value: &str) -> String {
    let segments = path.split('/').map(|segment| if segment.starts_with('{') { value } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn param(param: &Param) -> String {
    let place = match param.place {
        Place::Path => "path, ",
        Place::Query => "query, ",
        Place::Body => "body, ",
        Place::Any => "",
    };
    let kind = match param.kind {
        ParamKind::Text => "text".to_owned(),
        ParamKind::Int => "integer".to_owned(),
        ParamKind::DateTime => "date and time".to_owned(),
        ParamKind::OneOf(choices) => choices.iter().map(|(value, _)| format!("`{value}`")).collect::<Vec<_>>().join(" "),
        ParamKind::List => "list".to_owned(),
        ParamKind::Flag => "`Y` `N`".to_owned(),
        ParamKind::Json => "JSON".to_owned(),
    };
    let required = if param.required { ", required" } else { "" };
    let about = if param.about.is_empty() { String::new() } else { format!(": {}", cell(param.about)) };
    format!("`{}` ({place}{kind}{required}){about}", param.name)
}

fn right(right: Right) -> &'static str {
    match right {
        Right::Anyone => "anyone",
        Right::Visitor => "visitor",
        Right::Participant => "visitor or agent",
        Right::ApiKey => "API key",
        Right::ApiKeyWrite => "API key, write",
        Right::AgentOrKey => "agent or API key",
        Right::AgentOrKeyWrite => "agent or API key, write",
        Right::Agent => "agent",
        Right::Administrator => "administrator",
        Right::TokenRead => "token, read",
        Right::TokenReadAdministrator => "token, read, administrator",
        Right::TokenWrite => "token, write",
        Right::TokenWriteAdministrator => "token, write, administrator",
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: Meta = Meta::get("agents/{id}", Right::ApiKey)
        .summary("One agent")
        .params(&[
            Param::path("id").about("id | e-mail"),
            Param::one_of("role", &[("O", "owner"), ("A", "agent")]),
            Param::int("limit").placed(Place::Query),
        ])
        .source("reference, agents")
        .quirks(&["404 if unknown", "e-mail is taken too"]);

    #[test]
    fn a_page() {
        assert_eq!(
            markdown(&[&META]).lines().last().expect("a line"),
            "| `GET agents/{id}` | API key | One agent | `id` (path, text, required): id \\| e-mail<br>`role` (`O` `A`)<br>\
             `limit` (query, integer) | reference, agents | 404 if unknown<br>e-mail is taken too |"
        );
        assert_eq!(listing(&[&META]), [(Verb::Get, "agents/{id}", Right::ApiKey)]);
        assert_eq!(sample_path("agents/{id}/x", "ab"), "agents/ab/x");
    }
}
