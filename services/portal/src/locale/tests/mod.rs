mod completeness;
mod formats;
