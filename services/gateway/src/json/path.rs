//! Paths of fields, such as `options[2].title`.

/// Appends a member's name.
pub fn join(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}
