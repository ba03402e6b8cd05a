use deskbell_app::companies::{self, CompanyDraft};
use deskbell_app::customers::FieldChanges;
use deskbell_app::fields::Kept;
use deskbell_app::groups::{self, GroupDraft};
use deskbell_domain::field::FieldValue;
use serde_json::json;

use crate::fixture::Fixture;

fn fields(pairs: &[(&str, &str)]) -> Option<FieldChanges> {
    let field = |(code, value): &(&str, &str)| FieldValue { code: (*code).to_owned(), value: (*value).to_owned() };
    Some(FieldChanges { kept: Kept::Nothing, fields: pairs.iter().map(field).collect() })
}

/// A company in a group; returns the ids of both.
async fn company(desk: &Fixture, name: &str) -> (String, String) {
    let group = GroupDraft { name: Some(format!("Group of {name}")), ..GroupDraft::default() };
    let draft = CompanyDraft {
        name: Some(name.to_owned()),
        language: Some("en".to_owned()),
        address: Some("15.1.1.10".to_owned()),
        emails: Some(vec![format!("support@{name}.test"), format!("boss@{name}.test")]),
        phones: Some(vec!["0909/111 111".to_owned()]),
        custom_fields: fields(&[("n. of people", "42")]),
        unique_fields: fields(&[("vat", &format!("EU {name}"))]),
        ..CompanyDraft::default()
    };
    let made = desk.desk.write(move |tx, cx| {
        let group = groups::create(tx, cx, &group)?;
        let made = companies::create(tx, cx, &CompanyDraft { groups: Some(vec![group.id]), ..draft })?;
        Ok((made.company.id.to_string(), group.id.to_string()))
    });
    made.await.expect("a company")
}

#[tokio::test]
async fn one_company_in_all_formats() {
    let desk = Fixture::new();
    let (id, group) = company(&desk, "acme").await;
    let path = format!("/api/companies/{id}");
    assert_eq!(
        desk.get(&path).await.text,
        format!(
            concat!(
                r#"{{"response":{{"id":"{id}","name":"acme","datecreated":"2012-04-03 12:21:21","language":"en","ip":"15.1.1.10","#,
                r#""emails":["support@acme.test","boss@acme.test"],"phones":["0909\/111 111"],"#,
                r#""groups":[{{"groupid":"{group}","groupname":"Group of acme"}}],"#,
                r#""custom_fields":[{{"code":"n. of people","value":"42"}}],"#,
                r#""unique_fields":[{{"code":"email","value":"support@acme.test"}},{{"code":"email","value":"boss@acme.test"}},"#,
                r#"{{"code":"phone","value":"0909\/111 111"}},{{"code":"vat","value":"EU acme"}}]}}}}"#
            ),
            id = id,
            group = group,
        )
    );
    assert_eq!(
        desk.get(&format!("{path}.xml")).await.text,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><id>{id}</id><name>acme</name><datecreated>2012-04-03 12:21:21</datecreated>\
             <language>en</language><ip>15.1.1.10</ip><emails><email>support@acme.test</email><email>boss@acme.test</email></emails>\
             <phones><phone>0909/111 111</phone></phones><groups><group><groupid>{group}</groupid><groupname>Group of acme</groupname></group></groups>\
             <custom_fields><custom_field><code>n. of people</code><value>42</value></custom_field></custom_fields>\
             <unique_fields><unique_field><code>email</code><value>support@acme.test</value></unique_field>\
             <unique_field><code>email</code><value>boss@acme.test</value></unique_field>\
             <unique_field><code>phone</code><value>0909/111 111</value></unique_field>\
             <unique_field><code>vat</code><value>EU acme</value></unique_field></unique_fields></response>"
        )
    );
    let yaml = desk.get(&format!("{path}.yaml")).await.text;
    assert!(yaml.starts_with(&format!("response:\n  id: {id}\n  name: acme\n")) && yaml.contains("\n  - boss@acme.test\n"), "{yaml}");
    for unknown in ["zzzzzzzz", "acme", "%00", "support@acme.test"] {
        let reply = desk.get(&format!("/api/companies/{unknown}")).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (404, "company with this id not found"), "{unknown}");
    }
}

#[tokio::test]
async fn the_list_in_all_formats() {
    let desk = Fixture::new();
    assert_eq!(desk.get("/api/companies").await.text, r#"{"response":{"companies":[]}}"#);
    let ((zoo, _), (acme, _)) = (company(&desk, "zoo").await, company(&desk, "acme").await);
    assert_eq!(
        desk.get("/api/companies").await.text,
        format!(
            concat!(
                r#"{{"response":{{"companies":[{{"id":"{acme}","name":"acme","emails":"support@acme.test, boss@acme.test","datecreated":"2012-04-03 12:21:21","ip":"15.1.1.10"}},"#,
                r#"{{"id":"{zoo}","name":"zoo","emails":"support@zoo.test, boss@zoo.test","datecreated":"2012-04-03 12:21:21","ip":"15.1.1.10"}}]}}}}"#
            ),
            acme = acme,
            zoo = zoo,
        )
    );
    assert_eq!(
        desk.get("/api/companies.xml?name=OO").await.text,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><companies><companie><id>{zoo}</id><name>zoo</name>\
             <emails>support@zoo.test, boss@zoo.test</emails><datecreated>2012-04-03 12:21:21</datecreated><ip>15.1.1.10</ip></companie></companies></response>"
        )
    );
    assert!(desk.get("/api/companies.yaml").await.text.starts_with(&format!("response:\n  companies:\n  - id: {acme}\n")));
    assert_eq!(desk.get_ok("/api/companies?name=nothing").await["companies"], json!([]));
    assert_eq!(desk.get_ok("/api/companies?name=%00").await["companies"], json!([]));
    assert_eq!(desk.get_ok("/api/companies?name=").await["companies"].as_array().expect("a list").len(), 2);
}

#[tokio::test]
async fn customers_of_a_company() {
    let desk = Fixture::new();
    let (acme, _) = company(&desk, "acme").await;
    for email in ["ann@acme.test", "bob@shop.test"] {
        desk.send_ok("POST", "/api/customers", &[("email", email)]).await;
    }
    let id = deskbell_domain::ids::CompanyId::parse(&acme).expect("an id");
    let join = desk.desk.write(move |tx, cx| {
        let ann = deskbell_app::customers::by_identifier(tx, "ann@acme.test")?.expect("she is there");
        let changes = deskbell_app::customers::Changes { company: Some(Some(id)), ..Default::default() };
        deskbell_app::customers::change(tx, cx, ann.id, &changes).map(drop)
    });
    join.await.expect("she joins");
    let listed = desk.get_ok(&format!("/api/customers?companyid={acme}")).await;
    assert_eq!(listed["customers"].as_array().expect("a list").iter().map(|row| &row["email"]).collect::<Vec<_>>(), ["ann@acme.test"]);
    desk.desk.write(move |tx, cx| companies::remove(tx, cx, id)).await.expect("removed");
    assert_eq!(desk.get_ok("/api/customers/ann@acme.test").await["companyid"], "");
    assert_eq!(desk.get(&format!("/api/companies/{acme}")).await.status, 404);
}
