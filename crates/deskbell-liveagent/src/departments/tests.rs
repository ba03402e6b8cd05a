//! Departments and who is in them, through the door.

use deskbell_domain::agent::AgentStatus;
use deskbell_domain::ids::DepartmentId;

use crate::fixture::Fixture;

#[tokio::test]
async fn all_and_one_in_all_formats() {
    let desk = Fixture::new();
    let sales = desk.department("Sales").await;
    let json = desk.get("/api/departments").await.text;
    assert_eq!(
        json,
        format!(
            r#"{{"response":{{"departments":[{{"departmentid":"default","name":"Support","onlinestatus":"F","deleted":"N","description":"","presetstatus":"MRT"}},{{"departmentid":"{sales}","name":"Sales","onlinestatus":"F","deleted":"N","description":"","presetstatus":"F"}}]}}}}"#
        )
    );
    assert_eq!(
        desk.get(&format!("/api/departments/{sales}")).await.text,
        format!(
            r#"{{"response":{{"departmentid":"{sales}","name":"Sales","onlinestatus":"F","deleted":"N","description":"","presetstatus":"F"}}}}"#
        )
    );
    let xml = desk.get("/api/departments.xml").await.text;
    assert!(
        xml.starts_with(
            "<?xml version='1.0' encoding='utf-8'?><response><departments><department><departmentid>default</departmentid><name>Support</name>\
             <onlinestatus>F</onlinestatus><deleted>N</deleted><description/><presetstatus>MRT</presetstatus></department>"
        ),
        "{xml}"
    );
    assert_eq!(
        desk.get("/api/departments/default.xml").await.text,
        "<?xml version='1.0' encoding='utf-8'?><response><departmentid>default</departmentid><name>Support</name><onlinestatus>F</onlinestatus>\
         <deleted>N</deleted><description/><presetstatus>MRT</presetstatus></response>"
    );
    assert_eq!(
        desk.get("/api/departments/default.yaml").await.text,
        "response:\n  departmentid: default\n  name: Support\n  onlinestatus: F\n  deleted: \"N\"\n  description: \"\"\n  presetstatus: MRT\n"
    );
}

#[tokio::test]
async fn what_is_on_is_what_any_member_has_on() {
    let desk = Fixture::new();
    let sales = desk.department("Sales").await;
    let ann = desk.agent("ann@agent.test", "Ann", "Able").await;
    let bob = desk.agent("bob@agent.test", "Bob", "").await;
    for agent in [ann.id, bob.id] {
        desk.join(sales, agent).await;
    }
    let status = async |department: DepartmentId| {
        let row = desk.get_ok(&format!("/api/departments/{department}")).await;
        (row["onlinestatus"].as_str().map(str::to_owned), row["presetstatus"].as_str().map(str::to_owned))
    };
    let both = |online: &str, preset: &str| (Some(online.to_owned()), Some(preset.to_owned()));
    desk.status(ann.id, AgentStatus::PHONE).await;
    assert_eq!(status(sales).await, both("P", "MPRT"), "Bob has chosen and is not there");
    desk.status(bob.id, AgentStatus::ONLINE).await;
    assert_eq!(status(sales).await, both("MPRT", "MPRT"));
    desk.status(bob.id, AgentStatus::from_bits(AgentStatus::CHAT.bits() | AgentStatus::HIDDEN.bits())).await;
    assert_eq!(status(sales).await, both("P", "P"), "nobody may count on the chat of one who hides");
    desk.switch_off(&ann).await;
    assert_eq!(status(sales).await, both("F", "F"));
    assert_eq!(status(DepartmentId::DEFAULT).await, both("F", "MRT"), "others are not touched");
}

#[tokio::test]
async fn one_that_is_switched_off() {
    let desk = Fixture::new();
    let sales = desk.department("Sales").await;
    desk.join(sales, desk.owner.id).await;
    desk.status(desk.owner.id, AgentStatus::ONLINE).await;
    assert_eq!(desk.get_ok(&format!("/api/departments/{sales}")).await["onlinestatus"], "MRT");
    desk.switch_department_off(sales).await;
    let row = desk.get_ok(&format!("/api/departments/{sales}")).await;
    assert_eq!((&row["deleted"], &row["onlinestatus"], &row["presetstatus"]), (&"Y".into(), &"F".into(), &"MRT".into()));
    assert_eq!(desk.get_ok("/api/departments").await["departments"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn agents_of_a_department() {
    let desk = Fixture::new();
    let sales = desk.department("Sales").await;
    let path = format!("/api/departments/{sales}/agents");
    assert_eq!(desk.get(&path).await.text, r#"{"response":{"agents":[]}}"#);
    let bob = desk.agent("bob@agent.test", "Bob", "Brown").await;
    let ann = desk.agent("ann@agent.test", "Ann", "Able").await;
    let eve = desk.agent("eve@agent.test", "Eve", "").await;
    for agent in [bob.id, ann.id, eve.id] {
        desk.join(sales, agent).await;
    }
    desk.switch_off(&eve).await;
    desk.status(bob.id, AgentStatus::AWAY).await;
    assert_eq!(
        desk.get(&path).await.text,
        format!(
            r#"{{"response":{{"agents":[{{"userid":"{}","firstname":"Ann","lastname":"Able","email":"ann@agent.test","onlinestatus":"F","presetstatus":"MRT"}},{{"userid":"{}","firstname":"Bob","lastname":"Brown","email":"bob@agent.test","onlinestatus":"MR","presetstatus":"MR"}}]}}}}"#,
            ann.id, bob.id
        )
    );
    let xml = desk.get(&format!("{path}.xml")).await.text;
    assert!(
        xml.contains("<response><agents><agent><userid>") && xml.contains("<lastname>Able</lastname><email>ann@agent.test</email>"),
        "{xml}"
    );
    let yaml = desk.get(&format!("{path}.yaml")).await.text;
    assert!(yaml.starts_with("response:\n  agents:\n"), "{yaml}");
}

#[tokio::test]
async fn unknown_ones() {
    let desk = Fixture::new();
    for identifier in ["zzzzzzzz", "x", "0", "%00", "%27%20OR%201=1--", "Support", "a%2Fb"] {
        for path in [format!("/api/departments/{identifier}"), format!("/api/departments/{identifier}/agents")] {
            let reply = desk.get(&path).await;
            assert_eq!((reply.status, reply.errormessage().as_str()), (404, "department with this id not found"), "{path}");
        }
    }
}

#[tokio::test]
async fn more_than_a_hundred_at_once() {
    let desk = Fixture::new();
    for number in 0..120 {
        desk.department(&format!("Department {number}")).await;
    }
    assert_eq!(desk.get_ok("/api/departments").await["departments"].as_array().map(Vec::len), Some(121));
    assert_eq!(desk.get_ok("/api/onlinestatus/departments").await["departmentsOnlineStates"].as_array().map(Vec::len), Some(121));
}
