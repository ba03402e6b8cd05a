//! The same seed makes the same history, and the history is one that could have been lived.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use deskbell_app::clock::SystemClock;
use deskbell_app::documents::{ChatRecord, OfflineRecord};
use deskbell_app::sla;
use deskbell_domain::call::{CallEvent, CallOutcome, Direction};
use deskbell_domain::chat::OfferOutcome;
use deskbell_domain::conversation::Status;
use deskbell_domain::event::Event;
use deskbell_domain::measure::Medium;
use deskbell_domain::sla::SlaEvent;
use deskbell_store::{Location, Options};

use super::*;

const UNTIL: i64 = 1_718_380_800;

struct Place(PathBuf);

impl Place {
    fn new() -> Place {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let place = std::env::temp_dir().join(format!("deskbell-demo-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&place).unwrap();
        Place(place)
    }

    fn options(&self) -> DeskOptions {
        DeskOptions {
            location: Location::Sqlite(self.0.join("desk.db")),
            files: self.0.join("files"),
            clock: Arc::new(SystemClock),
            store: Options::default(),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

struct Plain;

impl Renderer for Plain {
    fn render(&self, record: &ChatRecord, updated: Timestamp) -> String {
        format!("{{\"messages\":{},\"updated\":{}}}", record.messages.len(), updated.seconds())
    }

    fn render_offline(&self, record: &OfflineRecord, updated: Timestamp) -> String {
        format!("{{\"offline\":{},\"updated\":{}}}", record.text.len(), updated.seconds())
    }
}

fn make(place: &Place, seed: u64) -> DemoReport {
    run(DemoOptions {
        desk: place.options(),
        scale: DemoScale { seed, days: 9, conversations: 400, until: Some(UNTIL) },
        owner_email: "owner@example.com".to_owned(),
        owner_password: "a good password".to_owned(),
        agents_password: Some("another password".to_owned()),
        renderer: Arc::new(Plain),
    })
    .unwrap()
}

/// What two desks have in common that were made with the same seed: everything but ids.
fn story(place: &Place) -> Vec<String> {
    let options = place.options();
    let db = Db::open(&options.location, options.store, Box::new(())).unwrap();
    let events = db.snapshot_blocking(|tx| journal::after(tx, 0, i64::MAX)).unwrap();
    let departments = db.snapshot_blocking(tables::departments::all).unwrap();
    db.close();
    let named = |id| departments.iter().find(|department| department.id == id).map(|department| department.name.clone());
    events
        .into_iter()
        .map(|recorded| {
            let at = recorded.at.micros();
            match recorded.event {
                Event::MessageAdded { text, author_name, kind, group_kind, .. } => {
                    // The desk's own id stands behind the names of those who gave none.
                    let author = if author_name.starts_with("Visitor ") { String::new() } else { author_name };
                    format!("{at} {kind:?} {group_kind:?} {author}: {text}")
                }
                Event::StatusChanged { from, to, .. } => format!("{at} {from:?} to {to:?}"),
                Event::ConversationStarted { department, channel, status, .. } => {
                    format!("{at} started {:?} {channel:?} {status:?}", named(department))
                }
                Event::ChatEnded { reason, missed, dropped, .. } => format!("{at} ended {reason:?} {missed} {dropped}"),
                Event::ChatRated { rating, comment, .. } => format!("{at} rated {rating:?} {comment:?}"),
                Event::OfferClosed { outcome, state, .. } => format!("{at} {outcome:?} {state:?}"),
                Event::ChatJoined { agent_name, .. } => format!("{at} joined by {agent_name}"),
                Event::TagsChanged { after, .. } => format!("{at} {after:?}"),
                Event::Call(CallEvent::RingClosed { outcome, state, .. }) => format!("{at} ring {outcome:?} {state:?}"),
                Event::Call(CallEvent::Ended { outcome, direction, .. }) => format!("{at} call {direction:?} {outcome:?}"),
                Event::AgentStatusChanged { online, .. } => format!("{at} {}", online.word()),
                Event::PageViewed { url, .. } => format!("{at} {url}"),
                other => {
                    let text = format!("{other:?}");
                    format!("{at} {}", text.split([' ', '{', '(']).next().unwrap_or_default())
                }
            }
        })
        .collect()
}

#[test]
fn the_same_seed_makes_the_same_history() {
    let (one, two, other) = (Place::new(), Place::new(), Place::new());
    let (first, second, third) = (make(&one, 7), make(&two, 7), make(&other, 8));
    assert_eq!(first.counts, second.counts);
    assert_ne!(first.counts, third.counts);
    let (story_one, story_two) = (story(&one), story(&two));
    for (left, right) in story_one.iter().zip(&story_two) {
        assert_eq!(left, right);
    }
    assert_eq!(story_one.len(), story_two.len());
    assert!(
        run(DemoOptions {
            desk: one.options(),
            scale: DemoScale { seed: 7, days: 9, conversations: 1, until: Some(UNTIL) },
            owner_email: String::new(),
            owner_password: "a good password".to_owned(),
            agents_password: None,
            renderer: Arc::new(Plain),
        })
        .is_err()
    );
}

/// Rules of both kinds acted, at the times of the history, and what is switched off did not.
#[test]
fn rules_took_part() {
    let place = Place::new();
    make(&place, 5);
    let options = place.options();
    let db = Db::open(&options.location, options.store, Box::new(())).unwrap();
    let log = db.snapshot_blocking(|tx| tables::rules::firings(tx, tables::rules::LogFilter::default(), i64::MAX, 10_000)).unwrap();
    db.close();
    let names: std::collections::BTreeSet<&str> = log.iter().map(|firing| firing.name.as_str()).collect();
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["A bad rating is looked into", "Answered for a week", "Money", "Out of hours: a receipt", "Waits for a day"]
    );
    assert!(log.iter().all(|firing| firing.at.seconds() < UNTIL));
    assert!(log.iter().all(|firing| !firing.detail.contains("passed over")), "{log:?}");
}

#[test]
fn the_history_is_plausible() {
    let place = Place::new();
    let report = make(&place, 3);
    let counts = report.counts;
    println!("{report}");
    assert!((6..=10).contains(&report.agents.len()));
    assert!(counts.chats + counts.tickets >= 380, "{counts:?}");
    assert!(counts.missed > 0 && counts.missed < counts.chats / 4, "{counts:?}");
    assert!(counts.dropped > 0 && counts.transferred > 0 && counts.rated_bad > 0, "{counts:?}");
    assert!(counts.rated_good > counts.rated_bad * 2, "{counts:?}");
    assert!(counts.calls > 0 && counts.posts > 0 && counts.mails > 0 && counts.reopened > 0, "{counts:?}");
    assert!(counts.rated_anew > 0 && counts.taken_back > 0, "{counts:?}");
    assert!(counts.rated_anew + counts.taken_back < counts.rated_good / 4, "{counts:?}");
    assert_eq!(report.documents as u64, counts.chats);

    let options = place.options();
    let db = Db::open(&options.location, options.store, Box::new(())).unwrap();
    let (events, live, gap, agents) = db
        .snapshot_blocking(|tx| -> Result<_, AppError> {
            let events = journal::after(tx, 0, i64::MAX)?;
            Ok((events, tables::chats::live(tx)?, journal::check_gapless(tx)?, tables::agents::all(tx)?))
        })
        .unwrap();
    let documents = db
        .snapshot_blocking(|tx| {
            let mut seconds = Vec::new();
            tables::documents::page(tx, (0, ""), i64::MAX, i64::MAX, |second, _, _| seconds.push(second))?;
            Ok::<_, AppError>(seconds)
        })
        .unwrap();
    let (spans, cursors, head) = db
        .snapshot_blocking(|tx| {
            let spans = tables::timeline::spans(tx, Timestamp::EPOCH, Timestamp::from_seconds(UNTIL), i64::MAX)?;
            let cursors = [deskbell_store::cursors::get(tx, timeline::CURSOR)?, deskbell_store::cursors::get(tx, levels::CURSOR)?];
            Ok::<_, AppError>((spans, cursors, tx.head()?))
        })
        .unwrap();
    let mut statuses = std::collections::BTreeMap::new();
    for recorded in &events {
        match &recorded.event {
            Event::ConversationStarted { conversation, status, .. } => statuses.insert(*conversation, *status),
            Event::StatusChanged { conversation, to, .. } => statuses.insert(*conversation, *to),
            _ => None,
        };
    }
    let (tickets, chats, levels) = db
        .snapshot_blocking(|tx| -> Result<_, AppError> {
            let everything = [Timestamp::EPOCH, Timestamp::from_seconds(UNTIL)];
            let sums = |tx: &mut _, medium| Ok::<_, AppError>(sla::compliance(tx, medium, &sla::LogFilter::default(), &everything)?[0]);
            Ok((sums(tx, Medium::Tickets)?, sums(tx, Medium::Chats)?, sla::examine(tx)?))
        })
        .unwrap();
    for (sums, least) in [(tickets, 20), (chats, 100)] {
        assert!(sums.fulfilled.count >= least && sums.unfulfilled.count > 0, "{sums:?}");
    }
    assert_eq!((levels.wrong_cells, levels.stray, levels.untrue, levels.doubled), (0, vec![], vec![], vec![]));
    assert!(levels.open > 0, "some wait for an answer still");
    let passed = |event: &Event| if let Event::Sla(SlaEvent::Breached { due, .. }) = event { Some(*due) } else { None };
    let late: Vec<i64> = events.iter().filter_map(|recorded| Some(recorded.at.micros_since(passed(&recorded.event)?))).collect();
    assert!(late.len() > 10 && late.iter().all(|micros| (1..1_000_000).contains(micros)), "told when they pass: {late:?}");
    let stored = db
        .snapshot_blocking(move |tx| -> Result<_, AppError> {
            let mut wrong = 0;
            let mut counted = std::collections::HashMap::new();
            for (conversation, status) in statuses {
                let row = deskbell_app::conversations::get(tx, conversation)?;
                wrong += usize::from(row.status != status);
                *counted.entry(row.status).or_insert(0) += 1;
            }
            assert_eq!(wrong, 0, "rows and journal agree");
            Ok(counted)
        })
        .unwrap();
    db.close();
    calls_of_all_kinds(&events);
    assert_eq!(live, []);
    assert_eq!(gap, None);
    assert!(agents.iter().all(|agent| agent.online.is_offline()), "all have gone home");
    assert!(events.is_sorted_by_key(|recorded| recorded.at), "time only goes forward");
    assert!(events.last().unwrap().at.seconds() <= UNTIL && events[0].at.seconds() >= UNTIL - 9 * 86_400);
    assert_eq!(cursors, [Some(head); 2], "timelines and levels are whole");
    let staff: std::collections::HashSet<_> = spans.iter().map(|span| span.agent).collect();
    assert!(staff.len() >= report.agents.len() && spans.len() as u64 > counts.chats, "{} spans of {}", spans.len(), staff.len());
    assert!(spans.iter().any(|span| span.engagements > 1), "some have several chats");
    assert!(documents.iter().all(|second| (UNTIL - 9 * 86_400..=UNTIL).contains(second)));
    let of = |status| stored.get(&status).copied().unwrap_or(0);
    for status in [Status::New, Status::Open, Status::Answered, Status::Resolved, Status::Spam] {
        assert!(of(status) > 0, "{status:?}: {stored:?}");
    }
    assert!(of(Status::Resolved) > of(Status::New), "{stored:?}");
    assert_eq!(of(Status::Chatting) + of(Status::Calling) + of(Status::Init), 0, "{stored:?}");
}

fn calls_of_all_kinds(events: &[deskbell_domain::event::Recorded]) {
    let calls: Vec<&CallEvent> =
        events.iter().filter_map(|recorded| if let Event::Call(event) = &recorded.event { Some(event) } else { None }).collect();
    let any = |what: &str, is: &dyn Fn(&CallEvent) -> bool| assert!(calls.iter().any(|event| is(event)), "{what}");
    let ended = |wanted: Direction, how: CallOutcome| {
        any(
            &format!("{wanted:?} {how:?}"),
            &|event| matches!(event, CallEvent::Ended { direction, outcome, .. } if *direction == wanted && *outcome == how),
        );
    };
    for outcome in [CallOutcome::Finished, CallOutcome::Abandoned, CallOutcome::Voicemail, CallOutcome::Missed] {
        ended(Direction::Incoming, outcome);
    }
    ended(Direction::Outgoing, CallOutcome::Finished);
    ended(Direction::Outgoing, CallOutcome::Abandoned);
    ended(Direction::Internal, CallOutcome::Finished);
    for wanted in [OfferOutcome::Expired, OfferOutcome::Declined, OfferOutcome::Accepted] {
        any(&format!("{wanted:?}"), &|event| matches!(event, CallEvent::RingClosed { outcome, .. } if *outcome == wanted));
    }
    any("held", &|event| matches!(event, CallEvent::Held { .. }));
    any("transferred to an agent", &|event| matches!(event, CallEvent::Transferred { agent: Some(_), .. }));
    let started = calls.iter().filter(|event| matches!(event, CallEvent::Started { .. })).count();
    let over = calls.iter().filter(|event| matches!(event, CallEvent::Ended { .. })).count();
    assert_eq!(started, over, "all are over");
}
