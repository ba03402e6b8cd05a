use deskbell_app::knowledge::{self, ArticleDraft, Changes};
use deskbell_domain::knowledge::{Access, EntryKind, EntryStatus};
use percent_encoding::percent_decode_str;

use super::{WHOLE_BYTES_MAX, WHOLE_MAX, digits_of, with_query};
use crate::fixture::{Fixture, MARKUP};

#[tokio::test]
async fn an_article() {
    let desk = Fixture::new();
    let category = desk.category(EntryKind::Category, "Brewing", None);
    let content = "<h2>Soft</h2><p onclick=\"x()\" style=\"color:red\">Use <b>soft</b> water.<script>alert(1)</script></p>\
                   <img src=\"https://img.test/a.png\" onerror=\"x()\"><a href=\"javascript:x()\">here</a>";
    let article = desk.article("Wasser & Tee", content, Some(category.id));
    let id = article.id;
    let changes =
        Changes { meta_description: Some("Which <water>".to_owned()), keywords: Some("water, \"tea\"".to_owned()), ..Changes::default() };
    let article = desk.write(move |tx, cx| knowledge::change(tx, cx, id, &changes));
    let path = knowledge::page_path(&article);
    let page = desk.browser(1).get(&path).await;
    let text = page.page(200);
    assert!(text.contains("<p>Use <b>soft</b> water.</p>") && text.contains("<img src=\"https://img.test/a.png\""), "{text}");
    assert!(text.contains("Wasser &#38; Tee – Support</title>"));
    assert!(text.contains("<meta name=\"description\" content=\"Which &#60;water&#62;\">"));
    assert!(text.contains("<meta name=\"keywords\" content=\"water, &#34;tea&#34;\">"));
    assert!(text.contains(&format!("<link rel=\"canonical\" href=\"http://desk.test{path}\">")));
    assert!(!text.contains("noindex"));
    let crumbs = text.split_once("class=\"crumbs\"").unwrap().1.split_once("</nav>").unwrap().0;
    assert!(crumbs.contains("href=\"/kb/kb_defa\"") && crumbs.contains(&knowledge::page_path(&category)), "{crumbs}");
    assert!(text.contains("lang=\"en\""));
}

#[tokio::test]
async fn one_address_for_each() {
    let desk = Fixture::new();
    let article = desk.article("Größe & Maß", "x", None);
    let path = knowledge::page_path(&article);
    let browser = desk.browser(1);
    for other in [format!("/{}", article.url_code), format!("/{}-wrong", article.url_code), format!("/{}-", article.url_code)] {
        let moved = browser.get(&other).await;
        assert_eq!((moved.status, moved.location()), (301, path.as_str()), "{other}");
    }
    let queried = browser.get(&format!("/{}?after=1.2", article.url_code)).await;
    assert_eq!(queried.location(), format!("{path}?after=1.2"));
    assert_eq!(browser.get(&path).await.status, 200);
    assert_eq!(browser.get(&path.to_lowercase()).await.status, 301, "letters count");
    for wrong in ["/0", "/123", "/99999999999999999999", &format!("/{}x", article.url_code), "/1%00", "/1-%ff"] {
        let status = browser.get(wrong).await.status;
        assert!(status == 404 || status == 400, "{wrong}: {status}");
    }
    let decoded = percent_decode_str(&path).decode_utf8().unwrap().into_owned();
    assert!(decoded.contains("Größe"), "{decoded}");
}

#[tokio::test]
async fn internal_ones_are_for_agents() {
    let desk = Fixture::new();
    let internal = desk.internal_article("OURS");
    let draft = desk.article("DRAFT", "x", None);
    let id = draft.id;
    desk.write(move |tx, cx| knowledge::change(tx, cx, id, &Changes { status: Some(EntryStatus::Draft), ..Changes::default() }));
    let agent = desk.browser(2).with_cookie("deskbell_session", &desk.session());
    for entry in [&internal, &draft] {
        let path = knowledge::page_path(entry);
        desk.browser(1).get(&path).await.page(404);
        desk.browser(1).get(&format!("/{}", entry.url_code)).await.page(404);
        let page = agent.get(&path).await;
        assert!(page.page(200).contains("noindex") && page.text.contains("class=\"mark internal\""));
    }
    let outside = desk.category(EntryKind::Category, "Outside", None);
    let inside = desk.article("Inside", "x", Some(outside.id));
    let id = outside.id;
    desk.write(move |tx, cx| knowledge::change(tx, cx, id, &Changes { access: Some(Access::Internal), ..Changes::default() }));
    desk.browser(1).get(&knowledge::page_path(&inside)).await.page(404);
}

#[tokio::test]
async fn views_once_for_each_browser_and_hour() {
    let desk = Fixture::new();
    let article = desk.article("Water", "x", None);
    let path = knowledge::page_path(&article);
    let one = desk.browser(1);
    for _ in 0..3 {
        one.get(&path).await;
    }
    for _ in 0..3 {
        desk.browser(2).get(&path).await;
    }
    desk.browser(3).call("GET", &path, &[("user-agent", "Somebot/1.0 (+https://bot.test)")], String::new()).await;
    desk.browser(4).call("HEAD", &path, &[], String::new()).await;
    desk.browser(5).with_cookie("deskbell_session", &desk.session()).get(&path).await;
    desk.desk.write_views().await.unwrap();
    assert_eq!(desk.entry(article.id).views, 2);
    desk.clock.advance_seconds(3_600);
    one.get(&path).await;
    desk.desk.write_views().await.unwrap();
    assert_eq!(desk.entry(article.id).views, 3);
    assert!(one.get(&path).await.page(200).contains("Views: 3"));
}

#[tokio::test]
async fn votes() {
    let desk = Fixture::new();
    let article = desk.article("Water", "x", None);
    let path = knowledge::page_path(&article);
    let vote = format!("{path}/vote");
    let browser = desk.browser(1);
    assert!(browser.get(&path).await.page(200).contains("aria-pressed=\"false\""));
    for _ in 0..2 {
        let voted = browser.submit(&path, &vote, &[]).await;
        assert_eq!((voted.status, voted.location()), (303, format!("{path}#votes").as_str()));
    }
    desk.browser(2).submit(&path, &vote, &[]).await;
    let page = browser.get(&path).await;
    assert!(page.page(200).contains("Votes: 2") && page.text.contains("aria-pressed=\"true\""));
    browser.post(&vote, &[]).await.page(403);
    browser.submit(&path, &format!("/{}0/vote", article.url_code), &[]).await.page(404);
    let category = desk.category(EntryKind::Category, "Brewing", None);
    browser.submit(&path, &format!("{}/vote", knowledge::page_path(&category)), &[]).await.page(400);
    let internal = desk.internal_article("OURS");
    browser.submit(&path, &format!("{}/vote", knowledge::page_path(&internal)), &[]).await.page(404);
    for _ in 0..30 {
        browser.submit(&path, &vote, &[]).await;
    }
    browser.submit(&path, &vote, &[]).await.page(429);
}

#[tokio::test]
async fn a_category_and_what_is_in_it() {
    let desk = Fixture::new();
    let category = desk.category(EntryKind::Category, "Brewing", None);
    for title in ["First", "Second"] {
        desk.article(title, "<p>text of it</p>", Some(category.id));
    }
    let whole = desk.article("Whole", "<p>shown <b>whole</b></p>", Some(category.id));
    let id = whole.id;
    desk.write(move |tx, cx| knowledge::change(tx, cx, id, &Changes { full_preview: Some(true), ..Changes::default() }));
    desk.category(EntryKind::Forum, "Talk", Some(category.id));
    let page = desk.browser(1).get(&knowledge::page_path(&category)).await;
    let text = page.page(200);
    for there in ["First", "Second", "Talk", "<p>shown <b>whole</b></p>"] {
        assert!(text.contains(there), "{there} in {text}");
    }
    assert!(!text.contains("text of it"));
    for _ in 0..super::PAGE_ENTRIES_MAX {
        desk.article("More", "x", Some(category.id));
    }
    let first = desk.browser(1).get(&knowledge::page_path(&category)).await;
    let more = first.page(200).split_once("?after=").expect("another page").1.split('"').next().unwrap().to_owned();
    let second = desk.browser(1).get(&format!("{}?after={more}", knowledge::page_path(&category))).await;
    assert!(second.page(200).matches("class=\"row\"").count() >= 3 && !second.text.contains("?after="), "{}", second.text);
    let empty = desk.category(EntryKind::Category, "Empty", None);
    assert!(desk.browser(1).get(&knowledge::page_path(&empty)).await.page(200).contains("There is nothing here yet."));
    for hostile in ["x", "1.x", "99999999999999999999.1", "%00"] {
        desk.browser(1).get(&format!("{}?after={hostile}&replies={hostile}", knowledge::page_path(&category))).await.page(200);
    }
}

#[tokio::test]
async fn a_list_shows_only_so_much_whole() {
    let desk = Fixture::new();
    let category = desk.category(EntryKind::Category, "Brewing", None);
    let whole = |title: &'static str, content: String| {
        let draft = ArticleDraft { parent: Some(category.id), full_preview: true, ..ArticleDraft::new(title, &content) };
        desk.write(move |tx, cx| knowledge::add_article(tx, cx, &draft))
    };
    let long =
        |word: &str, bytes: usize| format!("<p>{}</p><b>end of {word}</b>", format!("{word} &amp; ").repeat(bytes / (word.len() + 7)));
    // New ones stand above the others.
    for place in 0..WHOLE_MAX {
        whole("Late", format!("<b>late {place}</b>"));
    }
    whole("Small", "<p>a <b>small</b> one</p>".to_owned());
    let over = whole("Over", long("over", WHOLE_BYTES_MAX / 2));
    whole("Wide", long("süß", WHOLE_BYTES_MAX / 2));
    let huge = whole("Huge", long("huge", 1_000_000));
    let page = desk.browser(1).get(&knowledge::page_path(&category)).await;
    let text = page.page(200);
    assert!(text.contains("<b>end of süß</b>") && text.contains("<p>a <b>small</b> one</p>"), "what there is room for");
    for (over, word) in [(&over, "over"), (&huge, "huge")] {
        assert!(!text.contains(&format!("<b>end of {word}</b>")), "{word}");
        let row = text.split_once(&format!("href=\"{}\"", knowledge::page_path(over))).expect("its link").1;
        let row = row.split_once("</li>").expect("its end").0;
        assert!(row.contains(&format!("<p class=\"soft\" dir=\"auto\">{word} &#38; {word} &#38; ")) && row.len() < 1_000, "{row}");
    }
    assert_eq!(text.matches("<b>late").count(), WHOLE_MAX - 4, "beyond the number of them");
    assert_eq!(text.matches("<p class=\"soft\" dir=\"auto\">late ").count(), 4);
    assert!(text.len() < 2 * WHOLE_BYTES_MAX);
    let alone = desk.browser(1).get(&knowledge::page_path(&huge)).await;
    assert!(alone.page(200).contains("<b>end of huge</b>"), "on its own page it is whole");
}

#[tokio::test]
async fn hostile_entries() {
    let desk = Fixture::new();
    let category = desk.category(EntryKind::Category, MARKUP, None);
    let article = desk.article(MARKUP, MARKUP, Some(category.id));
    let id = article.id;
    let changes = Changes {
        keywords: Some(MARKUP.to_owned()),
        meta_description: Some(MARKUP.to_owned()),
        description: Some(MARKUP.to_owned()),
        ..Changes::default()
    };
    desk.write(move |tx, cx| knowledge::change(tx, cx, id, &changes));
    desk.browser(1).get(&knowledge::page_path(&category)).await.page(200);
    desk.browser(1).get(&knowledge::page_path(&article)).await.page(200);
}

#[test]
fn segments() {
    for (segment, wanted) in [
        ("376829-Article", Some("376829")),
        ("376829", Some("376829")),
        ("376829-", Some("376829")),
        ("376829x", None),
        ("", None),
        ("-1", None),
        ("٣-x", None),
    ] {
        assert_eq!(digits_of(segment), wanted, "{segment}");
    }
    assert_eq!(with_query("/1-a", None), "/1-a");
    assert_eq!(with_query("/1-a", Some("")), "/1-a");
    assert_eq!(with_query("/1-a", Some("b=c")), "/1-a?b=c");
}
