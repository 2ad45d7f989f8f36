//! Whose letter it is, at a glance: the logo of the organization at the upper right, or its name.

use comitia_typesetting::Faces;
use krilla::image::Image;

use crate::form::{Line, MM, RIGHT, single};
use crate::text::{Field, extent};

/// Where the mark is: above the window, whichever side that is on.
const TOP: f32 = 12.0 * MM;
const WIDTH: f32 = 60.0 * MM;
const HEIGHT: f32 = 24.0 * MM;
/// Sizes that a name is tried in.
const NAME_SIZES: [f32; 5] = [16.0, 14.0, 12.0, 10.0, 8.0];

/// Whose letter it is.
#[derive(Clone, Debug, Default)]
pub struct Mark {
    /// What the organization is called.
    pub name: String,
    /// Its logo, where it has one.
    pub logo: Option<Logo>,
}

/// A logo.
#[derive(Clone, Debug)]
pub struct Logo {
    /// The picture as JPEG.
    pub jpeg: Vec<u8>,
    /// What is on it, for those who do not see it.
    pub alternative: String,
}

/// A mark at its place.
#[derive(Clone, Debug)]
pub(crate) enum Placed {
    /// A logo, with what is on it.
    Logo(Box<Picture>, String),
    /// A name.
    Name(Line),
}

/// A picture at its place.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) image: Image,
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// The logo, or where there is none that can be shown, the name. A name that has no place is left out: the sender's address says
/// it anyway.
pub(crate) fn placed(faces: &Faces, mark: &Mark) -> Option<Placed> {
    let logo = mark.logo.as_ref().and_then(|logo| {
        let picture = picture(&logo.jpeg)?;
        let alternative = if logo.alternative.trim().is_empty() { &mark.name } else { &logo.alternative };
        Some(Placed::Logo(Box::new(picture), alternative.trim().to_owned()))
    });
    logo.or_else(|| {
        let y = TOP + 8.0 * MM;
        let line = single(faces, &mark.name, true, &NAME_SIZES, WIDTH, RIGHT, y, Field::Title);
        let mut line = line.ok()?;
        line.x = RIGHT - extent(&line.run) * line.size;
        Some(Placed::Name(line))
    })
}

/// As large as its place allows, at the right.
fn picture(jpeg: &[u8]) -> Option<Picture> {
    let image = Image::from_jpeg(jpeg.to_vec().into(), true).ok()?;
    let (across, down) = image.size();
    if across == 0 || down == 0 {
        return None;
    }
    let (across, down) = (across as f32, down as f32);
    let scale = (WIDTH / across).min(HEIGHT / down);
    let (width, height) = (across * scale, down * scale);
    Some(Picture { image, left: RIGHT - width, top: TOP, width, height })
}
