//! Reads a request's body within its limits of size and time.

use std::time::Duration;

use axum::body::Body;
use axum::body::HttpBody as _;
use bytes::{Bytes, BytesMut};
use deskbell_app::AppError;
use http_body_util::BodyExt;

use crate::endpoint::BODY_BYTES_MAX;

/// How long a body may take to arrive, unless it may be large.
pub const REQUEST_BODY_SECONDS_MAX: u64 = 30;
/// What is larger than other endpoints take has longer, if it comes at this pace.
const BYTES_PER_SECOND_MIN: usize = 128 * 1024;

/// How long a body of a limited size may take.
pub(super) fn time_max(usual: Duration, bytes_max: usize) -> Duration {
    let more = bytes_max.saturating_sub(BODY_BYTES_MAX) / BYTES_PER_SECOND_MIN;
    usual + Duration::from_secs(more as u64)
}

/// The whole body. A length announced beyond the limit is refused before a byte is read.
pub(super) async fn read(body: Body, bytes_max: usize, time_max: Duration) -> Result<Bytes, AppError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large(bytes_max));
    }
    match tokio::time::timeout(time_max, collect(body, bytes_max)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(AppError::invalid(format!("the body did not arrive within {} seconds", time_max.as_secs()))),
    }
}

/// Most bodies come in one frame, which is then not copied. Those that come in more are copied once if their length was announced.
async fn collect(mut body: Body, bytes_max: usize) -> Result<Bytes, AppError> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(bytes_max).min(bytes_max);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| AppError::invalid("the body could not be read").because(error))?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len().max(rest.len()) + data.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        if first.is_empty() && rest.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.reserve(announced);
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

fn too_large(bytes_max: usize) -> AppError {
    AppError::too_large(format!("the body is larger than {bytes_max} bytes"))
}
