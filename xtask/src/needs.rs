//! What must be there beside Rust: found, installed where that is allowed, or named exactly.

use crate::stage::Stage;
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// As web/package.json says.
const NODE_MIN: (u32, u32) = (20, 19);
/// One that builds with the pinned toolchain.
const NEXTEST: &str = "0.9.143";
/// The names under which Chromium goes.
const CHROMIUMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Node and npm, new enough.
pub(crate) fn node(stage: &Stage) -> Result<()> {
    let how = "Install Node.js 20.19 or later with npm (https://nodejs.org/en/download, or your system's package if it is new enough)";
    if in_path("node").is_none() || in_path("npm").is_none() {
        let missing: Vec<&str> = ["node", "npm"].into_iter().filter(|program| in_path(program).is_none()).collect();
        bail!("not found in PATH: {}. The pages of the desk are built with them. {how}.", missing.join(", "));
    }
    let version = stage.read(stage.command("node").arg("--version"))?;
    let mut parts = version.trim().trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < NODE_MIN {
        bail!("Node.js {} is too old. {how}.", version.trim());
    }
    Ok(())
}

/// Debian packages that tests need.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Package {
    Postgres,
    Chromium,
    CppCompiler,
    PythonVenv,
}

impl Package {
    fn debian_name(self) -> &'static str {
        match self {
            Package::Postgres => "postgresql",
            Package::Chromium => "chromium",
            Package::CppCompiler => "g++",
            Package::PythonVenv => "python3-venv",
        }
    }

    fn is_there(self) -> bool {
        match self {
            Package::Postgres => in_path("initdb").is_some() || postgres_directory().is_some(),
            Package::Chromium => chromium().is_some(),
            Package::CppCompiler => in_path("c++").is_some(),
            Package::PythonVenv => makes_environments(),
        }
    }

    fn looked_for(self) -> &'static str {
        match self {
            Package::Postgres => "PostgreSQL's `initdb` (in PATH or /usr/lib/postgresql/*/bin)",
            Package::Chromium => "Chromium (`chromium`, `chromium-browser` or `google-chrome` in PATH)",
            Package::CppCompiler => "a C++ compiler (`c++` in PATH)",
            Package::PythonVenv => "Python with `venv` and `pip` (`python3 -m venv`)",
        }
    }
}

/// Installs what is missing where that is possible: as root, on Debian.
pub(crate) fn packages(stage: &Stage, wanted: &[Package]) -> Result<()> {
    let missing = || wanted.iter().copied().filter(|package| !package.is_there()).collect::<Vec<_>>();
    let names: Vec<&str> = missing().into_iter().map(Package::debian_name).collect();
    if names.is_empty() {
        return Ok(());
    }
    let root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if root && in_path("apt-get").is_some() {
        let apt = |arguments: &[&str]| {
            let mut command = stage.command("apt-get");
            command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
            stage.must(&mut command)
        };
        apt(&["update"])?;
        apt(&[&["install", "-y", "--no-install-recommends"], names.as_slice()].concat())?;
    }
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let looked_for: Vec<&str> = missing.iter().map(|package| package.looked_for()).collect();
    bail!(
        "not found: {}. On Debian: sudo apt-get install --no-install-recommends {}",
        looked_for.join(" and "),
        missing.iter().map(|package| package.debian_name()).collect::<Vec<_>>().join(" ")
    );
}

/// The test runner, built if it is missing.
pub(crate) fn nextest(stage: &Stage) -> Result<()> {
    let mut ask = stage.cargo(&["nextest", "--version"]);
    if ask.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        return Ok(());
    }
    // In a target directory of its own: cargo must not think that the workspace has changed.
    stage
        .must(&mut stage.cargo(&["install", "cargo-nextest", "--locked", "--version", NEXTEST]))
        .with_context(|| format!("cargo-nextest is missing; `cargo install cargo-nextest --locked --version {NEXTEST}` would install it"))
}

/// The packages of web/package-lock.json, unless they are there.
pub(crate) fn web_packages(stage: &Stage) -> Result<()> {
    let changed = |path: &str| fs::metadata(stage.root.join(path)).and_then(|file| file.modified()).ok();
    let wanted = changed("web/package-lock.json").context("web/package-lock.json is missing")?;
    if changed("web/node_modules/.package-lock.json").is_some_and(|installed| installed >= wanted) {
        eprintln!("web/node_modules is up to date");
        return Ok(());
    }
    stage.must(npm(stage).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))
}

/// npm in web/.
pub(crate) fn npm(stage: &Stage) -> Command {
    let mut command = stage.command("npm");
    command.current_dir(stage.root.join("web"));
    command
}

/// Where Chromium is.
pub(crate) fn chromium() -> Option<PathBuf> {
    CHROMIUMS.into_iter().find_map(in_path)
}

/// Debian's own Python has `venv` without what it installs.
fn makes_environments() -> bool {
    let mut ask = Command::new("python3");
    ask.args(["-c", "import venv, ensurepip"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    ask.status().is_ok_and(|status| status.success())
}

/// Debian keeps PostgreSQL's server programs out of PATH.
fn postgres_directory() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin")).find(|directory| directory.join("initdb").exists())
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|file| file.is_file() && file.mode() & 0o111 != 0)
}
