//! A body that is handed to the service while it comes.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use http::Response;
use http::request::Parts;
use hyper::body::Incoming;
use tokio::sync::oneshot;
use tonic::metadata::MetadataMap;

use super::Gateway;
use super::call::message;
use crate::admission::bodies::Pieces;
use crate::admission::organizations::Organization;
use crate::http::answer::{Answer, Body};
use crate::http::error::Error;
use crate::routes::{Route, Upload};
use crate::transcode;

impl Gateway {
    /// Hands a body on and answers. If the body fails, the call is dropped: the service never sees
    /// its end.
    pub(super) async fn upload(
        &self,
        (route, upload, values): (&Route, &Upload, &[&str]),
        holder: &Arc<Organization>,
        metadata: MetadataMap,
        parts: &Parts,
        body: Pieces<Incoming>,
    ) -> Result<Response<Body>, Error> {
        let request = message(route, values, parts, &[])?;
        let guard = self.upstreams.enter(route.service, route.priority, holder)?;
        let (fail, failed) = oneshot::channel();
        let first = stream::iter([upload.first(&request)]);
        let messages = first.chain(pieces(upload.clone(), body, fail));
        let call = self.upstreams.upload(guard, route.service, upload.path.clone(), metadata, messages);
        let answer = tokio::select! {
            answer = call => answer?,
            Ok(error) = failed => return Err(error),
        };
        let answer = upload.answer(answer).ok_or_else(|| Error::AnswerMalformed("no answer".into()))?;
        Ok(Answer::private(transcode::response(route, answer)?).respond(&parts.headers, 0))
    }
}

/// The messages of a body, and of its end. Of a body that fails they do not end; `fail` says why.
fn pieces(
    upload: Upload,
    body: Pieces<Incoming>,
    fail: oneshot::Sender<Error>,
) -> impl futures_util::Stream<Item = bytes::Bytes> + Send {
    stream::unfold(Some((upload, body, fail)), async |state| {
        let (upload, mut body, fail) = state?;
        match body.next().await {
            Ok(Some(bytes)) => Some((upload.piece(&bytes), Some((upload, body, fail)))),
            Ok(None) => Some((upload.last(), None)),
            Err(error) => {
                // Whoever waits for the answer hears it, unless there is one already.
                let _ = fail.send(error);
                std::future::pending().await
            }
        }
    })
}
