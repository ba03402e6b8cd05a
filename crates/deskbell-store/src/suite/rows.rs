//! Plain rows that a test changes what it cares about of.

use super::at;
use deskbell_domain::conversation::{Channel, Conversation, Status};
use deskbell_domain::department::{Department, Strategy};
use deskbell_domain::ids::{ConversationId, CustomerId, DepartmentId};

pub fn department(id: DepartmentId) -> Department {
    Department {
        id,
        name: "Some".to_owned(),
        description: String::new(),
        strategy: Strategy::Random,
        offer_seconds: 30,
        queue_chats_max: 10,
        enabled: true,
    }
}

/// A new ticket of customer 1 in the default department, from the beginning of time.
pub fn conversation(number: i64) -> Conversation {
    Conversation {
        id: ConversationId::from_i64(number),
        code: format!("ABC-{number}"),
        public_code: format!("public{number}"),
        customer: CustomerId::from_i64(1),
        visitor: None,
        visit: None,
        department: DepartmentId::DEFAULT,
        assigned: None,
        status: Status::New,
        channel: Channel::Form,
        subject: String::new(),
        preview: String::new(),
        created: at(0),
        changed: at(0),
        groups_in: 0,
        groups_out: 0,
        tags: Vec::new(),
    }
}
