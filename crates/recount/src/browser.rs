//! The module's one function, for JavaScript.

use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// Counts a Pabulib .pb file and returns the JSON that `comitia tally --format json` prints.
///
/// `file` are the bytes of the file. `choice` is a JSON object with the options of `comitia tally`, all of them optional:
/// rule, satisfaction, completion, increment, start, stop, ties; what is left out is as the file says. Throws an Error
/// that says what is wrong with the file (line, column and rule of the format) or with the choice.
#[wasm_bindgen]
pub fn recount(file: &[u8], choice: Option<String>) -> Result<String, JsError> {
    crate::recount(file, choice.as_deref().unwrap_or_default())
        .map_err(|error| JsError::new(&error.to_string()))
}
