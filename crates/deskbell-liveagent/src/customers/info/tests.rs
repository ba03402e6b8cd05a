use deskbell_app::companies::{self, CompanyDraft};
use deskbell_app::credentials;
use deskbell_app::customers::{self, Changes};
use serde_json::json;

use crate::fixture::Fixture;

const UNKNOWN: &str = "customer with this e-mail or contactid not found";

#[tokio::test]
async fn a_customer_in_all_spellings_and_formats() {
    let desk = Fixture::new();
    let made = desk
        .send_ok(
            "POST",
            "/api/customers",
            &[
                ("email", "John.Doe+x@example.com"),
                ("name", "John van Doe"),
                ("gender", "M"),
                ("role", "R"),
                ("phone", "+1 985/4"),
                ("note", "Pays <late> & loudly"),
                ("customfields", r#"[{"code":"varsymbol","value":"42"},{"code":"ü & <x>","value":"a/b"}]"#),
                ("uniquefields", r#"[{"code":"twitter","value":"john"},{"code":"email","value":"j@home.test"}]"#),
            ],
        )
        .await;
    let (id, token) = (made["contactid"].as_str().expect("an id").to_owned(), made["authtoken"].as_str().expect("a token").to_owned());
    let draft = CompanyDraft { name: Some("Acme".to_owned()), ..CompanyDraft::default() };
    let customer = deskbell_domain::ids::CustomerId::parse(&id).expect("an id");
    let company = desk.desk.write(move |tx, cx| {
        let company = companies::create(tx, cx, &draft)?.company.id;
        let changes = Changes { company: Some(Some(company)), ..Changes::default() };
        customers::change(tx, cx, customer, &changes)?;
        Ok(company)
    });
    let company = company.await.expect("a company");
    let known = desk.desk.read(move |tx| credentials::customer_token(tx, customer)).await.expect("a token");
    assert_eq!(token, known);

    let json = desk.get(&format!("/api/customers/{id}")).await;
    assert_eq!(
        json.text,
        format!(
            concat!(
                r#"{{"response":{{"contactid":"{id}","email":"john.doe+x@example.com","firstname":"John","lastname":"van Doe","systemname":"John van Doe","#,
                r#""authtoken":"{token}","browsercookiename":"V_auth","role":"R","gender":"M","companyid":"{company}","userid":"{id}","#,
                r#""datecreated":"2012-04-03 12:21:21","note":"Pays <late> & loudly","ip":"","#,
                r#""customfields":[{{"code":"varsymbol","value":"42"}},{{"code":"\u00fc & <x>","value":"a\/b"}}],"#,
                r#""uniquefields":[{{"code":"email","value":"john.doe+x@example.com"}},{{"code":"phone","value":"+1 985\/4"}},"#,
                r#"{{"code":"twitter","value":"john"}},{{"code":"email","value":"j@home.test"}}]}}}}"#
            ),
            id = id,
            token = token,
            company = company,
        )
    );
    for path in [
        "customers/john.doe+x@example.com",
        "customers/JOHN.DOE%2Bx%40example.com/",
        "customers/j@home.test",
        "index.php?handler=customers%2Fj%40home.test",
    ] {
        assert_eq!(desk.get(&format!("/api/{path}")).await.text, json.text, "{path}");
    }
    assert_eq!(
        desk.get("/api/customers/john.doe+x@example.com.xml").await.text,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><contactid>{id}</contactid><email>john.doe+x@example.com</email>\
             <firstname>John</firstname><lastname>van Doe</lastname><systemname>John van Doe</systemname><authtoken>{token}</authtoken>\
             <browsercookiename>V_auth</browsercookiename><role>R</role><gender>M</gender><companyid>{company}</companyid><userid>{id}</userid>\
             <datecreated>2012-04-03 12:21:21</datecreated><note>Pays &lt;late&gt; &amp; loudly</note><ip/>\
             <customfields><customfield><code>varsymbol</code><value>42</value></customfield>\
             <customfield><code>ü &amp; &lt;x&gt;</code><value>a/b</value></customfield></customfields>\
             <uniquefields><uniquefield><code>email</code><value>john.doe+x@example.com</value></uniquefield>\
             <uniquefield><code>phone</code><value>+1 985/4</value></uniquefield>\
             <uniquefield><code>twitter</code><value>john</value></uniquefield>\
             <uniquefield><code>email</code><value>j@home.test</value></uniquefield></uniquefields></response>"
        )
    );
    let yaml = desk.get("/api/customers/john.doe+x@example.com.yaml").await.text;
    assert!(yaml.starts_with(&format!("response:\n  contactid: {id}\n  email: john.doe+x@example.com\n  firstname: John\n")), "{yaml}");
}

#[tokio::test]
async fn a_visitor_of_whom_little_is_known() {
    let desk = Fixture::new();
    let ticket = desk.ticket("ann@shop.test", "Hello").await;
    let customer = desk.get_ok("/api/customers/ann@shop.test").await;
    assert_eq!(customer["contactid"], json!(ticket.customer.to_string()));
    assert_eq!((&customer["firstname"], &customer["lastname"], &customer["systemname"]), (&json!(""), &json!(""), &json!("ann@shop.test")));
    assert_eq!(customer["browsercookiename"], "LaVisitorId_c3RhbmRhbG9uZS5sYS5sb2NhbGhvc3QvTGl2ZUFnZW50L3NlcnZlci8");
    assert_eq!((&customer["role"], &customer["gender"], &customer["note"]), (&json!("V"), &json!(""), &json!(null)));
    assert_eq!((&customer["companyid"], &customer["customfields"]), (&json!(""), &json!([])));
    assert_eq!(customer["uniquefields"], json!([{"code": "email", "value": "ann@shop.test"}]));
    let xml = desk.get("/api/customers/ann@shop.test.xml").await.text;
    assert!(xml.contains("<note/>") && xml.contains("<customfields/>"), "{xml}");
}

#[tokio::test]
async fn unknown_ones() {
    let desk = Fixture::new();
    let john = desk.agent("john@agent.test", "John", "").await;
    let contact = john.contact.to_string();
    for identifier in
        ["nobody@shop.test", "zzzzzzzz", "x", "%20", "1", "%00", "%00@x", "..%2f..%2fetc", "%3Cb%3E", "john@agent.test", &contact, "null"]
    {
        let reply = desk.get(&format!("/api/customers/{identifier}")).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (404, UNKNOWN), "{identifier}");
    }
    let long = "x".repeat(5_000);
    assert_eq!(desk.get(&format!("/api/customers/{long}")).await.status, 404);
}
