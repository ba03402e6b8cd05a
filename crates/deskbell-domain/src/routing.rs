//! Routing: which agent a waiting chat is offered to. Strict first-in first-out within a department and priority: of the chats that an
//! agent is good for, the first is served before any other, and an agent never has more chats (joined and ringing together) than slots.

use crate::department::Strategy;
use crate::ids::{AgentId, ChatId, SkillId};
use crate::skill::has_all;

/// A chat that waits with nobody asked. Queues are given in order: higher priority first, then the longest waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedChat {
    pub chat: ChatId,
    /// Meant for this agent only (a transfer to him).
    pub pinned: Option<AgentId>,
    /// Who served the customer last.
    pub earlier: Option<AgentId>,
    /// Who was asked in vain since it waits, latest first.
    pub asked: Vec<AgentId>,
    /// Only for agents who have all of these; none: anybody's.
    pub skills: Vec<SkillId>,
}

impl QueuedChat {
    /// Whether an agent is one that it may ring at.
    pub fn is_for(&self, candidate: &Candidate) -> bool {
        match self.pinned {
            Some(pinned) => candidate.agent == pinned,
            None => has_all(&candidate.skills, &self.skills),
        }
    }
}

/// An agent of the department who takes chats now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub agent: AgentId,
    pub slots: u16,
    /// Slots in use: chats joined and offers that ring.
    pub load: u32,
    /// 1 first … 100 last.
    pub priority: u8,
    pub skills: Vec<SkillId>,
}

impl Candidate {
    pub fn has_room(&self) -> bool {
        self.load < u32::from(self.slots)
    }
}

/// A decision: this chat rings at these agents (more than one only with [`Strategy::RingAll`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    pub chat: ChatId,
    pub agents: Vec<AgentId>,
}

/// Offers the chats of one department's queue to its agents until somebody or everybody is used up. `chance` draws a number below its
/// argument and decides between equals.
pub fn route(queue: &[QueuedChat], candidates: &[Candidate], strategy: Strategy, chance: impl FnMut(usize) -> usize) -> Vec<Ring> {
    route_each(queue, candidates, |_| strategy, chance)
}

/// The same where each chat may have a strategy of its own.
pub fn route_each(
    queue: &[QueuedChat],
    candidates: &[Candidate],
    strategy: impl Fn(&QueuedChat) -> Strategy,
    mut chance: impl FnMut(usize) -> usize,
) -> Vec<Ring> {
    let mut free: Vec<Candidate> = candidates.iter().filter(|candidate| candidate.has_room()).cloned().collect();
    let mut rings = Vec::new();
    for chat in queue {
        if free.is_empty() {
            break;
        }
        let agents = choose(chat, &free, strategy(chat), &mut chance);
        for agent in &agents {
            if let Some(candidate) = free.iter_mut().find(|candidate| candidate.agent == *agent) {
                candidate.load += 1;
            }
        }
        free.retain(Candidate::has_room);
        if !agents.is_empty() {
            rings.push(Ring { chat: chat.chat, agents });
        }
    }
    rings
}

fn choose(chat: &QueuedChat, free: &[Candidate], strategy: Strategy, chance: &mut impl FnMut(usize) -> usize) -> Vec<AgentId> {
    let free: Vec<&Candidate> = free.iter().filter(|candidate| chat.is_for(candidate)).collect();
    if chat.pinned.is_some() {
        return free.into_iter().map(|candidate| candidate.agent).collect();
    }
    // Who was asked in vain comes again only when all others were asked too; then the round starts over.
    let fresh: Vec<&Candidate> = free.iter().copied().filter(|candidate| !chat.asked.contains(&candidate.agent)).collect();
    let mut round: Vec<&Candidate> = if fresh.is_empty() {
        // The one asked longest ago goes first.
        let oldest = free.iter().copied().max_by_key(|candidate| chat.asked.iter().position(|asked| *asked == candidate.agent));
        match strategy {
            Strategy::RingAll => free,
            Strategy::Random | Strategy::LeastBusy | Strategy::FillUp | Strategy::Priority => oldest.into_iter().collect(),
        }
    } else {
        fresh
    };
    if strategy == Strategy::RingAll {
        return round.iter().map(|candidate| candidate.agent).collect();
    }
    if let Some(earlier) = chat.earlier
        && round.iter().any(|candidate| candidate.agent == earlier)
    {
        return vec![earlier];
    }
    // A share of slots in use, in parts of a million, so that it compares as an integer.
    let share = |candidate: &Candidate| u64::from(candidate.load) * 1_000_000 / u64::from(candidate.slots.max(1));
    let best = match strategy {
        Strategy::Random | Strategy::RingAll => None,
        Strategy::LeastBusy => round.iter().map(|candidate| share(candidate)).min(),
        Strategy::FillUp => round.iter().map(|candidate| u64::MAX - share(candidate)).min(),
        Strategy::Priority => round.iter().map(|candidate| u64::from(candidate.priority)).min(),
    };
    if let Some(best) = best {
        round.retain(|candidate| match strategy {
            Strategy::Random | Strategy::RingAll => true,
            Strategy::LeastBusy => share(candidate) == best,
            Strategy::FillUp => u64::MAX - share(candidate) == best,
            Strategy::Priority => u64::from(candidate.priority) == best,
        });
    }
    if round.is_empty() { Vec::new() } else { vec![round[chance(round.len()) % round.len()].agent] }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

    use super::*;

    fn agent(n: i64) -> AgentId {
        AgentId::from_i64(n)
    }

    fn waiting(n: i64) -> QueuedChat {
        QueuedChat { chat: ChatId::from_i64(n), pinned: None, earlier: None, asked: Vec::new(), skills: Vec::new() }
    }

    fn candidate(n: i64, slots: u16, load: u32, priority: u8) -> Candidate {
        Candidate { agent: agent(n), slots, load, priority, skills: Vec::new() }
    }

    /// Skills as the set bits of a number.
    fn bits(bits: u8) -> Vec<SkillId> {
        (0..8).filter(|bit| bits & (1 << bit) != 0).map(SkillId::from_i64).collect()
    }

    fn asking(n: i64, skills: u8) -> QueuedChat {
        QueuedChat { skills: bits(skills), ..waiting(n) }
    }

    fn skilled(n: i64, slots: u16, priority: u8, skills: u8) -> Candidate {
        Candidate { skills: bits(skills), ..candidate(n, slots, 0, priority) }
    }

    fn rings(queue: &[QueuedChat], free: &[Candidate], strategy: Strategy) -> Vec<(i64, Vec<i64>)> {
        route(queue, free, strategy, |_| 0)
            .into_iter()
            .map(|ring| (ring.chat.get(), ring.agents.into_iter().map(AgentId::get).collect()))
            .collect()
    }

    #[test]
    fn strategies() {
        let free = [candidate(1, 4, 2, 50), candidate(2, 4, 1, 90), candidate(3, 10, 9, 10)];
        for (strategy, expected) in [
            (Strategy::Random, vec![1]),
            (Strategy::LeastBusy, vec![2]),
            (Strategy::FillUp, vec![3]),
            (Strategy::Priority, vec![3]),
            (Strategy::RingAll, vec![1, 2, 3]),
        ] {
            assert_eq!(rings(&[waiting(9)], &free, strategy), vec![(9, expected)], "{strategy:?}");
        }
    }

    #[test]
    fn earlier_agent_comes_first_if_he_has_room() {
        let mut chat = waiting(9);
        chat.earlier = Some(agent(1));
        assert_eq!(
            rings(std::slice::from_ref(&chat), &[candidate(1, 2, 1, 90), candidate(2, 2, 0, 1)], Strategy::Priority),
            vec![(9, vec![1])]
        );
        assert_eq!(rings(&[chat], &[candidate(1, 2, 2, 90), candidate(2, 2, 0, 1)], Strategy::Priority), vec![(9, vec![2])]);
    }

    #[test]
    fn who_was_asked_in_vain_waits_for_the_next_round() {
        let mut chat = waiting(9);
        let both = [candidate(1, 5, 0, 1), candidate(2, 5, 0, 2)];
        chat.asked = vec![agent(1)];
        assert_eq!(rings(std::slice::from_ref(&chat), &both, Strategy::Priority), vec![(9, vec![2])]);
        chat.asked = vec![agent(2), agent(1)];
        assert_eq!(rings(std::slice::from_ref(&chat), &both, Strategy::Priority), vec![(9, vec![1])]);
        chat.asked = vec![agent(1), agent(1)];
        assert_eq!(rings(&[chat], &both[..1], Strategy::Priority), vec![(9, vec![1])], "the only one is asked again");
    }

    #[test]
    fn a_pinned_chat_waits_for_its_agent_and_lets_others_pass() {
        let mut chat = waiting(8);
        chat.pinned = Some(agent(7));
        assert_eq!(rings(&[chat, waiting(9)], &[candidate(1, 1, 0, 1)], Strategy::Random), vec![(9, vec![1])]);
    }

    #[test]
    fn skills_are_asked_for_and_others_pass() {
        // Agents by number, slots, priority, skills; chats by number and skills.
        let staff = [skilled(1, 1, 1, 0b00), skilled(2, 1, 2, 0b01), skilled(3, 1, 3, 0b11)];
        for (strategy, queue, expected) in [
            (Strategy::Priority, vec![asking(8, 0b01)], vec![(8, vec![2])]),
            (Strategy::Priority, vec![asking(8, 0b11)], vec![(8, vec![3])]),
            (Strategy::Priority, vec![asking(8, 0b100), asking(9, 0)], vec![(9, vec![1])]),
            (Strategy::Priority, vec![asking(7, 0b01), asking(8, 0b01), asking(9, 0b01)], vec![(7, vec![2]), (8, vec![3])]),
            (Strategy::Priority, vec![asking(7, 0b11), asking(8, 0b11), asking(9, 0b01)], vec![(7, vec![3]), (9, vec![2])]),
            (Strategy::RingAll, vec![asking(8, 0b01), asking(9, 0)], vec![(8, vec![2, 3]), (9, vec![1])]),
        ] {
            assert_eq!(rings(&queue, &staff, strategy), expected, "{strategy:?} {queue:?}");
        }
    }

    #[test]
    fn rounds_earlier_agents_and_pins_among_those_who_have_the_skills() {
        let staff = [skilled(1, 5, 1, 0b0), skilled(2, 5, 2, 0b1), skilled(3, 5, 3, 0b1)];
        let chat = asking(9, 0b1);
        for (asked, earlier, pinned, expected) in [
            (vec![], None, None, 2),
            (vec![2], None, None, 3),
            (vec![3, 2], None, None, 2),
            (vec![2, 3], None, None, 3),
            (vec![], Some(3), None, 3),
            (vec![], Some(1), None, 2),
            (vec![3], Some(3), None, 2),
            (vec![], None, Some(1), 1),
        ] {
            let asked: Vec<AgentId> = asked.into_iter().map(agent).collect();
            let chat = QueuedChat { asked, earlier: earlier.map(agent), pinned: pinned.map(agent), ..chat.clone() };
            assert_eq!(rings(std::slice::from_ref(&chat), &staff, Strategy::Priority), vec![(9, vec![expected])], "{chat:?}");
        }
    }

    proptest! {
        #[test]
        fn with_skills_too_the_first_that_fits_is_served(
            staff in prop::collection::vec((0u16..4, 0u32..4, 1u8..100, 0u8..8), 0..6),
            chats in prop::collection::vec((0u8..8, 0i64..40), 0..12),
            strategy in prop::sample::select(Strategy::ALL),
            asked in prop::collection::vec(0i64..6, 0..8),
            seed in any::<usize>(),
        ) {
            let candidates: Vec<Candidate> = staff.iter().enumerate().map(|(n, (slots, load, priority, skills))| {
                Candidate { skills: bits(*skills), ..candidate(n as i64, *slots, *load, *priority) }
            }).collect();
            let queue: Vec<QueuedChat> = chats.iter().enumerate().map(|(n, (skills, pinned))| QueuedChat {
                // Some are meant for one of the first six agents.
                pinned: (*pinned < 6).then(|| agent(*pinned)),
                asked: if n % 3 == 0 { asked.iter().map(|n| agent(*n)).collect() } else { Vec::new() },
                ..asking(n as i64, *skills)
            }).collect();
            let rings = route(&queue, &candidates, strategy, |n| seed % n);
            let mut load: HashMap<AgentId, u32> = candidates.iter().map(|c| (c.agent, c.load)).collect();
            let rung = |chat: ChatId| rings.iter().find(|ring| ring.chat == chat);
            for ring in &rings {
                let chat = queue.iter().find(|chat| chat.chat == ring.chat).unwrap();
                prop_assert!(!ring.agents.is_empty());
                for agent in &ring.agents {
                    let candidate = candidates.iter().find(|c| c.agent == *agent).unwrap();
                    prop_assert!(chat.is_for(candidate), "rings at one who is not meant");
                    let used = load.get_mut(agent).unwrap();
                    *used += 1;
                    prop_assert!(*used <= u32::from(candidate.slots), "over capacity");
                }
            }
            let order: Vec<ChatId> = rings.iter().map(|ring| ring.chat).collect();
            let in_queue: Vec<ChatId> = queue.iter().map(|chat| chat.chat).filter(|chat| order.contains(chat)).collect();
            prop_assert_eq!(&order, &in_queue, "in the queue's order");
            for (place, chat) in queue.iter().enumerate().filter(|(_, chat)| rung(chat.chat).is_none()) {
                for candidate in candidates.iter().filter(|candidate| chat.is_for(candidate)) {
                    // Nobody whom it is for has room left, and none of them went to one behind it.
                    prop_assert!(load[&candidate.agent] >= u32::from(candidate.slots), "left waiting");
                    let behind = queue[place..].iter().filter_map(|later| rung(later.chat));
                    prop_assert!(behind.into_iter().all(|ring| !ring.agents.contains(&candidate.agent)), "overtaken");
                }
            }
        }

        #[test]
        fn no_slot_is_used_twice_and_nobody_is_overtaken(
            slots in prop::collection::vec((0u16..4, 0u32..4, 1u8..100), 0..6),
            waiting_count in 0usize..12,
            strategy in prop::sample::select(Strategy::ALL),
            asked in prop::collection::vec(0i64..6, 0..8),
            seed in any::<usize>(),
        ) {
            let candidates: Vec<Candidate> = slots.iter().enumerate()
                .map(|(n, (slots, load, priority))| candidate(n as i64, *slots, *load, *priority)).collect();
            let queue: Vec<QueuedChat> = (0..waiting_count).map(|n| {
                let mut chat = waiting(n as i64);
                if n % 3 == 0 { chat.asked = asked.iter().map(|n| agent(*n)).collect(); }
                chat
            }).collect();
            let rings = route(&queue, &candidates, strategy, |n| seed % n);
            let mut load: HashMap<AgentId, u32> = candidates.iter().map(|c| (c.agent, c.load)).collect();
            for ring in &rings {
                prop_assert!(!ring.agents.is_empty());
                for agent in &ring.agents {
                    let slots = candidates.iter().find(|c| c.agent == *agent).map_or(0, |c| c.slots);
                    let used = load.get_mut(agent).unwrap();
                    *used += 1;
                    prop_assert!(*used <= u32::from(slots), "over capacity");
                }
            }
            // Nobody is overtaken: the chats that ring are the head of the queue.
            let rung: Vec<ChatId> = rings.iter().map(|ring| ring.chat).collect();
            let head: Vec<ChatId> = queue.iter().take(rung.len()).map(|chat| chat.chat).collect();
            prop_assert_eq!(&rung, &head);
            // And a free slot is left only when the whole queue rings.
            let room = candidates.iter().any(|c| load[&c.agent] < u32::from(c.slots));
            prop_assert!(!room || rung.len() == queue.len());
        }
    }
}
