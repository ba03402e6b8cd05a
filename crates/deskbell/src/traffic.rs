//! `deskbell simulate`: drives live traffic and says what became of it.

use std::io::Write as _;
use std::process::ExitCode;

use crate::simulate::{self, SimulateOptions};

pub(crate) fn run(options: SimulateOptions) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(simulate::run(options))?;
    // A reader that is gone has seen enough.
    drop(write!(std::io::stdout(), "{report}"));
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
