//! What is wrong with an answer, if anything.

use super::attack::Format;
use crate::liveagent_contract::tree;
use crate::raw::Reply;
use serde_json::Value;

/// The statuses that the surface's table has.
const STATUSES: &[u16] = &[200, 400, 401, 403, 404, 405, 413, 500];
/// Kinds of errors, as `debugmessage` begins, that no input may cause.
const DEFECTS: &[&str] = &["internal", "unavailable", "storage_full"];
const SHOWN_CHARS: usize = 300;

pub(super) fn complaint(reply: &Reply, format: Format) -> Option<String> {
    let fault = fault(reply, format)?;
    let text: String = String::from_utf8_lossy(&reply.body).chars().take(SHOWN_CHARS).collect();
    Some(format!("{fault}: {} {text}", reply.status))
}

fn fault(reply: &Reply, format: Format) -> Option<String> {
    if !STATUSES.contains(&reply.status) {
        return Some("a status of no table".to_owned());
    }
    for name in ["set-cookie", "x-injected"] {
        if reply.header(name).is_some() {
            return Some(format!("a header {name}"));
        }
    }
    let wanted = match format {
        Format::Json => "application/json",
        Format::Xml => "application/xml; charset=utf-8",
        Format::Yaml => "application/yaml; charset=utf-8",
    };
    if reply.header("content-type") != Some(wanted) {
        return Some(format!("the type is {:?}", reply.header("content-type")));
    }
    let Ok(text) = std::str::from_utf8(&reply.body) else { return Some("no UTF-8".to_owned()) };
    match envelope(text, format) {
        Err(error) => Some(error),
        Ok(_) if reply.status == 200 => None,
        Ok(response) => refusal(&response, reply.status),
    }
}

/// What stands in `response`: leaves of XML are texts.
fn envelope(text: &str, format: Format) -> Result<Vec<(String, String)>, String> {
    let value: Value = match format {
        Format::Json => serde_json::from_str(text).map_err(|error| error.to_string())?,
        Format::Yaml => serde_saphyr::from_str(text).map_err(|error| error.to_string())?,
        Format::Xml => {
            let root = tree::of_xml(text)?;
            let members = root.children.into_iter().map(|child| (child.name, child.text)).collect();
            return if root.name == "response" { Ok(members) } else { Err(format!("the root is {}", root.name)) };
        }
    };
    let object = value.as_object().filter(|object| object.len() == 1).and_then(|object| object.get("response")?.as_object());
    let members = object.ok_or("no response")?.iter();
    Ok(members.map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))).collect())
}

fn refusal(response: &[(String, String)], status: u16) -> Option<String> {
    let member = |name: &str| response.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default();
    let kind = member("debugmessage").split(',').next().unwrap_or_default();
    if member("status") != "ERROR" || member("statuscode") != status.to_string() || member("errormessage").is_empty() {
        return Some("no refusal of this surface's shape".to_owned());
    }
    DEFECTS.contains(&kind).then(|| format!("a defect of kind {kind}"))
}
