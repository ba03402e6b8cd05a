//! Where commands run: the root of the project, headings, durations.

use crate::processes::{Ending, Processes, Running};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) struct Stage {
    pub(crate) root: PathBuf,
    pub(crate) processes: Processes,
    done: Vec<(String, Duration)>,
}

impl Stage {
    pub(crate) fn new(processes: Processes) -> Result<Stage> {
        // Where cargo says this crate is now, which need not be where it was built.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest.parent().context("the project's root is the parent of xtask")?.to_owned();
        Ok(Stage { root, processes, done: Vec::new() })
    }

    /// A named part of the work, with its duration.
    pub(crate) fn step(&mut self, title: &str, work: impl FnOnce(&Stage) -> Result<()>) -> Result<()> {
        eprintln!("\n━━━ {title}");
        let start = Instant::now();
        work(self).with_context(|| format!("{title} failed after {:.1} s", start.elapsed().as_secs_f64()))?;
        let took = start.elapsed();
        eprintln!("━━━ {title}: done in {:.1} s", took.as_secs_f64());
        self.done.push((title.to_owned(), took));
        Ok(())
    }

    /// What was done, and how long it took.
    pub(crate) fn summary(&self) {
        eprintln!("\n━━━ Everything passed");
        for (title, took) in &self.done {
            eprintln!("{:>8.1} s  {title}", took.as_secs_f64());
        }
        eprintln!("{:>8.1} s  together", self.done.iter().map(|(_, took)| took.as_secs_f64()).sum::<f64>());
    }

    /// A program in the project's root, without input.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.root).stdin(Stdio::null());
        command
    }

    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.command("cargo");
        command.args(arguments);
        command
    }

    /// Runs a program to its end; it must succeed.
    pub(crate) fn must(&self, command: &mut Command) -> Result<()> {
        let status = self.processes.spawn(command, Ending::Signal)?.wait()?;
        if self.processes.interrupted() {
            bail!("interrupted");
        }
        if !status.success() {
            bail!("`{}` ended with {status}", line(command));
        }
        Ok(())
    }

    /// What a program that must succeed prints.
    pub(crate) fn read(&self, command: &mut Command) -> Result<String> {
        let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("`{}` does not start", line(command)))?;
        if !output.status.success() {
            bail!("`{}` ended with {}", line(command), output.status);
        }
        String::from_utf8(output.stdout).with_context(|| format!("`{}` printed something that is not UTF-8", line(command)))
    }

    pub(crate) fn serve(&self, command: &mut Command, ending: Ending) -> Result<Running> {
        self.processes.spawn(command, ending)
    }

    /// `cargo metadata` of the workspace's own crates.
    pub(crate) fn metadata(&self) -> Result<Value> {
        let text = self.read(&mut self.cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]))?;
        serde_json::from_str(&text).context("cargo metadata is JSON")
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target(&self) -> Result<PathBuf> {
        let metadata = self.metadata()?;
        let target = metadata["target_directory"].as_str().context("cargo metadata names the target directory")?;
        Ok(PathBuf::from(target))
    }
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let mut line = command.get_program().display().to_string();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
