//! Articles and questions that are made up, the same in every run. Words come as often as in a language: the second half as often as the
//! first, and so on, function words in front; each category has words of its own besides.

/// Words of the language; the frequent ones are short.
const WORDS: usize = 200_000;
/// The most frequent words, as in English.
const FUNCTION_WORDS: &str = "the of and to a in is it you that he was for on are with as i his they be at one have this from or had by \
    not but what all were when we there can an your which their if do will each how them then she many some so these would into has more";
/// Of the words of an article, how many per cent are of its category, and how many words a category has.
const OWN_PERCENT: u64 = 15;
const OWN_WORDS: usize = 2_000;
/// From where on words are the categories' own.
const OWN_FROM: usize = 5_000;
const WORDS_OF_ARTICLE: std::ops::RangeInclusive<u64> = 200..=2_000;
const PARAGRAPH_WORDS: usize = 60;

pub(crate) struct Article {
    pub(crate) category: u64,
    pub(crate) title: String,
    pub(crate) keywords: String,
    pub(crate) text: String,
}

impl Article {
    pub(crate) fn html(&self) -> String {
        let words: Vec<&str> = self.text.split(' ').collect();
        words.chunks(PARAGRAPH_WORDS).map(|words| format!("<p>{}</p>\n", words.join(" "))).collect()
    }
}

pub(crate) struct Question {
    pub(crate) words: Vec<String>,
    /// Only below this category.
    pub(crate) category: Option<u64>,
    pub(crate) misspelled: bool,
}

pub(crate) struct Texts {
    words: Vec<String>,
    /// The share of the words up to each.
    shares: Vec<f64>,
    categories: u64,
}

/// splitmix64.
struct Chance(u64);

impl Chance {
    fn of(kind: u64, number: u64) -> Chance {
        let mut chance = Chance(kind.wrapping_mul(0x9e37_79b9) ^ number.wrapping_mul(0xd134_2543_de82_ef95));
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

impl Texts {
    pub(crate) fn new(categories: u64) -> Texts {
        let mut words: Vec<String> = FUNCTION_WORDS.split_ascii_whitespace().map(str::to_owned).collect();
        let mut seen: std::collections::HashSet<String> = words.iter().cloned().collect();
        let mut chance = Chance::of(1, 0);
        while words.len() < WORDS {
            let syllables = 2 + (words.len() > 1_000) as u64 + (words.len() > 30_000) as u64;
            let word = (0..syllables).map(|_| syllable(&mut chance)).collect::<String>();
            if seen.insert(word.clone()) {
                words.push(word);
            }
        }
        let mut shares: Vec<f64> = Vec::with_capacity(WORDS);
        let mut sum = 0.0;
        for rank in 0..WORDS {
            sum += 1.0 / (rank as f64 + 2.7).powf(1.05);
            shares.push(sum);
        }
        shares.iter_mut().for_each(|share| *share /= sum);
        Texts { words, shares, categories }
    }

    fn rank(&self, chance: &mut Chance) -> usize {
        let share = chance.share();
        self.shares.partition_point(|upto| *upto < share).min(WORDS - 1)
    }

    /// A word of an article in a category.
    fn word(&self, chance: &mut Chance, category: u64) -> &str {
        let own = chance.below(100) < OWN_PERCENT;
        let rank = if own {
            let place = (chance.share() * chance.share() * OWN_WORDS as f64) as usize;
            OWN_FROM + category as usize * OWN_WORDS / 2 + place
        } else {
            self.rank(chance)
        };
        &self.words[rank]
    }

    pub(crate) fn article(&self, number: u64) -> Article {
        let mut chance = Chance::of(2, number);
        let category = chance.below(self.categories);
        let mut some = |count: u64| (0..count).map(|_| self.word(&mut chance, category)).collect::<Vec<_>>().join(" ");
        let (title, keywords) = (some(3 + number % 6), some(number % 4));
        let length = WORDS_OF_ARTICLE.start() + Chance::of(3, number).below(WORDS_OF_ARTICLE.end() - WORDS_OF_ARTICLE.start());
        Article { category, title, keywords, text: some(length) }
    }

    /// Half of the questions take their words from one article, as somebody does who knows that it is there; half take frequent and rare
    /// ones at random. A quarter has a typing error, a quarter asks below a category.
    pub(crate) fn question(&self, number: u64, articles: u64) -> Question {
        let mut chance = Chance::of(4, number);
        let count = 1 + chance.below(4) as usize;
        let article = self.article(chance.below(articles));
        let mut words: Vec<String> = if chance.below(2) == 0 {
            let text: Vec<&str> = article.text.split(' ').filter(|word| word.len() > 3).collect();
            (0..count).map(|_| text[chance.below(text.len() as u64) as usize].to_owned()).collect()
        } else {
            let of = |chance: &mut Chance| match chance.below(10) {
                0..4 => 60 + chance.below(1_000) as usize,
                4..8 => 1_000 + chance.below(20_000) as usize,
                _ => 20_000 + chance.below(WORDS as u64 - 20_000) as usize,
            };
            (0..count).map(|_| self.words[of(&mut chance)].clone()).collect()
        };
        let misspelled = chance.below(4) == 0;
        if misspelled {
            let which = chance.below(count as u64) as usize;
            words[which] = misspell(&words[which], &mut chance);
        }
        let category = (chance.below(4) == 0).then_some(article.category);
        Question { words, category, misspelled }
    }
}

fn syllable(chance: &mut Chance) -> String {
    const BEGINNINGS: [&str; 24] =
        ["b", "c", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "br", "cl", "dr", "pr", "st", "tr", "sh", "th"];
    const MIDDLES: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "ea", "ou"];
    const ENDS: [&str; 8] = ["", "", "", "n", "r", "l", "t", "m"];
    let mut one = |of: &[&str]| of[chance.below(of.len() as u64) as usize].to_owned();
    format!("{}{}{}", one(&BEGINNINGS), one(&MIDDLES), one(&ENDS))
}

/// A letter left out, doubled, taken for another, or swapped with its neighbour.
fn misspell(word: &str, chance: &mut Chance) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() < 4 {
        return word.to_owned();
    }
    let place = chance.below(letters.len() as u64 - 1) as usize;
    match chance.below(4) {
        0 => drop(letters.remove(place)),
        1 => letters.insert(place, letters[place]),
        2 => letters[place] = char::from(b'a' + chance.below(26) as u8),
        _ => letters.swap(place, place + 1),
    }
    letters.into_iter().collect()
}
