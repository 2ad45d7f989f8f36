//! Photos.

use comitia_files::{FilesConfig, Intake, IntakeError, Photo, Refusal};
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

use crate::made::{DAY, bomb, bytes, encoded, intake, jpeg, pdf, picture, with_exif};

async fn taken(file: impl Into<Vec<u8>>) -> Photo {
    intake().photo(bytes(file)).await.unwrap()
}

async fn refused(file: impl Into<Vec<u8>>) -> Refusal {
    match intake().photo(bytes(file)).await {
        Err(IntakeError::Refused(refusal)) => {
            assert!(refusal.rule().starts_with("must "), "{}", refusal.rule());
            refusal
        }
        other => panic!("{other:?}"),
    }
}

fn sizes(photo: &Photo) -> Vec<(u32, u32)> {
    photo.renditions.iter().map(|rendition| (rendition.width, rendition.height)).collect()
}

/// The red, green and blue of a pixel of the smallest rendition.
fn pixel(photo: &Photo, x: u32, y: u32) -> [u8; 3] {
    let decoded = image::load_from_memory_with_format(&photo.renditions[0].bytes, ImageFormat::Jpeg).unwrap();
    decoded.into_rgb8().get_pixel(x, y).0
}

#[tokio::test]
async fn a_photo_is_turned_as_the_camera_was_held_and_says_neither_where_nor_when() {
    let sent = with_exif(&jpeg(40, 20), 6);
    assert!(sent.windows(DAY.len()).any(|window| window == DAY));
    let photo = taken(sent).await;
    assert_eq!(sizes(&photo), [(20, 40)]);
    let ([red, _, blue], [other_red, _, other_blue]) = (pixel(&photo, 10, 5), pixel(&photo, 10, 35));
    assert!(red > 180 && blue < 80, "the left half is not above");
    assert!(other_blue > 180 && other_red < 80, "the right half is not below");
    let kept = &photo.renditions[0].bytes;
    for trace in [DAY, b"Exif".as_slice()] {
        assert!(!kept.windows(trace.len()).any(|window| window == trace), "{trace:?}");
    }
}

#[tokio::test]
async fn every_way_to_hold_a_camera_gives_the_same_picture() {
    // How the sides lie, and where the red half is to be: left, right, above, below.
    let (left, right, above, below) = ((5, 10), (35, 10), (10, 5), (10, 35));
    let ways = [
        (1, (40, 20), left, right),
        (2, (40, 20), right, left),
        (3, (40, 20), right, left),
        (4, (40, 20), left, right),
        (5, (20, 40), above, below),
        (6, (20, 40), above, below),
        (7, (20, 40), below, above),
        (8, (20, 40), below, above),
    ];
    for (orientation, size, red, blue) in ways {
        let photo = taken(with_exif(&jpeg(40, 20), orientation)).await;
        assert_eq!(sizes(&photo), [size], "{orientation}");
        assert!(pixel(&photo, red.0, red.1)[0] > 180, "{orientation}");
        assert!(pixel(&photo, blue.0, blue.1)[2] > 180, "{orientation}");
    }
}

#[tokio::test]
async fn widths_are_made_down_from_what_was_sent_and_never_up() {
    assert_eq!(sizes(&taken(jpeg(3200, 1600)).await), [(480, 240), (960, 480), (1600, 800)]);
    assert_eq!(sizes(&taken(jpeg(960, 480)).await), [(480, 240), (960, 480)]);
    assert_eq!(sizes(&taken(jpeg(700, 70)).await), [(480, 48), (700, 70)]);
    // Held upright, it is the height that becomes the width.
    assert_eq!(sizes(&taken(with_exif(&jpeg(1000, 600), 6)).await), [(480, 800), (600, 1000)]);
    // Wide as a line: the line stays.
    assert_eq!(sizes(&taken(jpeg(5000, 2)).await), [(480, 1), (960, 1), (1600, 1)]);
}

#[tokio::test]
async fn png_and_webp_become_jpeg_and_what_shines_through_is_white() {
    let clear = DynamicImage::ImageRgba8(RgbaImage::from_pixel(40, 20, Rgba([0, 0, 0, 0])));
    let png = taken(encoded(&clear, ImageFormat::Png)).await;
    assert!(pixel(&png, 20, 10).iter().all(|channel| *channel > 250));
    let deep = DynamicImage::ImageRgb16(picture(40, 20).into_rgb16());
    assert!(pixel(&taken(encoded(&deep, ImageFormat::Png)).await, 5, 10)[0] > 180);
    let webp = taken(encoded(&picture(40, 20), ImageFormat::WebP)).await;
    assert!(pixel(&webp, 35, 10)[2] > 180);
    assert!(webp.renditions[0].bytes.starts_with(b"\xFF\xD8\xFF"));
}

#[tokio::test]
async fn a_bomb_of_pixels_is_refused_by_its_head() {
    let limit = 25_000_000;
    assert_eq!(
        refused(bomb(30_000, 30_000)).await,
        Refusal::TooManyPixels { width: 30_000, height: 30_000, limit }
    );
    assert!(matches!(refused(bomb(1, 500_000)).await, Refusal::TooManyPixels { .. }));
    // The same in a JPEG, whose head comes after its tables.
    let mut jpeg = jpeg(40, 20);
    let frame = jpeg.windows(2).position(|two| two == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xEA, 0x60, 0xEA, 0x60]);
    assert_eq!(refused(jpeg).await, Refusal::TooManyPixels { width: 60_000, height: 60_000, limit });
}

#[tokio::test]
async fn what_is_no_photo_is_refused_whatever_its_name_was() {
    let svg =
        b"<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 64]].concat();
    let exe = [b"MZ\x90\0".as_slice(), &[0; 64]].concat();
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
    let gif = b"GIF89a\x01\0\x01\0\0\0\0;".to_vec();
    for file in [svg.to_vec(), elf, exe, heic, gif, pdf(), b"<html><script>".to_vec(), vec![0; 64]] {
        assert_eq!(refused(file).await, Refusal::NotAPhoto);
    }
}

#[tokio::test]
async fn what_ends_too_early_is_refused() {
    let whole = picture(400, 300);
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let file = encoded(&whole, format);
        for length in [file.len() / 3, file.len() / 2, file.len() - 20] {
            assert_eq!(refused(&file[..length]).await, Refusal::Damaged, "{format:?} {length}");
        }
    }
    assert_eq!(refused(&with_exif(&jpeg(400, 300), 1)[..60]).await, Refusal::Damaged);
}

#[tokio::test]
async fn nothing_of_a_polyglot_is_left() {
    let hidden = b"<script>alert(document.cookie)</script>PK\x05\x06";
    let mut file = with_exif(&jpeg(40, 20), 1);
    file.extend(hidden);
    let photo = taken(file).await;
    assert!(!photo.renditions[0].bytes.windows(7).any(|window| window == b"<script"));
}

#[tokio::test]
async fn an_empty_file_and_a_large_one_are_refused() {
    assert_eq!(refused([]).await, Refusal::Empty);
    let config = FilesConfig { photo_max_bytes: 2_000, ..FilesConfig::default() };
    let small = Intake::new(&config).unwrap();
    let large = small.photo(bytes(jpeg(800, 600))).await;
    assert!(matches!(large, Err(IntakeError::Refused(Refusal::TooLarge { limit: 2_000 }))), "{large:?}");
}
