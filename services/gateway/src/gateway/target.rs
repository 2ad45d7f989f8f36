//! Where a request goes, by its method and path.

use http::Method;

use super::Gateway;
use crate::documents::Document;
use crate::pages::{self, Page};
use crate::routes::{Found, Route};
use crate::waiting_room::{self, View};

pub enum Target<'g, 'p> {
    Route(&'g Route, Vec<&'p str>),
    Document(&'g Document),
    WaitingRoom(&'static str, View),
    Page(Page),
    OtherMethods(Vec<Method>),
    Nothing,
}

impl Target<'_, '_> {
    /// Its name in spans and metrics.
    pub fn name(&self) -> &str {
        match self {
            Self::Route(route, _) => &route.name,
            Self::Document(document) => document.path,
            Self::WaitingRoom(path, _) => path,
            Self::Page(_) => pages::NAME,
            Self::OtherMethods(_) | Self::Nothing => "unknown",
        }
    }

    /// Whether it goes through the waiting room.
    pub fn waits_its_turn(&self, method: &Method) -> bool {
        match self {
            Self::Route(route, _) => route.policy.waits_its_turn,
            Self::Page(page) => page.enters(method),
            _ => false,
        }
    }
}

impl Gateway {
    pub(super) fn target<'p>(&self, method: &Method, path: &'p str) -> Target<'_, 'p> {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        if let Some(document) = self.documents.iter().find(|document| document.path == path) {
            return match *method {
                Method::GET => Target::Document(document),
                _ => Target::OtherMethods(vec![Method::GET]),
            };
        }
        if let Some(&(path, view)) = waiting_room::PATHS.iter().find(|(own, _)| *own == path) {
            return match *method {
                Method::GET => Target::WaitingRoom(path, view),
                _ => Target::OtherMethods(vec![Method::GET]),
            };
        }
        match self.routes.find(method, path) {
            Found::Route(route, values) => Target::Route(route, values),
            Found::OtherMethods(methods) => Target::OtherMethods(methods),
            Found::Nothing => match (Page::of(method, path), method) {
                (None, _) => Target::Nothing,
                (Some(page), &Method::GET | &Method::POST) => Target::Page(page),
                (Some(_), _) => Target::OtherMethods(vec![Method::GET, Method::POST]),
            },
        }
    }
}
