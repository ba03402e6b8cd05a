//! `deskbell simulate`: drives live traffic and says what became of it.

use std::process::ExitCode;

use crate::simulate::{self, SimulateOptions};

pub(crate) fn run(options: SimulateOptions) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let report = runtime.block_on(simulate::run(options))?;
    print!("{report}");
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
