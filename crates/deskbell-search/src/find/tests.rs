use proptest::prelude::*;

use super::*;
use crate::fields::Indexed;
use crate::sample::{article, ask, query, view, view_in_segments};

/// Pairs of entries that both answer: the first must stand first, in whichever order they were made.
#[test]
fn ranking() {
    let filler = "Some other words that stand in nearly every text of this base and say nothing about it at all.";
    let body = |text: &str| article(1, "Something else", &format!("{filler} {text} {filler}"));
    let title = |text: &str| article(1, text, filler);
    let keywords = |text: &str| Indexed { keywords: text.to_owned(), ..article(1, "Something else", filler) };
    let often = "invoice ".repeat(40);
    for (question, better, worse) in [
        // Where the words stand.
        ("invoice", title("Invoice"), keywords("invoice")),
        ("invoice", keywords("invoice"), body("invoice")),
        ("invoice", title("Where to find the invoice of a month long gone by"), body(&often)),
        ("invoice", keywords("money, bill, invoice, account, payment, card, bank, refund"), body(&often)),
        ("invoice", title("Invoice"), title("Invoice and everything else that we send at the end of a month")),
        ("invoice", body("invoice invoice invoice"), body("invoice")),
        // All words before some, wherever they stand.
        ("download invoice", body("download the invoice"), title("Invoice")),
        ("download invoice", body("download the invoice"), title("Download")),
        ("download invoice pdf", body("download the invoice"), title("Pdf")),
        ("download paid invoice", body("paid x invoice"), body("download download download")),
        // Words side by side.
        ("change account owner", body("change account owner"), body("owner of the account can change")),
        ("account owner", title("The account owner"), title("The owner account")),
        ("how to reset the password", body("reset the password"), body("password the reset")),
        // As they were typed.
        ("invoices", body("invoices"), body("invoice")),
        ("café", body("café"), body("cafe")),
        // The beginning of a word.
        ("invo", body("invo"), title("Invoice")),
        ("paid inv", body("paid invoice"), title("Paid")),
        ("invo", title("Invoice"), body("invoice")),
        // Typing errors.
        ("invoice", body("invoice"), title("Invoyce")),
        ("invoices", body("invoice"), title("Invoicas")),
        ("paid invioce", body("paid invoice"), title("Paid")),
        ("invoisse", body("invoise"), body("invoice")),
        ("invoice", body("invo1ce invoice"), body("invoyce")),
        // Stop words neither help nor hinder.
        ("how do i get an invoice", body("invoice"), title("How do I get an invoyce")),
        ("how do i pay", title("Pay"), body("how do i pay")),
    ] {
        for (first, second, wanted) in [(&better, &worse, [1, 2]), (&worse, &better, [2, 1])] {
            let mut entries = vec![numbered(first, 1), numbered(second, 2)];
            entries.extend((3..30).map(|id| article(id, "Another one", filler)));
            let found = ask(&view(&["en"], &entries), &query(question));
            assert_eq!(found, wanted, "{question}: {better:?} before {worse:?}");
        }
    }
}

fn numbered(entry: &Indexed, id: i64) -> Indexed {
    Indexed { entry: KnowledgeEntryId::from_i64(id), url_code: (100_000 + id).to_string(), ..entry.clone() }
}

/// What finds what, and what does not.
#[test]
fn found_and_not_found() {
    for (tag, question, title, wanted) in [
        // Stems.
        ("en", "connect", "Connections", true),
        ("en", "connecting", "He connected it", true),
        ("en", "universe", "University", false),
        ("de", "rechnung", "Alle Rechnungen", true),
        ("de", "häuser", "Das Haus", true),
        ("de", "verbinden", "Sie verbindet", true),
        ("fr", "factures", "La facture", true),
        ("ru", "пароли", "Пароль", true),
        ("ja", "connections", "connect", false),
        // Diacritics, in either direction.
        ("en", "cafe", "Café", true),
        ("en", "café", "Cafe", true),
        ("en", "CAFÉ", "café", true),
        ("de", "strasse", "Straße", true),
        ("de", "straße", "STRASSE", true),
        ("de", "passworter", "Passwörter", true),
        ("fr", "eleves", "Élève", true),
        ("en", "cafe\u{301}", "Café", true),
        ("pl", "lodz", "Łódź", true),
        // Typing errors: none below four letters, one below eight, two from there.
        ("en", "mab", "Map", false),
        ("en", "mpas", "Maps", true),
        ("en", "msp", "Map", false),
        ("en", "invioce", "Invoice", true),
        ("en", "nivoice", "Invoice", true),
        ("en", "invoic", "Invoice", true),
        ("en", "invoicee", "Invoice", true),
        ("en", "nviocie", "Invoice", false),
        ("en", "apsswrod", "Password", true),
        ("en", "configuraitno", "Configuration", true),
        ("en", "cnfigrtion", "Configuration", false),
        ("ru", "праоль", "Пароль", true),
        ("en", "4567", "4568", false),
        ("en", "mp3player", "mp4player", false),
        // Beginnings, of the last word only.
        ("en", "conf", "Configuration", true),
        ("en", "change conf", "Change the configuration", true),
        ("en", "c", "Configuration", false),
        // Scripts without spaces.
        ("ja", "東京", "東京都庁", true),
        ("ja", "京都", "東京都庁", true),
        ("ja", "都", "東京都庁", true),
        ("ja", "東都", "東京都庁", false),
        ("zh", "重置密码", "如何重置密码？", true),
        ("zh", "如何 密码", "如何重置密码？", true),
        ("ja", "パスワード", "ﾊﾟｽﾜｰﾄﾞを変更", true),
        ("ko", "비밀번호", "비밀번호를 변경하려면", true),
        ("th", "รหัสผ่าน", "เปลี่ยนรหัสผ่าน", true),
        ("hi", "पासवर्ड", "पासवर्ड बदलें", true),
        // Words tied by hyphens and apostrophes.
        ("en", "email", "Your e-mail", true),
        ("en", "e-mail", "Your email", true),
        ("en", "e mail", "Your e-mail", true),
        ("en", "wi-fi", "WiFi", true),
        ("fr", "abonnement", "L'abonnement", true),
        ("en", "users guide", "The user's guide", true),
        // Nothing of a question is an operator.
        ("en", "\"invoice paid\"", "Paid invoice", true),
        ("en", "title:invoice", "Invoice", true),
        ("en", "invoice NOT paid", "Paid invoice", true),
        ("en", "-invoice", "Invoice", true),
        ("en", "(invoice", "Invoice", true),
        ("en", "invoice*", "Invoice", true),
        ("en", "*", "Invoice", false),
        ("en", "\\", "Invoice", false),
        ("en", "", "Invoice", false),
        ("en", " \t\u{0}", "Invoice", false),
        // Stop words hide nothing.
        ("en", "how do i pay the invoice", "Invoice", true),
        ("en", "the", "The end", true),
        ("en", "to be or not to be", "To be", true),
        ("de", "wie kann ich meine Rechnung sehen", "Rechnung", true),
        // The digits of an address.
        ("en", "100001", "Invoice", true),
    ] {
        let entries = [article(1, title, ""), article(2, "Другое", "別")];
        let found = ask(&view(&[tag], &entries), &query(question)).contains(&1);
        assert_eq!(found, wanted, "{tag}: {question:?} in {title:?}");
    }
}

fn in_base(base: i64, entry: Indexed) -> Indexed {
    Indexed { base: KnowledgeBaseId::from_i64(base), ..entry }
}

fn below(ancestors: &[i64], entry: Indexed) -> Indexed {
    Indexed { ancestors: ancestors.iter().copied().map(KnowledgeEntryId::from_i64).collect(), ..entry }
}

/// Whatever step finds them, only what lies within the bounds of a search is found.
#[test]
fn bounds_of_a_search() {
    let entries = [
        article(1, "Invoices", ""),
        below(&[1], article(2, "Paid invoices", "")),
        below(&[1, 2], article(3, "Invoice of May", "")),
        below(&[1], Indexed { public: false, ..article(4, "Invoices inside", "") }),
        in_base(2, article(5, "Invoices elsewhere", "")),
        in_base(2, Indexed { public: false, ..article(6, "Invoices elsewhere inside", "") }),
        article(7, "Something else", ""),
    ];
    let view = view(&["en", "en"], &entries);
    for question in ["invoice", "invo", "invioces", "the invoice", "invoice nowhere"] {
        for (base, top, reader, wanted) in [
            (None, None, Reader::Desk, &[1, 2, 3, 4, 5, 6][..]),
            (None, None, Reader::Public, &[1, 2, 3, 5]),
            (Some(1), None, Reader::Desk, &[1, 2, 3, 4]),
            (Some(2), None, Reader::Public, &[5]),
            (Some(3), None, Reader::Desk, &[]),
            (None, Some(1), Reader::Desk, &[1, 2, 3, 4]),
            (None, Some(2), Reader::Desk, &[2, 3]),
            (None, Some(3), Reader::Desk, &[3]),
            (None, Some(1), Reader::Public, &[1, 2, 3]),
            (Some(2), Some(1), Reader::Desk, &[]),
            (None, Some(99), Reader::Desk, &[]),
        ] {
            let base = base.map(KnowledgeBaseId::from_i64);
            let mut found = ask(&view, &KnowledgeQuery { base, top: top.map(KnowledgeEntryId::from_i64), reader, ..query(question) });
            found.sort_unstable();
            assert_eq!(found, wanted, "{question} in {base:?} below {top:?} for {reader:?}");
        }
    }
}

/// Each base is searched by its own language, also when all are searched at once.
#[test]
fn languages_of_bases() {
    let entries = [
        article(1, "Connections", ""),
        in_base(2, article(2, "Verbindungen", "")),
        in_base(2, article(3, "Häuser", "")),
        in_base(3, article(4, "接続", "")),
    ];
    let view = view(&["en", "de", "ja"], &entries);
    for (base, question, wanted) in [
        (None, "connect", &[1][..]),
        (None, "verbindung", &[2]),
        (None, "haus", &[3]),
        (None, "接続", &[4]),
        (Some(2), "verbindung", &[2]),
        (Some(1), "verbindung", &[]),
    ] {
        let base = base.map(KnowledgeBaseId::from_i64);
        assert_eq!(ask(&view, &KnowledgeQuery { base, ..query(question) }), wanted, "{question} in {base:?}");
    }
}

#[test]
fn limits() {
    let entries: Vec<Indexed> = (1..=700).map(|id| article(id, "Invoice", "")).collect();
    let view = view(&["en"], &entries);
    for (limit, found) in [(0, 0), (1, 1), (10, 10), (500, 500), (usize::MAX, FOUND_MAX)] {
        let ids = ask(&view, &KnowledgeQuery { limit, ..query("invoice") });
        assert_eq!(ids, (1..=found as i64).collect::<Vec<_>>(), "what is worth the same stands in the order of its making");
    }
}

/// How the entries are spread over segments is not seen.
#[test]
fn segments_make_no_difference() {
    let words = ["reset", "password", "invoice", "café", "account", "change", "connection", "東京"];
    let entries: Vec<Indexed> = (1..=60)
        .map(|id| {
            let word = |step: i64| words[usize::try_from((id * step + id / 7) % 8).unwrap()];
            article(id, word(1), &format!("{} {} {}", word(3), word(5), word(7)))
        })
        .collect();
    let whole = view(&["en"], &entries);
    let parts = view_in_segments(&["en"], &[&entries[..1], &entries[1..20], &entries[20..21], &entries[21..]]);
    for question in
        ["reset", "reset password", "passwrod invoice", "cafe acc", "change connections account", "東京 reset", "nothing at all"]
    {
        for limit in [3, 10, 500] {
            let query = KnowledgeQuery { limit, ..query(question) };
            assert_eq!(ask(&whole, &query), ask(&parts, &query), "{question}");
        }
    }
}

#[test]
fn an_empty_index() {
    assert!(ask(&view(&["en"], &[]), &query("invoice")).is_empty());
    assert!(ask(&view(&[], &[]), &query("invoice")).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    /// Whatever is asked, there is an answer, each entry in it once.
    #[test]
    fn any_question(bytes in prop::collection::vec(any::<u8>(), 0..600), text in any::<String>(), limit in 0..600usize) {
        thread_local! {
            static VIEW: View = view(&["en", "de", "ja"], &[
                article(1, "Reset your password", "a b c d e f g 1 2 3 é ü 東京 пароль"),
                article(2, "Q\u{301}\u{1}\u{2} x", "% & ' * + - . / : ; < = > ? @ [ ] ^ _ { | } ~"),
            ]);
        }
        for text in [String::from_utf8_lossy(&bytes).into_owned(), bytes.iter().map(|byte| char::from(*byte)).collect(), text] {
            for reader in [Reader::Desk, Reader::Public] {
                let found = VIEW.with(|view| find(view, &KnowledgeQuery { reader, limit, ..query(&text) })).unwrap();
                prop_assert!(found.len() <= limit.min(2));
                prop_assert!(found.len() < 2 || found[0] != found[1]);
            }
        }
    }
}
