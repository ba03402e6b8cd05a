mod posts;

use std::collections::{BTreeMap, BTreeSet};

use deskbell_domain::event::Event;
use deskbell_domain::ids::{CustomerId, DepartmentId};
use deskbell_domain::knowledge::{Access, DEPTH_MAX, EntryStatus, ROOT_PATH};
use deskbell_domain::message::{Actor, Attachment};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::listing::{self, Filter};
use super::*;
use crate::conversations::stage::{Stage, stage};
use crate::customers::{self, NewCustomer};
use crate::error::Kind;
use crate::files::File;
use crate::timers;

fn customer(stage: &Stage, email: &str, name: &str) -> CustomerId {
    let changes = customers::Changes { name: Some(name.to_owned()), ..customers::Changes::default() };
    let new = NewCustomer { email: email.to_owned(), changes };
    stage.write(move |tx, cx| customers::register(tx, cx, &new)).id
}

fn category(stage: &Stage, kind: EntryKind, title: &str, parent: Option<KnowledgeEntryId>) -> Entry {
    let draft = CategoryDraft { parent, ..CategoryDraft::new(kind, title) };
    stage.write(move |tx, cx| add_category(tx, cx, &draft))
}

fn article(stage: &Stage, title: &str, parent: Option<KnowledgeEntryId>) -> Entry {
    let draft = ArticleDraft { parent, ..ArticleDraft::new(title, "<p>x</p>") };
    stage.write(move |tx, cx| add_article(tx, cx, &draft))
}

fn post(stage: &Stage, parent: KnowledgeEntryId, author: Actor, text: &str) -> Result<Entry, AppError> {
    let text = text.to_owned();
    stage.try_write(move |tx, cx| {
        let post = Post { parent, author, reader: Reader::Public, subject: "Why?", text: &text };
        match tables::knowledge::get(tx, parent)?.map(|parent| parent.kind) {
            Some(EntryKind::SuggestionCategory) => post_suggestion(tx, cx, post),
            _ => post_topic(tx, cx, post),
        }
    })
}

fn shown(stage: &Stage, id: KnowledgeEntryId) -> Entry {
    stage.see(move |tx| entry(tx, id)).expect("it is there")
}

/// A step of a random history; numbers choose among what is there.
#[derive(Debug, Clone)]
enum Act {
    Add { kind: EntryKind, parent: usize, access: Access },
    Access { entry: usize, access: Access },
    Move { entry: usize, to: usize },
    Both { entry: usize, to: usize, access: Access },
    Remove { entry: usize },
}

fn act() -> impl Strategy<Value = Act> {
    let access = || prop::sample::select(vec![Access::Public, Access::Public, Access::Internal]);
    let kind = prop::sample::select(vec![
        EntryKind::Category,
        EntryKind::Category,
        EntryKind::Category,
        EntryKind::Article,
        EntryKind::Forum,
        EntryKind::SuggestionCategory,
        EntryKind::Topic,
    ]);
    let any = || 0..64usize;
    prop_oneof![
        6 => (kind, any(), access()).prop_map(|(kind, parent, access)| Act::Add { kind, parent, access }),
        3 => (any(), access()).prop_map(|(entry, access)| Act::Access { entry, access }),
        4 => (any(), any()).prop_map(|(entry, to)| Act::Move { entry, to }),
        2 => (any(), any(), access()).prop_map(|(entry, to, access)| Act::Both { entry, to, access }),
        1 => any().prop_map(|entry| Act::Remove { entry }),
    ]
}

type Rows = BTreeMap<KnowledgeEntryId, Entry>;

fn rows(stage: &Stage) -> Rows {
    let all = stage.see(|tx| all_after(tx, KnowledgeEntryId::from_i64(0), 100_000));
    all.into_iter().map(|entry| (entry.id, entry)).collect()
}

/// One of the entries, or the top.
fn chosen(rows: &Rows, number: usize) -> Option<KnowledgeEntryId> {
    match number % (rows.len() + 1) {
        0 => None,
        place => rows.keys().nth(place - 1).copied(),
    }
}

fn carry_out(stage: &Stage, rows: &Rows, author: CustomerId, act: &Act) -> Result<(), AppError> {
    match *act {
        Act::Add { kind: EntryKind::Topic, parent, .. } => {
            let Some(parent) = chosen(rows, parent) else { return Ok(()) };
            post(stage, parent, Actor::Customer(author), "Because.").map(drop)
        }
        Act::Add { kind: EntryKind::Article, parent, access } => {
            let draft = ArticleDraft { parent: chosen(rows, parent), access, ..ArticleDraft::new("Article", "x") };
            stage.try_write(move |tx, cx| add_article(tx, cx, &draft)).map(drop)
        }
        Act::Add { kind, parent, access } => {
            let draft = CategoryDraft { parent: chosen(rows, parent), access, ..CategoryDraft::new(kind, "Category") };
            stage.try_write(move |tx, cx| add_category(tx, cx, &draft)).map(drop)
        }
        Act::Remove { entry } => {
            let Some(entry) = chosen(rows, entry) else { return Ok(()) };
            stage.try_write(move |tx, cx| remove(tx, cx, entry))
        }
        Act::Access { entry, access } => changed(stage, rows, entry, Changes { access: Some(access), ..Changes::default() }),
        Act::Move { entry, to } => changed(stage, rows, entry, Changes { parent: Some(chosen(rows, to)), ..Changes::default() }),
        Act::Both { entry, to, access } => {
            let changes = Changes { parent: Some(chosen(rows, to)), access: Some(access), ..Changes::default() };
            changed(stage, rows, entry, changes)
        }
    }
}

fn changed(stage: &Stage, rows: &Rows, entry: usize, changes: Changes) -> Result<(), AppError> {
    let Some(entry) = chosen(rows, entry) else { return Ok(()) };
    stage.try_write(move |tx, cx| change(tx, cx, entry, &changes)).map(drop)
}

/// Path and inherited access, counted from the parents alone.
fn recount(rows: &Rows, entry: &Entry) -> (String, Access) {
    let mut above = Vec::new();
    let mut access = entry.access;
    let mut parent = entry.parent;
    while let Some(id) = parent {
        let one = &rows[&id];
        assert!(above.len() < DEPTH_MAX, "a circle around {id}");
        above.push(id.to_string());
        access = access.below(one.access);
        parent = one.parent;
    }
    above.push(ROOT_PATH.to_owned());
    above.reverse();
    (above.join("|"), access)
}

/// What the events of a step must say: who changed, and who is gone.
fn told(stage: &Stage, since: i64) -> (BTreeSet<KnowledgeEntryId>, BTreeSet<KnowledgeEntryId>) {
    let (mut changed, mut gone) = (BTreeSet::new(), BTreeSet::new());
    for event in stage.events(since) {
        if let Event::KnowledgeEntryChanged { entry, removed, .. } = event {
            let fresh = if removed { gone.insert(entry) } else { changed.insert(entry) };
            assert!(fresh, "{entry} is told twice");
        }
    }
    (changed, gone)
}

#[test]
fn random_histories_keep_the_tree_true() {
    let stage = stage();
    let author = customer(&stage, "ann@shop.test", "Ann");
    let mut runner = TestRunner::new(Config { cases: 60, ..Config::default() });
    let histories = prop::collection::vec(act(), 1..40);
    let outcome = runner.run(&histories, |history| {
        let mut before = rows(&stage);
        for act in &history {
            stage.clock.advance_seconds(1);
            let since = stage.head();
            let refused = carry_out(&stage, &before, author, act).is_err();
            let after = rows(&stage);
            for entry in after.values() {
                let (path, access) = recount(&after, entry);
                prop_assert_eq!((&entry.tree_path, entry.access_inherited), (&path, access), "{:?} after {:?}", entry, act);
                let parent = entry.parent.map(|parent| after[&parent].kind);
                prop_assert!(entry.kind.may_stand_in(parent) && entry.depth() <= DEPTH_MAX);
            }
            let (changed, gone) = told(&stage, since);
            let differs = |entry: &&Entry| before.get(&entry.id) != Some(*entry);
            let wanted: BTreeSet<KnowledgeEntryId> = after.values().filter(differs).map(|entry| entry.id).collect();
            prop_assert_eq!(&changed, &wanted, "told after {:?}", act);
            let wanted: BTreeSet<KnowledgeEntryId> = before.keys().filter(|id| !after.contains_key(id)).copied().collect();
            prop_assert_eq!(&gone, &wanted, "gone after {:?}", act);
            prop_assert!(!refused || (changed.is_empty() && gone.is_empty()));
            before = after;
        }
        empty(&stage)
    });
    outcome.unwrap();
}

fn empty(stage: &Stage) -> Result<(), TestCaseError> {
    for top in stage.see(|tx| children(tx, KnowledgeBaseId::DEFAULT, None, Reader::Desk)) {
        stage.write(move |tx, cx| remove(tx, cx, top.id));
    }
    prop_assert!(rows(stage).is_empty());
    Ok(())
}

#[test]
fn new_ones_stand_on_top_and_others_keep_their_places() {
    let stage = stage();
    let first = article(&stage, "First", None);
    let second = article(&stage, "Second", None);
    let draft = ArticleDraft { position: Some(0), ..ArticleDraft::new("Third", "") };
    let third = stage.write(move |tx, cx| add_article(tx, cx, &draft));
    assert_eq!([&first, &second, &third].map(|entry| entry.position), [0, -1, 0]);
    let titles = |parent| -> Vec<String> {
        stage.see(move |tx| children(tx, KnowledgeBaseId::DEFAULT, parent, Reader::Desk)).into_iter().map(|entry| entry.title).collect()
    };
    assert_eq!(titles(None), ["Second", "First", "Third"], "ties by id");

    let below = category(&stage, EntryKind::Category, "Below", None);
    article(&stage, "There", Some(below.id));
    let moved = stage.write(move |tx, cx| change(tx, cx, third.id, &Changes { parent: Some(Some(below.id)), ..Changes::default() }));
    assert_eq!((moved.position, moved.tree_path), (-1, below.path_below()));
    assert_eq!(titles(Some(below.id)), ["Third", "There"]);
    assert_eq!(titles(None), ["Below", "Second", "First"]);
}

#[test]
fn depth_circles_and_other_bases() {
    let stage = stage();
    let mut chain = vec![category(&stage, EntryKind::Category, "1", None)];
    for level in 2..=DEPTH_MAX {
        chain.push(category(&stage, EntryKind::Category, &level.to_string(), chain.last().map(|above| above.id)));
    }
    let last = chain[DEPTH_MAX - 1].id;
    let refused = |changes: Changes, entry: KnowledgeEntryId| {
        let error = stage.try_write(move |tx, cx| change(tx, cx, entry, &changes)).unwrap_err();
        (error.kind, error.public.into_owned())
    };
    let deeper = ArticleDraft { parent: Some(last), ..ArticleDraft::new("x", "") };
    assert_eq!(stage.try_write(move |tx, cx| add_article(tx, cx, &deeper)).unwrap_err().public, "a tree is at most 20 levels deep");
    let to = |parent| Changes { parent: Some(Some(parent)), ..Changes::default() };
    for below in [chain[0].id, chain[1].id, last] {
        assert_eq!(refused(to(below), chain[0].id), (Kind::Invalid, "an entry cannot stand below itself".to_owned()));
    }
    let two = category(&stage, EntryKind::Category, "two", None);
    category(&stage, EntryKind::Category, "levels", Some(two.id));
    assert_eq!(refused(to(chain[DEPTH_MAX - 2].id), two.id).1, "a tree is at most 20 levels deep");
    stage.write({
        let parent = chain[DEPTH_MAX - 3].id;
        move |tx, cx| change(tx, cx, two.id, &to(parent))
    });

    let wanted = BaseChanges { name: Some("Other".to_owned()), language: None };
    let other = stage.write(move |tx, cx| create_base(tx, cx, &wanted));
    let draft = CategoryDraft { base: Some(other.id), ..CategoryDraft::new(EntryKind::Category, "there") };
    let there = stage.write(move |tx, cx| add_category(tx, cx, &draft));
    assert_eq!(refused(to(there.id), two.id).1, "the parent entry belongs to another knowledge base");
    let draft = ArticleDraft { parent: Some(there.id), ..ArticleDraft::new("x", "") };
    assert_eq!(stage.write(move |tx, cx| add_article(tx, cx, &draft)).base, other.id, "the parent's base");
}

#[test]
fn what_cannot_be_written() {
    let stage = stage();
    let (article, forum) = (article(&stage, "Article", None), category(&stage, EntryKind::Forum, "Forum", None));
    let nobody = KnowledgeEntryId::from_i64(9_999);
    let blank = || ArticleDraft::new("Title", "x");
    let long = |chars: usize| "é".repeat(chars);
    for (draft, kind, sentence) in [
        (ArticleDraft { title: " ".to_owned(), ..blank() }, Kind::Missing, "title is missing"),
        (ArticleDraft { title: long(256), ..blank() }, Kind::Invalid, "a title has at most 255 characters and no control characters"),
        (
            ArticleDraft { title: "a\0b".to_owned(), ..blank() },
            Kind::Invalid,
            "a title has at most 255 characters and no control characters",
        ),
        (ArticleDraft { content: "a\0b".to_owned(), ..blank() }, Kind::Invalid, "content must not contain a NUL character"),
        (ArticleDraft { content: "x".repeat((1 << 20) + 1), ..blank() }, Kind::TooLarge, "content has at most 1 MiB"),
        (ArticleDraft { keywords: long(2_001), ..blank() }, Kind::TooLarge, "keywords: at most 2000 characters"),
        (ArticleDraft { meta_description: "\0".to_owned(), ..blank() }, Kind::Invalid, "meta description must not contain a NUL character"),
        (ArticleDraft { status: EntryStatus::New, ..blank() }, Kind::Invalid, "an entry of this kind cannot have this status"),
        (ArticleDraft { position: Some(1_000_000_001), ..blank() }, Kind::Invalid, "the order must be between -1000000000 and 1000000000"),
        (ArticleDraft { parent: Some(nobody), ..blank() }, Kind::NotFound, "no such parent entry"),
        (ArticleDraft { parent: Some(article.id), ..blank() }, Kind::Invalid, "it stands in a category or at the top of a knowledge base"),
        (ArticleDraft { parent: Some(forum.id), ..blank() }, Kind::Invalid, "it stands in a category or at the top of a knowledge base"),
        (ArticleDraft { base: Some(KnowledgeBaseId::from_i64(5)), ..blank() }, Kind::NotFound, "no such knowledge base"),
    ] {
        let error = stage.try_write(move |tx, cx| add_article(tx, cx, &draft)).unwrap_err();
        assert_eq!((error.kind, error.public.as_ref()), (kind, sentence));
    }
    for kind in [EntryKind::Home, EntryKind::Article, EntryKind::Topic, EntryKind::Suggestion] {
        assert!(stage.try_write(move |tx, cx| add_category(tx, cx, &CategoryDraft::new(kind, "x"))).is_err(), "{kind:?}");
    }
    let draft = CategoryDraft { department: Some(DepartmentId::from_i64(7)), ..CategoryDraft::new(EntryKind::Forum, "x") };
    assert_eq!(stage.try_write(move |tx, cx| add_category(tx, cx, &draft)).unwrap_err().public, "no such department");
    for id in [nobody, KnowledgeEntryId::from_i64(-1)] {
        assert_eq!(stage.try_write(move |tx, cx| remove(tx, cx, id)).unwrap_err().kind, Kind::NotFound);
        assert_eq!(stage.try_write(move |tx, cx| change(tx, cx, id, &Changes::default())).unwrap_err().kind, Kind::NotFound);
    }
    assert_eq!(rows(&stage).len(), 2, "what was refused left nothing");

    let since = stage.head();
    let same = Changes { title: Some("Article ".to_owned()), access: Some(Access::Public), parent: Some(None), ..Changes::default() };
    stage.write(move |tx, cx| change(tx, cx, article.id, &same));
    assert_eq!(stage.events(since), [], "nothing changed, nothing is told");
}

#[test]
fn bases() {
    let stage = stage();
    let named = |name: &str| BaseChanges { name: Some(name.to_owned()), language: None };
    let wanted = BaseChanges { language: Some("de".to_owned()), ..named(" Hilfe ") };
    let base = stage.write(move |tx, cx| create_base(tx, cx, &wanted));
    assert_eq!((base.name.as_str(), base.language.as_str()), ("Hilfe", "de"));
    let renamed = stage.write(move |tx, cx| change_base(tx, cx, base.id, &BaseChanges { name: Some("Rat".to_owned()), language: None }));
    assert_eq!(stage.see(super::bases).into_iter().map(|base| base.name).collect::<Vec<_>>(), ["Knowledge base", "Rat"]);
    assert_eq!(renamed.language, "de");
    for wrong in [named(""), named("a\0"), BaseChanges { language: Some("x_y".to_owned()), ..named("x") }, BaseChanges::default()] {
        assert!(stage.try_write(move |tx, cx| create_base(tx, cx, &wrong)).is_err());
    }

    let draft = CategoryDraft { base: Some(base.id), ..CategoryDraft::new(EntryKind::Category, "x") };
    let there = stage.write(move |tx, cx| add_category(tx, cx, &draft));
    let (below, kept) = (article(&stage, "below", Some(there.id)), article(&stage, "kept", None));
    let since = stage.head();
    stage.write(move |tx, cx| remove_base(tx, cx, base.id));
    let gone = |entry| Event::KnowledgeEntryChanged { base: base.id, entry, removed: true };
    let end = Event::KnowledgeBaseChanged { base: base.id, name: "Rat".to_owned(), removed: true };
    assert_eq!(stage.events(since), [gone(there.id), gone(below.id), end]);
    assert_eq!(rows(&stage).into_keys().collect::<Vec<_>>(), [kept.id]);
    let error = stage.try_write(|tx, cx| remove_base(tx, cx, KnowledgeBaseId::DEFAULT)).unwrap_err();
    assert_eq!((error.kind, error.public.as_ref()), (Kind::Conflict, "the first knowledge base cannot be removed"));
    assert_eq!(stage.try_write(move |tx, cx| remove_base(tx, cx, base.id)).unwrap_err().kind, Kind::NotFound);
}

#[test]
fn codes_are_distinct_and_grow_where_it_is_crowded() {
    let stage = stage();
    let mut codes = BTreeSet::new();
    for number in 0..50 {
        let entry = article(&stage, &number.to_string(), None);
        assert!(entry.url_code.len() == 6 && !entry.url_code.starts_with('0'), "{}", entry.url_code);
        assert_eq!(
            stage.see({
                let code = entry.url_code.clone();
                move |tx| entry_by_url_code(tx, &code)
            }),
            Some(entry.clone())
        );
        assert!(codes.insert(entry.url_code));
    }
    for wrong in ["", "x", "12 34", "123456\0", "1".repeat(1_000).as_str()] {
        let wrong = wrong.to_owned();
        assert_eq!(stage.see(move |tx| entry_by_url_code(tx, &wrong)), None);
    }
    let crowded = stage.write(|tx, cx| {
        let draw = |tx: &mut Tx<'_>| {
            let mut cx = Context::seeded(cx.now, cx.settings.clone(), cx.account_key, 7);
            tree::draw_url_code(tx, &mut cx)
        };
        let mut drawn = Vec::new();
        // The same chance again finds the codes of before taken.
        for number in 0..5 {
            let code = draw(tx)?;
            let row = tables::knowledge::many(tx, &[KnowledgeEntryId::from_i64(1)])?.remove(0);
            let id = KnowledgeEntryId::from_i64(1_000 + number);
            tables::knowledge::insert(tx, &Entry { id, url_code: code.clone(), ..row })?;
            drawn.push(code);
        }
        Ok(drawn)
    });
    assert_eq!(crowded.iter().map(String::len).collect::<Vec<_>>(), [6, 6, 6, 6, 7]);
}

#[test]
fn pages_have_readable_paths() {
    let stage = stage();
    let mut entry = article(&stage, "x", None);
    entry.url_code = "376829".to_owned();
    for (title, wanted) in [
        ("Article 1", "/376829-Article-1"),
        ("  What's new?!  ", "/376829-What-s-new"),
        ("Über 3/4", "/376829-%C3%9Cber-3-4"),
        ("../../etc/passwd?x=1#y", "/376829-etc-passwd-x-1-y"),
        ("???", "/376829"),
        ("<b>Tea</b> &amp; <i class=\"x\">milk</i>", "/376829-Tea-milk"),
        ("R&eacute;sum&#233;", "/376829-R%C3%A9sum%C3%A9"),
        ("1 < 2 and 3 > 2", "/376829-1-2-and-3-2"),
        (&"x".repeat(300), &format!("/376829-{}", "x".repeat(80))),
    ] {
        title.clone_into(&mut entry.title);
        assert_eq!(page_path(&entry), wanted);
    }
}

#[test]
fn everybody_votes_once() {
    let stage = stage();
    let (public, folder) = (article(&stage, "Public", None), category(&stage, EntryKind::Category, "Folder", None));
    let draft = ArticleDraft { access: Access::Internal, ..ArticleDraft::new("Internal", "") };
    let internal = stage.write(move |tx, cx| add_article(tx, cx, &draft));
    let ballot = |entry: &Entry, voter: &str| {
        let (id, voter) = (entry.id, voter.to_owned());
        stage.try_write(move |tx, cx| vote(tx, cx, id, &voter)).map_err(|error| error.kind)
    };
    let since = stage.head();
    assert_eq!(["c1", "b1", "c1", "c2"].map(|voter| ballot(&public, voter)), [Ok(1), Ok(2), Ok(2), Ok(3)]);
    assert_eq!((shown(&stage, public.id).votes, stage.events(since).len()), (3, 3));
    assert_eq!(ballot(&folder, "c1"), Err(Kind::Invalid));
    assert_eq!(ballot(&internal, "c1"), Err(Kind::NotFound));
    for voter in ["", "a\0", &"x".repeat(101)] {
        assert_eq!(ballot(&public, voter), Err(Kind::Invalid));
    }
}

#[tokio::test]
async fn views_are_counted_in_memory_and_written_in_batches() {
    let stage = stage();
    let (one, two) = (article(&stage, "One", None), article(&stage, "Two", None));
    for entry in [one.id, two.id, one.id, one.id] {
        stage.desk.note_view(entry);
    }
    let since = stage.head();
    assert_eq!(shown(&stage, one.id).views, 0);
    timers::write_counts(&stage.desk).await.unwrap();
    timers::write_counts(&stage.desk).await.unwrap();
    assert_eq!([&one, &two].map(|entry| shown(&stage, entry.id).views), [3, 1]);
    assert_eq!((shown(&stage, one.id).changed, stage.head()), (one.changed, since), "a view changes nothing that anybody follows");

    stage.write(move |tx, cx| remove(tx, cx, two.id));
    stage.desk.note_view(two.id);
    stage.desk.note_view(one.id);
    stage.desk.write_views().await.unwrap();
    assert_eq!(shown(&stage, one.id).views, 4);

    let views = views::Views::default();
    let many = views::BATCH_ENTRIES_MAX as i64 + 1;
    (1..=many).for_each(|number| views.note(KnowledgeEntryId::from_i64(number)));
    let batch = views.take();
    assert_eq!(batch.len(), views::BATCH_ENTRIES_MAX);
    views.note(batch[0].0);
    views.give_back(batch);
    let mut counted = BTreeMap::new();
    for (entry, count) in [views.take(), views.take(), views.take()].concat() {
        *counted.entry(entry).or_insert(0) += count;
    }
    assert_eq!((counted.len() as i64, counted.values().sum::<i64>()), (many, many + 1), "nothing is lost");
}

#[test]
fn files_in_articles_are_kept_for_them() {
    let stage = stage();
    let (file, other) = ("0123456789abcdef0123456789abcdef", "f".repeat(32));
    for id in [file.to_owned(), other.clone()] {
        let attachment = Attachment { file: id.clone(), name: "a.png".to_owned(), content_type: "image/png".to_owned(), bytes: 3 };
        stage.write(move |tx, cx| {
            let row =
                File { attachment, blob: id, conversation: None, visitor: None, agent: None, by_key: true, downloads: 0, created: cx.now };
            Ok(tables::files::insert(tx, &row)?)
        });
    }
    let used = |file: &str| {
        let file = file.to_owned();
        stage.see(move |tx| Ok(tables::files::owners(tx, &file)?.len()))
    };
    let draft = ArticleDraft::new("x", format!("<img src=\"/scripts/file.php?view=Y&amp;file={file}\">"));
    let entry = stage.write(move |tx, cx| add_article(tx, cx, &draft));
    assert_eq!((used(file), used(&other)), (1, 0));
    let content = Some(format!("<img src=\"/scripts/file.php?file={other}\">"));
    stage.write(move |tx, cx| change(tx, cx, entry.id, &Changes { content, ..Changes::default() }));
    assert_eq!((used(file), used(&other)), (0, 1));
    stage.write(move |tx, cx| remove(tx, cx, entry.id));
    assert_eq!((used(file), used(&other)), (0, 0));

    let forum = category(&stage, EntryKind::Forum, "Forum", None);
    let author = customer(&stage, "ann@shop.test", "Ann");
    post(&stage, forum.id, Actor::Customer(author), &format!("/scripts/file.php?file={file}")).unwrap();
    assert_eq!(used(file), 0, "nobody opens a file by naming it");
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat() {
    let stage = stage();
    let folder = category(&stage, EntryKind::Category, "Folder", None);
    let all: Vec<Entry> = (0..10).map(|number| article(&stage, &number.to_string(), Some(folder.id))).collect();
    let filter = Filter { path: listing::read_tree_path(" 0 | 1 "), ..Filter::default() };
    let page = async |offset| listing::page(&stage.desk, &stage.key, &filter, 4, offset).await.unwrap();
    let first = page(0).await;
    assert_eq!(first, all[..4]);
    let gone = all[1].id;
    stage.write(move |tx, cx| remove(tx, cx, gone));
    assert_eq!(page(4).await, all[4..8], "the row that went does not move the others");
    assert_eq!(page(8).await, all[8..]);
    assert_eq!(page(10).await, []);
    let root = Filter { path: Some(ROOT_PATH.to_owned()), ..Filter::default() };
    assert_eq!(listing::page(&stage.desk, &stage.key, &root, 500, 0).await.unwrap().len(), 10);
    assert!(listing::page(&stage.desk, &stage.key, &root, 5, 20_000).await.is_err());
}

#[test]
fn suggestion_categories_with_their_paths() {
    let stage = stage();
    let product = category(&stage, EntryKind::Category, "Product", None);
    let part = category(&stage, EntryKind::Category, "Part", Some(product.id));
    let ideas = category(&stage, EntryKind::SuggestionCategory, "Ideas", Some(part.id));
    let top = category(&stage, EntryKind::SuggestionCategory, "Top", None);
    let listed = stage.see(listing::suggestion_categories);
    let paths: Vec<_> = listed.iter().map(|one| (one.id, one.title.as_str(), one.path.as_str())).collect();
    assert_eq!(paths, [(ideas.id, "Ideas", "Product / Part / Ideas"), (top.id, "Top", "Top")]);
}

#[test]
fn outlines_leave_contents_out() {
    let stage = stage();
    let folder = category(&stage, EntryKind::Category, "Folder", None);
    article(&stage, "Below", Some(folder.id));
    article(&stage, "Beside", None);
    let outline = |parent, after| stage.see(move |tx| listing::outline(tx, KnowledgeBaseId::DEFAULT, parent, after, 1));
    let first = outline(None, None).remove(0);
    assert_eq!((first.entry.title.as_str(), first.entry.content.as_str(), first.has_children), ("Beside", "", false));
    let second = outline(None, Some((first.entry.position, first.entry.id))).remove(0);
    assert_eq!((second.entry.title.as_str(), second.has_children), ("Folder", true));
    assert_eq!(outline(None, Some((second.entry.position, second.entry.id))), []);
}

#[test]
fn who_shapes_the_tree() {
    for (role, kind, allowed) in [
        (Role::Agent, EntryKind::Article, true),
        (Role::Agent, EntryKind::Suggestion, true),
        (Role::Agent, EntryKind::Topic, true),
        (Role::Agent, EntryKind::Category, false),
        (Role::Agent, EntryKind::Forum, false),
        (Role::Agent, EntryKind::SuggestionCategory, false),
        (Role::Administrator, EntryKind::Category, true),
        (Role::Owner, EntryKind::Forum, true),
    ] {
        assert_eq!(check_role(role, kind).is_ok(), allowed, "{role:?} {kind:?}");
    }
}
