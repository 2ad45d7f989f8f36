//! What the things are called that acts were done to: the log has their ids.

use std::collections::{BTreeSet, HashMap};

use comitia_proto::budgets::v1::{Budget, GetProjectRequest};
use comitia_proto::identity::v1::{GetRollRequest, StaffMember};
use comitia_proto::proposals::v1::GetProposalRequest;
use comitia_proto::spaces::v1::Act;
use futures_util::future::join_all;

use crate::error::PageError;
use crate::pages::calls;
use crate::pages::office::Officer;

/// Names by the first two parts of resources, such as `budgets/<id>`.
#[derive(Debug, Default)]
pub struct Names {
    titles: HashMap<String, String>,
    budgets: HashMap<String, Budget>,
}

impl Names {
    /// These names.
    #[cfg(test)]
    pub fn of<const N: usize>(names: [(&str, &str); N]) -> Self {
        let titles = names.map(|(thing, title)| (thing.to_owned(), title.to_owned())).into();
        Self { titles, budgets: HashMap::new() }
    }

    /// The names of what these acts were done to. What is gone, or not for the reader, has none.
    pub async fn read(officer: &Officer, people: &[StaffMember], acts: &[Act]) -> Self {
        let things: BTreeSet<_> = acts.iter().filter_map(|act| thing(&act.resource)).collect();
        let found = join_all(things.iter().map(|(kind, id)| Self::one(officer, people, kind, id))).await;
        let mut names = Self::default();
        for ((kind, id), found) in things.iter().zip(found) {
            let thing = format!("{kind}/{id}");
            match found {
                Ok(Some(Found::Budget(budget))) => {
                    names.titles.insert(thing.clone(), budget.title.clone());
                    names.budgets.insert(thing, *budget);
                }
                Ok(Some(Found::Title(title))) => {
                    names.titles.insert(thing, title);
                }
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, "a thing of the log has no name"),
            }
        }
        names
    }

    async fn one(
        officer: &Officer,
        people: &[StaffMember],
        kind: &str,
        id: &str,
    ) -> Result<Option<Found>, PageError> {
        let id = id.to_owned();
        let title = match kind {
            "processes" => Some(calls::process(officer, id).await?.title),
            "budgets" => return Ok(Some(Found::Budget(Box::new(calls::budget(officer, id).await?)))),
            "polls" => calls::poll(officer, &id).await?.map(|poll| poll.title),
            "proposals" => {
                let request = officer.request(GetProposalRequest { proposal_id: id });
                let answer = officer.services().proposals().get_proposal(request).await?;
                answer.into_inner().proposal.map(|proposal| proposal.title)
            }
            "projects" => {
                let request = officer.request(GetProjectRequest { project_id: id });
                let answer = officer.services().projects().get_project(request).await?;
                answer.into_inner().project.map(|project| project.title)
            }
            "rolls" => {
                let request = officer.request(GetRollRequest { roll_id: id });
                let answer = officer.services().rolls().get_roll(request).await?;
                answer.into_inner().roll.map(|roll| roll.title)
            }
            "areas" => Some(calls::areas(officer).await?.title(&id).to_owned()),
            "staff" => {
                let member = people.iter().find(|member| member.staff_member_id == id);
                member.map(|member| member.display_name.clone())
            }
            _ => None,
        };
        Ok(title.map(Found::Title))
    }

    /// The name of what a resource begins with.
    pub fn title(&self, resource: &str) -> Option<&str> {
        let (kind, id) = thing(resource)?;
        self.titles.get(&format!("{kind}/{id}")).map(String::as_str)
    }

    /// The budget of a resource, for its currency.
    pub fn budget(&self, resource: &str) -> Option<&Budget> {
        let (kind, id) = thing(resource)?;
        self.budgets.get(&format!("{kind}/{id}"))
    }
}

enum Found {
    Title(String),
    Budget(Box<Budget>),
}

/// Kind and id of what a resource begins with.
fn thing(resource: &str) -> Option<(&str, &str)> {
    let mut parts = resource.split('/');
    Some((parts.next()?, parts.next().filter(|id| !id.is_empty())?))
}
