//! `GET application/status`.

use deskbell_app::rights::Right;
use deskbell_app::updates::{self, VERSION};
use deskbell_app::{AppError, Desk};
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta};
use serde::Serialize;

use crate::moment::Zone;

/// The version of LiveAgent whose API v1 this surface speaks: that of the reference it was made from. Clients may compare it.
const CONTRACT_VERSION: &str = "5.61.0";

pub(crate) struct GetApplicationStatus;

impl Endpoint<Desk> for GetApplicationStatus {
    const META: Meta = Meta::get("application/status", Right::ApiKey)
        .summary("Versions, dates and the clock")
        .source("reference, Application: Retrieves application status; clients ask it to see whether anybody is there")
        .quirks(&[
            "`liveagentversion` is the version of LiveAgent whose API v1 is spoken (5.61.0), `gpfversion` Deskbell's own",
            "`dateinstalled` is when the desk was made, `datelatestupdate` when the present version of Deskbell opened it first",
            "`current_server_time` is in the time zone of the settings, like all times",
        ]);

    async fn run(cx: Cx<Desk>, _: Input) -> Result<Answer, AppError> {
        let (zone, now) = (Zone::of(&cx.state), cx.state.now());
        let installation = cx.state.snapshot(updates::installation).await?;
        Ok(Answer::tree(Status {
            liveagentversion: CONTRACT_VERSION,
            gpfversion: VERSION,
            dateinstalled: zone.text(installation.created),
            datelatestupdate: zone.text(installation.updated),
            current_server_time: zone.text(now),
        }))
    }
}

#[derive(Serialize)]
struct Status {
    liveagentversion: &'static str,
    gpfversion: &'static str,
    dateinstalled: String,
    datelatestupdate: String,
    current_server_time: String,
}

#[cfg(test)]
mod tests {
    use deskbell_app::updates::VERSION;

    use crate::fixture::Fixture;

    #[tokio::test]
    async fn versions_and_times() {
        let desk = Fixture::new();
        desk.advance(3_600);
        assert_eq!(
            desk.get("/api/application/status").await.text,
            format!(
                r#"{{"response":{{"liveagentversion":"5.61.0","gpfversion":"{VERSION}","dateinstalled":"2012-04-03 12:21:21","datelatestupdate":"2012-04-03 12:21:21","current_server_time":"2012-04-03 13:21:21"}}}}"#
            )
        );
        desk.time_zone("Asia/Tokyo").await;
        assert_eq!(
            desk.get("/api/application/status.xml").await.text,
            format!(
                "<?xml version='1.0' encoding='utf-8'?><response><liveagentversion>5.61.0</liveagentversion><gpfversion>{VERSION}</gpfversion>\
                 <dateinstalled>2012-04-03 21:21:21</dateinstalled><datelatestupdate>2012-04-03 21:21:21</datelatestupdate>\
                 <current_server_time>2012-04-03 22:21:21</current_server_time></response>"
            )
        );
        let yaml = desk.get("/api/index.php?handler=application/status.yaml").await.text;
        assert!(yaml.contains("  current_server_time: \"2012-04-03 22:21:21\"\n"), "{yaml}");
    }
}
