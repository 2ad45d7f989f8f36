//! `ActService`.

use comitia_platform::auth::Context;
use comitia_platform::validate::{self, Checks};
use comitia_platform::{ApiError, page};
use comitia_proto::spaces::v1::act_service_server::ActService;
use comitia_proto::spaces::v1::{
    self as proto, ActChange, ExportActsRequest, ExportActsResponse, ListActsRequest, ListActsResponse,
};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use tonic::{Request, Response, Status};

use super::Api;
use crate::app::acts;
use crate::domain::act::{Act, Asked};

const ACTOR_MAX: usize = 100;
const METHOD_MAX: usize = 200;
const RESOURCE_MAX: usize = 300;
const TEXT_MAX: usize = 200;

#[tonic::async_trait]
impl ActService for Api {
    async fn list_acts(
        &self,
        request: Request<ListActsRequest>,
    ) -> Result<Response<ListActsResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let size = page::size(message.page_size)?;
        let page_token = message.page_token.clone();
        let asked = decode(message)?;
        let scope = format!("ListActs {asked:?}");
        let before = page::cursor(&scope, &page_token, page::id)?;
        let mut found = acts::list(&self.app, organization, &asked, before, size + 1).await?;
        let next_page_token = page::cut(&mut found, size, &scope, |act| act.act_id.to_string());
        let acts = found.into_iter().map(encode).collect();
        Ok(Response::new(ListActsResponse { acts, next_page_token }))
    }

    type ExportActsStream = BoxStream<'static, Result<ExportActsResponse, Status>>;

    async fn export_acts(
        &self,
        request: Request<ExportActsRequest>,
    ) -> Result<Response<Self::ExportActsStream>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let asked = decode(ListActsRequest {
            actor: message.actor,
            method: message.method,
            resource: message.resource,
            from_time: message.from_time,
            to_time: message.to_time,
            text: message.text,
            ..ListActsRequest::default()
        })?;
        let app = self.app.clone();
        let parts = stream::try_unfold(None, move |after| {
            let (app, asked) = (app.clone(), asked.clone());
            async move {
                let part = acts::part(&app, organization, &asked, after).await?;
                Ok::<_, Status>(part.map(|(last, content)| (ExportActsResponse { content }, Some(last))))
            }
        });
        Ok(Response::new(parts.boxed()))
    }
}

fn decode(message: ListActsRequest) -> Result<Asked, ApiError> {
    let mut checks = Checks::new();
    checks
        .text("actor", &message.actor, 0, ACTOR_MAX)
        .text("method", &message.method, 0, METHOD_MAX)
        .text("resource", &message.resource, 0, RESOURCE_MAX)
        .text("text", &message.text, 0, TEXT_MAX);
    checks.finish()?;
    let from_time = message.from_time.map(|given| validate::time("from_time", Some(&given)));
    let to_time = message.to_time.map(|given| validate::time("to_time", Some(&given)));
    Ok(Asked {
        actor: message.actor.trim().to_owned(),
        method: message.method.trim().to_owned(),
        resource: message.resource.trim().trim_end_matches('/').to_owned(),
        from_time: from_time.transpose()?,
        to_time: to_time.transpose()?,
        text: message.text.trim().to_owned(),
    })
}

fn encode(act: Act) -> proto::Act {
    let changes = act.changes.into_iter();
    proto::Act {
        act_id: act.act_id.to_string(),
        act_time: Some(validate::timestamp(act.act_time)),
        actor: act.actor,
        method: act.method,
        resource: act.resource,
        changes: changes
            .map(|change| ActChange { field: change.field, before: change.before, after: change.after })
            .collect(),
    }
}
