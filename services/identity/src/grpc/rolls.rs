//! `RollService`.

use bytes::Bytes;
use chrono_tz::Tz;
use comitia_platform::ApiError;
use comitia_platform::auth::Context;
use comitia_platform::validate::{self, Checks};
use comitia_proto::identity::v1::roll_service_server::RollService;
use comitia_proto::identity::v1::{
    ApproveAccessCodeReplacementRequest, ApproveAccessCodeReplacementResponse, CountDistrictMembersRequest,
    CountDistrictMembersResponse, CountElectorsRequest, CountElectorsResponse,
    CountReplacedAccessCodesRequest, CountReplacedAccessCodesResponse, CreateRollRequest, CreateRollResponse,
    EraseMemberRequest, EraseMemberResponse, EraseOwnDataRequest, EraseOwnDataResponse, ExportMemberRequest,
    ExportMemberResponse, ExportMembersRequest, ExportMembersResponse, ExportOwnDataRequest,
    ExportOwnDataResponse, FindMembersRequest, FindMembersResponse, GenerateAccessCodesRequest,
    GenerateAccessCodesResponse, GetParticipationRequest, GetParticipationResponse, GetRollFiguresRequest,
    GetRollFiguresResponse, GetRollRequest, GetRollResponse, ImportMembersRequest, ImportMembersResponse,
    ListAccessCodeReplacementsRequest, ListAccessCodeReplacementsResponse, ListRollChangesRequest,
    ListRollChangesResponse, ListRollsRequest, ListRollsResponse, Member, RecordReturnedLettersRequest,
    RecordReturnedLettersResponse, ReloadMembersRequest, ReloadMembersResponse, ReplaceAccessCodeRequest,
    ReplaceAccessCodeResponse, UpdateMemberRequest, UpdateMemberResponse, UploadMembersRequest,
    UploadMembersResponse,
};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use crate::app::changes::{self, Correction};
use crate::app::{electors, exports, imports, personal_data, reload, replacements, rolls, search, sign_ins};
use crate::domain::eligibility::{Basis, Poll};
use crate::domain::member_csv;
use crate::error::Error;
use crate::grpc::Api;

/// How many access codes an answer has when the request does not say, and at the most.
const CODES: (i64, i64) = (1_000, 10_000);
/// How many members a request for codes may name.
const NAMED: usize = 1_000;
/// Letters that one call notes.
const MAX_RETURNED: i64 = 1_000_000;

/// The file of an upload. A connection that breaks may look like its end, so only the mark is one.
fn pieces(messages: Streaming<UploadMembersRequest>) -> impl Stream<Item = Result<Bytes, Error>> {
    stream::unfold(Some(messages), async |messages| {
        let mut messages = messages?;
        match messages.message().await {
            Ok(Some(piece)) => {
                let rest = (!piece.complete).then_some(messages);
                Some((Ok(Bytes::from(piece.file)), rest))
            }
            Ok(None) => Some((Err(Error::FileIncomplete), None)),
            Err(status) => Some((Err(ApiError::from_status(&status).into()), None)),
        }
    })
}

#[tonic::async_trait]
impl RollService for Api {
    async fn create_roll(
        &self,
        request: Request<CreateRollRequest>,
    ) -> Result<Response<CreateRollResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let message = request.into_inner();
        let mut checks = Checks::new();
        checks.text("title", &message.title, 1, 200);
        checks.finish()?;
        Ok(Response::new(rolls::create(&self.app, organization, caller, &message).await?))
    }

    async fn get_roll(&self, request: Request<GetRollRequest>) -> Result<Response<GetRollResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let roll_id = validate::uuid("roll_id", &request.into_inner().roll_id)?;
        let roll = rolls::get(&self.app, organization, roll_id).await?;
        Ok(Response::new(GetRollResponse { roll: Some(roll) }))
    }

    async fn list_rolls(
        &self,
        request: Request<ListRollsRequest>,
    ) -> Result<Response<ListRollsResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let message = request.into_inner();
        let page = rolls::list(&self.app, organization, message.page_size, &message.page_token).await?;
        Ok(Response::new(page))
    }

    async fn import_members(
        &self,
        request: Request<ImportMembersRequest>,
    ) -> Result<Response<ImportMembersResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let message = request.into_inner();
        let roll_id = validate::uuid("roll_id", &message.roll_id)?;
        Ok(Response::new(imports::import(&self.app, organization, caller, roll_id, &message).await?))
    }

    async fn upload_members(
        &self,
        request: Request<Streaming<UploadMembersRequest>>,
    ) -> Result<Response<UploadMembersResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let mut messages = request.into_inner();
        let first = messages.message().await?.unwrap_or_default();
        let head =
            first.import.ok_or_else(|| ApiError::invalid_field("import", "must be in the first message"))?;
        let roll_id = validate::uuid("roll_id", &head.roll_id)?;
        let file = Box::pin(pieces(messages));
        let import = imports::upload(&self.app, organization, caller, roll_id, &head, file).await?;
        Ok(Response::new(UploadMembersResponse { import: Some(import) }))
    }

    async fn generate_access_codes(
        &self,
        request: Request<GenerateAccessCodesRequest>,
    ) -> Result<Response<GenerateAccessCodesResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let message = request.into_inner();
        let roll_id = validate::uuid("roll_id", &message.roll_id)?;
        let mut checks = Checks::new();
        checks.require(message.page_size >= 0, "page_size", "must not be negative");
        let named = &message.member_numbers;
        checks.require(named.len() <= NAMED, "member_numbers", "must be 1000 at the most");
        let short = |number: &String| (1..=member_csv::MAX_MEMBER_NUMBER).contains(&number.chars().count());
        checks.require(named.iter().all(short), "member_numbers", "must have 1 to 64 characters each");
        checks.finish()?;
        let limit = if message.page_size == 0 { CODES.0 } else { i64::from(message.page_size).min(CODES.1) };
        let codes =
            rolls::generate_access_codes(&self.app, organization, caller, roll_id, limit, &message).await?;
        Ok(Response::new(codes))
    }

    async fn replace_access_code(
        &self,
        request: Request<ReplaceAccessCodeRequest>,
    ) -> Result<Response<ReplaceAccessCodeResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let message = request.into_inner();
        let roll_id = validate::uuid("roll_id", &message.roll_id)?;
        Ok(Response::new(replacements::request(&self.app, organization, caller, roll_id, &message).await?))
    }

    async fn list_access_code_replacements(
        &self,
        request: Request<ListAccessCodeReplacementsRequest>,
    ) -> Result<Response<ListAccessCodeReplacementsResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let message = request.into_inner();
        let page =
            replacements::list(&self.app, organization, message.page_size, &message.page_token).await?;
        Ok(Response::new(page))
    }

    async fn approve_access_code_replacement(
        &self,
        request: Request<ApproveAccessCodeReplacementRequest>,
    ) -> Result<Response<ApproveAccessCodeReplacementResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let message = request.into_inner();
        let id = validate::uuid("replacement_id", &message.replacement_id)?;
        Ok(Response::new(replacements::approve(&self.app, organization, caller, id, &message).await?))
    }

    async fn count_replaced_access_codes(
        &self,
        request: Request<CountReplacedAccessCodesRequest>,
    ) -> Result<Response<CountReplacedAccessCodesResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let poll_id = validate::uuid("poll_id", &request.into_inner().poll_id)?;
        let replaced_count = replacements::count(&self.app, organization, poll_id).await?;
        Ok(Response::new(CountReplacedAccessCodesResponse { replaced_count }))
    }

    async fn update_member(
        &self,
        request: Request<UpdateMemberRequest>,
    ) -> Result<Response<UpdateMemberResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let message = request.into_inner();
        let member = message.member.unwrap_or_default();
        let roll_id = validate::uuid("member.roll_id", &member.roll_id)?;
        let mask = message.update_mask.map(|mask| mask.paths).unwrap_or_default();
        let correction = correction(&member, &mask, member_csv::latest_day(self.app.clock.now()))?;
        let number = &member.member_number;
        let answer = changes::correct(&self.app, organization, caller, roll_id, number, correction).await?;
        Ok(Response::new(answer))
    }

    async fn find_members(
        &self,
        request: Request<FindMembersRequest>,
    ) -> Result<Response<FindMembersResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let message = request.into_inner();
        let roll_id = validate::uuid("roll_id", &message.roll_id)?;
        let mut checks = Checks::new();
        checks.text("text", &message.text, 1, 254);
        checks.finish()?;
        Ok(Response::new(search::find(&self.app, organization, roll_id, &message.text).await?))
    }

    async fn reload_members(
        &self,
        request: Request<ReloadMembersRequest>,
    ) -> Result<Response<ReloadMembersResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let message = request.into_inner();
        let roll_id = validate::uuid("roll_id", &message.roll_id)?;
        Ok(Response::new(reload::run(&self.app, organization, caller, roll_id, &message).await?))
    }

    async fn list_roll_changes(
        &self,
        request: Request<ListRollChangesRequest>,
    ) -> Result<Response<ListRollChangesResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let message = request.into_inner();
        let roll_id = validate::uuid("roll_id", &message.roll_id)?;
        let (size, token) = (message.page_size, &message.page_token);
        Ok(Response::new(changes::list(&self.app, organization, roll_id, size, token).await?))
    }

    async fn get_participation(
        &self,
        request: Request<GetParticipationRequest>,
    ) -> Result<Response<GetParticipationResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let poll_id = validate::uuid("poll_id", &request.into_inner().poll_id)?;
        Ok(Response::new(sign_ins::participation(&self.app, organization, poll_id).await?))
    }

    async fn get_roll_figures(
        &self,
        request: Request<GetRollFiguresRequest>,
    ) -> Result<Response<GetRollFiguresResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let roll_id = validate::uuid("roll_id", &request.into_inner().roll_id)?;
        Ok(Response::new(sign_ins::figures(&self.app, organization, roll_id).await?))
    }

    async fn record_returned_letters(
        &self,
        request: Request<RecordReturnedLettersRequest>,
    ) -> Result<Response<RecordReturnedLettersResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let message = request.into_inner();
        let roll_id = validate::uuid("roll_id", &message.roll_id)?;
        let mut checks = Checks::new();
        let named = &message.member_numbers;
        checks.require(named.len() <= NAMED, "member_numbers", "must be 1000 at the most");
        let short = |number: &String| (1..=member_csv::MAX_MEMBER_NUMBER).contains(&number.chars().count());
        checks.require(named.iter().all(short), "member_numbers", "must have 1 to 64 characters each");
        let counted = (0..=MAX_RETURNED).contains(&message.letter_count);
        checks.require(counted, "letter_count", "must be between 0 and 1000000");
        let any = message.letter_count > 0 || !named.is_empty();
        checks.require(any, "letter_count", "must be at least 1 where no member numbers are given");
        checks.text("district", &message.district, 0, 64);
        checks.finish()?;
        let answer = sign_ins::record_returned(&self.app, organization, caller, roll_id, &message).await?;
        Ok(Response::new(answer))
    }

    type ExportMembersStream = BoxStream<'static, Result<ExportMembersResponse, Status>>;

    async fn export_members(
        &self,
        request: Request<ExportMembersRequest>,
    ) -> Result<Response<Self::ExportMembersStream>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let roll_id = validate::uuid("roll_id", &request.into_inner().roll_id)?;
        exports::begin(&self.app, organization, caller, roll_id).await?;
        let app = self.app.clone();
        let parts = stream::try_unfold(None, move |after| {
            let app = app.clone();
            async move {
                let part = exports::part(&app, organization, roll_id, after).await?;
                let part = part.map(|(last, content)| (ExportMembersResponse { content }, Some(last)));
                Ok::<_, Status>(part)
            }
        });
        Ok(Response::new(parts.boxed()))
    }

    async fn count_electors(
        &self,
        request: Request<CountElectorsRequest>,
    ) -> Result<Response<CountElectorsResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let message = request.into_inner();
        let open_time = validate::time("open_time", message.open_time.as_ref())?;
        let mut checks = Checks::new();
        let minimum_age = i32::try_from(message.minimum_age);
        checks.require(minimum_age.is_ok(), "minimum_age", "must be an age in years");
        let time_zone = message.time_zone.parse::<Tz>();
        checks.require(time_zone.is_ok(), "time_zone", "must be the IANA name of a time zone");
        checks.finish()?;
        let poll = Poll {
            poll_id: Uuid::nil(),
            organization_id: organization,
            basis: Basis::Roll(validate::uuid("roll_id", &message.roll_id)?),
            districts: message.districts,
            minimum_age: minimum_age.unwrap_or_default(),
            time_zone: time_zone.unwrap_or(Tz::UTC),
            open_time,
            close_time: open_time,
            paper_close_time: open_time,
        };
        Ok(Response::new(CountElectorsResponse { districts: electors::count(&self.app, poll).await? }))
    }

    async fn count_district_members(
        &self,
        request: Request<CountDistrictMembersRequest>,
    ) -> Result<Response<CountDistrictMembersResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let district = request.into_inner().district;
        let member_count = electors::in_district(&self.app, organization, &district).await?;
        Ok(Response::new(CountDistrictMembersResponse { member_count }))
    }

    async fn export_member(
        &self,
        request: Request<ExportMemberRequest>,
    ) -> Result<Response<ExportMemberResponse>, Status> {
        let organization = self.organization(&Context::of(&request)).await?;
        let message = request.into_inner();
        let roll_id = validate::uuid("roll_id", &message.roll_id)?;
        let data = personal_data::export(&self.app, organization, roll_id, &message.member_number).await?;
        Ok(Response::new(ExportMemberResponse { personal_data: Some(data) }))
    }

    async fn erase_member(
        &self,
        request: Request<EraseMemberRequest>,
    ) -> Result<Response<EraseMemberResponse>, Status> {
        let context = Context::of(&request);
        let (organization, caller) = (self.organization(&context).await?, context.signed_in()?);
        let message = request.into_inner();
        let roll_id = validate::uuid("roll_id", &message.roll_id)?;
        personal_data::erase(&self.app, organization, caller, roll_id, &message.member_number).await?;
        Ok(Response::new(EraseMemberResponse {}))
    }

    async fn export_own_data(
        &self,
        request: Request<ExportOwnDataRequest>,
    ) -> Result<Response<ExportOwnDataResponse>, Status> {
        let context = Context::of(&request);
        let data =
            personal_data::export_own(&self.app, context.organization()?, context.signed_in()?).await?;
        Ok(Response::new(ExportOwnDataResponse { personal_data: Some(data) }))
    }

    async fn erase_own_data(
        &self,
        request: Request<EraseOwnDataRequest>,
    ) -> Result<Response<EraseOwnDataResponse>, Status> {
        let context = Context::of(&request);
        let (organization, too) = (context.organization()?, request.get_ref().roll_entries_too);
        personal_data::erase_own(&self.app, organization, context.signed_in()?, too).await?;
        Ok(Response::new(EraseOwnDataResponse {}))
    }
}

/// What a member's new entry says: the columns of the mask, or all that are set.
fn correction(member: &Member, mask: &[String], today: chrono::NaiveDate) -> Result<Correction, ApiError> {
    const COLUMNS: [&str; 3] = ["district", "birth_date", "email"];
    let mut checks = Checks::new();
    let known = |path: &String| COLUMNS.contains(&path.as_str());
    checks.require(mask.iter().all(known), "update_mask", "may name district, birth_date and email alone");
    let wanted = |column: &str, text: &str| match mask {
        [] => !text.is_empty(),
        mask => mask.iter().any(|path| path == column),
    };
    let mut correction = Correction::default();
    if wanted("district", &member.district) {
        match member_csv::district_of(&member.district) {
            Ok(district) => correction.district = Some(district),
            Err(rule) => {
                checks.require(false, "member.district", rule);
            }
        }
    }
    if wanted("birth_date", &member.birth_date) {
        match member_csv::birth_date_of(member.birth_date.trim(), today) {
            Ok(birth_date) => correction.birth_date = Some(birth_date),
            Err(rule) => {
                checks.require(false, "member.birth_date", rule);
            }
        }
    }
    if wanted("email", &member.email) {
        match member_csv::email_of(&member.email) {
            Ok(email) => correction.email = Some(email),
            Err(rule) => {
                checks.require(false, "member.email", rule);
            }
        }
    }
    checks.finish()?;
    Ok(correction)
}
