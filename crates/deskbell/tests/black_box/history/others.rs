//! The same year on another surface: Zendesk Chat's incremental export, chat by chat.

use super::{YEAR, Year, sum};
use serde_json::Value;

/// Chats of one page.
const PAGE_CHATS: usize = 1_000;

async fn exported(year: &Year) -> Vec<Value> {
    let bearer = year.server.bearer();
    let mut path = "/api/v2/incremental/chats?fields=chats(*)&start_time=0".to_owned();
    let mut chats = Vec::new();
    loop {
        let mut page = bearer.get(&path).await.good();
        let Value::Array(found) = page["chats"].take() else { panic!("{page}") };
        let is_last = found.len() < PAGE_CHATS;
        chats.extend(found);
        let next = page["next_page"].as_str().unwrap_or_else(|| panic!("a next page: {page}"));
        path = next[next.find("/api/").expect("a path")..].to_owned();
        if is_last {
            return chats;
        }
    }
}

pub(super) async fn exports_show_the_same_year(year: &Year) {
    let months = year.rows("performance", &format!("{YEAR}&group_by=month")).await;
    let ranks = year.rows("ranking", YEAR).await;
    let chats: Vec<Value> = exported(year).await.into_iter().filter(|chat| chat["type"] == "chat").collect();
    let count = |is: &dyn Fn(&&Value) -> bool| chats.iter().filter(|chat| is(chat)).count() as i64;
    for (column, letter, word) in [("rewards", "W", "good"), ("punishments", "P", "bad")] {
        let listed = ranks.iter().filter(|row| row["rankingType"] == letter).count() as i64;
        let in_exports = count(&|chat| chat["rating"] == word);
        assert_eq!((sum(&months, column), listed), (in_exports, in_exports), "{column}");
    }
    assert_eq!(sum(&months, "u_chats"), count(&|chat| chat["missed"] == true), "missed");
    assert_eq!(sum(&months, "i_chats"), count(&|chat| chat["started_by"] == "visitor"), "asked for by visitors");
    let is_joined = |chat: &&Value| chat["engagements"].as_array().is_some_and(|all| !all.is_empty());
    assert_eq!(sum(&months, "f_chats"), count(&is_joined), "somebody had joined");
    // Who answers a greeting and leaves again is no visitor who asked for a chat.
    let alone = count(&|chat| chat["started_by"] == "trigger" && !is_joined(chat));
    assert_eq!(sum(&months, "f_chats") + sum(&months, "u_chats") + alone, chats.len() as i64, "every chat has ended");
    let said = |chat: &Value| chat["count"]["agent"].as_i64().unwrap_or_default();
    assert_eq!(sum(&months, "chat_answers"), chats.iter().map(said).sum::<i64>(), "messages of agents in chats");
}
