use proptest::prelude::*;

use super::*;

fn read(text: &str, tags: &[&str]) -> Question {
    Question::read(text, &tags.iter().map(|tag| Language::of_tag(tag)).collect())
}

/// The wanted words by their stems, a `*` behind the unfinished one.
fn wanted(text: &str, tags: &[&str]) -> String {
    let question = read(text, tags);
    let shown = question.wanted.iter().enumerate().map(|(number, place)| {
        let stems: Vec<&str> = question.sequence[*place].stems.iter().map(String::as_str).collect();
        format!("{}{}", stems.join("/"), if question.unfinished == Some(number) { "*" } else { "" })
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn words() {
    for (text, tags, expected) in [
        ("", &["en"][..], ""),
        ("?!", &["en"], ""),
        ("resetting passwords", &["en"], "reset password*"),
        ("How do I reset my password?", &["en"], "reset password*"),
        ("to be or not to be", &["en"], "to be* or not"),
        ("title:\"a*\" AND (b OR NOT c)~2^4 [x TO y]", &["en"], "titl b c 2 4 x y"),
        ("password password Passwords", &["en"], "password*"),
        ("e-mail", &["en"], "e/email email/mail*"),
        ("häuser", &["de", "en"], "haus/hauser*"),
        ("東京都 mp3s", &["ja"], "東京 京都 mp3s*"),
        ("東", &["ja"], "東"),
        ("plan b", &["en"], "plan b"),
    ] {
        assert_eq!(wanted(text, tags), expected, "{text}");
    }
}

#[test]
fn errors_by_length() {
    for (word, errors) in [("mac", 0), ("mail", 1), ("account", 1), ("password", 2), ("парольба", 2), ("mp3player", 0), ("東京", 0)]
    {
        assert_eq!(read(word, &["en"]).sequence[0].errors_max(), errors, "{word}");
    }
}

#[test]
fn bounded() {
    let many: String = (0..100).map(|number| format!("w{number} ")).collect();
    assert_eq!(read(&many, &["en"]).sequence.len(), WORDS_MAX);
    assert_eq!(read(&"東京".repeat(400), &["ja"]).sequence.len(), WORDS_MAX);
    let late = format!("{} password", "x ".repeat(QUERY_CHARS_MAX / 2));
    assert!(read(&late, &["en"]).sequence.iter().all(|word| word.typed.as_deref() == Some("x")));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        let question = read(&text, &["en", "de", "ja"]);
        prop_assert!(question.sequence.len() <= WORDS_MAX);
        prop_assert_eq!(question.sequence.is_empty(), question.wanted.is_empty());
        prop_assert!(question.unfinished.is_none_or(|number| number < question.wanted.len()));
        prop_assert!(question.sequence.iter().all(|word| !word.stems.is_empty()));
    }
}
