//! What happens when contents come while they go. Each step of an upload and of a removal is taken by hand, in the orders that matter.

use super::*;
use crate::error::Kind;
use crate::files::tests::{Stage, stage};

const TEXT: &str = "contested";

fn digest() -> String {
    crate::blobs::digest(TEXT.as_bytes())
}

fn spare() -> String {
    "00000000000000000000000000000abc".to_owned()
}

impl Stage {
    async fn take_hold(&self) -> String {
        self.desk.write(|tx, cx| hold(tx, cx, &digest(), &spare())).await.unwrap()
    }

    fn put_bytes(&self, blob: &str) {
        self.desk.blobs().put(blob, TEXT.as_bytes()).unwrap();
    }

    async fn register(&self, blob: &str) -> Result<File, AppError> {
        let (who, blob) = (self.key(), blob.to_owned());
        let file = self.desk.draw_file_name();
        let new = Description { file, blob, name: "a".to_owned(), content_type: "text/plain".to_owned(), bytes: TEXT.len() as u64 };
        self.desk.write(move |tx, cx| crate::files::register(tx, cx, &who, &new)).await
    }

    /// Deletes the row; returns what is to be removed with it.
    async fn delete_row(&self, file: &File) -> Option<String> {
        let file = file.attachment.file.clone();
        self.desk.write(move |tx, cx| remove(tx, cx, &file)).await.unwrap()
    }

    async fn sweep(&self) {
        self.clock.advance_seconds(HOLD_SECONDS_MAX + 1);
        clean_up(&self.desk).await.unwrap();
    }

    async fn has_mark(&self, blob: &str) -> bool {
        let blob = blob.to_owned();
        self.desk.read(move |tx| Ok(tables::files::mark(tx, &blob)?.is_some())).await.unwrap()
    }

    /// No file without its contents, and no contents without a file or a mark.
    async fn check(&self, files: &[&File]) {
        let mut wanted: Vec<String> = Vec::new();
        for file in files {
            assert!(self.row(&file.attachment.file).await.is_some());
            wanted.push(file.blob.clone());
        }
        wanted.sort();
        wanted.dedup();
        assert_eq!(self.blobs(), wanted);
    }
}

/// The upload holds the name before the last file with it goes.
#[tokio::test]
async fn held_before_the_last_file_goes() {
    let stage = stage();
    let first = stage.keep(stage.key(), TEXT).await;
    let held = stage.take_hold().await;
    assert_eq!(held, digest());
    assert_eq!(stage.delete_row(&first).await, None, "somebody is about to use the contents");
    stage.put_bytes(&held);
    let second = stage.register(&held).await.unwrap();
    stage.check(&[&second]).await;
    assert!(!stage.has_mark(&digest()).await);
}

/// The name is being removed when the upload begins: it takes another one.
#[tokio::test]
async fn held_while_the_contents_go() {
    let stage = stage();
    let first = stage.keep(stage.key(), TEXT).await;
    let going = stage.delete_row(&first).await;
    assert_eq!(going, Some(digest()));
    let held = stage.take_hold().await;
    assert_eq!(held, spare());
    stage.put_bytes(&held);
    remove_blobs(&stage.desk, going.into_iter().collect()).await;
    let second = stage.register(&held).await.unwrap();
    stage.check(&[&second]).await;
    assert_eq!(stage.take_hold().await, digest(), "afterwards the name is free again");
}

/// Two uploads, one of which is given up.
#[tokio::test]
async fn held_twice() {
    let stage = stage();
    let (one, two) = (stage.take_hold().await, stage.take_hold().await);
    assert_eq!((one.as_str(), two.as_str()), (digest().as_str(), digest().as_str()));
    stage.put_bytes(&one);
    give_up(&stage.desk, one).await;
    assert_eq!(stage.blobs(), [digest()], "the other one holds it");
    let file = stage.register(&two).await.unwrap();
    stage.check(&[&file]).await;
    let three = stage.take_hold().await;
    give_up(&stage.desk, three).await;
    stage.check(&[&file]).await;
    assert!(!stage.has_mark(&digest()).await);
}

/// An upload that broke off leaves neither bytes nor mark.
#[tokio::test]
async fn broken_off_with_the_bytes_there() {
    let stage = stage();
    let held = stage.take_hold().await;
    stage.put_bytes(&held);
    clean_up(&stage.desk).await.unwrap();
    assert_eq!(stage.blobs(), [digest()], "it may go on");
    stage.sweep().await;
    stage.check(&[]).await;
    assert!(!stage.has_mark(&digest()).await);
    assert_eq!(stage.register(&held).await.unwrap_err().kind, Kind::Unavailable, "too late: the bytes are gone");
}

/// An upload slower than a hold is still good if somebody else keeps the same contents.
#[tokio::test]
async fn late_but_the_contents_are_there() {
    let stage = stage();
    let held = stage.take_hold().await;
    stage.put_bytes(&held);
    let other = stage.keep(stage.key(), TEXT).await;
    stage.sweep().await;
    let file = stage.register(&held).await.unwrap();
    stage.check(&[&other, &file]).await;
}

/// A removal that broke off is finished, and no file is noted with the name meanwhile.
#[tokio::test]
async fn a_removal_that_broke_off() {
    let stage = stage();
    let first = stage.keep(stage.key(), TEXT).await;
    let going = stage.delete_row(&first).await.unwrap();
    assert_eq!(stage.register(&going).await.unwrap_err().kind, Kind::Unavailable);
    assert_eq!(stage.blobs(), [digest()]);
    stage.sweep().await;
    stage.check(&[]).await;
    let again = stage.keep(stage.key(), TEXT).await;
    assert_eq!(again.blob, digest());
    stage.check(&[&again]).await;
}

/// Uploads and deletions of the same contents at the same time, for real.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once() {
    let stage = stage();
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let (desk, who) = (stage.desk.clone(), stage.key());
        tasks.spawn(async move {
            let mut last = None;
            for round in 0..10 {
                let new = NewFile { name: "a".to_owned(), declared_type: String::new(), bytes: TEXT.into() };
                let file = keep(&desk, who.clone(), new).await.unwrap();
                assert_eq!(desk.blobs().get(&file.blob).unwrap().unwrap(), TEXT.as_bytes());
                if round < 9 || number % 2 == 0 {
                    delete(&desk, file.attachment.file).await.unwrap();
                } else {
                    last = Some(file);
                }
            }
            last
        });
    }
    let left: Vec<File> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(left.len(), 4);
    stage.sweep().await;
    stage.check(&left.iter().collect::<Vec<_>>()).await;
    for file in &left {
        assert_eq!(stage.desk.blobs().get(&file.blob).unwrap().unwrap(), TEXT.as_bytes());
    }
}
