use super::*;
use crate::customers::Changes;
use crate::customers::tests::stage;
use crate::error::Kind;

fn draft(name: &str, color: &str) -> GroupDraft {
    GroupDraft { name: Some(name.to_owned()), color: Some(color.to_owned()), background: None }
}

#[test]
fn made_changed_removed() {
    let stage = stage();
    let vip = stage.write(|tx, cx| create(tx, cx, &draft(" VIP ", "#FFF"))).unwrap();
    assert_eq!((vip.name.as_str(), vip.color.as_str(), vip.background.as_str()), ("VIP", "FFF", "e5e7eb"));
    assert_eq!(stage.events(1), [Event::CustomerGroupChanged { group: vip.id, name: "VIP".to_owned(), removed: false }]);
    let head = stage.head();
    stage.write(move |tx, cx| change(tx, cx, vip.id, &draft("VIP", "FFF"))).unwrap();
    assert_eq!(stage.head(), head, "nothing changed, nothing is told");
    let changed = stage.write(move |tx, cx| change(tx, cx, vip.id, &draft("Gold", "#123456"))).unwrap();
    assert_eq!((changed.name.as_str(), changed.color.as_str()), ("Gold", "123456"));
    stage.write(move |tx, cx| remove(tx, cx, vip.id)).unwrap();
    assert_eq!(stage.events(1), [Event::CustomerGroupChanged { group: vip.id, name: "Gold".to_owned(), removed: true }]);
    assert_eq!(stage.write(move |tx, cx| remove(tx, cx, vip.id)).unwrap_err().kind, Kind::NotFound);
    assert_eq!(stage.see(all), []);
}

#[test]
fn refusals() {
    let stage = stage();
    let (vip, gold) = (stage.group("VIP"), stage.group("Gold"));
    for (draft, kind) in [
        (draft("", "fff"), Kind::Invalid),
        (draft(&"x".repeat(65), "fff"), Kind::Invalid),
        (draft("a\0", "fff"), Kind::Invalid),
        (draft("New", "blue"), Kind::Invalid),
        (draft("New", ""), Kind::Invalid),
        (draft("Gold", "fff"), Kind::Conflict),
    ] {
        let again = draft.clone();
        assert_eq!(stage.write(move |tx, cx| create(tx, cx, &draft)).unwrap_err().kind, kind);
        assert_eq!(stage.write(move |tx, cx| change(tx, cx, vip, &again)).unwrap_err().kind, kind);
    }
    assert_eq!(stage.write(|tx, cx| create(tx, cx, &GroupDraft::default())).unwrap_err().kind, Kind::Invalid);
    assert_eq!(stage.see(move |tx| get(tx, gold)).name, "Gold");
}

#[test]
fn entering_and_leaving() {
    let stage = stage();
    let (vip, _) = (stage.group("VIP"), stage.group("Gold"));
    let ann = stage.customer("ann@shop.test", Changes::default());
    let step = |work: fn(&mut Tx<'_>, &Context, &Customer) -> Result<(), AppError>| {
        let (head, ann) = (stage.head(), ann.clone());
        stage.write(move |tx, cx| work(tx, cx, &ann)).map(|()| stage.head() - head).map_err(|error| error.kind)
    };
    assert_eq!(step(|tx, cx, ann| enter(tx, cx, ann, " VIP ")), Ok(1));
    assert_eq!(step(|tx, cx, ann| enter(tx, cx, ann, "VIP")), Ok(0));
    assert_eq!(step(|tx, cx, ann| enter(tx, cx, ann, "Gold")), Ok(1));
    assert_eq!(step(|tx, cx, ann| enter(tx, cx, ann, "vip")), Err(Kind::NotFound));
    assert_eq!(step(|tx, cx, ann| enter(tx, cx, ann, "V\0")), Err(Kind::NotFound));
    assert_eq!(step(|tx, cx, ann| leave(tx, cx, ann, "Gold")), Ok(1));
    assert_eq!(step(|tx, cx, ann| leave(tx, cx, ann, "Gold")), Ok(0));
    assert_eq!(step(|tx, cx, ann| leave(tx, cx, ann, "None")), Err(Kind::NotFound));
    let of_ann = stage.see(move |tx| Ok(tables::groups::of_customer(tx, ann.id)?));
    assert_eq!(of_ann.iter().map(|group| group.id).collect::<Vec<_>>(), [vip]);
}
