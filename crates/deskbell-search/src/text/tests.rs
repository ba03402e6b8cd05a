use proptest::prelude::*;

use super::*;

/// `word@position`, `word@position=joined`, `[run]@position`.
fn cut(text: &str) -> String {
    let shown = parts(text).into_iter().map(|part| {
        let joined = part.joined.map(|joined| format!("={joined}")).unwrap_or_default();
        match part.script {
            Script::Spaced => format!("{}@{}{joined}", part.text, part.position),
            Script::Unspaced => format!("[{}]@{}{joined}", part.text, part.position),
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn words() {
    for (text, wanted) in [
        ("", ""),
        (" \t…!?", ""),
        ("Reset your Password.", "reset@0 your@1 password@2"),
        ("(a AND b) OR c:d*", "a@0 and@1 b@2 or@3 c@4 d@5"),
        ("v2.10 max_size", "v2@0 10@1 max@2 size@3"),
        ("a\u{0}b\u{1}c", "a@0 b@1 c@2"),
        // Hyphens: the parts, and what they make.
        ("an e-mail to us", "an@0 e@1=email mail@2=email to@3 us@4"),
        ("wi\u{2011}fi", "wi@0=wifi fi@1=wifi"),
        ("a - b -- c", "a@0 b@1 c@2"),
        ("top-up-card", "top@0=topupcard up@1=topupcard card@2=topupcard"),
        ("- x -", "x@0"),
        // Apostrophes.
        ("the user's guide", "the@0 user@1 guide@2"),
        ("l'eau d\u{2019}été", "eau@0 été@1"),
        ("don't I'm o'clock", "don@0 i@1 clock@2"),
        ("aujourd'hui 'quoted'", "aujourd@0 hui@1 quoted@2"),
        // Forms of characters.
        ("ＦＵＬＬ ﬁne", "full@0 fine@1"),
        ("cafe\u{301}", "café@0"),
        ("soft\u{ad}hyphen", "softhyphen@0"),
        ("ΟΔΟΣ", "οδοσ@0"),
        ("हिन्दी में", "हिन्दी@0 में@1"),
        // Scripts without spaces.
        ("東京都庁", "[東京都庁]@0"),
        ("パスワードをreset する", "[パスワードを]@0 reset@6 [する]@7"),
        ("ﾊﾟｽﾜｰﾄﾞ", "[パスワード]@0"),
        ("비밀번호 변경", "[비밀번호]@0 [변경]@4"),
        ("รหัสผ่าน", "[รหัสผ่าน]@0"),
    ] {
        assert_eq!(cut(text), wanted, "{text}");
    }
}

#[test]
fn long_words_are_cut() {
    let long = "x".repeat(1_000);
    assert_eq!(parts(&long)[0].text.len(), WORD_CHARS_MAX);
    let group = parts(&format!("{long}-{long}"));
    assert!(group.iter().all(|part| part.joined.is_none()));
}

#[test]
fn without_diacritics() {
    for (word, wanted) in [
        ("cafe", None),
        ("café", Some("cafe")),
        ("straße", Some("strasse")),
        ("øre", Some("ore")),
        ("łódź", Some("lodz")),
        ("ёлка", Some("елка")),
        ("οδός", Some("οδοσ")),
        ("कि", None),
        ("مَدْرَسَة", Some("مدرسة")),
    ] {
        assert_eq!(fold(word).as_deref(), wanted, "{word}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Words are never empty, hold no separators, and come in the order of their places.
    #[test]
    fn any_text(text in any::<String>()) {
        let parts = parts(&text);
        for pair in parts.windows(2) {
            prop_assert!(pair[0].position < pair[1].position);
        }
        for part in &parts {
            prop_assert!(!part.text.is_empty());
            let parted = part.text.contains(|character: char| character.is_whitespace() || character.is_control());
            prop_assert!(!parted);
            prop_assert!(fold(&part.text).is_none_or(|folded| !folded.is_empty()));
        }
    }
}
