//! What both engines must do alike: a list of cases, each run on a fresh database of either.

mod automation;
mod calls;
mod contacts;
pub mod damage;
mod directory;
mod exports;
mod files;
mod journal;
mod knowledge;
mod levels;
mod lists;
mod oauth;
mod portal;
mod ratings;
mod reads;
mod records;
mod recount;
mod rollups;
pub mod rows;
mod skills;
mod sla;
mod ticket_writes;
mod timeline;
mod triggers;
mod upgrades;
mod widgets;
mod writes;

use crate::engine::{Db, EngineKind, Location, Options, Sink, Tx};
use crate::error::StoreError;
use deskbell_domain::event::{Event, Recorded};
use deskbell_domain::ids::{CustomerId, VisitId};
use deskbell_domain::time::Timestamp;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a case waits for what must happen.
pub const WAIT_SECONDS_MAX: u64 = 60;

/// A case and its name.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    pub run: fn(&Place),
}

macro_rules! cases {
    ($($module:ident: $($name:ident),+;)+) => {
        /// All cases.
        pub const CASES: &[Case] = &[$($(Case { name: stringify!($name), run: $module::$name }),+),+];
    };
}

cases! {
    writes: waiting_writes_share_a_commit, refused_job_is_undone_alone, first_job_refused_others_kept, panic_is_undone_alone,
        failed_statement_ends_the_job, numbers_are_gapless_under_concurrent_writers, ids_are_distinct_and_come_back,
        unique_and_foreign_keys_are_conflicts, a_write_nobody_waits_for_stands, full_queues_say_busy, closing_runs_what_waits,
        reads_end_when_it_closes, writes_work_inside_a_runtime;
    reads: a_snapshot_does_not_move, snapshots_agree_with_the_head, reads_cannot_write, values_come_back, wrong_values_are_refused,
        texts_sort_by_bytes_and_nulls_as_told, dynamic_statements;
    journal: the_journal_reads_back, trimming_keeps_what_is_needed, starting_over_changes_the_epoch, holes_are_found,
        own_events_are_visible, idempotency_keys, reader_cursors, reopening_keeps_everything, newer_databases_are_refused,
        edited_migrations_are_refused;
    knowledge: bases_come_back, entries_come_back, children_in_their_order, entries_by_every_filter,
        subtrees_move_inherit_and_go, votes_views_and_suggestion_categories;
    lists: every_filter_in_every_order, rows_show_their_customer_department_and_tags,
        spellings_lead_to_what_a_conversation_was_merged_into, what_waits_is_counted, versions_of_the_program_are_noted;
    contacts: customers_by_filter, bites_of_customers, customers_are_found_by_index, customers_come_back, fields_of_all_kinds_of_owners,
        groups_and_companies, traces_are_forgotten;
    ticket_writes: tags_come_back_change_and_hide, sweeps_go_by_conversation_in_order, all_of_a_conversation_moves,
        merged_conversations_lead_on, read_marks_unite, mails_and_keys_lead_on;
    portal: passwords_of_customers, public_codes_lead_to_the_row_itself, voters_and_what_is_read_most;
    records: records_newest_first, documents_in_the_order_of_their_writing, offline_messages_come_back_and_change;
    ratings: ratings_by_every_filter;
    files: files_come_back_and_move, files_that_stand_nowhere, contents_are_shared_and_marked;
    oauth: clients_come_back_change_and_go, codes_are_used_once, refresh_tokens_are_used_once, what_a_password_granted_is_revoked,
        tokens_of_clients, what_is_over_is_forgotten;
    exports: documents_in_seconds_with_room, promises_only_grow, sweeps_begin_go_on_and_end, whose_documents_show_a_name,
        marks_and_what_was_left;
    directory: shortcuts_come_back_change_and_go, attendances_are_counted, bans_by_their_ids;
    timeline: spans_and_events_come_back_in_their_order, what_is_open_comes_back_and_goes, moments_of_the_journal;
    levels: cells_come_back_by_series_and_time, hours_are_made_from_quarters, sets_take_each_others_place, how_things_stand_comes_back,
        presences_overlap_a_time, a_set_begins_where_the_journal_does;
    triggers: goals_come_back_change_and_go, conversions_by_page_chat_and_visitor, conversions_of_a_crowded_second,
        conversions_are_put_down_to_touches, triggers_come_back_wait_and_go, greetings_and_marks_of_visitors, how_a_browser_has_come;
    skills: skills_come_back_change_and_go, who_has_which_skills, chats_ask_for_skills, queues_are_read_in_bites;
    sla: levels_and_rules_come_back, clocks_are_found_by_what_is_due, the_log_and_its_cells, what_is_wrong_is_found;
    widgets: widgets_by_every_filter, widgets_come_back_change_and_go, widgets_are_counted;
    calls: calls_come_back_and_change, legs_and_rings_come_back, an_agent_has_one_phone, calls_are_counted_by_how_they_stand,
        unsound_calls_are_found, customers_by_number, calls_move_and_numbers_are_forgotten;
    rollups: cells_add_up_and_go, generations_come_and_go, states_come_back, rows_tell_what_reports_show,
        what_was_merged_counts_where_it_was, who_said_something_first;
    recount: calls_are_counted_from_rows, what_a_call_was_before_a_number, business_hours_are_those_of_the_level_then;
    automation: rules_come_back_in_their_order, the_log_by_rule_and_conversation, when_time_rules_look_at_what,
        whom_companies_and_groups_concern, when_a_status_changed, ready_texts_come_back_change_and_go;
    upgrades: conversations_come_over, numbers_are_compared_at_once, levels_begin_with_the_journal,
        levels_of_a_shortened_journal_have_no_floor, hours_of_rollups_are_still_to_be_made, older_levels_lack_hours,
        ratings_are_somebodys, hours_of_goals_are_added_up;
}

/// Where a case's database is. Nothing has opened it yet.
pub struct Place {
    pub location: Location,
}

/// An open database, and what its sink heard.
pub struct TestDb {
    pub db: Db,
    pub heard: Heard,
}

impl Place {
    pub fn open(&self) -> TestDb {
        self.open_with(Options { readers: 2, ..Options::default() }).expect("the database opens")
    }

    pub fn open_with(&self, options: Options) -> Result<TestDb, StoreError> {
        let heard = Heard::default();
        let db = Db::open(&self.location, options, Box::new(heard.clone()))?;
        Ok(TestDb { db, heard })
    }
}

impl TestDb {
    pub fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.db.write_blocking(job)
    }

    /// A write that must succeed.
    pub fn put<T: Send + 'static>(&self, job: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static) -> T {
        self.write(job).expect("the write succeeds")
    }

    /// A snapshot that must succeed.
    pub fn see<T: Send + 'static>(&self, job: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static) -> T {
        self.db.snapshot_blocking(job).expect("the snapshot succeeds")
    }

    /// A table to play with: `scratch (id, name, amount, fraction, bytes, parent → scratch.id)`; names are unique.
    pub fn create_scratch(&self) {
        let (text, blob) = match self.db.engine() {
            EngineKind::Sqlite => ("TEXT", "BLOB"),
            EngineKind::Postgres => ("TEXT COLLATE \"C\"", "BYTEA"),
        };
        let sql = format!(
            "CREATE TABLE scratch (id BIGINT NOT NULL PRIMARY KEY, name {text} UNIQUE, amount BIGINT, fraction DOUBLE PRECISION, bytes {blob},
             parent BIGINT REFERENCES scratch (id))"
        );
        self.put(move |tx| tx.exec_dynamic(&sql, &[]));
    }
}

/// A sink that remembers.
#[derive(Clone, Default)]
pub struct Heard(Arc<(Mutex<Calls>, Condvar)>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// The numbers of each call.
    pub committed: Vec<Vec<i64>>,
    pub reconnected: Vec<i64>,
}

impl Calls {
    /// All announced numbers, in order.
    pub fn numbers(&self) -> Vec<i64> {
        self.committed.concat()
    }
}

impl Heard {
    pub fn calls(&self) -> Calls {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has heard enough.
    pub fn wait_for(&self, what: &str, enough: impl Fn(&Calls) -> bool) -> Calls {
        let deadline = Instant::now() + Duration::from_secs(WAIT_SECONDS_MAX);
        let mut calls = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !enough(&calls) {
            let left = deadline.checked_duration_since(Instant::now()).unwrap_or_else(|| panic!("never heard {what}: {calls:?}"));
            calls = self.0.1.wait_timeout(calls, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        calls.clone()
    }

    fn note(&self, note: impl FnOnce(&mut Calls)) {
        note(&mut self.0.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.1.notify_all();
    }
}

impl Sink for Heard {
    fn committed(&mut self, events: Vec<Arc<Recorded>>) {
        self.note(|calls| calls.committed.push(events.iter().map(|event| event.number).collect()));
    }

    fn reconnected(&mut self, head: i64) {
        self.note(|calls| calls.reconnected.push(head));
    }
}

/// Some event that carries a number.
pub fn event(number: i64) -> Event {
    Event::VisitStarted { visit: VisitId::from_i64(number), customer: CustomerId::from_i64(1) }
}

/// Some moment.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// Repeats until it holds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(WAIT_SECONDS_MAX);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a future where there is no runtime.
pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts").block_on(future)
}

#[cfg(test)]
mod tests;
