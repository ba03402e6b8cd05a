//! The demo's departments and agents: how they are made, and their days.

use std::collections::HashMap;

use deskbell_app::accounts::{self, AgentDraft};
use deskbell_app::context::Context;
use deskbell_app::error::AppError;
use deskbell_app::settings::Settings;
use deskbell_domain::agent::{AgentStatus, Role};
use deskbell_domain::department::{Department, Membership, OFFER_SECONDS_DEFAULT, QUEUE_CHATS_MAX_DEFAULT, Strategy};
use deskbell_domain::ids::{AgentId, DepartmentId};
use deskbell_domain::time::Timestamp;
use deskbell_store::{Db, StoreError, Tx, tables};
use rand::RngExt;
use rand::rngs::StdRng;

use super::DemoScale;
use super::calendar::{Day, HOUR_SECONDS};
use super::dialogues::Section;
use super::people::{COLLEAGUES, COLLEAGUES_MIN, Colleague, per_cent};

const SLOTS_MIN: u32 = 3;
const SLOTS_MAX: u32 = 90;

/// Whether somebody works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Duty {
    Off,
    On,
    Away,
}

/// What an agent does with his day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shift {
    Comes,
    Pauses,
    Returns,
    /// Takes no more chats.
    WindsDown,
    /// Leaves as soon as nobody talks to him any more.
    Goes,
}

pub(crate) struct Member {
    pub(crate) id: AgentId,
    pub(crate) colleague: &'static Colleague,
    pub(crate) duty: Duty,
    /// Chats he is in.
    pub(crate) chats: u32,
}

/// All who work here, in the order of their ids.
pub(crate) struct Staff {
    pub(crate) members: Vec<Member>,
    places: HashMap<AgentId, usize>,
    sales: DepartmentId,
    billing: DepartmentId,
}

impl Staff {
    pub(crate) fn place(&self, agent: AgentId) -> Option<usize> {
        self.places.get(&agent).copied()
    }

    pub(crate) fn department(&self, section: Section) -> DepartmentId {
        match section {
            Section::Support => DepartmentId::DEFAULT,
            Section::Sales => self.sales,
            Section::Billing => self.billing,
        }
    }

    pub(crate) fn emails(&self) -> Vec<String> {
        self.members.iter().map(|member| email(member.colleague)).collect()
    }

    /// Those of a section who are at their desks, busy or not.
    pub(crate) fn at_work(&self, section: Section) -> Vec<usize> {
        let belongs = |member: &Member| section == Section::Support || member.colleague.sections.contains(&section);
        (0..self.members.len()).filter(|place| self.members[*place].duty != Duty::Off && belongs(&self.members[*place])).collect()
    }
}

fn email(colleague: &Colleague) -> String {
    format!("{}@fernhill.example.com", colleague.first_name.to_lowercase())
}

/// How many agents there are.
pub(crate) fn count(seed: u64) -> usize {
    let more = COLLEAGUES.len() - COLLEAGUES_MIN + 1;
    COLLEAGUES_MIN + usize::try_from(seed).unwrap_or_default() % more
}

/// Chats at once for each agent, so that the busiest hour finds about twice the room it needs.
pub(crate) fn slots(scale: &DemoScale) -> u16 {
    let a_day = scale.conversations / scale.days.max(1);
    let slots = (a_day / 250).clamp(SLOTS_MIN, SLOTS_MAX);
    u16::try_from(slots).unwrap_or(u16::MAX)
}

/// What a rehearsal ends with: it leaves nothing behind.
enum Rehearsal {
    Ids(Vec<AgentId>),
    Failed(AppError),
}

impl From<StoreError> for Rehearsal {
    fn from(error: StoreError) -> Self {
        Rehearsal::Failed(error.into())
    }
}

fn draft(colleague: &Colleague, role: Role, hash: &str, slots: u16) -> AgentDraft {
    AgentDraft {
        email: email(colleague),
        first_name: colleague.first_name.to_owned(),
        last_name: colleague.last_name.to_owned(),
        role,
        slots,
        enabled: true,
        password_hash: Some(hash.to_owned()),
    }
}

/// In which order the agents must be made so that their ids rise from the first to the last: routing looks at them in the order of ids,
/// which are different numbers on every desk, and the same seed must make the same history on all.
pub(crate) fn ranks(db: &Db, hash: &str, count: usize) -> anyhow::Result<Vec<usize>> {
    let hash = hash.to_owned();
    let rehearsal = db.write_blocking(move |tx| -> Result<(), Rehearsal> {
        let cx = Context::seeded(Timestamp::EPOCH, std::sync::Arc::new(Settings::default()), 0, 0);
        let mut ids = Vec::with_capacity(count);
        // The departments' ids come first, as in earnest.
        tx.next_id()?;
        tx.next_id()?;
        for colleague in &COLLEAGUES[..count] {
            let agent = accounts::create_agent(tx, &cx, &draft(colleague, Role::Agent, &hash, 1)).map_err(Rehearsal::Failed)?;
            ids.push(agent.id);
        }
        Err(Rehearsal::Ids(ids))
    });
    match rehearsal {
        Err(Rehearsal::Ids(ids)) => Ok(ids.iter().map(|id| ids.iter().filter(|other| *other < id).count()).collect()),
        Err(Rehearsal::Failed(error)) => Err(error.into()),
        Ok(()) => Ok(Vec::new()),
    }
}

/// Makes the departments and the agents.
pub(crate) fn hire(tx: &mut Tx<'_>, mut cx: Context, ranks: &[usize], hash: &str, slots: u16) -> Result<(Context, Staff), AppError> {
    let (one, other) = (tx.next_id()?, tx.next_id()?);
    let (sales, billing) = (DepartmentId::from_i64(one.min(other)), DepartmentId::from_i64(one.max(other)));
    let mut members = Vec::with_capacity(ranks.len());
    for rank in ranks {
        let colleague = &COLLEAGUES[*rank];
        let role = if *rank == 0 { Role::Administrator } else { Role::Agent };
        let agent = accounts::create_agent(tx, &cx, &draft(colleague, role, hash, slots))?;
        members.push(Member { id: agent.id, colleague, duty: Duty::Off, chats: 0 });
    }
    members.sort_by_key(|member| member.id);
    if !members.iter().map(|member| member.colleague.first_name).eq(COLLEAGUES[..members.len()].iter().map(|one| one.first_name)) {
        return Err(AppError::internal("ids were not handed out as rehearsed"));
    }
    let places = members.iter().enumerate().map(|(place, member)| (member.id, place)).collect();
    let staff = Staff { members, places, sales, billing };
    for (section, name, description, strategy) in [
        (Section::Sales, "Sales", "Advice before buying", Strategy::Priority),
        (Section::Billing, "Billing", "Invoices, payments, refunds", Strategy::RingAll),
    ] {
        let id = staff.department(section);
        let department = Department {
            id,
            name: name.to_owned(),
            description: description.to_owned(),
            strategy,
            offer_seconds: OFFER_SECONDS_DEFAULT,
            queue_chats_max: QUEUE_CHATS_MAX_DEFAULT,
            enabled: true,
        };
        let belong = staff.members.iter().filter(|member| member.colleague.sections.contains(&section));
        let memberships: Vec<Membership> =
            belong.map(|member| Membership { department: id, agent: member.id, priority: member.colleague.priority }).collect();
        accounts::put_department(tx, &mut cx, &department, Some(&memberships))?;
    }
    Ok((cx, staff))
}

/// An agent's day.
pub(crate) fn day(chance: &mut StdRng, colleague: &Colleague, place: usize, (midnight, kind): (Timestamp, Day)) -> Vec<(Timestamp, Shift)> {
    let mut around = |hour_tenths: i64, minutes: i64| {
        let seconds = hour_tenths * HOUR_SECONDS / 10 + chance.random_range(-minutes * 60..minutes * 60);
        midnight.plus_seconds(seconds)
    };
    match kind {
        Day::Closed => Vec::new(),
        Day::Saturday if !colleague.works_saturdays => Vec::new(),
        Day::Saturday => {
            let ends = around(160, 10);
            vec![(around(100, 8), Shift::Comes), (ends, Shift::WindsDown), (ends.plus_seconds(60), Shift::Goes)]
        }
        Day::Working => {
            let late = colleague.late_hours * 10;
            let pause = around(118 + 5 * i64::try_from(place).unwrap_or_default(), 10);
            let ends = around(165 + late, 15);
            let day = vec![
                (around(80 + late, 8), Shift::Comes),
                (pause, Shift::Pauses),
                (pause.plus_seconds(2_400), Shift::Returns),
                (ends, Shift::WindsDown),
                (ends.plus_seconds(60), Shift::Goes),
            ];
            if per_cent(chance, 5) { Vec::new() } else { day }
        }
    }
}

/// Writes what an agent does. Returns false if he cannot go yet.
pub(crate) fn shift(tx: &mut Tx<'_>, cx: &mut Context, member: &mut Member, shift: Shift) -> Result<bool, AppError> {
    let on_phone = tables::call_legs::open_of(tx, member.id)?.is_some() || tables::calls::calling_of(tx, member.id)?.is_some();
    let (duty, preset) = match (shift, member.duty) {
        (Shift::Comes, Duty::Off) | (Shift::Returns, Duty::Away) => (Duty::On, AgentStatus::ONLINE.with(AgentStatus::PHONE)),
        (Shift::Pauses | Shift::WindsDown, Duty::On) => (Duty::Away, AgentStatus::AWAY),
        (Shift::Goes, Duty::On | Duty::Away) if member.chats > 0 || on_phone => return Ok(false),
        (Shift::Goes, Duty::On | Duty::Away) => {
            accounts::gone(tx, cx, member.id)?;
            member.duty = Duty::Off;
            return Ok(true);
        }
        (_, Duty::Off | Duty::On | Duty::Away) => return Ok(true),
    };
    accounts::choose_status(tx, cx, member.id, preset, true)?;
    member.duty = duty;
    Ok(true)
}
