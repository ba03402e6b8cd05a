use super::*;
use crate::customers::tests::{field, stage};
use crate::customers::{Changes, get as customer};
use crate::error::Kind;
use crate::fields::Kept;

fn named(name: &str) -> CompanyDraft {
    CompanyDraft { name: Some(name.to_owned()), ..CompanyDraft::default() }
}

#[test]
fn made_changed_removed() {
    let stage = stage();
    let unique = FieldChanges { kept: Kept::Nothing, fields: vec![field("vat", "1"), field("email", "B@acme.test")] };
    let draft = CompanyDraft { emails: Some(vec!["A@acme.test".to_owned()]), unique_fields: Some(unique), ..named("Acme") };
    let acme = stage.write(move |tx, cx| create(tx, cx, &draft)).unwrap();
    let id = acme.company.id;
    assert_eq!(acme.unique_fields, [field("email", "a@acme.test"), field("vat", "1"), field("email", "b@acme.test")]);
    assert_eq!(stage.events(1), [Event::CompanyChanged { company: id, name: "Acme".to_owned(), removed: false }]);

    let draft = CompanyDraft { emails: Some(vec!["b@acme.test".to_owned()]), ..CompanyDraft::default() };
    let changed = stage.write(move |tx, cx| change(tx, cx, id, &draft)).unwrap();
    assert_eq!(changed.unique_fields, [field("email", "b@acme.test"), field("vat", "1")], "an address stands there once");

    let ann = stage.customer("ann@shop.test", Changes { company: Some(Some(id)), ..Changes::default() }).id;
    stage.write(move |tx, cx| remove(tx, cx, id)).unwrap();
    assert_eq!(stage.events(1), [Event::CompanyChanged { company: id, name: "Acme".to_owned(), removed: true }]);
    assert_eq!(stage.see(move |tx| customer(tx, ann)).company, None);
    assert_eq!(stage.write(move |tx, cx| remove(tx, cx, id)).unwrap_err().kind, Kind::NotFound);
    assert_eq!(stage.write(move |tx, cx| change(tx, cx, id, &named("Acme"))).unwrap_err().kind, Kind::NotFound);
}

#[tokio::test]
async fn lists_hold_at_most_ten_thousand() {
    let stage = stage();
    stage
        .write(|tx, cx| {
            for number in 0..LISTED_COMPANIES_MAX as i64 + 5 {
                let company = Company {
                    id: CompanyId::from_i64(tx.next_id()?),
                    name: format!("Company {number:05}"),
                    language: String::new(),
                    address: String::new(),
                    emails: if number % 5_000 == 0 { vec![format!("c{number}@x.test")] } else { Vec::new() },
                    phones: Vec::new(),
                    created: cx.now,
                };
                tables::companies::insert(tx, &company)?;
            }
            Ok(())
        })
        .unwrap();
    let all = list(&stage.desk, "").await.unwrap();
    assert_eq!((all.len(), all[0].name.as_str(), all[9_999].name.as_str()), (LISTED_COMPANIES_MAX, "Company 00000", "Company 09999"));
    assert_eq!(all[5_000].emails, ["c5000@x.test"]);
    let found = list(&stage.desk, " NY 1000 ").await.unwrap();
    assert_eq!(
        found.iter().map(|company| company.name.as_str()).collect::<Vec<_>>(),
        ["Company 10000", "Company 10001", "Company 10002", "Company 10003", "Company 10004"]
    );
    assert_eq!(list(&stage.desk, "\0").await.unwrap(), []);
}
