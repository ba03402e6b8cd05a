//! What sources may be called, how long they may be, and what may stand in them.

use super::{File, Finding};

/// The hard stop; 600 is the aim.
const LINES_MAX: usize = 1_000;

/// Names that say nothing about what lives there.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "misc", "mod", "util", "utils"];

/// Directories of one machine. In two parts, so that this file may hold them.
const MACHINE_PATHS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/")];

/// What the domain must not know.
const UNKNOWN_TO_THE_DOMAIN: &[&str] =
    &["StatusCode", "async", "axum", "http", "postgres", "reqwest", "rusqlite", "serde", "serde_json", "tokio", "Instant", "SystemTime"];

/// How statements begin.
const SQL: &[&str] =
    &["SELECT ", "INSERT INTO ", "DELETE FROM ", "UPDATE ", "CREATE TABLE ", "CREATE INDEX ", "ALTER TABLE ", "DROP TABLE "];

const STORE: &str = "crates/deskbell-store/";
const DOMAIN: &str = "crates/deskbell-domain/src/";

/// Where programs speak to people.
const MAY_PRINT: &[&str] = &["crates/deskbell/", "crates/deskbell-testkit/", "xtask/"];

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        check_machine_paths(file, &mut findings);
        if !is_source(&file.path) {
            continue;
        }
        check_name(file, &mut findings);
        if !file.path.ends_with(".rs") {
            continue;
        }
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            findings.push(Finding::new(&file.path, format!("{lines} lines; {LINES_MAX} is the limit")));
        }
        check_rust(file, &mut findings);
    }
    findings
}

fn is_source(path: &str) -> bool {
    [".rs", ".ts", ".mjs", ".svelte"].iter().any(|ending| path.ends_with(ending))
}

fn check_machine_paths(file: &File, findings: &mut Vec<Finding>) {
    for (index, line) in file.text.lines().enumerate() {
        for path in MACHINE_PATHS {
            if line.contains(path) {
                findings.push(Finding::in_line(file, index, format!("{path} is a directory of one machine")));
            }
        }
    }
}

fn check_name(file: &File, findings: &mut Vec<Finding>) {
    for part in file.path.split('/') {
        let stem = part.split('.').next().unwrap_or(part);
        if EMPTY_NAMES.contains(&stem) {
            findings.push(Finding::new(&file.path, format!("`{stem}` says nothing about what lives there")));
        }
    }
}

fn check_rust(file: &File, findings: &mut Vec<Finding>) {
    let in_domain = file.path.starts_with(DOMAIN);
    // Benches put the bare driver beside ours.
    let may_sql = file.path.starts_with(STORE) || file.path.starts_with("xtask/") || file.path.contains("/examples/bench_");
    let may_print = MAY_PRINT.iter().any(|place| file.path.starts_with(place))
        || file.path.contains("/examples/")
        || file.path.contains("/tests")
        || file.path.ends_with("/build.rs");
    let mut in_tests = false;
    for (index, line) in file.text.lines().enumerate() {
        let line = line.trim_start();
        if line.starts_with("//") {
            continue;
        }
        in_tests |= line.starts_with("#[cfg(test)]");
        if in_domain && let Some(word) = UNKNOWN_TO_THE_DOMAIN.iter().find(|word| has_word(code(line), word)) {
            findings.push(Finding::in_line(file, index, format!("the domain must not know {word}")));
        }
        if !may_sql && let Some(statement) = SQL.iter().find(|statement| has_statement(line, statement)) {
            findings.push(Finding::in_line(file, index, format!("`{}…` belongs into deskbell-store", statement)));
        }
        if !may_print && !in_tests && has_word(code(line), "println!") {
            findings.push(Finding::in_line(file, index, "only programs print"));
        }
    }
}

/// The line without what follows `//`, unless that is in a text.
fn code(line: &str) -> &str {
    match line.find("//") {
        Some(at) if line[..at].matches('"').count().is_multiple_of(2) => &line[..at],
        _ => line,
    }
}

/// True if the word stands there alone.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// True if a text of the line begins with the statement.
fn has_statement(line: &str, statement: &str) -> bool {
    let begins = |at: usize| line[..at].trim_end().ends_with('"');
    line.match_indices(statement).any(|(at, _)| begins(at) && (statement != "UPDATE " || line.contains(" SET ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(path: &str, text: &str) -> Vec<String> {
        check(&[File { path: path.to_owned(), text: text.to_owned() }]).into_iter().map(|finding| finding.complaint).collect()
    }

    #[test]
    fn names_and_lengths() {
        assert_eq!(complaints("crates/a/src/mod.rs", "").len(), 1);
        assert_eq!(complaints("crates/a/src/utils/text.rs", "").len(), 1);
        assert_eq!(complaints("web/console/src/lib/helpers.test.ts", "").len(), 1);
        assert_eq!(complaints("crates/a/src/modes.rs", "").len(), 0);
        assert_eq!(complaints("crates/a/src/long.rs", &"\n".repeat(LINES_MAX + 1)).len(), 1);
        assert_eq!(complaints("docs/common.md", "").len(), 0, "documents may");
    }

    #[test]
    fn places() {
        let domain = "crates/deskbell-domain/src/chat.rs";
        assert_eq!(complaints(domain, "use serde::Serialize;").len(), 1);
        assert_eq!(complaints(domain, "// as serde would; axum too\nlet served = 1; // tokio").len(), 0);
        assert_eq!(complaints("crates/deskbell-app/src/chats.rs", "use serde::Serialize;").len(), 0);
        let sql = "tx.exec(\"UPDATE chats SET state = $1\");\nlet x = \"SELECT 1\";";
        assert_eq!(complaints("crates/deskbell-app/src/chats.rs", sql).len(), 2);
        assert_eq!(complaints("crates/deskbell-store/src/tables/chats.rs", sql).len(), 0);
        assert_eq!(complaints("crates/deskbell-liveagent/examples/bench_liveagent/bare.rs", sql).len(), 0);
        assert_eq!(complaints("crates/deskbell-app/src/chats.rs", "\"UPDATE your browser\"; \"please SELECT one\"").len(), 0);
        assert_eq!(complaints("crates/deskbell-app/src/chats.rs", "println!();").len(), 1);
        assert_eq!(complaints("crates/deskbell-app/src/chats.rs", "eprintln!();").len(), 0);
        assert_eq!(complaints("crates/deskbell-app/src/chats.rs", "#[cfg(test)]\nmod tests { println!() }").len(), 0);
        assert_eq!(complaints("crates/deskbell/src/main.rs", "println!();").len(), 0);
        assert_eq!(complaints("README.md", concat!("in /ro", "ot/x")).len(), 1);
    }
}
