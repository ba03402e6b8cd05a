//! `DELETE customers/[customeridentifier]`.

use deskbell_app::rights::Right;
use deskbell_app::{AppError, Desk, customers};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};

use super::{CUSTOMER, IDENTIFIER, UNKNOWN_IS_404, unknown};
use crate::done::done;

pub(crate) struct RemoveCustomer;

impl Endpoint<Desk> for RemoveCustomer {
    const META: Meta = Meta::delete("customers/{customeridentifier}", Right::ApiKeyWrite)
        .summary("Take away all that is known of a customer")
        .params(&[CUSTOMER])
        .source("a client library; not in the reference")
        .quirks(&[
            UNKNOWN_IS_404,
            "his conversations stay, with a name without meaning; his address is free for another",
            "what his browsers hold opens nothing any more",
            "refused (500) while he is in a live chat",
        ]);

    async fn run(cx: Cx<Desk>, input: Input) -> Result<Answer, AppError> {
        let identifier = input.path(IDENTIFIER)?.to_owned();
        let remove = cx.state.write(move |tx, cx| {
            let customer = customers::by_identifier(tx, &identifier)?.ok_or_else(unknown)?;
            customers::remove(tx, cx, customer.id)
        });
        remove.await.map(|()| done())
    }
}

#[cfg(test)]
mod tests;
