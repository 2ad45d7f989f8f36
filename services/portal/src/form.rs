//! Forms as browsers send them.

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::header;

use crate::error::PageError;

/// More fields than any form has.
const MAX_FIELDS: usize = 25_000;

/// The fields of a form in their order; a name may be there more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`.
    ///
    /// # Errors
    /// [`PageError::FormMalformed`] for more fields than any form has.
    pub fn parse(body: &[u8]) -> Result<Self, PageError> {
        let fields: Vec<_> = form_urlencoded::parse(body)
            .take(MAX_FIELDS + 1)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        if fields.len() > MAX_FIELDS { Err(PageError::FormMalformed) } else { Ok(Self(fields)) }
    }

    /// The first value of a field; empty when it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.fields().find(|(field, _)| *field == name).map_or("", |(_, value)| value)
    }

    /// The first value of a field, as people mean it: without white space around it.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).trim()
    }

    /// All fields.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl From<Vec<(String, String)>> for Form {
    fn from(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = PageError;

    /// A body of another kind, or one that is larger than the route takes, is no form of this site.
    async fn from_request(request: Request, state: &S) -> Result<Self, PageError> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim);
        if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")) {
            return Err(PageError::FormMalformed);
        }
        let body = Bytes::from_request(request, state).await.map_err(|_| PageError::FormMalformed)?;
        Self::parse(&body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_their_repetitions() {
        let form = Form::parse(b"choice=a%2Fb&choice=c&name=+Zo%C3%AB+&empty=").unwrap();
        let choices = form.fields().filter(|(name, _)| *name == "choice").map(|(_, value)| value);
        assert_eq!(choices.collect::<Vec<_>>(), ["a/b", "c"]);
        assert_eq!((form.text("name"), form.get("name")), ("Zoë", " Zoë "));
        assert_eq!((form.get("empty"), form.get("missing")), ("", ""));
        assert_eq!(form.fields().count(), 4);
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        let many = "a=&".repeat(MAX_FIELDS + 1);
        assert!(matches!(Form::parse(many.as_bytes()), Err(PageError::FormMalformed)));
        // Bytes that are no text become the sign for that, and no error.
        assert_eq!(Form::parse(b"a=%FF").unwrap().get("a"), "\u{fffd}");
    }
}
