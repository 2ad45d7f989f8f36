//! The comments of the proto files.

use std::collections::HashMap;

use prost_reflect::{DescriptorPool, FileDescriptor};

#[derive(Debug)]
pub struct Comments {
    texts: HashMap<(String, Vec<i32>), String>,
}

impl Comments {
    pub fn of(pool: &DescriptorPool) -> Self {
        let mut texts = HashMap::new();
        for file in pool.files() {
            let proto = file.file_descriptor_proto();
            for location in proto.source_code_info.iter().flat_map(|info| &info.location) {
                if let Some(text) = &location.leading_comments {
                    texts.insert((file.name().to_owned(), location.path.clone()), clean(text));
                }
            }
        }
        Self { texts }
    }

    /// The comment above the element at `path` of a file; empty if there is none.
    pub fn at(&self, file: &FileDescriptor, path: &[i32]) -> String {
        self.texts.get(&(file.name().to_owned(), path.to_vec())).cloned().unwrap_or_default()
    }
}

/// Joins lines: each paragraph becomes one line.
fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for line in text.lines().map(str::trim) {
        if line.is_empty() {
            if !cleaned.is_empty() && !cleaned.ends_with('\n') {
                cleaned.push_str("\n\n");
            }
            continue;
        }
        if !cleaned.is_empty() && !cleaned.ends_with('\n') {
            cleaned.push(' ');
        }
        cleaned.push_str(line);
    }
    cleaned.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_paragraphs() {
        assert_eq!(clean(" One\n two.\n\n Three.\n"), "One two.\n\nThree.");
        assert_eq!(clean("\n"), "");
    }

    #[test]
    fn messages_fields_and_methods_have_their_comments() {
        let pool = comitia_proto::descriptors();
        let comments = Comments::of(pool);
        let poll = pool.get_message_by_name("comitia.voting.v1.Poll").unwrap();
        assert_eq!(comments.at(&poll.parent_file(), poll.path()), "A poll.");
        let title = poll.get_field_by_name("title").unwrap();
        assert_eq!(comments.at(&title.parent_file(), title.path()), "Its title.");
        for method in comitia_proto::methods() {
            assert_ne!(comments.at(&method.parent_file(), method.path()), "", "{}", method.full_name());
        }
    }
}
