//! The one way out: fetching what a caller names by URL, without becoming his way into the network that the desk stands in.
//!
//! A name is resolved once, its addresses are checked ([`reach`]), and the connection goes to exactly one that was checked: no second look-up
//! that could answer differently. Redirects are followed here, each checked like the first URL. Neither cookies nor credentials are sent,
//! no proxy of the environment is used. Size and total time are bounded.

mod file_name;
mod peer;
mod reach;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use deskbell_app::AppError;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

use peer::Reply;

/// How many redirects are followed.
pub const REDIRECTS_MAX: usize = 5;
/// How long a fetch may take, all redirects together.
pub const FETCH_SECONDS_MAX: u64 = 30;
/// How long a URL may be.
pub const URL_BYTES_MAX: usize = 4_096;

/// What may be fetched. The default is that of production.
#[derive(Debug, Clone)]
pub struct OutboundPolicy {
    /// Addresses that are reached although they are none of the internet's: those of tests.
    pub allowed: Vec<SocketAddr>,
    /// Certificates (DER) that are trusted beside those of the internet's authorities.
    pub trusted: Vec<Vec<u8>>,
    /// For the whole fetch.
    pub time_max: Duration,
}

impl Default for OutboundPolicy {
    fn default() -> Self {
        OutboundPolicy { allowed: Vec::new(), trusted: Vec::new(), time_max: Duration::from_secs(FETCH_SECONDS_MAX) }
    }
}

/// Fetches. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    policy: Arc<OutboundPolicy>,
    tls: Arc<ClientConfig>,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbound").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// What a fetch brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub bytes: Bytes,
    /// As the peer says, unchecked.
    pub content_type: Option<String>,
    /// From `Content-Disposition`, else the last segment of the final URL's path: one segment, never empty, without control characters.
    pub file_name: Option<String>,
    /// Where the last redirect led.
    pub final_url: String,
}

impl Outbound {
    /// A certificate of the policy that cannot be read is passed over: what it signs is then not trusted.
    pub fn new(policy: OutboundPolicy) -> Outbound {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        roots.add_parsable_certificates(policy.trusted.iter().map(|der| CertificateDer::from_slice(der)));
        // The provider is given, so that none is installed for the whole process.
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Outbound { policy: Arc::new(policy), tls: Arc::new(config) }
    }

    /// Fetches a URL by GET. `Invalid`: a URL or an address that is refused. `TooLarge`: more than `bytes_max` bytes. `Unavailable`: the
    /// peer cannot be found or reached, is too slow, breaks the protocol, or answers with another status than 2xx.
    pub async fn fetch(&self, url: &str, bytes_max: usize) -> Result<Fetched, AppError> {
        let time_max = self.policy.time_max;
        match tokio::time::timeout(time_max, self.follow(url, bytes_max)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(AppError::unavailable(format!("the download did not end within {} seconds", time_max.as_secs_f64()))),
        }
    }

    async fn follow(&self, url: &str, bytes_max: usize) -> Result<Fetched, AppError> {
        let mut url = parse(url)?;
        for _ in 0..=REDIRECTS_MAX {
            let addresses = reach::addresses(&url, &self.policy.allowed).await?;
            match peer::get(&url, &addresses, &self.tls, bytes_max).await? {
                Reply::Content { bytes, content_type, disposition } => {
                    let file_name = file_name::of(disposition.as_deref(), &url);
                    return Ok(Fetched { bytes, content_type, file_name, final_url: url.into() });
                }
                Reply::Redirect(location) => url = checked(url.join(&location).map_err(|_| no_url())?, &location)?,
            }
        }
        Err(AppError::unavailable(format!("the download was redirected more than {REDIRECTS_MAX} times")))
    }
}

fn parse(text: &str) -> Result<Url, AppError> {
    if text.len() > URL_BYTES_MAX {
        return Err(too_long());
    }
    checked(Url::parse(text.trim()).map_err(|_| no_url())?, text)
}

/// What every URL must be, the first as well as those of redirects. `text` is what it was made of.
fn checked(url: Url, text: &str) -> Result<Url, AppError> {
    if text.len().max(url.as_str().len()) > URL_BYTES_MAX {
        return Err(too_long());
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(AppError::invalid("only http and https URLs can be downloaded"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AppError::invalid("a URL with a user name or a password cannot be downloaded"));
    }
    Ok(url)
}

fn too_long() -> AppError {
    AppError::invalid(format!("the URL is longer than {URL_BYTES_MAX} bytes"))
}

fn no_url() -> AppError {
    AppError::invalid("the URL cannot be read")
}

#[cfg(test)]
mod tests;
