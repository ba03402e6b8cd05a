//! `GET customers/[customeridentifier]`.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, credentials, customers};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};

use super::{CUSTOMER, IDENTIFIER, UNKNOWN_IS_404, answer, unknown};
use crate::door::signs_in;
use crate::moment::Zone;

pub(crate) struct GetCustomer;

impl Endpoint<Desk> for GetCustomer {
    const META: Meta = Meta::get("customers/{customeridentifier}", Right::ApiKey)
        .summary("One customer, with a token of his own")
        .params(&[CUSTOMER])
        .source("reference, Customers: Retrieves customer info and auth token")
        .quirks(&[
            UNKNOWN_IS_404,
            "`userid` is the contact id: a customer has one id, which is taken wherever a `useridentifier` is asked for",
            "`authtoken` signs him in to the portal; it changes with his password; a key that only reads gets none",
            "`browsercookiename` is one of the two values of the reference, whatever the host is called",
            "`systemname` is the name that another system gave him, else his name, else his address",
            "the first word of a name is `firstname`, the rest is `lastname`",
            "`ip` is the address he was seen at last",
            "`uniquefields` has his address and phone number first, as `email` and `phone`, then the others",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let zone = Zone::of(&cx.state);
        let identifier = input.path(IDENTIFIER)?.to_owned();
        let may_write = signs_in(&cx.principal);
        let found = cx.state.snapshot(move |tx| {
            let customer = customers::by_identifier(tx, &identifier)?.ok_or_else(unknown)?;
            let token = if may_write { credentials::customer_token(tx, customer.id)? } else { String::new() };
            Ok((customers::profile(tx, customer)?, token))
        });
        Ok(answer(found.await?, &zone))
    }
}

#[cfg(test)]
mod tests;
