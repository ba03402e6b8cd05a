use std::time::Duration;

use super::*;
use crate::sample::{article, view};

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

fn words(meant: &[Meant]) -> Vec<(&str, usize)> {
    meant.iter().map(|meant| (meant.word.as_str(), meant.errors)).collect()
}

#[test]
fn longer_words_by_how_frequent_they_are() {
    let entries = [
        article(1, "configuration", "confirm config"),
        article(2, "configuration", "confirm conf"),
        article(3, "configuration", "cöntrol"),
    ];
    let view = view(&["en"], &entries);
    let longer = longer(&view.searcher, view.fields, "conf", soon()).unwrap();
    assert_eq!(words(&longer), [("configuration", 0), ("confirm", 0), ("config", 0)]);
    let unaccented = super::longer(&view.searcher, view.fields, "cont", soon()).unwrap();
    assert_eq!(words(&unaccented), [("control", 0)]);
}

#[test]
fn similar_words_by_errors_and_then_by_how_frequent_they_are() {
    let entries = [article(1, "passwort password", "passort"), article(2, "password", "password passwords")];
    let view = view(&["en"], &entries);
    let similar = similar(&view.searcher, view.fields, "passwort", 2, soon()).unwrap();
    assert_eq!(words(&similar), [("password", 1), ("passort", 1), ("passwords", 2)]);
}

#[test]
fn many_words_are_bounded() {
    let body: String = (0..10_000).map(|number| format!("w{number} ")).collect();
    let view = view(&["en"], &[article(1, "", &body)]);
    assert_eq!(longer(&view.searcher, view.fields, "w", soon()).unwrap().len(), WORDS_MAX);
    assert_eq!(similar(&view.searcher, view.fields, "w123", 2, soon()).unwrap().len(), WORDS_MAX);
}

#[test]
fn errors() {
    for (a, b, errors) in [
        ("", "", 0),
        ("mail", "mail", 0),
        ("mail", "mial", 1),
        ("mail", "mall", 1),
        ("mail", "mai", 1),
        ("mail", "email", 1),
        ("password", "passwrod", 1),
        ("password", "apsswrod", 2),
        ("абв", "бав", 1),
        ("abc", "xyz", 3),
    ] {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(errors_between(&letters(a), &letters(b)), errors, "{a} {b}");
        assert_eq!(errors_between(&letters(b), &letters(a)), errors, "{b} {a}");
    }
}
