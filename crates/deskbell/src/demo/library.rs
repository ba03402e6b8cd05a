//! The demo's knowledge bases: what stands in them before anybody asks, in two languages.

use deskbell_app::context::Context;
use deskbell_app::error::AppError;
use deskbell_app::knowledge::{ArticleDraft, BaseChanges, CategoryDraft, add_article, add_category, change_base, create_base};
use deskbell_domain::ids::{KnowledgeBaseId, KnowledgeEntryId};
use deskbell_domain::knowledge::{Access, EntryKind, EntryStatus};
use deskbell_store::Tx;

/// What readers can do something with.
pub(super) struct Library {
    pub(super) articles: Vec<KnowledgeEntryId>,
    pub(super) forum: KnowledgeEntryId,
    pub(super) suggestions: KnowledgeEntryId,
}

/// A category with its articles: title, keywords, content.
struct Shelf {
    title: &'static str,
    description: &'static str,
    articles: &'static [(&'static str, &'static str, &'static str)],
}

const ENGLISH: &[Shelf] = &[
    Shelf {
        title: "Orders and delivery",
        description: "From the basket to your door",
        articles: &[
            (
                "How long does delivery take?",
                "shipping, parcel, delivery time",
                "<p>Within the country a parcel takes <strong>two to three working days</strong>. Abroad it takes four to seven.</p>\
                 <p>You get a mail with a tracking number as soon as your order has left us.</p>",
            ),
            (
                "Where is my order?",
                "order, tracking, parcel",
                "<p>Open the link in the mail that we sent when your order left us. If the parcel has not moved for three days, \
                 <em>write to us</em> and have your order number at hand: we ask the carrier.</p>",
            ),
            (
                "Can I change my order?",
                "order, address, cancel",
                "<p>For about an hour after you ordered, yes: write to us in the chat. Later the parcel is on its way, and you can \
                 <a href=\"https://fernhill.example.com/returns\">send it back</a>.</p>",
            ),
        ],
    },
    Shelf {
        title: "Returns and refunds",
        description: "When something does not fit",
        articles: &[
            (
                "How do I return something?",
                "return, exchange, label",
                "<p>Within 30 days, unused and with its tags:</p><ol><li>print the label from your order's page,</li>\
                 <li>put it on the box,</li><li>bring it to any parcel shop.</li></ol><p>Returns are free.</p>",
            ),
            (
                "When do I get my money back?",
                "refund, money, invoice",
                "<p>Three working days after the parcel is back with us. Your bank may take another two.</p>",
            ),
        ],
    },
    Shelf {
        title: "Gear",
        description: "Choosing it, and keeping it alive",
        articles: &[
            (
                "Which boots fit me?",
                "boots, size, shoes",
                "<p>Measure your feet in the evening, standing. Add a thumb's width in front of your toes. Between two sizes take the \
                 larger one for mountain boots.</p>",
            ),
            (
                "Washing a rain jacket",
                "jacket, wash, waterproof",
                "<p>Wash it at 30 °C with a detergent for membranes, never with softener, and dry it warm for twenty minutes: heat \
                 brings the water repellency back.</p>",
            ),
            (
                "How warm is a sleeping bag?",
                "sleeping bag, temperature, down",
                "<p>Look at the <strong>comfort temperature</strong>. The limit is what a trained person bears for a night, not what is \
                 pleasant.</p>",
            ),
        ],
    },
];

const GERMAN: &[Shelf] = &[
    Shelf {
        title: "Bestellung und Lieferung",
        description: "Vom Warenkorb bis zur Haustür",
        articles: &[
            (
                "Wie lange dauert die Lieferung?",
                "Versand, Paket, Lieferzeit",
                "<p>Im Inland zwei bis drei Werktage, ins Ausland vier bis sieben. Die Sendungsnummer kommt per E-Mail.</p>",
            ),
            (
                "Wie schicke ich etwas zurück?",
                "Rücksendung, Umtausch, Etikett",
                "<p>Innerhalb von 30 Tagen, unbenutzt: Etikett auf der Seite der Bestellung ausdrucken und das Paket abgeben. \
                 Rücksendungen sind kostenlos.</p>",
            ),
        ],
    },
    Shelf {
        title: "Ausrüstung",
        description: "Auswählen und pflegen",
        articles: &[(
            "Welche Schuhgröße brauche ich?",
            "Schuhe, Größe, Stiefel",
            "<p>Messen Sie abends und im Stehen. Vor den Zehen soll eine Daumenbreite Platz sein.</p>",
        )],
    },
];

/// Fills the first base and a German one.
pub(super) fn stock(tx: &mut Tx<'_>, cx: &mut Context) -> Result<Library, AppError> {
    let name = |name: &str, language: &str| BaseChanges { name: Some(name.to_owned()), language: Some(language.to_owned()) };
    change_base(tx, cx, KnowledgeBaseId::DEFAULT, &name("Fernhill help", "en"))?;
    let german = create_base(tx, cx, &name("Fernhill Hilfe", "de"))?.id;
    let mut articles = shelve(tx, cx, KnowledgeBaseId::DEFAULT, ENGLISH)?;
    articles.extend(shelve(tx, cx, german, GERMAN)?);
    internal(tx, cx)?;
    let open =
        |kind, title: &str, description: &str| CategoryDraft { description: description.to_owned(), ..CategoryDraft::new(kind, title) };
    let forum = add_category(tx, cx, &open(EntryKind::Forum, "Routes and huts", "Ask others who were there"))?.id;
    let suggestions = add_category(tx, cx, &open(EntryKind::SuggestionCategory, "Wishes", "What we should sell or do better"))?.id;
    Ok(Library { articles, forum, suggestions })
}

/// Puts categories with their articles into a base; returns the articles.
fn shelve(tx: &mut Tx<'_>, cx: &mut Context, base: KnowledgeBaseId, shelves: &[Shelf]) -> Result<Vec<KnowledgeEntryId>, AppError> {
    let mut articles = Vec::new();
    for (place, shelf) in shelves.iter().enumerate() {
        let draft = CategoryDraft {
            base: Some(base),
            position: i64::try_from(place).ok(),
            description: shelf.description.to_owned(),
            keywords: shelf.title.to_lowercase(),
            ..CategoryDraft::new(EntryKind::Category, shelf.title)
        };
        let category = add_category(tx, cx, &draft)?.id;
        for (place, (title, keywords, content)) in shelf.articles.iter().enumerate() {
            let draft = ArticleDraft {
                parent: Some(category),
                position: i64::try_from(place).ok(),
                keywords: (*keywords).to_owned(),
                ..ArticleDraft::new(*title, *content)
            };
            articles.push(add_article(tx, cx, &draft)?.id);
        }
    }
    Ok(articles)
}

/// What only the desk may read, and something unfinished.
fn internal(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(), AppError> {
    let handbook = CategoryDraft { access: Access::Internal, ..CategoryDraft::new(EntryKind::Category, "Handbook for agents") };
    let handbook = add_category(tx, cx, &handbook)?.id;
    let refunds = ArticleDraft {
        parent: Some(handbook),
        ..ArticleDraft::new("Refunds without a receipt", "<p>Up to 40 € at once; above that ask Billing.</p>")
    };
    add_article(tx, cx, &refunds)?;
    let draft = ArticleDraft {
        parent: Some(handbook),
        status: EntryStatus::Draft,
        ..ArticleDraft::new("Answers for the winter sale", "<p>To be written.</p>")
    };
    add_article(tx, cx, &draft)?;
    Ok(())
}
