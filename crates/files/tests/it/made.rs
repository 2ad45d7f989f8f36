//! Files as people send them, made here.

use std::io::Cursor;

use bytes::Bytes;
use comitia_files::{FilesConfig, Intake};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// Takes files in by the limits that are set without configuration.
pub fn intake() -> Intake {
    Intake::new(&FilesConfig::default()).unwrap()
}

/// A picture, its left half red and its right half blue.
pub fn picture(width: u32, height: u32) -> DynamicImage {
    let color = |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, color))
}

pub fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encoded(&picture(width, height), ImageFormat::Jpeg)
}

/// What the EXIF data of [`with_exif`] has of the place and the day, as text.
pub const DAY: &[u8] = b"2026:05:17";

/// The JPEG with EXIF data: how the camera was held, and where it was on which day.
pub fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08".to_vec();
    // Two entries: the orientation, and where the entries of the place are (38).
    exif.extend(b"\0\x02\x01\x12\0\x03\0\0\0\x01\0");
    exif.extend([orientation, 0, 0]);
    exif.extend(b"\x88\x25\0\x04\0\0\0\x01\0\0\0\x26\0\0\0\0");
    // Two entries: north, and the day (at 68).
    exif.extend(b"\0\x02\0\x01\0\x02\0\0\0\x02N\0\0\0\0\x1d\0\x02\0\0\0\x0b\0\0\0\x44\0\0\0\0");
    exif.extend(DAY);
    exif.push(0);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], b"\xFF\xE1", &length, &exif, &jpeg[2..]].concat()
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [kind.as_slice(), data].concat();
    let crc = !body.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    });
    [&(data.len() as u32).to_be_bytes(), body.as_slice(), &crc.to_be_bytes()].concat()
}

/// A PNG whose head says that it has this many pixels, and that has next to none.
pub fn bomb(width: u32, height: u32) -> Vec<u8> {
    let head = [width.to_be_bytes().as_slice(), &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    let empty = [0x78, 0x01, 0x01, 0, 0, 0xFF, 0xFF, 0, 0, 0, 1];
    [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(b"IHDR", &head), &chunk(b"IDAT", &empty), &chunk(b"IEND", &[])]
        .concat()
}

pub fn pdf() -> Vec<u8> {
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n\
      trailer<</Root 1 0 R>>\n%%EOF\n"
        .to_vec()
}

/// The end of a ZIP archive, with a comment.
pub fn zip_end(comment: &[u8]) -> Vec<u8> {
    let length = u16::try_from(comment.len()).unwrap().to_le_bytes();
    [b"PK\x05\x06".as_slice(), &[0; 16], &length, comment].concat()
}

pub fn open_document(media_type: &str) -> Vec<u8> {
    let mut head = b"PK\x03\x04\x14\0\0\0\0\0".to_vec();
    head.resize(26, 0);
    head.extend([8, 0, 0, 0]);
    [head.as_slice(), b"mimetype", media_type.as_bytes(), &zip_end(b"")].concat()
}

pub fn bytes(of: impl Into<Vec<u8>>) -> Bytes {
    Bytes::from(of.into())
}
