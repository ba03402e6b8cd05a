//! A word without its diacritics: the form by which `café` is found as `cafe`.

use unicode_normalization::UnicodeNormalization;

/// The word without diacritics, in letters that every keyboard has; `None` if it is so already.
pub(crate) fn fold(word: &str) -> Option<String> {
    if word.is_ascii() {
        return None;
    }
    let mut folded = String::with_capacity(word.len());
    for character in word.nfd().filter(|character| !is_diacritic(*character)) {
        match spelled_out(character) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(character),
        }
    }
    // What other marks were taken apart for comes together again.
    let folded: String = folded.nfc().collect();
    (folded != word && !folded.is_empty()).then_some(folded)
}

/// Marks upon letters that readers leave out when they type: accents of Latin, Greek and Cyrillic letters, Hebrew points, Arabic vowels.
/// Those of Indic scripts are vowels, and stay.
fn is_diacritic(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36f}'
        | '\u{591}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}'
        | '\u{640}'
        | '\u{64b}'..='\u{65f}'
        | '\u{670}'
        | '\u{6d6}'..='\u{6ed}')
}

/// Letters that are no letter with a mark.
fn spelled_out(character: char) -> Option<&'static str> {
    Some(match character {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ħ' => "h",
        'ı' => "i",
        'ŋ' => "n",
        'ŧ' => "t",
        'þ' => "th",
        'ς' => "σ",
        _ => return None,
    })
}
