//! What a use case is given beside the transaction: the time, the settings, and chance.

use std::sync::Arc;

use deskbell_domain::ids::GoalId;
use deskbell_domain::time::Timestamp;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::automation::Automation;
use crate::settings::Settings;

/// Whether waiting chats are offered when something has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Routing {
    AtOnce,
    /// Not yet: more is about to change, and routing follows.
    Held,
}

/// Time, settings and chance of one use case.
pub struct Context {
    pub now: Timestamp,
    pub settings: Arc<Settings>,
    pub account_key: i64,
    automation: Arc<Automation>,
    pub(crate) routing: Routing,
    chance: StdRng,
}

const ALPHANUMERICS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// No letters that look like others, as codes are read aloud.
const CODE_LETTERS: &[u8; 24] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";

impl Context {
    /// A context for real use: chance comes from the operating system.
    pub fn new(now: Timestamp, settings: Arc<Settings>, account_key: i64) -> Self {
        Context {
            now,
            settings,
            account_key,
            automation: Arc::default(),
            routing: Routing::AtOnce,
            chance: StdRng::from_rng(&mut rand::rng()),
        }
    }

    /// A context whose chance repeats with the seed.
    pub fn seeded(now: Timestamp, settings: Arc<Settings>, account_key: i64, seed: u64) -> Self {
        Context { now, settings, account_key, automation: Arc::default(), routing: Routing::AtOnce, chance: StdRng::seed_from_u64(seed) }
    }

    /// The same with what a desk keeps in memory of its goals and triggers.
    #[must_use]
    pub(crate) fn with_automation(self, automation: Arc<Automation>) -> Self {
        Context { automation, ..self }
    }

    pub(crate) fn automation(&self) -> &Automation {
        &self.automation
    }

    /// A number below `end`; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.chance.random_range(0..end) }
    }

    /// `length` random letters and digits.
    pub fn alphanumerics(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(ALPHANUMERICS[self.below(ALPHANUMERICS.len())])).collect()
    }

    /// `length` random bytes in lower-case hex.
    pub fn hex(&mut self, length: usize) -> String {
        (0..length).map(|_| format!("{:02x}", self.chance.random::<u8>())).collect()
    }

    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.chance.random::<u8>()).collect()
    }

    /// A conversation's code: `ABC-DEFGH-123`.
    pub fn conversation_code(&mut self) -> String {
        let mut letters: String = (0..8).map(|_| char::from(CODE_LETTERS[self.below(CODE_LETTERS.len())])).collect();
        letters.insert(3, '-');
        format!("{letters}-{:03}", self.below(1000))
    }

    /// A conversion's outside id: year and month, account, goal, token.
    pub fn conversion_public_id(&mut self, goal: GoalId) -> String {
        let (year, month) = civil_month(self.now);
        let token = self.alphanumerics(22);
        format!("{:02}{month:02}.{}.v.{}.{token}", year % 100, self.account_key, goal.get())
    }

    /// A chat's outside id: year and month, account, token.
    pub fn chat_public_id(&mut self) -> String {
        let moment = civil_month(self.now);
        let token = self.alphanumerics(13);
        format!("{:02}{:02}.{}.{token}", moment.0 % 100, moment.1, self.account_key)
    }
}

/// Year and month (UTC) of a moment, by the civil calendar.
fn civil_month(at: Timestamp) -> (i64, i64) {
    let days = at.seconds().div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months() {
        for (seconds, month) in [(0, (1970, 1)), (1_608_612_855, (2020, 12)), (951_782_400, (2000, 2)), (1_735_689_599, (2024, 12))] {
            assert_eq!(civil_month(Timestamp::from_seconds(seconds)), month);
        }
    }

    #[test]
    fn codes_have_their_shapes() {
        let mut cx = Context::seeded(Timestamp::from_seconds(1_608_612_855), Arc::new(Settings::default()), 9_339_545, 1);
        let code = cx.conversation_code();
        assert_eq!(code.len(), 13);
        assert_eq!(code.match_indices('-').map(|(place, _)| place).collect::<Vec<_>>(), [3, 9]);
        assert!(cx.chat_public_id().starts_with("2012.9339545."));
        let mut again = Context::seeded(Timestamp::EPOCH, Arc::new(Settings::default()), 1, 1);
        assert_eq!(again.conversation_code(), code, "the same for the same seed");
    }
}
