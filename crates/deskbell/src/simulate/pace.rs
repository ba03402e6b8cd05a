//! How fast people are.

use std::ops::Range;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

/// Scales what people do; what machines do (connecting again) keeps its own time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    factor: f64,
    break_every_seconds: u64,
}

impl Pace {
    pub(super) fn new(factor: f64, break_every_seconds: u64) -> Pace {
        Pace { factor, break_every_seconds }
    }

    /// A pause out of a range of seconds.
    pub(super) fn pause(&self, chance: &mut StdRng, seconds: Range<f64>) -> Duration {
        Duration::from_secs_f64(chance.random_range(seconds) * self.factor)
    }

    /// What lasts so long for people.
    pub(super) fn stretch(&self, time: Duration) -> Duration {
        time.mul_f64(self.factor)
    }

    /// After how long a connection breaks; `None`: never. Without memory, as lines are.
    pub(super) fn until_break(&self, chance: &mut StdRng) -> Option<Duration> {
        (self.break_every_seconds > 0).then(|| {
            let share: f64 = chance.random_range(0.001..1.0);
            Duration::from_secs_f64(-share.ln() * self.break_every_seconds as f64)
        })
    }
}

/// Whether something of that many per cent happens.
pub(super) fn per_cent(chance: &mut StdRng, share: u32) -> bool {
    chance.random_range(0..100) < share
}

/// The waits between tries to connect: half a second, doubling up to fifteen, each between a half and the whole of it.
#[derive(Debug, Default)]
pub(super) struct BackOff(u32);

impl BackOff {
    const FIRST_MS: u64 = 500;
    const MAX_MS: u64 = 15_000;

    pub(super) fn next(&mut self, chance: &mut StdRng) -> Duration {
        let whole = (Self::FIRST_MS << self.0.min(8)).min(Self::MAX_MS);
        self.0 += 1;
        Duration::from_millis(chance.random_range(whole / 2..=whole))
    }

    pub(super) fn reset(&mut self) {
        self.0 = 0;
    }
}

const PHRASES: &[&str] = &[
    "I have a question about my order.",
    "It still does not work on my side.",
    "Could you have a look, please?",
    "Thank you, that helps a lot.",
    "Where do I find the setting you mean?",
    "Moment, ich schaue nach.",
    "That is what I tried yesterday as well, with the same outcome. The page says that everything is fine.",
    "ok",
    "Je vais essayer tout de suite.",
    "どうもありがとうございます",
    "👍",
    "I am checking that for you.",
    "You will get a message from us as soon as the parcel has left.",
    "Is there anything else I can do for you?",
];

/// A message that is like no other: its number comes first.
pub(super) fn text(chance: &mut StdRng, number: u64) -> String {
    format!("#{number} {}", PHRASES[chance.random_range(0..PHRASES.len())])
}
