//! The page of a refusal: what the gateway says to a browser when it cannot hand the request on. It needs nothing of any
//! service, because it is for the moments in which they are away.

use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::http::answer::{Body, full};
use crate::http::error::{self, Error};
use crate::http::paths::WAITING_ROOM_PAGE as PAGE_PATH;
use crate::waiting_room::page::{self, CONTENT_SECURITY_POLICY, Language};

/// The answer to a request for a page that failed at the gateway: a page, or the way to the waiting room.
pub fn refusal(error: Error, parts: &Parts, trace_id: &str) -> Response<Body> {
    if matches!(error, Error::WaitingRoom { .. }) {
        return to_waiting_room(parts);
    }
    let (status, mut headers, _) = error::parts(error, trace_id);
    let seconds = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let language = language(parts);
    let sent = !matches!(parts.method, Method::GET | Method::HEAD);
    let text = render(language, status, seconds, sent).into_string();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    if let Ok(policy) = HeaderValue::from_str(CONTENT_SECURITY_POLICY.as_str()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let mut response = Response::new(full(text));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// Browsers come back to the page, not to the form that was sent: only reading can be repeated by a link.
fn to_waiting_room(parts: &Parts) -> Response<Body> {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let back = if page::is_local(path) { path } else { "/" };
    let target = format!("{PAGE_PATH}?return={}", utf8_percent_encode(back, NON_ALPHANUMERIC));
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Ok(target) = HeaderValue::from_str(&target) {
        headers.insert(header::LOCATION, target);
    }
    response
}

/// The language of the path, or else the reader's.
fn language(parts: &Parts) -> Language {
    match parts.uri.path().trim_start_matches('/').split('/').next() {
        Some("fr") => Language::French,
        Some("en") => Language::English,
        _ => Language::of(accepted(&parts.headers)),
    }
}

fn accepted(headers: &HeaderMap) -> &str {
    headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn render(language: Language, status: StatusCode, seconds: Option<u64>, sent: bool) -> Markup {
    let say = |english, french| language.say(english, french);
    let (title, text) = words(language, status);
    let main = html! {
        h1 { (title) }
        p .lead { (text) }
        @if sent && is_temporary(status) {
            p .notice {
                (say(
                    "What you sent did not arrive. Reload this page to send it again: however often you send it, it counts \
                     once.",
                    "Ce que vous avez envoyé n’est pas arrivé. Actualisez cette page pour l’envoyer à nouveau\u{a0}: quel \
                     que soit le nombre d’envois, il compte une seule fois.",
                ))
            }
        }
        @if let Some(seconds) = seconds {
            p { (say("Please try again in about", "Merci de réessayer dans environ")) " " (language.seconds(seconds)) "." }
        }
        p .buttons {
            @if !sent { a .button href="" { (say("Try again", "Réessayer")) } }
            a .button.secondary href="/" { (say("To the first page", "Vers la page d’accueil")) }
        }
    };
    page::document(language, title, main)
}

fn is_temporary(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
        || status.is_server_error()
}

fn words(language: Language, status: StatusCode) -> (&'static str, &'static str) {
    let say = |english, french| language.say(english, french);
    match status {
        StatusCode::NOT_FOUND => (
            say("There is nothing here", "Il n’y a rien ici"),
            say(
                "This address belongs to no organization. Please check it for typing mistakes.",
                "Cette adresse n’appartient à aucune organisation. Vérifiez qu’elle est bien écrite.",
            ),
        ),
        StatusCode::TOO_MANY_REQUESTS => (
            say("Many people are here right now", "Il y a beaucoup de monde en ce moment"),
            say(
                "We cannot take your request at this moment. Nothing that was confirmed to you is lost.",
                "Nous ne pouvons pas traiter votre demande à cet instant. Rien de ce qui vous a été confirmé n’est perdu.",
            ),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            say("That is too long", "C’est trop long"),
            say(
                "The form holds more text than we can take. Go back and shorten it.",
                "Le formulaire contient plus de texte que nous ne pouvons en accepter. Revenez en arrière et raccourcissez-le.",
            ),
        ),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
            say("Your browser sends too much", "Votre navigateur envoie trop de données"),
            say(
                "Delete the cookies of this site in your browser, and try again.",
                "Effacez les cookies de ce site dans votre navigateur, puis réessayez.",
            ),
        ),
        status if status.is_client_error() => (
            say("This request cannot be understood", "Cette demande ne peut pas être comprise"),
            say(
                "Go back, and try again from the page before.",
                "Revenez en arrière et réessayez à partir de la page précédente.",
            ),
        ),
        _ => (
            say("This service is away for a moment", "Ce service est momentanément indisponible"),
            say(
                "We are working on it. Nothing that was confirmed to you is lost.",
                "Nous y travaillons. Rien de ce qui vous a été confirmé n’est perdu.",
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parts(method: Method, path: &str) -> Parts {
        http::Request::builder().method(method).uri(path).body(()).unwrap().into_parts().0
    }

    async fn text(response: Response<Body>) -> String {
        use http_body_util::BodyExt;
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_full_house_says_when_to_come_back_in_the_language_of_the_path() {
        let overloaded = || Error::Overloaded { retry_after: Duration::from_secs(3) };
        let french = refusal(overloaded(), &parts(Method::POST, "/fr/votes/7/cast"), "trace");
        assert_eq!(french.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(french.headers()[header::RETRY_AFTER], "3");
        let french = text(french).await;
        assert!(french.contains("beaucoup de monde") && french.contains("une seule fois"), "{french}");
        let english = text(refusal(overloaded(), &parts(Method::GET, "/en"), "trace")).await;
        assert!(english.contains("Try again") && !english.contains("counts once"), "{english}");
    }

    #[test]
    fn who_has_to_wait_is_led_to_the_room_and_back() {
        let waits = Error::WaitingRoom { retry_after: Duration::from_secs(3) };
        let response = refusal(waits, &parts(Method::GET, "/fr/sign-in?return=%2Ffr"), "trace");
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        assert_eq!(
            response.headers()[header::LOCATION],
            "/waiting-room?return=%2Ffr%2Fsign%2Din%3Freturn%3D%252Ffr"
        );
    }
}
