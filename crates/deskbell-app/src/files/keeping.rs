//! How contents come and go. They are kept once under their SHA-256, whatever number of files has them, and go with the last of these.
//!
//! Bytes are put and removed outside transactions, so marks keep a removal and an upload of the same contents apart, on one node or on
//! several (the store has one writer at a time, so each step below sees those before it):
//!
//! 1. Who keeps a file takes a hold on the name, *then* puts the bytes (or finds them there), and *then* notes the file, in which
//!    transaction its hold ends. A name that is being removed cannot be held: the file's own id is the name then.
//! 2. When the last file with a name goes and nobody holds it, the same transaction marks the name as being removed; *then* the bytes are
//!    removed, and *then* the mark.
//! 3. A file is noted only if its name is held still, or has another file. So whoever was slower than [`HOLD_SECONDS_MAX`] is refused,
//!    and a file never names contents that are gone.
//!
//! A hold or a removal that was broken off (a crash, a caller who hung up) is taken over after [`HOLD_SECONDS_MAX`], so nothing is left.

use bytes::Bytes;
use deskbell_store::tables::files::BlobMark;
use deskbell_store::{Tx, tables};

use super::{Description, FILE_BYTES_MAX, File, UNUSED_SECONDS_MAX, kinds};
use crate::context::Context;
use crate::desk::Desk;
use crate::error::AppError;
use crate::rights::Principal;

/// Seconds within which bytes are put or removed; later the attempt counts as broken off.
pub const HOLD_SECONDS_MAX: i64 = 3_600;
/// Files and marks looked at in one job, so that no job takes long.
const BITE: i64 = 50;

/// A file that somebody hands in.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub name: String,
    /// What the sender says it is; empty when he does not.
    pub declared_type: String,
    pub bytes: Bytes,
}

/// Keeps a file: durable when it resolves.
pub async fn keep(desk: &Desk, who: Principal, new: NewFile) -> Result<File, AppError> {
    if new.bytes.is_empty() {
        return Err(AppError::missing("the file is empty"));
    }
    if new.bytes.len() > FILE_BYTES_MAX {
        return Err(AppError::too_large(format!("a file has at most {FILE_BYTES_MAX} bytes")));
    }
    let contents = new.bytes.clone();
    let digest = blocking(move || Ok(crate::blobs::digest(&contents))).await?;
    let file = desk.draw_file_name();
    let spare = file.clone();
    let blob = desk.write(move |tx, cx| hold(tx, cx, &digest, &spare)).await?;
    let description = Description {
        file,
        blob: blob.clone(),
        name: new.name,
        content_type: kinds::shown_type(&new.declared_type, kinds::sniff(&new.bytes)),
        bytes: new.bytes.len() as u64,
    };
    let kept = put(desk, who, description, new.bytes).await;
    if kept.is_err() {
        give_up(desk, blob).await;
    }
    kept
}

async fn put(desk: &Desk, who: Principal, description: Description, bytes: Bytes) -> Result<File, AppError> {
    let (blobs, blob) = (desk.blobs(), description.blob.clone());
    blocking(move || blobs.put(&blob, &bytes)).await?;
    desk.write(move |tx, cx| super::register(tx, cx, &who, &description)).await
}

/// Ends the hold of a file that was not kept. If that fails, too, the hold is taken over later.
async fn give_up(desk: &Desk, blob: String) {
    match desk.write(move |tx, cx| let_go(tx, cx, &blob)).await {
        Ok(Some(blob)) => remove_blobs(desk, vec![blob]).await,
        Ok(None) => {}
        Err(error) => tracing::debug!(error = %error, "contents that nobody keeps stay held for a while"),
    }
}

/// Deletes a file that stands nowhere.
pub async fn delete(desk: &Desk, file: String) -> Result<(), AppError> {
    let gone = desk.write(move |tx, cx| remove(tx, cx, &file)).await?;
    remove_blobs(desk, gone.into_iter().collect()).await;
    Ok(())
}

/// Deletes the row of a file that stands nowhere; returns the contents that are to be removed with it.
fn remove(tx: &mut Tx<'_>, cx: &Context, file: &str) -> Result<Option<String>, AppError> {
    let file = super::find(tx, file)?.ok_or_else(|| AppError::not_found("no such file"))?;
    if super::is_used(tx, &file)? {
        return Err(AppError::conflict("the file is used in a conversation, a widget or a knowledge base"));
    }
    tables::files::remove(tx, &file.attachment.file)?;
    release(tx, cx, &file.blob)
}

/// Deletes files that stand nowhere for too long, and finishes what was broken off.
pub(crate) async fn clean_up(desk: &Desk) -> Result<(), AppError> {
    loop {
        let (rows, gone) = desk.write(forget_unused).await?;
        remove_blobs(desk, gone).await;
        if rows < BITE as usize {
            break;
        }
    }
    loop {
        let (marks, gone) = desk.write(take_over).await?;
        remove_blobs(desk, gone).await;
        if marks < BITE as usize {
            return Ok(());
        }
    }
}

fn forget_unused(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(usize, Vec<String>), AppError> {
    let unused = tables::files::unused_before(tx, cx.now.plus_seconds(-UNUSED_SECONDS_MAX), BITE)?;
    let mut gone = Vec::new();
    for file in &unused {
        tables::files::remove(tx, &file.attachment.file)?;
        gone.extend(release(tx, cx, &file.blob)?);
    }
    Ok((unused.len(), gone))
}

/// Takes over marks whose time is up; returns how many there were, and the contents to be removed.
fn take_over(tx: &mut Tx<'_>, cx: &mut Context) -> Result<(usize, Vec<String>), AppError> {
    let late = tables::files::marks_before(tx, cx.now.plus_seconds(-HOLD_SECONDS_MAX), BITE)?;
    let mut gone = Vec::new();
    for mark in &late {
        tables::files::remove_mark(tx, &mark.blob)?;
        gone.extend(release(tx, cx, &mark.blob)?);
    }
    Ok((late.len(), gone))
}

/// Takes a hold on the name `digest`, or on `spare` while `digest` is being removed; returns the one held.
fn hold(tx: &mut Tx<'_>, cx: &Context, digest: &str, spare: &str) -> Result<String, AppError> {
    let held = |blob: &str, holds| BlobMark { blob: blob.to_owned(), holds, marked: cx.now, removing: false };
    let mark = match tables::files::mark(tx, digest)? {
        Some(mark) if mark.removing => held(spare, 1),
        Some(mark) => held(digest, mark.holds + 1),
        None => held(digest, 1),
    };
    tables::files::put_mark(tx, &mark)?;
    Ok(mark.blob)
}

/// Ends a hold, since a file with the name is noted now.
pub(super) fn settle(tx: &mut Tx<'_>, blob: &str) -> Result<(), AppError> {
    let late = || AppError::unavailable("keeping the file took too long; try again").retry_after(1);
    match tables::files::mark(tx, blob)? {
        Some(mark) if mark.removing => Err(late()),
        Some(mark) => Ok(end_hold(tx, mark)?),
        None if tables::files::blob_is_used(tx, blob)? => Ok(()),
        None => Err(late()),
    }
}

fn end_hold(tx: &mut Tx<'_>, mark: BlobMark) -> Result<(), AppError> {
    if mark.holds > 1 {
        tables::files::put_mark(tx, &BlobMark { holds: mark.holds - 1, ..mark })?;
    } else {
        tables::files::remove_mark(tx, &mark.blob)?;
    }
    Ok(())
}

/// Ends a hold with no file noted; returns the contents if they are to be removed.
fn let_go(tx: &mut Tx<'_>, cx: &Context, blob: &str) -> Result<Option<String>, AppError> {
    match tables::files::mark(tx, blob)? {
        Some(mark) if !mark.removing => {
            end_hold(tx, mark)?;
            release(tx, cx, blob)
        }
        Some(_) | None => Ok(None),
    }
}

/// Marks contents as being removed if nobody has or holds them, and returns them: the caller removes the bytes after the commit.
fn release(tx: &mut Tx<'_>, cx: &Context, blob: &str) -> Result<Option<String>, AppError> {
    if tables::files::blob_is_used(tx, blob)? || tables::files::mark(tx, blob)?.is_some() {
        return Ok(None);
    }
    tables::files::put_mark(tx, &BlobMark { blob: blob.to_owned(), holds: 0, marked: cx.now, removing: true })?;
    Ok(Some(blob.to_owned()))
}

/// Removes the bytes of contents marked for it, then the marks. What cannot be removed now is tried again when the mark is taken over.
async fn remove_blobs(desk: &Desk, marked: Vec<String>) {
    if marked.is_empty() {
        return;
    }
    let blobs = desk.blobs();
    let removed = blocking(move || {
        Ok(marked
            .into_iter()
            .filter(|blob| match blobs.remove(blob) {
                Ok(()) => true,
                Err(error) => {
                    tracing::warn!(error = %error, "contents that nobody has could not be removed; they are tried again later");
                    false
                }
            })
            .collect::<Vec<String>>())
    });
    let outcome = match removed.await {
        Ok(removed) => desk.write(move |tx, _| removed.iter().try_for_each(|blob| Ok(tables::files::remove_mark(tx, blob)?))).await,
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        tracing::warn!(error = %error, "marks of removed contents stay for a while");
    }
}

/// Runs what waits for a disk or takes long on a thread that may.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, AppError> + Send + 'static) -> Result<T, AppError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| AppError::internal(error.to_string()))?
}

#[cfg(test)]
mod tests;
