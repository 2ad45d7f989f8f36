//! `OrganizationService`.

use comitia_platform::ApiError;
use comitia_platform::auth::Context;
use comitia_platform::idempotency::Idempotent;
use comitia_platform::validate::Checks;
use comitia_proto::spaces::v1::organization_service_server::OrganizationService;
use comitia_proto::spaces::v1::{
    CreateOrganizationRequest, CreateOrganizationResponse, GetOrganizationRequest, GetOrganizationResponse,
    Organization, OrganizationText, ResolveOrganizationRequest, ResolveOrganizationResponse,
    UpdateHostNamesRequest, UpdateHostNamesResponse, UpdateOrganizationRequest, UpdateOrganizationResponse,
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{Api, encode};
use crate::app::{host_names, organizations};
use crate::domain::organization::{MAX_HOST_NAMES, host_name_faults, is_time_zone};
use crate::domain::profile::{
    Change, Profile, TEXT_MAX, Text, TextKind, are_languages, is_contact, is_country, readable_color,
};
use crate::error::Error;

const LANGUAGES_RULE: &str = "must be 1 to 20 language codes such as fr and en, none of them twice";
const COUNTRY_RULE: &str = "must be a country's code of two capital letters, such as PL";
const TIME_ZONE_RULE: &str = "must be an IANA name, such as Europe/Warsaw";
/// What can be changed, as the mask names it.
const CHANGEABLE: [&str; 8] = [
    "display_name",
    "time_zone",
    "languages",
    "country",
    "contact_email",
    "brand_color",
    "texts",
    "registration_open",
];

#[tonic::async_trait]
impl OrganizationService for Api {
    async fn create_organization(
        &self,
        request: Request<CreateOrganizationRequest>,
    ) -> Result<Response<CreateOrganizationResponse>, Status> {
        let context = Context::of(&request);
        let caller = context.signed_in()?;
        let message = request.into_inner();
        let idempotent =
            Idempotent::new(Uuid::nil(), caller, "CreateOrganization", &message.request_id, &message)?;
        let answer = idempotent.run(&self.app.pool, async {
            let new = decode_new(message)?;
            let answer = |created| CreateOrganizationResponse {
                organization: Some(encode::organization(created, Vec::new(), None)),
            };
            organizations::create(&self.app, &idempotent, new, answer).await
        });
        Ok(Response::new(Box::pin(answer).await?))
    }

    async fn get_organization(
        &self,
        request: Request<GetOrganizationRequest>,
    ) -> Result<Response<GetOrganizationResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let (found, texts, logo) = organizations::get(&self.app, organization).await?;
        let organization = Some(encode::organization(found, texts, logo));
        Ok(Response::new(GetOrganizationResponse { organization }))
    }

    async fn update_organization(
        &self,
        request: Request<UpdateOrganizationRequest>,
    ) -> Result<Response<UpdateOrganizationResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let message = request.into_inner();
        let given =
            message.organization.ok_or_else(|| ApiError::invalid_field("organization", "must be given"))?;
        if !given.organization_id.is_empty() && given.organization_id != organization.to_string() {
            let rule = "must be the organization that the request came to, or empty";
            return Err(ApiError::invalid_field("organization.organization_id", rule).into());
        }
        let mask = message.update_mask.map(|mask| mask.paths).unwrap_or_default();
        let etag = given.etag.clone();
        let change = decode_change(given, &mask)?;
        let (changed, texts, logo) = organizations::update(&self.app, organization, &etag, change).await?;
        let organization = Some(encode::organization(changed, texts, logo));
        Ok(Response::new(UpdateOrganizationResponse { organization }))
    }

    async fn update_host_names(
        &self,
        request: Request<UpdateHostNamesRequest>,
    ) -> Result<Response<UpdateHostNamesResponse>, Status> {
        let organization = Context::of(&request).organization()?;
        let UpdateHostNamesRequest { host_names: names, canonical_host_name: canonical, etag } =
            request.into_inner();
        let mut checks = Checks::new();
        check_host_names(&mut checks, &names);
        checks.require(
            canonical.is_empty() || names.contains(&canonical),
            "canonical_host_name",
            "must be one of host_names, or empty",
        );
        checks.finish()?;
        let (changed, texts, logo) =
            host_names::update(&self.app, organization, &etag, names, canonical).await?;
        let organization = Some(encode::organization(changed, texts, logo));
        Ok(Response::new(UpdateHostNamesResponse { organization }))
    }

    async fn resolve_organization(
        &self,
        request: Request<ResolveOrganizationRequest>,
    ) -> Result<Response<ResolveOrganizationResponse>, Status> {
        let found = organizations::resolve(&self.app, &request.get_ref().host_name).await?;
        Ok(Response::new(ResolveOrganizationResponse {
            organization: Some(encode::organization(found, Vec::new(), None)),
        }))
    }
}

fn decode_new(mut message: CreateOrganizationRequest) -> Result<organizations::New, Error> {
    if message.time_zone.is_empty() {
        "UTC".clone_into(&mut message.time_zone);
    }
    check(&message)?;
    let mut profile = Profile { country: message.country, ..Profile::default() };
    if !message.languages.is_empty() {
        profile.languages = message.languages;
    }
    Ok(organizations::New {
        display_name: message.display_name.trim().to_owned(),
        host_names: message.host_names,
        time_zone: message.time_zone,
        profile,
    })
}

fn check(message: &CreateOrganizationRequest) -> Result<(), ApiError> {
    let mut checks = Checks::new();
    checks.text("display_name", &message.display_name, 1, 200).require(
        is_time_zone(&message.time_zone),
        "time_zone",
        TIME_ZONE_RULE,
    );
    checks
        .require(
            message.languages.is_empty() || are_languages(&message.languages),
            "languages",
            LANGUAGES_RULE,
        )
        .require(is_country(&message.country), "country", COUNTRY_RULE);
    check_host_names(&mut checks, &message.host_names);
    checks.finish()
}

fn check_host_names(checks: &mut Checks, names: &[String]) {
    checks.require(
        (1..=MAX_HOST_NAMES).contains(&names.len()),
        "host_names",
        format!("must have 1 to {MAX_HOST_NAMES} names"),
    );
    for (index, fault) in host_name_faults(names) {
        checks.require(false, format!("host_names[{index}]"), fault.rule());
    }
}

/// What an update changes: what the mask names, or everything that is set.
fn decode_change(given: Organization, mask: &[String]) -> Result<Change, ApiError> {
    let set = [
        !given.display_name.is_empty(),
        !given.time_zone.is_empty(),
        !given.languages.is_empty(),
        !given.country.is_empty(),
        !given.contact_email.is_empty(),
        !given.brand_color.is_empty(),
        !given.texts.is_empty(),
        given.registration_open,
    ];
    let mut checks = Checks::new();
    let known = |path: &String| path == "*" || CHANGEABLE.contains(&path.as_str());
    let names = CHANGEABLE.join(", ");
    checks.require(mask.iter().all(known), "update_mask", format!("may name {names} alone"));
    let wanted = |place: usize| match mask {
        [] => set[place],
        paths => paths.iter().any(|path| path == "*" || path == CHANGEABLE[place]),
    };
    if wanted(0) {
        checks.text("organization.display_name", &given.display_name, 1, 200);
    }
    if wanted(1) {
        checks.require(is_time_zone(&given.time_zone), "organization.time_zone", TIME_ZONE_RULE);
    }
    if wanted(2) {
        checks.require(are_languages(&given.languages), "organization.languages", LANGUAGES_RULE);
    }
    if wanted(3) {
        checks.require(is_country(&given.country), "organization.country", COUNTRY_RULE);
    }
    if wanted(4) {
        let rule = "must be an e-mail address such as participation@city.example, or empty";
        checks.require(is_contact(&given.contact_email), "organization.contact_email", rule);
    }
    let mut color = given.brand_color;
    if wanted(5) && !color.is_empty() {
        match readable_color(&color) {
            Ok(readable) => color = readable,
            Err(rule) => {
                checks.require(false, "organization.brand_color", rule);
            }
        }
    }
    let texts = if wanted(6) { Some(decode_texts(&mut checks, given.texts)) } else { None };
    checks.finish()?;
    Ok(Change {
        display_name: wanted(0).then(|| given.display_name.trim().to_owned()),
        time_zone: wanted(1).then_some(given.time_zone),
        languages: wanted(2).then_some(given.languages),
        country: wanted(3).then_some(given.country),
        contact_email: wanted(4).then_some(given.contact_email),
        brand_color: wanted(5).then_some(color),
        texts,
        registration_open: wanted(7).then_some(given.registration_open),
    })
}

fn decode_texts(checks: &mut Checks, given: Vec<OrganizationText>) -> Vec<Text> {
    let mut texts: Vec<Text> = Vec::with_capacity(given.len());
    for (index, text) in given.into_iter().enumerate() {
        let path = |name: &str| format!("organization.texts[{index}].{name}");
        let kind = i16::try_from(text.kind).unwrap_or(0);
        checks.require((1..=6).contains(&kind), path("kind"), "must be a kind of text").text(
            path("body"),
            &text.body,
            1,
            TEXT_MAX,
        );
        let twice = texts.iter().any(|other| other.kind.0 == kind && other.language == text.language);
        checks.require(!twice, path("language"), "must not have two texts of one kind");
        texts.push(Text { kind: TextKind(kind), language: text.language, body: text.body.trim().to_owned() });
    }
    texts
}
