//! Plain HTTP: an answer as it came, and the clients of the foreign APIs.

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::time::Duration;

const ANSWER_SECONDS_MAX: Duration = Duration::from_secs(60);

/// A client that nothing in the environment sends elsewhere.
pub fn client() -> Client {
    Client::builder().no_proxy().timeout(ANSWER_SECONDS_MAX).build().expect("an HTTP client is built")
}

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub cookie: Option<String>,
    pub text: String,
}

impl Answer {
    /// Sends; panics without an answer.
    pub async fn of(request: RequestBuilder) -> Answer {
        Answer::try_of(request).await.expect("the server answers")
    }

    pub async fn try_of(request: RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (status, content_type, cookie) = (response.status(), header("content-type").unwrap_or_default(), header("set-cookie"));
        Ok(Answer { status: status.as_u16(), content_type, cookie, text: response.text().await? })
    }

    /// The body as JSON; panics if it is not.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The same, of an answer that must be a success.
    pub fn good(&self) -> Value {
        assert!(StatusCode::from_u16(self.status).is_ok_and(|status| status.is_success()), "{self:?}");
        if self.text.is_empty() { Value::Null } else { self.json() }
    }
}

/// LiveAgent's API with a key.
#[derive(Debug, Clone)]
pub struct V1 {
    pub base: String,
    pub key: String,
    pub http: Client,
}

impl V1 {
    /// `GET /api/{path}`; the path may end in `.xml` or `.yaml` and carry a query.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, &[]).await
    }

    /// With parameters in the body.
    pub async fn call(&self, method: Method, path: &str, parameters: &[(&str, &str)]) -> Answer {
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut request = self.http.request(method, format!("{}/api/{path}{joint}apikey={}", self.base, self.key));
        if !parameters.is_empty() {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(form(parameters));
        }
        Answer::of(request).await
    }

    /// What stands in `response`.
    pub async fn response(&self, path: &str) -> Value {
        self.get(path).await.good()["response"].take()
    }
}

fn form(parameters: &[(&str, &str)]) -> String {
    let escape = |text: &str| text.bytes().map(escape_byte).collect::<String>();
    let pairs = parameters.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn escape_byte(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
}

/// Zendesk's API with an access token.
#[derive(Debug, Clone)]
pub struct Bearer {
    pub base: String,
    pub token: String,
    pub http: Client,
}

impl Bearer {
    /// `GET {path}`, which begins with `/`.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token)).await
    }

    /// The figures of a topic: `chats` or `agents`, with its query.
    pub async fn figures(&self, topic: &str) -> Value {
        let mut answer = self.get(&format!("/stream/{topic}")).await.good();
        answer["content"]["data"].take()
    }
}
