//! The address that an agent is sent back to, with what the program gets or why it gets nothing. It is always one that the client was
//! registered with.

use deskbell_app::oauth::authorizing::{Back, Given, ResponseType};
use deskbell_app::oauth::{ACCESS_TOKEN_SECONDS, Granted};
use deskbell_http::Answer;
use http::header;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in a query as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Sends the agent back.
pub(super) fn send(back: &Back, given: &Granted<Given>, state: Option<&str>) -> Answer {
    Answer::empty().status(303).header_text(header::LOCATION, &address(back, given, state))
}

fn address(back: &Back, given: &Granted<Given>, state: Option<&str>) -> String {
    let mut pairs = match given {
        Ok(Given::Code(code)) => vec![("code", code.clone())],
        Ok(Given::Token { secret, scopes }) => vec![
            ("access_token", secret.clone()),
            ("token_type", "Bearer".to_owned()),
            ("scope", scopes.text()),
            ("expires_in", ACCESS_TOKEN_SECONDS.to_string()),
        ],
        Err(refusal) => vec![("error", refusal.error.text().to_owned()), ("error_description", refusal.description.to_owned())],
    };
    pairs.extend(state.map(|state| ("state", state.to_owned())));
    let uri = &back.redirect_uri;
    let joint = match back.response_type {
        ResponseType::Token => "#",
        ResponseType::Code if !uri.contains('?') => "?",
        ResponseType::Code if uri.ends_with(['?', '&']) => "",
        ResponseType::Code => "&",
    };
    format!("{uri}{joint}{}", query(pairs.iter().map(|(name, value)| (*name, value.as_str()))))
}

/// Pairs as a query.
pub(super) fn query<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    pairs.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ESCAPED))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use deskbell_app::oauth::Refusal;
    use deskbell_app::rights::Scopes;
    use deskbell_domain::oauth::OauthError;

    use super::*;

    #[test]
    fn addresses() {
        let back = |uri: &str, response_type| Back { redirect_uri: uri.to_owned(), response_type };
        let code = Ok(Given::Code("abc".to_owned()));
        for (uri, wanted) in [
            ("https://shop.test", "https://shop.test?code=abc"),
            ("https://shop.test/x?", "https://shop.test/x?code=abc"),
            ("https://shop.test/x?a=b", "https://shop.test/x?a=b&code=abc"),
            ("https://shop.test/x?a=b&", "https://shop.test/x?a=b&code=abc"),
        ] {
            assert_eq!(address(&back(uri, ResponseType::Code), &code, None), wanted);
        }
        let token = Ok(Given::Token { secret: "abc".to_owned(), scopes: Scopes { read: true, write: true, chat: false } });
        assert_eq!(
            address(&back("http://localhost:8080/", ResponseType::Token), &token, Some("a&b=c\r\n#é")),
            "http://localhost:8080/#access_token=abc&token_type=Bearer&scope=read%20write&expires_in=31536000&state=a%26b%3Dc%0D%0A%23%C3%A9"
        );
        let denied = Err(Refusal::new(OauthError::AccessDenied, "no"));
        let address = address(&back("https://shop.test/", ResponseType::Code), &denied, Some("1"));
        assert_eq!(address, "https://shop.test/?error=access_denied&error_description=no&state=1");
    }
}
