//! Browser and platform by the user agent: a small table, since reports show no more than these names.

/// Marks in the order in which they decide: most browsers also carry the marks of those further down.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Microsoft Edge"),
    ("EdgA/", "Microsoft Edge"),
    ("EdgiOS/", "Microsoft Edge"),
    ("Edge/", "Microsoft Edge"),
    ("OPR/", "Opera"),
    ("Opera", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("MSIE ", "Internet Explorer"),
    ("Trident/", "Internet Explorer"),
];

const PLATFORMS: &[(&str, &str)] = &[
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("iPod", "iOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac OS"),
    ("Macintosh", "Mac OS"),
    ("CrOS", "Chrome OS"),
    ("Linux", "Linux"),
];

/// Empty if unknown.
pub fn name(user_agent: &str) -> &'static str {
    look(BROWSERS, user_agent)
}

/// Empty if unknown.
pub fn platform(user_agent: &str) -> &'static str {
    look(PLATFORMS, user_agent)
}

fn look(table: &[(&str, &'static str)], user_agent: &str) -> &'static str {
    table.iter().find(|(mark, _)| user_agent.contains(mark)).map_or("", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_agents() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        for (system, rest, browser, system_name) in [
            ("Macintosh; Intel Mac OS X 10_15_3", "Chrome/87.0.4280.88 Safari/537.36", "Chrome", "Mac OS"),
            ("Windows NT 10.0; Win64; x64", "Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0", "Microsoft Edge", "Windows"),
            ("X11; Linux x86_64", "Chrome/120.0.0.0 Safari/537.36 OPR/106.0.0.0", "Opera", "Linux"),
            ("X11; CrOS x86_64 14541.0.0", "Chrome/120.0.0.0 Safari/537.36", "Chrome", "Chrome OS"),
            ("Linux; Android 13; SM-S901B", "SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36", "Samsung Internet", "Android"),
            ("iPhone; CPU iPhone OS 17_1 like Mac OS X", "Version/17.1 Mobile/15E148 Safari/604.1", "Safari", "iOS"),
            ("iPad; CPU OS 17_1 like Mac OS X", "CriOS/119.0.6045.109 Mobile/15E148 Safari/604.1", "Chrome", "iOS"),
        ] {
            let user_agent = format!("Mozilla/5.0 ({system}) {webkit} {rest}");
            assert_eq!((name(&user_agent), platform(&user_agent)), (browser, system_name), "{user_agent}");
        }
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:53.0) Gecko/20100101 Firefox/53.0";
        assert_eq!((name(firefox), platform(firefox)), ("Firefox", "Linux"));
        let explorer = "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko";
        assert_eq!((name(explorer), platform(explorer)), ("Internet Explorer", "Windows"));
        assert_eq!((name("curl/8.5.0"), platform("")), ("", ""));
    }
}
