//! The demo's made-up people: agents and customers.

use deskbell_app::customers::Introduction;
use rand::rngs::StdRng;
use rand::{Rng, RngExt};

use super::dialogues::{BROWSERS, Language, REFERRERS, Section};

/// Someone who works on the demo's desk.
pub(crate) struct Colleague {
    pub(crate) first_name: &'static str,
    pub(crate) last_name: &'static str,
    /// Departments beside the default one.
    pub(crate) sections: &'static [Section],
    pub(crate) priority: u8,
    /// Hours by which his day is later than that of the others.
    pub(crate) late_hours: i64,
    pub(crate) works_saturdays: bool,
}

macro_rules! colleagues {
    ($($first:literal $last:literal [$($section:ident),*] $priority:literal $late:literal $saturdays:literal;)+) => {
        &[$(Colleague {
            first_name: $first,
            last_name: $last,
            sections: &[$(Section::$section),*],
            priority: $priority,
            late_hours: $late,
            works_saturdays: $saturdays,
        }),+]
    };
}

/// The first six are always there.
pub(crate) const COLLEAGUES: &[Colleague] = colleagues! {
    "Nora" "Winter" [Sales] 20 0 true;
    "Tom" "Ashdown" [Billing] 50 0 false;
    "Ines" "Moreau" [Sales, Billing] 40 1 true;
    "Kenji" "Mori" [] 50 2 true;
    "Lena" "Brandt" [Billing] 30 0 false;
    "Ravi" "Nair" [Sales] 60 2 true;
    "Ada" "Fairley" [] 50 1 true;
    "Jonas" "Lind" [Sales] 50 0 false;
    "Mary" "Okafor" [Billing] 70 2 true;
    "Piet" "de Wit" [] 50 1 false;
};
pub(crate) const COLLEAGUES_MIN: usize = 6;

/// A customer before he has introduced himself.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) language: Language,
    /// What he types before a chat.
    pub(crate) introduction: Introduction,
    /// What he leaves with an offline message: these need an address.
    pub(crate) reachable: Introduction,
    /// How agents address him.
    pub(crate) called: String,
    pub(crate) browser: &'static str,
    pub(crate) referrer: &'static str,
    pub(crate) address: String,
}

struct Names {
    first: &'static [(&'static str, &'static str)],
    last: &'static [(&'static str, &'static str)],
}

/// Names as written and as they stand in an address.
fn names(language: Language) -> Names {
    match language {
        Language::English => Names {
            first: &[
                ("Alice", "alice"),
                ("Ben", "ben"),
                ("Chloe", "chloe"),
                ("Daniel", "daniel"),
                ("Emma", "emma"),
                ("Finn", "finn"),
                ("Grace", "grace"),
                ("Harry", "harry"),
                ("Isla", "isla"),
                ("Jack", "jack"),
                ("Kate", "kate"),
                ("Liam", "liam"),
                ("Maya", "maya"),
                ("Noah", "noah"),
                ("Olivia", "olivia"),
                ("Peter", "peter"),
                ("Ruth", "ruth"),
                ("Sam", "sam"),
                ("Tessa", "tessa"),
                ("Will", "will"),
            ],
            last: &[
                ("Abbott", "abbott"),
                ("Barker", "barker"),
                ("Chandler", "chandler"),
                ("Dawson", "dawson"),
                ("Ellis", "ellis"),
                ("Fletcher", "fletcher"),
                ("Granger", "granger"),
                ("Holt", "holt"),
                ("Irving", "irving"),
                ("Jennings", "jennings"),
                ("Kemp", "kemp"),
                ("Lowell", "lowell"),
                ("Marsh", "marsh"),
                ("Norton", "norton"),
                ("O'Brien", "obrien"),
                ("Parsons", "parsons"),
                ("Quinn", "quinn"),
                ("Reeves", "reeves"),
                ("Sutton", "sutton"),
                ("Walsh", "walsh"),
            ],
        },
        Language::German => Names {
            first: &[
                ("Anna", "anna"),
                ("Björn", "bjoern"),
                ("Clara", "clara"),
                ("Jürgen", "juergen"),
                ("Sabine", "sabine"),
                ("Uwe", "uwe"),
            ],
            last: &[("Müller", "mueller"), ("Schäfer", "schaefer"), ("Weiß", "weiss"), ("Krause", "krause"), ("Vogel", "vogel")],
        },
        Language::French => Names {
            first: &[("Amélie", "amelie"), ("Benoît", "benoit"), ("Chantal", "chantal"), ("Étienne", "etienne"), ("Zoé", "zoe")],
            last: &[("Lefèvre", "lefevre"), ("Martin", "martin"), ("Rousseau", "rousseau"), ("Garçon", "garcon")],
        },
        Language::Japanese => Names {
            first: &[("さくら", "sakura"), ("翔太", "shota"), ("美咲", "misaki"), ("健", "ken")],
            last: &[("佐藤", "sato"), ("鈴木", "suzuki"), ("高橋", "takahashi"), ("田中", "tanaka")],
        },
    }
}

/// Picks one of a list that is never empty.
pub(crate) fn pick<'a, T>(chance: &mut StdRng, list: &'a [T]) -> &'a T {
    &list[chance.random_range(0..list.len())]
}

/// Whether something of that many per cent happens.
pub(crate) fn per_cent(chance: &mut StdRng, share: u32) -> bool {
    chance.random_range(0..100) < share
}

/// Makes up a customer. The number keeps addresses apart.
pub(crate) fn person(chance: &mut StdRng, language: Language, number: usize) -> Person {
    let names = names(language);
    let (first, first_plain) = *pick(chance, names.first);
    let (last, last_plain) = *pick(chance, names.last);
    let name = match language {
        Language::Japanese => format!("{last} {first}"),
        Language::English | Language::German | Language::French => format!("{first} {last}"),
    };
    let host = *pick(chance, &["example.com", "example.net", "example.org", "mail.example.com"]);
    let email = format!("{first_plain}.{last_plain}{number}@{host}");
    let reachable = Introduction { name: Some(name.clone()), email: Some(email), ..Introduction::default() };
    let introduction = match chance.random_range(0..100) {
        0..5 => Introduction::default(),
        5..12 => Introduction { name: Some(first.to_owned()), ..Introduction::default() },
        _ => reachable.clone(),
    };
    let called = match (&introduction.name, language) {
        (None, _) => "there".to_owned(),
        (Some(_), Language::German) => name,
        (Some(_), Language::Japanese) => last.to_owned(),
        (Some(_), Language::English | Language::French) => first.to_owned(),
    };
    // Addresses of the three networks that are set aside for documentation.
    let network = *pick(chance, &["192.0.2", "198.51.100", "203.0.113"]);
    let address = format!("{network}.{}", chance.random_range(1..255));
    let (browser, referrer) = (*pick(chance, BROWSERS), *pick(chance, REFERRERS));
    Person { language, introduction, reachable, called, browser, referrer, address }
}

/// A number whose mean is `mean`, small ones more often: how long things in an office take.
pub(crate) fn wait_seconds(chance: &mut impl Rng, mean: f64) -> f64 {
    let share: f64 = chance.random_range(0.000_1..1.0);
    -share.ln() * mean
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn addresses_differ_and_are_accepted() {
        let mut chance = StdRng::seed_from_u64(3);
        let languages = [Language::English, Language::German, Language::French, Language::Japanese];
        let emails: std::collections::HashSet<String> = (0..400)
            .map(|number| {
                let person = person(&mut chance, languages[number % 4], number);
                let email = person.reachable.email.clone().unwrap();
                assert_eq!(deskbell_app::customers::check_email(&email).unwrap(), email);
                assert!(Introduction::new(person.introduction.name.as_deref(), person.introduction.email.as_deref()).is_ok());
                email
            })
            .collect();
        assert_eq!(emails.len(), 400);
        assert!(COLLEAGUES.len() >= COLLEAGUES_MIN);
    }
}
