//! How long searches in chats take: `cargo run -p deskbell-zendesk --example bench_chat_search -- 5000`. Makes that many documents, waits
//! for the index, and asks what clients ask.

#![expect(clippy::print_stdout, reason = "it tells its figures")]
#![expect(clippy::unwrap_used, reason = "a bench stops where something is wrong")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use deskbell_app::Desk;
use deskbell_app::chat_search::{self, Ask, Direction, Order, fields};
use deskbell_app::clock::SystemClock;
use deskbell_app::desk::DeskOptions;
use deskbell_domain::ids::ChatId;
use deskbell_search::ChatIndex;
use deskbell_store::{Location, Options, tables};

const WORDS: [&str; 16] = [
    "order", "refund", "kettle", "late", "parcel", "invoice", "broken", "colour", "thanks", "hello", "size", "return", "voucher",
    "delivery", "address", "account",
];
const BITE: i64 = 1_000;
const SEARCHES: u64 = 500;
/// 2026-01-01T00:00:00Z
const BEGIN_SECONDS: i64 = 1_767_225_600;

/// Chance that repeats (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn word(&mut self) -> String {
        match self.below(4) {
            0 => format!("w{}", self.below(50_000)),
            _ => WORDS[self.below(16) as usize].to_owned(),
        }
    }
}

fn stamp(second: i64) -> String {
    jiff::Timestamp::from_second(second).unwrap().to_string()
}

/// Chats follow one another every thirty seconds.
fn document(number: i64, chance: &mut Chance) -> (String, String) {
    let id = format!("2601.1234567.T{number}");
    let begun = BEGIN_SECONDS + number * 30;
    let turn = |chance: &mut Chance| (0..8).map(|_| chance.word()).collect::<Vec<_>>().join(" ");
    let history: Vec<String> = (0..8).map(|_| format!(r#"{{"type":"chat.msg","msg":"{}"}}"#, turn(chance))).collect();
    let body = format!(
        r#"{{"id":"{id}","type":"chat","deleted":false,"timestamp":"{}","end_timestamp":"{}","duration":{},"rating":{},"missed":{},
        "agent_names":["Agent {}"],"tags":["t{}"],"visitor":{{"name":"Visitor {number}","email":"v{}@shop.test"}},"history":[{}]}}"#,
        stamp(begun),
        stamp(begun + 600),
        chance.below(900),
        ["null", "\"good\"", "\"bad\""][chance.below(3) as usize],
        chance.below(10) == 0,
        chance.below(50),
        chance.below(100),
        chance.below(20_000),
        history.join(",")
    );
    (id, body)
}

fn question(chance: &mut Chance, chats: i64) -> String {
    let from = BEGIN_SECONDS + chance.below(chats.unsigned_abs()).cast_signed() * 30;
    let window = format!("[{} TO {}]", stamp(from), stamp(from + 14 * 86_400));
    match chance.below(6) {
        0 => format!("type:chat AND end_timestamp:{window}"),
        1 => format!("timestamp:{window} AND \"Agent {}\"", chance.below(50)),
        2 => format!("visitor_email:v{}@shop.test", chance.below(20_000)),
        3 => format!("{} AND rating:good -missed:true", chance.word()),
        4 => format!("\"{} {}\"", chance.word(), chance.word()),
        _ => format!("tags:t{} {}*", chance.below(100), &WORDS[chance.below(16) as usize][..3]),
    }
}

fn main() {
    let chats: i64 = std::env::args().nth(1).map_or(5_000, |count| count.parse().unwrap());
    let directory = tempfile::tempdir().unwrap();
    let options = DeskOptions {
        location: Location::Sqlite(directory.path().join("desk.db")),
        files: directory.path().join("files"),
        clock: Arc::new(SystemClock),
        store: Options::default(),
    };
    Desk::init(&options, "owner@desk.test", "correct horse").unwrap();
    let desk = Desk::open(&options).unwrap();
    let mut chance = Chance(7);
    for bite in 0..(chats + BITE - 1) / BITE {
        let some: Vec<(i64, (String, String))> =
            (bite * BITE..chats.min((bite + 1) * BITE)).map(|number| (number, document(number, &mut chance))).collect();
        let put = desk.write_blocking(move |tx, _| {
            for (number, (id, body)) in &some {
                tables::documents::put(tx, ChatId::from_i64(*number), id, BEGIN_SECONDS + number * 30, body)?;
            }
            Ok(())
        });
        put.unwrap();
    }
    let begin = Instant::now();
    ChatIndex::open(&desk, &directory.path().join("chat-search")).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let order = Order { by: fields::field("timestamp").unwrap(), direction: Direction::Descending };
    let search = |query: String, page: u32| {
        runtime.block_on(chat_search::find(&desk, Ask { query, order, page, results_max: Some(chat_search::RESULTS_MAX) }))
    };
    while search("*".to_owned(), 1).map_or(0, |found| found.count) < usize::try_from(chats).unwrap() {
        std::thread::sleep(Duration::from_millis(20));
    }
    println!("{chats} chats indexed in {:.1} s", begin.elapsed().as_secs_f64());
    for round in ["first page", "a later page"] {
        let mut times: Vec<Duration> = (0..SEARCHES)
            .map(|_| {
                let page = if round == "first page" { 1 } else { 1 + u32::try_from(chance.below(100)).unwrap() };
                let query = question(&mut chance, chats);
                let begin = Instant::now();
                search(query, page).unwrap();
                begin.elapsed()
            })
            .collect();
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        println!("{round}: p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms", at(0.5), at(0.95), at(0.99));
    }
    desk.close();
}
