//! `cargo xtask run`: a desk to look at, from a fresh clone.

use crate::stage::Stage;
use crate::{desk, needs};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const DATA: &str = "deskbell-data";
/// Where a new desk is prepared, so that an interrupted start leaves no half one.
const NEW_DATA: &str = ".cache/deskbell-data-new";
const SIGN_IN: &str = "sign-in.txt";
const DEMO: [&str; 4] = ["--days", "14", "--conversations", "300"];

#[derive(Args)]
pub(crate) struct Options {
    /// An optimised build
    #[arg(long)]
    release: bool,
    /// Throws the old desk away and makes a new one
    #[arg(long)]
    fresh: bool,
    /// Where to listen; the next free port is taken if it is busy
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

pub(crate) fn run(stage: &Stage, options: &Options) -> Result<()> {
    needs::node(stage)?;
    let mut build = stage.cargo(&["build", "--locked", "--package", "deskbell"]);
    if options.release {
        build.arg("--release");
    }
    stage.must(&mut build)?;
    let binary = stage.target()?.join(if options.release { "release" } else { "debug" }).join("deskbell");
    let data = stage.root.join(DATA);
    if options.fresh && data.exists() {
        fs::remove_dir_all(&data).with_context(|| format!("{DATA} cannot be removed"))?;
    }
    if !data.exists() {
        create(stage, &binary, &data)?;
    }
    let port = desk::free_port(options.port)?;
    let mut server = desk::serve(stage, &binary, &data, port, None)?;
    desk::wait_until_ready(stage, &mut server, port)?;
    let sign_in = fs::read_to_string(data.join(SIGN_IN))
        .unwrap_or_else(|_| format!("The sign-in of {DATA} is not known here; start with --fresh for a new desk.\n"));
    let find = |key: &str| sign_in.lines().find_map(|line| line.strip_prefix(key)).map_or("…", str::trim).to_owned();
    let (base, key, token) = (format!("http://127.0.0.1:{port}"), find("API key:"), find("Access token:"));
    writeln!(
        io::stdout(),
        "
Deskbell is ready.

  A page with the chat widget   {base}/demo
  The agents' console           {base}/console/

{sign_in}
  LiveAgent   curl '{base}/api/chats/overview?apikey={key}'
              curl '{base}/api/conversations.xml?apikey={key}'
  Zendesk     curl -H 'Authorization: Bearer {token}' {base}/stream/chats
              curl -H 'Authorization: Bearer {token}' '{base}/api/v2/incremental/chats?start_time=0&fields=chats(*)'
  Native      {base}/openapi.json

Ctrl-C stops it."
    )?;
    let status = server.wait()?;
    if !stage.processes.interrupted() && !status.success() {
        bail!("deskbell serve ended with {status}");
    }
    Ok(())
}

/// A new desk with demonstration data, and a note of how to sign in.
fn create(stage: &Stage, binary: &Path, data: &Path) -> Result<()> {
    let new = stage.root.join(NEW_DATA);
    if new.exists() {
        fs::remove_dir_all(&new).with_context(|| format!("{NEW_DATA} cannot be removed"))?;
    }
    let parent = new.parent().context("it has a parent")?;
    fs::create_dir_all(parent).with_context(|| format!("{} cannot be created", parent.display()))?;
    let desk::SignIn { password, api_key, access_token } = desk::init(stage, binary, &new)?;
    eprintln!("Filling {DATA} with two weeks of demonstration data…");
    let made = stage.read(stage.command(binary).arg("demo").arg("--data").arg(&new).args(DEMO))?;
    // Colleagues to sign in as in another browser.
    let colleagues = made.lines().filter(|line| line.starts_with("agent ") || line.starts_with("their password "));
    let mut note = OpenOptions::new().write(true).create_new(true).mode(0o600).open(new.join(SIGN_IN))?;
    write!(note, "Sign in:      {}\nPassword:     {password}\nAPI key:      {api_key}\nAccess token: {access_token}\n", desk::OWNER)?;
    for line in colleagues {
        writeln!(note, "Demo: {line}")?;
    }
    note.sync_all()?;
    fs::rename(&new, data).with_context(|| format!("{NEW_DATA} cannot become {DATA}"))
}
