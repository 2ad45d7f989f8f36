//! The prefix tree of routes. A literal segment wins over a field, and a field over all that is
//! left. A colon in the last segment always starts a custom verb; a colon in a value is written
//! `%3A`.

use std::collections::HashMap;

use http::Method;

use crate::routes::template::{Segment, Template};

#[derive(Debug)]
pub struct Tree<T> {
    root: Node<T>,
}

#[derive(Debug)]
struct Node<T> {
    literals: HashMap<Box<str>, Node<T>>,
    field: Option<Box<Node<T>>>,
    /// What takes all segments that are left.
    rest: Option<Box<Node<T>>>,
    ends: Vec<End<T>>,
}

#[derive(Debug)]
struct End<T> {
    verb: Option<Box<str>>,
    methods: Vec<(Method, T)>,
}

/// The result of a look-up.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'t, 'p, T> {
    /// The route, and the values of its path fields, percent-encoded.
    Route(&'t T, Vec<&'p str>),
    /// The path exists, but only for these methods.
    OtherMethods(Vec<Method>),
    Nothing,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { literals: HashMap::new(), field: None, rest: None, ends: Vec::new() }
    }
}

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Self { root: Node::default() }
    }
}

impl<T> Tree<T> {
    /// Adds a route. Returns the value if there is already one for this method and path.
    pub fn insert(&mut self, method: Method, template: &Template, value: T) -> Result<(), T> {
        let mut node = &mut self.root;
        for segment in &template.segments {
            node = match segment {
                Segment::Literal(text) => node.literals.entry(text.as_str().into()).or_default(),
                Segment::Field(_) => node.field.get_or_insert_default(),
                Segment::Rest(_) => node.rest.get_or_insert_default(),
            };
        }
        let verb = template.verb.as_deref();
        let position = node.ends.iter().position(|end| end.verb.as_deref() == verb);
        let end = match position {
            Some(position) => &mut node.ends[position],
            None => {
                node.ends.push(End { verb: verb.map(Into::into), methods: Vec::new() });
                let last = node.ends.len() - 1;
                &mut node.ends[last]
            }
        };
        if end.methods.iter().any(|(taken, _)| *taken == method) {
            return Err(value);
        }
        end.methods.push((method, value));
        Ok(())
    }

    pub fn find<'p>(&self, method: &Method, path: &'p str) -> Found<'_, 'p, T> {
        let Some(path) = path.strip_prefix('/') else { return Found::Nothing };
        let slash = path.rfind('/').map_or(0, |slash| slash + 1);
        let (path, verb) = match path[slash..].rfind(':') {
            Some(colon) => (&path[..slash + colon], Some(&path[slash + colon + 1..])),
            None => (path, None),
        };
        let mut search = Search { method, verb, values: Vec::new(), others: Vec::new() };
        let rest = if path.is_empty() && verb.is_none() { None } else { Some(path) };
        match search.descend(&self.root, rest) {
            Some(value) => Found::Route(value, search.values),
            None if search.others.is_empty() => Found::Nothing,
            None => Found::OtherMethods(search.others),
        }
    }
}

struct Search<'m, 'p> {
    method: &'m Method,
    verb: Option<&'p str>,
    values: Vec<&'p str>,
    others: Vec<Method>,
}

impl<'p> Search<'_, 'p> {
    fn descend<'t, T>(&mut self, node: &'t Node<T>, rest: Option<&'p str>) -> Option<&'t T> {
        let Some(rest) = rest else {
            let end = node.ends.iter().find(|end| end.verb.as_deref() == self.verb)?;
            if let Some((_, value)) = end.methods.iter().find(|(method, _)| method == self.method) {
                return Some(value);
            }
            self.others.extend(end.methods.iter().map(|(method, _)| method.clone()));
            return None;
        };
        let (segment, after) = match rest.split_once('/') {
            Some((segment, after)) => (segment, Some(after)),
            None => (rest, None),
        };
        if let Some(next) = node.literals.get(segment)
            && let Some(value) = self.descend(next, after)
        {
            return Some(value);
        }
        let field = node.field.as_ref().filter(|_| !segment.is_empty());
        if let Some(next) = field
            && let Some(value) = self.descend_with(next, segment, after)
        {
            return Some(value);
        }
        let next = node.rest.as_ref().filter(|_| !rest.is_empty())?;
        self.descend_with(next, rest, None)
    }

    /// Goes on behind the value of a field.
    fn descend_with<'t, T>(
        &mut self,
        node: &'t Node<T>,
        value: &'p str,
        after: Option<&'p str>,
    ) -> Option<&'t T> {
        self.values.push(value);
        let found = self.descend(node, after);
        if found.is_none() {
            self.values.pop();
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tree(routes: &[(&str, &str)]) -> Tree<String> {
        let mut tree = Tree::default();
        for (method, template) in routes {
            tree.insert(method.parse().unwrap(), &template.parse().unwrap(), (*template).to_owned()).unwrap();
        }
        tree
    }

    fn found(tree: &Tree<String>, method: Method, path: &str) -> (String, Vec<String>) {
        match tree.find(&method, path) {
            Found::Route(value, values) => (value.clone(), values.into_iter().map(str::to_owned).collect()),
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn literals_fields_and_verbs_are_told_apart() {
        let tree = tree(&[
            ("GET", "/"),
            ("GET", "/v1/polls"),
            ("POST", "/v1/polls"),
            ("GET", "/v1/polls/{poll_id}"),
            ("POST", "/v1/polls/{poll_id}:close"),
            ("GET", "/v1/polls/{poll_id}/turnout"),
            ("GET", "/v1/polls/{poll_id}/turnout:watch"),
            ("POST", "/v1/sessions:refresh"),
            ("GET", "/v1/polls/latest"),
        ]);
        assert_eq!(found(&tree, Method::GET, "/").0, "/");
        assert_eq!(
            found(&tree, Method::GET, "/v1/polls/7"),
            ("/v1/polls/{poll_id}".into(), vec!["7".into()])
        );
        assert_eq!(
            found(&tree, Method::POST, "/v1/polls/7:close"),
            ("/v1/polls/{poll_id}:close".into(), vec!["7".into()])
        );
        assert_eq!(found(&tree, Method::GET, "/v1/polls/latest"), ("/v1/polls/latest".into(), vec![]));
        assert_eq!(found(&tree, Method::GET, "/v1/polls/latest/turnout").1, ["latest"]);
        assert_eq!(found(&tree, Method::GET, "/v1/polls/7/turnout:watch").1, ["7"]);
        assert_eq!(found(&tree, Method::POST, "/v1/sessions:refresh").1, Vec::<String>::new());
        assert_eq!(
            tree.find(&Method::DELETE, "/v1/polls"),
            Found::OtherMethods(vec![Method::GET, Method::POST])
        );
        assert_eq!(tree.find(&Method::GET, "/v1/polls/7:close"), Found::OtherMethods(vec![Method::POST]));
        for path in
            ["", "/v1", "/v1/polls/", "/v1/polls/7:open", "/v1//polls", "/v1/sessions", "/v1/polls/7/x", "/:"]
        {
            assert_eq!(tree.find(&Method::GET, path), Found::Nothing, "{path}");
        }
    }

    #[test]
    fn the_same_route_twice_is_refused() {
        let mut tree = tree(&[("GET", "/v1/polls/{poll_id}")]);
        let again: Template = "/v1/polls/{name}".parse().unwrap();
        assert!(tree.insert(Method::GET, &again, String::new()).is_err());
        assert!(tree.insert(Method::PUT, &again, String::new()).is_ok());
    }

    proptest! {
        #[test]
        fn no_path_makes_the_search_panic(path in "[/:a-c%.]{0,24}") {
            let tree = tree(&[("GET", "/a/{b}/c:a"), ("GET", "/a/b/{c}"), ("GET", "/{a}")]);
            let _ = tree.find(&Method::GET, &path);
        }

        #[test]
        fn a_value_comes_back_as_it_was_sent(value in "[A-Za-z0-9%._~-]{1,20}") {
            let tree = tree(&[("GET", "/v1/polls/{poll_id}/turnout"), ("GET", "/v1/polls/{poll_id}:x")]);
            let path = format!("/v1/polls/{value}/turnout");
            prop_assert_eq!(found(&tree, Method::GET, &path).1, vec![value.clone()]);
            let path = format!("/v1/polls/{value}:x");
            prop_assert_eq!(found(&tree, Method::GET, &path).1, vec![value]);
        }
    }
}
