use super::*;

fn stems(tag: &str, word: &str) -> Vec<String> {
    Language::of_tag(tag).stems(word).iter().map(str::to_owned).collect()
}

#[test]
fn tags() {
    for (tag, code) in [
        ("en", "en"),
        ("EN", "en"),
        ("en-US", "en"),
        ("de_AT", "de"),
        (" pt-BR ", "pt"),
        ("nb", "no"),
        ("ja", "-"),
        ("", "-"),
        ("-", "-"),
        ("english", "-"),
    ] {
        let language = Language::of_tag(tag);
        assert_eq!(language.code(), code, "{tag}");
        assert_eq!(Language::of_code(code), Some(language));
    }
    assert_eq!(Language::of_code("xx"), None);
}

#[test]
fn forms_of_a_word_have_a_stem_in_common() {
    for (tag, words) in [
        ("en", &["connect", "connected", "connecting", "connection", "connections"][..]),
        ("en", &["café", "cafés", "cafe", "cafes"]),
        ("de", &["rechnung", "rechnungen"]),
        ("de", &["häuser", "hauser"]),
        ("de", &["passwörter", "passworter"]),
        ("fr", &["élève", "élèves", "eleves"]),
        ("es", &["configuración", "configuraciones", "configuracion"]),
        ("ru", &["пароль", "пароли", "паролей"]),
        ("", &["naïve", "naive"]),
    ] {
        let mut common = stems(tag, words[0]);
        for word in words {
            let own = stems(tag, word);
            common.retain(|stem| own.contains(stem));
        }
        assert!(!common.is_empty(), "{tag}: {words:?}");
    }
}

#[test]
fn what_is_not_a_word_of_letters_stays() {
    assert_eq!(stems("en", "mp3s"), ["mp3s"]);
    assert_eq!(stems("en", "2019"), ["2019"]);
    assert_eq!(stems("ja", "running"), ["running"]);
}

#[test]
fn stop_words() {
    let english = Language::of_tag("en");
    for word in ["how", "do", "i", "my", "the"] {
        assert!(english.is_stop_word(word), "{word}");
    }
    for word in ["password", "reset", ""] {
        assert!(!english.is_stop_word(word), "{word}");
    }
    assert!(Language::of_tag("de").is_stop_word("wie"));
    assert!(!Language::NONE.is_stop_word("the"));
}

/// Every stemmer takes any word, and never makes it empty.
#[test]
fn stemmers_are_safe() {
    for row in LANGUAGES {
        let language = Language::of_code(row.code).unwrap();
        for word in ["a", "ß", "é", "ing", "s", "ы", "に", "का", "مد", "x\u{301}\u{301}", &"eing".repeat(16)] {
            assert!(language.stems(word).iter().all(|stem| !stem.is_empty()), "{}: {word}", row.code);
        }
    }
}

#[test]
fn the_cache_answers_the_same() {
    let mut cache = StemCache::default();
    for _ in 0..2 {
        for (tag, word) in [("en", "running"), ("de", "running"), ("de", "häuser")] {
            let language = Language::of_tag(tag);
            assert_eq!(*cache.stems(language, word), language.stems(word));
        }
    }
}
