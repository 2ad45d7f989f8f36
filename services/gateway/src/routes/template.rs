//! Path templates of `google.api.http` (AIP-127), as far as Comitia uses them: a segment is a
//! literal or one field, and the path may end with a custom verb.

use std::fmt;
use std::str::FromStr;

/// A path template such as `/v1/budgets/{budget_id}:scheduleVote`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub segments: Vec<Segment>,
    /// The text after the colon of the last segment.
    pub verb: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    Literal(String),
    /// Any one segment: the value of the request field at this dotted path.
    Field(String),
    /// All segments that are left, one at least: the value of the request field at this dotted path.
    Rest(String),
}

/// A path template that the gateway cannot route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("must begin with /")]
    NotAbsolute,
    /// Two slashes in a row, or one at the end.
    #[error("has an empty segment")]
    EmptySegment,
    /// A segment with braces that is neither `{field}` nor `{field=*}` nor, at the end, `{field=**}`.
    #[error("the segment {0:?} is not a literal, {{field}}, {{field=*}} or, at the end, {{field=**}}")]
    Segment(String),
    #[error("has an empty verb")]
    EmptyVerb,
    #[error("the field {0} stands in it twice")]
    FieldTwice(String),
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let path = text.strip_prefix('/').ok_or(TemplateError::NotAbsolute)?;
        let (path, verb) = match path.rsplit_once(':') {
            Some((_, "")) => return Err(TemplateError::EmptyVerb),
            Some((path, verb)) if !verb.contains(['/', '}']) => (path, Some(verb.to_owned())),
            _ => (path, None),
        };
        let mut segments = Vec::new();
        if !(path.is_empty() && verb.is_none()) {
            for segment in path.split('/') {
                segments.push(segment.parse()?);
            }
        }
        let ends = segments.iter().position(|segment| matches!(segment, Segment::Rest(_)));
        if let Some(place) = ends.filter(|place| place + 1 < segments.len() || verb.is_some()) {
            return Err(TemplateError::Segment(segments[place].to_string()));
        }
        let template = Self { segments, verb };
        let mut fields: Vec<_> = template.fields().collect();
        fields.sort_unstable();
        match fields.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(TemplateError::FieldTwice(pair[0].to_owned())),
            None => Ok(template),
        }
    }
}

impl FromStr for Segment {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        if text.is_empty() {
            return Err(TemplateError::EmptySegment);
        }
        let wrong = || TemplateError::Segment(text.to_owned());
        let Some(inner) = text.strip_prefix('{') else {
            return if text.contains(['{', '}', '*', ':']) {
                Err(wrong())
            } else {
                Ok(Self::Literal(text.to_owned()))
            };
        };
        let inner = inner.strip_suffix('}').ok_or_else(wrong)?;
        let rest = inner.strip_suffix("=**");
        let field = rest.unwrap_or_else(|| inner.strip_suffix("=*").unwrap_or(inner));
        let good = field.split('.').all(|part| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        match (good, rest) {
            (false, _) => Err(wrong()),
            (true, None) => Ok(Self::Field(field.to_owned())),
            (true, Some(_)) => Ok(Self::Rest(field.to_owned())),
        }
    }
}

impl Template {
    /// The dotted paths of the request fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Field(field) | Segment::Rest(field) => Some(field.as_str()),
            Segment::Literal(_) => None,
        })
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            // OpenAPI writes both alike.
            Self::Field(field) | Self::Rest(field) => write!(f, "{{{field}}}"),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.segments.is_empty() {
            f.write_str("/")?;
        }
        for segment in &self.segments {
            write!(f, "/{segment}")?;
        }
        match &self.verb {
            Some(verb) => write!(f, ":{verb}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_and_written_alike() {
        for text in [
            "/",
            "/v1/polls",
            "/v1/polls/{poll_id}:close",
            "/v1/sessions:refresh",
            "/v1/processes/{process.process_id}",
            "/.well-known/jwks.json",
            "/v1/polls/{poll_id}/paperBatches/{paper_batch_id}:enter",
        ] {
            assert_eq!(text.parse::<Template>().unwrap().to_string(), text);
        }
        let star: Template = "/v1/polls/{poll_id=*}".parse().unwrap();
        assert_eq!(star.to_string(), "/v1/polls/{poll_id}");
        let rest: Template = "/v1/polls/{poll_id}/log/tile/{path=**}".parse().unwrap();
        assert_eq!(rest.to_string(), "/v1/polls/{poll_id}/log/tile/{path}");
        assert_eq!(rest.segments.last(), Some(&Segment::Rest("path".into())));
    }

    #[test]
    fn what_cannot_be_routed_is_refused() {
        let error = |text: &str| text.parse::<Template>().unwrap_err();
        assert_eq!(error("v1/polls"), TemplateError::NotAbsolute);
        assert_eq!(error("/v1//polls"), TemplateError::EmptySegment);
        assert_eq!(error("/v1/polls/"), TemplateError::EmptySegment);
        assert_eq!(error("/v1/polls:"), TemplateError::EmptyVerb);
        assert_eq!(error("/v1/{a}/{a}"), TemplateError::FieldTwice("a".into()));
        for text in [
            "/v1/{path=**}/a",
            "/v1/{path=**}:verb",
            "/v1/**",
            "/v1/{name=polls/*}",
            "/v1/{}",
            "/v1/x{a}",
            "/v1/{a",
            "/v1/{a..b}",
        ] {
            assert!(matches!(error(text), TemplateError::Segment(_)), "{text}");
        }
    }
}
