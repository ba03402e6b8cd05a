//! Which search engine a referrer is of, and what was searched for: the best known ones, by their hosts. Most of them say no words any more;
//! then there are none.

use percent_encoding::percent_decode_str;

/// Characters kept of what was searched for.
const TERMS_CHARS_MAX: usize = 500;

/// A label of the host that stands before its ending, the engine's name, and the parameters that hold the words.
const ENGINES: &[(&str, &str, &[&str])] = &[
    ("google", "Google", &["q"]),
    ("bing", "Bing", &["q"]),
    ("yahoo", "Yahoo", &["p", "q"]),
    ("duckduckgo", "DuckDuckGo", &["q"]),
    ("baidu", "Baidu", &["wd", "word"]),
    ("yandex", "Yandex", &["text"]),
    ("ecosia", "Ecosia", &["q"]),
    ("ask", "Ask", &["q"]),
    ("aol", "AOL", &["q", "query"]),
    ("naver", "Naver", &["query"]),
    ("daum", "Daum", &["q"]),
    ("seznam", "Seznam", &["q"]),
    ("startpage", "Startpage", &["query", "q"]),
    ("qwant", "Qwant", &["q"]),
    ("sogou", "Sogou", &["query"]),
];
/// Hosts of their own: the name would fit too much.
const HOSTS: &[(&str, &str, &[&str])] = &[("search.brave.com", "Brave", &["q"]), ("ya.ru", "Yandex", &["text"]), ("so.com", "360", &["q"])];
/// Labels that stand between the engine's and the end of the host, as in `google.co.uk`.
const SECOND_LEVELS: &[&str] = &["co", "com", "net", "org"];
/// Of these engines' companies not every host is a search.
const OTHER_SERVICES: &[&str] = &["mail", "accounts", "docs", "drive", "news", "plus", "groups", "calendar", "play", "translate"];

/// The engine's name and the words, both empty if it is none.
pub(super) fn of(referrer: &str) -> (&'static str, String) {
    let Some((host, query)) = parts(referrer) else { return ("", String::new()) };
    let Some((_, name, parameters)) = HOSTS.iter().find(|(whole, _, _)| is_host(&host, whole)).or_else(|| by_label(&host)) else {
        return ("", String::new());
    };
    (name, words(query, parameters))
}

fn is_host(host: &str, whole: &str) -> bool {
    host == whole || host.strip_prefix("www.") == Some(whole)
}

fn by_label(host: &str) -> Option<&'static (&'static str, &'static str, &'static [&'static str])> {
    let mut labels: Vec<&str> = host.split('.').collect();
    labels.pop()?;
    if labels.len() > 1 && labels.last().is_some_and(|label| SECOND_LEVELS.contains(label)) {
        labels.pop();
    }
    let name = labels.pop()?;
    if labels.iter().any(|label| OTHER_SERVICES.contains(label)) {
        return None;
    }
    ENGINES.iter().find(|(label, _, _)| *label == name)
}

/// Host in lower case, and query.
fn parts(referrer: &str) -> Option<(String, &str)> {
    let rest = referrer.strip_prefix("https://").or_else(|| referrer.strip_prefix("http://"))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next()?.split(':').next()?.to_ascii_lowercase();
    let query = rest[end..].split('#').next()?.split_once('?').map_or("", |(_, query)| query);
    Some((host, query))
}

fn words(query: &str, parameters: &[&str]) -> String {
    let value =
        |wanted: &str| query.split('&').filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == wanted).map(|(_, value)| value);
    let Some(value) = parameters.iter().find_map(|parameter| value(parameter)) else { return String::new() };
    let decoded = value.replace('+', " ");
    let decoded = percent_decode_str(&decoded).decode_utf8_lossy();
    decoded.trim().chars().filter(|letter| !letter.is_control()).take(TERMS_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn referrers() {
        for (referrer, engine, terms) in [
            ("https://www.google.com/search?client=x&q=red+shoes%21&hl=en#top", "Google", "red shoes!"),
            ("https://www.google.co.uk/", "Google", ""),
            ("http://google.de?q=sch%C3%B6n", "Google", "schön"),
            ("https://search.yahoo.com/search?p=desk", "Yahoo", "desk"),
            ("https://uk.search.yahoo.com/search?p=desk+bell", "Yahoo", "desk bell"),
            ("https://BING.com:443/search?q=a%00b", "Bing", "ab"),
            ("https://duckduckgo.com/", "DuckDuckGo", ""),
            ("https://www.baidu.com/s?ie=utf-8&wd=%E9%9E%8B", "Baidu", "鞋"),
            ("https://yandex.com.tr/search/?text=kedi", "Yandex", "kedi"),
            ("https://ya.ru/search/?text=x", "Yandex", "x"),
            ("https://search.brave.com/search?q=brave", "Brave", "brave"),
            ("https://www.google.com/search?q=%ff%fe", "Google", "\u{fffd}\u{fffd}"),
            ("https://user@www.ecosia.org/search?q=tree", "Ecosia", "tree"),
            ("https://mail.google.com/mail?q=secret", "", ""),
            ("https://google.com.evil.test/?q=x", "", ""),
            ("https://notgoogle.com/?q=x", "", ""),
            ("https://shop.test/search?q=shoes", "", ""),
            ("https://", "", ""),
            ("google.com/search?q=x", "", ""),
            ("android-app://com.google.android.gm", "", ""),
            ("", "", ""),
        ] {
            assert_eq!(of(referrer), (engine, terms.to_owned()), "{referrer}");
        }
        let long = format!("https://bing.com/?q={}", "ä".repeat(5_000));
        assert_eq!(of(&long).1.chars().count(), TERMS_CHARS_MAX);
    }
}
