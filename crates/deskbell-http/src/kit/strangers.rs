//! Room for large bodies of callers who have not shown who they are: where the credential may stand in the body, it has to be read first.

use axum::body::{Body, HttpBody as _};
use deskbell_app::AppError;
use deskbell_app::rights::Principal;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::endpoint::{BODY_BYTES_MAX, Meta};

/// Large bodies of strangers that are held at once.
const LARGE_BODIES_MAX: usize = 8;

pub(super) struct Strangers(Semaphore);

impl Default for Strangers {
    fn default() -> Self {
        Strangers(Semaphore::new(LARGE_BODIES_MAX))
    }
}

impl Strangers {
    /// Whether a body is large: more than other endpoints take, as far as is known before it is read.
    pub(super) fn is_large(meta: &Meta, body: &Body) -> bool {
        let may_be = body.size_hint().upper().unwrap_or(u64::MAX).min(meta.body_bytes_max as u64);
        may_be > BODY_BYTES_MAX as u64
    }

    /// Lets one large body in, whose caller is `known` by what stands before it. Who is not waits for nobody: he is refused while there is
    /// no room.
    pub(super) fn admit(&self, meta: &Meta, known: &Result<Principal, AppError>) -> Result<Option<SemaphorePermit<'_>>, AppError> {
        let friend = known.as_ref().is_ok_and(|principal| *principal != Principal::Nobody && meta.right.allows(principal));
        if friend {
            return Ok(None);
        }
        let room = self.0.try_acquire();
        room.map(Some).map_err(|_| AppError::unavailable("too many large requests at once, try again").retry_after(1))
    }
}
