//! `cargo xtask fuzz`: builds the targets of fuzz/ with coverage counters and lets libFuzzer look for a value that breaks what they check.
//!
//! The counters come from LLVM's own pass, which stable Rust lets one ask for (`-Cpasses`): the flags are those of cargo-fuzz without a
//! sanitizer, which would need a nightly toolchain. What is built, what was found worth keeping and what broke is in target/fuzz.

use crate::needs::{self, Package};
use crate::processes::{Ending, Running};
use crate::stage::Stage;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

const TARGETS: &[&str] = &["json_writer", "xml_writer", "yaml_writer", "parameters", "fields", "chat_search", "frames"];
const SECONDS_DEFAULT: u64 = 60;
/// As many as the smallest machine that runs this has cores.
const AT_ONCE_MAX: usize = 2;
const INPUT_BYTES_MAX: usize = 4_096;
/// One input that takes longer is a finding.
const INPUT_SECONDS_MAX: u64 = 10;
const MEMORY_MIB_MAX: u64 = 1_024;
/// How much is shown of what a target says about its end.
const REPORT_CHARS_MAX: usize = 4_000;
const POLL: Duration = Duration::from_millis(100);

const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Ccodegen-units=1",
    "--cfg=fuzzing",
];

#[derive(Args)]
pub(crate) struct Options {
    /// How long each target runs
    #[arg(long, default_value_t = SECONDS_DEFAULT)]
    seconds: u64,
    /// All of them if none is named
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(TARGETS))]
    targets: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options { seconds: SECONDS_DEFAULT, targets: Vec::new() }
    }
}

/// Where things are.
struct Places {
    binaries: PathBuf,
    directory: PathBuf,
}

/// A target at work.
struct Attempt<'a> {
    target: &'a str,
    running: Running,
    log: PathBuf,
    since: Instant,
}

pub(crate) fn fuzz(stage: &Stage, options: &Options) -> Result<()> {
    needs::packages(stage, &[Package::CppCompiler])?;
    run(stage, &build(stage)?, options)
}

fn build(stage: &Stage) -> Result<Places> {
    let version = stage.read(stage.command("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names its host")?;
    let directory = stage.target()?.join("fuzz");
    let mut build = stage.cargo(&["build", "--locked", "--manifest-path", "fuzz/Cargo.toml", "--target-dir"]);
    // With a target named, build scripts and macros are built without these flags.
    build.arg(&directory).args(["--target", host]).env("RUSTFLAGS", FLAGS.join(" ")).env_remove("CARGO_ENCODED_RUSTFLAGS");
    stage.must(&mut build).context("if fuzz/Cargo.lock is behind: cargo update --workspace --manifest-path fuzz/Cargo.toml")?;
    Ok(Places { binaries: directory.join(host).join("debug"), directory })
}

fn run(stage: &Stage, places: &Places, options: &Options) -> Result<()> {
    let mut waiting: Vec<&str> = match options.targets.as_slice() {
        [] => TARGETS.to_vec(),
        named => named.iter().map(String::as_str).collect(),
    };
    waiting.reverse();
    let mut working: Vec<Attempt<'_>> = Vec::new();
    let mut broken = Vec::new();
    while !(waiting.is_empty() && working.is_empty()) {
        while working.len() < AT_ONCE_MAX
            && let Some(target) = waiting.pop()
        {
            working.push(start(stage, places, options, target)?);
        }
        thread::sleep(POLL);
        let mut still = Vec::new();
        for mut attempt in working {
            let Some(status) = attempt.running.poll()? else {
                still.push(attempt);
                continue;
            };
            if stage.processes.interrupted() {
                bail!("interrupted");
            }
            let log = String::from_utf8_lossy(&fs::read(&attempt.log)?).into_owned();
            if status.success() {
                eprintln!("{}", summary(attempt.target, &log, attempt.since.elapsed())?);
            } else {
                eprintln!("{} ended with {status}\n{}\nall it said: {}", attempt.target, report(&log), attempt.log.display());
                broken.push(attempt.target);
            }
        }
        working = still;
    }
    if !broken.is_empty() {
        bail!("broken: {}", broken.join(", "));
    }
    Ok(())
}

fn start<'a>(stage: &Stage, places: &Places, options: &Options, target: &'a str) -> Result<Attempt<'a>> {
    let corpus = places.directory.join("corpus").join(target);
    let found = places.directory.join("found");
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&found)?;
    let log = places.directory.join(format!("{target}.log"));
    let output = File::create(&log).with_context(|| format!("{} cannot be written", log.display()))?;
    let mut command = stage.command(places.binaries.join(target));
    command
        .arg(format!("-max_total_time={}", options.seconds))
        .arg(format!("-max_len={INPUT_BYTES_MAX}"))
        .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
        .arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"))
        .arg(format!("-artifact_prefix={}", prefix(&found, target)))
        .arg(&corpus)
        .env("RUST_BACKTRACE", "0")
        .stdout(output.try_clone()?)
        .stderr(output);
    Ok(Attempt { target, running: stage.serve(&mut command, Ending::Signal)?, log, since: Instant::now() })
}

fn prefix(found: &Path, target: &str) -> String {
    found.join(format!("{target}-")).display().to_string()
}

/// One line from what libFuzzer says last: `#500691 DONE   cov: 664 ft: 4136 corp: 869/75Kb lim: 1320 exec/s: 23842 rss: 31Mb`.
fn summary(target: &str, log: &str, took: Duration) -> Result<String> {
    let last = log.lines().rev().find(|line| line.starts_with('#') && line.contains("DONE")).context("libFuzzer says when it is done")?;
    let mut words = last.split_whitespace();
    let executions = words.next().map(|word| word.trim_start_matches('#')).unwrap_or_default();
    let mut figures = words.skip_while(|word| *word != "cov:").skip(1);
    let edges: u64 = figures.next().and_then(|word| word.parse().ok()).context("libFuzzer says what was covered")?;
    let mut figures = figures.skip_while(|word| *word != "corp:").skip(1);
    let kept = figures.next().and_then(|word| word.split('/').next()).unwrap_or("no");
    // Without counters libFuzzer is blind and finds nothing: that is no success.
    if edges == 0 {
        bail!("{target} has covered nothing: its counters are missing");
    }
    Ok(format!("{target:<12} {executions:>9} executions, {edges:>5} edges covered, {kept:>5} inputs kept, {} s", took.as_secs()))
}

/// What broke, and the input that broke it.
fn report(log: &str) -> String {
    const ENDS: [&str; 4] = ["==", "SUMMARY:", "Base64:", "stat::"];
    let begin = log.find("panicked at").or_else(|| log.find("ERROR: libFuzzer")).unwrap_or_default();
    let cause = log[begin..].lines().take_while(|line| !ENDS.iter().any(|end| line.starts_with(end))).collect::<Vec<_>>().join("\n");
    let cause: String = cause.chars().take(REPORT_CHARS_MAX).collect();
    let input = log.lines().filter(|line| line.starts_with("Base64: ") || line.contains("Test unit written to"));
    format!("{cause}\n{}", input.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_read() {
        let took = Duration::from_secs(21);
        let log = "#2\tINITED cov: 5\n#500691\tDONE   cov: 664 ft: 4136 corp: 869/75Kb lim: 1320 exec/s: 23842 rss: 31Mb\nDone 500691 runs";
        let line = summary("json_writer", log, took).unwrap();
        assert_eq!(line, "json_writer     500691 executions,   664 edges covered,   869 inputs kept, 21 s");
        assert!(summary("json_writer", "#9\tDONE cov: 0 ft: 0 corp: 1/1b", took).is_err());
        assert!(summary("json_writer", "", took).is_err());
    }

    #[test]
    fn breaks_are_reported() {
        let log = "#5\tNEW\nthread '<unnamed>' (7) panicked at x.rs:1:\nno YAML\n==7== ERROR: libFuzzer: deadly signal\n\
                   x; Test unit written to found/yaml_writer-crash-1\nBase64: b41z\n";
        assert_eq!(report(log), "panicked at x.rs:1:\nno YAML\nx; Test unit written to found/yaml_writer-crash-1\nBase64: b41z");
        assert_eq!(
            report("==7== ERROR: libFuzzer: timeout after 10 seconds\nBase64: aa"),
            "ERROR: libFuzzer: timeout after 10 seconds\nBase64: aa"
        );
    }
}
