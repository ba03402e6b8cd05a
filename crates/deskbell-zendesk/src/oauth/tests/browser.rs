//! A browser: keeps cookies, fills forms in, follows nothing by itself.

use percent_encoding::percent_decode_str;

use super::query;
use crate::world::{Reply, World, send};

pub(crate) struct Browser<'w> {
    pub(crate) world: &'w World,
    cookies: Vec<(String, String)>,
}

impl<'w> Browser<'w> {
    pub(crate) fn new(world: &'w World) -> Browser<'w> {
        Browser { world, cookies: Vec::new() }
    }

    fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, reply: &Reply) {
        for line in reply.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            assert!(line.contains("HttpOnly") && line.contains("SameSite="), "{line}");
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    pub(crate) async fn get(&mut self, uri: &str) -> Reply {
        let reply = send(&self.world.oauth, "GET", uri, &[("cookie", &self.cookie())], "").await;
        self.keep(&reply);
        reply
    }

    /// Opens the page for these parameters.
    pub(crate) async fn open(&mut self, pairs: &[(&str, &str)]) -> Reply {
        self.get(&format!("/oauth2/authorizations/new?{}", query(pairs.iter().copied()))).await
    }

    pub(crate) async fn post(&mut self, fields: &[(String, String)], headers: &[(&str, &str)]) -> Reply {
        let cookie = self.cookie();
        let own = [("content-type", "application/x-www-form-urlencoded"), ("cookie", cookie.as_str())];
        let body = query(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let reply = send(&self.world.oauth, "POST", "/oauth2/authorizations", &[&own, headers].concat(), body).await;
        self.keep(&reply);
        reply
    }

    /// Sends the form of a page with these fields filled in.
    pub(crate) async fn submit(&mut self, page: &Reply, filled: &[(&str, &str)]) -> Reply {
        let mut fields = hidden(page);
        fields.extend(filled.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.post(&fields, &[("origin", "http://desk.test"), ("sec-fetch-site", "same-origin")]).await
    }

    /// Opens the page, signs in as the owner, and is back at the page.
    pub(crate) async fn consent(&mut self, pairs: &[(&str, &str)]) -> Reply {
        self.consent_as(pairs, "owner@desk.test", "correct horse").await
    }

    pub(crate) async fn consent_as(&mut self, pairs: &[(&str, &str)], email: &str, password: &str) -> Reply {
        let page = self.open(pairs).await;
        assert!(page.text.contains("name=\"password\""), "{}: {}", page.status, page.text);
        let signed_in = self.submit(&page, &[("action", "sign_in"), ("email", email), ("password", password)]).await;
        assert_eq!(signed_in.status, 303, "{}", signed_in.text);
        let page = self.get(location(&signed_in)).await;
        assert!(page.status == 200 && page.text.contains("value=\"allow\""), "{}", page.text);
        page
    }

    /// The code that comes of it all.
    pub(crate) async fn code(&mut self, pairs: &[(&str, &str)]) -> String {
        let page = self.consent(pairs).await;
        let back = self.submit(&page, &[("action", "allow")]).await;
        came_with(&back, "code").unwrap_or_else(|| panic!("{} {}", back.status, back.text))
    }
}

pub(crate) fn location(reply: &Reply) -> &str {
    reply.headers["location"].to_str().unwrap()
}

/// A parameter of the address that a reply sends to, in its query or its fragment.
pub(crate) fn came_with(reply: &Reply, name: &str) -> Option<String> {
    let pairs = location(reply).split_once(['?', '#'])?.1;
    let value = pairs.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?.1;
    Some(percent_decode_str(value).decode_utf8().unwrap().into_owned())
}

/// The hidden fields of the page's form.
pub(crate) fn hidden(page: &Reply) -> Vec<(String, String)> {
    let fields = page.text.split("<input type=\"hidden\" name=\"").skip(1);
    fields
        .map(|field| {
            let (name, rest) = field.split_once("\" value=\"").unwrap();
            (name.to_owned(), unescaped(rest.split_once('"').unwrap().0))
        })
        .collect()
}

fn unescaped(text: &str) -> String {
    let mut out = text.to_owned();
    for (escaped, letter) in [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")] {
        out = out.replace(escaped, letter);
    }
    out
}
