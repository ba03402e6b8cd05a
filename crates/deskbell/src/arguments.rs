//! The command line. Names are fixed: other tools rely on them.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};
use deskbell_http::Proxies;

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
    /// OAuth clients: programs that agents let act for them
    #[command(subcommand)]
    OauthClient(OauthClientCommand),
    /// Look a desk over and say what is wrong
    Doctor(DoctorOptions),
    /// Count what reports show again, from the journal and from the rows, and compare; or make it anew
    Verify(VerifyOptions),
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
    /// Proxies whose X-Forwarded-For, -Proto, -Host and -Prefix headers are believed: addresses, networks, "loopback", or "none"
    #[arg(long, env = "DESKBELL_TRUSTED_PROXIES", value_name = "NETWORKS", default_value = "loopback")]
    pub(crate) trusted_proxies: Proxies,
    /// Believe those headers whoever connects: for a desk that nobody but its proxy can reach
    #[arg(long, env = "DESKBELL_BEHIND_PROXY", conflicts_with = "trusted_proxies")]
    pub(crate) behind_proxy: bool,
    /// Speak TLS with this certificate (PEM, with its chain); read again when it changes
    #[arg(long, env = "DESKBELL_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its private key (PEM)
    #[arg(long, env = "DESKBELL_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Speak TLS with a certificate of its own making, kept in the desk's directory
    #[arg(long, env = "DESKBELL_TLS_SELF_SIGNED", conflicts_with_all = ["tls_cert", "tls_key"])]
    pub(crate) tls_self_signed: bool,
    /// Requests a minute on the LiveAgent (per key; default 180) and Zendesk (per account; default 200) APIs, or "off"
    #[arg(long, env = "DESKBELL_RATE_LIMIT", value_name = "PER_MINUTE|off")]
    pub(crate) rate_limit: Option<RateLimit>,
    /// Programs may show an agent's e-mail address and password: Basic credentials below /api/v2, and OAuth's password grant
    #[arg(long, env = "DESKBELL_BASIC_AUTH")]
    pub(crate) basic_auth: bool,
    /// A page that may read the real-time figures from a browser, as https://wall.example; may be given several times (separated by commas
    /// in the variable)
    #[arg(long = "realtime-origin", env = "DESKBELL_REALTIME_ORIGINS", value_name = "ORIGIN", value_delimiter = ',', value_parser = origin)]
    pub(crate) realtime_origins: Vec<String>,
    /// Results of a search in chats that can be paged through on the Zendesk API (default 10000), or "off"
    #[arg(long, env = "DESKBELL_SEARCH_RESULTS_MAX", value_name = "RESULTS|off")]
    pub(crate) search_results_max: Option<SearchResults>,
    /// SQLite: how large the database may grow before writes are refused
    #[arg(long, env = "DESKBELL_STORAGE_BYTES_MAX", value_name = "BYTES")]
    pub(crate) storage_bytes_max: Option<u64>,
}

/// An origin as browsers send it: scheme, host and port in small letters, the port left out where it is the scheme's own.
fn origin(text: &str) -> Result<String, String> {
    let origin = text.trim().trim_end_matches('/').to_ascii_lowercase();
    let (origin, rest) = match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
        (Some(rest), _) => (origin.trim_end_matches(":443").to_owned(), rest),
        (_, Some(rest)) => (origin.trim_end_matches(":80").to_owned(), rest),
        (None, None) => return Err("give an origin such as https://wall.example".to_owned()),
    };
    let of_host = |letter: char| letter.is_ascii_alphanumeric() || ".-:[]".contains(letter);
    if rest.is_empty() || !rest.chars().all(of_host) {
        return Err("an origin is a scheme, a host and perhaps a port, without a path: https://wall.example".to_owned());
    }
    Ok(origin)
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

#[derive(Debug, Args)]
pub(crate) struct VerifyOptions {
    #[command(flatten)]
    pub(crate) place: PlaceOptions,
    /// Make it anew from the journal, while the desk serves, instead of comparing
    #[arg(long)]
    pub(crate) rebuild: bool,
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

#[derive(Debug, Subcommand)]
pub(crate) enum OauthClientCommand {
    /// Make a client; its secret is printed once
    Create(OauthClientOptions),
    /// All clients, without their secrets
    List {
        #[command(flatten)]
        place: PlaceOptions,
    },
    /// Take a client away; its tokens end
    Delete {
        #[command(flatten)]
        place: PlaceOptions,
        /// The client's id, as list shows it
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct OauthClientOptions {
    #[command(flatten)]
    pub(crate) place: PlaceOptions,
    /// What agents are shown when they are asked
    #[arg(long)]
    pub(crate) name: String,
    /// Whose program it is
    #[arg(long, default_value = "")]
    pub(crate) company: String,
    /// Where agents may be sent back to; more than once for several
    #[arg(long, value_name = "URI")]
    pub(crate) redirect_uri: Vec<String>,
    /// It cannot keep a secret: it has to use PKCE, and cannot act for itself
    #[arg(long)]
    pub(crate) public: bool,
    /// For which agent it acts when it acts for itself, by e-mail; the first owner unless given
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// What it may do: read, write, chat
    #[arg(long, default_value = "read write")]
    pub(crate) scopes: String,
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

    #[test]
    fn origins() {
        for (text, wanted) in [
            ("https://wall.example", Some("https://wall.example")),
            (" HTTPS://Wall.Example:443/ ", Some("https://wall.example")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("http://[::1]:80", Some("http://[::1]")),
            ("*", None),
            ("null", None),
            ("wall.example", None),
            ("https://", None),
            ("https://wall.example/page", None),
            ("https://a@wall.example", None),
        ] {
            assert_eq!(origin(text).ok().as_deref(), wanted, "{text}");
        }
    }
}
