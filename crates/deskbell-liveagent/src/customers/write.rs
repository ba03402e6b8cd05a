//! `POST customers` and `PUT customers/[customeridentifier]`.

use deskbell_app::customers::{self, Changes, FieldChanges, NewCustomer};
use deskbell_app::fields::Kept;
use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, credentials};
use deskbell_domain::customer::{CustomerRole, Gender};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Param};

use super::{CUSTOMER, IDENTIFIER, UNKNOWN_IS_404, answer, unknown};
use crate::field_values;
use crate::moment::Zone;

const EMAIL: Param = Param::text("email");
const NAME: Param = Param::text("name").about("first and last name");
const GENDER: Param = Param::one_of("gender", &[("M", "male"), ("F", "female"), ("O", "other")]);
const ROLE: Param = Param::one_of("role", &[("V", "visitor"), ("R", "registered visitor")]);
const PASSWORD: Param = Param::text("password").about("8 to 200 characters, for signing in to the portal");
const PHONE: Param = Param::text("phone");
const NOTE: Param = Param::text("note").about("for agents, at most 10000 characters");
const CUSTOM_FIELDS: Param = Param::json("customfields").about(r#"`[{"code":"…","value":"…"}]`"#);
const UNIQUE_FIELDS: Param = Param::json("uniquefields").about("the same, each value at one customer only");
const MAIL: Param = Param::flag("send_registration_mail").about("accepted; no mail is sent");

const FIELDS_BY_CODE: &str = "fields replace those of the same code and leave the others; a unique one without a value is taken away";
const TAKEN_VALUE: &str = "a unique field's value that another customer has is refused (500), also a second address (`email`)";
const PASSWORD_REGISTERS: &str = "who gets a password is registered, unless `role` is given";

pub(crate) struct RegisterCustomer;

impl Endpoint<Desk> for RegisterCustomer {
    const META: Meta = Meta::post("customers", Right::ApiKeyWrite)
        .summary("Register a customer")
        .params(&[EMAIL.required(), NAME, GENDER, ROLE, PASSWORD, PHONE, NOTE, CUSTOM_FIELDS, UNIQUE_FIELDS, MAIL])
        .source("an older edition of the reference; four clients")
        .quirks(&[
            "answers the customer, as `GET customers/{customeridentifier}` does",
            "who has the address already is changed where something is given, and answered: clients register whom they have not looked up",
            "empty texts count as not given",
            FIELDS_BY_CODE,
            TAKEN_VALUE,
            PASSWORD_REGISTERS,
            "no mail is sent to anybody",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let zone = Zone::of(&cx.state);
        let email = input.text(EMAIL.name)?.to_owned();
        let filled = |param: Param| input.filled_opt(param.name).map(str::to_owned);
        let texts = Changes { name: filled(NAME), phone: filled(PHONE), note: filled(NOTE), ..Changes::default() };
        let new = NewCustomer { email, changes: changes(&cx, &input, texts).await? };
        let registered = cx.state.write(move |tx, cx| {
            let customer = customers::register(tx, cx, &new)?;
            let token = credentials::customer_token(tx, customer.id)?;
            Ok((customers::profile(tx, customer)?, token))
        });
        Ok(answer(registered.await?, &zone))
    }
}

pub(crate) struct ChangeCustomer;

impl Endpoint<Desk> for ChangeCustomer {
    const META: Meta = Meta::put("customers/{customeridentifier}", Right::ApiKeyWrite)
        .summary("Change a customer")
        .params(&[CUSTOMER, EMAIL, NAME, GENDER, ROLE, PASSWORD, PHONE, NOTE, CUSTOM_FIELDS, UNIQUE_FIELDS, MAIL])
        .source("a client library; not in the reference")
        .quirks(&[
            "answers the customer, as `GET customers/{customeridentifier}` does",
            UNKNOWN_IS_404,
            "an empty `name`, `phone` or `note` is taken away; the rest that is empty stays as it is",
            "an address that another customer has is refused (500)",
            FIELDS_BY_CODE,
            TAKEN_VALUE,
            PASSWORD_REGISTERS,
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let zone = Zone::of(&cx.state);
        let identifier = input.path(IDENTIFIER)?.to_owned();
        let given = |param: Param| input.text_opt(param.name).map(str::to_owned);
        let email = input.filled_opt(EMAIL.name).map(str::to_owned);
        let texts = Changes { email, name: given(NAME), phone: given(PHONE), note: given(NOTE), ..Changes::default() };
        let changes = changes(&cx, &input, texts).await?;
        let changed = cx.state.write(move |tx, cx| {
            let customer = customers::by_identifier(tx, &identifier)?.ok_or_else(unknown)?;
            let customer = customers::change(tx, cx, customer.id, &changes)?;
            let token = credentials::customer_token(tx, customer.id)?;
            Ok((customers::profile(tx, customer)?, token))
        });
        Ok(answer(changed.await?, &zone))
    }
}

/// Reads what registering and changing have in common. The password is hashed last: that takes long.
async fn changes(cx: &Cx<Desk>, input: &Input, texts: Changes) -> Result<Changes, AppError> {
    input.flag_opt(MAIL.name)?;
    let fields = |param: Param| -> Result<Option<FieldChanges>, AppError> {
        Ok(field_values::read_opt(input, param.name)?.map(|fields| FieldChanges { kept: Kept::OtherCodes, fields }))
    };
    let genders = Gender::ALL.iter().map(|gender| (gender.text(), *gender)).collect::<Vec<_>>();
    let roles = CustomerRole::ALL.iter().map(|role| (role.text(), *role)).collect::<Vec<_>>();
    let changes = Changes {
        gender: input.one_of_opt(GENDER.name, &genders)?.map(Some),
        role: input.one_of_opt(ROLE.name, &roles)?,
        custom_fields: fields(CUSTOM_FIELDS)?,
        unique_fields: fields(UNIQUE_FIELDS)?,
        ..texts
    };
    let password_hash = match input.filled_opt(PASSWORD.name) {
        Some(password) => Some(cx.state.hash_password(password.to_owned()).await?),
        None => None,
    };
    Ok(Changes { password_hash, ..changes })
}

#[cfg(test)]
mod tests;
