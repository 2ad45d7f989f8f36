//! What search engines ask for: `robots.txt`, and the pages of the site in `sitemap.xml`, a file for each process.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use comitia_proto::budgets::v1::BudgetState;
use comitia_proto::proposals::v1::ListProposalsRequest;
use futures_util::future::try_join_all;
use http::{HeaderValue, header};
use maud::{Markup, PreEscaped, html};
use uuid::Uuid;

use crate::error::PageError;
use crate::pages::calls;
use crate::pages::slugs;
use crate::visit::{PageResult, Visit, shared};

/// A file has 50,000 addresses at the most (sitemaps.org): two languages of these, projects included.
const PROPOSAL_PAGES: usize = 10;
const PROCESSES: i32 = 1000;

/// The files, which have no language.
pub fn routes() -> Router {
    Router::new()
        .route("/robots.txt", get(robots))
        .route("/sitemap.xml", get(index))
        .route("/sitemap/site.xml", get(site))
        .route("/sitemap/{process}", get(process))
}

/// What is one person's, or a search, is left out.
const LEFT_OUT: [&str; 7] =
    ["/sign-in", "/sign-out", "/votes", "/receipts", "/account", "/my-proposals", "/search"];

async fn robots(visit: Visit) -> PageResult {
    let mut text = String::from("User-agent: *\n");
    for language in &visit.languages {
        for path in LEFT_OUT {
            text.push_str(&format!("Disallow: /{}{path}\n", language.code()));
        }
    }
    text.push_str(&format!("Disallow: /v1/\nSitemap: {}/sitemap.xml\n", visit.origin));
    let mut response = text.into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Ok(shared(&visit, response))
}

async fn index(visit: Visit) -> PageResult {
    let (processes, _) = calls::processes(&visit, PROCESSES, String::new()).await?;
    let files =
        std::iter::once("site".to_owned()).chain(processes.into_iter().map(|process| process.process_id));
    let body = html! {
        sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {
            @for file in files { sitemap { loc { (visit.origin) "/sitemap/" (file) ".xml" } } }
        }
    };
    Ok(xml(&visit, body))
}

async fn site(visit: Visit) -> PageResult {
    let pages = ["", "/processes", "/help", "/legal/terms", "/legal/privacy", "/legal/accessibility"];
    Ok(addresses(&visit, pages.into_iter().map(str::to_owned)))
}

/// A process with its budgets, projects and proposals.
async fn process(visit: Visit, Path(file): Path<String>) -> PageResult {
    let id = file.strip_suffix(".xml").and_then(|id| Uuid::try_parse(id).ok()).ok_or(PageError::NotFound)?;
    let id = id.to_string();
    let (process, budgets) =
        tokio::try_join!(calls::process(&visit, id.clone()), calls::budgets(&visit, id.clone()))?;
    let projects = try_join_all(budgets.iter().map(|budget| calls::projects(&visit, &budget.budget_id)));
    let (projects, proposals) = tokio::try_join!(projects, proposals(&visit, &id))?;
    let path = format!("/processes/{}", slugs::of_text(&process.title, &process.process_id));
    let mut pages = vec![path.clone()];
    if !proposals.is_empty() {
        pages.push(format!("{path}/proposals"));
    }
    for budget in &budgets {
        let path = format!("/budgets/{}", slugs::of_text(&budget.title, &budget.budget_id));
        if budget.state() == BudgetState::Decided {
            pages.push(format!("{path}/result"));
        }
        pages.push(path);
    }
    let projects = projects.iter().flatten();
    pages.extend(
        projects.map(|project| format!("/projects/{}", slugs::of_text(&project.title, &project.project_id))),
    );
    pages.extend(proposals);
    Ok(addresses(&visit, pages.into_iter()))
}

async fn proposals(visit: &Visit, process_id: &str) -> Result<Vec<String>, PageError> {
    let (mut pages, mut page_token) = (Vec::new(), String::new());
    for _ in 0..PROPOSAL_PAGES {
        let request = ListProposalsRequest {
            process_id: process_id.to_owned(),
            page_size: 1000,
            page_token,
            ..ListProposalsRequest::default()
        };
        let answer = calls::proposals(visit, request).await?;
        let shown = answer.proposals.iter().filter(|proposal| !proposal.title.is_empty());
        pages.extend(shown.map(|proposal| {
            format!("/proposals/{}", slugs::of_text(&proposal.title, &proposal.proposal_id))
        }));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(pages)
}

fn addresses(visit: &Visit, pages: impl Iterator<Item = String>) -> Response {
    let body = html! {
        urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {
            @for page in pages {
                @for language in &visit.languages { url { loc { (visit.origin) "/" (language.code()) (page) } } }
            }
        }
    };
    xml(visit, body)
}

fn xml(visit: &Visit, body: Markup) -> Response {
    let document = html! { (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")) (body) };
    let mut response = document.into_string().into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml; charset=utf-8"));
    shared(visit, response)
}
