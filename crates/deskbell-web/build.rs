//! Builds the web pages of `web/` with npm and Vite into `OUT_DIR` and writes the table that `lib.rs` embeds.
//!
//! - `DESKBELL_WEB_DIST=<dir>`: takes a ready build instead.
//! - `DESKBELL_WEB=skip`: takes a placeholder, for work on the Rust side alone.
//! - Without npm: the placeholder in debug builds, an error in release builds.
//!
//! Nothing is written into the source tree but `web/node_modules`.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a build of the pages depends on, below `web/`.
const SOURCES: [&str; 9] =
    ["package.json", "package-lock.json", "svelte.config.js", "tsconfig.json", "scripts", "shared", "widget", "track", "console"];
/// In `node_modules`; holds the hash of the lock file that was installed.
const STAMP: &str = ".deskbell-stamp";
const HINT: &str = "Set DESKBELL_WEB=skip to build without the web pages, or DESKBELL_WEB_DIST to a ready build of them.";

type Result<T> = std::result::Result<T, String>;

fn main() {
    if let Err(problem) = build() {
        for line in problem.lines() {
            println!("cargo::error={line}");
        }
        std::process::exit(1);
    }
}

fn build() -> Result<()> {
    println!("cargo::rerun-if-env-changed=DESKBELL_WEB");
    println!("cargo::rerun-if-env-changed=DESKBELL_WEB_DIST");
    println!("cargo::rerun-if-changed=build.rs");
    let out = path_of("OUT_DIR")?;
    let dist = out.join("dist");
    let table = out.join("assets.rs");

    if let Some(ready) = std::env::var_os("DESKBELL_WEB_DIST").filter(|dir| !dir.is_empty()) {
        let ready = fs::canonicalize(&ready).map_err(|error| format!("DESKBELL_WEB_DIST {}: {error}", ready.display()))?;
        println!("cargo::rerun-if-changed={}", ready.display());
        return write_table(&table, &ready, Kind::Real);
    }
    if std::env::var_os("DESKBELL_WEB").is_some_and(|value| value == "skip") {
        return placeholder(&table, &dist);
    }

    let manifest = path_of("CARGO_MANIFEST_DIR")?;
    let web = manifest.join("../../web");
    let web = fs::canonicalize(&web).map_err(|error| format!("{}: {error}", web.display()))?;
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", web.join(source).display());
    }
    if !has_npm() {
        let release = std::env::var_os("PROFILE").is_some_and(|profile| profile == "release");
        if release {
            return Err(format!("npm was not found, and a release needs the web pages. {HINT}"));
        }
        println!("cargo::warning=npm was not found: this build has a placeholder instead of the web pages");
        return placeholder(&table, &dist);
    }

    // Two cargo runs (an editor's and a terminal's, with two target directories) share node_modules. This very file serves as the
    // lock, because it is there and nobody writes it; the lock ends with the handle.
    let lock = File::open(manifest.join("build.rs")).map_err(|error| format!("build.rs: {error}"))?;
    lock.lock().map_err(|error| format!("locking build.rs: {error}"))?;
    install(&web)?;
    run(Command::new("node").arg("scripts/build.mjs").current_dir(&web).env("DESKBELL_OUT", &dist))?;
    drop(lock);
    write_table(&table, &dist, Kind::Real)
}

fn path_of(name: &str) -> Result<PathBuf> {
    std::env::var_os(name).map(PathBuf::from).ok_or_else(|| format!("cargo did not set {name}"))
}

fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn has_npm() -> bool {
    npm().arg("--version").output().is_ok_and(|output| output.status.success())
}

/// `npm ci`, unless it ran for this very lock file before.
fn install(web: &Path) -> Result<()> {
    let lock = fs::read(web.join("package-lock.json")).map_err(|error| format!("package-lock.json: {error}"))?;
    let wanted = format!("{:016x}", hash(&lock));
    let stamp = web.join("node_modules").join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    run(npm().args(["ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund"]).current_dir(web))?;
    fs::write(&stamp, wanted).map_err(|error| format!("{}: {error}", stamp.display()))
}

/// Runs a command to its end; its output is part of the error.
fn run(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}");
    let output = command.output().map_err(|error| format!("{shown}: {error}. {HINT}"))?;
    if output.status.success() {
        return Ok(());
    }
    let told = [output.stdout, output.stderr].concat();
    Err(format!("building the web pages failed: {shown}\n{}\n{HINT}", String::from_utf8_lossy(&told)))
}

/// Pages that say that there are none.
fn placeholder(table: &Path, dist: &Path) -> Result<()> {
    let page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Deskbell</title>\
        <p>This build of Deskbell has no web pages. Build it with npm installed and without DESKBELL_WEB=skip.</p></html>\n";
    let _ = fs::remove_dir_all(dist);
    for (name, content) in [
        ("console/index.html", page),
        ("widget/frame/index.html", page),
        ("demo/index.html", page),
        ("widget.js", "// This build of Deskbell has no web pages.\n"),
        ("scripts/track.js", "// This build of Deskbell has no web pages.\n"),
    ] {
        let file = dist.join(name);
        let dir = file.parent().expect("the names above have a parent");
        fs::create_dir_all(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        fs::write(&file, content).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    write_table(table, dist, Kind::Placeholder)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Real,
    Placeholder,
}

/// The source of the table: every file with its variants, sorted by path.
fn write_table(table: &Path, dist: &Path, kind: Kind) -> Result<()> {
    let mut files = Vec::new();
    collect(dist, dist, &mut files).map_err(|error| format!("{}: {error}", dist.display()))?;
    files.sort();
    for needed in ["console/index.html", "widget.js", "widget/frame/index.html"] {
        if !files.iter().any(|(path, _)| path == needed) {
            return Err(format!("{} lacks {needed}", dist.display()));
        }
    }
    let variant = |path: &str, ending: &str| match files.iter().find(|(other, _)| *other == format!("{path}{ending}")) {
        Some((_, file)) => format!("Some(include_bytes!({file:?}))"),
        None => "None".to_owned(),
    };
    let mut source = format!("pub(crate) const PLACEHOLDER: bool = {};\n", kind == Kind::Placeholder);
    source.push_str("pub(crate) static FILES: &[File] = &[\n");
    for (path, file) in &files {
        if path.ends_with(".br") || path.ends_with(".gz") {
            continue;
        }
        let bytes = fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        writeln!(
            source,
            "    File {{ path: {path:?}, content_type: {:?}, etag: \"{:016x}\", immutable: {}, plain: include_bytes!({file:?}), \
             br: {}, gzip: {} }},",
            content_type(file)?,
            hash(&bytes),
            // Vite puts nothing there but files with a hash of their content in their names.
            path.contains("/assets/"),
            variant(path, ".br"),
            variant(path, ".gz"),
        )
        .expect("writing into a string does not fail");
    }
    source.push_str("];\n");
    fs::write(table, source).map_err(|error| format!("{}: {error}", table.display()))
}

/// Every file below `dir`, with its path from `root` in slashes.
fn collect(root: &Path, dir: &Path, files: &mut Vec<(String, PathBuf)>) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root).expect("it was found below the root");
            let name: Vec<_> = name.iter().map(OsStr::to_string_lossy).collect();
            files.push((name.join("/"), path));
        }
    }
    Ok(())
}

fn content_type(file: &Path) -> Result<&'static str> {
    Ok(match file.extension().and_then(OsStr::to_str).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "md" | "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        other => return Err(format!("no content type is known for .{other}: {}", file.display())),
    })
}

/// FNV-1a: tells whether content changed; nobody has to be kept from forging it.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
