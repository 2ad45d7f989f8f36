//! `AreaService`.

use comitia_platform::auth::Context;
use comitia_platform::validate::{Checks, area_code, is_code};
use comitia_platform::{ApiError, page};
use comitia_proto::spaces::v1::area_service_server::AreaService;
use comitia_proto::spaces::v1::{
    AreaOutline, BatchCreateAreasRequest, BatchCreateAreasResponse, CreateAreaRequest, CreateAreaResponse,
    DeleteAreaRequest, DeleteAreaResponse, DrawAreasRequest, DrawAreasResponse, DrawnArea,
    ListAreaOutlinesRequest, ListAreaOutlinesResponse, ListAreasRequest, ListAreasResponse,
    UpdateAreaRequest, UpdateAreaResponse,
};
use tonic::{Request, Response, Status};

use super::{Api, encode};
use crate::app::{areas, outlines};
use crate::domain::area::Area;

/// The most areas that one call creates.
const BATCH_MAX: usize = 1_000;

#[tonic::async_trait]
impl AreaService for Api {
    async fn create_area(
        &self,
        request: Request<CreateAreaRequest>,
    ) -> Result<Response<CreateAreaResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let area = decode(message.code, &message.title, message.parent_code)?;
        areas::create(&self.app, organization, &area).await?;
        Ok(Response::new(CreateAreaResponse { area: Some(encode::area(area)) }))
    }

    async fn batch_create_areas(
        &self,
        request: Request<BatchCreateAreasRequest>,
    ) -> Result<Response<BatchCreateAreasResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let given = decode_all(message.areas)?;
        areas::create_all(&self.app, organization, &given, message.validate_only).await?;
        let areas = given.into_iter().map(encode::area).collect();
        Ok(Response::new(BatchCreateAreasResponse { areas }))
    }

    async fn list_areas(
        &self,
        request: Request<ListAreasRequest>,
    ) -> Result<Response<ListAreasResponse>, Status> {
        const SCOPE: &str = "ListAreas";
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let size = page::size(message.page_size)?;
        let after = page::cursor(SCOPE, &message.page_token, |code| is_code(code).then(|| code.to_owned()))?;
        let mut areas = areas::list(&self.app, organization, after.as_deref(), size + 1).await?;
        let next_page_token = page::cut(&mut areas, size, SCOPE, |area| area.code.clone());
        let areas = areas.into_iter().map(encode::area).collect();
        Ok(Response::new(ListAreasResponse { areas, next_page_token }))
    }

    async fn draw_areas(
        &self,
        request: Request<DrawAreasRequest>,
    ) -> Result<Response<DrawAreasResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let mut checks = Checks::new();
        checks.text("code_property", &message.code_property, 0, 100).text(
            "title_property",
            &message.title_property,
            0,
            100,
        );
        checks.finish()?;
        let file = outlines::File {
            text: &message.geojson,
            code: message.code_property.trim(),
            title: message.title_property.trim(),
        };
        let drawn = outlines::draw(&self.app, organization, file, message.validate_only).await?;
        let areas = drawn.into_iter().map(|(area, created)| DrawnArea {
            code: area.code,
            title: area.title,
            created,
            rings: encode::rings(area.outline),
        });
        Ok(Response::new(DrawAreasResponse { areas: areas.collect() }))
    }

    async fn list_area_outlines(
        &self,
        request: Request<ListAreaOutlinesRequest>,
    ) -> Result<Response<ListAreaOutlinesResponse>, Status> {
        const SCOPE: &str = "ListAreaOutlines";
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let size = page::size(message.page_size)?;
        let after = page::cursor(SCOPE, &message.page_token, |code| is_code(code).then(|| code.to_owned()))?;
        let mut found = outlines::list(&self.app, organization, after.as_deref(), size + 1).await?;
        let next_page_token = page::cut(&mut found, size, SCOPE, |(code, _)| code.clone());
        let outlines =
            found.into_iter().map(|(code, outline)| AreaOutline { code, rings: encode::rings(outline) });
        Ok(Response::new(ListAreaOutlinesResponse { outlines: outlines.collect(), next_page_token }))
    }

    async fn update_area(
        &self,
        request: Request<UpdateAreaRequest>,
    ) -> Result<Response<UpdateAreaResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let area = decode(message.code, &message.title, message.parent_code)?;
        areas::update(&self.app, organization, &area).await?;
        Ok(Response::new(UpdateAreaResponse { area: Some(encode::area(area)) }))
    }

    async fn delete_area(
        &self,
        request: Request<DeleteAreaRequest>,
    ) -> Result<Response<DeleteAreaResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let mut checks = Checks::new();
        checks.code("code", &request.get_ref().code);
        checks.finish()?;
        areas::delete(&self.app, organization, &area_code(&request.get_ref().code)).await?;
        Ok(Response::new(DeleteAreaResponse {}))
    }
}

/// All areas, or everything that is wrong with any of them.
fn decode_all(given: Vec<CreateAreaRequest>) -> Result<Vec<Area>, ApiError> {
    let mut checks = Checks::new();
    checks.require((1..=BATCH_MAX).contains(&given.len()), "areas", "must be 1 to 1000 areas");
    for (index, area) in given.iter().enumerate() {
        let field = |name: &str| format!("areas[{index}].{name}");
        checks.code(field("code"), &area.code).text(field("title"), &area.title, 1, 200);
        if !area.parent_code.is_empty() {
            checks.code(field("parent_code"), &area.parent_code);
        }
    }
    checks.finish()?;
    given.into_iter().map(|area| decode(area.code, &area.title, area.parent_code)).collect()
}

fn decode(code: String, title: &str, parent: String) -> Result<Area, ApiError> {
    let mut checks = Checks::new();
    checks.code("code", &code).text("title", title, 1, 200);
    if !parent.is_empty() {
        checks.code("parent_code", &parent);
    }
    checks.finish()?;
    let parent = Some(area_code(&parent)).filter(|parent| !parent.is_empty());
    Ok(Area { code: area_code(&code), title: title.trim().to_owned(), parent })
}
