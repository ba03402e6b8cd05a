//! The programs that are started, each in a process group of its own, so that none is left behind: not after a failure, not after Ctrl-C.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(10);
/// How long a program may take to end after it was asked to.
const STOP_SECONDS_MAX: u64 = 20;

/// What has been started and lives.
#[derive(Clone, Default)]
pub(crate) struct Processes(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    groups: Vec<Pid>,
    interrupted: bool,
}

/// How a program is asked to end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// SIGTERM.
    Signal,
    /// Its standard input is closed.
    ClosedInput,
}

impl Processes {
    /// From now on Ctrl-C, SIGTERM and SIGHUP ask everything to end; whoever waits for it goes on with an error.
    pub(crate) fn watch_signals(&self) -> Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("signals cannot be watched")?;
        let processes = self.clone();
        thread::spawn(move || {
            for _ in signals.forever() {
                let again = processes.interrupt();
                if again {
                    processes.signal_all(Signal::KILL);
                }
            }
        });
        Ok(())
    }

    /// True once a signal has asked for the end.
    pub(crate) fn interrupted(&self) -> bool {
        self.lock().interrupted
    }

    pub(crate) fn spawn(&self, command: &mut Command, ending: Ending) -> Result<Running> {
        use std::os::unix::process::CommandExt;
        let name = command.get_program().display().to_string();
        let mut state = self.lock();
        if state.interrupted {
            bail!("interrupted");
        }
        let child = command.process_group(0).spawn().with_context(|| format!("{name} does not start"))?;
        let group = Pid::from_child(&child);
        state.groups.push(group);
        drop(state);
        Ok(Running { child, group, ending, name, processes: self.clone(), ended: None })
    }

    /// Asks everything to end; true if that has been asked before.
    fn interrupt(&self) -> bool {
        let again = std::mem::replace(&mut self.lock().interrupted, true);
        self.signal_all(Signal::TERM);
        again
    }

    fn signal_all(&self, signal: Signal) {
        for group in &self.lock().groups {
            // One that has just ended is no error.
            let _ = kill_process_group(*group, signal);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A program; ended when dropped.
pub(crate) struct Running {
    child: Child,
    group: Pid,
    ending: Ending,
    name: String,
    processes: Processes,
    ended: Option<ExitStatus>,
}

impl Running {
    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.poll()? {
                return Ok(status);
            }
            thread::sleep(POLL);
        }
    }

    /// How it ended, if it has.
    pub(crate) fn poll(&mut self) -> Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().with_context(|| format!("{} cannot be waited for", self.name))?;
        }
        Ok(self.ended)
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Asks it to end, and makes it end if it does not.
    pub(crate) fn stop(&mut self) -> Result<()> {
        drop(self.child.stdin.take());
        if self.ending == Ending::Signal && self.poll()?.is_none() {
            let _ = kill_process_group(self.group, Signal::TERM);
        }
        let deadline = Instant::now() + Duration::from_secs(STOP_SECONDS_MAX);
        while self.poll()?.is_none() && Instant::now() < deadline {
            thread::sleep(POLL);
        }
        // Also what it has started and left.
        let _ = kill_process_group(self.group, Signal::KILL);
        self.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("{} could not be stopped: {error:#}", self.name);
        }
        let mut state = self.processes.lock();
        state.groups.retain(|group| *group != self.group);
    }
}
