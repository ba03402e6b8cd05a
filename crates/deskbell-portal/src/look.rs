//! The style sheet, with the desk's accent colour made fit for text on light and on dark ground.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, credentials};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use http::header::{self, HeaderValue};

use crate::door::State;

const SHEET: &str = include_str!("../assets/portal.css");
/// Contrast of text with its ground, at least: WCAG 2.2, level AA.
const CONTRAST_MIN: f64 = 4.5;
/// The darkest ground of links on a light page, and the lightest on a dark one.
const LIGHT_GROUND: [u8; 3] = [0xf3, 0xf4, 0xf6];
const DARK_GROUND: [u8; 3] = [0x26, 0x29, 0x2f];
/// Steps on the way to black or white.
const STEPS: u16 = 40;

/// The path of the style sheet; another one for each colour and each version of the sheet, so that browsers keep it for long.
pub(crate) fn address(accent: &str) -> String {
    format!("/portal/style.css?v={}", version(accent))
}

fn version(accent: &str) -> String {
    credentials::hash_secret(&sheet(accent))[..12].to_owned()
}

fn sheet(accent: &str) -> String {
    let accent = rgb(accent).unwrap_or([0x25, 0x63, 0xeb]);
    let (light, dark) = (toward(accent, 0, LIGHT_GROUND), toward(accent, 255, DARK_GROUND));
    let ink = if contrast(accent, [255; 3]) >= contrast(accent, [0; 3]) { [255; 3] } else { [0; 3] };
    format!(":root{{--accent:{};--accent-ink:{};--link:light-dark({},{})}}\n{SHEET}", hex(accent), hex(ink), hex(light), hex(dark))
}

fn rgb(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Relative luminance, as WCAG defines it.
fn luminance(colour: [u8; 3]) -> f64 {
    let linear = colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The colour, as near to itself as can be read on this ground.
fn toward(colour: [u8; 3], end: u8, ground: [u8; 3]) -> [u8; 3] {
    for step in 0..=STEPS {
        let mixed = colour.map(|part| {
            let (part, end, step) = (u32::from(part), u32::from(end), u32::from(step));
            ((part * (u32::from(STEPS) - step) + end * step) / u32::from(STEPS)) as u8
        });
        if contrast(mixed, ground) >= CONTRAST_MIN {
            return mixed;
        }
    }
    [end; 3]
}

pub(crate) struct Style;

impl Endpoint<State> for Style {
    const META: Meta = Meta::get("portal/style.css", Right::Anyone).summary("The style sheet of the public pages");

    async fn run(cx: Cx<State>, input: Input) -> Result<Answer, AppError> {
        let settings = cx.state.desk.settings();
        let kept = if input.text_opt("v") == Some(version(&settings.accent).as_str()) {
            HeaderValue::from_static("public, max-age=31536000, immutable")
        } else {
            HeaderValue::from_static("no-cache")
        };
        Ok(Answer::bytes("text/css; charset=utf-8", sheet(&settings.accent))
            .header(header::CACHE_CONTROL, kept)
            .header(header::VARY, HeaderValue::from_static("accept-encoding")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accent_can_be_read() {
        for accent in ["#000000", "#ffffff", "#2563eb", "#ffff00", "#ff0000", "#808080", "#00ff00", "#7c3aed", "#f59e0b"] {
            let colour = rgb(accent).unwrap();
            assert!(contrast(toward(colour, 0, LIGHT_GROUND), LIGHT_GROUND) >= CONTRAST_MIN, "{accent} on light ground");
            assert!(contrast(toward(colour, 0, LIGHT_GROUND), [255; 3]) >= CONTRAST_MIN, "{accent} on white");
            assert!(contrast(toward(colour, 255, DARK_GROUND), DARK_GROUND) >= CONTRAST_MIN, "{accent} on dark ground");
            let ink = if contrast(colour, [255; 3]) >= contrast(colour, [0; 3]) { [255; 3] } else { [0; 3] };
            assert!(contrast(colour, ink) >= CONTRAST_MIN, "ink on {accent}");
        }
        assert_eq!(toward(rgb("#1d4ed8").unwrap(), 0, LIGHT_GROUND), [0x1d, 0x4e, 0xd8], "left alone where it will do");
    }

    #[test]
    fn nothing_else_gets_into_the_sheet() {
        for hostile in ["red", "#12", "#gggggg", "#25e}*{", "é#1234", "#ééé"] {
            assert_eq!(rgb(hostile), None, "{hostile}");
            assert!(sheet(hostile).starts_with(":root{--accent:#2563eb;"));
        }
        assert_ne!(address("#000000"), address("#ffffff"));
    }
}
