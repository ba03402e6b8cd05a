//! Widgets: places in a list beside the same filter written by hand, what is counted, attributes and fields of forms.

use super::{Place, TestDb, at, rows};
use crate::tables::widgets::{self, Filter};
use crate::tables::{conversations, customers, departments};
use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::department::{Department, Strategy};
use deskbell_domain::ids::{ConversationId, CustomerId, DepartmentId, KnowledgeBaseId, WidgetId};
use deskbell_domain::widget::{Widget, WidgetAttribute, WidgetFormField, WidgetKind, WidgetStatus, WidgetUse};

const WIDGETS: i64 = 120;

fn pick<T: Copy>(all: &[T], number: i64) -> T {
    all[number as usize % all.len()]
}

fn department(number: i64) -> DepartmentId {
    DepartmentId::from_i64(1 + number % 2)
}

/// Several are made in the same second, and ids run the other way.
fn widget(number: i64) -> Widget {
    Widget {
        id: WidgetId::from_i64(1_000 - number),
        name: format!("Widget {number}"),
        provide: pick(&["B", "BFC", ""], number).to_owned(),
        department: department(number),
        base: (number % 2 == 0).then_some(KnowledgeBaseId::DEFAULT),
        kind: pick(WidgetKind::ALL, number),
        used: pick(WidgetUse::ALL, number),
        status: pick(WidgetStatus::ALL, number),
        description: "described".to_owned(),
        language: "en-US".to_owned(),
        impressions: 0,
        tickets: 0,
        last_displayed: (number % 3 == 0).then(|| at(number)),
        last_display_url: String::new(),
        online_code: "<b>online</b>".to_owned(),
        online_code_old: String::new(),
        offline_code: "<b>offline</b>".to_owned(),
        offline_code_old: "old".to_owned(),
        online_css: (number % 2 == 1).then(|| "b { color: red }".to_owned()),
        online_css_old: None,
        offline_css: None,
        offline_css_old: (number % 5 == 0).then(String::new),
        attributes: Vec::new(),
        form_fields: Vec::new(),
        created: at(number / 4),
    }
}

fn attribute(number: usize) -> WidgetAttribute {
    WidgetAttribute { section: "s".to_owned(), name: format!("n{number}"), value: "v".repeat(number) }
}

fn form_field(number: usize) -> WidgetFormField {
    WidgetFormField {
        form: "f".to_owned(),
        code: format!("code{number}"),
        name: "name".to_owned(),
        description: "description".to_owned(),
        validator: "validator".to_owned(),
        visibility: "visibility".to_owned(),
        kind: "T".to_owned(),
        status: "M".to_owned(),
        available_values: "a,b".to_owned(),
    }
}

fn fill(test: &TestDb) -> Vec<Widget> {
    let all: Vec<Widget> = (1..=WIDGETS).map(widget).collect();
    let rows = all.clone();
    test.put(move |tx| {
        for number in 0..2 {
            let department = Department { strategy: Strategy::LeastBusy, ..rows::department(department(number)) };
            departments::put(tx, &department, at(1))?;
        }
        rows.iter().try_for_each(|row| widgets::insert(tx, row))
    });
    all
}

pub(super) fn widgets_by_every_filter(place: &Place) {
    let test = place.open();
    let mut all = fill(&test);
    all.sort_by_key(|widget| (widget.created, widget.id));
    for mask in 0..32u32 {
        let on = |bit: u32| mask & (1 << bit) != 0;
        let filter = Filter {
            provide: on(0).then(|| "BFC".to_owned()),
            department: on(1).then(|| department(1)),
            kind: on(2).then_some(WidgetKind::ContactForm),
            used: on(3).then_some(WidgetUse::Offline),
            status: on(4).then_some(WidgetStatus::Create),
        };
        let holds = |widget: &&Widget| {
            filter.provide.as_ref().is_none_or(|wanted| *wanted == widget.provide)
                && filter.department.is_none_or(|wanted| wanted == widget.department)
                && filter.kind.is_none_or(|wanted| wanted == widget.kind)
                && filter.used.is_none_or(|wanted| wanted == widget.used)
                && filter.status.is_none_or(|wanted| wanted == widget.status)
        };
        let wanted: Vec<Widget> = all.iter().filter(holds).cloned().collect();
        // In pages of seven, each strictly after the one before.
        let (mut found, mut after): (Vec<Widget>, Option<(i64, i64)>) = (Vec::new(), None);
        loop {
            let asked = filter.clone();
            let page = test.see(move |tx| widgets::list(tx, &asked, after, 0, 7));
            after = page.last().map(|last| (last.created.micros(), last.id.get()));
            found.extend(page);
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, wanted, "{filter:?}");
        let asked = filter.clone();
        let skipped = test.see(move |tx| widgets::list(tx, &asked, None, 3, 1_000));
        assert_eq!(skipped, wanted.get(3..).unwrap_or_default(), "{filter:?}");
    }
    assert_eq!(test.see(widgets::count), WIDGETS);
}

/// Every text is its column's name.
fn told_apart(id: WidgetId) -> Widget {
    Widget {
        id,
        name: "name".to_owned(),
        provide: "provide".to_owned(),
        description: "description".to_owned(),
        language: "language".to_owned(),
        last_display_url: "last_display_url".to_owned(),
        online_code: "online_code".to_owned(),
        online_code_old: "online_code_old".to_owned(),
        offline_code: "offline_code".to_owned(),
        offline_code_old: "offline_code_old".to_owned(),
        online_css: Some("online_css".to_owned()),
        online_css_old: Some("online_css_old".to_owned()),
        offline_css: Some("offline_css".to_owned()),
        offline_css_old: Some("offline_css_old".to_owned()),
        ..widget(1)
    }
}

pub(super) fn widgets_come_back_change_and_go(place: &Place) {
    let test = place.open();
    fill(&test);
    let id = WidgetId::from_i64(5);
    let mut wanted =
        Widget { id, attributes: (1..=3).map(attribute).collect(), form_fields: (1..=2).map(form_field).collect(), ..widget(7) };
    let row = wanted.clone();
    test.put(move |tx| widgets::insert(tx, &row));
    assert_eq!(test.see(move |tx| widgets::get(tx, id)), Some(wanted.clone()));
    wanted = Widget { id, attributes: vec![attribute(9), attribute(1)], form_fields: Vec::new(), created: wanted.created, ..widget(8) };
    let row = Widget { created: at(99), impressions: 50, tickets: 50, ..wanted.clone() };
    test.put(move |tx| widgets::update(tx, &row));
    assert_eq!(test.see(move |tx| widgets::get(tx, id)), Some(wanted), "all but what is counted and when it was made");
    // Each value in the column that is called so.
    let row = told_apart(id);
    test.put(move |tx| widgets::update(tx, &row));
    let texts = test.see(move |tx| {
        tx.all::<(String, String, String, String, String, String)>(
            "SELECT name, provide, description, language, last_display_url, online_code FROM widgets WHERE id = $1 \
             UNION ALL SELECT online_code_old, offline_code, offline_code_old, online_css, online_css_old, offline_css FROM widgets WHERE id = $1",
            &[&id.get()],
        )
    });
    let text = |text: &str| text.to_owned();
    let first = (text("name"), text("provide"), text("description"), text("language"), text("last_display_url"), text("online_code"));
    let second = (
        text("online_code_old"),
        text("offline_code"),
        text("offline_code_old"),
        text("online_css"),
        text("online_css_old"),
        text("offline_css"),
    );
    assert_eq!(texts, [first, second]);
    test.put(move |tx| widgets::remove(tx, id));
    assert_eq!(test.see(move |tx| widgets::get(tx, id)), None);
    let left: (i64, i64) =
        test.see(|tx| tx.one("SELECT (SELECT COUNT(*) FROM widget_attributes), (SELECT COUNT(*) FROM widget_form_fields)", &[]));
    assert_eq!(left, (0, 0));
}

pub(super) fn widgets_are_counted(place: &Place) {
    let test = place.open();
    fill(&test);
    let id = widget(1).id;
    let see = || test.see(move |tx| widgets::get(tx, id)).expect("it is there");
    test.put(move |tx| widgets::add_impressions(tx, id, 3, at(50), "https://a.test/"));
    test.put(move |tx| widgets::add_impressions(tx, id, 2, at(40), "https://b.test/"));
    let shown = see();
    assert_eq!((shown.impressions, shown.last_displayed, shown.last_display_url.as_str()), (5, Some(at(50)), "https://a.test/"));
    test.put(move |tx| widgets::add_impressions(tx, id, 1, at(50), "https://c.test/"));
    assert_eq!((see().impressions, see().last_display_url.as_str()), (6, "https://c.test/"));

    let conversation = ConversationId::from_i64(77);
    test.put(move |tx| {
        customers::insert(tx, &Customer::anonymous(CustomerId::from_i64(1), at(1)))?;
        let row = Conversation {
            id: conversation,
            code: "ABC-DEFGH-123".to_owned(),
            public_code: "0123456789abcdef".to_owned(),
            customer: CustomerId::from_i64(1),
            visitor: None,
            visit: None,
            department: department(1),
            assigned: None,
            status: Status::New,
            channel: Channel::Form,
            subject: String::new(),
            preview: String::new(),
            created: at(1),
            changed: at(1),
            groups_in: 0,
            groups_out: 0,
            tags: Vec::new(),
        };
        conversations::insert(tx, &row)
    });
    assert!(test.put(move |tx| widgets::add_ticket(tx, id, conversation)));
    assert!(!test.put(move |tx| widgets::add_ticket(tx, WidgetId::from_i64(4_242), conversation)), "there is no such widget");
    let noted: (Option<i64>,) = test.see(|tx| tx.one("SELECT widget_id FROM conversations WHERE id = 77", &[]));
    assert_eq!((see().tickets, noted.0), (1, Some(id.get())));
}
