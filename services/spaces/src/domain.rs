//! Types and rules of organizations, processes and areas.

pub mod act;
pub mod act_csv;
pub mod area;
pub mod attachment;
pub mod geojson;
pub mod organization;
pub mod phase;
pub mod preview;
pub mod process;
pub mod profile;
pub mod standing;
