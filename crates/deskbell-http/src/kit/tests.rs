//! A toy surface, called through the kit's door.

mod calls;
mod toy;
