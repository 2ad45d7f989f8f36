//! `LogService`.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat};
use comitia_platform::ApiError;
use comitia_proto::voting::v1::log_service_server::LogService;
use comitia_proto::voting::v1::{
    ExportHoursRequest, ExportHoursResponse, GetCheckpointRequest, GetCheckpointResponse, GetCountsRequest,
    GetCountsResponse, GetInclusionProofRequest, GetInclusionProofResponse, GetLogRequest, GetLogResponse,
    GetSheetTextRequest, GetSheetTextResponse, GetTileRequest, GetTileResponse, SignatureCounts,
    WatchCountsRequest, WatchCountsResponse,
};
use comitia_transparency::tile::Tile;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tonic::{Request, Response, Status};

use super::{Api, poll_of};
use crate::app::log;

#[tonic::async_trait]
impl LogService for Api {
    async fn get_log(&self, request: Request<GetLogRequest>) -> Result<Response<GetLogResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let log = log::describe(&self.app, organization, poll).await?;
        Ok(Response::new(GetLogResponse { log: Some(log) }))
    }

    async fn get_checkpoint(
        &self,
        request: Request<GetCheckpointRequest>,
    ) -> Result<Response<GetCheckpointResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let checkpoint = log::checkpoint(&self.app, organization, poll).await?;
        Ok(Response::new(GetCheckpointResponse { checkpoint: checkpoint.into_bytes() }))
    }

    async fn get_sheet_text(
        &self,
        request: Request<GetSheetTextRequest>,
    ) -> Result<Response<GetSheetTextResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let text = log::text(&self.app, organization, poll).await?;
        Ok(Response::new(GetSheetTextResponse { text: text.into_bytes() }))
    }

    async fn get_tile(&self, request: Request<GetTileRequest>) -> Result<Response<GetTileResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let tile: Result<Tile, _> = format!("tile/{}", request.get_ref().path).parse();
        let rule =
            "must be what stands behind tile/ in the path of a tile, such as 0/x001/067 or entries/000.p/17";
        let tile = tile.map_err(|_| ApiError::invalid_field("path", rule))?;
        let tile = log::tile(&self.app, organization, poll, tile).await?;
        Ok(Response::new(GetTileResponse { tile }))
    }

    async fn get_inclusion_proof(
        &self,
        request: Request<GetInclusionProofRequest>,
    ) -> Result<Response<GetInclusionProofResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let text = &request.get_ref().identifier;
        // One text for each identifier, so that caches keep it once.
        let lower = text.len() == 64 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        let identifier = hex::decode(text).ok().filter(|_| lower);
        let rule = "must be 64 hexadecimal digits, in lower case";
        let identifier = identifier.ok_or_else(|| ApiError::invalid_field("identifier", rule))?;
        let proof = log::prove(&self.app, organization, poll, &identifier).await?;
        Ok(Response::new(proof))
    }

    async fn get_counts(
        &self,
        request: Request<GetCountsRequest>,
    ) -> Result<Response<GetCountsResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let counts = log::count(&self.app, organization, poll).await?;
        Ok(Response::new(GetCountsResponse { counts: Some(counts) }))
    }

    type WatchCountsStream = BoxStream<'static, Result<WatchCountsResponse, Status>>;

    async fn watch_counts(
        &self,
        request: Request<WatchCountsRequest>,
    ) -> Result<Response<Self::WatchCountsStream>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let counts = log::watch(&self.app, organization, poll, self.stopping.clone()).await?;
        let counts = counts.map(|counts| Ok(WatchCountsResponse { counts: Some(counts) }));
        // A stream ends only when this process stops; other replicas serve on.
        let cut = stream::once(async { Err(ApiError::unavailable("stopping; watch again").into()) });
        Ok(Response::new(counts.chain(cut).boxed()))
    }

    async fn export_hours(
        &self,
        request: Request<ExportHoursRequest>,
    ) -> Result<Response<ExportHoursResponse>, Status> {
        let (organization, poll) = poll_of(&request, &request.get_ref().poll_id)?;
        let counts = log::count(&self.app, organization, poll).await?;
        Ok(Response::new(ExportHoursResponse { csv: hours_csv(&counts).into_bytes() }))
    }
}

/// The hours as CSV (RFC 4180).
fn hours_csv(counts: &SignatureCounts) -> String {
    let mut csv = "begin_time,signature_count,withdrawn_count\r\n".to_owned();
    for hour in &counts.hours {
        let seconds = hour.begin_time.as_ref().map_or(0, |time| time.seconds);
        let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        let time = time.to_rfc3339_opts(SecondsFormat::Secs, true);
        // Writing into a text does not fail.
        let _ = write!(csv, "{time},{},{}\r\n", hour.signature_count, hour.withdrawn_count);
    }
    csv
}

#[cfg(test)]
mod tests {
    use comitia_proto::voting::v1::HourSignatures;
    use prost_types::Timestamp;

    use super::*;

    #[test]
    fn hours_are_lines() {
        let hour = |seconds, signature_count| HourSignatures {
            begin_time: Some(Timestamp { seconds, nanos: 0 }),
            signature_count,
            withdrawn_count: 1,
        };
        let hours = vec![hour(1_790_000_000 - 800, 3), hour(1_790_006_400 - 3_600, 12)];
        let csv = hours_csv(&SignatureCounts { hours, ..Default::default() });
        let lines: Vec<_> = csv.split("\r\n").collect();
        assert_eq!(lines[0], "begin_time,signature_count,withdrawn_count");
        assert!(lines[1].ends_with(",3,1") && lines[2].ends_with(",12,1") && lines[3].is_empty(), "{csv}");
    }
}
