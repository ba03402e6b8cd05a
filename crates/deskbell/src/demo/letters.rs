//! Mail on the demo's desk: what a program that fetches it tells with its key. Customers write, agents write to them first; it is answered,
//! and some write again.

use deskbell_app::conversations::by_customer::{Reply, reply_by_customer};
use deskbell_app::conversations::by_key::opening::{Opening, open};
use deskbell_app::conversations::{self, Change, Writing};
use deskbell_app::error::AppError;
use deskbell_domain::conversation::Status;
use deskbell_domain::customer::Customer;
use deskbell_domain::ids::ConversationId;
use deskbell_domain::message::Actor;
use deskbell_store::Tx;
use rand::RngExt;

use super::dialogues::Section;
use super::engine::Engine;
use super::people::{per_cent, pick, wait_seconds};

/// Where customers write to.
const ADDRESS: &str = "hello@fernhill.example.com";
/// How long it takes on average until a mail is answered, and until somebody thinks of another question.
const ANSWERED_SECONDS: f64 = 2.0 * 3_600.0;
const ANOTHER_SECONDS: f64 = 20.0 * 3_600.0;
/// Subject and text of what customers write, the answer, a second question, the tag.
const LETTERS: [[&str; 5]; 4] = [
    [
        "Invoice for our club",
        "Could you send the invoice again, made out to the club?",
        "Here it is, made out to the club.",
        "The number of the club is missing on it.",
        "invoice",
    ],
    [
        "Boots for the whole group",
        "We are eleven and all need boots by May. Is there a price for groups?",
        "From ten pairs on we take ten per cent off.",
        "And if two of us need half sizes?",
        "group order",
    ],
    [
        "Strap torn",
        "The left strap of my rucksack has torn off. Can you sew it on?",
        "We can. Please send it to us with the label in your account.",
        "How long will it take?",
        "repair",
    ],
    [
        "Catalogue",
        "Do you still print a catalogue? My father has no computer.",
        "We do, once a year. It is on its way to him.",
        "He wants the one for winter, too.",
        "catalogue",
    ],
];
/// Subject and text of what agents write first.
const NEWS: [(&str, &str); 3] = [
    ("Your repair is done", "The jacket is ready and leaves our workshop today."),
    ("Your order is late", "The tent comes a week later than we told you. We are sorry."),
    ("You forgot something", "You left your gloves in the shop. We send them after you."),
];

/// What becomes of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LetterAct {
    /// The place of the letter among those that are written.
    Answered(usize),
    Again(usize),
    Resolved,
}

impl Engine {
    /// A customer writes a mail.
    pub(super) fn mails(&mut self, tx: &mut Tx<'_>, customer: &Customer) -> Result<(), AppError> {
        let Some(creator) = customer.email.clone() else { return Ok(()) };
        let letter = self.chance.random_range(0..LETTERS.len());
        let [subject, text, ..] = LETTERS[letter];
        let opening = Opening { creator, recipient: ADDRESS.to_owned(), ..self.opening(subject, text) };
        let conversation = open(tx, &mut self.cx, None, &opening)?.id;
        self.counts.mails += 1;
        self.counts.messages += 1;
        let seconds = wait_seconds(&mut self.chance, ANSWERED_SECONDS);
        self.on_letter(conversation, seconds, LetterAct::Answered(letter));
        Ok(())
    }

    /// An agent writes one, and perhaps is answered.
    pub(super) fn writes_first(&mut self, tx: &mut Tx<'_>, customer: &Customer) -> Result<(), AppError> {
        let (Some(recipient), Some(place)) = (customer.email.clone(), self.somebody(Section::Support)) else { return Ok(()) };
        let (subject, text) = *pick(&mut self.chance, &NEWS);
        let creator = self.staff.members[place].id.to_string();
        let opening = Opening { creator, recipient, status: Some(Status::Answered), ..self.opening(subject, text) };
        let conversation = open(tx, &mut self.cx, None, &opening)?.id;
        self.counts.mails += 1;
        self.counts.messages += 1;
        let (letter, seconds) = (self.chance.random_range(0..LETTERS.len()), wait_seconds(&mut self.chance, ANOTHER_SECONDS));
        let act = if per_cent(&mut self.chance, 40) { LetterAct::Again(letter) } else { LetterAct::Resolved };
        self.on_letter(conversation, seconds, act);
        Ok(())
    }

    fn opening(&self, subject: &str, text: &str) -> Opening {
        let department = self.staff.department(Section::Support).to_string();
        Opening { department, subject: subject.to_owned(), text: text.to_owned(), ..Opening::default() }
    }

    pub(super) fn letter_act(&mut self, tx: &mut Tx<'_>, conversation: ConversationId, act: LetterAct) -> Result<(), AppError> {
        if self.is_closed(tx, conversation)? {
            return Ok(());
        }
        if let LetterAct::Again(letter) = act {
            return self.writes_again(tx, conversation, letter);
        }
        let Some(place) = self.somebody(Section::Support) else {
            let seconds = self.office_time().seconds_since(self.cx.now) as f64;
            self.on_letter(conversation, seconds, act);
            return Ok(());
        };
        let by = Actor::Agent(self.staff.members[place].id);
        match act {
            LetterAct::Answered(letter) => {
                let [_, _, answer, _, tag] = LETTERS[letter];
                conversations::set_tags(tx, &self.cx, by, conversation, &[tag.to_owned()])?;
                self.writes(tx, by, conversation, Writing::Message, answer, &[])?;
                self.counts.messages += 1;
                let seconds = wait_seconds(&mut self.chance, ANOTHER_SECONDS);
                let next = if per_cent(&mut self.chance, 35) { LetterAct::Again(letter) } else { LetterAct::Resolved };
                self.on_letter(conversation, seconds, next);
            }
            LetterAct::Resolved => drop(conversations::change_status(tx, &self.cx, by, conversation, Change::Resolve)?),
            LetterAct::Again(_) => {}
        }
        Ok(())
    }

    fn writes_again(&mut self, tx: &mut Tx<'_>, conversation: ConversationId, letter: usize) -> Result<(), AppError> {
        self.replies(tx, conversation, LETTERS[letter][3])?;
        let seconds = wait_seconds(&mut self.chance, ANSWERED_SECONDS);
        self.on_letter(conversation, seconds, LetterAct::Answered(letter));
        Ok(())
    }

    /// A customer writes again, and what was answered is open.
    pub(super) fn replies(&mut self, tx: &mut Tx<'_>, conversation: ConversationId, text: &str) -> Result<(), AppError> {
        reply_by_customer(tx, &mut self.cx, conversation, Reply { text, key: None, address: "", signed_in: None })?;
        self.counts.reopened += 1;
        self.counts.messages += 1;
        Ok(())
    }
}
