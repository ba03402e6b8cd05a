use proptest::prelude::*;

use super::*;

#[test]
fn what_is_safe_stays() {
    for (html, wanted) in [
        ("plain & simple &copy; &nbsp;&#228;&amp;lt;", "plain &amp; simple © &nbsp;ä&amp;lt;"),
        ("Article <b>content</b><img src=\"pix.gif\">", "Article <b>content</b><img src=\"pix.gif\">"),
        (
            "<h2 id=top>T</h2><p style=\"color:red;position:fixed;text-align:center\">x</p>",
            "<h2 id=\"a-top\">T</h2><p style=\"color:red;text-align:center\">x</p>",
        ),
        (
            "<a href=\"https://desk.test/?a=1&amp;b=2\" target=_blank onclick=x()>l</a>",
            "<a href=\"https://desk.test/?a=1&amp;b=2\" rel=\"noopener noreferrer nofollow\">l</a>",
        ),
        ("<a href=#top>up</a>", "<a href=\"#a-top\" rel=\"noopener noreferrer nofollow\">up</a>"),
        ("<a href=\"mailto:a@desk.test\">m</a>", "<a href=\"mailto:a@desk.test\" rel=\"noopener noreferrer nofollow\">m</a>"),
        (
            "<img src=\"//desk.test/scripts/file.php?view=Y&file=0123\" alt=\"a &quot;b&quot;\" onerror=x>",
            "<img src=\"//desk.test/scripts/file.php?view=Y&amp;file=0123\" alt=\"a &quot;b&quot;\">",
        ),
        ("<table><tr><td colspan=2>x</td></tr></table>", "<table><tbody><tr><td colspan=\"2\">x</td></tr></tbody></table>"),
        ("<pre>a\n  b</pre><code>c &lt; d</code>", "<pre>a\n  b</pre><code>c &lt; d</code>"),
        (
            "<video src=\"https://desk.test/v.mp4\" controls autoplay></video>",
            "<video src=\"https://desk.test/v.mp4\" controls=\"\"></video>",
        ),
    ] {
        assert_eq!(safe_html(html), wanted, "{html}");
    }
}

#[test]
fn what_is_not_safe_goes() {
    for (html, wanted) in [
        ("a<script>alert(1)</script>b<style>p{}</style>c", "abc"),
        ("<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)"),
        ("<img src=x onerror=alert(1)>", "<img src=\"x\">"),
        ("<a href=\"javascript:alert(1)\">x</a>", "<a rel=\"noopener noreferrer nofollow\">x</a>"),
        ("<a href=\" &#106;avascript&colon;alert(1)\">x</a>", "<a rel=\"noopener noreferrer nofollow\">x</a>"),
        ("<a href=\"java\tscript:alert(1)\">x</a>", "<a rel=\"noopener noreferrer nofollow\">x</a>"),
        ("<a href=\"\u{2028}javascript:alert(1)\">x</a>", "<a rel=\"noopener noreferrer nofollow\">x</a>"),
        ("<a href=\"data:text/html,x\">x</a><img src=\"data:image/svg+xml,x\">", "<a rel=\"noopener noreferrer nofollow\">x</a><img>"),
        ("<svg><style><img src=x onerror=alert(1)></style></svg>", ""),
        ("<math><mi xlink:href=\"javascript:x\">y</mi></math>", "y"),
        ("<iframe src=https://x.test></iframe><object data=x></object><embed src=x><form action=x><input name=y></form>z", "z"),
        (
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
            "<p title=\"&lt;/noscript&gt;&lt;img src=x onerror=alert(1)&gt;\"></p>",
        ),
        ("<base href=//x.test><meta http-equiv=refresh content=0><link rel=stylesheet href=x>y", "y"),
        ("<p style=\"background-image:url(javascript:x)\">y</p>", "<p style=\"\">y</p>"),
        ("<body onload=x><p>y", "<p>y</p>"),
    ] {
        assert_eq!(safe_html(html), wanted, "{html}");
        assert_harmless(html);
    }
}

#[test]
fn simple_html_has_no_media() {
    let html =
        "Article <b>content</b><img src=\"pix.gif\"><figure><img src=x><figcaption>c</figcaption></figure><video><source src=y></video>";
    assert_eq!(simple_html(html), "Article <b>content</b>c");
}

#[test]
fn texts() {
    for (html, wanted) in [
        ("Article <b>content</b><img src=\"pix.gif\">", "Article content"),
        ("<p>Hello <b>Ann</b>,</p>\n<p>it\n  works.</p>", "Hello Ann,\nit works."),
        ("a<br>b<br/><br />c", "a\nb\n\nc"),
        ("<ul><li>one</li><li>two</li></ul>three", "one\ntwo\nthree"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<script>x()</script><style>p{}</style><!-- c -->a<title>t</title>", "a"),
        ("&lt;script&gt; &eacute;&nbsp;&nbsp;&#8364;", "<script> é €"),
        ("x<pre>a\n  b\n</pre>y", "x\na\n  b\ny"),
        ("un<b>believ</b>able", "unbelievable"),
        ("  <div> a </div> <div> b </div>  ", "a\nb"),
        ("<h1>Title</h1>text<hr>more", "Title\ntext\nmore"),
        ("a\0b", "ab"),
        ("<p", ""),
        ("2 < 3", "2 < 3"),
        ("", ""),
    ] {
        assert_eq!(plain_text(html), wanted, "{html}");
    }
}

#[test]
fn html_from_texts() {
    for (text, wanted) in [
        ("Hello", "<p>Hello</p>"),
        ("a\nb\n\n\nc\r\nd", "<p>a<br>b</p><p>c<br>d</p>"),
        ("<b> & \"x\"", "<p>&lt;b&gt; &amp; &quot;x&quot;</p>"),
        ("\n\n", ""),
    ] {
        assert_eq!(html_of_text(text), wanted, "{text:?}");
    }
}

/// Inputs of a size and shape that a parser by the standard takes minutes or gigabytes for.
#[test]
fn heavy_inputs_stay_light() {
    const BYTES: usize = 1 << 19;
    let fill = |piece: &str| piece.repeat(BYTES / piece.len());
    let formats: String = (0..10_000).map(|number| format!("<b x={number}>")).collect();
    let attributes: String = (0..150_000).map(|number| format!(" a{number}")).collect();
    for (what, html) in [
        ("nested blocks", fill("<div>")),
        ("nested formats", fill("<b><i>")),
        ("formats that a paragraph's end interrupts", format!("<p>{formats}</p>{}", fill("<p>x</p>"))),
        ("links", fill("<a href=x>y")),
        ("tables", fill("<table><tr><td>")),
        ("texts in tables", fill("<table>x<b>")),
        ("attributes", format!("<p{attributes}>")),
        ("lists", fill("<ul><li><p>")),
        ("comments", fill("<!---->")),
        ("open comments", fill("<!--")),
        ("signs", fill("<")),
        ("ampersands", fill("&")),
        ("names of ampersands", fill("&amp;")),
        ("signs of the first block", fill("©")),
        ("ampersands in values", fill(&format!("<p title=\"{}\">", "&".repeat(4_000)))),
        ("open quotes", fill("<a b=\"")),
        ("ends", fill("</p></b></table>")),
        ("raw ends", format!("<script>{}", fill("</scrip"))),
        ("headings", fill("<h1><h2><b>")),
        ("blanks", fill(" ")),
    ] {
        let out = safe_html(&html);
        assert!(out.len() < 16 * BYTES, "{what}: {} bytes", out.len());
        assert!(plain_text(&html).len() <= html.len(), "{what}");
    }
}

/// Tags of serialised HTML: between `<` and `>` outside of quotes.
fn tags(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    let mut letters = html.chars();
    while let Some(letter) = letters.next() {
        if letter != '<' {
            continue;
        }
        let mut tag = String::new();
        let mut quoted = false;
        for letter in letters.by_ref() {
            match letter {
                '"' => quoted = !quoted,
                '>' if !quoted => break,
                _ => {}
            }
            tag.push(letter);
        }
        tags.push(tag);
    }
    tags
}

/// Names and values of the attributes of a serialised tag.
fn attributes(tag: &str) -> Vec<(String, String)> {
    let Some((_, mut rest)) = tag.split_once(' ') else { return Vec::new() };
    let mut attributes = Vec::new();
    while let Some((name, value)) = rest.split_once("=\"") {
        let (value, behind) = value.split_once('"').expect("values are quoted");
        attributes.push((name.trim().to_owned(), decode(value).into_owned()));
        rest = behind;
    }
    assert_eq!(rest.trim(), "", "{tag}");
    attributes
}

fn assert_harmless(html: &str) {
    for (out, elements) in [(safe_html(html), &WHOLE.elements), (simple_html(html), &WITHOUT_MEDIA.elements)] {
        for tag in tags(&out) {
            let name = tag.split([' ', '>']).next().unwrap_or_default().trim_start_matches('/');
            assert!(elements.contains(name), "{name:?} in {out:?} from {html:?}");
            for (name, value) in attributes(&tag) {
                assert!(!name.starts_with("on") && name != "srcdoc" && !name.contains(':'), "{name} in {out:?} from {html:?}");
                let address: String = value.chars().filter(|letter| !letter.is_whitespace() && !letter.is_control()).collect();
                let scheme = address.split(':').next().unwrap_or_default().to_ascii_lowercase();
                if ["href", "src", "cite", "poster"].contains(&name.as_str()) {
                    assert!(!["javascript", "data", "vbscript", "file"].contains(&scheme.as_str()), "{address} in {out:?} from {html:?}");
                }
                assert!(name != "style" || !value.to_ascii_lowercase().contains("url("), "{value} in {out:?}");
            }
        }
    }
}

/// Pieces that hostile HTML is made of.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "<script>",
        "</script>",
        "<SCRIPT SRC=//x.test>",
        "<style>",
        "</style>",
        "<svg>",
        "</svg>",
        "<math>",
        "<mtext>",
        "<mglyph>",
        "<template>",
        "<noscript>",
        "</noscript>",
        "<textarea>",
        "</textarea>",
        "<title>",
        "</title>",
        "<iframe src=javascript:x>",
        "<xmp>",
        "<!--",
        "-->",
        "--!>",
        "<!",
        "<?",
        "<![CDATA[",
        "]]>",
        "<img src=x onerror=alert(1)>",
        "<img src=`x`onerror=x>",
        "<a href=",
        "javascript:alert(1)",
        "&#106;avascript&colon;",
        "jAvA\tscript:",
        "\u{1}javascript:",
        "data:text/html,",
        "<p onclick=\"x\">",
        "<p style=",
        "\"background:url(javascript:x)\"",
        "expression(x)",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<select>",
        "<option>",
        "<form>",
        "<b>",
        "</b>",
        "<i>",
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<a>",
        "</a>",
        "<ul><li>",
        "\"",
        "'",
        "`",
        ">",
        "<",
        "/",
        "=",
        " ",
        "\n",
        "\0",
        "&lt;script&gt;",
        "&quot;",
        "&#60;",
        "&#x3c;script",
        " onload=x ",
        " autofocus onfocus=x ",
        "<body onload=x>",
        "<base href=javascript:>",
        "<link rel=stylesheet href=x>",
        "<meta http-equiv=refresh content=0>",
        "<video poster=javascript:x>",
        "<source src=vbscript:x>",
        "id=x",
        "name=x",
        "xlink:href=javascript:x",
        "<h1>",
        "<pre>",
        "<br>",
        "é",
        "\u{feff}",
        "\u{2028}",
    ]);
    prop_oneof![6 => known.prop_map(str::to_owned), 1 => any::<String>(), 1 => "[a-z<>\"'=/ &;:#-]{0,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn nothing_harmful_comes_through(pieces in prop::collection::vec(piece(), 0..14)) {
        assert_harmless(&pieces.concat());
    }

    #[test]
    fn texts_come_back(text in any::<String>()) {
        let words = |text: &str| text.split_whitespace().map(|word| word.replace('\0', "")).filter(|word| !word.is_empty()).collect::<Vec<_>>();
        let shown = plain_text(&html_of_text(&text));
        // Some signs are blanks to Unicode and letters to HTML.
        prop_assert_eq!(words(&shown), words(&text));
    }
}
