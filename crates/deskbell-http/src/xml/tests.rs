//! XML writing from tables; that any tree is read back, [`crate::properties`] checks.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;

fn text<T: Serialize + ?Sized>(value: &T) -> String {
    let mut out = Vec::new();
    write("response", value, &mut out).expect("writes");
    let text = String::from_utf8(out).expect("UTF-8");
    text.strip_prefix(DECLARATION).expect("begins with the declaration").to_owned()
}

#[test]
fn item_names() {
    for (list, item) in [
        ("companies", "companie"),
        ("entries", "entrie"),
        ("agentsOnlineStates", "agentsOnlineState"),
        ("loads", "load"),
        ("performance", "item"),
        ("agentsavailability", "item"),
        ("s", "item"),
    ] {
        assert_eq!(item_name(list), item);
    }
}

#[test]
fn cdata_sections() {
    #[derive(Serialize)]
    struct Page {
        content: crate::Cdata,
        css: Option<crate::Cdata>,
    }
    for (content, css, wanted) in [
        ("<b>a & b</b>", None, "<response><content><![CDATA[<b>a & b</b>]]></content><css/></response>"),
        ("", Some(""), "<response><content/><css/></response>"),
        ("]]>", Some("\u{1}x"), "<response><content><![CDATA[]]]]><![CDATA[>]]></content><css><![CDATA[x]]></css></response>"),
    ] {
        let page = Page { content: crate::Cdata(content.to_owned()), css: css.map(|css| crate::Cdata(css.to_owned())) };
        assert_eq!(text(&page), wanted);
        assert_eq!(serde_json::to_value(&page).expect("JSON")["content"], content);
    }
}

#[test]
fn trees() {
    for (value, wanted) in [
        (json!({"a": "x"}), "<response><a>x</a></response>"),
        (json!({"b": "1", "a": null, "c": ""}), "<response><b>1</b><a/><c/></response>"),
        (
            json!({"companies": [{"id": "1"}, {"id": "2"}]}),
            "<response><companies><companie><id>1</id></companie><companie><id>2</id></companie></companies></response>",
        ),
        (json!({"performance": [{"n": 1}]}), "<response><performance><item><n>1</n></item></performance></response>"),
        (json!({"emails": ["a@b.c"]}), "<response><emails><email>a@b.c</email></emails></response>"),
        (json!({"lists": [[1, 2], []]}), "<response><lists><list><item>1</item><item>2</item></list><list/></lists></response>"),
        (json!({"companies": [], "o": {}}), "<response><companies/><o/></response>"),
        (json!({"n": -1, "t": true, "f": 0.5, "g": 1.0}), "<response><n>-1</n><t>true</t><f>0.5</f><g>1.0</g></response>"),
        (json!({"30": 1, "a b<": 2, "": 3}), "<response><_30>1</_30><a_b_>2</a_b_><_>3</_></response>"),
        (json!({}), "<response/>"),
        (json!(null), "<response/>"),
    ] {
        assert_eq!(text(&value), wanted);
    }
}

#[test]
fn markup_is_escaped_and_forbidden_characters_dropped() {
    for (value, wanted) in [
        ("<b>&amp;\"'", "&lt;b&gt;&amp;amp;\"'"),
        ("]]>", "]]&gt;"),
        ("a\r\nb\tc", "a&#13;\nb\tc"),
        ("a\u{0}\u{1f}b\u{fffe}\u{ffff}c\u{b}", "abc"),
        ("ü😀", "ü😀"),
    ] {
        assert_eq!(text(&json!({"a": value})), format!("<response><a>{wanted}</a></response>"));
    }
    assert_eq!(text(&json!({"a": "\u{0}"})), "<response><a/></response>");
}

#[test]
fn enums_and_odd_keys() {
    #[derive(Serialize)]
    enum Shape {
        Unit,
        New(u8),
        Tuple(u8, u8),
        Struct { a: u8 },
    }
    #[derive(Serialize)]
    struct Holder {
        shapes: Vec<Shape>,
        map: BTreeMap<u8, Option<char>>,
        nan: f64,
    }
    let holder = Holder {
        shapes: vec![Shape::Unit, Shape::New(1), Shape::Tuple(2, 3), Shape::Struct { a: 4 }],
        map: BTreeMap::from([(30, Some('<')), (60, None)]),
        nan: f64::NAN,
    };
    assert_eq!(
        text(&holder),
        concat!(
            "<response><shapes><shape>Unit</shape><shape><New>1</New></shape>",
            "<shape><Tuple><item>2</item><item>3</item></Tuple></shape><shape><Struct><a>4</a></Struct></shape></shapes>",
            "<map><_30>&lt;</_30><_60/></map><nan/></response>"
        )
    );
    let odd = BTreeMap::from([((1, 2), 3)]);
    assert!(write("r", &odd, &mut Vec::new()).is_err());
}

#[test]
fn an_erased_tree_is_written_the_same() {
    let value = json!({"companies": [{"id": null, "n": "x"}], "k": {"a": [1]}});
    let erased: Box<dyn erased_serde::Serialize + Send> = Box::new(value.clone());
    assert_eq!(text(&erased), text(&value));
}
