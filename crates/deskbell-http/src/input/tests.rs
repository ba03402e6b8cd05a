//! The getters and the merging of bodies, from tables.

use deskbell_app::{AppError, Kind};

use super::*;

const ALIASES: Aliases = &[("apiKey", "apikey")];

fn of_query(text: &str) -> Input {
    let mut input = Input { path: vec![("id", "ab".to_owned())], ..Input::default() };
    decode::urlencoded(text, Place::Query, ALIASES, &mut input.pairs).expect("a query");
    input
}

fn of_body(body: &'static str, content_type: Option<&str>, reading: BodyReading) -> Result<Input, AppError> {
    let mut input = of_query("a=query");
    input.merge_body(Bytes::from_static(body.as_bytes()), content_type, reading, ALIASES)?;
    Ok(input)
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, AppError>) -> (Kind, String) {
    let error = outcome.expect_err("is refused");
    (error.kind, error.public.into_owned())
}

#[test]
fn texts() {
    let input = of_query("a=1&a=2&empty=&blank=+");
    assert_eq!(input.text("a").expect("given"), "2");
    assert_eq!(input.text("empty").expect("given"), "");
    assert_eq!(input.text("id").expect("given"), "ab");
    assert_eq!(input.path("id").expect("given"), "ab");
    assert_eq!(input.filled_opt("blank"), None);
    assert_eq!(refused(input.text("message")), (Kind::Missing, "parameter message is missing".to_owned()));
    assert_eq!(refused(input.filled("blank")), (Kind::Missing, "parameter blank is missing".to_owned()));
    assert_eq!(refused(input.path("a")).0, Kind::Internal);
}

#[test]
fn integers() {
    let input = of_query("a=7&low=-1&word=x&empty=&big=99999999999999999999");
    assert_eq!(input.int_opt("a", 0..=10).expect("fits"), Some(7));
    assert_eq!(input.int_opt("empty", 0..=10).expect("counts as not given"), None);
    assert_eq!(input.int_opt("none", 0..=10).expect("not given"), None);
    assert_eq!(input.int_clamped("a", 1, 1..=5).expect("clamps"), 5);
    assert_eq!(input.int_clamped("low", 1, 1..=5).expect("clamps"), 1);
    assert_eq!(input.int_clamped("none", 3, 1..=5).expect("defaults"), 3);
    for (outcome, kind, sentence) in [
        (input.int("none", 0..=1), Kind::Missing, "parameter none is missing"),
        (input.int("a", 0..=1), Kind::Invalid, "parameter a must be between 0 and 1"),
        (input.int("word", 0..=1), Kind::Invalid, "parameter word must be an integer"),
        (input.int("big", 0..=1), Kind::Invalid, "parameter big must be an integer"),
        (input.int_clamped("word", 0, 0..=1), Kind::Invalid, "parameter word must be an integer"),
    ] {
        assert_eq!(refused(outcome), (kind, sentence.to_owned()));
    }
}

#[test]
fn choices_flags_and_lists() {
    let input = of_query("c=O&bad=z&yes=Y&no=n&l=a,+b,,c+&commas=,,&empty=");
    let choices = [("O", 1), ("D", 2)];
    assert_eq!(input.one_of("c", &choices).expect("known"), 1);
    assert_eq!(input.one_of_opt("empty", &choices).expect("not given"), None);
    assert_eq!(refused(input.one_of("none", &choices)), (Kind::Missing, "parameter none is missing".to_owned()));
    assert_eq!(refused(input.one_of("bad", &choices)), (Kind::Invalid, "parameter bad must be one of O, D".to_owned()));
    assert_eq!(input.flag_opt("yes").expect("known"), Some(true));
    assert_eq!(input.flag_opt("no").expect("known"), Some(false));
    assert_eq!(input.flag_opt("none").expect("not given"), None);
    assert_eq!(refused(input.flag_opt("bad")), (Kind::Invalid, "parameter bad must be Y or N".to_owned()));
    assert_eq!(input.list_opt("l"), Some(vec!["a", "b", "c"]));
    assert_eq!(input.list_opt("empty"), None);
    assert_eq!(refused(input.list("commas")).0, Kind::Missing);
}

#[test]
fn bodies() {
    use BodyReading::{Lenient, Raw, Strict};
    let form = Some("application/x-www-form-urlencoded; charset=utf-8");
    let json = Some("application/json");
    for (body, content_type, reading, wanted) in [
        ("a=body&x=+1", form, Lenient, Some("body")),
        ("a=body", form, Raw, Some("body")),
        ("a=body\r\n", None, Lenient, Some("body")),
        ("a=body", Some("text/plain"), Lenient, Some("body")),
        (r#"{"a":"body"}"#, json, Lenient, Some("body")),
        (r#"{"a":"body"}"#, form, Lenient, Some("body")),
        (r#"{"a":"body"}"#, None, Lenient, Some("body")),
        (r#"{"a":"body"}"#, json, Raw, Some("query")),
        ("", json, Strict, Some("query")),
        ("\n", json, Strict, Some("query")),
        ("{", json, Lenient, Some("query")),
        ("[]", json, Lenient, Some("query")),
        ("{", json, Strict, None),
        ("[]", json, Strict, None),
        ("\u{0}", Some("application/octet-stream"), Strict, Some("query")),
        (
            "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nbody\r\n--X--",
            Some("multipart/form-data; boundary=X"),
            Strict,
            Some("body"),
        ),
        ("junk", Some("multipart/form-data; boundary=X"), Lenient, None),
    ] {
        let outcome = of_body(body, content_type, reading);
        match wanted {
            Some(wanted) => assert_eq!(outcome.expect("reads").text("a").expect("given"), wanted, "{body:?}"),
            None => assert_eq!(refused(outcome).0, Kind::Invalid, "{body:?}"),
        }
    }
}

#[test]
fn json_bodies() {
    #[derive(serde::Deserialize, Default, Debug, PartialEq)]
    struct Body {
        a: i64,
    }
    let json = Some("application/json");
    assert_eq!(of_body(r#"{"a":1}"#, json, BodyReading::Raw).expect("reads").json::<Body>().expect("fits"), Body { a: 1 });
    assert_eq!(of_body("", json, BodyReading::Raw).expect("reads").json_or_default::<Body>().expect("is empty"), Body { a: 0 });
    assert_eq!(refused(of_body("", json, BodyReading::Raw).expect("reads").json::<Body>()).0, Kind::Missing);
    for bad in ["{", r#"{"a":"x"}"#, "{}"] {
        assert_eq!(refused(of_body(bad, json, BodyReading::Raw).expect("reads").json::<Body>()).0, Kind::Invalid, "{bad}");
    }
}
