//! Added fields as bodies and answers hold them.

use deskbell_app::customers::FieldChanges;
use deskbell_app::fields::Kept;
use deskbell_domain::field::FieldValue;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One value of an added field. Custom ones may have several values under one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct FieldView {
    code: String,
    value: String,
}

pub(crate) fn views(fields: Vec<FieldValue>) -> Vec<FieldView> {
    fields.into_iter().map(|field| FieldView { code: field.code, value: field.value }).collect()
}

/// The whole new list.
pub(crate) fn whole(fields: Vec<FieldView>) -> FieldChanges {
    let fields = fields.into_iter().map(|field| FieldValue { code: field.code, value: field.value }).collect();
    FieldChanges { kept: Kept::Nothing, fields }
}
