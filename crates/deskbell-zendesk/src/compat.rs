//! The compatibility page, derived from the tables.

use std::fmt::Write;

use deskbell_http::compat::markdown;

use crate::topics::{Family, Figure, TOPICS};

const HEAD: &str = "\
# Zendesk Chat: what is covered

Generated from the tables of `deskbell-zendesk`; do not edit. To write it anew:
`cargo xtask contracts`.

Figures and REST API take `Authorization: Bearer …` with a token of the desk or of an OAuth client. Without one, or with another kind of
credential: 401. A desk served with `--basic-auth` takes `Authorization: Basic` with an agent's e-mail address and password below `/api/v2`,
too, as a token of his with `read write`; after 10 wrong ones in 15 minutes, for an address or a caller: 429.
By default the account has 200 requests a minute on figures and REST API together, connecting to the socket included (`--rate-limit`
changes that); answers carry `X-Rate-Limit` and `X-Rate-Limit-Remaining`, and a refusal (429) `Retry-After` and a body that says why.
Strangers are counted by address.
";

const STREAM: &str = "
## Real-time figures, below `/stream`

Answers are `{\"content\":{\"topic\",\"data\",\"type\":\"update\",\"department_id\"},\"status_code\":200}`. Errors have their real
HTTP status and `{\"status_code\":N,\"message\":\"…\"}`. \"Not Computed!\" is never sent: a desk has its figures before it is served.
A first path segment that ends in `.zendesk.com` is passed over. Figures are those of the beginning of the current second; within it they
change with events alone. Pages of browsers may read them if they are listed (`--realtime-origin`); by default none is.

";

const FIGURES: &str = "
### Figures

Figures are never negative. Seconds are whole, and null when no chat applies. A windowed figure is an object with the keys `\"30\"` and
`\"60\"` (minutes); with `window` only that one.

| Figure | Of | Shape | Is |
|---|---|---|---|
";

const SOCKET: &str = "
### Streaming: `GET /stream` with an upgrade

| Client says | Answer |
|---|---|
| connects with `Authorization: Bearer …` | `{\"status_code\":200,\"message\":{\"authenticated\":true}}` |
| connects with a token that is not good | the upgrade succeeds; then `{\"status_code\":401,\"message\":\"Unable to verify the identity of the client\"}` and the closing |
| `{\"topic\":\"chats.missed_chats\",\"action\":\"subscribe\",\"window\":30,\"department_id\":5}` | the figure as it is, then each change, spelled as over REST |
| the same with `unsubscribe` | nothing, and no more of this figure |

Decided here, because the documentation is silent:

- `window` and `department_id` may be left out, be null, or be texts; `window` means nothing to figures without windows. `department_id` 0
  is the default department. The topic is trimmed. `chats` and `agents` alone are all figures of the family, still one figure a frame.
- Subscribing has no answer but the figure, unsubscribing none. Subscribing again sends the figure again and changes nothing else.
  Subscriptions that differ in window or department are different ones.
- A frame is sent when the text of its figure differs from the one before: with an event at once (changes within 20 ms come together), and
  with the clock once a second, also for times and windows, which the original sends with events only.
- What is not understood (no JSON, no topic or action, another action, a binary message): a frame with 500. Unknown figure or department:
  404. Another window, a `department_id` that is no integer: 400. Too many subscriptions: 429. The connection stays.
- An account has 1,000 connections at once, an agent 10, a connection 512 subscriptions; a connection too many is refused with 429 before the
  upgrade. Frames hold at most 64 KiB; larger ones end the connection (1009). A client that lets more than 1,024 frames pile up, or takes
  nothing for 10 seconds, is cut off (1013).
- The server pings every 25 seconds; whoever gives no sign of life for 62 is cut off. When it stops it closes with 1001.
- A token that is revoked or expires, or whose agent is switched off, ends its connections within seconds: the frame with 401, then 4001.
- `Origin` is not looked at: a browser cannot send the token with a socket, so that no page can open one in somebody's name. Browsers read
  over REST.
";

const EXPORT: &str = "
## Incremental export, below `/api/v2/chat` and `/api/v2`

A first path segment that ends in `.zendesk.com` is passed over and kept in links. Errors have their HTTP status and
`{\"error\": phrase, \"description\": sentence}`. A chat is exported once it has ended, an offline message once it was left, and each again
when it changes; no more than 999 of both carry the same second, so that clients that page by `start_time` alone come to an end. Nothing
ever appears behind an `end_time` that was handed out, however late it was written; one that is younger than five minutes again, since the
clock was set back, is taken all the same: the page is empty and tells the same place. A page larger than 64 MiB ends early; the rest is on
the next one.

";

const OAUTH: &str = "
## OAuth, below `/oauth2`

[How to use it](../oauth.md). A first path segment that ends in `.zendesk.com` is passed over here, too. Programs get errors as
`{\"error\", \"error_description\"}` with the codes of RFC 6749: `invalid_client` is 401, others are 400. Nothing is kept by anybody
(`Cache-Control: no-store`).

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
- `webpath` ends with the chat. Places are unknown: `city`, `region`, `country_code`, `country_name` are empty.
  `conversions` are the latest 20 that are put down to the chat.
- `skills_requested` are the ids of what the chat asked for last, also of skills that are gone; an engagement shows the same list. An
  engagement's `skills_fulfilled` says whether the agent had all of them when he joined, the chat's whether one of its agents did; false
  when none were asked for.
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

const SEARCHES: &str = "
### Searching chats

A search is written as for Lucene: words, `\"words in a row\"`, `field:value`, `field:\"words\"`, `field:[A TO B]` with both ends, `{A TO B}`
without them, `*` for an open end, `field:>A`, `>=`, `<`, `<=`, `AND`, `OR`, `NOT`, `+`, `-`, parentheses (also `field:(a OR b)`), `word*` for a
beginning, `field:*` for any value, `\\` before what is meant literally. Decided here:

- Clauses side by side are joined by `AND`. `NOT` binds tighter than `AND`, `AND` tighter than `OR`. A clause without letters and digits
  restricts nothing. 4,000 characters, 200 clauses, 20 levels, 20 beginnings and ranges of words at most.
- Words are compared whatever their case; one without diacritics finds those with them; a hyphenated one is found joined too. Without a field
  all texts are searched: messages, name, e-mail, phone and notes of the visitor, names of agents and department, comment, tags, pages,
  the id.
- Compared as a whole: `type`, `id`, `rating`, `started_by`, `tags`, `visitor_id`, `agent_ids`, `country_code`, `ip`, `session_id`;
  `visitor_email` also by what is before or behind its `@`. True or false: `missed`, `dropped`, `unread`, `triggered`,
  `triggered_response`, `proactive`. Whole numbers: `duration`, `department_id`, `zendesk_ticket_id`, `count.total`, `count.visitor`,
  `count.agent`, `response_time.first`, `response_time.max`. Word by word: `message` (`history`, `msg`), `visitor_name`,
  `visitor_phone`, `visitor_notes` (`visitor` for all of him; also `visitor.name` and so on), `agent_names` (`agent`), `department_name`
  (`department`), `comment`, `webpath` (`url`), `browser`, `platform`, `user_agent`, `country_name` (`country` with the code), `region`,
  `city`.
- Moments: `timestamp`, `end_timestamp`, `update_timestamp`, `session.start_date`, `session.end_date`. A date stands for its whole day: as the
  lower end its beginning, as the upper one its end. A time without a zone is UTC; one without a fraction stands for its second.
- A field that is not known finds nothing. A value that its field cannot have is refused with 400.
- Equal moments are in an order of their own that does not change.
";

const TIMELINES: &str = "
### Agents and queues over time

Rows come from the journal, also those of the time before the desk could export them, as far as its journal reaches back. What is
younger than five minutes is not exported, and nothing is ever added behind an `end_time` that was told.

- A span of `agent_timeline` is one status and one number of chats of an agent who is not offline; it is there once it is over. While he
  is not offline they follow each other without a gap. Of two that would end in the same microsecond one ends a microsecond later.
- Changes that nobody sees in the word (which channels are on) are no changes. An agent may have chats while offline: then there are
  events, and no span.
- Ids of events are `<token>.agent:<agent>.<token>` and `<token>.department:<department>.<token>`, 0 for the default department. They stay
  the same, and order the events of a second.
- A chat counts in a queue while it is queued (`incoming_chats`) or rings and nobody is in it (`assigned_chats`), as in the figures.
";

const TRIGGERS: &str = "
### Triggers

Events are `page_enter`, `chat_requested` and `chat_message` (a visitor writes, his first words included). Conditions are `and`, `or`,
`not`, `firedBefore`, `hasTag`, `stillOnSite`, `stillOnPage`, and `[operator, variable, value]` with `eq`, `neq`, `lt`, `gt`, `lte`, `gte`,
`contains`, `ncontains`, `icontains`, `nicontains`, `regex`, `iregex`. Regular expressions fit whole texts, in linear time: look-around and
back-references are refused. Decided here, because the documentation is silent or could not be had:

- Addresses (`@visitor_page_url`, `@visitor_referrer`) are also equal to what is written without the scheme.
- Places, host name, search engine and search terms are unknown: empty texts. `@sender_type` is always `visitor`. `@visitor_department` is a
  number, 0 for none; `@department_status` is that of the visitor's department.
- No trigger acts while all agents are offline or invisible; with agents away they do, so that `@account_status` can be asked for it.
- Actions are `wait`, `sendMessageToVisitor` (a third text of options stands below the message, one a line), `addTag`, `removeTag`,
  `setDepartment`, `addSkill`, `setName`, `appendNote`, `replaceNote` (or `setNote`), `setTriggered`, `banVisitor`. What cannot be done is
  passed over.
- Delays are at most a day. A definition has at most 64 KiB, 100 conditions 10 deep, and 50 actions.
";

/// `docs/compat/zendesk.md`.
pub fn compat() -> String {
    let mut page = String::from(HEAD);
    page.push_str(STREAM);
    page.push_str(&markdown(&crate::stream_metas()));
    page.push_str(SOCKET);
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
    page.push_str(OAUTH);
    page.push_str(&markdown(&crate::oauth_metas()));
    page.push_str(SEARCHES);
    page.push_str(TIMELINES);
    page.push_str(TRIGGERS);
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
