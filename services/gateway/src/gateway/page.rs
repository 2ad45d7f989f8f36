//! A page of the portal, under the limits that calls have.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use comitia_platform::grpc;
use http::request::Parts;
use http::{Method, Response, StatusCode};
use hyper::body::Incoming;

use super::Gateway;
use crate::admission::connections::{Connection, Phase};
use crate::admission::organizations::Organization;
use crate::http::answer::Body;
use crate::http::error::Error;
use crate::http::headers::is_personal;
use crate::http::host::host;
use crate::pages::{self, Page, Shown};
use crate::routes::ServiceName;
use crate::waiting_room::Tokens;

impl Gateway {
    pub(super) async fn page(
        &self,
        page: Page,
        known: Option<Arc<Organization>>,
        parts: &Parts,
        body: Incoming,
    ) -> Result<Response<Body>, Error> {
        let address = self.address(parts);
        let connection = parts.extensions.get::<Arc<Connection>>();
        let mut behind_proxy = None;
        let client = self.client(connection, address, &mut behind_proxy);
        let nobody = self.organizations.nobody();
        self.in_flight.check(page.priority, known.as_ref().unwrap_or(nobody), client)?;
        let arriving = self.arrivals.enter(client)?;
        let phase = connection.map(|connection| connection.enter(Phase::Arriving));
        self.rates.admit(page.class, address).await?;
        let organization = match known {
            Some(known) => known,
            None => {
                let lookup = self.tenants.organization(&parts.uri, &parts.headers, false);
                Box::pin(grpc::with_deadline(self.timeout, lookup))
                    .await?
                    .ok_or(Error::OrganizationUnknown)?
            }
        };
        organization.admit(page.class)?;
        if page.uploads
            && let Some(refused) = Box::pin(self.refuse_upload(&organization, parts, address)).await?
        {
            return Ok(refused);
        }
        let read = self.bodies.read_form(&parts.headers, page.priority, page.form(), body);
        let (body, _held) = arriving.wait_for(read).await?;
        let _in_flight = self.in_flight.enter(page.priority, &organization, client)?;
        drop((arriving, phase));
        let tokens = Tokens::of(&parts.headers);
        let work = async {
            if page.enters(&parts.method) {
                self.waiting_room.enter(organization.id, &tokens).await?;
            } else if page.signs_in {
                self.waiting_room.look(organization.id, &tokens).await?;
            }
            self.show(page, &organization, parts, address, body).await
        };
        tokio::time::timeout(self.timeout, Box::pin(grpc::with_deadline(self.timeout, work)))
            .await
            .unwrap_or(Err(Error::DeadlineExceeded))
    }

    /// Only the portal can open the session of a page. So before a file is read, it is asked for the page that has the
    /// form; a sender who is not shown that page gets its answer and sends no file.
    async fn refuse_upload(
        &self,
        organization: &Arc<Organization>,
        parts: &Parts,
        address: IpAddr,
    ) -> Result<Option<Response<Body>>, Error> {
        let mut asked = parts.clone();
        asked.method = Method::GET;
        let Some(page) = Page::of(&Method::GET, asked.uri.path()) else { return Ok(None) };
        let show = self.show(page, organization, &asked, address, Bytes::new());
        let answer = tokio::time::timeout(self.timeout, Box::pin(grpc::with_deadline(self.timeout, show)))
            .await
            .unwrap_or(Err(Error::DeadlineExceeded))?;
        Ok((answer.status() != StatusCode::OK).then_some(answer))
    }

    async fn show(
        &self,
        page: Page,
        organization: &Arc<Organization>,
        parts: &Parts,
        address: IpAddr,
        body: Bytes,
    ) -> Result<Response<Body>, Error> {
        let head = pages::head(page, parts, organization.id, address)?;
        let ask = || async {
            let permit = self.upstreams.enter(ServiceName::Portal, page.priority, organization)?;
            Ok(self.upstreams.page(permit, head.clone(), body.clone()).await?)
        };
        let reads = matches!(parts.method, Method::GET | Method::HEAD);
        if !reads || page.anonymous || self.shared.is_none() || is_personal(&parts.headers) {
            return Ok(pages::alone(ask().await?));
        }
        let host = host(&parts.uri, &parts.headers).unwrap_or_default();
        match self.pages.show(organization.id, host, &parts.uri, ask).await? {
            Shown::Alone(page) => Ok(pages::alone(*page)),
            Shown::Shared(answer, until) => {
                self.edge.keep(parts, pages::NAME, &answer, pages::SECONDS, until).await;
                Ok(answer.respond(&parts.headers, pages::SECONDS))
            }
        }
    }
}
