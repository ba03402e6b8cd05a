//! The attacks: hostile segments for each parameter of a path, hostile values for each other parameter, in all formats and in all ways to
//! pass a parameter.

use super::target::Target;
use deskbell_http::ParamKind;
use std::fmt;
use std::fmt::Write as _;

/// How long a huge text is; with the rest of its body it stays below a mebibyte, the limit of most calls.
const HUGE_BYTES: usize = 1_000_000;
/// What still fits into a request's head.
const LONG_BYTES: usize = 8_000;
const DEEP_LEVELS: usize = 10_000;
const BOUNDARY: &str = "hostile-boundary";

/// The format that an answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
    Yaml,
}

impl Format {
    pub(super) const ALL: [Format; 3] = [Format::Json, Format::Xml, Format::Yaml];

    fn suffix(self) -> &'static str {
        match self {
            Format::Json => "",
            Format::Xml => ".xml",
            Format::Yaml => ".yaml",
        }
    }
}

/// A request.
pub(super) struct Attack {
    pub(super) format: Format,
    verb: &'static str,
    /// With the suffix of the format.
    path: String,
    /// Ready for a URL, without the key.
    query: String,
    content_type: &'static str,
    body: Vec<u8>,
    about: String,
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path: String = self.path.chars().take(100).collect();
        write!(f, "{} {path} with {}", self.verb, self.about)
    }
}

impl Attack {
    pub(super) fn body_bytes(&self) -> usize {
        self.body.len()
    }

    pub(super) fn request(&self, key: &str) -> Vec<u8> {
        let Attack { verb, path, query, content_type, body, .. } = self;
        let mut request = format!("{verb} /api/{path}?apikey={key}&{query} HTTP/1.1\r\nHost: desk.test\r\n");
        if !content_type.is_empty() {
            write!(request, "Content-Type: {content_type}\r\n").expect("written to a String");
        }
        write!(request, "Content-Length: {}\r\n\r\n", body.len()).expect("written to a String");
        let mut request = request.into_bytes();
        request.extend_from_slice(body);
        request
    }
}

/// The call as it is meant to be.
pub(super) fn plain(target: &Target, format: Format) -> Attack {
    let mut attack = Attack::of(target, &target.path(None), format, "nothing".to_owned());
    attack.query = pairs(&lent(&target.harmless(None, 0)));
    attack
}

/// Everything that one call must withstand.
pub(super) fn on(target: &Target) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for name in target.path_parameters() {
        for (index, segment) in segments().iter().enumerate() {
            let format = Format::ALL[index % Format::ALL.len()];
            let about = format!("{name} {}", shortened(segment));
            let mut attack = Attack::of(target, &target.path(Some((name, segment))), format, about);
            attack.form(&pairs(&lent(&target.harmless(None, attacks.len() + 1))));
            attacks.push(attack);
        }
    }
    for (shift, param) in target.parameters().enumerate() {
        for (index, value) in values(param.kind).iter().enumerate() {
            let format = Format::ALL[(index + shift) % Format::ALL.len()];
            let about = format!("{} {}", param.name, value.shortened());
            let mut attack = Attack::of(target, &target.path(None), format, about);
            let others = target.harmless(Some(param.name), attacks.len() + 1);
            value.put(&mut attack, param.name, &lent(&others), index + shift);
            attacks.push(attack);
        }
    }
    attacks
}

impl Attack {
    fn of(target: &Target, path: &str, format: Format, about: String) -> Attack {
        let path = format!("{path}{}", format.suffix());
        Attack { format, verb: target.verb(), path, query: String::new(), content_type: "", body: Vec::new(), about }
    }

    fn form(&mut self, form: &str) {
        self.content_type = "application/x-www-form-urlencoded";
        self.body.extend_from_slice(form.as_bytes());
    }

    /// Through the front controller.
    fn controlled(&mut self) {
        write!(self.query, "&handler={}", escaped(&self.path)).expect("written to a String");
        self.path = "index.php".to_owned();
    }
}

/// Segments as they go over the wire.
fn segments() -> Vec<String> {
    let mut segments: Vec<String> = [
        "..",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "..%5c..%5cwin.ini",
        "%00",
        "a%00b",
        "%ff",
        "%c3%28",
        "%c0%ae%c0%ae%2f",
        "%ed%a0%80",
        "%zz%4",
        "%0d%0aX-Injected:%201",
        "%3Cscript%3Ealert(1)%3C%2Fscript%3E%5D%5D%3E",
        "'%20OR%201=1--",
        "-1",
        "0",
        "99999999999999999999",
        "zzzzzzzz",
        "ABC-DEFGH-123",
        "a@b",
        "%F0%9F%98%80%E2%80%AE",
        "*",
        "%25",
        "%20",
        "%2f",
        "a+b",
        ".",
        "default",
        "kb_defa",
        ".xml",
        "{id}",
    ]
    .map(str::to_owned)
    .to_vec();
    segments.push("x".repeat(LONG_BYTES));
    segments.push("%f0%9f%98%80".repeat(LONG_BYTES / 12));
    segments
}

/// A hostile value, and what it can be passed in.
enum Value {
    /// A text, in any way that clients have.
    Text(String),
    /// A text that is too long for a head.
    Long(String),
    /// Ready for a query or a form: escapes that mean no text.
    Escapes(&'static str),
    /// Bytes of a form or a multipart body as they are.
    Bytes(&'static [u8]),
    /// A value of a JSON body that is no text.
    Json(String),
}

/// What a parameter of this kind must withstand: numbers, times, choices and flags are read by one function each, so few values do.
fn values(kind: ParamKind) -> Vec<Value> {
    let mut values = few();
    match kind {
        ParamKind::Text | ParamKind::List | ParamKind::Json => values.extend(many()),
        ParamKind::DateTime => values.extend(TIMES.iter().map(|text| Value::Text((*text).to_owned()))),
        ParamKind::Int | ParamKind::OneOf(_) | ParamKind::Flag => {}
    }
    values
}

const TIMES: &[&str] = &["9999-99-99 99:99:99", "0000-00-00 00:00:00", "-292277022657-01-27", "2024-02-30 25:00:00"];

fn few() -> Vec<Value> {
    let texts = ["", "a\u{0}b", "<script>alert(1)</script>]]>&amp;\"'<!--<![CDATA[", "-1", "99999999999999999999999999", "1e309"];
    let mut values: Vec<Value> = texts.iter().map(|text| Value::Text((*text).to_owned())).collect();
    values.push(Value::Escapes("%ff%fe%80"));
    values.push(Value::Bytes(b"a\x00b\xc3"));
    values.push(Value::Long("x".repeat(HUGE_BYTES)));
    values.push(Value::Json("[".repeat(DEEP_LEVELS) + &"]".repeat(DEEP_LEVELS)));
    values.push(Value::Json("[1,[2,{\"a\":null}]]".to_owned()));
    values
}

fn many() -> Vec<Value> {
    let texts = [
        " ",
        "\u{1}\u{1b}[31m\u{7f}\u{feff}\u{202e}\u{fffe}",
        "../../../../etc/passwd",
        "..\\..\\win.ini",
        "a\r\nSet-Cookie: x=1\r\n\r\n<html>",
        "'; DROP TABLE conversations; --",
        "%_%' OR 1=1",
        "btw:2024-01-01",
        "lk:%?%?%?%",
        "http://127.0.0.1:1/",
        "file:///etc/passwd",
        "\u{1f600}\u{d7ff}\u{10ffff}",
        "{}",
        "[]",
        "[{\"code\":null,\"value\":{}}]",
        "{\"code\":\"a\"}",
        "- a\n-\tb: c\n...\n",
        "R,T,ZZ,,",
    ];
    let mut values: Vec<Value> = texts.iter().map(|text| Value::Text((*text).to_owned())).collect();
    values.extend(["%c0%ae%c0%ae%2f", "%ed%a0%80", "%zz%"].map(Value::Escapes));
    values.push(Value::Bytes(b"\xff\xfe\x80"));
    values.push(Value::Long("a,".repeat(DEEP_LEVELS)));
    values.push(Value::Long(format!("lk:{}", "%?".repeat(DEEP_LEVELS))));
    values.push(Value::Long("[".repeat(DEEP_LEVELS) + &"]".repeat(DEEP_LEVELS)));
    values.push(Value::Long("[{\"code\":\"a\",\"value\":\"b\"},".repeat(DEEP_LEVELS) + "{}]"));
    values.push(Value::Long("<div>".repeat(DEEP_LEVELS)));
    values.push(Value::Json("{\"a\":".repeat(DEEP_LEVELS) + "1" + &"}".repeat(DEEP_LEVELS)));
    values
        .extend(["\"\\ud800\"", "1e999", "123456789012345678901234567890", "{\"a\":[]}", "true"].map(|json| Value::Json(json.to_owned())));
    values
}

impl Value {
    fn shortened(&self) -> String {
        match self {
            Value::Text(text) | Value::Long(text) | Value::Json(text) => shortened(text),
            Value::Escapes(text) => shortened(text),
            Value::Bytes(bytes) => format!("{bytes:?}"),
        }
    }

    /// Puts this value into an attack, in a way that goes by a number.
    fn put(&self, attack: &mut Attack, name: &str, others: &[(&str, &str)], number: usize) {
        match self {
            Value::Text(text) => match number % 5 {
                0 => attack.query = pairs(&[others, &[(name, text)]].concat()),
                1 => attack.form(&pairs(&[others, &[(name, text)]].concat())),
                2 => attack.json(name, &serde_json::Value::from(text.as_str()).to_string(), others),
                3 => attack.multipart(name, text.as_bytes(), others),
                _ => {
                    attack.query = pairs(&[others, &[(name, text)]].concat());
                    attack.controlled();
                }
            },
            Value::Long(text) => match number % 3 {
                0 => attack.form(&pairs(&[others, &[(name, text)]].concat())),
                1 => attack.json(name, &serde_json::Value::from(text.as_str()).to_string(), others),
                _ => attack.multipart(name, text.as_bytes(), others),
            },
            Value::Escapes(text) => {
                let all = format!("{}&{}={text}", pairs(others), escaped(name));
                if number.is_multiple_of(2) { attack.query = all } else { attack.form(&all) }
            }
            Value::Bytes(bytes) if number.is_multiple_of(2) => attack.multipart(name, bytes, others),
            Value::Bytes(bytes) => {
                attack.form(&format!("{}&{}=", pairs(others), escaped(name)));
                attack.body.extend_from_slice(bytes);
            }
            Value::Json(json) => attack.json(name, json, others),
        }
    }
}

impl Attack {
    fn json(&mut self, name: &str, value: &str, others: &[(&str, &str)]) {
        self.content_type = "application/json";
        let mut body = String::from("{");
        for (name, value) in others {
            write!(body, "{}:{},", serde_json::Value::from(*name), serde_json::Value::from(*value)).expect("written to a String");
        }
        write!(body, "{}:{value}}}", serde_json::Value::from(name)).expect("written to a String");
        self.body = body.into_bytes();
    }

    fn multipart(&mut self, name: &str, value: &[u8], others: &[(&str, &str)]) {
        self.content_type = "multipart/form-data; boundary=hostile-boundary";
        let all = others.iter().map(|(name, value)| (*name, value.as_bytes())).chain([(name, value)]);
        for (name, value) in all {
            self.body.extend_from_slice(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n").as_bytes());
            self.body.extend_from_slice(value);
            self.body.extend_from_slice(b"\r\n");
        }
        self.body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    }
}

fn lent<'a>(pairs: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    pairs.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect::<Vec<_>>().join("&")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("written to a String");
        }
    }
    escaped
}

fn shortened(text: &str) -> String {
    let begin: String = text.chars().take(40).collect();
    if begin.len() == text.len() { format!("{begin:?}") } else { format!("{begin:?}… ({} bytes)", text.len()) }
}
