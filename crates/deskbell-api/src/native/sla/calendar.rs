//! Business hours as JSON. What is wrong with them is refused by the name of the field.

use std::collections::BTreeMap;

use deskbell_app::AppError;
use deskbell_domain::calendar::{Calendar, CalendarFault, HOLIDAYS_MAX, Open, SPANS_PER_DAY_MAX};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The days of a week, as they are spelled.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A span of a day by the clock on the wall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct SpanBody {
    /// `09:00`
    from: String,
    /// `17:30`, not included; the end of the day is `24:00`.
    until: String,
}

/// When the desk is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct CalendarBody {
    /// The IANA name of a time zone: `Europe/Berlin`.
    zone: String,
    /// `mon` to `sun`, each with its spans in order; a day that is left out is closed.
    days: BTreeMap<String, Vec<SpanBody>>,
    /// Days off: `2026-12-25`.
    #[serde(default)]
    holidays: Vec<String>,
}

impl From<&Calendar> for CalendarBody {
    fn from(calendar: &Calendar) -> Self {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let span = |open: &Open| SpanBody { from: clock(open.from_minute), until: clock(open.until_minute) };
        let days = DAYS.iter().zip(calendar.days()).filter(|(_, spans)| !spans.is_empty());
        CalendarBody {
            zone: calendar.zone_name().to_owned(),
            days: days.map(|(day, spans)| ((*day).to_owned(), spans.iter().map(span).collect())).collect(),
            holidays: calendar.holidays().iter().map(ToString::to_string).collect(),
        }
    }
}

impl CalendarBody {
    /// Reads them part by part, so that a refusal can say which is wrong.
    pub(crate) fn calendar(&self) -> Result<Calendar, AppError> {
        let mut text = self.zone.trim().to_owned();
        let named = |text: &str, letters: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || letters.contains(letter));
        if !named(&text, "/_+-") || Calendar::parse(&text).is_err() {
            return Err(AppError::invalid("calendar.zone: no such time zone"));
        }
        for (day, spans) in &self.days {
            if !DAYS.contains(&day.as_str()) {
                return Err(AppError::invalid(format!("calendar.days: there is no day {:?}", day.chars().take(20).collect::<String>())));
            }
            let mut part = format!("; {day}");
            for SpanBody { from, until } in spans {
                if !named(from, ":") || !named(until, ":") {
                    return Err(refused(day, CalendarFault::Text));
                }
                part.push_str(&format!(" {from}-{until}"));
            }
            Calendar::parse(&format!("GMT{part}")).map_err(|fault| refused(day, fault))?;
            text.push_str(&part);
        }
        if self.holidays.len() > HOLIDAYS_MAX {
            return Err(AppError::invalid(format!("calendar.holidays: at most {HOLIDAYS_MAX}")));
        }
        for (place, holiday) in self.holidays.iter().enumerate() {
            if holiday.len() != 10 || !named(holiday, "-") || Calendar::parse(&format!("GMT; off {holiday}")).is_err() {
                return Err(AppError::invalid(format!("calendar.holidays[{place}] must be a day like 2026-12-25")));
            }
        }
        if !self.holidays.is_empty() {
            text.push_str(&format!("; off {}", self.holidays.join(" ")));
        }
        Calendar::parse(&text).map_err(|fault| AppError::invalid("calendar is not understood").because(format!("{fault:?}")))
    }
}

fn refused(day: &str, fault: CalendarFault) -> AppError {
    let what = match fault {
        CalendarFault::Span => "a span begins before it ends, and ends with the day",
        CalendarFault::Overlap => "spans stand in order and apart from each other",
        CalendarFault::TooMany => return AppError::invalid(format!("calendar.days.{day}: at most {SPANS_PER_DAY_MAX} spans")),
        CalendarFault::Zone | CalendarFault::Text => "a span is like 09:00 to 17:30",
    };
    AppError::invalid(format!("calendar.days.{day}: {what}"))
}
