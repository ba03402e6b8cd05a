use deskbell_domain::event::Event;
use deskbell_store::StoreError;

use super::*;
use crate::conversations::stage::{Stage, stage};

/// Three things are due. The first is not found, a key of the second is taken, the third can be done.
static TWO_OF_THREE_FAIL: Chore<i64> = Chore {
    name: "two of three that fail",
    due: |_, _, limit| Ok((1..=3).filter(|thing| *thing <= limit).collect()),
    id: |thing| *thing,
    deal: |tx, cx, thing| match thing {
        1 => Err(AppError::not_found("no such conversation")),
        2 => Err(StoreError::Conflict("a key is taken".to_owned()).into()),
        _ => {
            tx.append(cx.now, Event::SettingsChanged { slots_for_all: Some(3) })?;
            Ok(())
        }
    },
};
static STORE_IS_AWAY: Chore<i64> = Chore {
    name: "what the store is away for",
    due: |_, _, _| Ok(vec![1]),
    id: |thing| *thing,
    deal: |_, _, _| Err(StoreError::Unavailable("gone".to_owned()).into()),
};

fn go_on(stage: &Stage, course: &mut Course, chore: &'static Chore<i64>) -> Result<(), AppError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(course.go_on(&stage.desk, chore))
}

#[test]
fn whatever_fails_for_good_is_passed_over() {
    let (stage, mut course) = (stage(), Course::new());
    let before = stage.head();
    go_on(&stage, &mut course, &TWO_OF_THREE_FAIL).unwrap();
    assert_eq!((stage.head() - before, course.passed.len()), (1, 2));
    stage.clock.advance_seconds(PASSED_SECONDS - 1);
    go_on(&stage, &mut course, &TWO_OF_THREE_FAIL).unwrap();
    assert_eq!((stage.head() - before, course.passed.len()), (2, 2));
}

#[test]
fn what_the_store_is_away_for_is_not() {
    let (stage, mut course) = (stage(), Course::new());
    assert!(go_on(&stage, &mut course, &STORE_IS_AWAY).unwrap_err().is_temporary());
    assert!(course.passed.is_empty());
}
