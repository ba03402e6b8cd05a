//! The three roles that every desk has.

use std::collections::HashMap;

use deskbell_app::rights::Right;
use deskbell_app::{AppError, directory};
use deskbell_domain::agent::Role;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Route, routes as list};
use serde::Serialize;

use super::Rest;

/// The number of a role; an agent is 3, as in the original's examples.
pub(super) const fn role_id(role: Role) -> i64 {
    match role {
        Role::Owner => 1,
        Role::Administrator => 2,
        Role::Agent => 3,
    }
}

pub(super) fn role_of(id: i64) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role_id(*role) == id)
}

pub(super) fn routes() -> Vec<Route<Rest>> {
    list![Rest; ListRoles, GetRole]
}

#[derive(Serialize)]
struct RoleObject {
    description: &'static str,
    enabled: bool,
    id: i64,
    members_count: i64,
    name: &'static str,
    permissions: Permissions,
}

/// What a role may do on this desk, in the original's words.
#[derive(Serialize)]
struct Permissions {
    access_analytics: &'static str,
    edit_chat_tags: bool,
    edit_department_agents: &'static str,
    edit_visitor_information: bool,
    edit_visitor_notes: bool,
    manage_bans: &'static str,
    manage_shortcuts: &'static str,
    proactive_chatting: &'static str,
    set_agent_chat_limit: &'static str,
    view_monitor: &'static str,
    view_past_chats: &'static str,
    visitors_seen: &'static str,
}

impl RoleObject {
    fn new(role: Role, counts: &HashMap<Role, i64>) -> RoleObject {
        let (name, description) = match role {
            Role::Owner => ("Owner", "Everything, other owners included"),
            Role::Administrator => ("Administrator", "Everything but owners"),
            Role::Agent => ("Agent", "Chats, tickets, customers and bans"),
        };
        let administers = if role.administers() { "account" } else { "none" };
        let permissions = Permissions {
            access_analytics: administers,
            edit_chat_tags: true,
            edit_department_agents: administers,
            edit_visitor_information: true,
            edit_visitor_notes: true,
            manage_bans: "account",
            manage_shortcuts: administers,
            proactive_chatting: "listen-join",
            set_agent_chat_limit: administers,
            view_monitor: "account",
            view_past_chats: "account",
            visitors_seen: "account",
        };
        let members_count = counts.get(&role).copied().unwrap_or(0);
        RoleObject { description, enabled: true, id: role_id(role), members_count, name, permissions }
    }
}

struct ListRoles;

impl Endpoint<Rest> for ListRoles {
    const META: Meta = Meta::get("roles", Right::TokenReadAdministrator)
        .summary("The roles of agents")
        .source("Roles; records of a real account")
        .quirks(&[
            "always the three: 1 owner, 2 administrator, 3 agent; there are no custom ones, and writing is refused: 405",
            "`permissions` say what the role may do on this desk",
            "`members_count` counts agents who are not switched off",
        ]);

    async fn run(cx: Cx<Rest>, _: Input) -> Result<Answer, AppError> {
        let counts = cx.state.desk().read(directory::roles).await?;
        Ok(Answer::bare_tree(Role::ALL.map(|role| RoleObject::new(role, &counts))))
    }
}

struct GetRole;

impl Endpoint<Rest> for GetRole {
    const META: Meta =
        Meta::get("roles/{id}", Right::TokenReadAdministrator).summary("One role").params(&[Param::path("id")]).source("Roles");

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let role = input.path("id")?.parse().ok().and_then(role_of).ok_or_else(|| AppError::not_found("no such role"))?;
        let counts = cx.state.desk().read(directory::roles).await?;
        Ok(Answer::bare_tree(RoleObject::new(role, &counts)))
    }
}

#[cfg(test)]
mod tests {
    use deskbell_domain::agent::Role;
    use serde_json::json;

    use crate::world::{World, call};

    #[tokio::test]
    async fn three_of_them() {
        let world = World::open().await;
        let (_, agent) = world.add_writer("agent@desk.test", Role::Agent).await;
        let roles = world.page("/api/v2/roles").await;
        let told: Vec<_> = roles.as_array().unwrap().iter().map(|role| (&role["id"], &role["name"], &role["members_count"])).collect();
        assert_eq!(
            told,
            [
                (&json!(1), &json!("Owner"), &json!(1)),
                (&json!(2), &json!("Administrator"), &json!(0)),
                (&json!(3), &json!("Agent"), &json!(1))
            ]
        );
        let one = world.page("/api/v2/chat/roles/3").await;
        assert_eq!(
            one,
            json!({"description": "Chats, tickets, customers and bans", "enabled": true, "id": 3, "members_count": 1, "name": "Agent",
                "permissions": {"access_analytics": "none", "edit_chat_tags": true, "edit_department_agents": "none",
                    "edit_visitor_information": true, "edit_visitor_notes": true, "manage_bans": "account", "manage_shortcuts": "none",
                    "proactive_chatting": "listen-join", "set_agent_chat_limit": "none", "view_monitor": "account",
                    "view_past_chats": "account", "visitors_seen": "account"}})
        );
        assert_eq!(roles[2], one);
        assert_eq!(roles[0]["permissions"]["manage_shortcuts"], json!("account"));
        for unknown in ["0", "4", "x", "383486450414"] {
            let reply = call(&world.rest, "GET", &format!("/api/v2/roles/{unknown}"), Some(world.token())).await;
            assert_eq!(reply.status, 404, "{unknown}");
        }
        for verb in ["POST", "PUT", "DELETE"] {
            assert_eq!(call(&world.rest, verb, "/api/v2/roles", Some(world.token())).await.status, 405);
            let reply = call(&world.rest, verb, "/api/v2/roles/3", Some(world.token())).await;
            assert_eq!(
                (reply.status, reply.json()),
                (405, json!({"description": "The method is not allowed for the requested URL.", "error": "Method Not Allowed"}))
            );
        }
        assert_eq!(call(&world.rest, "GET", "/api/v2/roles", Some(&agent)).await.status, 403);
    }
}
