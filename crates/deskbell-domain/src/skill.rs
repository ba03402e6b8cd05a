//! Skills: what some agents can do, and what a chat may ask an agent for.

use crate::ids::{AgentId, SkillId};
use crate::time::Timestamp;

/// Something that some agents are good at: a language, a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skill {
    pub id: SkillId,
    /// No two skills differ by upper and lower case only.
    pub name: String,
    pub description: String,
    /// One that is switched off is asked for by nobody, and routing does not see it.
    pub enabled: bool,
    /// By id.
    pub members: Vec<AgentId>,
}

/// Whether somebody with the skills `has` has all that are asked for.
pub fn has_all(has: &[SkillId], asked: &[SkillId]) -> bool {
    asked.iter().all(|skill| has.contains(skill))
}

/// The desk's rule of skills, when chats are routed by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkillRule {
    /// Seconds a chat waits for those who have the skills, before anybody of the department may get it.
    pub wait_seconds: u32,
}

impl SkillRule {
    /// Whether a chat that asks for these skills is only for those who have them: its time has not run out, and in the department there is
    /// somebody who has them all. `staff` are the skills of each of its agents, whatever their status.
    pub fn holds<'a>(
        self,
        asked: &[SkillId],
        mut staff: impl Iterator<Item = &'a [SkillId]>,
        waiting_since: Timestamp,
        now: Timestamp,
    ) -> bool {
        let over = waiting_since.plus_seconds(i64::from(self.wait_seconds));
        !asked.is_empty() && now < over && staff.any(|has| has_all(has, asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skills(numbers: &[i64]) -> Vec<SkillId> {
        numbers.iter().map(|n| SkillId::from_i64(*n)).collect()
    }

    #[test]
    fn all_that_is_asked_for() {
        for (has, asked, wanted) in [
            (&[][..], &[][..], true),
            (&[1, 2], &[], true),
            (&[1, 2], &[2], true),
            (&[1, 2], &[2, 1], true),
            (&[1], &[1, 2], false),
            (&[], &[1], false),
        ] {
            assert_eq!(has_all(&skills(has), &skills(asked)), wanted, "{has:?} {asked:?}");
        }
    }

    #[test]
    fn the_rule_holds_until_the_time_is_over_and_only_if_somebody_can_come() {
        let rule = SkillRule { wait_seconds: 60 };
        let since = Timestamp::from_seconds(1_000);
        // (asked, what the agents have, seconds waited) → only for those who have them
        for (asked, staff, waited, wanted) in [
            (&[1][..], &[&[1][..]][..], 0, true),
            (&[1], &[&[1]], 59, true),
            (&[1], &[&[1]], 60, false),
            (&[1], &[&[1]], 500, false),
            (&[1, 2], &[&[1], &[2]], 0, false),
            (&[1, 2], &[&[1], &[2, 3, 1]], 0, true),
            (&[1], &[], 0, false),
            (&[], &[&[1]], 0, false),
        ] {
            let staff: Vec<Vec<SkillId>> = staff.iter().map(|has| skills(has)).collect();
            let holds = rule.holds(&skills(asked), staff.iter().map(Vec::as_slice), since, since.plus_seconds(waited));
            assert_eq!(holds, wanted, "{asked:?} {staff:?} {waited}");
        }
    }
}
