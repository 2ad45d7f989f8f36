//! What goes wrong with areas.

use comitia_platform::error::{ApiError, ErrorCode, Reason};

use crate::domain::area::{AreaFault, Uses};
use crate::domain::geojson::Fault;

/// Why a use case of areas failed.
#[derive(Debug, thiserror::Error)]
pub enum AreaError {
    /// The organization has an area with this code already.
    #[error("area {0} exists already")]
    Exists(String),
    /// The area to be part of does not exist.
    #[error("area {0} does not exist")]
    ParentUnknown(String),
    /// The area would be part of itself.
    #[error("area {0} would be part of itself")]
    InItself(String),
    /// Something is wrong with some of several new areas; none was created.
    #[error("{} of the areas cannot be created, so that none was", .0.len())]
    Several(Vec<(usize, AreaFault)>),
    /// A map of areas cannot be taken; nothing was drawn.
    #[error("the map cannot be taken")]
    GeoJson(Fault),
    /// Other areas are part of the area.
    #[error("other areas are part of area {0}")]
    HasAreas(String),
    /// Something uses the area.
    #[error("area {0} is in use: {1}")]
    InUse(String, Uses),
}

impl From<AreaError> for ApiError {
    fn from(error: AreaError) -> Self {
        let message = error.to_string();
        let invalid = |field: &str, rule: &str| Self::invalid_field(field, rule);
        match error {
            AreaError::Exists(_) => {
                Self::new(ErrorCode::AlreadyExists, Reason::ResourceAlreadyExists, message)
                    .with_violation("code", "must not be another area's code")
            }
            AreaError::ParentUnknown(_) => invalid("parent_code", "must be the code of an area"),
            AreaError::InItself(_) => {
                invalid("parent_code", "must not be the area itself or an area that is part of it")
            }
            AreaError::Several(faults) => faults.into_iter().fold(
                Self::new(ErrorCode::InvalidArgument, Reason::FieldInvalid, message),
                |error, (index, fault)| {
                    let (field, rule) = fault.rule();
                    error.with_violation(format!("areas[{index}].{field}"), rule)
                },
            ),
            AreaError::GeoJson(fault) => geojson(&fault),
            AreaError::HasAreas(_) => Self::precondition(Reason::FieldInvalid, message)
                .with_violation("code", "no area may be part of it"),
            AreaError::InUse(_, uses) => Self::precondition(Reason::AreaInUse, message)
                .with_violation("code", format!("must be an area that nothing uses; it has {uses}")),
        }
    }
}

/// What the caller sees of a map that cannot be taken.
fn geojson(fault: &Fault) -> ApiError {
    let feature = |index: &usize, part: &str| format!("geojson.features[{index}]{part}");
    let degrees =
        "must be in degrees (WGS 84, EPSG:4326): export it again in that projection; its numbers are";
    let (reason, field, rule) = match fault {
        Fault::NotGeoJson => (
            Reason::GeojsonMalformed,
            "geojson".into(),
            "must be a GeoJSON FeatureCollection with one feature at least".into(),
        ),
        Fault::TooLarge => (
            Reason::GeojsonTooLarge,
            "geojson".into(),
            "must have at most 10 MB, 1000 areas and 500000 positions: simplify it in the mapping program".into(),
        ),
        Fault::Projection(Some(number)) => {
            (Reason::GeojsonProjection, "geojson".into(), format!("{degrees} those of EPSG:{number}"))
        }
        Fault::Projection(None) => {
            (Reason::GeojsonProjection, "geojson".into(), format!("{degrees} those of another projection"))
        }
        Fault::Swapped(index) => (
            Reason::GeojsonGeometry,
            feature(index, ".geometry"),
            "must have positions whose first number is degrees east and whose second is degrees north".into(),
        ),
        Fault::NotAnArea(index) => (
            Reason::GeojsonGeometry,
            feature(index, ".geometry"),
            "must be a Polygon or a MultiPolygon of positions".into(),
        ),
        Fault::Ring(index) => (
            Reason::GeojsonGeometry,
            feature(index, ".geometry"),
            "must have rings of three different positions at least that have something inside".into(),
        ),
        Fault::CodeMissing(index) => (
            Reason::GeojsonArea,
            feature(index, ".properties.code"),
            "must have a property with the area's code; code_property names another one".into(),
        ),
        Fault::CodeWrong(index) => (
            Reason::GeojsonArea,
            feature(index, ".properties.code"),
            "must be 1 to 64 letters, digits, and any of _ - . in it".into(),
        ),
        Fault::CodeRepeated(index) => {
            (Reason::GeojsonArea, feature(index, ".properties.code"), "must not be given twice".into())
        }
        Fault::TitleMissing(index) => (
            Reason::GeojsonArea,
            feature(index, ".properties.title"),
            "must have a property with the area's name, 1 to 200 characters; title_property names another one".into(),
        ),
    };
    let rule: String = rule;
    ApiError::new(ErrorCode::InvalidArgument, reason, format!("{field}: {rule}")).with_violation(field, rule)
}
