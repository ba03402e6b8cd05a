use tantivy::schema::Value;
use tantivy::tokenizer::{TokenStream, Tokenizer};

use super::*;

fn indexed(title: &str, keywords: &str, body: &str) -> Indexed {
    Indexed {
        entry: KnowledgeEntryId::from_i64(38),
        base: KnowledgeBaseId::DEFAULT,
        ancestors: [7, 16].map(KnowledgeEntryId::from_i64).into(),
        public: true,
        title: title.to_owned(),
        keywords: keywords.to_owned(),
        url_code: "376829".to_owned(),
        body: body.to_owned(),
    }
}

/// `word@place` of a field.
fn tokens(document: &TantivyDocument, field: Field) -> String {
    let text = document.get_first(field).and_then(|value| value.as_str()).unwrap().to_owned();
    let mut tokenizer = prepared::Prepared;
    let mut stream = tokenizer.token_stream(&text);
    let mut shown = Vec::new();
    stream.process(&mut |token| shown.push(format!("{}@{}", token.text, token.position)));
    shown.join(" ")
}

#[test]
fn stems_stand_where_their_words_stood() {
    let (_, fields) = schema();
    let entry = indexed("Resetting passwords", "e-mail", "Cafés; 東京都");
    let document = fields.document(&entry, Language::of_tag("en"), &mut StemCache::default());
    assert_eq!(tokens(&document, fields.title), "reset@0 password@1");
    assert_eq!(tokens(&document, fields.keywords), "e@0 email@0 mail@1 email@1 376829@102");
    assert_eq!(
        tokens(&document, fields.all),
        "reset@0 password@1 e@102 email@102 mail@103 email@103 376829@204 cafe@305 東@306 東京@306 京@307 京都@307 都@308"
    );
    let mut words: Vec<String> =
        tokens(&document, fields.words).split(' ').map(|word| word.split('@').next().unwrap().to_owned()).collect();
    words.sort();
    assert_eq!(words, ["376829", "cafes", "cafés", "e", "email", "mail", "passwords", "resetting"]);
}

#[test]
fn where_it_belongs() {
    let (_, fields) = schema();
    let document = fields.document(&indexed("", "", ""), Language::NONE, &mut StemCache::default());
    let numbers = |field| document.get_all(field).filter_map(|value| value.as_i64()).collect::<Vec<_>>();
    assert_eq!(numbers(fields.entry), [38]);
    assert_eq!(numbers(fields.base), [1]);
    assert_eq!(numbers(fields.tree), [7, 16, 38]);
    assert_eq!(document.get_first(fields.public).and_then(|value| value.as_u64()), Some(1));
}

#[test]
fn pairs_of_a_run() {
    assert_eq!(pairs("東京都").collect::<Vec<_>>(), [(Some("東京"), "東"), (Some("京都"), "京"), (None, "都")]);
    assert_eq!(pairs("東").collect::<Vec<_>>(), [(None, "東")]);
}

#[test]
fn long_texts_are_cut() {
    assert_eq!(beginning("äöü", 2), "äö");
    assert_eq!(beginning("äöü", 3), "äöü");
}
