//! Events folded into a state, as docs/live-protocol.md tells clients to, and what of a state two clients must agree on.

use serde_json::{Value, json};

/// Folds an event into a visitor's state.
pub fn visitor(state: &mut Value, event: &Value) {
    match event["e"].as_str().unwrap_or_default() {
        "conversation.started" => {
            state["conversation"] = event["conversation"].clone();
            state["messages"] = json!([]);
            state["chat"] = Value::Null;
            state["read"] = json!({"customer": null, "agent": null});
        }
        "chat.requested" => {
            state["greetings"] = json!([]);
            state["chat"] = json!({"chat": event["chat"], "state": "queued", "department": event["department"], "rating": null,
                "agents": [], "reason": null});
        }
        "greeting" => {
            let greeting = json!({"name": event["name"], "text": event["text"], "at": event["at"]});
            state["greetings"].as_array_mut().expect("greetings are a list").push(greeting);
        }
        "message.added" => {
            let mut message = event.clone();
            for envelope in ["t", "e", "conversation", "chat"] {
                message.as_object_mut().expect("an event is an object").remove(envelope);
            }
            state["messages"].as_array_mut().expect("messages are a list").push(message);
        }
        "read.marked" => {
            let by = event["by"].as_str().unwrap_or_default().to_owned();
            state["read"][by] = event["message"].clone();
        }
        "chat.rated" => state["chat"]["rating"] = event["rating"].clone(),
        "chat.ended" => {
            state["chat"]["state"] = json!("ended");
            state["chat"]["reason"] = event["reason"].clone();
        }
        name @ ("chat.joined" | "chat.left" | "chat.transferred") => change_chat(&mut state["chat"], name, event),
        _ => {}
    }
}

/// Folds an event into an agent's state.
pub fn agent(state: &mut Value, event: &Value) {
    match event["e"].as_str().unwrap_or_default() {
        "chat.requested" => {
            let chat = json!({"chat": event["chat"], "conversation": event["conversation"], "state": "queued",
                "department": event["department"], "agents": [], "offers": [], "skills": []});
            state["chats"].as_array_mut().expect("chats are a list").push(chat);
        }
        "chat.ended" => state["chats"].as_array_mut().expect("chats are a list").retain(|chat| chat["chat"] != event["chat"]),
        "agent.status" | "agent.changed" => {
            let agents = state["agents"].as_array_mut().expect("agents are a list");
            match agents.iter_mut().find(|agent| agent["agent"] == event["agent"]) {
                Some(agent) => {
                    for key in ["email", "name", "role", "slots", "enabled", "preset", "online", "phone"] {
                        if let Some(value) = event.get(key) {
                            agent[key] = value.clone();
                        }
                    }
                }
                None => agents.push(event.clone()),
            }
        }
        "call.started" => {
            let word = if event["direction"] == "out" { "ringing" } else { "queued" };
            let call = json!({"call": event["call"], "conversation": event["conversation"], "direction": event["direction"], "state": word,
                "department": event["department"], "caller": event["caller"], "agents": [], "rings": []});
            list(state, "calls").push(call);
        }
        "call.ended" => list(state, "calls").retain(|call| call["call"] != event["call"]),
        name if !event["call"].is_null() => {
            if let Some(call) = list(state, "calls").iter_mut().find(|call| call["call"] == event["call"]) {
                change_call(call, name, event);
            }
        }
        name => {
            let chats = state["chats"].as_array_mut().expect("chats are a list");
            if let Some(chat) = chats.iter_mut().find(|chat| chat["chat"] == event["chat"] && !event["chat"].is_null()) {
                change_chat(chat, name, event);
            }
        }
    }
}

/// What happens to a chat that is known.
fn change_chat(chat: &mut Value, name: &str, event: &Value) {
    let agent = event["agent"].clone();
    match name {
        "chat.offered" => {
            list(chat, "offers").retain(|offer| offer["agent"] != agent);
            list(chat, "offers").push(json!({"agent": agent, "expires": event["expires"]}));
            chat["state"] = event["state"].clone();
        }
        "offer.closed" => {
            list(chat, "offers").retain(|offer| offer["agent"] != agent);
            chat["state"] = event["state"].clone();
        }
        "chat.joined" => {
            let known = list(chat, "agents").iter().any(|known| id(known) == agent);
            assert!(!known, "{agent} joined twice: {event}");
            list(chat, "agents").push(json!({"agent": agent}));
            chat["state"] = json!("served");
        }
        "chat.left" => {
            list(chat, "agents").retain(|known| id(known) != agent);
            chat["state"] = event["state"].clone();
        }
        "skills.requested" => chat["skills"] = event["skills"].clone(),
        "chat.transferred" => {
            chat["department"] = event["department"].clone();
            chat["state"] = event["state"].clone();
        }
        _ => {}
    }
}

/// What happens in a call that is known.
fn change_call(call: &mut Value, name: &str, event: &Value) {
    let agent = event["agent"].clone();
    if let Some(state) = event.get("state") {
        call["state"] = state.clone();
    }
    match name {
        "call.rang" => list(call, "rings").push(json!({"agent": agent, "expires": event["expires"]})),
        "ring.closed" => list(call, "rings").retain(|ring| ring["agent"] != agent),
        "call.answered" => list(call, "agents").push(json!({"agent": agent, "held": false})),
        "call.left" => list(call, "agents").retain(|talker| talker["agent"] != agent),
        "call.held" => {
            for talker in list(call, "agents").iter_mut().filter(|talker| talker["agent"] == agent) {
                talker["held"] = event["held"].clone();
            }
        }
        "call.transferred" => call["department"] = event["department"].clone(),
        _ => {}
    }
}

fn list<'v>(chat: &'v mut Value, name: &str) -> &'v mut Vec<Value> {
    if !chat[name].is_array() {
        chat[name] = json!([]);
    }
    chat[name].as_array_mut().expect("it is a list")
}

/// An agent in a chat: an id in an agent's state, an object in a visitor's.
fn id(agent: &Value) -> Value {
    agent.get("agent").unwrap_or(agent).clone()
}

/// What all clients of a visitor must agree on. Whether it rings somewhere is not told to visitors.
pub fn visitor_essence(state: &Value) -> Value {
    let chat = &state["chat"];
    let mut essence = json!({"conversation": state["conversation"], "read": state["read"], "greetings": state["greetings"]});
    if chat.is_object() {
        let word = if chat["state"] == "offered" { json!("queued") } else { chat["state"].clone() };
        essence["chat"] = json!({"chat": chat["chat"], "state": word, "department": chat["department"], "rating": chat["rating"],
            "reason": chat["reason"]});
    }
    let messages = state["messages"].as_array().expect("messages are a list");
    essence["messages"] = messages.iter().map(message_essence).collect();
    essence
}

/// What of a message all must agree on.
pub fn message_essence(message: &Value) -> Value {
    ["message", "kind", "by", "agent", "name", "text", "file", "at", "n", "key"]
        .into_iter()
        .map(|key| (key.to_owned(), message[key].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// What all agents' clients must agree on: the chats, the calls and who is there.
pub fn agent_essence(state: &Value) -> Value {
    let sorted = |values: Vec<Value>| {
        let mut values = values;
        values.sort_by_key(Value::to_string);
        Value::Array(values)
    };
    let ids = |chat: &Value, name: &str| sorted(chat[name].as_array().into_iter().flatten().map(id).collect());
    let chat = |chat: &Value| {
        json!({"chat": chat["chat"], "conversation": chat["conversation"], "state": chat["state"], "department": chat["department"],
            "agents": ids(chat, "agents"), "offers": ids(chat, "offers"), "skills": chat["skills"]})
    };
    let agent =
        |agent: &Value| json!({"agent": agent["agent"], "preset": agent["preset"], "online": agent["online"], "phone": agent["phone"]});
    let call = |call: &Value| {
        let talkers = sorted(call["agents"].as_array().cloned().unwrap_or_default());
        json!({"call": call["call"], "conversation": call["conversation"], "direction": call["direction"], "state": call["state"],
            "department": call["department"], "caller": call["caller"], "agents": talkers, "rings": ids(call, "rings")})
    };
    let all = |name: &str, one: &dyn Fn(&Value) -> Value| {
        sorted(state[name].as_array().unwrap_or_else(|| panic!("{name} are a list")).iter().map(one).collect())
    };
    json!({"chats": all("chats", &chat), "calls": all("calls", &call), "agents": all("agents", &agent)})
}
