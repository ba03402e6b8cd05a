//! The command line. Names are fixed: other tools rely on them.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};

/// A self-hosted customer-support desk: live chat, tickets, and the LiveAgent v1 and Zendesk Chat APIs.
#[derive(Debug, Parser)]
#[command(name = "deskbell", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a desk with its first owner; prints its API key and access token as one JSON object
    Init(InitOptions),
    /// Serve a desk
    Serve(ServeOptions),
    /// Fill a desk with a made-up history
    Demo(DemoOptions),
    /// Drive live traffic against a running desk and measure it
    Simulate(crate::simulate::SimulateOptions),
    /// LiveAgent v1 API keys
    #[command(subcommand)]
    Apikey(ApikeyCommand),
    /// Bearer tokens of the Zendesk Chat APIs
    #[command(subcommand)]
    Token(TokenCommand),
    /// Look a desk over and say what is wrong
    Doctor(DoctorOptions),
}

/// Where a desk is: a directory with an SQLite database, or a PostgreSQL database.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlaceOptions {
    /// Directory of the desk: its SQLite database and its files
    #[arg(long, env = "DESKBELL_DATA", required_unless_present = "database_url")]
    pub(crate) data: Option<PathBuf>,
    /// PostgreSQL instead of SQLite: postgres://user:password@host/database (files stay in --data, or in ./deskbell-data)
    #[arg(long, env = "DESKBELL_DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct InitOptions {
    #[command(flatten)]
    pub(crate) place: PlaceOptions,
    /// E-mail address the owner signs in with
    #[arg(long)]
    pub(crate) owner_email: String,
    /// His password: 8 characters or more
    #[arg(long, env = "DESKBELL_OWNER_PASSWORD", hide_env_values = true)]
    pub(crate) owner_password: String,
}

#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    #[command(flatten)]
    pub(crate) place: PlaceOptions,
    /// Address and port; port 0 takes a free one
    #[arg(long, env = "DESKBELL_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: std::net::SocketAddr,
    /// How the outside reaches this desk, for links: https://desk.example
    #[arg(long, env = "DESKBELL_PUBLIC_URL")]
    pub(crate) public_url: Option<String>,
    /// Believe the X-Forwarded-For, -Proto and -Host headers of the proxy in front
    #[arg(long, env = "DESKBELL_BEHIND_PROXY")]
    pub(crate) behind_proxy: bool,
    /// Requests a minute on the LiveAgent (per key; default 180) and Zendesk (per account; default 200) APIs, or "off"
    #[arg(long, env = "DESKBELL_RATE_LIMIT", value_name = "PER_MINUTE|off")]
    pub(crate) rate_limit: Option<RateLimit>,
    /// Results of a search in chats that can be paged through on the Zendesk API (default 10000), or "off"
    #[arg(long, env = "DESKBELL_SEARCH_RESULTS_MAX", value_name = "RESULTS|off")]
    pub(crate) search_results_max: Option<SearchResults>,
    /// SQLite: how large the database may grow before writes are refused
    #[arg(long, env = "DESKBELL_STORAGE_BYTES_MAX", value_name = "BYTES")]
    pub(crate) storage_bytes_max: Option<u64>,
}

/// A rate limit as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateLimit {
    Off,
    PerMinute(NonZeroU32),
}

impl FromStr for RateLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(RateLimit::Off);
        }
        text.parse().map(RateLimit::PerMinute).map_err(|_| "give a number of requests a minute, or off".to_owned())
    }
}

/// How many results of a search can be paged through, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SearchResults {
    Off,
    AtMost(NonZeroU32),
}

impl FromStr for SearchResults {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(SearchResults::Off);
        }
        text.parse().map(SearchResults::AtMost).map_err(|_| "give a number of results, or off".to_owned())
    }
}

#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    #[command(flatten)]
    pub(crate) place: PlaceOptions,
    #[command(flatten)]
    pub(crate) scale: crate::demo::DemoScale,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorOptions {
    #[command(flatten)]
    pub(crate) place: PlaceOptions,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApikeyCommand {
    /// Make a key; it is printed once
    Create {
        #[command(flatten)]
        place: PlaceOptions,
        /// What it is for
        #[arg(long, default_value = "")]
        name: String,
        /// It may read, not write
        #[arg(long)]
        read_only: bool,
    },
    /// All keys, without their secrets
    List {
        #[command(flatten)]
        place: PlaceOptions,
    },
    /// Take a key back
    Revoke {
        #[command(flatten)]
        place: PlaceOptions,
        /// The key's id, as list shows it
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token; it is printed once
    Create {
        #[command(flatten)]
        place: PlaceOptions,
        /// What it is for
        #[arg(long, default_value = "")]
        name: String,
        /// For which agent it acts, by e-mail; the first owner unless given
        #[arg(long)]
        agent: Option<String>,
        /// What it may do: read, write, chat
        #[arg(long, default_value = "read write chat")]
        scopes: String,
    },
    /// All tokens, without their secrets
    List {
        #[command(flatten)]
        place: PlaceOptions,
    },
    /// Take a token back
    Revoke {
        #[command(flatten)]
        place: PlaceOptions,
        /// The token's id, as list shows it
        id: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
        assert_eq!("off".parse(), Ok(RateLimit::Off));
        assert!("0".parse::<RateLimit>().is_err());
        assert!("many".parse::<RateLimit>().is_err());
        assert_eq!("off".parse(), Ok(SearchResults::Off));
        assert!("0".parse::<SearchResults>().is_err());
    }
}
