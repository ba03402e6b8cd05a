//! `cargo xtask lint`: what must not be there. Which crate may know which, what files may be called, what may stand where.

mod documents;
mod edges;
mod sources;

use crate::stage::Stage;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the project; paths are from the root.
struct File {
    path: String,
    text: String,
}

/// Something that must not be: where, and why.
struct Finding {
    place: String,
    complaint: String,
}

impl Finding {
    fn new(place: impl Into<String>, complaint: impl Into<String>) -> Finding {
        Finding { place: place.into(), complaint: complaint.into() }
    }

    fn in_line(file: &File, index: usize, complaint: impl Into<String>) -> Finding {
        Finding::new(format!("{}:{}", file.path, index + 1), complaint)
    }
}

pub(crate) fn lint(stage: &Stage) -> Result<()> {
    let files = files(stage)?;
    let mut findings = edges::check(&stage.metadata()?)?;
    findings.extend(sources::check(&files));
    findings.extend(documents::check(&files));
    for finding in &findings {
        eprintln!("{}: {}", finding.place, finding.complaint);
    }
    if !findings.is_empty() {
        bail!("{} findings", findings.len());
    }
    eprintln!("{} files, nothing to complain about", files.len());
    Ok(())
}

/// What git knows, and what it would if it were added now.
fn files(stage: &Stage) -> Result<Vec<File>> {
    let mut list = stage.command("git");
    // Whoever owns the directory: it is only read.
    list.args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let names = stage.read(&mut list).context("git must be there, and this must be a clone")?;
    let mut names: Vec<&str> = names.split('\0').filter(|name| !name.is_empty()).collect();
    names.sort_unstable();
    names.dedup();
    Ok(names.into_iter().filter_map(|name| read(&stage.root, name)).collect())
}

/// None for one that was removed, or that is no text.
fn read(root: &Path, name: &str) -> Option<File> {
    let path: PathBuf = root.join(name);
    let text = String::from_utf8(fs::read(path).ok()?).ok()?;
    Some(File { path: name.to_owned(), text })
}
