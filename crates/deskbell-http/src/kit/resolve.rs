//! From a request's head to an endpoint: host prefix, front controller, trailing slash, format suffix, path, verb.

use deskbell_app::AppError;
use http::HeaderValue;
use http::request::Parts;

use super::meters::Meters;
use super::{Kit, Served};
use crate::endpoint::{Place, Route, Verb};
use crate::format::Format;
use crate::input::{Input, decode};

/// The script that the front controller hides behind.
const FRONT_CONTROLLER: &str = "index.php";

/// The endpoints of one path.
pub(super) struct PathEntry {
    pub(super) by_verb: [Option<usize>; Verb::ALL.len()],
    pub(super) allow: HeaderValue,
}

pub(super) enum Found<'k, S> {
    Endpoint(&'k Served<S>),
    WrongVerb(&'k HeaderValue),
    Nothing,
    Refused(Box<AppError>),
}

/// Where a request leads.
pub(super) struct Target<'k, S> {
    pub(super) found: Found<'k, S>,
    pub(super) format: Format,
    /// Path and query so far.
    pub(super) input: Input,
    /// The stripped first segment.
    pub(super) host_prefix: Option<Box<str>>,
}

/// Builds the table of paths: each path under each prefix. The names of path parameters are the endpoint's own, so the table numbers them.
pub(super) fn table<S>(prefixes: &[&str], surface: &'static str, routes: &[Route<S>]) -> (matchit::Router<PathEntry>, Vec<Served<S>>) {
    let mut shapes: Vec<(String, PathEntry)> = Vec::new();
    let mut served = Vec::with_capacity(routes.len());
    for (index, route) in routes.iter().enumerate() {
        let (shape, names) = numbered(route.meta.path);
        let position = shapes.iter().position(|(known, _)| *known == shape).unwrap_or_else(|| {
            shapes.push((shape, PathEntry { by_verb: [None; Verb::ALL.len()], allow: HeaderValue::from_static("") }));
            shapes.len() - 1
        });
        let slot = &mut shapes[position].1.by_verb[route.meta.verb as usize];
        assert!(slot.is_none(), "{surface}: two endpoints for {} {}", route.meta.verb.text(), route.meta.path);
        *slot = Some(index);
        served.push(Served { route: *route, names, meters: Meters::new(surface, route.meta.verb.text(), route.meta.path) });
    }
    let mut paths = matchit::Router::new();
    for prefix in prefixes {
        for (shape, entry) in &shapes {
            let path = if shape.is_empty() && !prefix.is_empty() { (*prefix).to_owned() } else { format!("{prefix}/{shape}") };
            let entry = PathEntry { by_verb: entry.by_verb, allow: allow(&entry.by_verb) };
            if let Err(error) = paths.insert(path.as_str(), entry) {
                panic!("{surface}: the path {path} cannot be routed: {error}");
            }
        }
    }
    (paths, served)
}

/// `a/{id}/b` as `a/{0}/b` and `[id]`.
fn numbered(path: &'static str) -> (String, Vec<&'static str>) {
    let mut names = Vec::new();
    let shape = path.split('/').map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        None => segment.to_owned(),
        Some(name) => {
            names.push(name.trim_start_matches('*'));
            let star = if name.starts_with('*') { "*" } else { "" };
            format!("{{{star}p{}}}", names.len())
        }
    });
    (shape.collect::<Vec<_>>().join("/"), names)
}

fn allow(by_verb: &[Option<usize>; Verb::ALL.len()]) -> HeaderValue {
    let mut texts = Vec::new();
    for verb in Verb::ALL {
        if by_verb[verb as usize].is_some() {
            texts.push(verb.text());
            if verb == Verb::Get {
                texts.push("HEAD");
            }
        }
    }
    HeaderValue::from_str(&texts.join(", ")).expect("verbs are ASCII")
}

impl<S> Kit<S> {
    /// Whether a path is this surface's, known or not.
    pub fn owns(&self, path: &str) -> bool {
        let (_, path) = self.strip_host(path);
        self.surface
            .prefixes
            .iter()
            .any(|prefix| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.is_empty()))
    }

    pub(super) fn resolve(&self, parts: &Parts) -> Target<'_, S> {
        let (host_prefix, path) = self.strip_host(parts.uri.path());
        let mut input = Input::default();
        let query = parts.uri.query().unwrap_or_default();
        let read = decode::urlencoded(query, Place::Query, self.surface.aliases, &mut input.pairs);
        let handler = self.front_controller(path, &mut input);
        let whole = handler.as_deref().unwrap_or(path);
        let trimmed = match whole.strip_suffix('/') {
            Some(rest) if !rest.is_empty() => rest,
            _ => whole,
        };
        let (path, format) = if self.surface.suffix_formats { Format::cut_suffix(trimmed) } else { (trimmed, None) };
        let found = match read {
            Err(error) => Found::Refused(Box::new(error)),
            Ok(()) => self.find(path, parts, handler.is_some(), &mut input),
        };
        Target { found, format: format.unwrap_or_default(), input, host_prefix: host_prefix.map(Box::from) }
    }

    /// `decoded`: the path was a query value and holds no percent escapes any more.
    fn find(&self, path: &str, parts: &Parts, decoded: bool, input: &mut Input) -> Found<'_, S> {
        let Ok(matched) = self.paths.at(path) else { return Found::Nothing };
        let Some(index) = Verb::of(&parts.method).and_then(|verb| matched.value.by_verb[verb as usize]) else {
            return Found::WrongVerb(&matched.value.allow);
        };
        let served = &self.served[index];
        for (name, (_, value)) in served.names.iter().zip(matched.params.iter()) {
            let value = if decoded {
                value.to_owned()
            } else {
                match decode::path_segment(value) {
                    Ok(value) => value,
                    Err(error) => return Found::Refused(Box::new(error)),
                }
            };
            input.path.push((name, value));
        }
        Found::Endpoint(served)
    }

    /// Splits off an optional first segment that is a host's name.
    fn strip_host<'r>(&self, path: &'r str) -> (Option<&'r str>, &'r str) {
        let Some(ending) = self.surface.host_prefix else { return (None, path) };
        let inner = path.strip_prefix('/').unwrap_or(path);
        let length = inner.bytes().position(|byte| byte == b'/').unwrap_or(inner.len());
        let (segment, rest) = inner.split_at(length);
        if segment.len() > ending.len() && segment.ends_with(ending) { (Some(segment), rest) } else { (None, path) }
    }

    /// The path that the front controller's parameter asks for, below the prefix in use.
    fn front_controller(&self, path: &str, input: &mut Input) -> Option<String> {
        let name = self.surface.handler_parameter?;
        let prefix = self.surface.prefixes.iter().find(|prefix| match path.strip_prefix(**prefix) {
            Some(rest) => rest.trim_start_matches('/').is_empty() || rest.strip_prefix('/') == Some(FRONT_CONTROLLER),
            None => false,
        })?;
        let handler = input.pairs.iter().rev().find(|pair| pair.name == name)?;
        let whole = format!("{prefix}/{}", handler.value.trim_start_matches('/'));
        input.pairs.retain(|pair| pair.name != name);
        Some(whole)
    }
}
