//! A call: an endpoint, what it reads and answers for the OpenAPI document, and the guard around it.

use std::borrow::Cow;
use std::marker::PhantomData;

use deskbell_app::AppError;
use deskbell_http::{Answer, Cx, Endpoint, Input, Meta, Route, Verb};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::{Native, guard};

/// An endpoint of the native API with the shapes of its bodies.
pub(crate) trait Call: Endpoint<Native> {
    const BODIES: Bodies;
}

/// What a call reads and answers.
#[derive(Clone, Copy)]
pub(crate) struct Bodies {
    pub(crate) reads: Option<Shape>,
    pub(crate) answers: Option<Shape>,
    pub(crate) status: u16,
    /// Whether `Idempotency-Key` is heeded.
    pub(crate) keyed: bool,
}

impl Bodies {
    /// Answers 200 with a body.
    pub(crate) const fn answers<T: ToSchema>() -> Bodies {
        Bodies { reads: None, answers: Some(Shape::of::<T>()), status: 200, keyed: false }
    }

    /// Answers 201 with what was made.
    pub(crate) const fn creates<T: ToSchema>() -> Bodies {
        Bodies { status: 201, ..Bodies::answers::<T>() }
    }

    /// Answers 204 without a body.
    pub(crate) const fn nothing() -> Bodies {
        Bodies { reads: None, answers: None, status: 204, keyed: false }
    }

    pub(crate) const fn reads<T: ToSchema>(mut self) -> Bodies {
        self.reads = Some(Shape::of::<T>());
        self
    }

    pub(crate) const fn keyed(mut self) -> Bodies {
        self.keyed = true;
        self
    }
}

/// The schema of a type, to be asked for.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) name: fn() -> Cow<'static, str>,
    pub(crate) schema: fn() -> RefOr<Schema>,
    /// Adds the schemas it refers to.
    pub(crate) needs: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Shape {
    pub(crate) const fn of<T: ToSchema>() -> Shape {
        Shape { name: T::name, schema: T::schema, needs: T::schemas }
    }
}

/// A call, erased.
pub(crate) struct Entry {
    pub(crate) route: Route<Native>,
    pub(crate) bodies: Bodies,
}

pub(crate) fn entry<C: Call>() -> Entry {
    Entry { route: deskbell_http::route::<Native, Guarded<C>>(), bodies: C::BODIES }
}

/// A list of calls: `calls![Show, List]`.
macro_rules! calls {
    ($($call:ty),* $(,)?) => {
        ::std::vec![$($crate::native::call::entry::<$call>()),*]
    };
}
pub(crate) use calls;

/// A call behind the checks that all of them need.
struct Guarded<C>(PhantomData<C>);

impl<C: Call> Endpoint<Native> for Guarded<C> {
    const META: Meta = C::META;

    async fn run(cx: Cx<Native>, input: Input) -> Result<Answer, AppError> {
        if C::META.verb != Verb::Get {
            guard::own_page(&cx.head, &cx.origin())?;
        }
        guard::storable(&input)?;
        C::run(cx, input).await
    }
}
