//! LiveAgent's API v1 below `/api`: the desk in that API's words, as JSON, XML or YAML. Owns the wire types of its answers, the reading of
//! its parameters, and the shape of its errors.
//!
//! It knows no SQL and no rules: endpoints parse, call one use case, and map the outcome.

mod agents;
mod application;
mod calls_overview;
mod chats_overview;
mod companies;
mod conversations;
mod customers;
mod customers_groups;
mod departments;
mod done;
mod door;
mod field_values;
mod files;
mod knowledgebase;
mod link;
mod markup;
mod moment;
mod online_agents;
mod online_departments;
mod operator;
mod pattern;
mod reports;
pub mod scripts;
mod short;
mod suggestion_categories;
mod suggestions;
mod tags;
mod widgets;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;
use std::sync::Arc;

use deskbell_app::Desk;
use deskbell_http::{Credential, JsonStyle, Kit, Meta, RateLimit, Route, SharedLimit, Surface, compat, routes};

/// Requests that one key may make in a minute, unless set otherwise. Source: the vendor's page on request limits.
pub const REQUESTS_PER_MINUTE_DEFAULT: u32 = 180;

/// How the surface is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The base of links in answers, whatever the caller used.
    pub public_url: Option<String>,
    /// Requests that one key may make in a minute; `None` (or 0): as many as it likes.
    pub requests_per_minute_max: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Options { public_url: None, requests_per_minute_max: Some(REQUESTS_PER_MINUTE_DEFAULT) }
    }
}

/// The surface, ready to answer everything below `/api`.
pub fn kit(desk: Desk, options: Options) -> Kit<Desk> {
    let mut surface = Surface::new("liveagent", &["/api"], door::authenticate, door::render_error);
    surface.envelope = Some("response");
    surface.json_style = JsonStyle::Php;
    surface.suffix_formats = true;
    surface.handler_parameter = Some("handler");
    surface.aliases = &[("apiKey", "apikey")];
    surface.credential = Credential::InBody;
    surface.rate_limit = options
        .requests_per_minute_max
        .and_then(NonZeroU32::new)
        .map(|requests_per_minute_max| RateLimit { limit: SharedLimit::per_minute(requests_per_minute_max), headers: false });
    surface.public_url = options.public_url.map(Arc::from);
    Kit::new(surface, desk, endpoints())
}

/// Every endpoint, in the order of the reference. A new one is added here.
fn endpoints() -> Vec<Route<Desk>> {
    routes![
        Desk;
        agents::GetAgent,
        application::GetApplicationStatus,
        companies::ListCompanies,
        companies::GetCompany,
        conversations::attendants::TransferConversation,
        conversations::delete::DeleteConversation,
        conversations::fields::RemoveConversationFields,
        conversations::fields::AddConversationFields,
        conversations::list::ListConversations,
        conversations::start::StartConversation,
        conversations::info::GetConversation,
        conversations::messages::ListMessages,
        conversations::write::PostMessage,
        conversations::status::ChangeStatus,
        conversations::tags::RemoveTag,
        conversations::tags::ListTags,
        conversations::tags::AddTag,
        customers::list::ListCustomers,
        customers::write::RegisterCustomer,
        customers::fields::RemoveCustomerFields,
        customers::fields::ListCustomerFields,
        customers::fields::AddCustomerFields,
        customers::info::GetCustomer,
        customers::write::ChangeCustomer,
        customers::remove::RemoveCustomer,
        customers::groups::RemoveCustomerFromGroup,
        customers::groups::ListGroupsOfCustomer,
        customers::groups::AddCustomerToGroup,
        customers_groups::RemoveGroup,
        customers_groups::GetGroup,
        customers_groups::ListGroups,
        customers_groups::AddGroup,
        customers_groups::ChangeGroup,
        departments::ListDepartments,
        departments::GetDepartment,
        departments::ListAgentsOfDepartment,
        files::GetFile,
        files::PostFile,
        files::DeleteFile,
        knowledgebase::entries::ListArticles,
        knowledgebase::articles::AddArticle,
        knowledgebase::articles::ChangeArticle,
        knowledgebase::categories::AddCategory,
        knowledgebase::categories::ChangeCategory,
        knowledgebase::entries::DeleteEntry,
        knowledgebase::entries::ListEntries,
        knowledgebase::bases::ListKnowledgeBases,
        knowledgebase::search::SearchEntries,
        online_agents::ListOnlineAgents,
        online_departments::ListOnlineDepartments,
        reports::Agents,
        reports::Channels,
        reports::Departments,
        reports::Performance,
        reports::Tags,
        reports::TicketAgents,
        reports::TicketLoad,
        reports::TicketCompliance,
        reports::TicketLog,
        reports::ChatAgents,
        reports::ChatAvailability,
        reports::ChatLoad,
        reports::ChatCompliance,
        reports::ChatLog,
        reports::CallAgents,
        reports::CallAvailability,
        reports::CallLoad,
        reports::CallCompliance,
        reports::CallLog,
        reports::Ranking,
        suggestion_categories::ListSuggestionCategories,
        suggestions::PostSuggestion,
        tags::RemoveTag,
        tags::ListTags,
        tags::GetTag,
        tags::AddTag,
        tags::ChangeTag,
        widgets::list::ListWidgets,
        widgets::info::GetWidget,
        widgets::write::PostWidget,
        widgets::write::PutWidget,
        widgets::write::DeleteWidget,
        chats_overview::GetChatsOverview,
        calls_overview::GetCallsOverview,
    ]
}

/// The contracts of all endpoints.
pub fn metas() -> Vec<&'static Meta> {
    endpoints().iter().map(|route| route.meta).collect()
}

/// The page `docs/compat/liveagent-v1.md`.
pub fn compat() -> String {
    format!("{COMPAT_HEAD}\n{}", compat::markdown(&metas()))
}

const COMPAT_HEAD: &str = "\
# LiveAgent API v1: what is covered

Written by `cargo xtask contracts` from the list of endpoints in `crates/deskbell-liveagent`; changes belong there.

All calls are below `/api`: `/api/<call>`, or `/api/index.php?handler=<call>`. A slash at the end is taken. `.json` (the default), `.xml`
or `.yaml` at the very end chooses the format; an e-mail address as last part stays whole. Everything is inside `response`. Values are
texts, other than `statuscode` and the overview's numbers.

Parameters are read from query, form, multipart body and JSON object alike, whatever the verb. The key is `apikey` (or `apiKey`) in the
query, in the body, or as header, and counts in this order; an empty one counts as none. Times are `YYYY-MM-DD HH:MM:SS` in the time zone
of the settings, GMT unless set; a date alone is taken, too. One key may make 180 requests a minute unless the operator sets another
number.

Errors are `status` (`ERROR`), `statuscode` (that of HTTP), `errormessage` and `debugmessage` (a word for its kind, and the number of the
request in the log):

| Status | When |
|---|---|
| 400 | there is no key: `Api key is not found in request` |
| 401 | the key is wrong: `ApiKey not found` |
| 404 | no such path, agent, customer, department, tag or file |
| 405 | the path has other verbs, named in `Allow` |
| 413 | the body or the message is too large |
| 429 | too many requests; `Retry-After` says when to go on |
| 500 | all the rest: `parameter … is missing`, `unable to load conversation`, a value that cannot be read |
| 503 | not available now; `Retry-After` says when to try again |

Reports (`reports/…`) have this in common:

- Times are of the desk's zone. A date alone means the whole day. Bounds the wrong way round are swapped; more than 100 years are refused. Where
  both may be missing it is the last 30 days and today.
- `columns` that a report does not have are refused, and so are a negative `limitcount` and `limitfrom`. A `limitcount` above 1000 counts as 1000. A
  department, agent or contact that does not exist has no rows.
- Sums (agents, channels, departments, performance, tags): the time is made larger to whole quarters of an hour; `10:00:00` as upper bound means
  up to then. Everything that exists has a row, also where all is zero. Means are whole seconds, rounded half up, 0 of nothing; `_p` are per cent
  of rewards, punishments and not_ranked together, `_ph` are by the hours of `worktime`, both with two places and `0.00` of nothing.
  `call_seconds` and `call_avg_time` are of incoming and outgoing calls together.
- Hours (load, availability, slacompliance): every hour that has begun, oldest first. An hour that comes twice when clocks are set back has two rows,
  one that is left out has none; where clocks are set by half an hour that half is a row of its own.
- However long the time, an answer is a page, and costs one.
";
