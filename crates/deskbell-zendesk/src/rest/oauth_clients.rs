//! OAuth clients, for administrators: `/oauth/clients`.

use deskbell_app::AppError;
use deskbell_app::oauth::clients::{self, ClientDraft, Maker, NewSecret};
use deskbell_app::rights::{Principal, Right, Scopes};
use deskbell_domain::ids::{ENTITY_END, ENTITY_MIN, OauthClientId};
use deskbell_domain::oauth::{ClientType, OauthClient};
use deskbell_domain::time::Timestamp;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param, Place, Route, routes as list};
use serde::{Deserialize, Serialize};

use super::Rest;

const SOURCE: &str = "Chat API, OAuth Clients";
/// Bytes of a client as it is written.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// A client, keys in the order of the reference's example.
#[derive(Debug, Serialize)]
struct ClientView {
    agent_id: i64,
    client_identifier: String,
    client_secret: String,
    client_type: &'static str,
    company: String,
    create_date: String,
    id: i64,
    name: String,
    redirect_uris: String,
    scopes: String,
    update_date: String,
}

impl From<OauthClient> for ClientView {
    /// Without its secret: nobody knows it any more.
    fn from(client: OauthClient) -> Self {
        ClientView {
            agent_id: client.agent.get(),
            client_identifier: client.identifier,
            client_secret: shortened(&client.secret_hint),
            client_type: client.client_type.text(),
            company: client.company,
            create_date: date(client.created),
            id: client.id.get(),
            name: client.name,
            redirect_uris: client.redirect_uris.join(" "),
            scopes: client.scopes,
            update_date: date(client.updated),
        }
    }
}

impl From<NewSecret> for ClientView {
    fn from(new: NewSecret) -> Self {
        ClientView { client_secret: new.secret, ..ClientView::from(new.client) }
    }
}

/// What is shown of a secret later on.
pub(super) fn shortened(hint: &str) -> String {
    format!("...{hint}")
}

pub(super) fn date(at: Timestamp) -> String {
    jiff::Timestamp::from_second(at.seconds()).unwrap_or_default().to_string()
}

/// One text or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Texts {
    /// Single words: URIs and scopes hold neither blanks nor commas.
    fn words(self) -> Vec<String> {
        let texts = match self {
            Texts::One(text) => vec![text],
            Texts::Many(texts) => texts,
        };
        let is_between = |letter: char| letter.is_whitespace() || letter == ',';
        texts.iter().flat_map(|text| text.split(is_between)).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }
}

/// A client as it is written. What is not given stays as it is.
#[derive(Deserialize)]
struct ClientBody {
    name: Option<String>,
    company: Option<String>,
    client_type: Option<String>,
    redirect_uris: Option<Texts>,
    scopes: Option<Texts>,
}

impl ClientBody {
    fn change(self, mut draft: ClientDraft) -> Result<ClientDraft, AppError> {
        draft.name = self.name.unwrap_or(draft.name);
        draft.company = self.company.unwrap_or(draft.company);
        if let Some(client_type) = self.client_type {
            draft.client_type =
                ClientType::parse(&client_type).ok_or_else(|| AppError::invalid("client_type is public or confidential"))?;
        }
        draft.redirect_uris = self.redirect_uris.map_or(draft.redirect_uris, Texts::words);
        if let Some(scopes) = self.scopes {
            let words = scopes.words().join(" ");
            draft.scopes = Scopes::parse(&words).ok_or_else(|| AppError::invalid("scopes are read, write and chat"))?;
        }
        Ok(draft)
    }

    /// A new client. One whose scopes are not named has the usual ones, as far as its maker has them.
    fn draft(self, by: Maker) -> Result<ClientDraft, AppError> {
        self.change(ClientDraft {
            name: String::new(),
            company: String::new(),
            client_type: ClientType::Public,
            redirect_uris: Vec::new(),
            scopes: Scopes { read: true, write: true, chat: false }.common(by.scopes),
        })
    }
}

/// The id in the path; what cannot be one is not there.
fn id(input: &Input) -> Result<OauthClientId, AppError> {
    let id = input.path("id")?.parse().ok().filter(|id| (ENTITY_MIN..ENTITY_END).contains(id));
    id.map(OauthClientId::from_i64).ok_or_else(|| AppError::not_found("no such OAuth client"))
}

/// The agent whose token it is, as far as the token reaches.
fn caller(cx: &Cx<Rest>) -> Result<Maker, AppError> {
    match cx.principal {
        Principal::Token { agent, scopes, .. } => Ok(Maker { agent, scopes }),
        Principal::Nobody | Principal::ApiKey { .. } | Principal::Agent { .. } | Principal::Visitor { .. } => {
            Err(AppError::internal("a call for tokens was reached without one"))
        }
    }
}

const NAME: Param = Param::text("name").placed(Place::Body).about("1 to 100 characters");
const FIELDS: &[Param] = &[
    NAME,
    Param::text("company").placed(Place::Body),
    Param::one_of("client_type", &[("public", "cannot keep a secret"), ("confidential", "can")]).placed(Place::Body),
    Param::text("redirect_uris").placed(Place::Body).about("one text with blanks or commas between them, or a list"),
    Param::text("scopes").placed(Place::Body).about("of `read write chat`"),
];

struct GetClients;

impl Endpoint<Rest> for GetClients {
    const META: Meta = Meta::get("oauth/clients", Right::TokenReadAdministrator)
        .summary("All OAuth clients, oldest first")
        .source(SOURCE)
        .quirks(&["a bare array", "`client_secret` is shortened to `...` and its last four characters"]);

    async fn run(cx: Cx<Rest>, _: Input) -> Result<Answer, AppError> {
        let clients = cx.state.desk().read(clients::list).await?;
        Ok(Answer::tree(clients.into_iter().map(ClientView::from).collect::<Vec<_>>()))
    }
}

struct CreateClient;

impl Endpoint<Rest> for CreateClient {
    const META: Meta = Meta::post("oauth/clients", Right::TokenWriteAdministrator)
        .summary("Makes an OAuth client; its secret is shown this once")
        .params(FIELDS)
        .source(SOURCE)
        .quirks(&[
            "201; `public` and `read write` unless given, without what the token itself has not",
            "scopes that the token itself has not: 403",
            "redirect URIs are https, or http on localhost, 127.0.0.1 and [::1]; one text with blanks between them in answers",
        ])
        .body_bytes_max(BODY_BYTES_MAX);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (by, body) = (caller(&cx)?, input.json::<ClientBody>()?);
        let draft = body.draft(by)?;
        let new = cx.state.desk().write(move |tx, cx| clients::create(tx, cx, by, &draft)).await?;
        Ok(Answer::tree(ClientView::from(new)).status(201))
    }
}

struct GetClient;

impl Endpoint<Rest> for GetClient {
    const META: Meta = Meta::get("oauth/clients/{id}", Right::TokenReadAdministrator)
        .summary("One OAuth client")
        .params(&[Param::path("id")])
        .source(SOURCE);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let id = id(&input)?;
        let client = cx.state.desk().read(move |tx| clients::get(tx, id)).await?;
        Ok(Answer::tree(ClientView::from(client)))
    }
}

struct UpdateClient;

impl Endpoint<Rest> for UpdateClient {
    const META: Meta = Meta::put("oauth/clients/{id}", Right::TokenWriteAdministrator)
        .summary("Changes an OAuth client; what is not given stays")
        .params(FIELDS)
        .source(SOURCE)
        .quirks(&[
            "tokens given before stay as they are",
            "a client that an owner made is changed by owners only: 403",
            "one that has more scopes than the token, or would get more, is not changed with that token: 403",
        ])
        .body_bytes_max(BODY_BYTES_MAX);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let (id, by, body) = (id(&input)?, caller(&cx)?, input.json::<ClientBody>()?);
        let change = cx.state.desk().write(move |tx, cx| {
            let draft = body.change(ClientDraft::from(&clients::get(tx, id)?))?;
            clients::change(tx, cx, by, id, &draft)
        });
        Ok(Answer::tree(ClientView::from(change.await?)))
    }
}

struct DeleteClient;

impl Endpoint<Rest> for DeleteClient {
    const META: Meta = Meta::delete("oauth/clients/{id}", Right::TokenWriteAdministrator)
        .summary("Takes an OAuth client away; its tokens end at once")
        .params(&[Param::path("id")])
        .source(SOURCE)
        .quirks(&["204"]);

    async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
        let id = id(&input)?;
        cx.state.desk().write(move |tx, cx| clients::remove(tx, cx, id)).await?;
        cx.state.desk().forget_credentials();
        Ok(Answer::empty())
    }
}

async fn generate(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
    let (id, by) = (id(&input)?, caller(&cx)?);
    let new = cx.state.desk().write(move |tx, cx| clients::generate_secret(tx, cx, by, id)).await?;
    Ok(Answer::tree(ClientView::from(new)))
}

macro_rules! generating {
    ($name:ident, $verb:ident) => {
        struct $name;

        impl Endpoint<Rest> for $name {
            const META: Meta = Meta::$verb("oauth/clients/{id}/generate_secret", Right::TokenWriteAdministrator)
                .summary("Gives a client another secret, shown this once")
                .params(&[Param::path("id")])
                .source(SOURCE)
                .quirks(&[
                    "its verb and path are not documented for Chat: POST and PUT are the same",
                    "its tokens stay good",
                    "a client that an owner made gets one from owners only: 403",
                    "one that has more scopes than the token gets none with that token: 403",
                ]);

            async fn run(cx: Cx<Rest>, input: Input) -> Result<Answer, AppError> {
                generate(cx, input).await
            }
        }
    };
}

generating!(GenerateSecret, post);
generating!(PutGenerateSecret, put);

pub(crate) fn routes() -> Vec<Route<Rest>> {
    list![Rest; GetClients, CreateClient, GetClient, UpdateClient, DeleteClient, GenerateSecret, PutGenerateSecret]
}

#[cfg(test)]
mod tests;
