//! Documents can be found and their links lead somewhere.

use super::{File, Finding};
use std::collections::BTreeSet;

/// Documents that need no link to them: they are where everybody looks.
const ENTRIES: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut linked = BTreeSet::new();
    let known: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    for file in files.iter().filter(|file| is_document(&file.path)) {
        for (index, line) in file.text.lines().enumerate() {
            for target in links(line).filter_map(|link| resolve(&file.path, link)) {
                let is_directory = || known.iter().any(|path| path.starts_with(&format!("{target}/")));
                if !known.contains(target.as_str()) && !is_directory() {
                    findings.push(Finding::in_line(file, index, format!("the link to {target} leads nowhere")));
                }
                if target != file.path {
                    linked.insert(target);
                }
            }
        }
    }
    // A picture or a table may be linked as well as a page.
    let hidden = files.iter().filter(|file| file.path.starts_with("docs/") && !linked.contains(&file.path));
    findings.extend(hidden.map(|file| Finding::new(&file.path, "no document links to it")));
    findings
}

fn is_document(path: &str) -> bool {
    path.ends_with(".md") && (ENTRIES.contains(&path) || path.starts_with("docs/"))
}

/// The targets of Markdown's `[text](target)`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

/// The path from the root that a link leads to; None for one that leads out of the project, or into the same page.
fn resolve(from: &str, link: &str) -> Option<String> {
    let path = link.split('#').next().unwrap_or_default();
    if path.is_empty() || path.contains("://") || path.starts_with("mailto:") || path.starts_with('/') {
        return None;
    }
    let directory = from.rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<File> = files.iter().map(|(path, text)| File { path: (*path).to_owned(), text: (*text).to_owned() }).collect();
        check(&files).into_iter().map(|finding| format!("{}: {}", finding.place, finding.complaint)).collect()
    }

    #[test]
    fn pages_are_linked() {
        assert_eq!(
            complaints(&[("README.md", "[a](docs/a.md)"), ("docs/a.md", "[b](b.md#top) [up](../README.md)"), ("docs/b.md", "")]).len(),
            0
        );
        assert_eq!(complaints(&[("README.md", ""), ("docs/a.md", "[itself](a.md)")]), ["docs/a.md: no document links to it"]);
    }

    #[test]
    fn links_lead_somewhere() {
        assert_eq!(complaints(&[("README.md", "see\n[a](docs/a.md)")]), ["README.md:2: the link to docs/a.md leads nowhere"]);
        assert_eq!(complaints(&[("README.md", "[a](https://example.com/a.md) [b](#b) [c](docs)"), ("docs/a.md", "")]).len(), 1);
    }
}
