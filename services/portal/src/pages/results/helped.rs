//! How often officers of the team helped somebody to vote: everybody can see it, because whoever helps could vote for somebody else.

use comitia_proto::budgets::v1::{Budget, BudgetState};
use comitia_proto::identity::v1::{CountDeskVisitsRequest, CountReplacedAccessCodesRequest};
use maud::{Markup, html};

use crate::locale::{Locale, t};
use crate::pages::calls::count;
use crate::visit::Visit;

/// The numbers, as far as identity tells them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Helped {
    visits: Option<u64>,
    codes: Option<u64>,
}

impl Helped {
    /// The numbers of the vote of a budget that is decided. A result is shown without them where identity is away.
    pub async fn of(visit: &Visit, budget: &Budget) -> Self {
        if budget.state() != BudgetState::Decided || budget.poll_id.is_empty() {
            return Self::default();
        }
        let poll_id = budget.poll_id.clone();
        let visits = visit.anonymous(CountDeskVisitsRequest { poll_id: poll_id.clone() });
        let codes = visit.anonymous(CountReplacedAccessCodesRequest { poll_id });
        let (mut desk, mut rolls) = (visit.services().desk(), visit.services().rolls());
        let (visits, codes) =
            futures_util::join!(desk.count_desk_visits(visits), rolls.count_replaced_access_codes(codes));
        Self {
            visits: visits.ok().map(|answer| count(answer.into_inner().visit_count)),
            codes: codes.ok().map(|answer| count(answer.into_inner().replaced_count)),
        }
    }

    /// What is said of them.
    pub fn section(&self, locale: &Locale) -> Markup {
        html! {
            @if self.visits.is_some() || self.codes.is_some() {
                section aria-labelledby="helped" {
                    h2 #helped { (t!(locale, "result-helped")) }
                    p { (t!(locale, "result-helped-text")) }
                    ul {
                        @if let Some(visits) = self.visits { li { (t!(locale, "result-helped-desk", count = visits)) } }
                        @if let Some(codes) = self.codes { li { (t!(locale, "result-helped-codes", count = codes)) } }
                    }
                }
            }
        }
    }
}
