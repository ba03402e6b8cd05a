//! Under load, and killed in the middle of it. One at a time: `.config/nextest.toml`.

mod kill_postgres;
mod kill_server;
mod load;
