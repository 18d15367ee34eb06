//! Which errors are mistakes of the one who asked.

use std::error::Error;

use pullstudy_console::is_usage_error;
use pullstudy_crafter::{BaseError, OpenLayoutSinkError, PlanError, SizesError};
use pullstudy_image::WriteLayoutError;

/// Tells mistakes of the one who asked from failures of the one who does.
pub(crate) fn is_usage(cause: &(dyn Error + 'static)) -> bool {
    let foreign_folder = matches!(
        cause.downcast_ref(),
        Some(OpenLayoutSinkError::Layout {
            source: WriteLayoutError::Foreign { .. },
            ..
        })
    );
    is_usage_error(cause)
        || cause.is::<SizesError>()
        || cause.is::<PlanError>()
        || matches!(cause.downcast_ref(), Some(BaseError::Platform { .. }))
        || foreign_folder
}
