//! The OpenAPI document of the native API, derived from the same list of calls as its routes.

use std::collections::BTreeMap;

use bytes::Bytes;
use deskbell_app::AppError;
use deskbell_app::rights::{Principal, Right};
use deskbell_http::{Answer, Cx, Endpoint, Input, Kit, Meta, Param, ParamKind, Place, Surface, Verb, routes};
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, PathsBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ComponentsBuilder, KnownFormat, ObjectBuilder, Ref, Schema, SchemaFormat, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, Required, Response, ResponseBuilder};

use crate::native::call::{Bodies, Entry, Shape};
use crate::native::guard::PROOF_HEADER;
use crate::native::{self, ErrorView, PREFIX, session};

/// Where the document is served.
const PATH: &str = "/openapi.json";
const JSON: &str = "application/json";
/// The name of the cookie's security scheme within the document.
const SESSION: &str = "session";
/// The same of a key of the API.
const KEY: &str = "key";

/// Schemas by name.
type Schemas = BTreeMap<String, RefOr<Schema>>;

/// The document as JSON.
pub fn openapi_json() -> String {
    document().to_json().expect("the document holds nothing that JSON cannot")
}

/// Serves the document at `/openapi.json`, to anyone.
pub fn openapi_kit() -> Kit<Bytes> {
    let surface = Surface::new("openapi", &[PATH], |_, _, _| Box::pin(async { Ok(Principal::Nobody) }), native::render);
    Kit::new(surface, Bytes::from(openapi_json()), routes![Bytes; ShowDocument])
}

struct ShowDocument;

impl Endpoint<Bytes> for ShowDocument {
    const META: Meta = Meta::get("", Right::Anyone).summary("The OpenAPI document of the native API");

    async fn run(cx: Cx<Bytes>, _: Input) -> Result<Answer, AppError> {
        Ok(Answer::json(cx.state))
    }
}

fn document() -> OpenApi {
    let mut schemas = Schemas::new();
    let mut paths = PathsBuilder::new();
    for entry in native::entries() {
        let meta = entry.route.meta;
        paths = paths.path(format!("{PREFIX}/{}", meta.path), PathItem::new(method(meta.verb), operation(&entry, &mut schemas)));
    }
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(session::COOKIE, "Set by `POST /session`.")));
    let key = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(session::KEY_HEADER, "A LiveAgent v1 key.")));
    let mut components = ComponentsBuilder::new().security_scheme(SESSION, cookie).security_scheme(KEY, key);
    for (name, schema) in schemas {
        components = components.schema(name, schema);
    }
    let about = "Ids are base-36 strings, times are milliseconds since 1970 UTC. Lists are paged: pass `next` as `after`.";
    let info = InfoBuilder::new().title("Deskbell native API").version(env!("CARGO_PKG_VERSION")).description(Some(about)).build();
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components.build())).build()
}

fn method(verb: Verb) -> HttpMethod {
    match verb {
        Verb::Get => HttpMethod::Get,
        Verb::Post => HttpMethod::Post,
        Verb::Put => HttpMethod::Put,
        Verb::Delete => HttpMethod::Delete,
        Verb::Patch => HttpMethod::Patch,
    }
}

fn operation(entry: &Entry, schemas: &mut Schemas) -> Operation {
    let Entry { route, bodies } = entry;
    let meta = route.meta;
    let mut operation = OperationBuilder::new()
        .operation_id(Some(operation_id(meta)))
        .tag(meta.path.split('/').next().unwrap_or_default())
        .summary(Some(meta.summary))
        .description(Some(description(meta)))
        .request_body(bodies.reads.map(|shape| request_body(shape, schemas)))
        .response(bodies.status.to_string(), response(bodies, schemas))
        .response("default", error_response(schemas));
    for one in meta.params {
        operation = operation.parameter(parameter(one));
    }
    for header in headers(meta, bodies) {
        operation = operation.parameter(header);
    }
    if meta.right != Right::Anyone {
        operation = operation.security(SecurityRequirement::new(SESSION, Vec::<String>::new()));
    }
    if matches!(meta.right, Right::AgentOrKey | Right::AgentOrKeyWrite) {
        operation = operation.security(SecurityRequirement::new(KEY, Vec::<String>::new()));
    }
    operation.build()
}

/// `PUT conversations/{id}/tags` is `put_conversations_id_tags`.
fn operation_id(meta: &Meta) -> String {
    let path = meta.path.replace('/', "_").replace(['{', '}'], "");
    format!("{}_{path}", meta.verb.text().to_lowercase())
}

fn description(meta: &Meta) -> String {
    let who = match meta.right {
        Right::Anyone => "For anyone",
        Right::Visitor => "For visitors",
        Right::Participant => "For visitors and signed-in agents",
        Right::ApiKey | Right::ApiKeyWrite => "For API keys",
        Right::AgentOrKey => "For signed-in agents and API keys",
        Right::AgentOrKeyWrite => "For signed-in agents and API keys that may write",
        Right::Agent => "For signed-in agents",
        Right::Administrator => "For signed-in administrators and owners",
        Right::TokenRead => "For tokens with `read`",
        Right::TokenReadAdministrator => "For administrators' tokens with `read`",
        Right::TokenWrite => "For tokens with `write`",
        Right::TokenWriteAdministrator => "For administrators' tokens with `write`",
    };
    let mut description = format!("{who}.");
    for quirk in meta.quirks {
        description.push_str("\n\n");
        description.push_str(quirk);
    }
    description
}

fn parameter(param: &Param) -> Parameter {
    let place = match param.place {
        Place::Path => ParameterIn::Path,
        Place::Query | Place::Body | Place::Any => ParameterIn::Query,
    };
    let about = Some(param.about).filter(|about| !about.is_empty());
    ParameterBuilder::new()
        .name(param.name)
        .parameter_in(place)
        .required(required(param.required))
        .description(about)
        .schema(Some(param_schema(param.kind)))
        .build()
}

fn param_schema(kind: ParamKind) -> Schema {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let object = match kind {
        ParamKind::Text | ParamKind::List | ParamKind::Json => text,
        ParamKind::Int => ObjectBuilder::new().schema_type(Type::Integer),
        ParamKind::DateTime => text.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))),
        ParamKind::OneOf(choices) => text.enum_values(Some(choices.iter().map(|(value, _)| *value))),
        ParamKind::Flag => text.enum_values(Some(["Y", "N"])),
    };
    Schema::Object(object.build())
}

fn required(required: bool) -> Required {
    if required { Required::True } else { Required::False }
}

/// The headers that a call heeds beside the cookie.
fn headers(meta: &Meta, bodies: &Bodies) -> Vec<Parameter> {
    let header = |name: &str, must: bool, about: &str, schema: ObjectBuilder| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(required(must))
            .description(Some(about))
            .schema(Some(Schema::Object(schema.schema_type(Type::String).build())))
            .build()
    };
    let mut headers = Vec::new();
    if meta.verb != Verb::Get {
        headers.push(header(PROOF_HEADER, true, "A foreign page cannot send it.", ObjectBuilder::new().enum_values(Some(["1"]))));
    }
    if bodies.keyed {
        let limits = ObjectBuilder::new().min_length(Some(1)).max_length(Some(deskbell_app::commands::KEY_CHARS_MAX));
        headers.push(header("Idempotency-Key", false, "Sent twice with one key, it is carried out once.", limits));
    }
    headers
}

fn request_body(shape: Shape, schemas: &mut Schemas) -> RequestBody {
    RequestBodyBuilder::new().content(JSON, Content::new(Some(reference(shape, schemas)))).required(Some(Required::True)).build()
}

fn response(bodies: &Bodies, schemas: &mut Schemas) -> Response {
    let response = ResponseBuilder::new();
    match bodies.answers {
        Some(shape) => {
            let about = if bodies.status == 201 { "Made." } else { "Done." };
            response.description(about).content(JSON, Content::new(Some(reference(shape, schemas)))).build()
        }
        None => response.description("Done.").build(),
    }
}

fn error_response(schemas: &mut Schemas) -> Response {
    let shape = Shape::of::<ErrorView>();
    ResponseBuilder::new().description("Refused.").content(JSON, Content::new(Some(reference(shape, schemas)))).build()
}

/// A reference to a shape, which is added to the document with all that it refers to.
fn reference(shape: Shape, schemas: &mut Schemas) -> RefOr<Schema> {
    schemas.extend(all_of(shape));
    RefOr::Ref(Ref::from_schema_name((shape.name)()))
}

/// A shape's schema and those that it refers to, by name.
fn all_of(shape: Shape) -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = vec![((shape.name)().into_owned(), (shape.schema)())];
    (shape.needs)(&mut schemas);
    schemas
}

#[cfg(test)]
mod tests;
