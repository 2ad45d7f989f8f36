//! The module's one class, for JavaScript.

use std::collections::VecDeque;

use comitia_transparency::TrackingCode;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

use crate::{Check, File, Options};

/// Whether a text is a tracking code, written as people do. It is looked at here, and sent nowhere.
#[wasm_bindgen(js_name = isTrackingCode)]
pub fn is_tracking_code(text: &str) -> bool {
    TrackingCode::parse(text).is_some()
}

/// The check of a log: it says which files it needs, is given them in that order, and then says what it found.
#[wasm_bindgen]
pub struct Verification {
    check: Check,
    files: Box<dyn Iterator<Item = File>>,
    /// Those that were asked for and have not come.
    expected: VecDeque<File>,
}

#[wasm_bindgen]
impl Verification {
    /// Begins with the bytes of the log's description and of its checkpoint. `since` are those of an earlier checkpoint, if there
    /// is one; `receipt` is a tracking code, if one is to be found. Throws an Error where nothing can be checked.
    #[wasm_bindgen(constructor)]
    pub fn new(
        description: &[u8],
        checkpoint: &[u8],
        since: Option<Vec<u8>>,
        receipt: Option<String>,
    ) -> Result<Verification, JsError> {
        let receipt = match receipt {
            Some(code) => {
                let code = TrackingCode::parse(&code);
                Some(code.ok_or_else(|| JsError::new("the tracking code was copied wrong"))?.0)
            }
            None => None,
        };
        let check = Check::begin(description, checkpoint, Options { keys: None, since, receipt })?;
        let files = Box::new(check.files());
        Ok(Self { check, files, expected: VecDeque::new() })
    }

    /// How many entries there are to read.
    #[wasm_bindgen(getter)]
    pub fn size(&self) -> f64 {
        number(self.check.size())
    }

    /// How many entries were read.
    #[wasm_bindgen(getter)]
    pub fn read(&self) -> f64 {
        number(self.check.read())
    }

    /// The path of the next file to read, below the log's address; nothing when there is no further one.
    pub fn next(&mut self) -> Option<String> {
        let file = self.files.next()?;
        self.expected.push_back(file);
        Some(file.to_string())
    }

    /// Takes the bytes of the first file that was asked for and has not come. Gives whether there is a point in reading on.
    pub fn add(&mut self, bytes: &[u8]) -> bool {
        self.expected.pop_front().is_none_or(|file| self.check.add(file, bytes))
    }

    /// What was found: the JSON that `comitia verify --format json` prints. Throws an Error when files are missing.
    pub fn finish(self) -> Result<String, JsError> {
        Ok(self.check.finish()?.text_of_json())
    }
}

/// JavaScript's numbers are whole up to 2^53.
fn number(count: u64) -> f64 {
    count as f64
}
