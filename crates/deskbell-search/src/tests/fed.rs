//! An index fed by events finds what one built from rows finds, whatever happened.

use std::collections::BTreeSet;

use deskbell_app::knowledge::BaseChanges;
use deskbell_domain::ids::KnowledgeBaseId;
use deskbell_domain::knowledge::{Access, EntryStatus};
use proptest::prelude::*;

use super::*;

/// Something that happens to some entry; numbers choose among those that there are.
#[derive(Debug, Clone)]
enum Step {
    Article { place: usize, words: Vec<usize> },
    Category { place: usize, words: Vec<usize> },
    Rewrite { which: usize, words: Vec<usize> },
    Move { which: usize, place: usize },
    Hide { which: usize },
    Show { which: usize },
    Draft { which: usize },
    Remove { which: usize },
    Language { which: usize, tag: usize },
    Search,
    Restart,
}

const WORDS: [&str; 10] = ["invoice", "invoices", "café", "cafe", "häuser", "password", "passwort", "connected", "東京都", "e-mail"];
const TAGS: [&str; 3] = ["en", "de", "ja"];

fn words() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..WORDS.len(), 1..5)
}

fn step() -> impl Strategy<Value = Step> {
    let any_one = 0..64usize;
    prop_oneof![
        6 => (any_one.clone(), words()).prop_map(|(place, words)| Step::Article { place, words }),
        3 => (any_one.clone(), words()).prop_map(|(place, words)| Step::Category { place, words }),
        3 => (any_one.clone(), words()).prop_map(|(which, words)| Step::Rewrite { which, words }),
        3 => (any_one.clone(), any_one.clone()).prop_map(|(which, place)| Step::Move { which, place }),
        2 => any_one.clone().prop_map(|which| Step::Hide { which }),
        2 => any_one.clone().prop_map(|which| Step::Show { which }),
        1 => any_one.clone().prop_map(|which| Step::Draft { which }),
        2 => any_one.clone().prop_map(|which| Step::Remove { which }),
        1 => (any_one, 0..TAGS.len()).prop_map(|(which, tag)| Step::Language { which, tag }),
        2 => Just(Step::Search),
        1 => Just(Step::Restart),
    ]
}

fn text(words: &[usize]) -> String {
    words.iter().map(|word| WORDS[*word]).collect::<Vec<_>>().join(" ")
}

struct Run {
    home: Home,
    bases: Vec<KnowledgeBaseId>,
    entries: Vec<KnowledgeEntryId>,
}

impl Run {
    fn new() -> Run {
        let home = Home::new();
        let other = BaseChanges { name: Some("Another".to_owned()), language: Some("de".to_owned()) };
        let other = home.desk.write_blocking(move |tx, cx| knowledge::create_base(tx, cx, &other)).unwrap().id;
        Run { home, bases: vec![KnowledgeBaseId::DEFAULT, other], entries: Vec::new() }
    }

    fn some(&self, which: usize) -> Option<KnowledgeEntryId> {
        (!self.entries.is_empty()).then(|| self.entries[which % self.entries.len()])
    }

    /// Below an entry, or at the top of a base. Not everything may stand everywhere: what is refused does not happen.
    fn place(&self, place: usize) -> (Option<KnowledgeBaseId>, Option<KnowledgeEntryId>) {
        if place.is_multiple_of(3) { (Some(self.bases[place / 3 % 2]), None) } else { (None, self.some(place)) }
    }

    fn take(&mut self, step: &Step) {
        let change = |run: &Run, which: usize, changes: Changes| {
            if let Some(entry) = run.some(which) {
                drop(run.home.desk.write_blocking(move |tx, cx| knowledge::change(tx, cx, entry, &changes)));
            }
        };
        match step {
            Step::Article { place, words } => {
                let (base, parent) = self.place(*place);
                let draft = ArticleDraft { base, parent, ..ArticleDraft::new(text(words), format!("<p>{}</p>", text(&words[1..]))) };
                self.entries
                    .extend(self.home.desk.write_blocking(move |tx, cx| knowledge::add_article(tx, cx, &draft)).map(|entry| entry.id));
            }
            Step::Category { place, words } => {
                let (base, parent) = self.place(*place);
                let draft =
                    CategoryDraft { base, parent, description: text(words), ..CategoryDraft::new(EntryKind::Category, text(&words[..1])) };
                self.entries
                    .extend(self.home.desk.write_blocking(move |tx, cx| knowledge::add_category(tx, cx, &draft)).map(|entry| entry.id));
            }
            Step::Rewrite { which, words } => {
                change(self, *which, Changes { title: Some(text(&words[..1])), keywords: Some(text(words)), ..Changes::default() });
            }
            Step::Move { which, place } => change(self, *which, Changes { parent: Some(self.place(*place).1), ..Changes::default() }),
            Step::Hide { which } => change(self, *which, Changes { access: Some(Access::Internal), ..Changes::default() }),
            Step::Show { which } => change(self, *which, Changes { access: Some(Access::Public), ..Changes::default() }),
            Step::Draft { which } => change(self, *which, Changes { status: Some(EntryStatus::Draft), ..Changes::default() }),
            Step::Remove { which } => {
                if let Some(entry) = self.some(*which) {
                    self.home.desk.write_blocking(move |tx, cx| knowledge::remove(tx, cx, entry)).unwrap();
                    let left = self.entries.clone();
                    let left = self.home.desk.snapshot_blocking(move |tx| knowledge::entries_of(tx, &left)).unwrap();
                    self.entries = left.iter().map(|entry| entry.id).collect();
                }
            }
            Step::Language { which, tag } => {
                let (base, tag) = (self.bases[which % 2], TAGS[*tag].to_owned());
                let changes = BaseChanges { name: None, language: Some(tag) };
                self.home.desk.write_blocking(move |tx, cx| knowledge::change_base(tx, cx, base, &changes)).unwrap();
            }
            Step::Search => drop(self.home.ask("invoice")),
            Step::Restart => self.home.restart_with_search(),
        }
    }

    /// What many searches find.
    fn findings(&self) -> Vec<(String, BTreeSet<KnowledgeEntryId>)> {
        let mut findings = Vec::new();
        let questions = WORDS
            .iter()
            .map(|word| (*word).to_owned())
            .chain(["haus", "connect", "invoice password", "pasword", "京都", "inv"].map(str::to_owned));
        for text in questions {
            for reader in [Reader::Desk, Reader::Public] {
                let bases = self.bases.iter().copied().map(Some).chain([None]);
                for base in bases {
                    for top in [None, self.some(0), self.some(1), self.some(2)] {
                        let query = KnowledgeQuery { text: text.clone(), base, top, reader, limit: 500 };
                        let found = self.home.find(&query);
                        let each: BTreeSet<KnowledgeEntryId> = found.iter().copied().collect();
                        assert_eq!(each.len(), found.len(), "each once");
                        findings.push((format!("{query:?}"), each));
                    }
                }
            }
        }
        findings
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 12, max_shrink_iters: 40, ..ProptestConfig::default() })]

    #[test]
    fn as_if_built_from_rows(steps in prop::collection::vec(step(), 1..40)) {
        let mut run = Run::new();
        for step in &steps {
            run.take(step);
        }
        let fed = run.findings();
        run.home.restart(|search| std::fs::remove_dir_all(search).unwrap());
        run.home.open_search();
        for (fed, built) in fed.into_iter().zip(run.findings()) {
            prop_assert_eq!(fed, built);
        }
    }
}
