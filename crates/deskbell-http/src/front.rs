//! Several surfaces behind one door: the first that owns the path answers.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use http::{Request, Response, StatusCode};

use crate::endpoint::BoxFuture;
use crate::kit::Kit;

/// A surface in service, without its state's type.
pub trait Served: Send + Sync + 'static {
    /// Whether a path is this surface's, known or not.
    fn owns(&self, path: &str) -> bool;

    fn serve(&self, request: Request<Body>) -> BoxFuture<'_, Response<Body>>;
}

impl<S: Clone + Send + Sync + 'static> Served for Kit<S> {
    fn owns(&self, path: &str) -> bool {
        Kit::owns(self, path)
    }

    fn serve(&self, request: Request<Body>) -> BoxFuture<'_, Response<Body>> {
        Box::pin(self.handle(request))
    }
}

/// Surfaces in the order they are asked, and what answers when none owns the path (say, the embedded web pages).
#[derive(Default, Clone)]
pub struct Front {
    surfaces: Vec<Arc<dyn Served>>,
    otherwise: Option<Arc<dyn Served>>,
}

impl Front {
    pub fn new() -> Front {
        Front::default()
    }

    /// Adds a surface behind those added before.
    #[must_use]
    pub fn with(mut self, surface: impl Served) -> Front {
        self.surfaces.push(Arc::new(surface));
        self
    }

    /// What answers when no surface owns the path.
    #[must_use]
    pub fn otherwise(mut self, fallback: impl Served) -> Front {
        self.otherwise = Some(Arc::new(fallback));
        self
    }

    pub fn handle(&self, request: Request<Body>) -> BoxFuture<'_, Response<Body>> {
        let path = request.uri().path();
        match self.surfaces.iter().find(|surface| surface.owns(path)).or(self.otherwise.as_ref()) {
            Some(surface) => surface.serve(request),
            None => {
                let mut response = Response::new(Body::from("there is nothing at this path"));
                *response.status_mut() = StatusCode::NOT_FOUND;
                Box::pin(std::future::ready(response))
            }
        }
    }

    /// A router that hands over everything; routes of sockets are added to it.
    pub fn into_router(self) -> axum::Router {
        let front = Arc::new(self);
        // A service, not a handler: there is nothing to extract from a request that is handed over whole.
        axum::Router::new().fallback_service(tower::service_fn(move |request: Request<Body>| {
            let front = Arc::clone(&front);
            async move { Ok::<_, Infallible>(front.handle(request).await) }
        }))
    }
}
