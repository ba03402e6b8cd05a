//! A PostgreSQL server for the time of a test: its own directory, its own port on 127.0.0.1, synced like a real one. It can be killed and
//! started again. A small shell watches over it, so that it ends even if the test is killed.

use postgres::{Client, NoTls};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const START_SECONDS_MAX: u64 = 60;
const ATTEMPTS_MAX: usize = 5;
const POLL: Duration = Duration::from_millis(20);
/// The superuser's name; there is no password.
const USER: &str = "deskbell";
/// Ends the server when nobody holds the other end of its standard input any more.
const WATCH: &str = r#""$@" & server=$!; read -r line; (while kill -INT "$server" 2>/dev/null; do sleep 0.5; done) & wait "$server""#;

static DATABASES: AtomicU64 = AtomicU64::new(0);

pub struct ThrowawayPostgres {
    directory: TempDir,
    binaries: PathBuf,
    /// As root, the account it runs as.
    account: Option<Account>,
    port: u16,
    watch: Option<Child>,
    /// How often it was started. Each start has a log of its own: processes of a killed server still write into the one before.
    starts: u32,
}

impl ThrowawayPostgres {
    /// Creates a server and waits until it answers. Needs PostgreSQL's programs in PATH or in /usr/lib/postgresql; as root also an account
    /// `postgres` or `nobody`.
    pub fn start() -> io::Result<ThrowawayPostgres> {
        let directory = tempfile::Builder::new().prefix("deskbell-postgres-").tempdir()?;
        let binaries = find_binaries()?;
        let account = if fs::metadata("/proc/self")?.uid() == 0 { Some(find_account()?) } else { None };
        if let Some(Account { uid, gid }) = &account {
            succeed(Command::new("chown").arg(format!("{uid}:{gid}")).arg(directory.path()))?;
        }
        let mut server = ThrowawayPostgres { directory, binaries, account, port: 0, watch: None, starts: 0 };
        server.create()?;
        for attempt in 1.. {
            server.port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            match server.start_again() {
                Ok(()) => break,
                // Somebody else may have taken the port.
                Err(_) if attempt < ATTEMPTS_MAX => {}
                Err(error) => return Err(error),
            }
        }
        Ok(server)
    }

    /// The URL of the server's own database.
    pub fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/postgres", self.port)
    }

    /// Creates an empty database; returns its URL.
    pub fn create_database(&self) -> io::Result<String> {
        create_database(&self.url())
    }

    /// Kills it the hard way (SIGKILL): nothing that was not synced survives.
    pub fn kill(&mut self) -> io::Result<()> {
        let pid = fs::read_to_string(self.data().join("postmaster.pid"))?;
        let pid = pid.lines().next().unwrap_or_default().trim().to_owned();
        succeed(Command::new("kill").args(["-KILL", &pid]))?;
        self.reap()
    }

    /// Ends it in good order; connections are cut.
    pub fn stop(&mut self) -> io::Result<()> {
        self.reap()
    }

    /// Starts it again after [`ThrowawayPostgres::kill`] or [`ThrowawayPostgres::stop`], with its data and on its port.
    pub fn start_again(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
        while Instant::now() < deadline {
            self.reap()?;
            self.watch = Some(self.spawn()?);
            if self.wait_until_it_answers(deadline)? {
                return Ok(());
            }
            // Processes of the one that was killed may still hold its memory; or the port is taken.
            if self.log().contains("could not bind") {
                break;
            }
        }
        self.reap()?;
        Err(io::Error::other(format!("PostgreSQL did not start: {}", self.log())))
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.directory.path().join(format!("log-{}", self.starts))
    }

    fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn create(&self) -> io::Result<()> {
        // Another order of texts than that of bytes, so that a forgotten COLLATE shows.
        let collated: &[&str] = &["--locale-provider=icu", "--icu-locale=en", "--locale=C"];
        let plain: &[&str] = &["--locale=C"];
        let create = |locale: &[&str]| {
            let mut command = self.command("initdb");
            command.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--username", USER, "--pgdata"]).arg(self.data()).args(locale);
            succeed(&mut command)
        };
        if create(collated).is_err() {
            create(plain)?;
        }
        Ok(())
    }

    fn spawn(&mut self) -> io::Result<Child> {
        self.starts += 1;
        let log = File::create(self.log_file())?;
        let server = self.command("postgres");
        let settings = ["fsync=on", "listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=32MB", "max_connections=60"];
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "sh"]).arg(server.get_program()).args(server.get_args());
        watch.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        for setting in settings {
            watch.args(["-c", setting]);
        }
        watch.current_dir(self.directory.path()).stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log).spawn()
    }

    /// False if it ended instead.
    fn wait_until_it_answers(&mut self, deadline: Instant) -> io::Result<bool> {
        let url = self.url();
        let pid = self.data().join("postmaster.pid");
        let mut seen = false;
        while Instant::now() < deadline {
            // Its last line says "ready" once it is.
            let ready = fs::read_to_string(&pid).is_ok_and(|text| text.lines().any(|line| line.trim() == "ready"));
            if ready && client(&url, |_| Ok(())).is_ok() {
                return Ok(true);
            }
            seen |= pid.exists();
            if self.log().contains("FATAL") && !self.log().contains("the database system is starting up") {
                return Ok(false);
            }
            if seen && !pid.exists() {
                return Ok(false);
            }
            thread::sleep(POLL);
        }
        Ok(false)
    }

    fn command(&self, program: &str) -> Command {
        let program = self.binaries.join(program);
        let mut command = match &self.account {
            None => Command::new(program),
            Some(Account { uid, gid }) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", uid, "--regid", gid, "--clear-groups", "--"]).arg(program);
                command
            }
        };
        command.current_dir(self.directory.path());
        command
    }

    /// Lets the watching shell end the server, and waits for both.
    fn reap(&mut self) -> io::Result<()> {
        if let Some(mut watch) = self.watch.take() {
            drop(watch.stdin.take());
            watch.wait()?;
        }
        Ok(())
    }
}

impl Drop for ThrowawayPostgres {
    fn drop(&mut self) {
        if let Err(error) = self.reap() {
            tracing::warn!(error = %error, "a throw-away PostgreSQL could not be ended");
        }
    }
}

/// Creates an empty database on a server; returns its URL.
pub fn create_database(server: &str) -> io::Result<String> {
    let name = format!("deskbell_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed));
    // One that an earlier run left behind may have the name.
    client(server, |client| client.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")))?;
    client(server, |client| client.batch_execute(&format!("CREATE DATABASE {name}")))?;
    let (base, query) = server.split_once('?').map_or((server, None), |(base, query)| (base, Some(query)));
    let authority = base.rfind('/').map_or(base, |at| &base[..at]);
    Ok(match query {
        Some(query) => format!("{authority}/{name}?{query}"),
        None => format!("{authority}/{name}"),
    })
}

/// Runs something on a connection; on a thread of its own, since the blocking client must not run inside an asynchronous one.
pub fn client<T: Send>(url: &str, run: impl FnOnce(&mut Client) -> Result<T, postgres::Error> + Send) -> io::Result<T> {
    thread::scope(|scope| scope.spawn(|| Client::connect(url, NoTls).and_then(|mut client| run(&mut client))).join())
        .map_err(|_| io::Error::other("the client panicked"))?
        .map_err(io::Error::other)
}

fn find_binaries() -> io::Result<PathBuf> {
    let in_path = std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    // A link in PATH leads to where the other programs are.
    let real = |directory: PathBuf| fs::canonicalize(directory.join("postgres")).ok().and_then(|file| file.parent().map(Path::to_owned));
    let mut found = in_path.chain(versions).filter_map(real).filter(|directory| directory.join("initdb").exists());
    found.next().ok_or_else(|| io::Error::other("PostgreSQL's programs initdb and postgres were not found; install PostgreSQL"))
}

/// Numbers, since the group of `nobody` has different names.
struct Account {
    uid: String,
    gid: String,
}

fn find_account() -> io::Result<Account> {
    let accounts = fs::read_to_string("/etc/passwd")?;
    let find = |name: &str| {
        accounts.lines().find_map(|line| match line.split(':').collect::<Vec<_>>()[..] {
            [found, _, uid, gid, ..] if found == name => Some(Account { uid: uid.to_owned(), gid: gid.to_owned() }),
            _ => None,
        })
    };
    let missing = || io::Error::other("PostgreSQL does not run as root, and there is no account postgres or nobody");
    find("postgres").or_else(|| find("nobody")).ok_or_else(missing)
}

fn succeed(command: &mut Command) -> io::Result<()> {
    let Output { status, stderr, .. } = command.stdin(Stdio::null()).output()?;
    if status.success() {
        return Ok(());
    }
    let program: OsString = command.get_program().to_owned();
    Err(io::Error::other(format!("{} failed: {}", program.display(), String::from_utf8_lossy(&stderr))))
}
