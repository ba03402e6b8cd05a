//! What is said on the demo's desk: chats and offline messages of a fictitious shop for outdoor gear, as templates.

use anyhow::{Context as _, bail};

/// A template's language; decides which names go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
    French,
    Japanese,
}

impl Language {
    /// As browsers say it.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::German => "de",
            Language::French => "fr",
            Language::Japanese => "ja",
        }
    }
}

/// Which department a matter belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Support,
    Sales,
    Billing,
}

/// Who says a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    Visitor,
    Agent,
}

/// A matter: a visitor's first line and what follows.
#[derive(Debug, Clone)]
pub(crate) struct Dialogue {
    pub(crate) language: Language,
    pub(crate) section: Section,
    pub(crate) tags: Vec<&'static str>,
    pub(crate) lines: Vec<(Voice, &'static str)>,
    pub(crate) note: Option<&'static str>,
}

/// All tags that agents use, in the order of the templates.
pub(crate) fn tags() -> anyhow::Result<Vec<&'static str>> {
    let mut words: Vec<&'static str> = Vec::new();
    for dialogue in parse(CHATS)?.into_iter().chain(parse(MESSAGES)?) {
        for tag in dialogue.tags {
            if !words.contains(&tag) {
                words.push(tag);
            }
        }
    }
    Ok(words)
}

/// Reads templates: a head `# language section tag, tag`, then lines of the visitor (`>`), of the agent (`<`) and a note (`*`).
pub(crate) fn parse(text: &'static str) -> anyhow::Result<Vec<Dialogue>> {
    let mut dialogues: Vec<Dialogue> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (mark, rest) = line.split_once(' ').with_context(|| format!("a line without a mark: {line}"))?;
        if mark == "#" {
            dialogues.push(head(rest)?);
            continue;
        }
        let dialogue = dialogues.last_mut().context("a line before the first head")?;
        match mark {
            ">" => dialogue.lines.push((Voice::Visitor, rest)),
            "<" => dialogue.lines.push((Voice::Agent, rest)),
            "*" => dialogue.note = Some(rest),
            _ => bail!("an unknown mark: {line}"),
        }
    }
    if let Some(odd) = dialogues.iter().find(|dialogue| dialogue.lines.first().is_none_or(|first| first.0 != Voice::Visitor)) {
        bail!("a matter begins with its visitor: {:?}", odd.lines.first());
    }
    Ok(dialogues)
}

fn head(text: &'static str) -> anyhow::Result<Dialogue> {
    let mut words = text.splitn(3, ' ');
    let language = match words.next() {
        Some("en") => Language::English,
        Some("de") => Language::German,
        Some("fr") => Language::French,
        Some("ja") => Language::Japanese,
        other => bail!("an unknown language: {other:?}"),
    };
    let section = match words.next() {
        Some("support") => Section::Support,
        Some("sales") => Section::Sales,
        Some("billing") => Section::Billing,
        other => bail!("an unknown department: {other:?}"),
    };
    let tags = words.next().unwrap_or_default().split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect();
    Ok(Dialogue { language, section, tags, lines: Vec::new(), note: None })
}

/// Live chats.
pub(crate) const CHATS: &str = "
# en support shipping, late parcel
> Hi, my order {order} should have been here on Monday. Where is it?
< Hello {name}, sorry about that. Let me look it up.
< It left our warehouse three days ago and has been with the carrier since. Their hub had a strike.
> So when will I get it?
< They expect to deliver tomorrow before noon. I have asked them to ring you first.
> OK, thanks. I leave for the trip on Friday, so it should work out.
< If it is not there by tomorrow evening, write to us and we send the {product} again by express.
> Great, thank you!

# en support shipping
> The tracking page for {order} says \"delivered\" but there is nothing here
< Hi {name}! That is annoying. Could you check with your neighbours first?
> I did, nobody has it
< Thank you. I open an inquiry with the carrier, that takes two working days.
> and then?
< If they do not find it, we send a new {product} at no cost.
> alright, please keep me posted by mail
* Carrier inquiry opened for {order}. Customer has asked the neighbours.

# en support returns
> Hello, can I still return the {product}? I bought it five weeks ago.
< Hello! Our return period is 60 days, so yes, as long as it is unused.
> I tried it on at home only.
< That is fine. I have sent a return label to your address, {order}.
> Got it. How long does the refund take?
< Three to five days after it has arrived here.
> Perfect 👍

# en support returns, wrong item
> you sent me the wrong size. I ordered M, the label says XL
< Oh dear. I am sorry! Is the order number {order}?
> yes
< Then the right one goes out today. Keep the wrong one until the courier picks it up.
> do I pay for that?
< No, that was our mistake, so it is on us.
> thx

# en support warranty
> The zip of my {product} broke after two trips. Is that covered?
< Hi {name}, zips are covered for five years. Could you describe what happened?
> It just opens behind the slider when there is any load on it.
< Then the slider is worn. We can send you a new slider, or you send us the whole thing and we repair it.
> Is a slider easy to change myself?
< With pliers it takes five minutes. There is a guide on our help pages.
> Let's try that then.
< Sent! You have it by Thursday. 🙂
> Wonderful, thanks a lot

# en support warranty, repair
> The tent pole snapped last night in the wind. I need it fixed before next weekend
< That is a short time, but let me see what we can do. Which tent is it?
> {product}, the two person version
< We have that pole segment here. I can send it by express today.
> how much?
< Nothing, it is within the warranty. Only the express fee of {amount}.
> OK do it please
< Done. It is linked to {order}, you get a tracking number within the hour.
* Pole segment sent by express, fee agreed in the chat.

# en support account
> I can't sign in, it says my password is wrong but I am sure it is right
< Hello {name}. Did you get our mail about the new shop last month?
> no?
< We asked everyone to choose a new password. I have just sent you a link.
> it came. works now, thank you
< Glad to hear it!

# en support account
> how do I change my delivery address for {order}
< Hi! As it has not been packed yet I can change it for you. What is the new one?
> 14 Mill Lane instead of 41
< Changed. You will get a confirmation by mail.
> super

# en support product question
> Is the {product} waterproof or only water resistant?
< It is waterproof up to a column of 3,000 mm; the seams are taped.
> And the bottom?
< The floor has 5,000 mm. For wet ground we still suggest a footprint.
> Thanks, exactly what I needed

# en sales product advice
> I'm looking for boots for a week in Scotland in October, any advice?
< Lovely plan! Do you carry a heavy pack, or do you stay in huts?
> Huts, about 8 kg on my back
< Then a light boot with a membrane is the best match. Many of our customers take the {product}.
> How do they fit? I have wide feet
< They come in a wide version. Order two sizes and send one back, returns are free.
> Good idea, I will do that
< Enjoy the trip!

# en sales discount
> do you have a student discount?
< Yes! 10 % with a valid card. It does not add up with the sale though.
> is the {product} in the sale?
< Not at the moment, so your 10 % apply.
> nice, how do I get the code
< I have just mailed it to you. It is good for 30 days.
> 🎉🎉 thank you

# en sales stock
> When will the {product} be back in green?
< Hello! The next delivery is planned for the end of the month.
> Can you reserve one?
< I can put you on the list: you get a mail as soon as it is here, and it is kept for 48 hours.
> Yes please
< Done.

# en sales group order
> We are a scout group and need 14 sleeping bags. Is there a price for groups?
< Hello {name}, sure. From ten pieces on you get 12 % off.
> and can we pay by invoice?
< With the group's address, yes, within 14 days.
> Could I have that as an offer?
< I write it up now; you have it within the hour. Which model, the {product}?
> yes, the warm one
< Alright. It is on its way under {order}.
> brilliant
* Offer for 14 pieces sent, 12 % off, invoice 14 days.

# en sales gift card
> Can I use two gift cards on one order?
< You can! Enter the second one after the first was accepted.
> ah, I only saw one field
< It appears again below the sum.
> found it, cheers

# en sales product advice
> Which stove works best above 3000 m?
< Gas loses power in the cold, so a liquid fuel stove is safer up there. Our {product} burns both.
> Weight?
< 340 g without the bottle.
> Hmm, heavier than I hoped. I'll think about it.
< Take your time. If you want, I send you our comparison table.
> yes please!

# en billing invoice
> I need an invoice with our company name on it for {order}
< Hello, gladly. What is the full name and address?
> Northfield Bikes Ltd, 2 Station Road, Leeds
< Thank you. The corrected invoice was sent to your address.
> received, thanks

# en billing refund
> I returned my {product} two weeks ago and still have no money back!
< I am sorry about the wait, {name}. Let me check {order}.
< The parcel arrived on Tuesday and the refund of {amount} was booked this morning.
> so when do I see it?
< Card companies take two to four days.
> ok. next time please tell people
< You are right, a message should have gone out. I pass that on.
* Refund mail was not sent, looks like the template is switched off.

# en billing payment, double charge
> My card was charged twice for {order}!!
< Hello {name}, I see one payment and one reservation of {amount}. The reservation goes away by itself.
> it shows as two payments in my bank app
< Until the bank releases it, that is normal. It should be gone by tomorrow.
> and if not?
< Then send us a screenshot and we release it by hand.
> fine

# en billing payment
> Do you take bank transfer?
< Yes, we do; the goods leave once the money is here, usually after one day.
> And PayPal?
< That too.
> Thanks

# en billing vat
> Hi, I am outside the EU. Can you take off the VAT?
< Hello! At the checkout, as soon as the country is set, the tax disappears.
> It shows {amount} with and without, no difference
< Prices are rounded per country. The invoice shows 0 % for you.
> ok, got it

# de support versand
> Guten Tag, wo bleibt meine Bestellung {order}?
< Guten Tag {name}, ich schaue gleich nach.
< Das Paket liegt im Verteilzentrum und kommt morgen bei Ihnen an.
> Prima, danke für die schnelle Antwort!
< Sehr gern. Schönen Tag noch!

# de support reklamation
> Bei meinem {product} löst sich die Naht. Was kann ich tun?
< Das tut mir leid! Können Sie uns ein Foto an die Bestellung {order} hängen?
> Mache ich heute Abend. Bekomme ich Ersatz?
< Ja, wir tauschen das sofort aus, die Gewährleistung läuft noch.
> Sehr nett, vielen Dank
* Tausch zugesagt, Foto kommt noch.

# de sales beratung
> Hallo, passt der {product} als Handgepäck ins Flugzeug?
< Hallo! Mit 50 × 35 × 20 cm passt er bei den meisten Gesellschaften.
> Auch wenn er voll ist?
< Wenn die Außentasche leer bleibt, ja. 😉
> Alles klar, dann bestelle ich ihn

# fr support livraison
> Bonjour, je n'ai pas reçu ma commande {order}
< Bonjour {name}, je vérifie tout de suite.
< Le colis est au point relais depuis hier, vous n'avez pas reçu le message ?
> Non, rien du tout. C'est quel point relais ?
< La librairie de la rue des Écoles, jusqu'à 19 h.
> Parfait, merci beaucoup !

# fr billing facture
> Bonjour, pouvez-vous m'envoyer la facture de {order} à mon nom de société ?
< Bonjour, bien sûr. Quel est le nom exact ?
> Atelier Bréval SARL, à Nantes
< C'est fait, elle est dans votre boîte.
> Merci 😊

# ja support 配送
> こんにちは。注文 {order} はいつ届きますか？
< {name} 様、お問い合わせありがとうございます。確認いたします。
< 本日発送しましたので、明後日の午前中にお届けの予定です。
> わかりました。ありがとうございます！
< ご利用ありがとうございます。

# ja sales 在庫
> {product} の青色は在庫がありますか？
< はい、あと３点ございます。
> では注文します 🙇
< ありがとうございます。お待ちしております。
";

/// Offline messages: the customer's text and the answer by mail.
pub(crate) const MESSAGES: &str = "
# en support shipping
> Hello, my parcel {order} is stuck in customs since last week. Is there anything I can do?
< Hello {name}, customs wait for a copy of your invoice. We have sent it to them today; it usually takes two days from there. Kind regards
* Invoice sent to customs by fax, they do not take mail.

# en support warranty
> The buckle of my {product} broke. Could you send me a new one? Order {order}.
< Hello {name}, of course. A pair of buckles is on its way to you, free of charge.

# en support product question
> Which gas cartridges fit the {product}?
< Hello {name}, all with a screw valve (EN 417). The ones that click do not fit without an adapter.

# en support returns
> I would like to return {order}, but the label in the parcel is for another address. What now?
< Sorry for the mix-up! A new label is attached to this message. Please throw away the other one.
* Second wrong label this week. Warehouse was told.

# en support account
> Please delete my account and all my data.
< Hello {name}, your account is deleted. Invoices we must keep for ten years, but nothing else is left.

# en support feedback
> Just wanted to say that the {product} survived two weeks in Iceland. Great product! ⛺❤️
< Thank you so much, {name}! That made our day. If you like, send us a picture.

# en sales stock
> Will you get the {product} in size XS again this year?
< Hello {name}, yes, in about six weeks. We write to you when it is there.

# en sales group order
> We plan a school trip for 25 pupils and need rucksacks. Could you make an offer?
< Hello {name}, the offer is attached. It is good for 30 days, and delivery takes a week.
* Offer made with the usual discount for schools.

# en sales partner
> We run a climbing hall in Bristol and would like to sell your chalk bags. Whom should we talk to?
< Hello {name}, thank you for asking. Our colleague for dealers is going to call you this week.

# en billing refund
> The refund for {order} is {amount} short. Can you check please?
< Hello {name}, you are right, the shipping cost was missing. It was paid back today.

# en billing invoice
> I need a copy of the invoice for {order} for my tax declaration.
< Hello {name}, the copy is attached.

# en billing payment
> My payment by transfer for {order} was on Monday, but the order is still waiting.
< Hello {name}, it had no order number in its text, so we could not match it. All is well now, your parcel leaves today.

# de support versand
> Guten Tag, kann ich {order} noch an eine Packstation schicken lassen?
< Guten Tag {name}, ja, wir haben die Adresse geändert. Viele Grüße

# de billing rechnung
> Auf der Rechnung zu {order} fehlt unsere Umsatzsteuernummer. Bitte korrigieren.
< Guten Tag {name}, die neue Rechnung hängt an. Entschuldigen Sie den Fehler.

# fr support retour
> Bonjour, comment renvoyer un article acheté en promotion ?
< Bonjour {name}, exactement comme les autres : l'étiquette de retour est jointe. Bien cordialement

# ja support 返品
> サイズが合わないので {product} を返品したいです。
< {name} 様、返品用ラベルをお送りしました。ご確認ください。
";

/// What nobody asked for.
pub(crate) const SPAM: &str = "
# en support
> We bring your website to the top of all search engines in 7 days!!! Reply for our price list
# en sales
> Dear friend, I have an inheritance of 14 million and need your help to move it 💰💰💰
# en support
> Cheap watches, best brands, free shipping worldwide, click now
";

/// What an agent says who takes over from another one, by language.
pub(crate) fn takes_over(language: Language) -> &'static str {
    match language {
        Language::English => "Hello, I have taken over from my colleague and read what you wrote.",
        Language::German => "Hallo, ich habe übernommen und alles gelesen.",
        Language::French => "Bonjour, je prends la suite, j'ai tout lu.",
        Language::Japanese => "担当が代わりました。内容は確認しております。",
    }
}

/// What an agent says before he hands over.
pub(crate) fn hands_over(language: Language) -> &'static str {
    match language {
        Language::English => "My colleagues know more about that. One moment, I pass you on.",
        Language::German => "Da weiß eine Kollegin mehr. Einen Moment, ich verbinde Sie.",
        Language::French => "Un collègue saura mieux vous répondre, je vous transfère.",
        Language::Japanese => "担当の者に代わります。少々お待ちください。",
    }
}

/// What an agent says last, when the visitor's thanks came before.
pub(crate) fn says_goodbye(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["You're welcome! Have a nice day.", "Glad I could help. Bye!", "Any time. Take care! 👋"],
        Language::German => &["Gern geschehen, auf Wiedersehen!", "Sehr gern, schönen Tag noch!"],
        Language::French => &["Je vous en prie, bonne journée !", "Avec plaisir, à bientôt !"],
        Language::Japanese => &["またのご利用をお待ちしております。", "失礼いたします。"],
    }
}

/// What a customer writes when he comes back to a matter.
pub(crate) fn comes_back(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["Thanks, but one thing is still not clear to me.", "It happened again. What now?", "Any news?"],
        Language::German => &["Eine Frage habe ich noch.", "Leider ist es wieder passiert."],
        Language::French => &["J'ai encore une question.", "Le problème est revenu."],
        Language::Japanese => &["もう一つ質問があります。"],
    }
}

/// Comments with good and with bad ratings.
pub(crate) const PRAISE: &[&str] =
    &["Quick and friendly!", "Perfect help 👍", "Danke!", "solved in five minutes", "Merci", "助かりました", "top"];
pub(crate) const BLAME: &[&str] = &["Took too long", "I was passed around", "Still not solved", "Did not really answer my question", "meh"];

/// What the shop sells.
pub(crate) const PRODUCTS: &[&str] = &[
    "Ridgeback 45 rucksack",
    "Lomond 2 tent",
    "Kestrel rain jacket",
    "Ember gas stove",
    "Tarn sleeping bag",
    "Fell Runner shoes",
    "Cairn trekking poles",
    "Pika down jacket",
    "Moss 25 daypack",
    "Skye boots",
    "Drift camping mat",
    "Beacon head torch",
];

/// The shop's pages: path and title.
pub(crate) const PAGES: &[(&str, &str)] = &[
    ("/", "Fernhill – gear for outside"),
    ("/tents", "Tents"),
    ("/tents/lomond-2", "Lomond 2"),
    ("/rucksacks", "Rucksacks"),
    ("/rucksacks/ridgeback-45", "Ridgeback 45"),
    ("/jackets", "Jackets"),
    ("/jackets/kestrel", "Kestrel rain jacket"),
    ("/boots", "Boots and shoes"),
    ("/boots/skye", "Skye boots"),
    ("/stoves/ember", "Ember gas stove"),
    ("/sale", "Sale"),
    ("/basket", "Your basket"),
    ("/checkout", "Checkout"),
    ("/account/orders", "Your orders"),
    ("/help/shipping", "Shipping and delivery"),
    ("/help/returns", "Returns"),
    ("/help/warranty", "Warranty and repair"),
];

pub(crate) const REFERRERS: &[&str] = &[
    "",
    "",
    "https://www.google.com/",
    "https://duckduckgo.com/",
    "https://www.bing.com/",
    "https://hikers.example.org/forum/gear",
    "https://news.example.net/best-tents",
];

pub(crate) const BROWSERS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_reads() {
        let chats = parse(CHATS).unwrap();
        assert!(chats.len() >= 24, "{}", chats.len());
        for language in [Language::English, Language::German, Language::French, Language::Japanese] {
            assert!(chats.iter().any(|chat| chat.language == language));
        }
        for chat in &chats {
            assert!(chat.lines.iter().any(|line| line.0 == Voice::Agent) && !chat.tags.is_empty(), "{chat:?}");
        }
        for message in parse(MESSAGES).unwrap() {
            assert_eq!(message.lines.len(), 2, "{message:?}");
        }
        for language in [Language::English, Language::German, Language::French, Language::Japanese] {
            assert!(parse(MESSAGES).unwrap().iter().any(|message| message.language == language));
        }
        assert!(parse(SPAM).unwrap().iter().all(|spam| spam.lines.len() == 1));
        for wrong in ["> before a head", "# xx support", "# en nowhere", "# en support a\n< an agent first", "# en support\n? what"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
