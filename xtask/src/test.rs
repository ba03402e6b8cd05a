//! `cargo xtask test`: every check and every test, in one order, here as in CI.

use crate::desk;
use crate::fuzz;
use crate::lint;
use crate::needs::{self, Package};
use crate::postgres::Postgres;
use crate::processes::Running;
use crate::stage::Stage;
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use std::fs;
use std::path::{Path, PathBuf};

const BROWSER_TESTS: &str = "web/e2e";

#[derive(Args)]
pub(crate) struct Options {
    /// A part only
    #[arg(long, value_enum)]
    only: Option<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The Rust tests, with a PostgreSQL of their own
    Rust,
    /// Checks, unit tests and budgets of the pages
    Web,
    /// The fuzz targets, a minute each
    Fuzz,
    /// The browser tests against a whole desk
    Browser,
    /// Formatting, the project's own rules, clippy
    Lint,
}

pub(crate) fn test(stage: &mut Stage, options: &Options) -> Result<()> {
    let runs = |part: Part| options.only.is_none_or(|only| only == part);
    let pages = runs(Part::Web) || runs(Part::Browser);
    stage.step("What is needed", |stage| install(stage, &runs, pages))?;
    if pages {
        stage.step("Packages of the pages: npm ci", needs::web_packages)?;
    }
    if runs(Part::Lint) {
        stage.step("Formatting: cargo fmt --check", |stage| stage.must(&mut stage.cargo(&["fmt", "--all", "--", "--check"])))?;
        stage.step("The project's own rules: cargo xtask lint", lint::lint)?;
        let fuzz = ["fmt", "--manifest-path", "fuzz/Cargo.toml", "--", "--check"];
        stage.step("Formatting of the fuzz targets", |stage| stage.must(&mut stage.cargo(&fuzz)))?;
        let clippy = ["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
        stage.step("Clippy", |stage| stage.must(&mut stage.cargo(&clippy)))?;
    }
    if runs(Part::Web) {
        let npm = |task: &'static [&'static str]| move |stage: &Stage| stage.must(needs::npm(stage).args(task));
        stage.step("Pages: npm run check", npm(&["run", "check"]))?;
        stage.step("Pages: npm test", npm(&["test"]))?;
        stage.step("Pages: npm run build", npm(&["run", "build"]))?;
        stage.step("Pages: npm run budget", npm(&["run", "budget"]))?;
    }
    if runs(Part::Rust) {
        let build = ["nextest", "run", "--locked", "--workspace", "--cargo-quiet", "--no-run"];
        stage.step("Building the Rust tests", |stage| stage.must(&mut stage.cargo(&build)))?;
        stage.step("Rust tests: cargo nextest run --workspace --profile ci", rust)?;
    }
    if runs(Part::Fuzz) {
        stage.step("Fuzz targets: cargo xtask fuzz", |stage| fuzz::fuzz(stage, &fuzz::Options::default()))?;
    }
    if runs(Part::Browser) {
        // The same features as for the tests, so that nothing is built twice.
        let build = ["build", "--locked", "--workspace", "--all-targets"];
        stage.step("Building the desk", |stage| stage.must(&mut stage.cargo(&build)))?;
        stage.step("Browser tests: node --test web/e2e", browser)?;
    }
    stage.summary();
    Ok(())
}

fn install(stage: &Stage, runs: &dyn Fn(Part) -> bool, pages: bool) -> Result<()> {
    let mut packages = Vec::new();
    if runs(Part::Rust) {
        packages.extend([Package::Postgres, Package::PythonVenv]);
    }
    if runs(Part::Fuzz) {
        packages.push(Package::CppCompiler);
    }
    if runs(Part::Browser) {
        packages.push(Package::Chromium);
    }
    if pages {
        needs::node(stage)?;
    }
    needs::packages(stage, &packages)?;
    if runs(Part::Rust) {
        needs::nextest(stage)?;
    }
    Ok(())
}

fn rust(stage: &Stage) -> Result<()> {
    let postgres = Postgres::start(stage, &stage.target()?)?;
    let mut tests = stage.cargo(&["nextest", "run", "--locked", "--workspace", "--profile", "ci"]);
    stage.must(tests.env("DESKBELL_TEST_POSTGRES", &postgres.url))?;
    postgres.stop()
}

fn browser(stage: &Stage) -> Result<()> {
    let target = stage.target()?;
    let files = browser_tests(stage)?;
    let directory = tempfile::Builder::new().prefix("deskbell-browser-").tempdir()?;
    let (data, log) = (directory.path().join("data"), directory.path().join("log"));
    let binary = target.join("debug/deskbell");
    let sign_in = desk::init(stage, &binary, &data)?;
    let (mut server, port) = start(stage, &binary, &data, &log)?;
    let screenshots = target.join("screenshots");
    fs::create_dir_all(&screenshots)?;
    let chromium = needs::chromium().context("Chromium was found before")?;
    let mut tests = stage.command("node");
    tests
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .args(&files)
        .env("DESKBELL_URL", format!("http://127.0.0.1:{port}"))
        .env("DESKBELL_EMAIL", desk::OWNER)
        .env("DESKBELL_PASSWORD", &sign_in.password)
        .env("DESKBELL_API_KEY", &sign_in.api_key)
        .env("DESKBELL_ACCESS_TOKEN", &sign_in.access_token)
        .env("DESKBELL_SCREENSHOTS", &screenshots)
        .env("DESKBELL_CHROMIUM", chromium);
    if let Err(error) = stage.must(&mut tests) {
        eprintln!("\nThe end of the desk's log:\n{}", desk::tail(&log));
        return Err(error);
    }
    eprintln!("screenshots are in {}", screenshots.display());
    server.stop()
}

/// Node takes files; whether it takes a directory depends on its version.
fn browser_tests(stage: &Stage) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(stage.root.join(BROWSER_TESTS)).with_context(|| format!("{BROWSER_TESTS} cannot be read"))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut files: Vec<PathBuf> =
        names.filter(|name| name.ends_with(".test.mjs")).map(|name| Path::new(BROWSER_TESTS).join(name)).collect();
    files.sort();
    if files.is_empty() {
        bail!("there is no {BROWSER_TESTS}/*.test.mjs: nothing found is no success");
    }
    Ok(files)
}

/// Starts the desk; somebody else may take the port in between.
fn start(stage: &Stage, binary: &Path, data: &Path, log: &Path) -> Result<(Running, u16)> {
    const ATTEMPTS_MAX: usize = 3;
    let mut outcome = None;
    for _ in 0..ATTEMPTS_MAX {
        let port = desk::free_port(0)?;
        let mut server = desk::serve(stage, binary, data, port, Some(log))?;
        match desk::wait_until_ready(stage, &mut server, port) {
            Ok(()) => return Ok((server, port)),
            Err(error) => outcome = Some(error),
        }
    }
    eprintln!("{}", desk::tail(log));
    Err(outcome.context("it was tried")?)
}
