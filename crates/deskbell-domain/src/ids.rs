//! Identifiers. Every entity has one integer in [36^7, 36^8): LiveAgent shows it as eight lower-case base-36 characters, Zendesk as the
//! integer. Tags have their own range [36^3, 36^4), four characters. Ids are handed out by walking a keyed permutation of a counter
//! ([`Scatter`]), so they never collide and neighbours are not neighbouring numbers.

use std::fmt;

/// First entity id: 36^7.
pub const ENTITY_MIN: i64 = 78_364_164_096;
/// One past the last entity id: 36^8.
pub const ENTITY_END: i64 = 2_821_109_907_456;
/// First tag id: 36^3.
pub const TAG_MIN: i64 = 46_656;
/// One past the last tag id: 36^4.
pub const TAG_END: i64 = 1_679_616;

/// Digits of the largest integer in base 36.
pub const BASE36_DIGITS_MAX: usize = 13;

/// Writes a non-negative integer in lower-case base 36.
pub fn to_base36(value: i64) -> String {
    spell(value, &mut [0; BASE36_DIGITS_MAX]).to_owned()
}

/// The same without memory of its own.
pub fn spell(value: i64, room: &mut [u8; BASE36_DIGITS_MAX]) -> &str {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let (mut rest, mut at) = (value.max(0), room.len());
    loop {
        at -= 1;
        room[at] = DIGITS[(rest % 36) as usize];
        rest /= 36;
        if rest == 0 {
            return std::str::from_utf8(&room[at..]).expect("digits are ASCII");
        }
    }
}

/// Reads lower-case base 36 (at most eight characters).
pub fn from_base36(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 8 {
        return None;
    }
    text.bytes().try_fold(0i64, |value, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            _ => return None,
        };
        Some(value * 36 + i64::from(digit))
    })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident: $min:expr, $end:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// Wraps a stored integer. Only ids that this desk handed out are stored, so nothing is checked.
            pub const fn from_i64(value: i64) -> Self {
                $name(value)
            }

            pub const fn get(self) -> i64 {
                self.0
            }

            /// Reads the outside spelling in base 36; `None` if it cannot be an id of this kind.
            pub fn parse(text: &str) -> Option<Self> {
                let value = from_base36(text)?;
                ($min..$end).contains(&value).then_some($name(value))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(spell(self.0, &mut [0; BASE36_DIGITS_MAX]))
            }
        }
    )+};
}

ids! {
    AgentId: ENTITY_MIN, ENTITY_END;
    /// Runs from `default` (see [`DepartmentId::DEFAULT`]) upwards.
    DepartmentId: DEFAULT_DEPARTMENT, ENTITY_END;
    CustomerId: ENTITY_MIN, ENTITY_END;
    ConversationId: ENTITY_MIN, ENTITY_END;
    GroupId: ENTITY_MIN, ENTITY_END;
    MessageId: ENTITY_MIN, ENTITY_END;
    ChatId: ENTITY_MIN, ENTITY_END;
    EngagementId: ENTITY_MIN, ENTITY_END;
    OfferId: ENTITY_MIN, ENTITY_END;
    VisitId: ENTITY_MIN, ENTITY_END;
    /// A browser that comes back: the same over all its visits.
    VisitorId: ENTITY_MIN, ENTITY_END;
    BanId: ENTITY_MIN, ENTITY_END;
    CredentialId: ENTITY_MIN, ENTITY_END;
    CompanyId: ENTITY_MIN, ENTITY_END;
    WidgetId: ENTITY_MIN, ENTITY_END;
    SkillId: ENTITY_MIN, ENTITY_END;
    GoalId: ENTITY_MIN, ENTITY_END;
    ConversionId: ENTITY_MIN, ENTITY_END;
    TriggerId: ENTITY_MIN, ENTITY_END;
    ShortcutId: ENTITY_MIN, ENTITY_END;
    OauthClientId: ENTITY_MIN, ENTITY_END;
    /// What an agent granted an OAuth client.
    OauthGrantId: ENTITY_MIN, ENTITY_END;
    CallId: ENTITY_MIN, ENTITY_END;
    /// An agent's part of a call.
    CallLegId: ENTITY_MIN, ENTITY_END;
    /// A call rings at an agent.
    RingId: ENTITY_MIN, ENTITY_END;
    SlaLevelId: ENTITY_MIN, ENTITY_END;
    /// A clock of a service level.
    SlaItemId: ENTITY_MIN, ENTITY_END;
    /// What chooses the level of a new conversation.
    SlaRuleId: ENTITY_MIN, ENTITY_END;
    RuleId: ENTITY_MIN, ENTITY_END;
    TimeRuleId: ENTITY_MIN, ENTITY_END;
    CannedMessageId: ENTITY_MIN, ENTITY_END;
    PredefinedAnswerId: ENTITY_MIN, ENTITY_END;
    TagId: TAG_MIN, TAG_END;
    /// Drawn from the tags' range.
    CustomerGroupId: TAG_MIN, TAG_END;
}

/// A knowledge base: spelled like other entities, but for the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KnowledgeBaseId(i64);

impl KnowledgeBaseId {
    /// The base that always exists, spelled `kb_defa`.
    pub const DEFAULT: KnowledgeBaseId = KnowledgeBaseId(1);
    const DEFAULT_TEXT: &'static str = "kb_defa";

    pub const fn from_i64(value: i64) -> Self {
        KnowledgeBaseId(value)
    }

    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads the outside spelling; `None` if it cannot be a knowledge base.
    pub fn parse(text: &str) -> Option<Self> {
        if text == KnowledgeBaseId::DEFAULT_TEXT {
            return Some(KnowledgeBaseId::DEFAULT);
        }
        from_base36(text).filter(|value| (ENTITY_MIN..ENTITY_END).contains(value)).map(KnowledgeBaseId)
    }
}

impl fmt::Display for KnowledgeBaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == KnowledgeBaseId::DEFAULT {
            f.write_str(KnowledgeBaseId::DEFAULT_TEXT)
        } else {
            f.write_str(spell(self.0, &mut [0; BASE36_DIGITS_MAX]))
        }
    }
}

/// An entry of a knowledge base: counted from 1 over all bases, spelled in decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KnowledgeEntryId(i64);

impl KnowledgeEntryId {
    pub const fn from_i64(value: i64) -> Self {
        KnowledgeEntryId(value)
    }

    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads a positive decimal number.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = !text.is_empty() && text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().filter(|value| *value > 0).map(KnowledgeEntryId)
    }
}

impl fmt::Display for KnowledgeEntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// `default` read as base 36.
const DEFAULT_DEPARTMENT: i64 = 29_170_397_297;

impl DepartmentId {
    /// The department that always exists. LiveAgent spells it `default` (which is this number in base 36), Zendesk `0` or null.
    pub const DEFAULT: DepartmentId = DepartmentId(DEFAULT_DEPARTMENT);
}

/// A keyed permutation of a range: walks 0, 1, 2, … to numbers that look drawn at random and never repeat.
/// A Feistel network over the smallest even number of bits that holds the range, walked until the result falls inside it.
#[derive(Debug, Clone, Copy)]
pub struct Scatter {
    key: u64,
    min: i64,
    size: u64,
    half_bits: u32,
}

impl Scatter {
    /// For entities: [36^7, 36^8).
    pub fn entities(key: u64) -> Self {
        Scatter::over(key, ENTITY_MIN, ENTITY_END)
    }

    /// For tags: [36^3, 36^4).
    pub fn tags(key: u64) -> Self {
        Scatter::over(key ^ 0x7461_6773, TAG_MIN, TAG_END)
    }

    fn over(key: u64, min: i64, end: i64) -> Self {
        let size = (end - min) as u64;
        let bits = 64 - (size - 1).leading_zeros();
        Scatter { key, min, size, half_bits: bits.div_ceil(2) }
    }

    /// The id for a counter's value; `None` once the range is used up.
    pub fn place(&self, counter: u64) -> Option<i64> {
        if counter >= self.size {
            return None;
        }
        let mut value = counter;
        loop {
            value = self.round_trip(value);
            if value < self.size {
                return Some(self.min + value as i64);
            }
        }
    }

    fn round_trip(&self, value: u64) -> u64 {
        let mask = (1u64 << self.half_bits) - 1;
        let (mut left, mut right) = (value >> self.half_bits, value & mask);
        for round in 0..6u64 {
            let mixed = mix(right ^ self.key.rotate_left(round as u32 * 11) ^ (round << 56)) & mask;
            (left, right) = (right, left ^ mixed);
        }
        (left << self.half_bits) | right
    }
}

/// The finaliser of splitmix64.
const fn mix(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn default_department_is_its_own_spelling() {
        assert_eq!(DepartmentId::DEFAULT.to_string(), "default");
        assert_eq!(DepartmentId::parse("default"), Some(DepartmentId::DEFAULT));
        assert_eq!(DepartmentId::parse("0"), None);
    }

    #[test]
    fn knowledge_bases_and_entries() {
        assert_eq!(KnowledgeBaseId::DEFAULT.to_string(), "kb_defa");
        for text in ["kb_defa", "ec4d78df"] {
            assert_eq!(KnowledgeBaseId::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "1", "kb_def", "default", "KB_DEFA"] {
            assert_eq!(KnowledgeBaseId::parse(wrong), None, "{wrong}");
        }
        assert_eq!(KnowledgeEntryId::parse("288").map(KnowledgeEntryId::get), Some(288));
        for wrong in ["", "0", "-1", "+1", "1e3", "9999999999999999", "x"] {
            assert_eq!(KnowledgeEntryId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ids_have_eight_characters_and_read_back() {
        for value in [ENTITY_MIN, ENTITY_MIN + 1, 383_486_450_414, ENTITY_END - 1] {
            let id = AgentId::from_i64(value);
            assert_eq!(id.to_string().len(), 8);
            assert_eq!(AgentId::parse(&id.to_string()), Some(id));
        }
        for wrong in ["", "abc", "ABCDEFGH", "123456789", "........", "0000000a"] {
            assert_eq!(AgentId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn scatter_never_repeats_and_stays_in_range() {
        let scatter = Scatter::tags(7);
        let mut seen = HashSet::new();
        for counter in 0..200_000 {
            let id = scatter.place(counter).unwrap();
            assert!((TAG_MIN..TAG_END).contains(&id));
            assert!(seen.insert(id), "counter {counter} repeats {id}");
        }
        let entities = Scatter::entities(7);
        let near = (0..1_000).filter(|n| (entities.place(*n).unwrap() - entities.place(n + 1).unwrap()).abs() < 1_000).count();
        assert_eq!(near, 0, "neighbours must not be neighbouring numbers");
        assert_eq!(Scatter::tags(1).place((TAG_END - TAG_MIN) as u64), None);
    }
}
