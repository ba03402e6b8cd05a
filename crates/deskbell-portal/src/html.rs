//! The HTML of articles as pages show it. The use cases make it safe; here it loses its own styles, which the pages' policy forbids, and
//! which know nothing of a dark page.

use deskbell_app::knowledge::rendering;

const STYLE: &str = " style=\"";

/// Safe HTML without styles of its own.
pub(crate) fn shown(html: &str) -> String {
    unstyled(&rendering::safe_html(html))
}

/// Takes `style` out of tags. The serialiser that wrote them puts one blank before a name and double quotes around a value.
fn unstyled(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        rest = tag(&rest[start..], &mut out);
    }
    out.push_str(rest);
    out
}

/// Copies the tag at the start of a text; what stands behind it.
fn tag<'a>(mut rest: &'a str, out: &mut String) -> &'a str {
    while let Some(at) = rest.find(['"', '>']) {
        let quoted = rest.as_bytes()[at] == b'"';
        let (before, behind) = rest.split_at(at + 1);
        if !quoted {
            out.push_str(before);
            return behind;
        }
        let end = behind.find('"').map_or(behind.len(), |end| end + 1);
        match before.strip_suffix(STYLE) {
            Some(kept) => out.push_str(kept),
            None => {
                out.push_str(before);
                out.push_str(&behind[..end]);
            }
        }
        rest = &behind[end..];
    }
    out.push_str(rest);
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_go_and_all_else_stays() {
        for (html, wanted) in [
            ("<p style=\"color:red\">x</p>", "<p>x</p>"),
            ("<p id=\"a\" style=\"color:red\" dir=\"rtl\">x</p>", "<p id=\"a\" dir=\"rtl\">x</p>"),
            ("<a title=\" style=&quot;\" href=\"x\">y</a>", "<a title=\" style=&quot;\" href=\"x\">y</a>"),
            ("<a title=\"1 > 0\" style=\"\">y</a>", "<a title=\"1 > 0\">y</a>"),
            (" style=\"color:red\" <b>x</b>", " style=\"color:red\" <b>x</b>"),
            ("<img alt=\"é\" style=\"width:1px\" src=\"a\"><br>", "<img alt=\"é\" src=\"a\"><br>"),
            ("a < b", "a < b"),
            ("<p style=\"", "<p"),
            ("", ""),
        ] {
            assert_eq!(unstyled(html), wanted, "{html}");
        }
    }

    #[test]
    fn hostile_html() {
        let html = "<p style=\"color:red;position:fixed\" onclick=\"x()\">a<script>alert(1)</script></p>";
        assert_eq!(shown(html), "<p>a</p>");
    }
}
