//! Writes: sharing a commit, undoing one alone, journal numbers and ids.

use super::{Place, TestDb, at, block_on, event, eventually};
use crate::engine::{Db, Options, READER_JOBS_MAX, Tx, WRITER_JOBS_MAX};
use crate::error::StoreError;
use crate::{cursors, idempotency, journal};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Keeps the writer busy until it is let go.
struct Plug {
    go: Sender<()>,
    thread: thread::JoinHandle<Result<(), StoreError>>,
}

impl Plug {
    fn insert(db: &Db) -> Plug {
        let (go, wait): (Sender<()>, Receiver<()>) = bounded(1);
        let (began, begun) = bounded(1);
        let db = db.clone();
        let thread = thread::spawn(move || {
            db.write_blocking::<(), StoreError>(move |_| {
                began.send(()).expect("somebody waits");
                wait.recv().expect("somebody sends");
                Ok(())
            })
        });
        begun.recv().expect("the plug's job runs");
        Plug { go, thread }
    }

    fn pull(self) {
        self.go.send(()).expect("the plug's job waits");
        self.thread.join().expect("the plug's thread ends").expect("the plug's job succeeds");
    }
}

type Job = Box<dyn FnOnce(&mut Tx<'_>) -> Result<i64, StoreError> + Send>;

/// Runs jobs that wait together, in this order; returns their answers.
fn together(test: &TestDb, jobs: Vec<Job>) -> Vec<Result<i64, StoreError>> {
    let plug = Plug::insert(&test.db);
    let sent = Arc::new(AtomicUsize::new(0));
    block_on(async {
        let mut answers = Vec::new();
        for job in jobs {
            // Polled once, a write is in the queue.
            let mut write = Box::pin(test.db.write(job));
            assert!(poll_once(write.as_mut()).await.is_none());
            sent.fetch_add(1, Ordering::Relaxed);
            answers.push(write);
        }
        plug.pull();
        let mut results = Vec::new();
        for answer in answers {
            results.push(answer.await);
        }
        results
    })
}

async fn poll_once<F: Future + ?Sized>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
        std::task::Poll::Pending => std::task::Poll::Ready(None),
    })
    .await
}

fn append(number: i64) -> Job {
    Box::new(move |tx| tx.append(at(1), event(number)))
}

fn visits(test: &TestDb) -> Vec<i64> {
    use deskbell_domain::event::Event;
    test.see(|tx| journal::after(tx, 0, 10_000))
        .into_iter()
        .map(|entry| match entry.event {
            Event::VisitStarted { visit, .. } => visit.get(),
            other => panic!("{other:?}"),
        })
        .collect()
}

pub(super) fn waiting_writes_share_a_commit(place: &Place) {
    let test = place.open();
    let results = together(&test, (1..=20).map(append).collect());
    assert_eq!(results, (1..=20).map(Ok).collect::<Vec<_>>());
    let calls = test.heard.calls();
    assert_eq!(calls.committed, vec![(1..=20).collect::<Vec<_>>()], "one commit, one announcement");
    assert!(test.db.is_healthy());

    let alone = place_with_sync_each(place, test);
    assert_eq!(together(&alone, vec![append(1), append(2)]), vec![Ok(21), Ok(22)]);
    assert_eq!(alone.heard.calls().committed, vec![vec![21], vec![22]]);
}

fn place_with_sync_each(place: &Place, test: TestDb) -> TestDb {
    test.db.close();
    place.open_with(Options { sync_each: true, ..Options::default() }).expect("the database opens")
}

pub(super) fn refused_job_is_undone_alone(place: &Place) {
    let test = place.open();
    let refused: Job = Box::new(|tx| {
        tx.append(at(1), event(2))?;
        tx.append(at(1), event(3))?;
        cursors::set(tx, "refused", 1)?;
        Err(StoreError::Corrupt("refused".to_owned()))
    });
    let other: Job = Box::new(|tx| {
        cursors::set(tx, "kept", 1)?;
        assert_eq!(tx.head()?, 1);
        tx.append(at(1), event(4))
    });
    let results = together(&test, vec![append(1), refused, other]);
    assert_eq!(results, vec![Ok(1), Err(StoreError::Corrupt("refused".to_owned())), Ok(2)]);
    assert_eq!(visits(&test), vec![1, 4]);
    assert_eq!(test.heard.calls().numbers(), vec![1, 2]);
    assert_eq!(test.see(|tx| cursors::get(tx, "refused")), None);
    assert_eq!(test.see(|tx| cursors::get(tx, "kept")), Some(1));
}

pub(super) fn first_job_refused_others_kept(place: &Place) {
    let test = place.open();
    let refuse = || -> Job {
        Box::new(|tx| {
            tx.append(at(1), event(9))?;
            Err(StoreError::Busy)
        })
    };
    assert_eq!(test.write(|tx| tx.append(at(1), event(9)).and(Err::<(), _>(StoreError::Busy))), Err(StoreError::Busy));
    assert_eq!(test.see(|tx| tx.head()), 0);
    let results = together(&test, vec![refuse(), refuse(), append(1), refuse(), refuse(), append(2), refuse()]);
    let numbers: Vec<_> = results.into_iter().filter_map(Result::ok).collect();
    assert_eq!(numbers, vec![1, 2]);
    assert_eq!(visits(&test), vec![1, 2]);
    assert_eq!(test.see(journal::check_gapless), None);
}

pub(super) fn panic_is_undone_alone(place: &Place) {
    let test = place.open();
    let panics: Job = Box::new(|tx| {
        tx.append(at(1), event(2))?;
        panic!("on purpose: {}", 7)
    });
    let results = together(&test, vec![append(1), panics, append(3)]);
    assert_eq!(results, vec![Ok(1), Err(StoreError::Panicked("on purpose: 7".to_owned())), Ok(2)]);
    assert_eq!(visits(&test), vec![1, 3]);
    let read = test.db.read_blocking::<(), StoreError>(|_| panic!("on purpose"));
    assert_eq!(read, Err(StoreError::Panicked("on purpose".to_owned())));
    let in_row = test.db.read_blocking::<(), StoreError>(|tx| tx.each("SELECT number FROM journal", &[], |_| panic!("in a row")));
    assert_eq!(in_row, Err(StoreError::Panicked("in a row".to_owned())));
    assert_eq!(visits(&test), vec![1, 3], "readers live on");
}

pub(super) fn failed_statement_ends_the_job(place: &Place) {
    let test = place.open();
    test.put(|tx| idempotency::remember(tx, "s", "k", at(1), "first"));
    let goes_on: Job = Box::new(|tx| {
        assert!(idempotency::remember(tx, "s", "k", at(1), "second").expect_err("it is taken").is_conflict());
        assert!(cursors::set(tx, "after", 1).expect_err("it is taken").is_conflict(), "whatever follows is refused");
        assert!(tx.append(at(1), event(1)).expect_err("it is taken").is_conflict());
        Ok(0)
    });
    let results = together(&test, vec![append(1), goes_on, append(2)]);
    assert!(results[1].as_ref().is_err_and(StoreError::is_conflict), "{results:?}");
    assert_eq!((results[0].clone(), results[2].clone()), (Ok(1), Ok(2)));
    assert_eq!(test.see(|tx| idempotency::find(tx, "s", "k")), Some("first".to_owned()));
    assert_eq!(test.see(|tx| cursors::get(tx, "after")), None);
    assert!(matches!(test.write(|tx| tx.exec("UPDATE nonsense SET x = 1", &[])), Err(StoreError::Sql(_))));
    assert_eq!(test.put(|tx| tx.append(at(1), event(3))), 3);
}

pub(super) fn numbers_are_gapless_under_concurrent_writers(place: &Place) {
    const THREADS: i64 = 8;
    const JOBS: i64 = 60;
    let test = place.open();
    let kept = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for writer in 0..THREADS {
            let (db, kept) = (test.db.clone(), &kept);
            scope.spawn(move || {
                for job in 0..JOBS {
                    let chance = (writer * 31 + job * 17) % 7;
                    let result = db.write_blocking(move |tx| -> Result<Vec<i64>, StoreError> {
                        let mut numbers = Vec::new();
                        for _ in 0..=chance % 3 {
                            numbers.push(tx.append(at(1), event(tx_tag(writer, job)))?);
                        }
                        match chance {
                            3 => Err(StoreError::Busy),
                            5 => panic!("on purpose"),
                            6 => {
                                idempotency::remember(tx, "taken", "key", at(1), "x")?;
                                idempotency::remember(tx, "taken", "key", at(1), "x")?;
                                Ok(numbers)
                            }
                            _ => Ok(numbers),
                        }
                    });
                    if let Ok(numbers) = result {
                        kept.lock().expect("nobody panicked").extend(numbers);
                    }
                }
            });
        }
    });
    let mut kept = kept.into_inner().expect("nobody panicked");
    kept.sort_unstable();
    let expected: Vec<i64> = (1..=kept.len() as i64).collect();
    assert_eq!(kept, expected, "answered numbers");
    assert_eq!(test.heard.calls().numbers(), expected, "announced numbers, in order");
    let stored = test.see(|tx| journal::after(tx, 0, 100_000));
    assert_eq!(stored.iter().map(|entry| entry.number).collect::<Vec<_>>(), expected, "stored numbers");
    assert_eq!(test.see(journal::check_gapless), None);
    assert_eq!(test.see(|tx| tx.head()), expected.len() as i64);
}

fn tx_tag(writer: i64, job: i64) -> i64 {
    writer * 1_000 + job
}

pub(super) fn ids_are_distinct_and_come_back(place: &Place) {
    let test = place.open();
    let first = test.put(|tx| Ok((tx.next_id()?, tx.next_id()?, tx.next_tag_id()?)));
    let undone: Arc<Mutex<i64>> = Arc::default();
    let seen = Arc::clone(&undone);
    let refused = test.write(move |tx| -> Result<(), StoreError> {
        *seen.lock().expect("nobody panicked") = tx.next_id()?;
        Err(StoreError::Busy)
    });
    assert_eq!(refused, Err(StoreError::Busy));
    let again = test.put(|tx| tx.next_id());
    assert_eq!(again, *undone.lock().expect("nobody panicked"), "an id that was not kept is given again");
    test.db.close();
    let reopened = place.open();
    let later = reopened.put(|tx| Ok((tx.next_id()?, tx.next_tag_id()?)));
    let ids = HashSet::from([first.0, first.1, again, later.0]);
    assert_eq!(ids.len(), 4);
    assert_ne!(first.2, later.1);
    let outside = reopened.db.read_blocking(|tx| tx.next_id());
    assert!(matches!(outside, Err(StoreError::Sql(_))), "reads have no ids: {outside:?}");
}

pub(super) fn unique_and_foreign_keys_are_conflicts(place: &Place) {
    let test = place.open();
    test.create_scratch();
    test.put(|tx| tx.exec("INSERT INTO scratch (id, name) VALUES ($1, $2)", &[&1i64, &"one"]));
    for (id, name, parent) in [(1i64, "two", None), (2, "one", None), (2, "two", Some(99i64))] {
        let result = test.write(move |tx| tx.exec("INSERT INTO scratch (id, name, parent) VALUES ($1, $2, $3)", &[&id, &name, &parent]));
        assert!(result.as_ref().is_err_and(StoreError::is_conflict), "{id} {name} {parent:?}: {result:?}");
    }
    test.put(|tx| tx.exec("INSERT INTO scratch (id, name, parent) VALUES ($1, $2, $3)", &[&2i64, &"two", &1i64]));
    let referred = test.write(|tx| tx.exec("DELETE FROM scratch WHERE id = 1", &[]));
    assert!(referred.is_err_and(|error| error.is_conflict()));
    let missing = test.write(|tx| tx.exec("INSERT INTO scratch (name) VALUES ('three')", &[]));
    assert!(matches!(missing, Err(StoreError::Sql(_))), "a missing value is our bug, not a conflict: {missing:?}");
}

pub(super) fn a_write_nobody_waits_for_stands(place: &Place) {
    let test = place.open();
    let plug = Plug::insert(&test.db);
    block_on(async {
        let mut write = Box::pin(test.db.write(append(1)));
        assert!(poll_once(write.as_mut()).await.is_none());
    });
    plug.pull();
    eventually("the write is stored", || test.see(|tx| tx.head()) == 1);
}

pub(super) fn full_queues_say_busy(place: &Place) {
    let test = place.open_with(Options { readers: 1, ..Options::default() }).expect("the database opens");
    let plug = Plug::insert(&test.db);
    let (go, wait): (Sender<()>, Receiver<()>) = bounded(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime starts");
    runtime.block_on(async {
        let mut writes = Vec::new();
        for _ in 0..WRITER_JOBS_MAX {
            let mut write = Box::pin(test.db.write(|tx: &mut Tx<'_>| cursors::set(tx, "queued", 1)));
            assert!(poll_once(write.as_mut()).await.is_none());
            writes.push(write);
        }
        // The runtime's clock jumps to the end of the wait.
        assert_eq!(test.db.write(|tx| tx.append(at(1), event(1))).await, Err(StoreError::Busy));

        let (began, begun) = bounded(1);
        let mut reads = vec![Box::pin(test.db.read::<_, StoreError>(move |_| {
            began.send(()).expect("somebody waits");
            wait.recv().expect("somebody sends");
            Ok(())
        })) as std::pin::Pin<Box<dyn Future<Output = Result<(), StoreError>>>>];
        assert!(poll_once(reads[0].as_mut()).await.is_none());
        begun.recv().expect("the first read runs");
        for _ in 0..READER_JOBS_MAX {
            let mut read = Box::pin(test.db.read(|_: &mut Tx<'_>| Ok(())));
            assert!(poll_once(read.as_mut()).await.is_none());
            reads.push(read);
        }
        assert_eq!(test.db.read(|tx| tx.head()).await, Err(StoreError::Busy));
        go.send(()).expect("the first read waits");
        plug.pull();
        for write in writes {
            assert_eq!(write.await, Ok(()));
        }
        for read in reads {
            assert_eq!(read.await, Ok(()));
        }
    });
    assert_eq!(test.put(|tx| tx.append(at(1), event(1))), 1);
}

pub(super) fn closing_runs_what_waits(place: &Place) {
    let test = place.open();
    let plug = Plug::insert(&test.db);
    block_on(async {
        let mut waiting = Vec::new();
        for number in 0..50 {
            let mut write = Box::pin(test.db.write(append(number)));
            assert!(poll_once(write.as_mut()).await.is_none());
            waiting.push(write);
        }
        let db = test.db.clone();
        let closing = thread::spawn(move || db.close());
        plug.pull();
        for (index, write) in waiting.into_iter().enumerate() {
            assert_eq!(write.await, Ok(index as i64 + 1));
        }
        closing.join().expect("closing ends");
        assert_eq!(test.db.write(|tx| tx.head()).await, Err(StoreError::Closed));
        assert_eq!(test.db.read(|tx| tx.head()).await, Err(StoreError::Closed));
    });
    assert_eq!(test.write(|tx| tx.head()), Err(StoreError::Closed));
    test.db.close();
    assert_eq!(place.open().see(|tx| tx.head()), 50);
}

/// A read that comes while the database closes is answered or refused; it does not wait for ever.
pub(super) fn reads_end_when_it_closes(place: &Place) {
    for _ in 0..10 {
        let test = place.open();
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let db = test.db.clone();
                thread::spawn(move || {
                    loop {
                        match db.read_blocking(|tx| tx.head()) {
                            Ok(_) => {}
                            refused => return refused,
                        }
                    }
                })
            })
            .collect();
        test.db.close();
        for reader in readers {
            assert_eq!(reader.join().expect("a reader ends"), Err(StoreError::Closed));
        }
    }
}

/// Neither opening nor the blocking calls may disturb a runtime they are called on.
pub(super) fn writes_work_inside_a_runtime(place: &Place) {
    block_on(async {
        let test = place.open();
        assert_eq!(test.db.write(|tx| tx.append(at(1), event(1))).await, Ok(1));
        assert_eq!(test.put(|tx| tx.append(at(1), event(2))), 2);
        assert_eq!(test.db.read(|tx| tx.head()).await, Ok(2));
        assert_eq!(test.db.snapshot(|tx| tx.head()).await, Ok(2));
        assert_eq!(test.db.read_blocking(|tx| tx.head()), Ok(2));
        test.db.close();
    });
}
