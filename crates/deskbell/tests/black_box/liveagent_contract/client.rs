//! A client that passes parameters in every way that clients do, and reads every format.

use super::table::{Call, Named};
use super::tree::{self, Element};
use deskbell_testkit::http::client;
use deskbell_testkit::{Answer, Server};
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// A format, and a way to pass parameters with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    /// JSON; all in the query.
    Query,
    /// XML by suffix; a form in the body, the key among it.
    Form,
    /// YAML; through the front controller with a JSON body, the key as header.
    Controller,
    /// JSON by suffix; a multipart body, the key in the query after `?&`.
    Multipart,
}

impl Run {
    pub(super) const ALL: [Run; 4] = [Run::Query, Run::Form, Run::Controller, Run::Multipart];

    pub(super) fn word(self) -> &'static str {
        match self {
            Run::Query => "query",
            Run::Form => "form",
            Run::Controller => "controller",
            Run::Multipart => "multipart",
        }
    }
}

pub(super) struct Caller {
    base: String,
    key: String,
    http: Client,
}

/// What came back, whatever the format: texts, lists and objects; in XML every leaf is a text.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) response: Value,
    pub(super) text: String,
}

pub(super) type Parameters = Vec<(String, String)>;

impl Caller {
    pub(super) fn of(server: &Server) -> Caller {
        Caller { base: server.base(), key: server.api_key.clone(), http: client() }
    }

    /// Makes a call; `path` is filled in. Panics if the answer cannot be read in its format.
    pub(super) async fn call(&self, run: Run, call: &Call, path: &str, parameters: &[(String, String)]) -> Reply {
        let method: Method = call.verb.parse().expect("a verb");
        let in_query = method == Method::GET;
        let (url, body) = self.request(run, path, parameters, in_query);
        let mut request = self.http.request(method, &url);
        if let Some((content_type, body)) = body {
            request = request.header("content-type", content_type).body(body);
        }
        if run == Run::Controller {
            request = request.header("apikey", &self.key);
        }
        let answer = Answer::of(request).await;
        let about = || format!("{} {path} by {}: {} {}", call.verb, run.word(), answer.status, answer.text);
        let response = match run {
            Run::Query | Run::Multipart => {
                assert!(answer.content_type.starts_with("application/json"), "{}", about());
                answer.json()["response"].take()
            }
            Run::Form => {
                let root = tree::of_xml(&answer.text).unwrap_or_else(|error| panic!("{error}: {}", about()));
                assert_eq!(root.name, "response", "{}", about());
                value_of(&root, &call.returns)
            }
            Run::Controller => {
                let mut value: Value = serde_saphyr::from_str(&answer.text).unwrap_or_else(|error| panic!("{error}: {}", about()));
                value["response"].take()
            }
        };
        assert!(response.is_object(), "{}", about());
        Reply { status: answer.status, response, text: answer.text }
    }

    fn request(&self, run: Run, path: &str, parameters: &[(String, String)], in_query: bool) -> (String, Option<(String, String)>) {
        let Caller { base, key, .. } = self;
        let keyed = || {
            let mut all = parameters.to_vec();
            all.push(("apikey".to_owned(), key.clone()));
            all
        };
        match run {
            Run::Query => (format!("{base}/api/{path}?{}", form(&keyed())), None),
            Run::Form if in_query => (format!("{base}/api/{path}.xml?{}", form(&keyed())), None),
            Run::Form => {
                let body = ("application/x-www-form-urlencoded".to_owned(), form(&keyed()));
                (format!("{base}/api/{path}.xml"), Some(body))
            }
            Run::Controller => {
                let handler = form(&[("handler".to_owned(), format!("{path}.yaml"))]);
                if in_query {
                    return (format!("{base}/api/index.php?{handler}&{}", form(parameters)), None);
                }
                let members = parameters.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
                let body = ("application/json; charset=utf-8".to_owned(), Value::Object(members).to_string());
                (format!("{base}/api/index.php?{handler}"), Some(body))
            }
            Run::Multipart if in_query => (format!("{base}/api/{path}.json?&{}", form(&keyed())), None),
            Run::Multipart => {
                let part = |(name, value): &(String, String)| {
                    format!("--border\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                };
                let body = parameters.iter().map(part).collect::<String>() + "--border--\r\n";
                let url = format!("{base}/api/{path}.json?&apikey={key}");
                (url, Some(("multipart/form-data; boundary=border".to_owned(), body)))
            }
        }
    }

    /// Reads in all three formats and compares; gives the JSON answer.
    pub(super) async fn agree(&self, call: &Call, path: &str, parameters: &[(String, String)]) -> Reply {
        let json = self.call(Run::Query, call, path, parameters).await;
        let xml = self.call(Run::Form, call, path, parameters).await;
        let yaml = self.call(Run::Controller, call, path, parameters).await;
        let moves = |mut value: Value| {
            // The number of the request, and the time of the answer.
            for name in ["debugmessage", "current_server_time"] {
                if let Some(text) = value.get_mut(name) {
                    *text = json!("…");
                }
            }
            value
        };
        let (json_tree, yaml_tree) = (moves(json.response.clone()), moves(yaml.response));
        assert_eq!(json_tree, yaml_tree, "{} {path}: JSON and YAML differ", call.verb);
        let (wanted, mut got) = (tree::of_json("response", &json_tree), tree::of_xml(&xml.text).expect("it was read before"));
        for element in &mut got.children {
            if matches!(element.name.as_str(), "debugmessage" | "current_server_time") {
                element.text = "…".to_owned();
            }
        }
        assert_eq!(wanted, got, "{} {path}: JSON and XML differ", call.verb);
        assert_eq!((json.status, json.status), (xml.status, yaml.status), "{} {path}", call.verb);
        json
    }
}

/// An element as a value, with the lists that the table promises.
fn value_of(element: &Element, fields: &[Named]) -> Value {
    let member = |child: &Element| {
        let field = fields.iter().find(|field| field.name == child.name);
        let value = match field.map(|field| field.kind.as_str()) {
            Some("list") => {
                let columns = &field.expect("it was found").columns;
                Value::Array(child.children.iter().map(|item| value_of(item, columns)).collect())
            }
            Some("array") => Value::Array(child.children.iter().map(|item| json!(item.text)).collect()),
            _ => json!(child.text),
        };
        (child.name.clone(), value)
    };
    Value::Object(element.children.iter().map(member).collect())
}

fn form(parameters: &[(String, String)]) -> String {
    let escape = |text: &str| {
        let byte = |byte: u8| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") };
        text.bytes().map(byte).collect::<String>()
    };
    parameters.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}
