//! The compatibility page, derived from the tables.

use std::fmt::Write;

use deskbell_http::compat::markdown;

use crate::topics::{Family, Figure, TOPICS};

const HEAD: &str = "\
# Zendesk Chat: what is covered

Generated from the tables of `deskbell-zendesk`; do not edit. To write it anew:
`cargo xtask contracts`.

Both surfaces take `Authorization: Bearer …` with a token of the desk that has the scope `read`. Without one, or with another kind of
credential: 401. By default the account has 200 requests a minute on each surface; answers carry `X-Rate-Limit` and
`X-Rate-Limit-Remaining`, and a refusal (429) `Retry-After`. Strangers are counted by address.
";

const STREAM: &str = "
## Real-time figures, below `/stream`

Answers are `{\"content\":{\"topic\",\"data\",\"type\":\"update\",\"department_id\"},\"status_code\":200}`. Errors have their real
HTTP status and `{\"status_code\":N,\"message\":\"…\"}`. \"Not Computed!\" is never sent: a desk has its figures before it is served.

";

const FIGURES: &str = "
### Figures

Figures are never negative. Seconds are whole, and null when no chat applies. A windowed figure is an object with the keys `\"30\"` and
`\"60\"` (minutes); with `window` only that one.

| Figure | Of | Shape | Is |
|---|---|---|---|
";

const EXPORT: &str = "
## Incremental export, below `/api/v2/chat` and `/api/v2`

A first path segment that ends in `.zendesk.com` is passed over and kept in links. Errors have their HTTP status and
`{\"error\": phrase, \"description\": sentence}`. A chat is exported once it has ended, and again when it changes; no more than 999 chats
carry the same second, so that clients that page by `start_time` alone come to an end. A page larger than 64 MiB ends early; the rest is
on the next one.

";

const CHATS: &str = "
### Chats

All documented fields are there, keys in alphabetical order. Decided here, because the documentation is silent or says two things:

- Engagements have both `chat_id` (the table) and `agent_name` (the example). `agent_id` and `agent_ids` are texts, as in the example.
- An engagement is `accepted` when it was `assigned` (offered). Rating and comment stand in the last engagement that had begun when the
  visitor rated.
- `response_time.first` and `.max` are whole seconds, `.avg` has fractions.
- `unread` is true for missed chats. `proactive` means started by an agent, `triggered` started by a trigger.
- The default department is the original's \"no department\": `department_id` and `department_name` are null.
- `visitor.id` follows the customer, not the browser; it stays the same over all his chats.
- `webpath` ends with the chat. Places are unknown: `city`, `region`, `country_code`, `country_name` are empty. Conversions are an
  empty list.
- `skills_requested` are the ids of what the chat asked for last, also of skills that are gone; an engagement shows the same list. An
  engagement's `skills_fulfilled` says whether the agent had all of them when he joined, the chat's whether one of its agents did; false
  when none were asked for.
- `history` begins with the visitor's coming and names the department that the chat had in the end; `source` is `chat.invite` in chats
  that an agent started. At the end agents leave first, then the visitor. A file is `chat.file` with
  `attachment{mime_type,name,size,url}`; its address is relative to the desk and asks for a credential. Notes and transfers are not in it.
";

/// `docs/compat/zendesk.md`.
pub fn compat() -> String {
    let mut page = String::from(HEAD);
    page.push_str(STREAM);
    page.push_str(&markdown(&crate::stream_metas()));
    page.push_str(FIGURES);
    for topic in TOPICS {
        let family = match topic.family() {
            Family::Chats => "chats",
            Family::Agents => "agents",
        };
        let shape = match topic.figure {
            Figure::Count(_) | Figure::Agents(_) => "integer",
            Figure::Seconds(_) => "seconds or null",
            Figure::Windows(_) => "windows",
        };
        writeln!(page, "| `{}` | {family} | {shape} | {} |", topic.key, topic.about).expect("writing to a String cannot fail");
    }
    page.push_str(EXPORT);
    page.push_str(&markdown(&crate::rest_metas()));
    page.push_str(CHATS);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compat/zendesk.md");

    #[test]
    fn the_page_is_up_to_date() {
        let written = std::fs::read_to_string(PAGE).unwrap_or_default();
        assert!(written == compat(), "docs/compat/zendesk.md is out of date; write it anew as it says at its top");
    }
}
