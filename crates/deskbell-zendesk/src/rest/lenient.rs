//! What bodies and paths of this API are read with: clients write flags as 0 and 1, ids as numbers, and name what is not there.

use deskbell_app::AppError;
use deskbell_app::rights::Principal;
use deskbell_domain::ids::{AgentId, ENTITY_END, ENTITY_MIN};
use deskbell_http::{Cx, Input};
use serde::Deserialize;

use super::Rest;

/// A flag: `true` and `false`, or 1 and 0 as the original's documentation has it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(from = "Flag")]
pub(super) struct Switch(pub(super) bool);

#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Word(bool),
    Number(i64),
}

impl From<Flag> for Switch {
    fn from(flag: Flag) -> Switch {
        match flag {
            Flag::Word(on) => Switch(on),
            Flag::Number(number) => Switch(number != 0),
        }
    }
}

/// The id in the path. What cannot be one is an object that does not exist.
pub(super) fn path_id<T>(input: &Input, from: fn(i64) -> T, what: &str) -> Result<T, AppError> {
    let number = input.path("id")?.parse::<i64>().ok().filter(|number| (ENTITY_MIN..ENTITY_END).contains(number));
    number.map(from).ok_or_else(|| AppError::not_found(format!("no such {what}")))
}

/// The agent whose token it is.
pub(super) fn me(cx: &Cx<Rest>) -> Result<AgentId, AppError> {
    match cx.principal {
        Principal::Token { agent, .. } => Ok(agent),
        Principal::Nobody | Principal::ApiKey { .. } | Principal::Agent { .. } | Principal::Visitor { .. } => {
            Err(AppError::internal("a call for tokens was reached by somebody else"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags() {
        for (text, on) in [("true", true), ("false", false), ("1", true), ("0", false)] {
            assert_eq!(serde_json::from_str::<Switch>(text).unwrap().0, on, "{text}");
        }
        for wrong in ["\"yes\"", "null", "[]", "1.5"] {
            assert!(serde_json::from_str::<Switch>(wrong).is_err(), "{wrong}");
        }
    }
}
