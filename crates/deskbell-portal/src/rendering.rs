//! Making pages out of HTML beside the threads that answer: an article has up to a megabyte of it. A few at once, so that readers of big
//! articles leave the others a core.

use std::time::Duration;

use deskbell_app::AppError;
use tokio::sync::Semaphore;

/// Pages that are made at once.
const AT_ONCE_MAX: usize = 4;
/// How long one waits for that.
const WAIT_SECONDS_MAX: u64 = 10;

/// Who makes pages.
#[derive(Debug)]
pub(crate) struct Rendering(Semaphore);

impl Default for Rendering {
    fn default() -> Self {
        Rendering(Semaphore::new(AT_ONCE_MAX))
    }
}

impl Rendering {
    /// Does what takes its time on a thread that may.
    pub(crate) async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
        let permit = tokio::time::timeout(Duration::from_secs(WAIT_SECONDS_MAX), self.0.acquire()).await;
        let _permit = match permit {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) | Err(_) => return Err(AppError::unavailable("too many pages are being made; try again").retry_after(1)),
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| AppError::internal(format!("a page broke off: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[tokio::test]
    async fn a_few_at_once() {
        let (rendering, begun) = (Rendering::default(), Arc::new(AtomicUsize::new(0)));
        let (sender, gate) = sync_channel::<()>(AT_ONCE_MAX + 1);
        let gate = Arc::new(std::sync::Mutex::new(gate));
        let work = || {
            let (begun, gate) = (Arc::clone(&begun), Arc::clone(&gate));
            rendering.apart(move || {
                begun.fetch_add(1, Ordering::SeqCst);
                gate.lock().unwrap().recv().unwrap();
            })
        };
        let all = async { tokio::join!(work(), work(), work(), work(), work()) };
        let watch = async {
            while begun.load(Ordering::SeqCst) < AT_ONCE_MAX {
                tokio::task::yield_now().await;
            }
            assert_eq!(rendering.0.available_permits(), 0, "the fifth one waits");
            for _ in 0..=AT_ONCE_MAX {
                sender.send(()).unwrap();
            }
        };
        let (all, ()) = tokio::join!(all, watch);
        assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok() && all.3.is_ok() && all.4.is_ok());
        assert_eq!(begun.load(Ordering::SeqCst), AT_ONCE_MAX + 1);
    }

    #[tokio::test]
    async fn what_breaks_off_is_an_error() {
        let rendering = Rendering::default();
        assert!(rendering.apart(|| panic!("a broken page")).await.is_err_and(|error| error.kind == deskbell_app::Kind::Internal));
        assert_eq!(rendering.apart(|| 1).await.unwrap(), 1);
    }
}
