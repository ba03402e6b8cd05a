//! The grammar of `fields` and the projection of stored JSON: any expression is understood or refused with a sentence, and what is kept of a
//! document is the document without what was not asked for.

use arbitrary::{Result, Unstructured};
use deskbell_app::Kind;

use super::Tree;
use crate::fields::{FIELDS_DEPTH_MAX, Fields, Projection, project};

/// How many paths an expression has.
const PATHS_MAX: usize = 6;
const NAMES: &[&str] = &["id", "a", "response_time", "x-1", "$", "ü"];

/// Grows an expression and a document from bytes:
///
/// - an expression in the grammar names its group, another one is refused as what the caller did wrong;
/// - what is kept is JSON, no longer than the document, in the order of the document, and what pruning the document by hand leaves;
/// - keeping the same once more changes nothing;
/// - a text that is no JSON leaves nothing behind, whatever it is.
pub fn holds(bytes: &[u8]) {
    let tree = Tree::grown(bytes).plain();
    let json = serde_json::to_string(&tree).unwrap_or_else(|error| panic!("{error}: {tree:?}"));
    let mut chance = Unstructured::new(bytes);
    let honest = honest(&mut chance, &tree).unwrap_or_else(|_| "chats(*)".to_owned());
    let fields = Fields::parse(&honest).unwrap_or_else(|error| panic!("{error}: {honest}"));
    let projection = fields.group("chats").unwrap_or_else(|| panic!("no group: {honest}"));
    kept(projection, &tree, &json, &honest);
    // The same bytes as an expression, and as a document.
    let text = String::from_utf8_lossy(bytes);
    match Fields::parse(&text) {
        Ok(fields) => fields.group("chats").into_iter().for_each(|projection| kept(projection, &tree, &json, &text)),
        Err(error) => assert_eq!(error.kind, Kind::Invalid, "{error}"),
    }
    let mut out = b"before".to_vec();
    match project(projection, &text, &mut out) {
        Ok(()) => assert!(out.len() <= "before".len() + text.len(), "more than there was: {text}"),
        Err(_) => assert_eq!(out, b"before", "something was left behind: {text}"),
    }
}

fn kept(projection: &Projection, tree: &Tree, json: &str, expression: &str) {
    let once = projected(projection, json);
    let read: Tree = serde_json::from_str(&once).unwrap_or_else(|error| panic!("{error}: {expression} of {json} is {once}"));
    if let Some(difference) = read.difference(&pruned(tree, projection)) {
        panic!("{expression} of {json} is {once}: {difference}");
    }
    assert!(once.len() <= json.len(), "{expression} of {json} is {once}");
    assert_eq!(projected(projection, &once), once, "{expression} of {json}");
}

fn projected(projection: &Projection, json: &str) -> String {
    let mut out = Vec::new();
    project(projection, json, &mut out).unwrap_or_else(|error| panic!("{error}: {json}"));
    String::from_utf8(out).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// The same by hand.
fn pruned(tree: &Tree, projection: &Projection) -> Tree {
    match (tree, projection) {
        (Tree::List(items), Projection::Only(_)) => Tree::List(items.iter().map(|item| pruned(item, projection)).collect()),
        (Tree::Members(all), Projection::Only(wanted)) => {
            let kept = all.iter().filter_map(|(name, value)| {
                let (_, inner) = wanted.iter().find(|(other, _)| other == name)?;
                Some((name.clone(), pruned(value, inner)))
            });
            Tree::Members(kept.collect())
        }
        (Tree::Null | Tree::Flag(_) | Tree::Int(_) | Tree::Float(_) | Tree::Text(_) | Tree::Html(_), _) | (_, Projection::All) => {
            tree.clone()
        }
    }
}

/// An expression in the grammar, mostly of names that the document has.
fn honest(bytes: &mut Unstructured<'_>, tree: &Tree) -> Result<String> {
    let mut names: Vec<&str> = NAMES.to_vec();
    collect(tree, &mut names);
    let mut text = String::new();
    if bytes.arbitrary()? {
        text.push_str("agents(*) ");
    }
    text.push_str("chats(");
    for number in 0..bytes.int_in_range(1..=PATHS_MAX)? {
        if number > 0 {
            text.push_str(bytes.choose(&[",", " , "])?);
        }
        let depth = bytes.int_in_range(0..=FIELDS_DEPTH_MAX.min(4))?;
        let mut path = Vec::new();
        for _ in 0..depth {
            path.push(*bytes.choose(&names)?);
        }
        if depth == 0 || bytes.ratio(1_u8, 5_u8)? {
            path.push("*");
        }
        text.push_str(&path.join(bytes.choose(&[".", " . "])?));
    }
    text.push_str(bytes.choose(&[")", " )", "), agents(id)"])?);
    Ok(text)
}

/// The names that the grammar can say.
fn collect<'t>(tree: &'t Tree, names: &mut Vec<&'t str>) {
    match tree {
        Tree::List(items) => items.iter().for_each(|item| collect(item, names)),
        Tree::Members(members) => {
            for (name, value) in members {
                if !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || "_-$".contains(letter)) {
                    names.push(name);
                }
                collect(value, names);
            }
        }
        Tree::Null | Tree::Flag(_) | Tree::Int(_) | Tree::Float(_) | Tree::Text(_) | Tree::Html(_) => {}
    }
}
