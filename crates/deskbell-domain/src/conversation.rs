//! Conversations: the whole exchange on one matter, any channel, with a status. The status machine lives here.

use crate::ids::{AgentId, ConversationId, CustomerId, DepartmentId, VisitId, VisitorId};
use crate::spelled;
use crate::time::Timestamp;

spelled! {
    /// LiveAgent's status letters.
    pub enum Status {
        Init = "I",
        New = "N",
        Open = "C",
        Answered = "A",
        Resolved = "R",
        Postponed = "W",
        Chatting = "T",
        Calling = "P",
        Deleted = "X",
        Spam = "B",
    }
}

spelled! {
    /// Where a conversation came from: LiveAgent's channel letters.
    pub enum Channel {
        Email = "E",
        Button = "B",
        Form = "M",
        Invitation = "I",
        Call = "C",
        CallButton = "W",
        Facebook = "F",
        FacebookMessage = "A",
        Twitter = "T",
        Forum = "Q",
        Suggestion = "S",
    }
}

/// Something that may change a conversation's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Turn {
    /// The first message arrives.
    Started,
    /// An agent answers outside live chat.
    AgentAnswers,
    /// The customer writes outside live chat.
    CustomerReplies,
    Postpone,
    /// The time of a postponement is up; the status from before it comes back.
    PostponeOver {
        back: Status,
    },
    Resolve,
    /// Somebody sets Answered, Open by hand.
    MarkAnswered,
    MarkOpen,
    Delete,
    Spam,
    ChatStarts,
    /// A chat ends that an agent had joined.
    ChatEndsAnswered {
        resolve: bool,
    },
    /// A chat ends that nobody joined; with a question left or without one.
    ChatEndsMissed {
        question: bool,
    },
    CallStarts,
    CallEndsAnswered,
    CallEndsMissed,
    /// A call ends that nothing was asked or answered in; the status from before it comes back.
    CallChangedNothing {
        back: Status,
    },
    /// Another conversation, which was in this status, goes into it.
    Merges {
        other: Status,
    },
}

/// What a turn does to a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The status becomes this one.
    To(Status),
    /// Nothing changes.
    Stay,
    /// The conversation is closed for this: start a new one instead.
    StartAnother,
}

/// A turn that the present status does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    pub status: Status,
    pub turn: Turn,
}

/// Whether a customer's reply to a resolved conversation opens it again (the default) or starts another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reopening {
    On,
    Off,
}

impl Status {
    /// Where a turn leads from here.
    pub fn step(self, turn: Turn, reopening: Reopening) -> Result<Step, Refused> {
        use Status::*;
        let refused = Err(Refused { status: self, turn });
        let live = matches!(self, Chatting | Calling);
        let gone = matches!(self, Deleted | Spam);
        match turn {
            Turn::Started if self == Init => Ok(Step::To(New)),
            Turn::Started => refused,
            Turn::AgentAnswers | Turn::MarkAnswered => match self {
                Chatting | Calling | Answered => Ok(Step::Stay),
                Deleted | Spam => refused,
                Init | New | Open | Resolved | Postponed => Ok(Step::To(Answered)),
            },
            Turn::CustomerReplies => match self {
                Answered | Postponed => Ok(Step::To(Open)),
                Resolved if reopening == Reopening::On => Ok(Step::To(Open)),
                Resolved | Deleted | Spam => Ok(Step::StartAnother),
                Init => Ok(Step::To(New)),
                New | Open | Chatting | Calling => Ok(Step::Stay),
            },
            Turn::MarkOpen => match self {
                New | Answered | Resolved | Postponed => Ok(Step::To(Open)),
                Open => Ok(Step::Stay),
                Init | Chatting | Calling | Deleted | Spam => refused,
            },
            Turn::Postpone if matches!(self, New | Open | Answered) => Ok(Step::To(Postponed)),
            Turn::Postpone => refused,
            Turn::PostponeOver { back } if self == Postponed => Ok(Step::To(back)),
            Turn::PostponeOver { .. } => Ok(Step::Stay),
            Turn::Resolve if self == Resolved => Ok(Step::Stay),
            Turn::Resolve if live || gone || self == Init => refused,
            Turn::Resolve => Ok(Step::To(Resolved)),
            Turn::Delete | Turn::Spam => {
                let to = if turn == Turn::Delete { Deleted } else { Spam };
                match self {
                    New | Open | Answered | Resolved | Postponed => Ok(Step::To(to)),
                    Deleted | Spam if self == to => Ok(Step::Stay),
                    Init | Chatting | Calling | Deleted | Spam => refused,
                }
            }
            Turn::ChatStarts | Turn::CallStarts => {
                let to = if turn == Turn::ChatStarts { Chatting } else { Calling };
                match self {
                    Deleted | Spam => Ok(Step::StartAnother),
                    Chatting | Calling if self == to => Ok(Step::Stay),
                    Chatting | Calling => refused,
                    Init | New | Open | Answered | Resolved | Postponed => Ok(Step::To(to)),
                }
            }
            Turn::ChatEndsAnswered { resolve } if self == Chatting => Ok(Step::To(if resolve { Resolved } else { Answered })),
            Turn::ChatEndsMissed { question } if self == Chatting => Ok(Step::To(if question { New } else { Resolved })),
            Turn::ChatEndsAnswered { .. } | Turn::ChatEndsMissed { .. } => refused,
            Turn::CallEndsAnswered if self == Calling => Ok(Step::To(Answered)),
            Turn::CallEndsMissed if self == Calling => Ok(Step::To(New)),
            Turn::CallChangedNothing { back } if self == Calling => Ok(Step::To(back)),
            Turn::CallEndsAnswered | Turn::CallEndsMissed | Turn::CallChangedNothing { .. } => refused,
            Turn::Merges { other } => match self {
                Chatting | Calling | Deleted | Spam => refused,
                Init | New | Open | Answered | Resolved | Postponed if matches!(other, Chatting | Calling) => refused,
                // A question that waits for an answer is not settled by going into a conversation that waits for none.
                Answered | Resolved | Postponed if matches!(other, Init | New | Open) => Ok(Step::To(Open)),
                Init | New | Open | Answered | Resolved | Postponed => Ok(Step::Stay),
            },
        }
    }

    /// What a status that somebody gives a conversation he starts in an agent's name comes to. Nothing is initialised any more when its
    /// first message is there, nothing says until when it is set aside, and no chat or call goes on in it: it is as after one.
    pub fn at_start(self) -> Status {
        match self {
            Status::Init | Status::Postponed => Status::New,
            Status::Chatting | Status::Calling => Status::Answered,
            Status::New | Status::Open | Status::Answered | Status::Resolved | Status::Deleted | Status::Spam => self,
        }
    }
}

/// The whole exchange on one matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    pub id: ConversationId,
    /// `ABC-DEFGH-123`.
    pub code: String,
    /// Sixteen random alphanumerics.
    pub public_code: String,
    pub customer: CustomerId,
    /// The browser and the visit it was started from.
    pub visitor: Option<VisitorId>,
    pub visit: Option<VisitId>,
    pub department: DepartmentId,
    pub assigned: Option<AgentId>,
    pub status: Status,
    pub channel: Channel,
    pub subject: String,
    /// The start of the last customer's or agent's message.
    pub preview: String,
    pub created: Timestamp,
    pub changed: Timestamp,
    /// Turns of the customer and of agents so far.
    pub groups_in: u32,
    pub groups_out: u32,
    pub tags: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use Status::*;

    #[test]
    fn transitions_from_the_table() {
        let on = Reopening::On;
        for (from, turn, to) in [
            (Init, Turn::Started, Step::To(New)),
            (New, Turn::AgentAnswers, Step::To(Answered)),
            (Answered, Turn::CustomerReplies, Step::To(Open)),
            (Open, Turn::AgentAnswers, Step::To(Answered)),
            (Resolved, Turn::CustomerReplies, Step::To(Open)),
            (Answered, Turn::Postpone, Step::To(Postponed)),
            (Postponed, Turn::PostponeOver { back: New }, Step::To(New)),
            (Answered, Turn::PostponeOver { back: New }, Step::Stay),
            (Postponed, Turn::Delete, Step::To(Deleted)),
            (New, Turn::Spam, Step::To(Spam)),
            (New, Turn::ChatStarts, Step::To(Chatting)),
            (Chatting, Turn::ChatEndsAnswered { resolve: false }, Step::To(Answered)),
            (Chatting, Turn::ChatEndsAnswered { resolve: true }, Step::To(Resolved)),
            (Chatting, Turn::ChatEndsMissed { question: true }, Step::To(New)),
            (Chatting, Turn::ChatEndsMissed { question: false }, Step::To(Resolved)),
            (Open, Turn::CallStarts, Step::To(Calling)),
            (Calling, Turn::CallEndsAnswered, Step::To(Answered)),
            (Calling, Turn::CallEndsMissed, Step::To(New)),
            (Calling, Turn::CallChangedNothing { back: Resolved }, Step::To(Resolved)),
            (Deleted, Turn::CustomerReplies, Step::StartAnother),
            (Spam, Turn::ChatStarts, Step::StartAnother),
            (Resolved, Turn::Merges { other: New }, Step::To(Open)),
            (Postponed, Turn::Merges { other: Open }, Step::To(Open)),
            (Answered, Turn::Merges { other: Init }, Step::To(Open)),
            (Resolved, Turn::Merges { other: Answered }, Step::Stay),
            (New, Turn::Merges { other: Open }, Step::Stay),
            (Open, Turn::Merges { other: Deleted }, Step::Stay),
        ] {
            assert_eq!(from.step(turn, on), Ok(to), "{from:?} {turn:?}");
        }
        assert_eq!(Resolved.step(Turn::CustomerReplies, Reopening::Off), Ok(Step::StartAnother));
    }

    #[test]
    fn refusals() {
        for (from, turn) in [
            (Resolved, Turn::Postpone),
            (Chatting, Turn::Resolve),
            (Chatting, Turn::Delete),
            (Deleted, Turn::AgentAnswers),
            (Calling, Turn::ChatStarts),
            (Answered, Turn::CallChangedNothing { back: New }),
            (Answered, Turn::ChatEndsAnswered { resolve: false }),
            (Chatting, Turn::MarkOpen),
            (New, Turn::Started),
            (New, Turn::Merges { other: Chatting }),
            (Open, Turn::Merges { other: Calling }),
            (Chatting, Turn::Merges { other: New }),
            (Deleted, Turn::Merges { other: New }),
            (Spam, Turn::Merges { other: Spam }),
        ] {
            assert_eq!(from.step(turn, Reopening::On), Err(Refused { status: from, turn }));
        }
    }

    #[test]
    fn statuses_at_the_start() {
        let letters = |statuses: &[Status]| statuses.iter().map(|status| status.at_start().text()).collect::<String>();
        assert_eq!(letters(&[Init, New, Open, Answered, Resolved, Postponed, Chatting, Calling, Deleted, Spam]), "NNCARNAAXB");
    }

    #[test]
    fn no_turn_leads_back_to_init() {
        for from in Status::ALL {
            for turn in [Turn::AgentAnswers, Turn::CustomerReplies, Turn::Resolve, Turn::ChatStarts, Turn::MarkOpen, Turn::Postpone] {
                assert_ne!(from.step(turn, Reopening::On), Ok(Step::To(Init)));
            }
        }
    }
}
