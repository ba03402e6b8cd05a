//! The rules of routing as rows of the settings.

use deskbell_domain::routing_rules::{IdleStatus, LIMIT_CHATS_MAX, LimitScope, MISSED_RINGS, OFFER_SECONDS, RoutingMode, RoutingRules};

use crate::error::AppError;

/// Takes the value of a row in; `false` if the row is none of routing.
pub(super) fn take(rules: &mut RoutingRules, name: &str, value: &str) -> bool {
    let number = |fallback: u16| value.parse().unwrap_or(fallback);
    let flag = value == "1";
    match name {
        "routing_mode" => rules.mode = RoutingMode::parse(value).unwrap_or(rules.mode),
        "chat_limit_enabled" => rules.limit.enabled = flag,
        "chat_limit" => rules.limit.chats = number(rules.limit.chats),
        "chat_limit_scope" => rules.limit.scope = LimitScope::parse(value).unwrap_or(rules.limit.scope),
        "chat_limit_agents_choose" => rules.limit.agents_choose = flag,
        "reassignment" => rules.reassignment = flag,
        // Empty: as long as the department says.
        "reassignment_seconds" => rules.offer_seconds = value.parse().ok(),
        "auto_idle" => rules.idle.enabled = flag,
        "auto_idle_after" => rules.idle.after = number(rules.idle.after),
        "auto_idle_status" => rules.idle.status = IdleStatus::parse(value).unwrap_or(rules.idle.status),
        "auto_accept" => rules.auto_accept = flag,
        _ => return false,
    }
    true
}

pub(super) fn rows(rules: &RoutingRules) -> [(&'static str, String); 11] {
    let flag = |on: bool| if on { "1" } else { "0" }.to_owned();
    [
        ("routing_mode", rules.mode.text().to_owned()),
        ("chat_limit_enabled", flag(rules.limit.enabled)),
        ("chat_limit", rules.limit.chats.to_string()),
        ("chat_limit_scope", rules.limit.scope.text().to_owned()),
        ("chat_limit_agents_choose", flag(rules.limit.agents_choose)),
        ("reassignment", flag(rules.reassignment)),
        ("reassignment_seconds", rules.offer_seconds.map(|seconds| seconds.to_string()).unwrap_or_default()),
        ("auto_idle", flag(rules.idle.enabled)),
        ("auto_idle_after", rules.idle.after.to_string()),
        ("auto_idle_status", rules.idle.status.text().to_owned()),
        ("auto_accept", flag(rules.auto_accept)),
    ]
}

pub(super) fn check(rules: &RoutingRules) -> Result<(), AppError> {
    if rules.limit.chats > LIMIT_CHATS_MAX {
        return Err(AppError::invalid("a chat limit is between 0 and 20"));
    }
    if rules.offer_seconds.is_some_and(|seconds| !OFFER_SECONDS.contains(&seconds)) {
        return Err(AppError::invalid("an offer rings between 10 and 120 seconds"));
    }
    if !MISSED_RINGS.contains(&rules.idle.after) {
        return Err(AppError::invalid("an agent is idle after 1 to 20 missed rings"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use deskbell_domain::routing_rules::{AutoIdle, ChatLimit};

    use super::*;

    #[test]
    fn rules_read_back() {
        let all = RoutingRules {
            mode: RoutingMode::Hybrid,
            limit: ChatLimit { enabled: false, chats: 7, scope: LimitScope::Account, agents_choose: true },
            reassignment: false,
            offer_seconds: Some(45),
            idle: AutoIdle { enabled: true, after: 9, status: IdleStatus::Invisible },
            auto_accept: true,
        };
        for rules in [all, RoutingRules::default()] {
            let mut read = all;
            for (name, value) in rows(&rules) {
                assert!(take(&mut read, name, &value), "{name}");
            }
            assert_eq!(read, rules);
        }
        assert!(!take(&mut RoutingRules::default(), "name", "x"));
    }
}
