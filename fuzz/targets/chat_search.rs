//! Any text as a search in chats: it is refused or read; what was read is printed and read again as the same, and means something or is
//! refused.

#![no_main]

use deskbell_app::chat_search::{grammar, meaning};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(query) = grammar::parse(text) else { return };
    let printed = query.to_string();
    // Escapes make it longer: what no longer fits is refused for that alone.
    if printed.chars().count() <= grammar::QUERY_CHARS_MAX {
        assert_eq!(grammar::parse(&printed).expect("what was printed can be read"), query);
    }
    drop(meaning::condition(&query));
});
