//! Photos: decoded under limits, turned, made smaller, and encoded again without anything but pixels.

use std::io::Cursor;

use bytes::Bytes;
use fast_image_resize::{ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage};

use crate::refusal::Refusal;

/// The media type of every rendition.
pub const PHOTO_MEDIA_TYPE: &str = "image/jpeg";
/// The longest side that is decoded.
pub(crate) const MAX_SIDE: u32 = 20_000;
/// The widths that a photo is kept in: on a phone, beside a text, across a page.
const WIDTHS: [u32; 3] = [480, 960, 1_600];
/// At 82 of 100, nobody sees a difference on a screen.
const QUALITY: u8 = 82;
/// The most bytes that a decoder may need for a pixel: two in each of four channels.
const BYTES_A_PIXEL: u64 = 8;

/// A photo as it is kept: never what was sent.
#[derive(Clone, Debug)]
pub struct Photo {
    /// The smallest first; never wider than what was sent.
    pub renditions: Vec<Rendition>,
}

/// A photo in one width, as JPEG.
#[derive(Clone, Debug)]
pub struct Rendition {
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// The JPEG.
    pub bytes: Bytes,
}

/// Decodes a photo and makes its renditions. Takes the processor for up to a second.
pub(crate) fn clean(bytes: &[u8], max_pixels: u64) -> Result<Photo, Refusal> {
    let format = format(bytes)?;
    if format == ImageFormat::Jpeg && !is_complete_jpeg(bytes) {
        return Err(Refusal::Damaged);
    }
    let (pixels, orientation) = decode(bytes, format, max_pixels)?;
    renditions(pixels, orientation)
}

fn format(bytes: &[u8]) -> Result<ImageFormat, Refusal> {
    match infer::get(bytes).map(|kind| kind.mime_type()) {
        Some("image/jpeg") => Ok(ImageFormat::Jpeg),
        Some("image/png") => Ok(ImageFormat::Png),
        Some("image/webp") => Ok(ImageFormat::WebP),
        _ => Err(Refusal::NotAPhoto),
    }
}

/// The pixels, and how to turn them. Size and memory are known from the head, before anything is decoded.
fn decode(bytes: &[u8], format: ImageFormat, max_pixels: u64) -> Result<(RgbImage, Orientation), Refusal> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(max_pixels.saturating_mul(BYTES_A_PIXEL));
    reader.limits(limits);
    let damaged = |_| Refusal::Damaged;
    let mut decoder = reader.into_decoder().map_err(|error| match error {
        image::ImageError::Limits(_) => {
            Refusal::TooManyPixels { width: u32::MAX, height: u32::MAX, limit: max_pixels }
        }
        _ => Refusal::Damaged,
    })?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > max_pixels || width.max(height) > MAX_SIDE {
        return Err(Refusal::TooManyPixels { width, height, limit: max_pixels });
    }
    if pixels == 0 {
        return Err(Refusal::Damaged);
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((on_white(DynamicImage::from_decoder(decoder).map_err(damaged)?), orientation))
}

/// JPEG has no transparency: what shines through is white, as paper is.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    let mut pixels = RgbImage::new(image.width(), image.height());
    for (from, to) in image.pixels().zip(pixels.pixels_mut()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        let mixed =
            |channel: u32| u8::try_from((channel * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX);
        *to = Rgb([mixed(red), mixed(green), mixed(blue)]);
    }
    pixels
}

fn renditions(pixels: RgbImage, orientation: Orientation) -> Result<Photo, Refusal> {
    let lies = matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    let width = if lies { pixels.height() } else { pixels.width() };
    // The largest first, so that each smaller one is made of less.
    let widest = WIDTHS[WIDTHS.len() - 1].min(width);
    let wanted = WIDTHS.into_iter().rev().filter(|wanted| *wanted < widest);
    let mut pixels = DynamicImage::ImageRgb8(pixels);
    let mut renditions = Vec::new();
    for wanted in std::iter::once(widest).chain(wanted) {
        if wanted < width {
            pixels = scaled(&pixels, wanted, lies)?;
        }
        let mut turned = pixels.clone();
        turned.apply_orientation(orientation);
        renditions.push(encoded(&turned)?);
    }
    renditions.reverse();
    Ok(Photo { renditions })
}

/// The same with `wanted` pixels across, once it is turned.
fn scaled(pixels: &DynamicImage, wanted: u32, lies: bool) -> Result<DynamicImage, Refusal> {
    let (width, height) = (pixels.width(), pixels.height());
    let across = if lies { height } else { width };
    let fit = |side: u32| {
        let side = u64::from(side) * u64::from(wanted) / u64::from(across.max(1));
        u32::try_from(side).unwrap_or(u32::MAX).max(1)
    };
    let mut smaller = DynamicImage::new_rgb8(fit(width), fit(height));
    Resizer::new().resize(pixels, &mut smaller, &ResizeOptions::new()).map_err(|_| Refusal::Damaged)?;
    Ok(smaller)
}

fn encoded(pixels: &DynamicImage) -> Result<Rendition, Refusal> {
    let mut bytes = Vec::new();
    let written = pixels.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY));
    written.map_err(|_| Refusal::Damaged)?;
    Ok(Rendition { width: pixels.width(), height: pixels.height(), bytes: bytes.into() })
}

/// Whether a JPEG has its end mark where its own parts end. The decoder fills what is missing with grey.
fn is_complete_jpeg(bytes: &[u8]) -> bool {
    let at = |place: usize| bytes.get(place).copied();
    let mut place = 2;
    loop {
        while at(place) == Some(0xFF) && at(place + 1) == Some(0xFF) {
            place += 1;
        }
        let (Some(0xFF), Some(marker)) = (at(place), at(place + 1)) else { return false };
        place += 2;
        match marker {
            0xD9 => return true,
            0x01 | 0xD0..=0xD7 => continue,
            _ => {}
        }
        let (Some(high), Some(low)) = (at(place), at(place + 1)) else { return false };
        place += usize::from(u16::from_be_bytes([high, low])).max(2);
        if marker == 0xDA {
            // The pixels, up to the next marker; 0xFF 0x00 is a byte of them, and restarts are among them.
            let rest = bytes.get(place..).unwrap_or_default();
            let next = rest
                .windows(2)
                .position(|two| two[0] == 0xFF && !matches!(two[1], 0x00 | 0xD0..=0xD7 | 0xFF));
            let Some(next) = next else { return false };
            place += next;
        }
    }
}
