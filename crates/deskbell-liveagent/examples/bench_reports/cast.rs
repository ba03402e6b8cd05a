//! Who is on a desk: fifty agents in five departments, tags, a level of service.

use deskbell_app::accounts::{self, AgentDraft};
use deskbell_app::desk::{Desk, DeskOptions};
use deskbell_app::settings::{self, Settings};
use deskbell_app::{AppError, sla, tags};
use deskbell_domain::agent::Role;
use deskbell_domain::department::{Department, Membership, Strategy};
use deskbell_domain::ids::{AgentId, CustomerId, DepartmentId, SlaLevelId, TagId};
use deskbell_domain::sla::Goal;
use deskbell_store::tables;

use crate::Outcome;

const AGENTS: i64 = 50;
const DEPARTMENTS: i64 = 5;
const TAGS: i64 = 20;
const SLOTS: u16 = 3;
const FIRST_ANSWER_SECONDS: i64 = 3_600;
/// Its days begin an hour or two before those of UTC, and it changes its clocks: the harder case.
pub(crate) const ZONE: &str = "Europe/Berlin";

pub(crate) struct Cast {
    pub(crate) agents: Vec<AgentId>,
    pub(crate) departments: Vec<DepartmentId>,
    pub(crate) tags: Vec<(TagId, String)>,
    pub(crate) level: SlaLevelId,
    /// Of the eighth agent: some reports name agents so.
    pub(crate) contact: CustomerId,
}

impl Cast {
    pub(crate) fn agent(&self, n: i64) -> AgentId {
        self.agents[n as usize % self.agents.len()]
    }

    pub(crate) fn department(&self, n: i64) -> DepartmentId {
        self.departments[n as usize % self.departments.len()]
    }

    pub(crate) fn tag(&self, n: i64) -> (TagId, String) {
        self.tags[n as usize % self.tags.len()].clone()
    }

    /// Who is there, as the desk knows them.
    pub(crate) fn read(desk: &Desk) -> Outcome<Cast> {
        Ok(desk.snapshot_blocking(|tx| {
            let agents = tables::agents::all(tx)?;
            Ok::<_, AppError>(Cast {
                contact: agents.get(7).map_or(CustomerId::from_i64(0), |agent| agent.contact),
                agents: agents.into_iter().map(|agent| agent.id).collect(),
                departments: tables::departments::all(tx)?.into_iter().map(|department| department.id).collect(),
                tags: tags::all(tx)?.into_iter().map(|tag| (tag.id, tag.name)).collect(),
                level: sla::levels::list(tx)?.first().map_or(SlaLevelId::from_i64(0), |level| level.id),
            })
        })?)
    }
}

/// Makes a desk with all of them; returns its key.
pub(crate) fn found(options: &DeskOptions) -> Outcome<String> {
    let key = Desk::init(options, "owner@example.com", "correct horse battery")?.api_key.secret;
    let desk = Desk::open(options)?;
    let filled = desk.write_blocking(|tx, cx| -> Result<(), AppError> {
        settings::put(tx, cx, &Settings { time_zone: ZONE.to_owned(), ..Settings::default() })?;
        let mut agents: Vec<AgentId> = tables::agents::all(tx)?.into_iter().map(|agent| agent.id).collect();
        for number in 1..AGENTS {
            let draft = AgentDraft {
                email: format!("agent{number}@example.com"),
                first_name: "Agent".to_owned(),
                last_name: number.to_string(),
                role: Role::Agent,
                slots: SLOTS,
                enabled: true,
                password_hash: Some("none".to_owned()),
            };
            agents.push(accounts::create_agent(tx, cx, &draft)?.id);
        }
        for number in 1..DEPARTMENTS {
            let id = DepartmentId::from_i64(tx.next_id()?);
            let department = Department {
                id,
                name: format!("Department {number}"),
                description: String::new(),
                strategy: Strategy::LeastBusy,
                offer_seconds: 30,
                queue_chats_max: 10,
                enabled: true,
            };
            let places = agents.iter().zip(0..).filter(|(_, place)| place % DEPARTMENTS == number);
            let members: Vec<Membership> = places.map(|(agent, _)| Membership { department: id, agent: *agent, priority: 50 }).collect();
            accounts::put_department(tx, cx, &department, Some(&members))?;
        }
        for number in 0..TAGS {
            tags::create(tx, cx, &tags::Draft { name: Some(format!("tag {number}")), color: None, background: None })?;
        }
        let times = vec![(Goal::FirstAnswer, Some(FIRST_ANSWER_SECONDS)), (Goal::ChatAnswer, Some(60)), (Goal::CallAnswer, Some(60))];
        sla::levels::create(tx, cx, &sla::levels::LevelDraft { name: Some("Standard".to_owned()), times, calendar: None })?;
        Ok(())
    });
    desk.close();
    filled?;
    Ok(key)
}
