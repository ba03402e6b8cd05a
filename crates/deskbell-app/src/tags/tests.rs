use super::*;
use crate::conversations::stage::{Stage, stage};
use crate::error::Kind;

fn draft(name: &str, color: &str, background: &str) -> Draft {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Draft { name: given(name), color: given(color), background: given(background) }
}

impl Stage {
    fn make(&self, draft: Draft) -> Result<Tag, AppError> {
        self.try_write(move |tx, cx| create(tx, cx, &draft))
    }

    fn change_tag(&self, tag: &Tag, draft: Draft) -> Result<Tag, AppError> {
        let id = tag.id.to_string();
        self.try_write(move |tx, cx| change(tx, cx, &id, &draft))
    }

    fn remove_tag(&self, tag: &Tag) {
        let id = tag.id.to_string();
        self.write(move |tx, cx| remove(tx, cx, &id));
    }

    fn names(&self, conversation: ConversationId) -> Vec<String> {
        self.see(move |tx| of_conversation(tx, conversation)).into_iter().map(|(_, name)| name).collect()
    }

    fn put(&self, conversation: ConversationId, name: &str) {
        let tag = Named::Name(name.to_owned());
        self.write(move |tx, cx| assign(tx, cx, Actor::System, conversation, &tag));
    }

    fn sweep_all(&self) -> usize {
        let mut bites = 0;
        while self.write(|tx, cx| sweep(tx, cx)) == Swept::Some {
            bites += 1;
        }
        bites + 1
    }

    /// Conversations that carry a tag.
    fn crowd(&self, count: i64, tag: &Tag) -> Vec<ConversationId> {
        let visit = self.visit();
        let first = self.ticket(&visit, "cleo@shop.test", "first");
        let tag = tag.id;
        self.write(move |tx, _| {
            let mut crowd = Vec::new();
            for _ in 0..count {
                let id = ConversationId::from_i64(tx.next_id()?);
                let row =
                    deskbell_domain::conversation::Conversation { id, code: id.to_string(), public_code: id.to_string(), ..first.clone() };
                tables::conversations::insert(tx, &row)?;
                tables::tags::set(tx, id, &[tag])?;
                crowd.push(id);
            }
            Ok(crowd)
        })
    }
}

#[test]
fn made_once_for_each_name() {
    let stage = stage();
    let vip = stage.make(draft("VIP", "#FFFFFF", "00f")).unwrap();
    assert_eq!((vip.name.as_str(), vip.color.as_str(), vip.background.as_str()), ("VIP", "FFFFFF", "00f"));
    assert_eq!(stage.make(draft(" VIP ", "123456", "")).unwrap(), vip, "it stays as it is");
    let plain = stage.make(draft("vip", "", "")).unwrap();
    assert_eq!((plain.color.as_str(), plain.background.as_str()), (COLOR_DEFAULT, BACKGROUND_DEFAULT));
    assert_ne!(plain.id, vip.id, "case counts");
    for (wrong, kind) in [
        (draft("", "", ""), Kind::Missing),
        (draft("  ", "", ""), Kind::Missing),
        (draft("a,b", "", ""), Kind::Invalid),
        (draft("a\nb", "", ""), Kind::Invalid),
        (draft("a\0", "", ""), Kind::Invalid),
        (draft(&"ä".repeat(65), "", ""), Kind::Invalid),
        (draft("x", "red", ""), Kind::Invalid),
        (draft("x", "", "#12345"), Kind::Invalid),
    ] {
        assert_eq!(stage.make(wrong.clone()).unwrap_err().kind, kind, "{wrong:?}");
    }
    assert_eq!(stage.see(all), [vip, plain]);
}

#[test]
fn renamed_and_removed_where_it_is_carried() {
    let stage = stage();
    let visit = stage.visit();
    let (one, other) = (stage.ticket(&visit, "cleo@shop.test", "one").id, stage.ticket(&visit, "cleo@shop.test", "other").id);
    for (conversation, name) in [(one, "a"), (one, "b"), (one, "c"), (other, "b")] {
        stage.put(conversation, name);
    }
    let tag = stage.see(|tx| Ok(tables::tags::by_name(tx, "b")?.expect("it was made")));
    let before = stage.head();
    let renamed = stage.change_tag(&tag, draft("bee", "", "fff")).unwrap();
    assert_eq!((renamed.id, renamed.name.as_str(), &renamed.color), (tag.id, "bee", &tag.color));
    assert_eq!((stage.names(one), stage.names(other)), (vec!["a".to_owned(), "bee".to_owned(), "c".to_owned()], vec!["bee".to_owned()]));
    let changed = stage.conversation(one).changed;
    stage.remove_tag(&renamed);
    assert_eq!((stage.names(one), stage.names(other).len()), (vec!["a".to_owned(), "c".to_owned()], 0));
    assert_eq!(stage.conversation(one).changed, changed, "what changed is the tag");
    let told: Vec<(bool, String)> = stage
        .events(before)
        .into_iter()
        .map(|event| match event {
            Event::TagChanged { name, removed, .. } => (removed, name),
            Event::TagsChanged { conversation, before, after, .. } => {
                (conversation == one, format!("{} > {}", before.join(" "), after.join(" ")))
            }
            other => panic!("{other:?}"),
        })
        .collect();
    let mut wanted = vec![
        (false, "bee".to_owned()),
        (true, "a b c > a bee c".to_owned()),
        (false, "b > bee".to_owned()),
        (true, "bee".to_owned()),
        (true, "a bee c > a c".to_owned()),
        (false, "bee > ".to_owned()),
    ];
    if told[1] != wanted[1] {
        // The sweep goes by id, which is drawn.
        wanted.swap(1, 2);
        wanted.swap(4, 5);
    }
    assert_eq!(told, wanted);
    assert_eq!(stage.see(left), Swept::All);
    let id = tag.id.to_string();
    assert_eq!(stage.try_write(move |tx, cx| remove(tx, cx, &id)).unwrap_err().kind, Kind::NotFound);
}

#[test]
fn what_changes_nothing_or_cannot_be() {
    let stage = stage();
    let (one, two) = (stage.make(draft("one", "", "")).unwrap(), stage.make(draft("two", "", "")).unwrap());
    let before = stage.head();
    assert_eq!(stage.change_tag(&one, draft("one", "#000000", "")).unwrap(), one);
    assert_eq!(stage.change_tag(&one, Draft::default()).unwrap(), one);
    assert_eq!(stage.change_tag(&two, draft("one", "", "")).unwrap_err().public, "another tag has this name");
    assert_eq!(stage.change_tag(&two, draft("", "blue", "")).unwrap_err().kind, Kind::Invalid);
    assert_eq!(stage.head(), before);
    for identifier in ["zzzz", "", "default", "\0", &"z".repeat(1000)] {
        let identifier = identifier.to_owned();
        assert_eq!(stage.try_write(move |tx, _| get(tx, &identifier)).unwrap_err().kind, Kind::NotFound);
    }
}

#[test]
fn many_conversations_are_told_in_bites() {
    let stage = stage();
    let tag = stage.make(draft("busy", "", "")).unwrap();
    let crowd = stage.crowd(2 * SWEEP_CONVERSATIONS + 1, &tag);
    let before = stage.head();
    let renamed = stage.change_tag(&tag, draft("calm", "", "")).unwrap();
    assert_eq!(stage.see(left), Swept::Some);
    stage.remove_tag(&renamed);
    for conversation in [crowd[0], crowd[crowd.len() / 2], crowd[crowd.len() - 1]] {
        assert_eq!(stage.names(conversation), [""; 0], "shown nowhere, told or not");
    }
    assert_eq!(stage.see(all), []);
    // The name is free at once, and the new tag is another one.
    let again = stage.make(draft("calm", "", "")).unwrap();
    assert_ne!(again.id, tag.id);
    stage.put(crowd[7], "calm");
    assert!(stage.sweep_all() > 2);
    assert_eq!(stage.names(crowd[7]), ["calm"]);
    let mut stories: std::collections::HashMap<ConversationId, Vec<String>> = std::collections::HashMap::new();
    for event in stage.events(before) {
        if let Event::TagsChanged { conversation, before, after, .. } = event {
            stories.entry(conversation).or_default().push(format!("{} > {}", before.join(" "), after.join(" ")));
        }
    }
    assert_eq!(stories.len(), crowd.len());
    for (place, conversation) in crowd.iter().enumerate().filter(|(place, _)| *place != 7) {
        assert_eq!(stories[conversation], ["busy > calm", "calm > "], "{place}");
    }
    assert_eq!(stories[&crowd[7]].last().map(String::as_str), Some(" > calm"));
    let rows = stage.see(|tx| Ok(tables::tags::all(tx)?));
    assert_eq!((rows.len(), rows[0].conversations), (1, 1), "the removed tag has left no row");
}

#[test]
fn documents_follow() {
    let stage = stage();
    stage.all_online();
    let chat = stage.chat(&stage.visit(), "question");
    stage.accept(stage.owner, chat.id);
    stage.put(chat.conversation, "vip");
    stage.end(stage.owner, chat.id);
    let shown = |tags: &str| format!("{} [{tags}] 1", chat.conversation);
    assert_eq!(stage.document(chat.id), shown("vip"));
    let vip = stage.see(all).pop().unwrap();
    let renamed = stage.change_tag(&vip, draft("gold", "", "")).unwrap();
    assert_eq!(stage.document(chat.id), shown("gold"));
    stage.remove_tag(&renamed);
    assert_eq!(stage.document(chat.id), shown(""));
}

#[test]
fn put_on_and_taken_off_one_by_one() {
    let stage = stage();
    let id = stage.ticket(&stage.visit(), "cleo@shop.test", "one").id;
    let vip = stage.make(draft("vip", "", "")).unwrap();
    let on = |tag: Named| stage.try_write(move |tx, cx| assign(tx, cx, Actor::System, id, &tag).map(|done| done.number));
    let off = |tag: Named| stage.try_write(move |tx, cx| unassign(tx, cx, Actor::System, id, &tag).map(|done| done.number));
    on(Named::Id(vip.id.to_string())).unwrap();
    let head = stage.head();
    assert_eq!(on(Named::Name(" vip ".to_owned())).unwrap(), head, "it is there already");
    on(Named::Name("new".to_owned())).unwrap();
    assert_eq!(stage.names(id), ["vip", "new"]);
    off(Named::Id(vip.id.to_string())).unwrap();
    let head = stage.head();
    assert_eq!(off(Named::Name("vip".to_owned())).unwrap(), head, "it is not there any more");
    assert_eq!(stage.names(id), ["new"]);
    for wrong in [Named::Id("zzzz".to_owned()), Named::Name("nobody has it".to_owned())] {
        assert_eq!(off(wrong).unwrap_err().kind, Kind::NotFound);
    }
    assert_eq!(on(Named::Id("zzzz".to_owned())).unwrap_err().kind, Kind::NotFound);
    assert_eq!(on(Named::Name("a,b".to_owned())).unwrap_err().kind, Kind::Invalid);
}
