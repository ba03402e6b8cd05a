use deskbell_app::credentials;
use deskbell_app::rights::Scopes;
use deskbell_domain::credential::CredentialKind;
use deskbell_domain::ids::WidgetId;

use crate::fixture::{Fixture, Reply};

const OK: &str = r#"{"response":{"status":"OK","statuscode":0}}"#;
/// What the least demanding client sends.
const LEAST: &str = "name=widget+name&provide=t&departmentid=default&rtype=C&usecode=F&status=F&attributes=&language=en";

fn id(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.value()["response"]["contactwidgetid"].as_str().expect("an id").to_owned()
}

/// The code that embeds a widget on `localhost`, as JSON spells it.
fn json_code(make: &str, id: &str) -> String {
    serde_json::to_string(&code(make, id)).expect("JSON").replace('/', "\\/")
}

fn code(make: &str, id: &str) -> String {
    format!(
        "<script type=\"text/javascript\">\n(function (page, source, loaded) {{\n  \
         var place = page.currentScript || page.scripts[page.scripts.length - 1];\n  \
         var loader = page.createElement('script');\n  loader.id = 'la_x2s6df8d';\n  loader.async = true;\n  \
         loader.onload = function () {{ loaded(loader); }};\n  loader.src = source;\n  \
         place.parentNode.insertBefore(loader, place.nextSibling);\n\
         }})(document, '//localhost/scripts/track.js', function (e) {{ LiveAgent.{make}('{id}', e); }});\n</script>"
    )
}

impl Fixture {
    async fn put(&self, path: &str, body: &str) -> Reply {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        self.call("PUT", &self.keyed(path), &form, body.to_owned()).await
    }

    async fn delete(&self, path: &str) -> Reply {
        self.call("DELETE", &self.keyed(path), &[], "").await
    }

    async fn reading_key(&self) -> String {
        let reads = Scopes { read: true, ..Scopes::default() };
        let issue = self.desk.write(move |tx, cx| credentials::issue(tx, cx, CredentialKind::ApiKey, "reads", None, reads));
        issue.await.expect("a key").secret
    }
}

#[tokio::test]
async fn a_widget_in_all_formats() {
    let desk = Fixture::new();
    let made = desk
        .post(
            "/api/widgets",
            "name=Default+button&departmentid=default&language=en-US&provide=BFC&rtype=C&usecode=B&status=A&kb_id=kb_defa\
             &description=On+every+page&last_display_time=2012-04-01+10:00:00&last_display_url=https://shop.test/\
             &onlinecode=<b>on</b>&onlinecode_ieold=<i>on</i>&offlinecode=<b>]]></b>&onlinecode_css=b+%7B%7D&offlinecode_ieold_css=i+%7B%7D\
             &attributes=[{\"section\":\"chat\",\"name\":\"welcome\",\"value\":\"Hi\"}]\
             &form_fields=[{\"formid\":\"f1\",\"name\":\"E-mail\",\"rstatus\":\"M\",\"code\":\"email\",\"rtype\":\"T\",\"availablevalues\":null,\"validator\":\"\",\"description\":\"d\"}]",
        )
        .await;
    let id = id(&made);
    assert_eq!(
        made.text,
        format!(
            r#"{{"response":{{"contactwidgetid":"{id}","name":"Default button","provide":"BFC","departmentid":"default","rtype":"C","usecode":"B","status":"A","kb_id":"kb_defa","description":"On every page","impressions":"0","tickets":"0","language":"en-US","last_display_time":"2012-04-01 10:00:00","last_display_url":"https:\/\/shop.test\/","onlinecode":"<b>on<\/b>","onlinecode_ieold":"<i>on<\/i>","offlinecode":"<b>]]><\/b>","offlinecode_ieold":"","onlinecode_css":"b {{}}","onlinecode_ieold_css":null,"offlinecode_css":null,"offlinecode_ieold_CSS":"i {{}}","integration_code":{code},"attributes":[{{"name":"welcome","section":"chat","value":"Hi"}}],"form_fields":[{{"formid":"f1","code":"email","name":"E-mail","description":"d","validator":"","visibility":"","rtype":"T","rstatus":"M","availablevalues":""}}]}}}}"#,
            code = json_code("createButton", &id)
        )
    );
    assert_eq!(desk.get(&format!("/api/widgets/{id}")).await.text, made.text);
    assert_eq!(
        desk.get(&format!("/api/widgets/{id}.xml")).await.text,
        format!(
            "<?xml version='1.0' encoding='utf-8'?><response><contactwidgetid>{id}</contactwidgetid><name>Default button</name>\
             <provide>BFC</provide><departmentid>default</departmentid><rtype>C</rtype><usecode>B</usecode><status>A</status>\
             <kb_id>kb_defa</kb_id><description>On every page</description><impressions>0</impressions><tickets>0</tickets>\
             <language>en-US</language><last_display_time>2012-04-01 10:00:00</last_display_time>\
             <last_display_url>https://shop.test/</last_display_url><onlinecode><![CDATA[<b>on</b>]]></onlinecode>\
             <onlinecode_ieold><![CDATA[<i>on</i>]]></onlinecode_ieold><offlinecode><![CDATA[<b>]]]]><![CDATA[></b>]]></offlinecode>\
             <offlinecode_ieold/><onlinecode_css><![CDATA[b {{}}]]></onlinecode_css><onlinecode_ieold_css/>\
             <offlinecode_css/><offlinecode_ieold_CSS><![CDATA[i {{}}]]></offlinecode_ieold_CSS>\
             <integration_code><![CDATA[{code}]]></integration_code>\
             <attributes><attribute><name>welcome</name><section>chat</section><value>Hi</value></attribute></attributes>\
             <form_fields><form_field><formid>f1</formid><code>email</code><name>E-mail</name><description>d</description><validator/>\
             <visibility/><rtype>T</rtype><rstatus>M</rstatus><availablevalues/></form_field></form_fields></response>",
            code = code("createButton", &id)
        )
    );
    let yaml = desk.get(&format!("/api/widgets/{id}.yaml")).await.text;
    assert!(yaml.starts_with(&format!("response:\n  contactwidgetid: {id}\n  name: Default button\n  provide: BFC\n")), "{yaml}");
    assert!(yaml.contains("\n  onlinecode_ieold_css: null\n") && yaml.contains("\n  attributes:\n"), "{yaml}");
}

#[tokio::test]
async fn the_list_in_all_formats() {
    let desk = Fixture::new();
    assert_eq!(desk.get("/api/widgets").await.text, r#"{"response":{"widgets":[]}}"#);
    let id = id(&desk.post("/api/widgets/", &LEAST.replace("rtype=C", "rtype=O")).await);
    assert_eq!(
        desk.get("/api/widgets").await.text,
        format!(
            r#"{{"response":{{"widgets":[{{"contactwidgetid":"{id}","name":"widget name","provide":"t","departmentid":"default","kb_id":"","rtype":"O","usecode":"F","status":"F","description":"","impressions":"0","tickets":"0","language":"en","last_display_time":"","last_display_url":"","onlinecode":"","onlinecode_ieold":"","offlinecode":"","offlinecode_ieold":"","onlinecode_css":null,"onlinecode_ieold_css":null,"offlinecode_css":null,"offlinecode_ieold_css":null,"integration_code":{}}}]}}}}"#,
            json_code("createForm", &id)
        )
    );
    let xml = desk.get("/api/widgets.xml").await.text;
    let begins = format!("<?xml version='1.0' encoding='utf-8'?><response><widgets><widget><contactwidgetid>{id}</contactwidgetid>");
    assert!(xml.starts_with(&begins) && xml.contains("<offlinecode_ieold_css/><integration_code><![CDATA["), "{xml}");
    let yaml = desk.get("/api/widgets.yaml").await.text;
    assert!(yaml.starts_with("response:\n  widgets:\n") && yaml.contains("offlinecode_ieold_css: null\n"), "{yaml}");
}

#[tokio::test]
async fn filters_and_pages() {
    let desk = Fixture::new();
    let sales = desk.department("Sales").await;
    let mut ids = Vec::new();
    for (number, changes) in [
        [("provide=t", "provide=t"), ("rtype=C", "rtype=C")],
        [("provide=t", "provide=BFC"), ("rtype=C", "rtype=O")],
        [("usecode=F", "usecode=N"), ("status=F", "status=A")],
        [("departmentid=default", &format!("departmentid={sales}")), ("status=F", "status=C")],
    ]
    .into_iter()
    .enumerate()
    {
        let body = changes.iter().fold(LEAST.to_owned(), |body, (from, to)| body.replace(from, to));
        desk.advance(1);
        ids.push(id(&desk.post("/api/widgets", &body.replace("widget+name", &number.to_string())).await));
    }
    let sales = format!("departmentid={sales}");
    for (query, wanted) in [
        ("", "0123"),
        ("provide=BFC", "1"),
        ("provide=B", ""),
        ("provide=%00", ""),
        ("rtype=O", "1"),
        ("rtype=C", "023"),
        ("usecode=N", "2"),
        ("status=A", "2"),
        ("status=F&rtype=C", "0"),
        (sales.as_str(), "3"),
        ("departmentid=default", "012"),
        ("departmentid=none", ""),
        ("departmentid=zzzzzzzz", ""),
        ("provide=&rtype=&departmentid=&status=&usecode=", "0123"),
        ("limitcount=2", "01"),
        ("limitcount=2&limitfrom=2", "23"),
        ("limitcount=2&limitfrom=1", "12"),
        ("limitcount=2000&limitfrom=4", ""),
        ("limitcount=0", ""),
        ("limitfrom=-5", "0123"),
    ] {
        let listed = desk.get_ok(&format!("/api/widgets?{query}")).await;
        let names: String = listed["widgets"].as_array().expect("a list").iter().map(|row| row["name"].as_str().expect("a name")).collect();
        assert_eq!(names, wanted, "{query}");
    }
    desk.get_ok("/api/widgets?limitcount=2").await;
    desk.delete(&format!("/api/widgets/{}", ids[0])).await;
    let next = desk.get_ok("/api/widgets?limitcount=2&limitfrom=2").await;
    assert_eq!(next["widgets"][0]["name"], "2", "what goes does not shift what comes");
    for (query, wanted) in [
        ("rtype=X", "parameter rtype must be one of C, O, U, M, G, B, K, W, S, P"),
        ("usecode=A", "parameter usecode must be one of N, F, B"),
        ("status=X", "parameter status must be one of A, C, I, F, N"),
        ("limitcount=x", "parameter limitcount must be an integer"),
        (
            "limitfrom=999999",
            "offset 999999 is more than 10000 rows beyond the pages asked for so far; page from the start, or narrow the filter",
        ),
    ] {
        let reply = desk.get(&format!("/api/widgets?{query}")).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (500, wanted), "{query}");
    }
}

#[tokio::test]
async fn changing_and_taking_away() {
    let desk = Fixture::new();
    let id = id(&desk.post("/api/widgets", &format!("{LEAST}&onlinecode=on&description=d&kb_id=kb_defa")).await);
    let path = format!("/api/widgets/{id}");
    let whole = LEAST.replace("attributes=", "attributes=[{\"name\":\"n\"}]").replace("widget+name", "Other") + "&form_fields=[]";
    let changed = desk.put(&path, &format!("{whole}&kb_id=&description=")).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(desk.get(&path).await.text, changed.text);
    let now = changed.value()["response"].clone();
    for (column, wanted) in [("name", "Other"), ("onlinecode", "on"), ("description", ""), ("kb_id", "")] {
        assert_eq!(now[column].as_str(), Some(wanted), "{column}");
    }
    assert_eq!(now["attributes"][0]["name"], "n");
    let json = [("content-type", "application/json")];
    let body = r#"{"name":"J","provide":"B","departmentid":"default","rtype":"C","usecode":"F","status":"F",
                   "attributes":[{"name":"j","value":1}],"form_fields":[],"offlinecode_ieold_CSS":"x"}"#;
    let changed = desk.call("PUT", &desk.keyed(&path), &json, body).await.value()["response"].clone();
    assert_eq!((changed["attributes"][0]["value"].as_str(), changed["offlinecode_ieold_CSS"].as_str()), (Some("1"), Some("x")));
    for (method, at, status, wanted) in [
        ("PUT", "/api/widgets/zzzzzzzz", 404, "widget with this id not found"),
        ("PUT", "/api/widgets/%00", 404, "widget with this id not found"),
        ("DELETE", "/api/widgets/zzzzzzzz", 404, "widget with this id not found"),
        ("GET", "/api/widgets/1", 404, "widget with this id not found"),
    ] {
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let reply = desk.call(method, &desk.keyed(at), &form, whole.clone()).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, wanted), "{method} {at}");
    }
    assert_eq!(desk.delete(&path).await.text, OK);
    assert_eq!(desk.get(&path).await.status, 404);
}

#[tokio::test]
async fn refusals() {
    let desk = Fixture::new();
    let kept = id(&desk.post("/api/widgets", LEAST).await);
    let (long, wide) = ("x".repeat(64 * 1024 + 1), "x".repeat(201));
    let rows = format!("[{}]", vec!["{}"; 201].join(","));
    let deep = "[".repeat(10_000);
    for (from, to, status, wanted) in [
        ("name=widget+name&", "", 500, "parameter name is missing"),
        ("name=widget+name", "name=+", 500, "parameter name is missing"),
        ("provide=t&", "", 500, "parameter provide is missing"),
        ("departmentid=default&", "", 500, "parameter departmentid is missing"),
        ("rtype=C&", "", 500, "parameter rtype is missing"),
        ("usecode=F&", "", 500, "parameter usecode is missing"),
        ("status=F&", "", 500, "parameter status is missing"),
        ("attributes=&", "", 500, "parameter attributes is missing"),
        ("rtype=C", "rtype=CC", 500, "parameter rtype must be one of C, O, U, M, G, B, K, W, S, P"),
        ("departmentid=default", "departmentid=zzzzzzzz", 404, "department with this id not found"),
        ("departmentid=default", "departmentid=%00", 404, "department with this id not found"),
        ("language=en", "kb_id=zzzzzzzz", 404, "knowledge base with this id not found"),
        ("language=en", "kb_id=nonsense!", 404, "knowledge base with this id not found"),
        ("language=en", "last_display_time=soon", 500, "parameter last_display_time must be a date like 2012-11-05 or 2012-11-05 17:02:01"),
        ("language=en", "form_fields=x", 500, "parameter form_fields must be a JSON array of objects with texts"),
        ("attributes=", "attributes={}", 500, "parameter attributes must be a JSON array of objects with texts"),
        ("attributes=", "attributes=[1]", 500, "parameter attributes must be a JSON array of objects with texts"),
        ("attributes=", &format!("attributes={deep}"), 500, "parameter attributes must be a JSON array of objects with texts"),
        ("attributes=", &format!("attributes={rows}"), 413, "parameter attributes holds more than 200 rows"),
        ("attributes=", "attributes=[{\"name\":\"a\\u0000b\"}]", 500, "attributes must not contain a NUL character"),
        ("name=widget+name", "name=a%00b", 500, "name must not contain a NUL character"),
        ("name=widget+name", &format!("name={wide}"), 413, "name has at most 200 characters"),
        ("language=en", &format!("onlinecode={long}"), 413, "onlinecode has at most 65536 bytes"),
        ("language=en", &format!("offlinecode_ieold_css={long}"), 413, "offlinecode_ieold_css has at most 65536 bytes"),
    ] {
        let reply = desk.post("/api/widgets", &LEAST.replace(from, to)).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (status, wanted), "{from} {to:.60}");
    }
    let listed = desk.get_ok("/api/widgets").await;
    assert_eq!(listed["widgets"].as_array().map(Vec::len), Some(1), "nothing else was made");
    let path = format!("/api/widgets/{kept}");
    for (more, wanted) in [
        ("", "parameter form_fields is missing"),
        ("&attributes=x&form_fields=[]", "parameter attributes must be a JSON array of objects with texts"),
        ("&attributes=[]&form_fields=5", "parameter form_fields must be a JSON array of objects with texts"),
    ] {
        let reply = desk.put(&path, &format!("{LEAST}{more}")).await;
        assert_eq!((reply.status, reply.errormessage().as_str()), (500, wanted), "{more}");
    }
}

#[tokio::test]
async fn what_is_counted_is_shown_at_once() {
    let desk = Fixture::new();
    let id = id(&desk.post("/api/widgets", LEAST).await);
    let widget = WidgetId::parse(&id).expect("an id");
    desk.desk.widget_impression(widget, "https://shop.test/a");
    desk.advance(10);
    desk.desk.widget_impression(widget, "https://shop.test/b");
    let shown = async || {
        let one = desk.get_ok(&format!("/api/widgets/{id}")).await;
        let all = desk.get_ok("/api/widgets").await["widgets"][0].clone();
        let columns = ["impressions", "last_display_time", "last_display_url"];
        let texts = |row: &serde_json::Value| columns.map(|column| row[column].as_str().expect("a text").to_owned());
        assert_eq!(texts(&one), texts(&all));
        texts(&one)
    };
    let wanted = ["2", "2012-04-03 12:21:31", "https://shop.test/b"].map(str::to_owned);
    assert_eq!(shown().await, wanted);
    deskbell_app::timers::write_counts(&desk.desk).await.expect("written");
    assert_eq!(shown().await, wanted);
}

#[tokio::test]
async fn links_are_those_of_the_caller_or_the_public_url() {
    let desk = Fixture::new();
    let id = id(&desk.post("/api/widgets", LEAST).await);
    let uri = desk.keyed(&format!("/api/widgets/{id}"));
    for (host, wanted) in [("help.test:81", "'//help.test:81/scripts/track.js'"), ("a'b</script>", "'//localhost/scripts/track.js'")] {
        let reply = desk.call("GET", &uri, &[("host", host)], "").await;
        assert!(reply.value()["response"]["integration_code"].as_str().expect("a text").contains(wanted), "{}", reply.text);
    }
    let desk = Fixture::with(crate::Options { public_url: Some("https://help.test/it's/".to_owned()), requests_per_minute_max: None });
    let made = desk.post("/api/widgets", LEAST).await.value()["response"]["integration_code"].clone();
    assert!(made.as_str().expect("a text").contains("'//help.test/it\\u0027s/scripts/track.js'"), "{made}");
}

#[tokio::test]
async fn reading_keys_do_not_write() {
    let desk = Fixture::new();
    let path = "/api/widgets/zzzzzzzz";
    for (method, path) in [("POST", "/api/widgets"), ("PUT", path), ("DELETE", path), ("POST", "/api/files"), ("DELETE", "/api/files/x")] {
        let key = desk.reading_key().await;
        let reply = desk.call(method, &format!("{path}?apikey={key}"), &[], "").await;
        assert_eq!(reply.status, 403, "{method} {path}");
    }
}
