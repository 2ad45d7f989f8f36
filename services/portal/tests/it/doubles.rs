//! The services behind the portal, as real gRPC servers that answer what a test tells them to. A call that no test has told
//! anything about is `UNIMPLEMENTED`, and names itself.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use comitia_proto::budgets::v1::budget_service_server::{BudgetService, BudgetServiceServer};
use comitia_proto::budgets::v1::checklist_service_server::{ChecklistService, ChecklistServiceServer};
use comitia_proto::budgets::v1::project_service_server::{ProjectService, ProjectServiceServer};
use comitia_proto::budgets::v1::*;
use comitia_proto::identity::v1::account_provider_service_server::{
    AccountProviderService, AccountProviderServiceServer,
};
use comitia_proto::identity::v1::association_service_server::{AssociationService, AssociationServiceServer};
use comitia_proto::identity::v1::desk_service_server::{DeskService, DeskServiceServer};
use comitia_proto::identity::v1::participant_service_server::{ParticipantService, ParticipantServiceServer};
use comitia_proto::identity::v1::passkey_service_server::{PasskeyService, PasskeyServiceServer};
use comitia_proto::identity::v1::permit_service_server::{PermitService, PermitServiceServer};
use comitia_proto::identity::v1::provider_service_server::{ProviderService, ProviderServiceServer};
use comitia_proto::identity::v1::roll_service_server::{RollService, RollServiceServer};
use comitia_proto::identity::v1::session_service_server::{SessionService, SessionServiceServer};
use comitia_proto::identity::v1::staff_service_server::{StaffService, StaffServiceServer};
use comitia_proto::identity::v1::*;
use comitia_proto::proposals::v1::proposal_service_server::{ProposalService, ProposalServiceServer};
use comitia_proto::proposals::v1::*;
use comitia_proto::spaces::v1::act_service_server::{ActService, ActServiceServer};
use comitia_proto::spaces::v1::area_service_server::{AreaService, AreaServiceServer};
use comitia_proto::spaces::v1::attachment_service_server::{AttachmentService, AttachmentServiceServer};
use comitia_proto::spaces::v1::organization_service_server::{
    OrganizationService, OrganizationServiceServer,
};
use comitia_proto::spaces::v1::preview_service_server::{PreviewService, PreviewServiceServer};
use comitia_proto::spaces::v1::process_service_server::{ProcessService, ProcessServiceServer};
use comitia_proto::spaces::v1::*;
use comitia_proto::voting::v1::ballot_service_server::{BallotService, BallotServiceServer};
use comitia_proto::voting::v1::correction_service_server::{CorrectionService, CorrectionServiceServer};
use comitia_proto::voting::v1::log_service_server::{LogService, LogServiceServer};
use comitia_proto::voting::v1::paper_ballot_service_server::{PaperBallotService, PaperBallotServiceServer};
use comitia_proto::voting::v1::poll_service_server::{PollService, PollServiceServer};
use comitia_proto::voting::v1::*;
use futures_util::{Stream, StreamExt, stream};
use http::HeaderMap;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

type Answer = Arc<dyn Fn(&dyn Any) -> Result<Box<dyn Any>, Status> + Send + Sync>;
type Answers<A> = Pin<Box<dyn Stream<Item = Result<A, Status>> + Send>>;

/// All services on one port. Cheap to clone.
#[derive(Clone)]
pub struct Double {
    pub address: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    answers: Mutex<HashMap<TypeId, Answer>>,
    calls: Mutex<Vec<(Box<dyn Any + Send>, HeaderMap)>>,
}

impl Double {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let double =
            Self { address: format!("http://{}", listener.local_addr().unwrap()), state: Arc::default() };
        let server = tonic::transport::Server::builder()
            .add_service(OrganizationServiceServer::new(double.clone()))
            .add_service(ProcessServiceServer::new(double.clone()))
            .add_service(PreviewServiceServer::new(double.clone()))
            .add_service(ActServiceServer::new(double.clone()))
            .add_service(AreaServiceServer::new(double.clone()))
            .add_service(AttachmentServiceServer::new(double.clone()).max_decoding_message_size(64 << 20))
            .add_service(ProposalServiceServer::new(double.clone()))
            .add_service(BudgetServiceServer::new(double.clone()))
            .add_service(ChecklistServiceServer::new(double.clone()))
            .add_service(ProjectServiceServer::new(double.clone()))
            .add_service(SessionServiceServer::new(double.clone()))
            .add_service(ParticipantServiceServer::new(double.clone()))
            .add_service(AccountProviderServiceServer::new(double.clone()))
            .add_service(AssociationServiceServer::new(double.clone()))
            .add_service(PermitServiceServer::new(double.clone()))
            .add_service(ProviderServiceServer::new(double.clone()))
            .add_service(RollServiceServer::new(double.clone()))
            .add_service(DeskServiceServer::new(double.clone()))
            .add_service(PasskeyServiceServer::new(double.clone()))
            .add_service(StaffServiceServer::new(double.clone()))
            .add_service(PollServiceServer::new(double.clone()))
            .add_service(PaperBallotServiceServer::new(double.clone()))
            .add_service(BallotServiceServer::new(double.clone()))
            .add_service(LogServiceServer::new(double.clone()))
            .add_service(CorrectionServiceServer::new(double.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        comitia_core::task::spawn("doubles", server);
        double
    }

    /// Says how calls with such a request are answered from now on.
    pub fn on<Q: 'static, A: 'static>(
        &self,
        answer: impl Fn(&Q) -> Result<A, Status> + Send + Sync + 'static,
    ) {
        let answer: Answer = Arc::new(move |request: &dyn Any| {
            let request = request.downcast_ref::<Q>().expect("the request of this answer");
            answer(request).map(|answer| Box::new(answer) as Box<dyn Any>)
        });
        self.state.answers.lock().unwrap().insert(TypeId::of::<Q>(), answer);
    }

    /// Says what calls with such a request are always answered.
    pub fn give<Q: 'static, A: Clone + Send + Sync + 'static>(&self, answer: A) {
        self.on(move |_: &Q| Ok(answer.clone()));
    }

    /// The calls with such a request so far, with their metadata.
    pub fn calls<Q: Clone + 'static>(&self) -> Vec<(Q, HeaderMap)> {
        let calls = self.state.calls.lock().unwrap();
        calls
            .iter()
            .filter_map(|(request, metadata)| Some((request.downcast_ref::<Q>()?.clone(), metadata.clone())))
            .collect()
    }

    fn answer<Q: Clone + Send + 'static, A: 'static>(
        &self,
        request: Request<Q>,
    ) -> Result<Response<A>, Status> {
        let metadata = request.metadata().clone().into_headers();
        let request = request.into_inner();
        self.state
            .calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((Box::new(request.clone()), metadata));
        let answer = self.state.answers.lock().unwrap().get(&TypeId::of::<Q>()).cloned();
        let Some(answer) = answer else {
            return Err(Status::unimplemented(std::any::type_name::<Q>()));
        };
        let answer = answer(&request)?.downcast::<A>().expect("the answer to this request");
        Ok(Response::new(*answer))
    }

    /// Of a stream, one message.
    fn answer_once<Q: Clone + Send + 'static, A: Send + 'static>(
        &self,
        request: Request<Q>,
    ) -> Result<Response<Answers<A>>, Status> {
        let only = self.answer(request)?.into_inner();
        Ok(Response::new(stream::iter([Ok(only)]).boxed()))
    }
}

macro_rules! double {
    ($service:ident { $($method:ident($request:ident) -> $answer:ident),* $(,)? } $($streams:item)*) => {
        #[tonic::async_trait]
        impl $service for Double {
            $(
                async fn $method(&self, request: Request<$request>) -> Result<Response<$answer>, Status> {
                    self.answer(request)
                }
            )*
            $($streams)*
        }
    };
}

double! {
    OrganizationService {
        create_organization(CreateOrganizationRequest) -> CreateOrganizationResponse,
        get_organization(GetOrganizationRequest) -> GetOrganizationResponse,
        update_organization(UpdateOrganizationRequest) -> UpdateOrganizationResponse,
        update_host_names(UpdateHostNamesRequest) -> UpdateHostNamesResponse,
        resolve_organization(ResolveOrganizationRequest) -> ResolveOrganizationResponse,
    }
}

double! {
    ProcessService {
        create_process(CreateProcessRequest) -> CreateProcessResponse,
        get_process(GetProcessRequest) -> GetProcessResponse,
        list_processes(ListProcessesRequest) -> ListProcessesResponse,
        update_process(UpdateProcessRequest) -> UpdateProcessResponse,
        publish_process(PublishProcessRequest) -> PublishProcessResponse,
        create_component(CreateComponentRequest) -> CreateComponentResponse,
        delete_component(DeleteComponentRequest) -> DeleteComponentResponse,
        hold_vote_phase(HoldVotePhaseRequest) -> HoldVotePhaseResponse,
        release_vote_phase(ReleaseVotePhaseRequest) -> ReleaseVotePhaseResponse,
    }
}

double! {
    PreviewService {
        create_preview_link(CreatePreviewLinkRequest) -> CreatePreviewLinkResponse,
        list_preview_links(ListPreviewLinksRequest) -> ListPreviewLinksResponse,
        revoke_preview_link(RevokePreviewLinkRequest) -> RevokePreviewLinkResponse,
        open_preview(OpenPreviewRequest) -> OpenPreviewResponse,
        check_preview(CheckPreviewRequest) -> CheckPreviewResponse,
    }
}

double! {
    ActService {
        list_acts(ListActsRequest) -> ListActsResponse,
    }

    type ExportActsStream = Answers<ExportActsResponse>;
    async fn export_acts(&self, request: Request<ExportActsRequest>) -> Result<Response<Self::ExportActsStream>, Status> {
        self.answer_once(request)
    }
}

double! {
    AreaService {
        create_area(CreateAreaRequest) -> CreateAreaResponse,
        batch_create_areas(BatchCreateAreasRequest) -> BatchCreateAreasResponse,
        list_areas(ListAreasRequest) -> ListAreasResponse,
        draw_areas(DrawAreasRequest) -> DrawAreasResponse,
        list_area_outlines(ListAreaOutlinesRequest) -> ListAreaOutlinesResponse,
        update_area(UpdateAreaRequest) -> UpdateAreaResponse,
        delete_area(DeleteAreaRequest) -> DeleteAreaResponse,
    }
}

double! {
    AttachmentService {
        add_attachment(AddAttachmentRequest) -> AddAttachmentResponse,
        list_attachments(ListAttachmentsRequest) -> ListAttachmentsResponse,
        add_proposal_attachment(AddProposalAttachmentRequest) -> AddProposalAttachmentResponse,
        list_proposal_attachments(ListProposalAttachmentsRequest) -> ListProposalAttachmentsResponse,
        set_logo(SetLogoRequest) -> SetLogoResponse,
        list_cover_photos(ListCoverPhotosRequest) -> ListCoverPhotosResponse,
        list_my_attachments(ListMyAttachmentsRequest) -> ListMyAttachmentsResponse,
        add_project_attachment(AddProjectAttachmentRequest) -> AddProjectAttachmentResponse,
        list_project_attachments(ListProjectAttachmentsRequest) -> ListProjectAttachmentsResponse,
        update_attachment(UpdateAttachmentRequest) -> UpdateAttachmentResponse,
        remove_attachment(RemoveAttachmentRequest) -> RemoveAttachmentResponse,
    }
    type ReadAttachmentFileStream = Answers<ReadAttachmentFileResponse>;

    /// A test gives one message with head and content, which come one after the other.
    async fn read_attachment_file(
        &self,
        request: Request<ReadAttachmentFileRequest>,
    ) -> Result<Response<Self::ReadAttachmentFileStream>, Status> {
        let both: ReadAttachmentFileResponse = self.answer(request)?.into_inner();
        let head = ReadAttachmentFileResponse { head: both.head, ..Default::default() };
        let content = ReadAttachmentFileResponse { content: both.content, ..Default::default() };
        Ok(Response::new(stream::iter([Ok(head), Ok(content)]).boxed()))
    }
}

double! {
    ProposalService {
        submit_proposal(SubmitProposalRequest) -> SubmitProposalResponse,
        get_proposal(GetProposalRequest) -> GetProposalResponse,
        list_proposals(ListProposalsRequest) -> ListProposalsResponse,
        list_my_proposals(ListMyProposalsRequest) -> ListMyProposalsResponse,
        update_proposal(UpdateProposalRequest) -> UpdateProposalResponse,
        withdraw_proposal(WithdrawProposalRequest) -> WithdrawProposalResponse,
        moderate_proposal(ModerateProposalRequest) -> ModerateProposalResponse,
        batch_answer_proposals(BatchAnswerProposalsRequest) -> BatchAnswerProposalsResponse,
        batch_moderate_proposals(BatchModerateProposalsRequest) -> BatchModerateProposalsResponse,
        answer_proposal(AnswerProposalRequest) -> AnswerProposalResponse,
        count_area_proposals(CountAreaProposalsRequest) -> CountAreaProposalsResponse,
        check_proposal_files(CheckProposalFilesRequest) -> CheckProposalFilesResponse,
    }
}

double! {
    BudgetService {
        create_budget(CreateBudgetRequest) -> CreateBudgetResponse,
        get_budget(GetBudgetRequest) -> GetBudgetResponse,
        get_budget_of_poll(GetBudgetOfPollRequest) -> GetBudgetOfPollResponse,
        list_budgets(ListBudgetsRequest) -> ListBudgetsResponse,
        update_budget(UpdateBudgetRequest) -> UpdateBudgetResponse,
        schedule_vote(ScheduleVoteRequest) -> ScheduleVoteResponse,
        extend_vote(ExtendVoteRequest) -> ExtendVoteResponse,
        get_proposed_extension(GetProposedExtensionRequest) -> GetProposedExtensionResponse,
        get_result(GetResultRequest) -> GetResultResponse,
        export_result(ExportResultRequest) -> ExportResultResponse,
        count_area_budgets(CountAreaBudgetsRequest) -> CountAreaBudgetsResponse,
    }
}

double! {
    ChecklistService {
        get_vote_checklist(GetVoteChecklistRequest) -> GetVoteChecklistResponse,
        plan_vote(PlanVoteRequest) -> PlanVoteResponse,
        check_item(CheckItemRequest) -> CheckItemResponse,
        sign_off_vote(SignOffVoteRequest) -> SignOffVoteResponse,
    }
}

double! {
    ProjectService {
        batch_create_projects(BatchCreateProjectsRequest) -> BatchCreateProjectsResponse,
        import_proposals(ImportProposalsRequest) -> ImportProposalsResponse,
        get_project(GetProjectRequest) -> GetProjectResponse,
        list_projects(ListProjectsRequest) -> ListProjectsResponse,
        update_project(UpdateProjectRequest) -> UpdateProjectResponse,
        delete_project(DeleteProjectRequest) -> DeleteProjectResponse,
        report_progress(ReportProgressRequest) -> ReportProgressResponse,
        check_project_files(CheckProjectFilesRequest) -> CheckProjectFilesResponse,
    }
}

double! {
    SessionService {
        sign_in_with_access_code(SignInWithAccessCodeRequest) -> SignInWithAccessCodeResponse,
        request_email_code(RequestEmailCodeRequest) -> RequestEmailCodeResponse,
        sign_in_with_email_code(SignInWithEmailCodeRequest) -> SignInWithEmailCodeResponse,
        sign_in_operator(SignInOperatorRequest) -> SignInOperatorResponse,
        sign_in_service(SignInServiceRequest) -> SignInServiceResponse,
        refresh_session(RefreshSessionRequest) -> RefreshSessionResponse,
        revoke_session(RevokeSessionRequest) -> RevokeSessionResponse,
    }
}

double! {
    ParticipantService {
        register(RegisterRequest) -> RegisterResponse,
        get_own_account(GetOwnAccountRequest) -> GetOwnAccountResponse,
        complete_registration(CompleteRegistrationRequest) -> CompleteRegistrationResponse,
        accept_terms(AcceptTermsRequest) -> AcceptTermsResponse,
        update_own_account(UpdateOwnAccountRequest) -> UpdateOwnAccountResponse,
        list_own_sessions(ListOwnSessionsRequest) -> ListOwnSessionsResponse,
        end_own_session(EndOwnSessionRequest) -> EndOwnSessionResponse,
        verify_resident(VerifyResidentRequest) -> VerifyResidentResponse,
        get_resident_case(GetResidentCaseRequest) -> GetResidentCaseResponse,
        list_resident_cases(ListResidentCasesRequest) -> ListResidentCasesResponse,
        resolve_resident_case(ResolveResidentCaseRequest) -> ResolveResidentCaseResponse,
        get_author(GetAuthorRequest) -> GetAuthorResponse,
    }
}

double! {
    AccountProviderService {
        list_account_providers(ListAccountProvidersRequest) -> ListAccountProvidersResponse,
        begin_account_sign_in(BeginAccountSignInRequest) -> BeginAccountSignInResponse,
        complete_account_sign_in(CompleteAccountSignInRequest) -> CompleteAccountSignInResponse,
        register_with_provider(RegisterWithProviderRequest) -> RegisterWithProviderResponse,
        begin_provider_link(BeginProviderLinkRequest) -> BeginProviderLinkResponse,
        complete_provider_link(CompleteProviderLinkRequest) -> CompleteProviderLinkResponse,
        unlink_provider(UnlinkProviderRequest) -> UnlinkProviderResponse,
        get_account_sign_in(GetAccountSignInRequest) -> GetAccountSignInResponse,
        update_account_sign_in(UpdateAccountSignInRequest) -> UpdateAccountSignInResponse,
    }
}

double! {
    AssociationService {
        create_association(CreateAssociationRequest) -> CreateAssociationResponse,
        list_associations(ListAssociationsRequest) -> ListAssociationsResponse,
        rename_association(RenameAssociationRequest) -> RenameAssociationResponse,
        delete_association(DeleteAssociationRequest) -> DeleteAssociationResponse,
        add_association_member(AddAssociationMemberRequest) -> AddAssociationMemberResponse,
        list_association_members(ListAssociationMembersRequest) -> ListAssociationMembersResponse,
        remove_association_member(RemoveAssociationMemberRequest) -> RemoveAssociationMemberResponse,
    }
}

double! {
    DeskService {
        open_desk_visit(OpenDeskVisitRequest) -> OpenDeskVisitResponse,
        list_desk_visits(ListDeskVisitsRequest) -> ListDeskVisitsResponse,
        confirm_desk_visit(ConfirmDeskVisitRequest) -> ConfirmDeskVisitResponse,
        redeem_desk_code(RedeemDeskCodeRequest) -> RedeemDeskCodeResponse,
        count_desk_visits(CountDeskVisitsRequest) -> CountDeskVisitsResponse,
    }
}

double! {
    PermitService {
        issue_permit(IssuePermitRequest) -> IssuePermitResponse,
        issue_open_permit(IssueOpenPermitRequest) -> IssueOpenPermitResponse,
        issue_paper_permits(IssuePaperPermitsRequest) -> IssuePaperPermitsResponse,
    }
}

double! {
    ProviderService {
        list_poll_providers(ListPollProvidersRequest) -> ListPollProvidersResponse,
        begin_provider_sign_in(BeginProviderSignInRequest) -> BeginProviderSignInResponse,
        complete_provider_sign_in(CompleteProviderSignInRequest) -> CompleteProviderSignInResponse,
    }
}

double! {
    RollService {
        create_roll(CreateRollRequest) -> CreateRollResponse,
        get_roll(GetRollRequest) -> GetRollResponse,
        list_rolls(ListRollsRequest) -> ListRollsResponse,
        import_members(ImportMembersRequest) -> ImportMembersResponse,
        generate_access_codes(GenerateAccessCodesRequest) -> GenerateAccessCodesResponse,
        replace_access_code(ReplaceAccessCodeRequest) -> ReplaceAccessCodeResponse,
        list_access_code_replacements(ListAccessCodeReplacementsRequest) -> ListAccessCodeReplacementsResponse,
        approve_access_code_replacement(ApproveAccessCodeReplacementRequest) -> ApproveAccessCodeReplacementResponse,
        count_replaced_access_codes(CountReplacedAccessCodesRequest) -> CountReplacedAccessCodesResponse,
        export_member(ExportMemberRequest) -> ExportMemberResponse,
        erase_member(EraseMemberRequest) -> EraseMemberResponse,
        export_own_data(ExportOwnDataRequest) -> ExportOwnDataResponse,
        erase_own_data(EraseOwnDataRequest) -> EraseOwnDataResponse,
        reload_members(ReloadMembersRequest) -> ReloadMembersResponse,
        get_participation(GetParticipationRequest) -> GetParticipationResponse,
        get_roll_figures(GetRollFiguresRequest) -> GetRollFiguresResponse,
        record_returned_letters(RecordReturnedLettersRequest) -> RecordReturnedLettersResponse,
        find_members(FindMembersRequest) -> FindMembersResponse,
        update_member(UpdateMemberRequest) -> UpdateMemberResponse,
        list_roll_changes(ListRollChangesRequest) -> ListRollChangesResponse,
        count_electors(CountElectorsRequest) -> CountElectorsResponse,
        count_district_members(CountDistrictMembersRequest) -> CountDistrictMembersResponse,
    }
    // Noted as one request, with the whole file.
    async fn upload_members(&self, request: Request<tonic::Streaming<UploadMembersRequest>>) -> Result<Response<UploadMembersResponse>, Status> {
        let (metadata, extensions, mut messages) = request.into_parts();
        let mut whole = UploadMembersRequest::default();
        while let Some(piece) = messages.message().await? {
            whole.import = whole.import.or(piece.import);
            whole.file.extend(piece.file);
            whole.complete = piece.complete;
        }
        self.answer(Request::from_parts(metadata, extensions, whole))
    }
    type ExportMembersStream = Answers<ExportMembersResponse>;
    async fn export_members(&self, request: Request<ExportMembersRequest>) -> Result<Response<Self::ExportMembersStream>, Status> {
        self.answer_once(request)
    }
}

double! {
    PasskeyService {
        begin_passkey_registration(BeginPasskeyRegistrationRequest) -> BeginPasskeyRegistrationResponse,
        register_passkey(RegisterPasskeyRequest) -> RegisterPasskeyResponse,
        begin_passkey_verification(BeginPasskeyVerificationRequest) -> BeginPasskeyVerificationResponse,
        verify_passkey(VerifyPasskeyRequest) -> VerifyPasskeyResponse,
        list_own_passkeys(ListOwnPasskeysRequest) -> ListOwnPasskeysResponse,
        rename_passkey(RenamePasskeyRequest) -> RenamePasskeyResponse,
        delete_passkey(DeletePasskeyRequest) -> DeletePasskeyResponse,
    }
}

double! {
    StaffService {
        create_staff_member(CreateStaffMemberRequest) -> CreateStaffMemberResponse,
        list_staff_members(ListStaffMembersRequest) -> ListStaffMembersResponse,
        get_own_staff_member(GetOwnStaffMemberRequest) -> GetOwnStaffMemberResponse,
        update_staff_member(UpdateStaffMemberRequest) -> UpdateStaffMemberResponse,
        delete_staff_member(DeleteStaffMemberRequest) -> DeleteStaffMemberResponse,
        reset_passkeys(ResetPasskeysRequest) -> ResetPasskeysResponse,
        get_staff_sign_in(GetStaffSignInRequest) -> GetStaffSignInResponse,
        update_staff_sign_in(UpdateStaffSignInRequest) -> UpdateStaffSignInResponse,
    }
}

double! {
    PollService {
        create_poll(CreatePollRequest) -> CreatePollResponse,
        get_poll(GetPollRequest) -> GetPollResponse,
        list_polls(ListPollsRequest) -> ListPollsResponse,
        close_poll(ClosePollRequest) -> ClosePollResponse,
        cancel_poll(CancelPollRequest) -> CancelPollResponse,
        annul_poll(AnnulPollRequest) -> AnnulPollResponse,
        pause_poll(PausePollRequest) -> PausePollResponse,
        resume_poll(ResumePollRequest) -> ResumePollResponse,
        extend_poll(ExtendPollRequest) -> ExtendPollResponse,
        get_turnout(GetTurnoutRequest) -> GetTurnoutResponse,
    }
    type WatchTurnoutStream = Answers<WatchTurnoutResponse>;
    async fn watch_turnout(&self, request: Request<WatchTurnoutRequest>) -> Result<Response<Self::WatchTurnoutStream>, Status> {
        self.answer_once(request)
    }
}

double! {
    LogService {
        get_log(GetLogRequest) -> GetLogResponse,
        get_checkpoint(GetCheckpointRequest) -> GetCheckpointResponse,
        get_tile(GetTileRequest) -> GetTileResponse,
        get_sheet_text(GetSheetTextRequest) -> GetSheetTextResponse,
        get_inclusion_proof(GetInclusionProofRequest) -> GetInclusionProofResponse,
        get_counts(GetCountsRequest) -> GetCountsResponse,
        export_hours(ExportHoursRequest) -> ExportHoursResponse,
    }
    type WatchCountsStream = Answers<WatchCountsResponse>;
    async fn watch_counts(&self, request: Request<WatchCountsRequest>) -> Result<Response<Self::WatchCountsStream>, Status> {
        self.answer_once(request)
    }
}

double! {
    CorrectionService {
        list_corrections(ListCorrectionsRequest) -> ListCorrectionsResponse,
        list_signature_minutes(ListSignatureMinutesRequest) -> ListSignatureMinutesResponse,
        preview_correction(PreviewCorrectionRequest) -> PreviewCorrectionResponse,
        list_correction_proposals(ListCorrectionProposalsRequest) -> ListCorrectionProposalsResponse,
        propose_correction(ProposeCorrectionRequest) -> ProposeCorrectionResponse,
        confirm_correction(ConfirmCorrectionRequest) -> ConfirmCorrectionResponse,
        drop_correction(DropCorrectionRequest) -> DropCorrectionResponse,
        note_appeal(NoteAppealRequest) -> NoteAppealResponse,
    }
}

double! {
    PaperBallotService {
        create_paper_batch(CreatePaperBatchRequest) -> CreatePaperBatchResponse,
        enter_paper_ballots(EnterPaperBallotsRequest) -> EnterPaperBallotsResponse,
        list_paper_batches(ListPaperBatchesRequest) -> ListPaperBatchesResponse,
        get_paper_batch(GetPaperBatchRequest) -> GetPaperBatchResponse,
        commit_paper_batch(CommitPaperBatchRequest) -> CommitPaperBatchResponse,
        set_paper_batch_aside(SetPaperBatchAsideRequest) -> SetPaperBatchAsideResponse,
    }
}

double! {
    BallotService {
        cast_ballot(CastBallotRequest) -> CastBallotResponse,
        get_receipt(GetReceiptRequest) -> GetReceiptResponse,
        withdraw_signature(WithdrawSignatureRequest) -> WithdrawSignatureResponse,
        look_up_tracking_code(LookUpTrackingCodeRequest) -> LookUpTrackingCodeResponse,
        list_tracking_codes(ListTrackingCodesRequest) -> ListTrackingCodesResponse,
    }
    type BatchCastBallotsStream = Answers<BatchCastBallotsResponse>;
    async fn batch_cast_ballots(&self, request: Request<BatchCastBallotsRequest>) -> Result<Response<Self::BatchCastBallotsStream>, Status> {
        self.answer_once(request)
    }
    type StreamBallotsStream = Answers<StreamBallotsResponse>;
    async fn stream_ballots(&self, request: Request<StreamBallotsRequest>) -> Result<Response<Self::StreamBallotsStream>, Status> {
        self.answer_once(request)
    }
}
