use deskbell_domain::chat::Chat;
use deskbell_domain::ids::SlaLevelId;
use deskbell_domain::visit::Visit;
use deskbell_store::tables;

use super::super::chore::PASSED_SECONDS;
use super::*;
use crate::conversations::stage::{Stage, stage};

fn note(stage: &Stage, absences: &mut Absences) -> Result<(), AppError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let now = stage.desk.now();
    runtime.block_on(absences.note(&stage.desk, now))
}

/// The owner serves the chat of somebody who is here until now.
fn served(stage: &Stage) -> (Visit, Chat) {
    let visit = stage.visit();
    let chat = stage.chat(&visit, "Hello?");
    stage.accept(stage.owner, chat.id);
    stage.desk.presence().expect_visitor(visit.visitor, visit.id, stage.desk.now());
    (visit, chat)
}

/// Its conversation has a service level that there never was: its chat cannot be ended.
fn breaks(stage: &Stage, chat: &Chat) {
    let conversation = chat.conversation;
    stage.write(move |tx, _| Ok(tables::sla::set_level(tx, conversation, Some(SlaLevelId::from_i64(1)))?));
}

fn is_live(stage: &Stage, chat: &Chat) -> bool {
    let id = chat.id;
    stage.see(move |tx| Ok(tables::chats::live(tx)?)).iter().any(|live| live.id == id)
}

#[test]
fn who_cannot_be_written_is_passed_over() {
    let (stage, mut absences) = (stage(), Absences::default());
    stage.all_online();
    let ((visit, broken), (_, whole)) = (served(&stage), served(&stage));
    breaks(&stage, &broken);
    for agent in [stage.owner, stage.ann] {
        stage.desk.presence().expect_agent(agent, stage.desk.now());
    }
    stage.clock.advance_seconds(600);
    note(&stage, &mut absences).expect("a defect in one is no trouble of all");
    let passed = (absences.agents.clone(), absences.visitors.clone());
    let since = stage.desk.now();
    assert_eq!(passed, (vec![(stage.owner, since)], vec![(visit.visitor, visit.id, since)]));
    assert!(is_live(&stage, &broken) && !is_live(&stage, &whole));
    let ann = stage.ann;
    assert!(stage.see(move |tx| Ok(tables::agents::get(tx, ann)?)).expect("she is there").online.is_offline());

    stage.clock.advance_seconds(PASSED_SECONDS - 1);
    note(&stage, &mut absences).unwrap();
    assert_eq!((absences.agents.clone(), absences.visitors.clone()), passed, "nobody tries four times a second");
    stage.clock.advance_seconds(1);
    note(&stage, &mut absences).unwrap();
    let again = stage.desk.now();
    assert_eq!((absences.agents, absences.visitors), (vec![(stage.owner, again)], vec![(visit.visitor, visit.id, again)]));
}

#[test]
fn what_the_store_is_away_for_is_written_when_it_is_back() {
    let (stage, mut absences) = (stage(), Absences::default());
    stage.all_online();
    let (visit, _) = served(&stage);
    stage.desk.presence().expect_agent(stage.owner, stage.desk.now());
    stage.clock.advance_seconds(600);
    stage.desk.close();
    assert!(note(&stage, &mut absences).unwrap_err().is_temporary());
    assert!(absences.agents.is_empty() && absences.visitors.is_empty());
    let now = stage.desk.now();
    assert_eq!(stage.desk.presence().agents_gone(now, 0), [stage.owner]);
    assert_eq!(stage.desk.presence().visitors_gone(now, 0), [(visit.visitor, visit.id)]);
}

#[test]
fn a_store_that_is_away_is_told_before_a_defect() {
    let mut steps = Steps(Ok(()));
    for (error, told_is_temporary) in
        [(AppError::internal("a defect"), false), (AppError::unavailable("the store is away"), true), (AppError::internal("another"), true)]
    {
        steps.took(Err(error));
        steps.took(Ok(()));
        assert_eq!(steps.0.as_ref().unwrap_err().is_temporary(), told_is_temporary);
    }
}
