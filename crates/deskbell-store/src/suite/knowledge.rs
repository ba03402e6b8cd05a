//! Knowledge bases: places, lists beside the same filter written by hand, what is spread over a subtree, votes and views.

use super::{Place, TestDb, at};
use crate::engine::{EngineKind, Param};
use crate::tables::knowledge::{self, Below, Contents, Filter, Shown};
use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::{Access, Entry, EntryKind, EntryStatus, KnowledgeBase, ROOT_PATH};

const OTHER_BASE: KnowledgeBaseId = KnowledgeBaseId::from_i64(99);
const ENTRIES: i64 = 300;

fn id(number: i64) -> KnowledgeEntryId {
    KnowledgeEntryId::from_i64(number)
}

fn entry(number: i64, parent: Option<&Entry>) -> Entry {
    Entry {
        id: id(number),
        base: parent.map_or(KnowledgeBaseId::DEFAULT, |parent| parent.base),
        parent: parent.map(|parent| parent.id),
        kind: EntryKind::Category,
        status: EntryStatus::Published,
        access: Access::Public,
        access_inherited: Access::Public,
        url_code: (100_000 + number).to_string(),
        tree_path: parent.map_or_else(|| ROOT_PATH.to_owned(), Entry::path_below),
        position: 0,
        title: format!("Title {number}"),
        meta_description: "meta".to_owned(),
        keywords: "a, b".to_owned(),
        content: format!("<p>{number}</p>"),
        description: "described".to_owned(),
        full_preview: number % 2 == 0,
        conversation: None,
        department: None,
        views: 0,
        votes: 0,
        deleted: false,
        created: at(number),
        changed: at(number),
    }
}

/// A tree whose ids touch each other's beginnings (1, 10, 11, 100 …): every entry stands below the one with its number's start.
fn fill(test: &TestDb) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    for number in 1..=ENTRIES {
        let parent = all.iter().find(|parent| parent.id == id(number / 10)).cloned();
        let mut new = entry(number, parent.as_ref());
        if number == 2 {
            new.base = OTHER_BASE;
        }
        new.position = -(number % 7);
        new.changed = at(ENTRIES - number / 3);
        all.push(new);
    }
    let rows = all.clone();
    test.put(move |tx| {
        let base = KnowledgeBase { id: OTHER_BASE, name: "Other".to_owned(), language: "de".to_owned(), created: at(5) };
        knowledge::put_base(tx, &base)?;
        for row in &rows {
            knowledge::insert(tx, row)?;
        }
        Ok(())
    });
    all
}

pub(super) fn bases_come_back(place: &Place) {
    let test = place.open();
    let first = test.see(knowledge::bases);
    assert_eq!(first.iter().map(|base| (base.id, base.name.as_str())).collect::<Vec<_>>(), [(KnowledgeBaseId::DEFAULT, "Knowledge base")]);
    let mut other = KnowledgeBase { id: OTHER_BASE, name: "Other".to_owned(), language: "de".to_owned(), created: at(5) };
    for name in ["Other", "Another"] {
        other.name = name.to_owned();
        let base = other.clone();
        test.put(move |tx| knowledge::put_base(tx, &base));
        assert_eq!(test.see(knowledge::bases), [first[0].clone(), other.clone()]);
    }
    assert_eq!(test.see(|tx| knowledge::base(tx, OTHER_BASE)), Some(other));
    test.put(|tx| knowledge::remove_base(tx, OTHER_BASE));
    assert_eq!(test.see(|tx| knowledge::base(tx, OTHER_BASE)), None);
    let ids = test.put(|tx| Ok([knowledge::next_entry_id(tx)?, knowledge::next_entry_id(tx)?]));
    assert_eq!(ids, [id(1), id(2)], "counted from 1");
}

pub(super) fn entries_come_back(place: &Place) {
    let test = place.open();
    let all = fill(&test);
    assert_eq!(test.see(|tx| knowledge::get(tx, id(123))).as_ref(), all.get(122));
    assert_eq!(test.see(|tx| knowledge::by_url_code(tx, "100123")).as_ref(), all.get(122));
    assert_eq!(test.see(|tx| knowledge::by_url_code(tx, "123")), None);
    let asked = [id(250), id(1), id(9_999), id(77)];
    assert_eq!(test.see(move |tx| knowledge::many(tx, &asked)), [all[249].clone(), all[0].clone(), all[76].clone()]);
    for (contents, wanted) in [(Contents::Beginning(5), "<p>25"), (Contents::LeftOut, ""), (Contents::Whole, "<p>250</p>")] {
        let found = test.see(move |tx| knowledge::many_with(tx, &asked[..1], contents));
        assert_eq!(found, [Entry { content: wanted.to_owned(), ..all[249].clone() }]);
    }
    assert_eq!(test.see(|tx| knowledge::all_after(tx, id(297), 2)), all[297..299]);
    let titles = test.see(|tx| knowledge::titles(tx, &[id(3), id(4)]));
    assert_eq!((titles.len(), titles[&id(4)].as_str()), (2, "Title 4"));

    let changed = Entry {
        parent: None,
        status: EntryStatus::Draft,
        access: Access::Internal,
        access_inherited: Access::Internal,
        tree_path: ROOT_PATH.to_owned(),
        position: 17,
        title: "new".to_owned(),
        meta_description: "new".to_owned(),
        keywords: String::new(),
        content: "ü".repeat(400_000),
        description: String::new(),
        full_preview: true,
        deleted: true,
        changed: at(9),
        ..all[122].clone()
    };
    let row = changed.clone();
    test.put(move |tx| knowledge::update(tx, &row));
    assert_eq!(test.see(|tx| knowledge::get(tx, id(123))), Some(changed));
    let twice = Entry { id: id(9_999), ..all[0].clone() };
    assert!(test.write(move |tx| knowledge::insert(tx, &twice)).is_err(), "a code leads to one entry");
}

pub(super) fn children_in_their_order(place: &Place) {
    let test = place.open();
    let mut all = fill(&test);
    test.put(|tx| {
        let (draft, gone, inside) = (knowledge::get(tx, id(11))?, knowledge::get(tx, id(12))?, knowledge::get(tx, id(13))?);
        knowledge::update(tx, &Entry { status: EntryStatus::Draft, ..draft.expect("there") })?;
        knowledge::update(tx, &Entry { deleted: true, ..gone.expect("there") })?;
        knowledge::update(tx, &Entry { access_inherited: Access::Internal, ..inside.expect("there") })
    });
    all[10].status = EntryStatus::Draft;
    all[11].deleted = true;
    all[12].access_inherited = Access::Internal;
    for parent in [None, Some(id(1)), Some(id(2)), Some(id(29)), Some(id(300))] {
        for (base, shown) in [(KnowledgeBaseId::DEFAULT, Shown::All), (KnowledgeBaseId::DEFAULT, Shown::Public), (OTHER_BASE, Shown::All)] {
            let mut wanted: Vec<Entry> = all.iter().filter(|entry| entry.base == base && entry.parent == parent).cloned().collect();
            wanted.retain(|entry| shown == Shown::All || entry.is_public());
            wanted.sort_by_key(|entry| (entry.position, entry.id));
            let whole = test.see(move |tx| knowledge::children(tx, base, parent, (shown, Contents::Whole), None, 100));
            assert_eq!(whole, wanted, "{parent:?} {base} {shown:?}");
            let mut paged: Vec<Entry> = Vec::new();
            loop {
                let after = paged.last().map(|last| (last.position, last.id));
                let page = test.see(move |tx| knowledge::children(tx, base, parent, (shown, Contents::LeftOut), after, 3));
                if page.is_empty() {
                    break;
                }
                paged.extend(page);
            }
            assert!(paged.iter().all(|entry| entry.content.is_empty()));
            assert!(paged.iter().map(|entry| entry.id).eq(wanted.iter().map(|entry| entry.id)));
            let lowest = test.see(move |tx| knowledge::lowest_position(tx, base, parent));
            let least = all.iter().filter(|entry| entry.base == base && entry.parent == parent).map(|entry| entry.position).min();
            assert_eq!(lowest, least);
        }
    }
    let holding = test.see(|tx| knowledge::with_children(tx, &[id(1), id(29), id(30), id(31), id(300)]));
    assert_eq!((holding.len(), holding.contains(&id(31))), (3, false));
}

pub(super) fn entries_by_every_filter(place: &Place) {
    let test = place.open();
    let all = fill(&test);
    let path = |number: i64| all[number as usize - 1].path_below();
    let filters = [
        Filter::default(),
        Filter { base: Some(OTHER_BASE), ..Filter::default() },
        Filter { parent: Some(None), ..Filter::default() },
        Filter { parent: Some(Some(id(1))), ..Filter::default() },
        Filter { parent: Some(Some(id(1))), base: Some(OTHER_BASE), ..Filter::default() },
        Filter { entry: Some(id(17)), ..Filter::default() },
        Filter { entry: Some(id(17)), path: Some(path(1)), ..Filter::default() },
        Filter { entry: Some(id(27)), path: Some(path(1)), ..Filter::default() },
        Filter { path: Some(path(1)), ..Filter::default() },
        Filter { path: Some(path(10)), ..Filter::default() },
        Filter { path: Some(path(2)), base: Some(KnowledgeBaseId::DEFAULT), ..Filter::default() },
        Filter { changed_from: Some(at(250)), ..Filter::default() },
        Filter { changed_from: Some(at(240)), path: Some(path(1)), ..Filter::default() },
    ];
    for filter in filters {
        let below = |entry: &Entry, path: &str| {
            let (whole, wanted): (Vec<&str>, Vec<&str>) = (entry.tree_path.split('|').collect(), path.split('|').collect());
            whole.starts_with(&wanted)
        };
        let holds = |entry: &&Entry| {
            filter.base.is_none_or(|base| entry.base == base)
                && filter.parent.is_none_or(|parent| entry.parent == parent)
                && filter.entry.is_none_or(|id| entry.id == id)
                && filter.path.as_ref().is_none_or(|path| below(entry, path))
                && filter.changed_from.is_none_or(|from| entry.changed >= from)
        };
        let wanted: Vec<Entry> = all.iter().filter(holds).cloned().collect();
        let mut paged: Vec<Entry> = Vec::new();
        loop {
            let (filter, after) = (filter.clone(), paged.last().map(|last| last.id));
            let page = test.see(move |tx| knowledge::list(tx, &filter, after, 0, 37));
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(paged, wanted, "{filter:?}");
        let (skipping, wanted) = (filter.clone(), wanted.into_iter().skip(5).take(2).collect::<Vec<_>>());
        assert_eq!(test.see(move |tx| knowledge::list(tx, &skipping, None, 5, 2)), wanted, "{filter:?}");
    }
    are_found_by_index(&test);
}

/// Asks SQLite, which says it in few words.
fn are_found_by_index(test: &TestDb) {
    if test.db.engine() != EngineKind::Sqlite {
        return;
    }
    let path = || Some("0|1".to_owned());
    for (filter, index) in [
        (Filter::default(), "PRIMARY KEY"),
        (Filter { entry: Some(id(1)), path: path(), ..Filter::default() }, "PRIMARY KEY"),
        (Filter { base: Some(OTHER_BASE), ..Filter::default() }, "knowledge_entries_base"),
        (Filter { parent: Some(Some(id(1))), ..Filter::default() }, "knowledge_entries_parent"),
        (Filter { parent: Some(None), base: Some(OTHER_BASE), ..Filter::default() }, "knowledge_entries_"),
        (Filter { path: path(), ..Filter::default() }, "knowledge_entries_path"),
        (Filter { changed_from: Some(at(5)), ..Filter::default() }, "knowledge_entries_changed"),
    ] {
        let plan = test.see(move |tx| {
            let (sql, params) = knowledge::list_statement(&filter, Some(id(7)), 3, 10);
            let params: Vec<&dyn Param> = params.iter().map(|param| &**param).collect();
            tx.all_dynamic_with(&format!("EXPLAIN QUERY PLAN {sql}"), &params, |row| row.get::<String>(3))
        });
        let plan = plan.join("; ");
        assert!(plan.contains(index) && plan.contains("SEARCH") && !plan.contains("SCAN"), "{index}: {plan}");
    }
    let children = test.see(|tx| {
        tx.all_dynamic_with(
            "EXPLAIN QUERY PLAN SELECT id, content FROM knowledge_entries WHERE base_id = 1 AND parent_id = 0 AND (position, id) > (3, 4) \
             ORDER BY position, id LIMIT 10",
            &[],
            |row| row.get::<String>(3),
        )
    });
    let children = children.join("; ");
    assert!(children.contains("knowledge_entries_place") && !children.contains("TEMP B-TREE"), "{children}");
}

pub(super) fn subtrees_move_inherit_and_go(place: &Place) {
    let test = place.open();
    let all = fill(&test);
    // Below 1: 10 to 19 and 100 to 199. 1's own name is the beginning of theirs, and of no other's.
    assert_eq!(test.see(|tx| knowledge::extent(tx, "0|1")), (110, 3));
    assert_eq!(test.see(|tx| knowledge::extent(tx, "0|1|10")), (10, 3));
    assert_eq!(test.see(|tx| knowledge::extent(tx, "0|300")), (0, 0));
    assert_eq!(test.see(|tx| knowledge::count_of_base(tx, OTHER_BASE)), 111);
    let below: Vec<KnowledgeEntryId> = test.see(|tx| knowledge::ids_below(tx, Below::Path("0|1")));
    assert_eq!(below.len(), 110);
    assert_eq!(test.see(|tx| knowledge::ids_below(tx, Below::Base(OTHER_BASE))).len(), 111);

    let moved = test.put(|tx| knowledge::move_below(tx, "0|1", "0|3|1", at(500)));
    assert_eq!(moved.len(), 110);
    for entry in test.see(|tx| knowledge::all_after(tx, id(0), 1_000)) {
        let before = &all[entry.id.get() as usize - 1];
        if below.contains(&entry.id) {
            assert_eq!(entry.tree_path, before.tree_path.replacen("0|1", "0|3|1", 1));
            assert_eq!(entry.changed, at(500));
        } else {
            assert_eq!(&entry, before, "left alone");
        }
    }

    test.put(|tx| {
        let own = knowledge::get(tx, id(15))?.expect("there");
        knowledge::update(tx, &Entry { access: Access::Internal, access_inherited: Access::Internal, ..own })
    });
    let inside = test.put(|tx| knowledge::inherit(tx, &[id(1)], Access::Internal, at(600)));
    assert_eq!(inside.len(), 9, "15 was internal before");
    let again = test.put(|tx| knowledge::inherit(tx, &[id(1)], Access::Internal, at(601)));
    assert!(again.is_empty());
    let mut outside = test.put(|tx| knowledge::inherit(tx, &[id(1)], Access::Public, at(602)));
    outside.sort_unstable();
    assert!(outside.len() == 9 && !outside.contains(&id(15)), "what is internal by itself stays so");
    assert_eq!(test.see(|tx| knowledge::get(tx, id(15))).map(|entry| entry.access_inherited), Some(Access::Internal));

    test.put(|tx| knowledge::vote(tx, id(100), "c1", at(700)).map(drop));
    let gone = below.clone();
    test.put(move |tx| knowledge::remove(tx, &gone));
    assert_eq!(test.see(|tx| knowledge::all_after(tx, id(0), 1_000)).len(), 190);
}

pub(super) fn votes_views_and_suggestion_categories(place: &Place) {
    let test = place.open();
    fill(&test);
    let voted = test.put(|tx| {
        let mut voted = Vec::new();
        for (entry, voter) in [(7, "c1"), (7, "c2"), (7, "c1"), (8, "c1")] {
            voted.push(knowledge::vote(tx, id(entry), voter, at(1))?);
        }
        knowledge::add_views(tx, &[(id(7), 3), (id(8), 1), (id(9_999), 1)])?;
        knowledge::add_views(tx, &[(id(7), 2)])?;
        Ok(voted)
    });
    assert_eq!(voted, [true, true, false, true]);
    let counted = test.see(|tx| knowledge::many(tx, &[id(7), id(8), id(9)]));
    assert_eq!(counted.iter().map(|entry| (entry.votes, entry.views)).collect::<Vec<_>>(), [(2, 5), (1, 1), (0, 0)]);

    test.put(|tx| {
        for (number, parent) in [(901, id(1)), (902, id(11))] {
            let parent = knowledge::get(tx, parent)?;
            knowledge::insert(tx, &Entry { kind: EntryKind::SuggestionCategory, ..entry(number, parent.as_ref()) })?;
        }
        Ok(())
    });
    let categories = test.see(|tx| knowledge::suggestion_categories(tx, 10));
    let wanted = [(id(901), "Title 901".to_owned(), "0|1".to_owned()), (id(902), "Title 902".to_owned(), "0|1|11".to_owned())];
    assert_eq!(categories, wanted);
    assert_eq!(test.see(|tx| knowledge::suggestion_categories(tx, 1)), wanted[..1]);
}
