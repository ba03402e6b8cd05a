//! Texts of chats cut into words, the same way for what is indexed and for what is asked. There is no stemming: what is found can be told
//! from the texts alone.

use crate::text::{Script, fold, parts};

/// A word at its place, in all forms by which it is found: as it is written, without diacritics, and joined with what hyphens tie to it.
pub(super) fn spots(text: &str) -> Vec<Vec<String>> {
    let mut spots = Vec::new();
    for part in parts(text) {
        match part.script {
            Script::Spaced => {
                let written = std::iter::once(part.text).chain(part.joined);
                let mut forms: Vec<String> = Vec::with_capacity(2);
                for form in written.flat_map(|word| [fold(&word), Some(word)]).flatten() {
                    if !forms.contains(&form) {
                        forms.push(form);
                    }
                }
                spots.push(forms);
            }
            // One by one: what is written without spaces is found by any piece of it.
            Script::Unspaced => spots.extend(part.text.chars().map(|letter| vec![letter.to_string()])),
        }
    }
    spots
}

/// The words that are asked for, as they are written.
pub(super) fn asked(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in parts(text) {
        match part.script {
            Script::Spaced => words.push(part.text),
            Script::Unspaced => words.extend(part.text.chars().map(String::from)),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_their_forms() {
        assert_eq!(spots("Café au lait!"), [vec!["cafe", "café"], vec!["au"], vec!["lait"]]);
        assert_eq!(spots("E-Mail"), [vec!["e", "email"], vec!["mail", "email"]]);
        assert_eq!(spots("東京"), [["東"], ["京"]]);
        assert_eq!(asked("The Café, E-Mail 東京"), ["the", "café", "e", "mail", "東", "京"]);
        assert_eq!(spots("… ?!"), Vec::<Vec<String>>::new());
    }
}
