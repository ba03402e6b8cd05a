//! Foreign programs that were written for the APIs that a desk speaks: taken from PyPI as they are, each in an environment of its own below
//! the target directory, made when it is first asked for.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Those that there are; what each consists of is pinned in `contracts/clients/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    TapZendeskChat,
    Zenpy,
}

impl Client {
    fn name(self) -> &'static str {
        match self {
            Client::TapZendeskChat => "tap-zendesk-chat",
            Client::Zenpy => "zenpy",
        }
    }

    /// The Python interpreter that has this client. Waits while another test installs it.
    pub fn python(self) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let pinned = root.join("contracts/clients").join(format!("{}.txt", self.name()));
        let text = fs::read_to_string(&pinned).unwrap_or_else(|error| panic!("{} cannot be read: {error}", pinned.display()));
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let directory = target().join("clients");
        fs::create_dir_all(&directory).expect("the target directory can be written");
        let lock = File::create(directory.join(format!("{}.lock", self.name()))).expect("a lock file can be made");
        lock.lock().expect("the lock can be taken");
        let place = directory.join(format!("{}-{:016x}", self.name(), hasher.finish()));
        let (python, done) = (place.join("bin/python"), place.join("installed"));
        if !done.exists() {
            run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place));
            let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
            run(Command::new(&python).args(install).arg(&pinned));
            fs::write(&done, "").expect("the target directory can be written");
        }
        python
    }
}

/// `target/`, from where this test's program is: `target/debug/deps/…`.
fn target() -> PathBuf {
    let program = std::env::current_exe().expect("a program knows where it is");
    program.ancestors().nth(3).expect("tests are three levels below the target directory").to_owned()
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed; Debian needs python3-venv for it:\n{said}");
}
