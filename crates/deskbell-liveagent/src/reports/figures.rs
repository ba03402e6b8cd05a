//! What the columns of the five reports of sums show, made of a cell; and how all reports round.

use deskbell_domain::measure::{Cell, Measure};

use Figure::{Count, Mean, Minutes, PerHour, Percent, Seconds};
use Measure::*;

const SECOND_MICROS: i64 = 1_000_000;
const MINUTE_MICROS: i64 = 60 * SECOND_MICROS;

/// What a column makes of a cell. Means and spans are rounded half up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    Count(Measure),
    /// Whole minutes of a time.
    Minutes(Measure),
    /// Whole seconds of times together.
    Seconds(&'static [Measure]),
    /// Times by counts, in whole seconds; 0 where nothing was counted.
    Mean(&'static [Measure], &'static [Measure]),
    /// A figure by the hours of work that the column `worktime` shows, with two places; `0.00` without any.
    PerHour(&'static Figure),
    /// A share of all who were asked to rate, in per cent with two places; `0.00` if there was nobody.
    Percent(Measure),
}

/// A wire key and what it shows.
pub(super) type FigureColumn = (&'static str, Figure);

/// Behind who an agent is. Source of the order: the reference, Agents report.
pub(super) const OF_AGENTS: &[FigureColumn] = &[
    ("worktime", Minutes(WorkTime)),
    ("answers", Count(Answers)),
    ("answers_ph", PerHour(&Count(Answers))),
    ("newAnswerAvgTime", Mean(&[NewAnswerTime], &[NewAnswers])),
    ("newAnswerAvgTimeSla", Mean(&[NewAnswerTimeSla], &[NewAnswers])),
    ("nextAnswerAvgTime", Mean(&[NextAnswerTime], &[NextAnswers])),
    ("nextAnswerAvgTimeSla", Mean(&[NextAnswerTimeSla], &[NextAnswers])),
    ("calls", Count(Calls)),
    ("calls_ph", PerHour(&Count(Calls))),
    ("missed_calls", Count(MissedCalls)),
    ("missed_calls_ph", PerHour(&Count(MissedCalls))),
    ("call_seconds", Seconds(&[CallTime, OutgoingCallTime])),
    ("call_seconds_ph", PerHour(&Seconds(&[CallTime, OutgoingCallTime]))),
    ("chats", Count(Chats)),
    ("chats_ph", PerHour(&Count(Chats))),
    ("chat_answers", Count(ChatAnswers)),
    ("chat_answers_ph", PerHour(&Count(ChatAnswers))),
    ("missed_chats", Count(MissedChats)),
    ("missed_chats_ph", PerHour(&Count(MissedChats))),
    ("chat_pickup", Count(ChatPickups)),
    ("chatPickupAvgTime", Mean(&[ChatPickupTime], &[ChatPickupTimes])),
    ("chatAvgTime", Mean(&[ChatTime], &[ChatTimes])),
    ("not_ranked", Count(NotRanked)),
    ("not_ranked_p", Percent(NotRanked)),
    ("not_ranked_ph", PerHour(&Count(NotRanked))),
    ("rewards", Count(Rewards)),
    ("rewards_p", Percent(Rewards)),
    ("rewards_ph", PerHour(&Count(Rewards))),
    ("punishments", Count(Punishments)),
    ("punishments_p", Percent(Punishments)),
    ("punishments_ph", PerHour(&Count(Punishments))),
    ("created_tickets", Count(CreatedTickets)),
    ("resolved_tickets", Count(ResolvedTickets)),
    ("u_chats", Count(UnansweredChats)),
    ("u_calls", Count(UnansweredCalls)),
    ("notes", Count(Notes)),
    ("firstAssignAvgTime", Mean(&[FirstAssignTime], &[FirstAssigns])),
    ("firstAssignAvgTimeSla", Mean(&[FirstAssignTimeSla], &[FirstAssigns])),
    ("firstResolveAvgTime", Mean(&[FirstResolveTime], &[FirstResolves])),
    ("firstResolveAvgTimeSla", Mean(&[FirstResolveTimeSla], &[FirstResolves])),
    ("calls_outgoing", Count(OutgoingCalls)),
    ("call_outgoing_seconds", Seconds(&[OutgoingCallTime])),
    ("call_outgoing_avg_time", Mean(&[OutgoingCallTime], &[OutgoingCallTimes])),
    ("call_pickup_avg_time", Mean(&[CallPickupTime], &[CallPickupTimes])),
    ("call_avg_time", Mean(&[CallTime, OutgoingCallTime], &[CallTimes, OutgoingCallTimes])),
    ("calls_internal", Count(InternalCalls)),
    ("call_internal_avg_time", Mean(&[InternalCallTime], &[InternalCallTimes])),
    ("call_internal_seconds", Seconds(&[InternalCallTime])),
    ("o_calls", Count(Voicemails)),
];

/// Behind the first two columns of channels, departments, tags and performance. Source of the order: the reference, Channels report.
pub(super) const OF_ALL_ELSE: &[FigureColumn] = &[
    ("answers", Count(Answers)),
    ("newAnswerAvgTime", Mean(&[NewAnswerTime], &[NewAnswers])),
    ("newAnswerAvgTimeSla", Mean(&[NewAnswerTimeSla], &[NewAnswers])),
    ("nextAnswerAvgTime", Mean(&[NextAnswerTime], &[NextAnswers])),
    ("nextAnswerAvgTimeSla", Mean(&[NextAnswerTimeSla], &[NextAnswers])),
    ("chat_answers", Count(ChatAnswers)),
    ("chats", Count(Chats)),
    ("missed_chats", Count(MissedChats)),
    ("chat_pickup", Count(ChatPickups)),
    ("chatPickupAvgTime", Mean(&[ChatPickupTime], &[ChatPickupTimes])),
    ("chatAvgTime", Mean(&[ChatTime], &[ChatTimes])),
    ("calls", Count(Calls)),
    ("missed_calls", Count(MissedCalls)),
    ("call_seconds", Seconds(&[CallTime, OutgoingCallTime])),
    ("not_ranked", Count(NotRanked)),
    ("not_ranked_p", Percent(NotRanked)),
    ("rewards", Count(Rewards)),
    ("rewards_p", Percent(Rewards)),
    ("punishments", Count(Punishments)),
    ("punishments_p", Percent(Punishments)),
    ("i_messages", Count(IncomingMessages)),
    ("i_chats", Count(IncomingChats)),
    ("i_calls", Count(IncomingCalls)),
    ("f_chats", Count(FinishedChats)),
    ("f_calls", Count(FinishedCalls)),
    ("created_tickets", Count(CreatedTickets)),
    ("resolved_tickets", Count(ResolvedTickets)),
    ("u_chats", Count(UnansweredChats)),
    ("u_calls", Count(UnansweredCalls)),
    ("notes", Count(Notes)),
    ("firstAssignAvgTime", Mean(&[FirstAssignTime], &[FirstAssigns])),
    ("firstAssignAvgTimeSla", Mean(&[FirstAssignTimeSla], &[FirstAssigns])),
    ("firstResolveAvgTime", Mean(&[FirstResolveTime], &[FirstResolves])),
    ("firstResolveAvgTimeSla", Mean(&[FirstResolveTimeSla], &[FirstResolves])),
    ("calls_outgoing", Count(OutgoingCalls)),
    ("call_outgoing_seconds", Seconds(&[OutgoingCallTime])),
    ("call_outgoing_avg_time", Mean(&[OutgoingCallTime], &[OutgoingCallTimes])),
    ("call_pickup_avg_time", Mean(&[CallPickupTime], &[CallPickupTimes])),
    ("call_avg_time", Mean(&[CallTime, OutgoingCallTime], &[CallTimes, OutgoingCallTimes])),
    ("calls_internal", Count(InternalCalls)),
    ("call_internal_avg_time", Mean(&[InternalCallTime], &[InternalCallTimes])),
    ("call_internal_seconds", Seconds(&[InternalCallTime])),
    ("o_calls", Count(Voicemails)),
];

impl Figure {
    pub(super) fn text(&self, cell: &Cell) -> String {
        match self {
            Count(_) | Minutes(_) | Seconds(_) | Mean(..) => self.number(cell).to_string(),
            PerHour(figure) => decimal(figure.number(cell) * 60, Minutes(WorkTime).number(cell)),
            Percent(measure) => decimal(cell.get(*measure) * 100, sum(cell, &[Rewards, Punishments, NotRanked])),
        }
    }

    /// As a whole number. Those with two places are shown by [`Figure::text`] alone.
    fn number(&self, cell: &Cell) -> i64 {
        match self {
            Count(measure) => cell.get(*measure),
            Minutes(measure) => divided(cell.get(*measure), MINUTE_MICROS),
            Seconds(measures) => divided(sum(cell, measures), SECOND_MICROS),
            Mean(times, counts) => mean_seconds(sum(cell, times), sum(cell, counts)),
            PerHour(figure) => figure.number(cell),
            Percent(measure) => cell.get(*measure),
        }
    }
}

fn sum(cell: &Cell, measures: &[Measure]) -> i64 {
    measures.iter().map(|measure| cell.get(*measure)).sum()
}

/// A mean in whole seconds; 0 of nothing.
pub(super) fn mean_seconds(micros: i64, count: i64) -> i64 {
    divided(micros, count.saturating_mul(SECOND_MICROS))
}

/// Rounded half up; 0 of nothing.
pub(super) fn divided(value: i64, by: i64) -> i64 {
    if by <= 0 {
        return 0;
    }
    let small = value.checked_mul(2).and_then(|twice| twice.checked_add(by)).zip(by.checked_mul(2));
    match small {
        Some((twice, by)) => twice.div_euclid(by),
        None => (2 * i128::from(value) + i128::from(by)).div_euclid(2 * i128::from(by)) as i64,
    }
}

/// A quotient with two places; `0.00` of nothing.
fn decimal(value: i64, by: i64) -> String {
    two_places(divided(value.saturating_mul(100), by))
}

/// So many hundredths.
pub(super) fn two_places(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", hundredths.abs() / 100, hundredths.abs() % 100)
}

/// Seconds as `HH:MM:SS`; hours have as many digits as they need.
pub(super) fn clock(seconds: i64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests;
