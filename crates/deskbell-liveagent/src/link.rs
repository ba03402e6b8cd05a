//! Links to the desk as this API writes them: without a scheme, so that they fit the page they end up in.

use deskbell_http::Origin;

/// `//host:port` and the path below which the desk stands, without a slash at the end.
pub(crate) fn base(origin: &Origin) -> String {
    let whole = origin.to_string();
    match whole.split_once("://") {
        Some((_, rest)) => format!("//{rest}"),
        None => whole,
    }
}

/// Where a file can be fetched with a key.
pub(crate) fn file(base: &str, file: &str) -> String {
    format!("{base}/scripts/file.php?view=Y&file={file}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_left_out() {
        for (url, wanted) in [
            ("https://help.test", "//help.test"),
            ("http://help.test:8080/", "//help.test:8080"),
            ("https://shop.test/help/", "//shop.test/help"),
        ] {
            assert_eq!(base(&Origin::public(url)), wanted);
        }
    }
}
