//! The way out as the port of the use cases.

use deskbell_app::AppError;
use deskbell_app::fetch::{Fetch, FetchFuture, Fetched};
use url::Url;

use crate::outbound::Outbound;

impl Fetch for Outbound {
    fn domain(&self, url: &str) -> Result<String, AppError> {
        let host = Url::parse(url.trim()).ok().and_then(|url| url.host_str().map(str::to_owned));
        host.ok_or_else(|| AppError::invalid("the URL cannot be read"))
    }

    fn fetch(&self, url: String, bytes_max: usize) -> FetchFuture<'_> {
        Box::pin(async move {
            let fetched = Outbound::fetch(self, &url, bytes_max).await?;
            Ok(Fetched { bytes: fetched.bytes, content_type: fetched.content_type, file_name: fetched.file_name })
        })
    }
}
