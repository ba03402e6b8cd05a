//! The pages' own words. A page is in the language its reader asks for; a knowledge base says which one its contents are in.

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

/// Tags of languages that are written from right to left.
const RIGHT_TO_LEFT: [&str; 6] = ["ar", "fa", "he", "ps", "ur", "yi"];

/// A language that there are texts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

impl Language {
    /// The first one of the reader's languages that there are texts in. Browsers send them in the order of preference.
    pub(crate) fn asked(headers: &HeaderMap) -> Language {
        let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        asked.split(',').find_map(Language::named).unwrap_or(Language::English)
    }

    fn named(tag: &str) -> Option<Language> {
        let base = tag.split([';', '-']).next().unwrap_or_default().trim();
        [Language::English, Language::German].into_iter().find(|language| language.tag().eq_ignore_ascii_case(base))
    }

    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
        }
    }

    pub(crate) fn direction(self) -> &'static str {
        Language::direction_of(self.tag())
    }

    /// Which way a language is written.
    pub(crate) fn direction_of(tag: &str) -> &'static str {
        let base = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        if RIGHT_TO_LEFT.contains(&base.as_str()) { "rtl" } else { "ltr" }
    }

    pub(crate) const fn texts(self) -> &'static Texts {
        match self {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }
}

macro_rules! texts {
    ($($name:ident: $english:literal, $german:literal;)+) => {
        /// All texts of one language.
        pub(crate) struct Texts {
            $(pub(crate) $name: &'static str,)+
        }

        static ENGLISH: Texts = Texts { $($name: $english,)+ };
        static GERMAN: Texts = Texts { $($name: $german,)+ };
    };
}

texts! {
    skip: "Skip to the content", "Zum Inhalt springen";
    navigation: "Pages", "Seiten";
    help: "Help", "Hilfe";
    my_tickets: "My tickets", "Meine Anfragen";
    console: "Console", "Konsole";
    sign_in: "Sign in", "Anmelden";
    sign_out: "Sign out", "Abmelden";
    sign_out_sure: "You will be signed out of this browser.", "Sie werden in diesem Browser abgemeldet.";
    not_signed_in: "You are not signed in.", "Sie sind nicht angemeldet.";
    signed_in_as: "Signed in as", "Angemeldet als";
    path: "You are here", "Sie sind hier";
    knowledge_bases: "Help and answers", "Hilfe und Antworten";
    home: "Start", "Start";
    search: "Search", "Suchen";
    search_label: "Search for answers", "Nach Antworten suchen";
    search_title: "Search", "Suche";
    found: "What was found for", "Gefunden zu";
    nothing_found: "Nothing was found. Try other or fewer words.", "Nichts gefunden. Versuchen Sie es mit anderen oder weniger Wörtern.";
    search_empty: "Type a few words to search for.", "Geben Sie ein paar Wörter ein, nach denen gesucht werden soll.";
    categories: "Topics", "Themen";
    articles: "Articles", "Artikel";
    popular: "Popular articles", "Beliebte Artikel";
    forums: "Forums", "Foren";
    suggestion_categories: "Suggestions", "Vorschläge";
    nothing_here: "There is nothing here yet.", "Hier gibt es noch nichts.";
    internal: "Internal: only agents see this", "Intern: Nur Mitarbeiter sehen das";
    changed: "Last changed", "Zuletzt geändert";
    views: "Views", "Aufrufe";
    votes: "Votes", "Stimmen";
    replies: "Replies", "Antworten";
    helpful: "Was this helpful?", "War das hilfreich?";
    vote_helpful: "Yes, it helped", "Ja, hat geholfen";
    vote: "Vote for this", "Dafür stimmen";
    author: "Author", "Verfasser";
    post_topic: "Post a topic", "Ein Thema eröffnen";
    post_suggestion: "Suggest something", "Etwas vorschlagen";
    post_reply: "Write a reply", "Antworten";
    name: "Name", "Name";
    name_hint: "Shown to everybody", "Wird allen gezeigt";
    email: "E-mail", "E-Mail";
    email_hint: "Not shown to anybody", "Wird niemandem gezeigt";
    subject: "Subject", "Betreff";
    message: "Message", "Nachricht";
    post: "Post", "Absenden";
    send: "Send", "Senden";
    trap: "Leave this field empty", "Dieses Feld leer lassen";
    older: "Older", "Ältere";
    later_replies: "More replies", "Weitere Antworten";
    status_new: "New", "Neu";
    status_review: "Under review", "In Prüfung";
    status_planned: "Planned", "Geplant";
    status_started: "Started", "Begonnen";
    status_completed: "Completed", "Umgesetzt";
    status_declined: "Declined", "Abgelehnt";
    status_draft: "Draft", "Entwurf";
    ticket: "Ticket", "Anfrage";
    ticket_open: "Open", "Offen";
    ticket_answered: "Answered", "Beantwortet";
    ticket_resolved: "Resolved", "Erledigt";
    ticket_chatting: "In chat", "Im Chat";
    conversation: "Conversation", "Verlauf";
    attachment: "Attachment", "Anhang";
    earlier_cut: "Earlier messages are not shown here.", "Frühere Nachrichten werden hier nicht gezeigt.";
    your_reply: "Your reply", "Ihre Antwort";
    reopens: "This ticket is resolved. Your reply opens it again.", "Diese Anfrage ist erledigt. Ihre Antwort öffnet sie wieder.";
    ticket_closed: "This ticket is closed.", "Diese Anfrage ist geschlossen.";
    ticket_joined: "This ticket was joined with another one. You will be answered by e-mail.",
        "Diese Anfrage wurde mit einer anderen zusammengelegt. Sie bekommen die Antwort per E-Mail.";
    no_tickets: "You have no tickets yet.", "Sie haben noch keine Anfragen.";
    no_subject: "No subject", "Ohne Betreff";
    customers_only: "You are signed in as an agent. Tickets are in the console.",
        "Sie sind als Mitarbeiter angemeldet. Anfragen finden Sie in der Konsole.";
    password: "Password", "Passwort";
    wrong_password: "E-mail or password is wrong.", "E-Mail oder Passwort ist falsch.";
    sign_in_intro: "Sign in to see your tickets.", "Melden Sie sich an, um Ihre Anfragen zu sehen.";
    agent_title: "Agents", "Mitarbeiter";
    agent_intro: "Agents sign in to the console with their e-mail address and password.",
        "Mitarbeiter melden sich mit E-Mail-Adresse und Passwort in der Konsole an.";
    to_console: "To the console", "Zur Konsole";
    token_intro: "Or use a sign-in token that another system gave you.", "Oder benutzen Sie ein Anmelde-Token, das Ihnen ein anderes System gegeben hat.";
    token: "Sign-in token", "Anmelde-Token";
    token_refused: "This sign-in token is not valid (any more). Go back to the page you came from and try again.",
        "Dieses Anmelde-Token gilt nicht (mehr). Gehen Sie zurück zu der Seite, von der Sie kommen, und versuchen Sie es noch einmal.";
    fill_in: "Please fill in this field.", "Bitte füllen Sie dieses Feld aus.";
    email_wrong: "Please enter a valid e-mail address.", "Bitte geben Sie eine gültige E-Mail-Adresse ein.";
    too_long: "That is too long.", "Das ist zu lang.";
    not_found: "This page does not exist", "Diese Seite gibt es nicht";
    forbidden: "This is not allowed", "Das ist nicht erlaubt";
    too_often: "Please wait a moment", "Bitte warten Sie einen Moment";
    too_often_detail: "Too much was tried or sent from your address.", "Von Ihrer Adresse wurde zu viel versucht oder gesendet.";
    stale_form: "This form is out of date, or cookies are off. Load the page again and send it once more.",
        "Dieses Formular ist veraltet, oder Cookies sind abgeschaltet. Laden Sie die Seite neu und senden Sie es noch einmal.";
    conflict: "This is not possible", "Das geht nicht";
    invalid: "This could not be understood", "Das war nicht zu verstehen";
    broken: "Something went wrong", "Etwas ist schiefgegangen";
    not_found_detail: "It may have been moved or removed.", "Vielleicht wurde sie verschoben oder entfernt.";
    broken_detail: "Please try again in a moment.", "Bitte versuchen Sie es gleich noch einmal.";
    wait: "Minutes to wait:", "Minuten zu warten:";
    back: "To the start page", "Zur Startseite";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &'static str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, http::HeaderValue::from_static(value));
        Language::asked(&headers)
    }

    #[test]
    fn languages() {
        for (value, wanted) in [
            ("de", Language::German),
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("fr-FR, en-GB;q=0.8, de;q=0.5", Language::English),
            ("fr", Language::English),
            ("", Language::English),
            ("DE", Language::German),
            ("dex", Language::English),
        ] {
            assert_eq!(asked(value), wanted, "{value}");
        }
        for (tag, wanted) in [("ar", "rtl"), ("he-IL", "rtl"), ("AR", "rtl"), ("en", "ltr"), ("", "ltr"), ("arn", "ltr")] {
            assert_eq!(Language::direction_of(tag), wanted, "{tag}");
        }
    }
}
