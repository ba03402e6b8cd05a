//! TLS of the server itself: with a certificate from files, which is read again when they change, or with one of its own making.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use anyhow::{Context as _, anyhow};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;

use crate::arguments::ServeOptions;
use crate::place::tls_directory;

/// How often the files are looked at.
pub(crate) const LOOK_SECONDS: u64 = 30;
/// Until when a certificate of our own making is good: the last year that all readers of certificates understand.
const OWN_GOOD_UNTIL: (i32, u8, u8) = (2049, 12, 31);

/// Where certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn read(&self) -> anyhow::Result<CertifiedKey> {
        let unreadable = |file: &Path| format!("{} cannot be read", file.display());
        let chain = CertificateDer::pem_file_iter(&self.certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .with_context(|| unreadable(&self.certificate))?;
        if chain.is_empty() {
            return Err(anyhow!("there is no certificate in {}", self.certificate.display()));
        }
        let key = PrivateKeyDer::from_pem_file(&self.key).with_context(|| unreadable(&self.key))?;
        CertifiedKey::from_der(chain, key, &ring::default_provider())
            .with_context(|| format!("{} and {} do not go together", self.certificate.display(), self.key.display()))
    }

    fn changed(&self) -> [Option<SystemTime>; 2] {
        [&self.certificate, &self.key].map(|file| std::fs::metadata(file).and_then(|file| file.modified()).ok())
    }
}

/// The certificate in use.
#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// TLS as it was asked for on the command line.
pub(crate) struct Tls {
    pub(crate) acceptor: TlsAcceptor,
    shown: Arc<Shown>,
    files: Files,
    read: [Option<SystemTime>; 2],
}

impl Tls {
    /// `None` if TLS was not asked for.
    pub(crate) fn open(options: &ServeOptions) -> anyhow::Result<Option<Tls>> {
        let files = match (&options.tls_cert, &options.tls_key) {
            (Some(certificate), Some(key)) => Files { certificate: certificate.clone(), key: key.clone() },
            _ if options.tls_self_signed => own(&tls_directory(&options.place), &names(options))?,
            _ => return Ok(None),
        };
        Tls::with(files).map(Some)
    }

    fn with(files: Files) -> anyhow::Result<Tls> {
        let read = files.changed();
        let shown = Arc::new(Shown(RwLock::new(Arc::new(files.read()?))));
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&shown) as Arc<_>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), shown, files, read })
    }

    /// The certificate's file, for clients that must be told to trust it.
    pub(crate) fn certificate(&self) -> &Path {
        &self.files.certificate
    }

    /// Reads the files again if they changed. One that cannot be used leaves the old certificate in place.
    pub(crate) fn look(&mut self) {
        let changed = self.files.changed();
        if changed == self.read {
            return;
        }
        self.read = changed;
        match self.files.read() {
            Ok(key) => {
                *self.shown.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
                tracing::info!("the certificate was read again");
            }
            Err(error) => tracing::warn!(error = %format!("{error:#}"), "the changed certificate cannot be used"),
        }
    }
}

/// What a certificate of our own making is good for beside what the machine calls itself: what the desk is reached by.
fn names(options: &ServeOptions) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let host = options.public_url.as_deref().and_then(|url| url.parse::<http::Uri>().ok()).and_then(|url| url.host().map(str::to_owned));
    names.extend(host.map(|host| host.trim_matches(['[', ']']).to_owned()));
    let address = options.listen.ip();
    names.extend((!address.is_unspecified()).then(|| address.to_string()));
    let mut once = Vec::new();
    for name in names {
        if is_name(&name) && !once.contains(&name) {
            once.push(name);
        }
    }
    once
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-".contains(&byte))
}

/// The certificate that is kept in a desk's directory; made if there is none for these names.
fn own(directory: &Path, names: &[String]) -> anyhow::Result<Files> {
    let files = Files { certificate: directory.join("certificate.pem"), key: directory.join("key.pem") };
    let (noted, wanted) = (directory.join("names"), names.join("\n"));
    if files.read().is_ok() && std::fs::read_to_string(&noted).is_ok_and(|noted| noted == wanted) {
        return Ok(files);
    }
    // What the machine calls itself is in it, and no reason for another one: containers are called otherwise each time.
    let machine = rustix::system::uname().nodename().to_str().ok().filter(|name| is_name(name)).map(str::to_owned);
    let mut parameters = rcgen::CertificateParams::new(names.iter().cloned().chain(machine).collect::<Vec<_>>())?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "Deskbell, a certificate of its own making");
    let (year, month, day) = OWN_GOOD_UNTIL;
    parameters.not_after = rcgen::date_time_ymd(year, month, day);
    let key = rcgen::KeyPair::generate()?;
    let certificate = parameters.self_signed(&key)?;
    let kept = write_private(directory, &files, &certificate.pem(), &key.serialize_pem()).and_then(|()| std::fs::write(&noted, wanted));
    kept.with_context(|| format!("no certificate can be kept in {}", directory.display()))?;
    Ok(files)
}

/// Others on the machine may read the certificate, never the key.
fn write_private(directory: &Path, files: &Files, certificate: &str, key: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::create_dir_all(directory)?;
    match std::fs::remove_file(&files.key) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&files.key)?.write_all(key.as_bytes())?;
    std::fs::write(&files.certificate, certificate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn its_own_certificate_is_kept_until_other_names_are_wanted() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("tls");
        let files = own(&place, &host(&["localhost", "::1"])).unwrap();
        let first = std::fs::read(&files.certificate).unwrap();
        assert_eq!(std::fs::metadata(&files.key).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(own(&place, &host(&["localhost", "::1"])).unwrap(), files);
        assert_eq!(std::fs::read(&files.certificate).unwrap(), first, "kept");
        own(&place, &host(&["localhost", "help.test"])).unwrap();
        assert_ne!(std::fs::read(&files.certificate).unwrap(), first, "made anew");
        std::fs::write(&files.key, "junk").unwrap();
        own(&place, &host(&["localhost", "help.test"])).unwrap().read().unwrap();
    }

    #[test]
    fn a_changed_certificate_is_taken_and_a_broken_one_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let files = own(directory.path(), &host(&["one.test"])).unwrap();
        let mut tls = Tls::with(files.clone()).unwrap();
        let shown = |tls: &Tls| tls.shown.0.read().unwrap().cert[0].clone();
        let first = shown(&tls);
        tls.look();
        assert_eq!(shown(&tls), first);
        own(directory.path(), &host(&["two.test"])).unwrap();
        tls.read = [None, None];
        tls.look();
        let second = shown(&tls);
        assert_ne!(second, first);
        std::fs::write(&files.certificate, "junk").unwrap();
        tls.read = [None, None];
        tls.look();
        assert_eq!(shown(&tls), second);
        let broken = Tls::with(files).err().map(|error| format!("{error:#}")).unwrap();
        assert!(broken.contains("there is no certificate in "), "{broken}");
    }
}
