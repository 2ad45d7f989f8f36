//! Request bodies: who may send a large one, how many bytes are held at once, how they are read.
//!
//! No body is read before the organization is known. More than [`UNKNOWN_SENDER`] bytes are read
//! only if the sender's session and roles are verified; public methods have small limits of their
//! own. All bodies share a budget of bytes, which a body holds until its request is answered,
//! because it becomes a message and then a call. The lowest priority is refused first: ballots fit
//! when imports do not.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use comitia_platform::auth::{self, Verifier};
use comitia_platform::limit::{Priority, jitter};
use http::HeaderMap;
use http_body::Body;
use http_body_util::BodyExt;

use crate::config::Config;
use crate::http::error::Error;
use crate::routes::{BodyRule, Route};

/// The maximum number of bytes from a sender whose session is not verified, for a method that needs
/// one.
const UNKNOWN_SENDER: usize = 64 * 1024;

/// What a page takes for a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    pub media_type: &'static str,
    /// The maximum number of bytes.
    pub limit: usize,
}

/// Reads bodies.
pub struct Bodies {
    verifier: Verifier,
    budget: Arc<Budget>,
    limit: usize,
    timeout: Duration,
}

impl Bodies {
    pub fn new(config: &Config, verifier: Verifier) -> Self {
        Self {
            verifier,
            budget: Arc::new(Budget { held: AtomicUsize::new(0), max: config.body_budget_bytes }),
            limit: config.body_limit_bytes,
            timeout: Duration::from_millis(config.request_timeout_ms),
        }
    }

    /// Reads the body of a request, if it is allowed and fits. `metadata` is what the service would
    /// receive with the call.
    ///
    /// # Errors
    /// The error of verifying the session; `BODY_TOO_LARGE`, `BODY_MALFORMED`; `OVERLOADED` if the
    /// budget is used up.
    pub async fn read<B>(
        &self,
        route: &Route,
        headers: &HeaderMap,
        metadata: &HeaderMap,
        body: B,
    ) -> Result<(Bytes, BytesGuard), Error>
    where
        B: Body<Data = Bytes>,
    {
        let mut held = BytesGuard { budget: self.budget.clone(), bytes: 0 };
        if body.is_end_stream() {
            return Ok((Bytes::new(), held));
        }
        check_kind(route, headers)?;
        let limit = self.limit(route);
        let size = body.size_hint();
        let declared = usize::try_from(size.lower()).unwrap_or(usize::MAX);
        if declared > limit {
            return Err(Error::BodyTooLarge { limit });
        }
        let free = UNKNOWN_SENDER.min(self.limit);
        if !route.policy.public && size.upper().is_none_or(|most| most > free as u64) {
            // Box the cold path: nearly all bodies are small.
            Box::pin(auth::authorise(&self.verifier, route.grpc_path.path(), metadata)).await?;
            // Refuse now rather than after most of it has arrived. Other senders hold only what
            // they have sent.
            held.grow(declared, route.priority)?;
        }
        let read = collect(body, limit, declared, route.priority, &mut held);
        let body = tokio::time::timeout(self.timeout, read).await.unwrap_or(Err(Error::BodyLost))?;
        Ok((body, held))
    }
}

impl Bodies {
    fn limit(&self, route: &Route) -> usize {
        match usize::try_from(route.policy.max_body_bytes).unwrap_or(0) {
            0 => self.limit,
            limit => limit,
        }
    }

    /// Lets a body in that is handed on while it comes, if it is allowed and may fit. None of it is
    /// held, so that it takes nothing of the budget.
    ///
    /// # Errors
    /// As [`Bodies::read`].
    pub async fn open<B>(
        &self,
        route: &Route,
        headers: &HeaderMap,
        metadata: &HeaderMap,
        body: B,
    ) -> Result<Pieces<B>, Error>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        check_kind(route, headers)?;
        let limit = self.limit(route);
        if usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX) > limit {
            return Err(Error::BodyTooLarge { limit });
        }
        if !route.policy.public {
            auth::authorise(&self.verifier, route.grpc_path.path(), metadata).await?;
        }
        Ok(Pieces { body, limit, left: limit, timeout: self.timeout })
    }

    /// Reads a page's form.
    ///
    /// # Errors
    /// As [`Bodies::read`].
    pub async fn read_form<B>(
        &self,
        headers: &HeaderMap,
        priority: Priority,
        form: Form,
        body: B,
    ) -> Result<(Bytes, BytesGuard), Error>
    where
        B: Body<Data = Bytes>,
    {
        let mut held = BytesGuard { budget: self.budget.clone(), bytes: 0 };
        if body.is_end_stream() {
            return Ok((Bytes::new(), held));
        }
        let kind = text(headers, "content-type").unwrap_or_default().split(';').next().unwrap_or_default();
        let Form { media_type: wanted, limit } = form;
        if !kind.trim().eq_ignore_ascii_case(wanted) {
            return Err(Error::MediaTypeUnsupported("content-type", format!("must be {wanted}")));
        }
        let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        if declared > limit {
            return Err(Error::BodyTooLarge { limit });
        }
        let read = collect(body, limit, declared, priority, &mut held);
        let body = tokio::time::timeout(self.timeout, read).await.unwrap_or(Err(Error::BodyLost))?;
        Ok((body, held))
    }
}

impl fmt::Debug for Bodies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bodies")
            .field("budget", &self.budget)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// A body that is handed on while it comes.
#[derive(Debug)]
pub struct Pieces<B> {
    body: B,
    limit: usize,
    left: usize,
    /// For each piece.
    timeout: Duration,
}

impl<B: Body<Data = Bytes> + Unpin> Pieces<B> {
    /// The next bytes; nothing after the last.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE`; the body broke off, or its next bytes do not come.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let frame = tokio::time::timeout(self.timeout, self.body.frame()).await;
            let Some(frame) = frame.map_err(|_| Error::BodyLost)? else { return Ok(None) };
            let Ok(data) = frame.map_err(|_| Error::BodyLost)?.into_data() else { continue };
            let left = self.left.checked_sub(data.len());
            self.left = left.ok_or(Error::BodyTooLarge { limit: self.limit })?;
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind<'h> {
    Json,
    /// The route's own media type, with its charset. The charset is empty if the request names
    /// none.
    Raw(&'h str),
}

impl<'h> BodyKind<'h> {
    pub fn of(route: &Route, headers: &'h HeaderMap) -> Self {
        let said = text(headers, "content-type").unwrap_or_default();
        let mut parts = said.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        if !route.raw.as_ref().is_some_and(|raw| kind.eq_ignore_ascii_case(raw.media_type)) {
            return Self::Json;
        }
        let charset = parts.filter_map(|part| part.split_once('='));
        let charset = charset.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
        Self::Raw(charset.map(|(_, value)| value.trim().trim_matches('"')).next().unwrap_or_default())
    }
}

/// Whether the body's media type is one that the route takes. Bodies must not be compressed.
fn check_kind(route: &Route, headers: &HeaderMap) -> Result<(), Error> {
    if matches!(route.body, BodyRule::Nothing) {
        return Err(Error::body("body", "must be empty: this request takes its fields from path and query"));
    }
    if BodyKind::of(route, headers) == BodyKind::Json && !is_json(headers) {
        let rule = match &route.raw {
            Some(raw) => format!("must be application/json or {}", raw.media_type),
            None => "must be application/json".to_owned(),
        };
        return Err(Error::MediaTypeUnsupported("content-type", rule));
    }
    if text(headers, "content-encoding").is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(Error::MediaTypeUnsupported("content-encoding", "must not be compressed".to_owned()));
    }
    Ok(())
}

/// Reads the whole body, of at most `limit` bytes. A body of one frame is not copied.
async fn collect<B>(
    body: B,
    limit: usize,
    declared: usize,
    priority: Priority,
    held: &mut BytesGuard,
) -> Result<Bytes, Error>
where
    B: Body<Data = Bytes>,
{
    let mut body = pin!(body);
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Error::BodyLost)?.into_data() else { continue };
        let length = first.len() + whole.len() + data.len();
        if length > limit {
            return Err(Error::BodyTooLarge { limit });
        }
        held.grow(length.saturating_sub(held.bytes), priority)?;
        if length == data.len() {
            first = data;
            continue;
        }
        if !first.is_empty() {
            whole.reserve(declared.max(length));
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&data);
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

/// The bytes of all bodies that are held.
#[derive(Debug)]
struct Budget {
    held: AtomicUsize,
    max: usize,
}

/// Bytes of a body that count in the budget until this is dropped.
#[derive(Debug)]
pub struct BytesGuard {
    budget: Arc<Budget>,
    bytes: usize,
}

impl BytesGuard {
    fn grow(&mut self, bytes: usize, priority: Priority) -> Result<(), Error> {
        if bytes == 0 {
            return Ok(());
        }
        let before = self.budget.held.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before.saturating_add(bytes) <= priority.share(self.budget.max) {
            Ok(())
        } else {
            Err(Error::Overloaded { retry_after: jitter(Duration::from_secs(1)) })
        }
    }
}

impl Drop for BytesGuard {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// `application/json`, or any media type with the suffix `+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = text(headers, "content-type") else { return false };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;

    fn held(max: usize) -> BytesGuard {
        BytesGuard { budget: Arc::new(Budget { held: AtomicUsize::new(0), max }), bytes: 0 }
    }

    fn other(held: &BytesGuard) -> BytesGuard {
        BytesGuard { budget: held.budget.clone(), bytes: 0 }
    }

    async fn read(pieces: &[&'static str], limit: usize, held: &mut BytesGuard) -> Result<Bytes, Error> {
        let frames =
            pieces.iter().map(|piece| Ok::<_, Error>(Frame::data(Bytes::from_static(piece.as_bytes()))));
        collect(StreamBody::new(futures_util::stream::iter(frames)), limit, 0, Priority::Write, held).await
    }

    #[tokio::test]
    async fn a_body_is_read_in_any_number_of_pieces() {
        for (pieces, whole) in [(&[][..], ""), (&["ab"], "ab"), (&["", "ab", "", "c", "de"], "abcde")] {
            let mut held = held(100);
            assert_eq!(read(pieces, 5, &mut held).await.unwrap(), whole);
            assert_eq!(held.bytes, whole.len());
        }
        assert!(matches!(
            read(&["abc", "def"], 5, &mut held(100)).await,
            Err(Error::BodyTooLarge { limit: 5 })
        ));
    }

    #[tokio::test]
    async fn a_body_that_is_handed_on_is_bounded_as_a_whole() {
        let frames = ["ab", "", "cd", "ef"].map(|piece| Ok::<_, Error>(Frame::data(Bytes::from(piece))));
        let body = StreamBody::new(futures_util::stream::iter(frames));
        let mut pieces = Pieces { body, limit: 5, left: 5, timeout: Duration::from_secs(5) };
        assert_eq!(pieces.next().await.unwrap().unwrap(), "ab");
        assert_eq!(pieces.next().await.unwrap().unwrap(), "cd");
        assert!(matches!(pieces.next().await, Err(Error::BodyTooLarge { limit: 5 })));
        let body = StreamBody::new(futures_util::stream::iter([Err(std::io::Error::other("broken"))]));
        let mut pieces = Pieces { body, limit: 5, left: 5, timeout: Duration::from_secs(5) };
        assert!(matches!(pieces.next().await, Err(Error::BodyLost)));
    }

    #[tokio::test]
    async fn ballots_find_room_where_imports_have_taken_theirs() {
        let mut import = held(80);
        import.grow(70, Priority::Write).unwrap();
        let mut late = other(&import);
        assert!(matches!(read(&["a"], 5, &mut late).await, Err(Error::Overloaded { .. })));
        drop(late);
        let mut ballot = other(&import);
        ballot.grow(10, Priority::Vote).unwrap();
        assert!(other(&import).grow(1, Priority::Vote).is_err());
        let budget = import.budget.clone();
        drop((import, ballot));
        assert_eq!(budget.held.load(Ordering::Relaxed), 0, "refused bytes come back as well");
    }

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn json_comes_under_several_names() {
        for good in ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"] {
            assert!(is_json(&headers("content-type", good)), "{good}");
        }
        for bad in ["text/plain", "application/x-www-form-urlencoded", "application/jsonl", "text/x+json", ""]
        {
            assert!(!is_json(&headers("content-type", bad)), "{bad}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }

    #[test]
    fn a_file_comes_under_its_media_type_where_the_route_takes_one() {
        let routes = crate::routes::Routes::of_all_services().unwrap();
        let route = |name: &str| routes.iter().find(|route| route.method.name() == name).unwrap();
        for (said, kind) in [
            ("text/csv", BodyKind::Raw("")),
            ("Text/CSV; header=present; Charset=\"windows-1252\"", BodyKind::Raw("windows-1252")),
            ("text/csv;charset = utf-8", BodyKind::Raw("utf-8")),
            ("application/json", BodyKind::Json),
            ("text/csvx", BodyKind::Json),
        ] {
            let headers = headers("content-type", said);
            assert_eq!(BodyKind::of(route("ImportMembers"), &headers), kind, "{said}");
            assert_eq!(BodyKind::of(route("CreateRoll"), &headers), BodyKind::Json, "{said}");
        }
        let csv = headers("content-type", "text/csv");
        assert!(check_kind(route("ImportMembers"), &csv).is_ok());
        assert!(check_kind(route("CreateRoll"), &csv).is_err());
        let refused = check_kind(route("ImportMembers"), &headers("content-type", "text/plain")).unwrap_err();
        assert!(refused.to_string().contains("application/json or text/csv"), "{refused}");
    }
}
