//! The web pages of `web/`, embedded: the widget, the console, the demo page. Owns finding a file and choosing its encoding; knows
//! nothing of HTTP beyond the header's text, and holds no logic of the pages.

use std::borrow::Cow;

/// A file as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    pub bytes: Cow<'static, [u8]>,
    pub content_type: &'static str,
    /// For `Content-Encoding`. Answers of one path differ by it, so they need `Vary: Accept-Encoding`.
    pub encoding: Option<&'static str>,
    /// With its quotes; another one for each encoding.
    pub etag: String,
    /// The name holds a hash of the content, so it may be kept for ever.
    pub immutable: bool,
}

struct File {
    path: &'static str,
    content_type: &'static str,
    etag: &'static str,
    immutable: bool,
    plain: &'static [u8],
    br: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The file at a path of the URL, such as `/widget.js`, in the best encoding that the reader takes. A directory's path, with or without
/// a slash at its end, means its `index.html`.
pub fn asset(path: &str, accept_encoding: &str) -> Option<Asset> {
    let path = path.trim_start_matches('/');
    let file = find(path).or_else(|| find(&format!("{}/index.html", path.trim_end_matches('/'))))?;
    let accepted = Accepted::parse(accept_encoding);
    let (bytes, encoding) = match file {
        File { br: Some(bytes), .. } if accepted.br => (*bytes, Some("br")),
        File { gzip: Some(bytes), .. } if accepted.gzip => (*bytes, Some("gzip")),
        _ => (file.plain, None),
    };
    let etag = match encoding {
        Some(encoding) => format!("\"{}-{encoding}\"", file.etag),
        None => format!("\"{}\"", file.etag),
    };
    Some(Asset { bytes: Cow::Borrowed(bytes), content_type: file.content_type, encoding, etag, immutable: file.immutable })
}

/// Whether this build has no pages, only a word that says so.
pub fn is_placeholder() -> bool {
    PLACEHOLDER
}

fn find(path: &str) -> Option<&'static File> {
    let at = FILES.binary_search_by(|file| file.path.cmp(path)).ok()?;
    Some(&FILES[at])
}

/// What a reader's `Accept-Encoding` allows. Among what is allowed we choose the smallest, whatever the weights.
#[derive(Default)]
struct Accepted {
    br: bool,
    gzip: bool,
}

impl Accepted {
    fn parse(header: &str) -> Self {
        let mut accepted = Self::default();
        for part in header.split(',') {
            let (name, weight) = part.split_once(';').unwrap_or((part, ""));
            let weight = weight.trim().trim_start_matches(['q', 'Q']).trim_start().trim_start_matches('=').trim();
            // An unreadable weight is none.
            let allowed = weight.parse::<f32>().map_or(true, |weight| weight > 0.0);
            match name.trim().to_ascii_lowercase().as_str() {
                "br" => accepted.br = allowed,
                "gzip" => accepted.gzip = allowed,
                _ => {}
            }
        }
        accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_there() {
        for path in ["/widget.js", "/scripts/track.js", "/widget/frame", "/console/", "/console", "/demo"] {
            let asset = asset(path, "").unwrap_or_else(|| panic!("{path} is missing"));
            assert!(!asset.bytes.is_empty(), "{path}");
            assert_eq!(asset.encoding, None, "{path}");
            assert!(!asset.immutable, "{path}");
        }
        assert_eq!(asset("/console/", "").unwrap().content_type, "text/html; charset=utf-8");
        assert_eq!(asset("/widget.js", "").unwrap().content_type, "text/javascript; charset=utf-8");
    }

    #[test]
    fn nothing_else_is_there() {
        for path in ["", "/", "/widget", "/widget.js.br", "/widget.js.gz", "/nothing", "/../Cargo.toml", "/console/assets", "//"] {
            assert_eq!(asset(path, "br, gzip"), None, "{path}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_without_variants() {
        assert!(FILES.is_sorted_by(|a, b| a.path < b.path));
        assert!(FILES.iter().all(|file| !file.path.ends_with(".br") && !file.path.ends_with(".gz")));
    }

    #[test]
    fn the_best_encoding_that_is_accepted() {
        let Some(file) = FILES.iter().find(|file| file.br.is_some() && file.gzip.is_some()) else {
            assert!(is_placeholder(), "a real build has compressed files");
            return;
        };
        for (accept, encoding) in [
            ("", None),
            ("identity", None),
            ("gzip", Some("gzip")),
            ("gzip, deflate, br, zstd", Some("br")),
            ("br;q=0, gzip;q=0.5", Some("gzip")),
            ("GZIP", Some("gzip")),
            ("br; q=0.0, gzip; q=0", None),
            ("brx, xgzip", None),
        ] {
            assert_eq!(asset(file.path, accept).unwrap().encoding, encoding, "{accept}");
        }
        let [plain, gzip, br] = ["", "gzip", "br"].map(|accept| asset(file.path, accept).unwrap());
        assert!(br.bytes.len() < plain.bytes.len() && gzip.bytes.len() < plain.bytes.len());
        assert_ne!(br.etag, plain.etag);
        assert_ne!(br.etag, gzip.etag);
        assert!(plain.etag.starts_with('"') && plain.etag.ends_with('"'));
    }

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        if is_placeholder() {
            return;
        }
        assert!(FILES.iter().any(|file| file.immutable));
        for file in FILES.iter().filter(|file| file.immutable) {
            // `name-` and eight characters of base 64, which may be dashes themselves.
            let (stem, _) = file.path.rsplit_once('.').unwrap();
            assert_eq!(stem.as_bytes()[stem.len() - 9], b'-', "{}", file.path);
        }
    }

    #[test]
    fn the_pages_need_no_inline_scripts_or_styles() {
        for file in FILES.iter().filter(|file| file.path.ends_with(".html")) {
            let html = std::str::from_utf8(file.plain).unwrap();
            assert!(!html.contains("<style") && !html.contains(" style="), "{}", file.path);
            for tag in html.split("<script").skip(1) {
                assert!(tag.split('>').next().unwrap().contains("src="), "{}", file.path);
            }
        }
    }
}
