//! What the public pages ask: passwords of customers, tickets by their public codes, what is voted on and read.

use super::{Place, at, rows};
use crate::tables::merging::{self, Browsers};
use crate::tables::{conversations, customers, departments, knowledge};
use deskbell_domain::conversation::Conversation;
use deskbell_domain::customer::Customer;
use deskbell_domain::department::Department;
use deskbell_domain::ids::{ConversationId, CustomerId, DepartmentId, KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::{Access, Entry, EntryKind, EntryStatus, KnowledgeBase, ROOT_PATH};

const CUSTOMER: CustomerId = CustomerId::from_i64(1);

pub(super) fn passwords_of_customers(place: &Place) {
    let test = place.open();
    test.put(|tx| customers::insert(tx, &Customer::anonymous(CUSTOMER, at(0))));
    let hash = |customer: i64| test.see(move |tx| customers::password_hash(tx, CustomerId::from_i64(customer)));
    assert_eq!(hash(1).as_deref(), Some(""), "none yet");
    assert_eq!(hash(2), None);
    test.put(|tx| customers::set_password(tx, CUSTOMER, "a hash"));
    assert_eq!(hash(1).as_deref(), Some("a hash"));
    test.put(|tx| {
        let known = customers::get(tx, CUSTOMER)?.expect("the customer");
        customers::update(tx, &Customer { name: "Ann".to_owned(), ..known })
    });
    assert_eq!(hash(1).as_deref(), Some("a hash"), "other changes leave it alone");
    test.db.close();
}

fn conversation(number: i64, public_code: &str) -> Conversation {
    Conversation {
        public_code: public_code.to_owned(),
        subject: "Kettle".to_owned(),
        created: at(number),
        changed: at(number),
        groups_in: 1,
        ..rows::conversation(number)
    }
}

pub(super) fn public_codes_lead_to_the_row_itself(place: &Place) {
    let test = place.open();
    test.put(|tx| {
        let department = Department { name: "Support".to_owned(), ..rows::department(DepartmentId::DEFAULT) };
        departments::put(tx, &department, at(0))?;
        customers::insert(tx, &Customer::anonymous(CUSTOMER, at(0)))?;
        for (number, code) in [(1, "aaaaaaaaaaaaaaaa"), (2, "AAAAAAAAAAAAAAAA")] {
            conversations::insert(tx, &conversation(number, code))?;
        }
        Ok(())
    });
    let found = |code: &'static str| test.see(move |tx| conversations::by_public_code(tx, code));
    assert_eq!(found("aaaaaaaaaaaaaaaa"), Some(conversation(1, "aaaaaaaaaaaaaaaa")));
    assert_eq!(found("AAAAAAAAAAAAAAAA").map(|one| one.id.get()), Some(2), "letters count");
    assert_eq!(found("ABC-1"), None);
    assert_eq!(found("1"), None);
    test.put(|tx| merging::move_all(tx, ConversationId::from_i64(1), ConversationId::from_i64(2), Browsers::Different));
    assert_eq!(found("aaaaaaaaaaaaaaaa").map(|one| one.id.get()), Some(1), "also of one that went into another");
    test.db.close();
}

fn article(number: i64, views: i64) -> Entry {
    let id = KnowledgeEntryId::from_i64(number);
    Entry {
        id,
        base: KnowledgeBaseId::DEFAULT,
        parent: None,
        kind: EntryKind::Article,
        status: EntryStatus::Published,
        access: Access::Public,
        access_inherited: Access::Public,
        url_code: (100_000 + number).to_string(),
        tree_path: ROOT_PATH.to_owned(),
        position: number,
        title: format!("Title {number}"),
        meta_description: String::new(),
        keywords: String::new(),
        content: String::new(),
        description: String::new(),
        full_preview: false,
        conversation: None,
        department: None,
        views,
        votes: 0,
        deleted: false,
        created: at(number),
        changed: at(number),
    }
}

pub(super) fn voters_and_what_is_read_most(place: &Place) {
    let test = place.open();
    let other = KnowledgeBaseId::from_i64(99);
    test.put(move |tx| {
        let base = KnowledgeBase { id: other, name: "Other".to_owned(), language: "de".to_owned(), created: at(5) };
        knowledge::put_base(tx, &base)?;
        let (draft, internal, inherited) = (article(4, 90), article(5, 90), article(6, 90));
        for entry in [
            article(1, 5),
            article(2, 9),
            article(3, 9),
            Entry { status: EntryStatus::Draft, ..draft },
            Entry { access: Access::Internal, access_inherited: Access::Internal, ..internal },
            Entry { access_inherited: Access::Internal, ..inherited },
            Entry { kind: EntryKind::Category, ..article(7, 90) },
            Entry { base: other, ..article(8, 90) },
        ] {
            knowledge::insert(tx, &entry)?;
        }
        Ok(())
    });
    let most = |base, limit| test.see(move |tx| knowledge::most_viewed(tx, base, limit));
    let ids = |found: Vec<KnowledgeEntryId>| found.into_iter().map(KnowledgeEntryId::get).collect::<Vec<_>>();
    assert_eq!(ids(most(KnowledgeBaseId::DEFAULT, 10)), [2, 3, 1]);
    assert_eq!(ids(most(KnowledgeBaseId::DEFAULT, 2)), [2, 3]);
    assert_eq!(ids(most(other, 10)), [8]);
    let voted = |voter: &'static str| test.see(move |tx| knowledge::has_voted(tx, KnowledgeEntryId::from_i64(1), voter));
    assert!(!voted("b1"));
    test.put(|tx| knowledge::vote(tx, KnowledgeEntryId::from_i64(1), "b1", at(9)));
    assert_eq!((voted("b1"), voted("b2")), (true, false));
    test.db.close();
}
