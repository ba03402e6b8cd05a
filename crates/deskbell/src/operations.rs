//! What operators' tools ask: `/healthz`, `/readyz`, `/metrics`.

use axum::body::Body;
use deskbell_api::live::Live;
use deskbell_app::Desk;
use deskbell_http::BoxFuture;
use deskbell_http::front::Served;
use deskbell_zendesk::Stream;
use http::{Request, Response, StatusCode, header};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The three paths, served without credentials: put them behind the proxy if they must not be seen.
pub(crate) struct Operations {
    desk: Desk,
    live: Live,
    stream: Stream,
    metrics: PrometheusHandle,
}

/// Starts counting. Must be called before the first surface is built.
pub(crate) fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    let builder = PrometheusBuilder::new().set_buckets(&[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0])?;
    Ok(builder.install_recorder()?)
}

impl Operations {
    pub(crate) fn new(desk: Desk, live: Live, stream: Stream, metrics: PrometheusHandle) -> Self {
        Operations { desk, live, stream, metrics }
    }

    fn answer(&self, path: &str) -> Response<Body> {
        match path {
            "/healthz" => text(StatusCode::OK, "ok\n".to_owned()),
            "/readyz" if self.desk.is_healthy() => text(StatusCode::OK, "ready\n".to_owned()),
            "/readyz" => text(StatusCode::SERVICE_UNAVAILABLE, "the store cannot be written\n".to_owned()),
            _ => text(StatusCode::OK, self.render()),
        }
    }

    /// Live figures are read when they are asked for, not kept up to date in between.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn render(&self) -> String {
        let now = self.desk.now();
        let (chats, agents, number) = self.desk.figures(|figures| (figures.chats(None, now), figures.agents(None), figures.number()));
        let (visitors, consoles) = self.live.connections();
        let search = self.desk.knowledge_search().map(|search| search.progress()).ok();
        for (name, value) in [
            ("deskbell_chats_incoming", chats.incoming),
            ("deskbell_chats_assigned", chats.assigned),
            ("deskbell_chats_active", chats.active),
            ("deskbell_agents_online", agents.online),
            ("deskbell_agents_available", agents.available),
            ("deskbell_journal_number", number),
            ("deskbell_live_visitor_connections", visitors as i64),
            ("deskbell_live_agent_connections", consoles as i64),
            ("deskbell_stream_connections", self.stream.connections() as i64),
            ("deskbell_store_healthy", i64::from(self.desk.is_healthy())),
            ("deskbell_timeline_events_behind", (number - self.desk.timeline_number()).max(0)),
            ("deskbell_levels_events_behind", (number - self.desk.levels().number()).max(0)),
            ("deskbell_rules_events_behind", (number - self.desk.rules_number()).max(0)),
            ("deskbell_rollup_events_behind", (number - self.desk.rollup_number()).max(0)),
            ("deskbell_search_ready", i64::from(search.is_some_and(|progress| progress.complete))),
            ("deskbell_search_events_behind", search.map_or(0, |progress| progress.events_behind)),
        ] {
            metrics::gauge!(name).set(value as f64);
        }
        self.metrics.render()
    }
}

fn text(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

impl Served for Operations {
    fn owns(&self, path: &str) -> bool {
        matches!(path, "/healthz" | "/readyz" | "/metrics")
    }

    fn serve(&self, request: Request<Body>) -> BoxFuture<'_, Response<Body>> {
        Box::pin(async move { self.answer(request.uri().path()) })
    }
}
