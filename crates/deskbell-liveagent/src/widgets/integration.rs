//! The HTML that embeds a widget in a page: a script element that loads the tracker and then has it make the widget.

use deskbell_domain::widget::{Widget, WidgetKind};

/// By this id the tracker's script element is known in a page.
const SCRIPT_ID: &str = "la_x2s6df8d";

/// `base` is the desk without a scheme, `//host`.
pub(super) fn code(widget: &Widget, base: &str) -> String {
    let make = match widget.kind {
        WidgetKind::ContactForm | WidgetKind::FormWindow => "createForm",
        WidgetKind::ChatButton
        | WidgetKind::InvitationHtml
        | WidgetKind::InvitationImage
        | WidgetKind::ChatWindow
        | WidgetKind::Search
        | WidgetKind::KnowledgeBase
        | WidgetKind::SuggestButton
        | WidgetKind::PhoneButton => "createButton",
    };
    let (source, id) = (quoted(&format!("{base}/scripts/track.js")), quoted(&widget.id.to_string()));
    format!(
        "<script type=\"text/javascript\">\n\
         (function (page, source, loaded) {{\n  \
         var place = page.currentScript || page.scripts[page.scripts.length - 1];\n  \
         var loader = page.createElement('script');\n  \
         loader.id = '{SCRIPT_ID}';\n  \
         loader.async = true;\n  \
         loader.onload = function () {{ loaded(loader); }};\n  \
         loader.src = source;\n  \
         place.parentNode.insertBefore(loader, place.nextSibling);\n\
         }})(document, {source}, function (e) {{ LiveAgent.{make}({id}, e); }});\n\
         </script>"
    )
}

/// A text as a string of JavaScript inside HTML: whatever could end the string or the script element is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for letter in text.chars() {
        match letter {
            ' '..='~' if !matches!(letter, '\'' | '"' | '\\' | '<' | '>' | '&') => out.push(letter),
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_string() {
        for (text, wanted) in [
            ("//help.test/scripts/track.js", "'//help.test/scripts/track.js'"),
            ("a'b\"c\\d", "'a\\u0027b\\u0022c\\u005cd'"),
            ("</script><script>", "'\\u003c/script\\u003e\\u003cscript\\u003e'"),
            ("a\nb\u{2028}c", "'a\\u000ab\\u2028c'"),
            ("é😀&", "'\\u00e9\\ud83d\\ude00\\u0026'"),
        ] {
            assert_eq!(quoted(text), wanted);
        }
    }
}
