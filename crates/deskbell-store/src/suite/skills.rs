//! Skills, who has them, what chats ask for, and queues read in bites.

use super::{Place, TestDb, at, rows};
use crate::tables::{agents, chats, conversations, customers, departments, engagements, skills};
use deskbell_domain::agent::{Agent, AgentStatus, Role};
use deskbell_domain::chat::{Chat, ChatState, EndReason, Engagement, EngagementStart, NewChat, Responses, StartedBy};
use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::customer::Customer;
use deskbell_domain::department::Membership;
use deskbell_domain::ids::{AgentId, ChatId, ConversationId, CustomerId, DepartmentId, EngagementId, GroupId, SkillId};
use deskbell_domain::skill::Skill;

const CUSTOMER: CustomerId = CustomerId::from_i64(1);
const CONVERSATION: ConversationId = ConversationId::from_i64(1);
const OTHER: DepartmentId = DepartmentId::from_i64(7);

fn agent_id(number: i64) -> AgentId {
    AgentId::from_i64(number)
}

fn ids(numbers: &[i64]) -> Vec<SkillId> {
    numbers.iter().map(|number| SkillId::from_i64(*number)).collect()
}

fn skill(number: i64, name: &str, members: &[i64]) -> Skill {
    Skill {
        id: SkillId::from_i64(number),
        name: name.to_owned(),
        description: format!("about {name}"),
        enabled: true,
        members: members.iter().map(|number| agent_id(*number)).collect(),
    }
}

/// Two departments, a customer with a conversation, and agents 1 to 4: 1 to 3 in the first department, the third one switched off.
fn fill(test: &TestDb) {
    test.put(|tx| {
        for id in [DepartmentId::DEFAULT, OTHER] {
            departments::put(tx, &rows::department(id), at(0))?;
        }
        customers::insert(tx, &Customer::anonymous(CUSTOMER, at(0)))?;
        let conversation = Conversation { status: Status::Chatting, channel: Channel::Button, ..rows::conversation(CONVERSATION.get()) };
        conversations::insert(tx, &conversation)?;
        for number in 1..=4 {
            let agent = Agent {
                id: agent_id(number),
                contact: CUSTOMER,
                email: format!("agent{number}@desk.test"),
                first_name: String::new(),
                last_name: String::new(),
                role: Role::Agent,
                slots: 3,
                enabled: number != 3,
                preset: AgentStatus::ONLINE,
                online: AgentStatus::OFFLINE,
            };
            agents::insert(tx, &agent, "none", at(0))?;
            let department = if number == 4 { OTHER } else { DepartmentId::DEFAULT };
            departments::put_member(tx, Membership { department, agent: agent.id, priority: 50 })?;
        }
        Ok(())
    });
}

/// A chat that waits, of this priority and since this second.
fn chat(number: i64, priority: i16, since: i64) -> Chat {
    let mut chat = Chat::requested(NewChat {
        id: ChatId::from_i64(number),
        public_id: format!("chat{number}"),
        conversation: CONVERSATION,
        group: GroupId::from_i64(1),
        customer: CUSTOMER,
        customer_name: String::new(),
        visit: None,
        department: DepartmentId::DEFAULT,
        started_by: StartedBy::Visitor,
        requested: at(since),
    });
    chat.priority = priority;
    chat
}

pub(super) fn skills_come_back_change_and_go(place: &Place) {
    let test = place.open();
    fill(&test);
    let mut french = skill(1, "Français", &[1, 2]);
    let vip = skill(2, "a VIP", &[]);
    let (first, second) = (french.clone(), vip.clone());
    test.put(move |tx| {
        skills::insert(tx, &first, at(1))?;
        skills::insert(tx, &second, at(1))
    });
    assert_eq!(test.see(skills::all), [vip.clone(), french.clone()], "by name, whatever its case");
    assert_eq!(test.see(skills::count), 2);
    for (name, wanted) in [("FRANÇAIS", Some(&french)), ("a vip", Some(&vip)), ("vip", None), ("", None)] {
        assert_eq!(test.see(move |tx| skills::by_name(tx, name)).as_ref(), wanted, "{name}");
    }
    french = Skill { description: "new".to_owned(), enabled: false, ..skill(1, "french", &[2, 4]) };
    let changed = french.clone();
    test.put(move |tx| skills::update(tx, &changed));
    assert_eq!(test.see(|tx| skills::get(tx, SkillId::from_i64(1))), Some(french));
    assert_eq!(test.see(|tx| skills::by_name(tx, "Français")), None);
    let taken = Skill { name: "FRENCH".to_owned(), ..vip.clone() };
    assert!(test.write(move |tx| skills::update(tx, &taken)).is_err(), "a name is taken in any case");
    test.put(|tx| skills::remove(tx, SkillId::from_i64(1)));
    assert_eq!(test.see(skills::all), [vip]);
    assert_eq!(test.see(skills::of_agents), [].into());
}

pub(super) fn who_has_which_skills(place: &Place) {
    let test = place.open();
    fill(&test);
    test.put(|tx| {
        for (number, members) in [(1, &[1, 2, 4][..]), (2, &[2, 3]), (3, &[1, 2])] {
            let enabled = number != 3;
            skills::insert(tx, &Skill { enabled, ..skill(number, &format!("skill {number}"), members) }, at(1))?;
        }
        Ok(())
    });
    let all = [(1, &[1, 3][..]), (2, &[1, 2, 3]), (3, &[2]), (4, &[1])];
    assert_eq!(test.see(skills::of_agents), all.into_iter().map(|(agent, has)| (agent_id(agent), ids(has))).collect());
    let first = [(agent_id(1), ids(&[1])), (agent_id(2), ids(&[1, 2]))];
    assert_eq!(test.see(|tx| skills::of_department(tx, DepartmentId::DEFAULT)), first.into());
    assert_eq!(test.see(|tx| skills::of_department(tx, OTHER)), [(agent_id(4), ids(&[1]))].into());
    assert_eq!(test.see(|tx| Ok((skills::of_agent(tx, agent_id(2))?, skills::of_agent(tx, agent_id(9))?))), (ids(&[1, 2]), ids(&[])));
}

pub(super) fn chats_ask_for_skills(place: &Place) {
    let test = place.open();
    fill(&test);
    test.put(|tx| {
        skills::insert(tx, &skill(1, "on", &[]), at(1))?;
        skills::insert(tx, &Skill { enabled: false, ..skill(2, "off", &[]) }, at(1))?;
        for number in 1..=3 {
            chats::insert(tx, &chat(number, 0, number))?;
        }
        skills::put_of_chat(tx, ChatId::from_i64(1), &ids(&[9, 2, 1]))?;
        skills::put_of_chat(tx, ChatId::from_i64(2), &ids(&[1, 2]))?;
        // What was asked for first is forgotten.
        skills::put_of_chat(tx, ChatId::from_i64(2), &ids(&[2]))
    });
    let of = |number| test.see(move |tx| skills::of_chat(tx, ChatId::from_i64(number)));
    assert_eq!((of(1), of(2), of(3)), (ids(&[9, 2, 1]), ids(&[2]), ids(&[])));
    let all: Vec<ChatId> = (1..=3).map(ChatId::from_i64).collect();
    assert_eq!(test.see(move |tx| skills::asked(tx, &all)), [(ChatId::from_i64(1), ids(&[1]))].into(), "of those there and switched on");
    assert_eq!(test.see(|tx| skills::asked(tx, &[])), [].into());
    test.put(|tx| {
        let mut ended = chat(2, 0, 2);
        ended.end(EndReason::Visitor, at(9));
        chats::update(tx, &ended)?;
        skills::remove(tx, SkillId::from_i64(1))
    });
    assert_eq!(test.see(skills::of_live_chats), [(ChatId::from_i64(1), ids(&[9, 2, 1]))].into());
    assert_eq!(of(2), ids(&[2]), "an ended chat still says what it asked for");

    test.put(|tx| {
        for (number, skills_fulfilled) in [(1, true), (2, false)] {
            let engagement = Engagement {
                id: EngagementId::from_i64(number),
                chat: ChatId::from_i64(1),
                conversation: CONVERSATION,
                agent: agent_id(number),
                department: DepartmentId::DEFAULT,
                ordinal: number as u16,
                start: EngagementStart::Visitor,
                assigned: true,
                joined: at(5),
                left: None,
                visitor_messages: 0,
                agent_messages: 0,
                responses: Responses::default(),
                skills_fulfilled,
            };
            engagements::insert(tx, &engagement, 70 + number)?;
        }
        engagements::leave(tx, EngagementId::from_i64(2), at(8), 80)
    });
    let placed = test.see(|tx| engagements::of_chat(tx, ChatId::from_i64(1)));
    let seen: Vec<_> = placed.iter().map(|one| (one.engagement.skills_fulfilled, one.joined_number, one.left_number)).collect();
    assert_eq!(seen, [(true, 71, None), (false, 72, Some(80))]);
}

pub(super) fn queues_are_read_in_bites(place: &Place) {
    let test = place.open();
    fill(&test);
    // Many wait since the same second, and ids run the other way.
    let mut wanted: Vec<(i16, i64, i64)> = (1..=30).map(|number| ([0, 5, -2][number as usize % 3], number / 8, 1_000 - number)).collect();
    let all = wanted.clone();
    test.put(move |tx| {
        all.iter().try_for_each(|(priority, since, id)| chats::insert(tx, &chat(*id, *priority, *since)))?;
        let elsewhere = Chat { department: OTHER, ..chat(1, 0, 0) };
        chats::insert(tx, &elsewhere)?;
        let offered = Chat { state: ChatState::Offered, ..chat(2, 0, 0) };
        chats::insert(tx, &offered)
    });
    wanted.sort_by_key(|(priority, since, id)| (-priority, *since, *id));
    let wanted: Vec<i64> = wanted.into_iter().map(|(_, _, id)| id).collect();
    for bite in [1, 7, 30, 100] {
        let mut found: Vec<i64> = Vec::new();
        let mut behind: Option<chats::Waiting> = None;
        loop {
            let last = behind.clone();
            let some = test.see(move |tx| chats::waiting(tx, DepartmentId::DEFAULT, last.as_ref(), bite));
            found.extend(some.iter().map(|waiting| waiting.chat.get()));
            match some.into_iter().last() {
                Some(last) => behind = Some(last),
                None => break,
            }
        }
        assert_eq!(found, wanted, "in bites of {bite}");
    }
    let queued: Vec<i64> = test.see(|tx| chats::queued(tx, DepartmentId::DEFAULT, 5)).iter().map(|chat| chat.chat.get()).collect();
    assert_eq!(queued, wanted[..5]);
}
