//! Who is told which figures. A figure is rendered once when it changed, whatever number of connections is told, and each connection is
//! handed what concerns it in one go.
//!
//! A connection hears of a figure what the figure is when it subscribes, and from then on each text that differs from the one before.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deskbell_app::AppError;
use deskbell_domain::ids::AgentId;
use deskbell_http::socket::{Close, Frame, OUTBOX_FRAMES_MAX, Outbox};

use super::answers::Question;
use super::frames::Refusal;

/// Connections of the whole account at once.
pub(super) const CONNECTIONS_MAX: usize = 1_000;
/// Connections of one agent at once, whatever number of tokens he has.
pub(super) const CONNECTIONS_PER_AGENT_MAX: usize = 10;
/// Figures that one connection may be told. All of them may change at once and must fit into what may wait for it.
pub(super) const SUBSCRIPTIONS_MAX: usize = OUTBOX_FRAMES_MAX / 2;
/// What a client is told that connects once too often.
const CONNECT_AGAIN_SECONDS: u32 = 30;

/// The connections of one desk on this node.
#[derive(Default)]
pub(super) struct Hub(Mutex<State>);

#[derive(Default)]
struct State {
    connections: HashMap<u64, Listening>,
    /// The number of the connection that came last.
    last: u64,
    by_agent: HashMap<AgentId, usize>,
    channels: BTreeMap<Question, Channel>,
}

/// A connection and what it is told.
struct Listening {
    agent: AgentId,
    secret: Arc<str>,
    outbox: Arc<Outbox>,
    questions: HashSet<Question>,
}

/// A figure that somebody is told.
struct Channel {
    /// As it was told last.
    frame: Frame,
    subscribers: usize,
}

/// The frames of these questions as they are now, in their order.
pub(super) type Render<'r> = &'r dyn Fn(&[Question]) -> Vec<Frame>;

impl Hub {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn connections(&self) -> usize {
        self.state().connections.len()
    }

    /// Enters a connection, or refuses one too many. It counts until what is returned is dropped.
    pub(super) fn enter(self: &Arc<Self>, agent: AgentId, secret: &str, outbox: &Arc<Outbox>) -> Result<Entered, AppError> {
        let mut state = self.state();
        if state.connections.len() >= CONNECTIONS_MAX {
            let error = AppError::rate_limited(format!("an account may have {CONNECTIONS_MAX} connections at once; close some first"));
            return Err(error.retry_after(CONNECT_AGAIN_SECONDS));
        }
        let own = state.by_agent.entry(agent).or_default();
        if *own >= CONNECTIONS_PER_AGENT_MAX {
            let error =
                AppError::rate_limited(format!("an agent may have {CONNECTIONS_PER_AGENT_MAX} connections at once; close some first"));
            return Err(error.retry_after(CONNECT_AGAIN_SECONDS));
        }
        *own += 1;
        state.last += 1;
        let number = state.last;
        let listening = Listening { agent, secret: secret.into(), outbox: Arc::clone(outbox), questions: HashSet::new() };
        state.connections.insert(number, listening);
        Ok(Entered { hub: Arc::clone(self), number })
    }

    /// Tells everybody what changed.
    pub(super) fn publish(&self, render: Render<'_>) {
        let mut state = self.state();
        let questions: Vec<Question> = state.channels.keys().copied().collect();
        if questions.is_empty() {
            return;
        }
        let frames = render(&questions);
        let changed = state.note(&questions, &frames);
        state.tell(&changed, None);
    }

    /// Every connection's secret, each once, with the outboxes of those that use it.
    pub(super) fn secrets(&self) -> HashMap<Arc<str>, Vec<Arc<Outbox>>> {
        let mut secrets: HashMap<Arc<str>, Vec<Arc<Outbox>>> = HashMap::new();
        for connection in self.state().connections.values() {
            secrets.entry(Arc::clone(&connection.secret)).or_default().push(Arc::clone(&connection.outbox));
        }
        secrets
    }
}

impl State {
    /// Takes new texts in; what differs from what was told last.
    fn note(&mut self, questions: &[Question], frames: &[Frame]) -> Vec<(Question, Frame)> {
        let mut changed = Vec::new();
        for (question, frame) in questions.iter().zip(frames) {
            if let Some(channel) = self.channels.get_mut(question).filter(|channel| channel.frame != *frame) {
                channel.frame = frame.clone();
                changed.push((*question, frame.clone()));
            }
        }
        changed
    }

    fn tell(&self, changed: &[(Question, Frame)], other_than: Option<u64>) {
        if changed.is_empty() {
            return;
        }
        for (_, connection) in self.connections.iter().filter(|(number, _)| Some(**number) != other_than) {
            let own = changed.iter().filter(|(question, _)| connection.questions.contains(question)).map(|(_, frame)| frame.clone());
            // One that does not keep up is closed by its outbox.
            let _ = connection.outbox.push_all(own);
        }
    }

    fn forget(&mut self, question: Question) {
        if let Some(channel) = self.channels.get_mut(&question) {
            channel.subscribers -= 1;
            if channel.subscribers == 0 {
                self.channels.remove(&question);
            }
        }
    }
}

/// A connection's place in the hub, given back when dropped.
pub(super) struct Entered {
    hub: Arc<Hub>,
    number: u64,
}

impl Entered {
    /// Tells the connection these figures as they are, and each change from now on. Asked again it only tells them again.
    pub(super) fn subscribe(&self, questions: &[Question], render: Render<'_>) -> Result<(), AppError> {
        let mut state = self.hub.state();
        let state = &mut *state;
        let Some(connection) = state.connections.get_mut(&self.number) else { return Ok(()) };
        let news = questions.iter().filter(|question| !connection.questions.contains(question)).count();
        if connection.questions.len() + news > SUBSCRIPTIONS_MAX {
            return Err(AppError::rate_limited(format!("a connection may have {SUBSCRIPTIONS_MAX} subscriptions; unsubscribe first")));
        }
        let frames = render(questions);
        for (question, frame) in questions.iter().zip(&frames) {
            if connection.questions.insert(*question) {
                let channel = Channel { frame: frame.clone(), subscribers: 0 };
                state.channels.entry(*question).or_insert(channel).subscribers += 1;
            }
        }
        let outbox = Arc::clone(&connection.outbox);
        // What is fresh here is fresh for the others, too; this one must not get it twice.
        let changed = state.note(questions, &frames);
        state.tell(&changed, Some(self.number));
        let _ = outbox.push_all(frames);
        Ok(())
    }

    /// Tells the connection no more of these figures, if it was told of them.
    pub(super) fn unsubscribe(&self, questions: &[Question]) {
        let mut state = self.hub.state();
        for question in questions {
            if state.connections.get_mut(&self.number).is_some_and(|connection| connection.questions.remove(question)) {
                state.forget(*question);
            }
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        let Some(connection) = state.connections.remove(&self.number) else { return };
        for question in connection.questions {
            state.forget(question);
        }
        if let Some(own) = state.by_agent.get_mut(&connection.agent) {
            *own -= 1;
            if *own == 0 {
                state.by_agent.remove(&connection.agent);
            }
        }
    }
}

/// Says why, and closes.
pub(super) fn dismiss(outbox: &Outbox, refusal: &Refusal) {
    let _ = outbox.push(refusal.frame());
    outbox.close(Close::BadCredential);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers in the page of what is covered are these.
    #[test]
    fn limits() {
        let page = crate::compat();
        for text in ["1,000 connections at once", "an agent 10,", "a connection 512 subscriptions", "more than 1,024 frames"] {
            assert!(page.contains(text), "{text}");
        }
        assert_eq!((CONNECTIONS_MAX, CONNECTIONS_PER_AGENT_MAX, SUBSCRIPTIONS_MAX, OUTBOX_FRAMES_MAX), (1_000, 10, 512, 1_024));
    }

    #[test]
    fn places_are_given_back() {
        let hub: Arc<Hub> = Arc::default();
        let enter = |agent: usize| hub.enter(AgentId::from_i64(agent as i64), "secret", &Arc::new(Outbox::new()));
        let mut entered: Vec<Entered> = (0..10).map(|_| enter(0).unwrap()).collect();
        let refusal = enter(0).map(drop).unwrap_err();
        assert_eq!(refusal.public, "an agent may have 10 connections at once; close some first");
        assert_eq!(refusal.retry_after_seconds, Some(CONNECT_AGAIN_SECONDS));
        entered.pop();
        entered.push(enter(0).unwrap());
        for agent in 1..100 {
            entered.extend((0..10).map(|_| enter(agent).unwrap()));
        }
        assert_eq!(hub.connections(), CONNECTIONS_MAX);
        assert_eq!(enter(100).map(drop).unwrap_err().public, "an account may have 1000 connections at once; close some first");
        entered.clear();
        assert_eq!((hub.connections(), hub.state().by_agent.len()), (0, 0));
    }

    #[test]
    fn a_connection_has_so_many_subscriptions() {
        let hub: Arc<Hub> = Arc::default();
        let outbox = Arc::new(Outbox::new());
        let entered = hub.enter(AgentId::from_i64(1), "secret", &outbox).unwrap();
        let render = |questions: &[Question]| questions.iter().map(|question| Frame::from(format!("{question:?}"))).collect();
        let question =
            |department: usize| Question { shown: crate::topics::Shown::One(0), department: Some(department as i64), window: None };
        let all: Vec<Question> = (0..SUBSCRIPTIONS_MAX).map(question).collect();
        entered.subscribe(&all, &render).unwrap();
        entered.subscribe(&all[..5], &render).expect("they are subscribed already");
        assert_eq!(outbox.len(), SUBSCRIPTIONS_MAX + 5);
        let refusal = entered.subscribe(&[question(0), question(SUBSCRIPTIONS_MAX)], &render).unwrap_err();
        assert_eq!(refusal.public, "a connection may have 512 subscriptions; unsubscribe first");
        entered.unsubscribe(&all[..1]);
        entered.unsubscribe(&[question(SUBSCRIPTIONS_MAX + 1)]);
        entered.subscribe(&[question(SUBSCRIPTIONS_MAX)], &render).unwrap();
        assert_eq!(hub.state().channels.len(), SUBSCRIPTIONS_MAX);
        drop(entered);
        assert!(hub.state().channels.is_empty());
    }

    #[test]
    fn who_does_not_keep_up_is_cut_off_and_harms_nobody() {
        let hub: Arc<Hub> = Arc::default();
        let (slow, quick) = (Arc::new(Outbox::new()), Arc::new(Outbox::new()));
        let ann = hub.enter(AgentId::from_i64(1), "a", &slow).unwrap();
        let bob = hub.enter(AgentId::from_i64(2), "b", &quick).unwrap();
        let question = Question { shown: crate::topics::Shown::One(0), department: None, window: None };
        let says = |count: usize| move |questions: &[Question]| questions.iter().map(|_| Frame::from(count.to_string())).collect();
        ann.subscribe(&[question], &says(0)).unwrap();
        for count in 1..OUTBOX_FRAMES_MAX {
            hub.publish(&says(count));
        }
        assert_eq!((slow.len(), slow.closed()), (OUTBOX_FRAMES_MAX, None));
        bob.subscribe(&[question], &says(OUTBOX_FRAMES_MAX)).unwrap();
        assert_eq!((slow.len(), slow.closed()), (0, Some(Close::Slow)));
        hub.publish(&says(OUTBOX_FRAMES_MAX + 1));
        assert_eq!((quick.len(), quick.closed()), (2, None));
    }

    #[test]
    fn one_text_is_told_once_to_each_who_asked() {
        let hub: Arc<Hub> = Arc::default();
        let (first, second) = (Arc::new(Outbox::new()), Arc::new(Outbox::new()));
        let ann = hub.enter(AgentId::from_i64(1), "a", &first).unwrap();
        let bob = hub.enter(AgentId::from_i64(2), "b", &second).unwrap();
        let question = Question { shown: crate::topics::Shown::One(0), department: None, window: None };
        let says = |text: &'static str| move |questions: &[Question]| questions.iter().map(|_| Frame::from_static(text)).collect();
        ann.subscribe(&[question], &says("1")).unwrap();
        hub.publish(&says("1"));
        assert_eq!((first.len(), second.len()), (1, 0), "nothing new");
        bob.subscribe(&[question], &says("2")).unwrap();
        assert_eq!((first.len(), second.len()), (2, 1), "what is fresh for one is news for the other");
        hub.publish(&says("2"));
        assert_eq!((first.len(), second.len()), (2, 1));
        hub.publish(&says("3"));
        assert_eq!((first.len(), second.len()), (3, 2));
        ann.unsubscribe(&[question]);
        hub.publish(&says("4"));
        assert_eq!((first.len(), second.len()), (3, 3));
    }
}
