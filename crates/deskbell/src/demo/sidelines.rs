//! What happens on the demo's desk beside chats and messages left: calls (in [`super::calls`]), mails (in [`super::letters`]),
//! customers who are sorted into companies and groups, a leaflet that is
//! sent, posts and votes in the knowledge base.

use deskbell_app::conversations::{self, Authority, Writing, Written};
use deskbell_app::customers::{self, Changes, FieldChanges};
use deskbell_app::error::AppError;
use deskbell_app::fields::{self, Kept};
use deskbell_app::knowledge::{self, Post};
use deskbell_app::search::Reader;
use deskbell_domain::conversation::Status;
use deskbell_domain::customer::{Customer, CustomerRole, Gender};
use deskbell_domain::field::{FieldOwner, FieldValue};
use deskbell_domain::ids::{ConversationId, KnowledgeEntryId};
use deskbell_domain::message::{Actor, Attachment};
use deskbell_store::tables::conversations::{Filter, Order};
use deskbell_store::tables::files::File;
use deskbell_store::{Tx, tables};
use rand::RngExt;

use super::dialogues::Section;
use super::engine::Engine;
use super::people::{per_cent, pick};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sideline {
    Calls,
    Mails,
    WritesFirst,
    IsSortedIn,
    GetsLeaflet,
    PostsTopic,
    Suggests,
    Votes,
}

impl Sideline {
    pub(super) const ALL: [Sideline; 8] = [
        Sideline::Calls,
        Sideline::Mails,
        Sideline::WritesFirst,
        Sideline::IsSortedIn,
        Sideline::GetsLeaflet,
        Sideline::PostsTopic,
        Sideline::Suggests,
        Sideline::Votes,
    ];

    /// So many for each hundred conversations.
    pub(super) fn per_cent(self) -> usize {
        match self {
            Sideline::Calls => 20,
            Sideline::Mails => 6,
            Sideline::WritesFirst
            | Sideline::IsSortedIn
            | Sideline::GetsLeaflet
            | Sideline::PostsTopic
            | Sideline::Suggests
            | Sideline::Votes => 4,
        }
    }
}

/// Subject and text of what readers post, and an answer.
const TOPICS: [(&str, &str, &str); 4] = [
    (
        "Is the ridge path open in May?",
        "We plan to walk it in the second week of May. Is there still snow?",
        "The wardens open it in the last week of May in most years. The lower path is fine.",
    ),
    (
        "Hut with a kitchen near the lake?",
        "We would like to cook for ourselves. Any experience?",
        "The Lower Hut has a small kitchen; bring your own gas.",
    ),
    ("Water on the long route", "Are there springs after the second pass?", "One, an hour below the pass. It runs dry in August."),
    ("Dogs in the valley huts", "Ours is small and calm. Who takes us in?", "Most do if you ask a week ahead."),
];
const WISHES: [(&str, &str); 4] = [
    ("Boots in half sizes", "Please sell the mountain boots in half sizes, too."),
    ("Pick up in the shop", "I would like to order online and fetch it on Saturday."),
    ("Repair service", "A place to send a torn jacket to would be wonderful."),
    ("Vegan glue", "Tell us on the product pages which shoes are glued without animal products."),
];

/// The conversation of a customer that changed last.
pub(super) fn latest_of(tx: &mut Tx<'_>, customer: &Customer) -> Result<Option<ConversationId>, AppError> {
    let filter = Filter { customer: Some(customer.id), ..Filter::default() };
    let latest = tables::conversations::list(tx, &filter, Order::ChangedDescending, 1, 0)?;
    Ok(latest.first().map(|listed| listed.conversation.id))
}

impl Engine {
    pub(super) fn sideline(&mut self, tx: &mut Tx<'_>, sideline: Sideline) -> Result<(), AppError> {
        let Some(customer) = self.known_customer(tx)? else { return Ok(()) };
        match sideline {
            Sideline::Calls => self.dials(tx, customer),
            Sideline::Mails => self.mails(tx, &customer),
            Sideline::WritesFirst => self.writes_first(tx, &customer),
            Sideline::IsSortedIn => self.is_sorted_in(tx, &customer),
            Sideline::GetsLeaflet => self.gets_leaflet(tx, &customer),
            Sideline::PostsTopic => self.posts_topic(tx, &customer),
            Sideline::Suggests => self.suggests(tx, &customer),
            Sideline::Votes => self.votes(tx, &customer),
        }
    }

    /// Somebody who was here before and left an address.
    fn known_customer(&mut self, tx: &mut Tx<'_>) -> Result<Option<Customer>, AppError> {
        let Some(email) = self.known_address() else { return Ok(None) };
        customers::by_identifier(tx, &email)
    }

    pub(super) fn writes(
        &mut self,
        tx: &mut Tx<'_>,
        by: Actor,
        conversation: ConversationId,
        writing: Writing,
        text: &str,
        files: &[&str],
    ) -> Result<(), AppError> {
        let written = Written { writing, text, files, key: None, authority: Authority::Desk };
        conversations::write(tx, &mut self.cx, by, conversation, written)?;
        Ok(())
    }

    /// An agent tidies up: company, groups, fields of a customer and of his latest conversation.
    fn is_sorted_in(&mut self, tx: &mut Tx<'_>, customer: &Customer) -> Result<(), AppError> {
        let company = per_cent(&mut self.chance, 50).then(|| *pick(&mut self.chance, &self.premises.companies));
        let group = *pick(&mut self.chance, &self.premises.groups);
        let gender = *pick(&mut self.chance, &[None, Some(Gender::Female), Some(Gender::Male), Some(Gender::Other)]);
        let role = if per_cent(&mut self.chance, 40) { CustomerRole::Registered } else { CustomerRole::Visitor };
        let (size, number) = (self.chance.random_range(36..47), self.chance.random_range(100_000..1_000_000));
        let field = |code: &str, value: String| FieldValue { code: code.to_owned(), value };
        let changes = Changes {
            company: Some(company),
            gender: Some(gender),
            role: Some(role),
            note: Some("Knows what he wants.".to_owned()),
            groups: Some(vec![group]),
            custom_fields: Some(FieldChanges { kept: Kept::Nothing, fields: vec![field("shoe_size", size.to_string())] }),
            unique_fields: Some(FieldChanges {
                kept: Kept::Nothing,
                fields: vec![field("club_number", format!("{number}-{}", customer.id))],
            }),
            ..Changes::default()
        };
        customers::change(tx, &self.cx, customer.id, &changes)?;
        if let Some(conversation) = latest_of(tx, customer)? {
            let by = Actor::System;
            fields::add(tx, &self.cx, by, FieldOwner::Conversation(conversation), &[field("order", format!("FH-{number}"))])?;
        }
        Ok(())
    }

    fn gets_leaflet(&mut self, tx: &mut Tx<'_>, customer: &Customer) -> Result<(), AppError> {
        let Some(agent) = self.somebody(Section::Support).map(|place| self.staff.members[place].id) else { return Ok(()) };
        let Some(conversation) = latest_of(tx, customer)? else { return Ok(()) };
        let status = conversations::get(tx, conversation)?.status;
        if !matches!(status, Status::New | Status::Open | Status::Answered | Status::Resolved) {
            return Ok(());
        }
        let file = self.cx.hex(16);
        let leaflet = &self.premises.leaflet;
        let attachment =
            Attachment { file: file.clone(), name: leaflet.name.to_owned(), content_type: "text/plain".to_owned(), bytes: leaflet.bytes };
        let kept = File {
            attachment,
            blob: leaflet.blob.clone(),
            conversation: None,
            visitor: None,
            agent: Some(agent),
            by_key: false,
            downloads: 0,
            created: self.cx.now,
        };
        tables::files::insert(tx, &kept)?;
        self.writes(tx, Actor::Agent(agent), conversation, Writing::Message, "Our size chart.", &[&file])
    }

    fn posts_topic(&mut self, tx: &mut Tx<'_>, customer: &Customer) -> Result<(), AppError> {
        let (subject, text, answer) = *pick(&mut self.chance, &TOPICS);
        let parent = self.premises.library.forum;
        let post = Post { parent, author: Actor::Customer(customer.id), reader: Reader::Public, subject, text };
        let topic = knowledge::post_topic(tx, &mut self.cx, post)?;
        self.counts.posts += 1;
        if let Some(place) = self.somebody(Section::Support) {
            let agent = Actor::Agent(self.staff.members[place].id);
            knowledge::reply(tx, &self.cx, topic.id, agent, Reader::Desk, answer)?;
        }
        self.premises.library.articles.push(topic.id);
        Ok(())
    }

    fn suggests(&mut self, tx: &mut Tx<'_>, customer: &Customer) -> Result<(), AppError> {
        let (subject, text) = *pick(&mut self.chance, &WISHES);
        let parent = self.premises.library.suggestions;
        let post = Post { parent, author: Actor::Customer(customer.id), reader: Reader::Public, subject, text };
        let suggestion = knowledge::post_suggestion(tx, &mut self.cx, post)?;
        self.counts.posts += 1;
        self.premises.library.articles.push(suggestion.id);
        Ok(())
    }

    fn votes(&mut self, tx: &mut Tx<'_>, customer: &Customer) -> Result<(), AppError> {
        let entry: KnowledgeEntryId = *pick(&mut self.chance, &self.premises.library.articles);
        knowledge::vote(tx, &self.cx, entry, &format!("c{}", customer.id))?;
        let views = self.chance.random_range(1..12);
        knowledge::views::write(tx, &[(entry, views)])
    }
}
