//! `opdatetime`: a time with an operator in front. Source: the reference, "Datafield formats".
//!
//! The reference does not say what a date without a time of day means. Here `gt`, `gte` and `lt` mean its first second, as they would for a
//! database (so that `gt:2024-05-01` misses nothing of that day but that second); `eq`, `neq` mean the whole day, `lte` and the upper
//! bound of `btw` its end.

use deskbell_app::AppError;
use deskbell_app::views::listing::Changed;
use deskbell_http::Input;

use crate::moment::Zone;
use crate::pattern::Pattern;

/// What a parameter asks of a time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// All must hold.
    pub(crate) changed: Vec<Changed>,
    /// Must match, too.
    pub(crate) pattern: Option<Pattern>,
}

/// Reads the parameter; not given, it asks nothing.
pub(crate) fn read(input: &Input, name: &str, zone: &Zone) -> Result<Asked, AppError> {
    match input.filled_opt(name) {
        Some(text) => parse(name, text.trim(), zone),
        None => Ok(Asked::default()),
    }
}

fn parse(name: &str, text: &str, zone: &Zone) -> Result<Asked, AppError> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let (operator, operand) = text.split_once(':').filter(|(word, _)| is_word(word)).unwrap_or(("eq", text));
    let span = || zone.span(name, operand);
    let changed = match operator.to_ascii_lowercase().as_str() {
        "eq" => vec![span().map(|span| Changed::Equal(span.start, span.end))?],
        "neq" => vec![span().map(|span| Changed::NotEqual(span.start, span.end))?],
        "gt" => vec![span().map(|span| Changed::From(span.start.plus_seconds(1)))?],
        "gte" => vec![span().map(|span| Changed::From(span.start))?],
        "lt" => vec![span().map(|span| Changed::Before(span.start))?],
        "lte" => vec![span().map(|span| Changed::Before(span.end))?],
        "btw" => between(name, operand, zone)?,
        "lk" => return like(name, operand, zone),
        _ => return Err(AppError::invalid(format!("parameter {name} must begin with one of eq, neq, gt, lt, gte, lte, btw, lk"))),
    };
    Ok(Asked { changed, pattern: None })
}

/// Bounds the wrong way round are swapped.
fn between(name: &str, operand: &str, zone: &Zone) -> Result<Vec<Changed>, AppError> {
    let Some((from, to)) = operand.split_once(',') else {
        return Err(AppError::invalid(format!("parameter {name} must have two dates behind btw, with a comma between them")));
    };
    let whole = zone.span(name, from)?.and(zone.span(name, to)?);
    Ok(vec![Changed::Equal(whole.start, whole.end)])
}

fn like(name: &str, operand: &str, zone: &Zone) -> Result<Asked, AppError> {
    let unreadable = || AppError::invalid(format!("parameter {name} must be a pattern like 2012-11-% behind lk"));
    let pattern = Pattern::parse(operand.trim(), zone).ok_or_else(unreadable)?;
    let changed = pattern.within.map(|within| Changed::Equal(within.start, within.end)).into_iter().collect();
    Ok(Asked { changed, pattern: Some(pattern).filter(|pattern| !pattern.is_whole) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use deskbell_app::settings::Settings;
    use deskbell_domain::time::Timestamp;

    /// Whether a moment is what was asked for; the store does the same by itself.
    fn holds(asked: &Asked, at: Timestamp, zone: &Zone) -> bool {
        let inside = |changed: &Changed| match changed {
            Changed::Equal(from, end) => *from <= at && at < *end,
            Changed::NotEqual(from, end) => !(*from <= at && at < *end),
            Changed::Before(end) => at < *end,
            Changed::From(from) => *from <= at,
        };
        asked.changed.iter().all(inside) && asked.pattern.as_ref().is_none_or(|pattern| pattern.matches(&zone.text(at)))
    }

    #[test]
    fn every_operator_on_both_sides_of_its_bounds() {
        let zone = Zone::set(&Settings::default());
        for (text, inside, outside) in [
            ("2012-05-02 10:00:00", "2012-05-02 10:00:00", "2012-05-02 10:00:01"),
            ("eq:2012-05-02 10:00:00", "2012-05-02 10:00:00", "2012-05-02 09:59:59"),
            ("eq:2012-05-02", "2012-05-02 23:59:59", "2012-05-03 00:00:00"),
            ("neq:2012-05-02 10:00:00", "2012-05-02 10:00:01", "2012-05-02 10:00:00"),
            ("neq:2012-05-02", "2012-05-01 23:59:59", "2012-05-02 00:00:00"),
            ("gt:2012-05-02 10:00:00", "2012-05-02 10:00:01", "2012-05-02 10:00:00"),
            ("gt:2012-05-02", "2012-05-02 00:00:01", "2012-05-02 00:00:00"),
            ("GTE:2012-05-02 10:00:00", "2012-05-02 10:00:00", "2012-05-02 09:59:59"),
            ("gte:2012-05-02", "2012-05-02 00:00:00", "2012-05-01 23:59:59"),
            ("lt:2012-05-02 10:00:00", "2012-05-02 09:59:59", "2012-05-02 10:00:00"),
            ("lt:2012-05-02", "2012-05-01 23:59:59", "2012-05-02 00:00:00"),
            ("lte:2012-05-02 10:00:00", "2012-05-02 10:00:00", "2012-05-02 10:00:01"),
            ("lte:2012-05-02", "2012-05-02 23:59:59", "2012-05-03 00:00:00"),
            ("btw:2012-05-02 10:00:00,2012-05-02 11:00:00", "2012-05-02 11:00:00", "2012-05-02 11:00:01"),
            ("btw:2012-05-02 11:00:00, 2012-05-02 10:00:00", "2012-05-02 10:00:00", "2012-05-02 09:59:59"),
            ("btw:2012-05-02,2012-05-01", "2012-05-02 23:59:59", "2012-05-03 00:00:00"),
            ("lk:2012-05-%", "2012-05-31 23:59:59", "2012-06-01 00:00:00"),
            ("lk:2012-05-02 ??:59:59", "2012-05-02 07:59:59", "2012-05-02 07:59:58"),
            ("lk:%-02 %", "1999-01-02 00:00:00", "1999-01-03 00:00:00"),
        ] {
            let asked = parse("datechanged", text, &zone).expect(text);
            let at = |text: &str| zone.span("at", text).unwrap().start.plus_micros(500_000);
            assert!(holds(&asked, at(inside), &zone), "{text} takes {inside}");
            assert!(!holds(&asked, at(outside), &zone), "{text} leaves out {outside}");
        }
    }

    #[test]
    fn what_cannot_be_read() {
        let zone = Zone::set(&Settings::default());
        for text in [
            "x",
            "eq:",
            "gt:yesterday",
            "ge:2012-05-02",
            "btw:2012-05-02",
            "btw:2012-05-02,x",
            "lk:",
            "lk:x%",
            "lk:2012-99%",
            ":2012-05-02",
        ] {
            let error = parse("datechanged", text, &zone).expect_err(text);
            assert!(error.public.starts_with("parameter datechanged must"), "{text}: {}", error.public);
        }
    }
}
