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
`{\"error\": phrase, \"description\": sentence}`. A chat is exported once it has ended, an offline message once it was left, and each again
when it changes; no more than 999 of both carry the same second, so that clients that page by `start_time` alone come to an end. Nothing
ever appears behind an `end_time` that was handed out, however late it was written. A page larger than 64 MiB ends early; the rest is on the
next one.

";

const CHATS: &str = "
### Chats

All documented fields are there, keys in alphabetical order. Decided here, because the documentation is silent or says two things:

- Engagements have both `chat_id` (the table) and `agent_name` (the example). `agent_id` and `agent_ids` are texts, as in the example.
- An engagement is `accepted` when it was `assigned` (offered). Rating and comment stand in the last engagement that had begun when the
  visitor rated.
- `response_time.first` and `.max` are whole seconds, `.avg` has fractions.
- `unread` is true for missed chats and offline messages, until they are marked as read. `proactive` means started by an agent,
  `triggered` started by a trigger.
- The default department is the original's \"no department\": `department_id` and `department_name` are null.
- `visitor.id` follows the customer, not the browser; it stays the same over all his chats.
- `webpath` ends with the chat. Places are unknown: `city`, `region`, `country_code`, `country_name` are empty. Skills and conversions
  are empty lists.
- `referrer_search_engine` is the name of one of the best known engines (`Google`), `referrer_search_terms` what its address says was
  searched for; both are empty otherwise.
- `history` begins with the visitor's coming and names the department that he asked for; `source` is `chat.invite` in chats that an agent
  started. At the end agents leave first, then the visitor. A file is `chat.file` with `attachment{mime_type,name,size,url}`; its address is
  relative to the desk and asks for a credential. A way to another department is `chat.transfer` with `agent_id` and `name` of who sent
  it, `department_id`, `department_name`, `prev_department_id`, `prev_department_name`; to another agent of the same department only the
  leaving and the coming are seen. What the desk itself says has `sender_type` `Trigger`. Notes are not in it.
- Agents and departments are called as now, also in old chats: a new name makes all of them come again, at most 500 a second. So does
  whatever else a chat shows; a change that it does not show gives it no new second. Who said, tagged or sent something is called in
  `history` as he was then.

### Offline messages

They are among the chats, with `type` `offline_msg` and these fields only: `id`, `type`, `message`, `timestamp`, `update_timestamp`, `visitor`,
`session`, `webpath`, `tags`, `unread`, `department_id`, `department_name`, `zendesk_ticket_id`, `deleted`. The department is the one it was
left for, also when the conversation was handed over; tags, number and deletion are the conversation's. An answer does not change it.
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
