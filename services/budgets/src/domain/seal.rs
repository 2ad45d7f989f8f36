//! The seal of a poll, made again from the ballots that voting gave: a result comes of the sealed ballots, or not at
//! all. `comitia_seal` says what is sealed.

use std::collections::HashMap;

use comitia_proto::voting::v1::{Ballot, BallotGroup, CreatePollRequest};
use comitia_seal::{Channel, Seal, encode, hex};

use crate::error::Error;

/// The number of the type of a poll's ballots.
#[must_use]
pub fn ballot_type(poll: &CreatePollRequest) -> u8 {
    let number = poll.specification.as_ref().map_or(0, |rules| rules.r#type);
    u8::try_from(number).unwrap_or(0)
}

/// The channel of a group of ballots.
#[must_use]
pub fn channel(group: &BallotGroup) -> Channel {
    if group.any_channel { Channel::Any } else { Channel::of(group.paper) }
}

/// The seal of `poll` with these ballots, hexadecimal.
///
/// # Errors
/// [`Error::OptionUnknown`] when a ballot names no option of the poll.
pub fn digest(poll: &CreatePollRequest, ballots: &[BallotGroup]) -> Result<String, Error> {
    let number = ballot_type(poll);
    let positions: HashMap<&str, u64> =
        poll.options.iter().map(|option| option.option_id.as_str()).zip(0..).collect();
    let blank = Ballot::default();
    let mut lines = Vec::with_capacity(ballots.len());
    for group in ballots {
        let ballot = group.ballot.as_ref().unwrap_or(&blank);
        let mut choices = Vec::with_capacity(ballot.choices.len());
        for choice in &ballot.choices {
            let position = positions.get(choice.option_id.as_str());
            let position = position.ok_or_else(|| Error::OptionUnknown(choice.option_id.clone()))?;
            choices.push((*position, u64::from(choice.points)));
        }
        lines.push((encode(number, &choices), group.district.as_str(), channel(group), group.count));
    }
    lines.sort_unstable();
    let options = poll.options.iter().map(|option| {
        (option.option_id.as_str(), u64::try_from(option.cost).unwrap_or(0), option.title.as_str())
    });
    let mut seal = Seal::new(&poll.poll_id, number, options);
    for (ballot, district, channel, count) in lines {
        seal.add(&ballot, district, channel, u64::try_from(count).unwrap_or(0));
    }
    Ok(hex(&seal.finish()))
}

#[cfg(test)]
mod tests {
    use comitia_proto::voting::v1::{BallotSpecification, BallotType, PollOption};

    use super::*;
    use crate::domain::count::tests::group;

    #[test]
    fn the_order_in_which_groups_come_does_not_matter_and_everything_else_does() {
        let options =
            (0..3).map(|i| PollOption { option_id: format!("p{i}"), cost: i, ..Default::default() });
        let poll = CreatePollRequest {
            poll_id: "01920000-0000-7000-8000-000000000001".into(),
            specification: Some(BallotSpecification {
                r#type: BallotType::Approval.into(),
                ..Default::default()
            }),
            options: options.collect(),
            ..Default::default()
        };
        let mut groups = vec![group(&[("p1", 0), ("p0", 0)], 5), group(&[("p2", 0)], 7)];
        groups[1].any_channel = true;
        let seal = digest(&poll, &groups).unwrap();
        groups.reverse();
        assert_eq!(digest(&poll, &groups).unwrap(), seal);
        let differs = |change: fn(&mut CreatePollRequest, &mut Vec<BallotGroup>)| {
            let (mut poll, mut groups) = (poll.clone(), groups.clone());
            change(&mut poll, &mut groups);
            digest(&poll, &groups).unwrap() != seal
        };
        assert!(differs(|_, groups| groups[0].any_channel = false));
        assert!(differs(|_, groups| groups[1].paper = true));
        assert!(differs(|_, groups| groups[1].district = "north".into()));
        assert!(differs(|_, groups| groups[0].count = 6));
        assert!(differs(|poll, _| poll.options.swap(0, 1)));
        assert!(differs(|poll, _| poll.options[2].cost = 9));
        assert!(differs(|poll, _| poll.options[2].title = "other".into()));
        assert!(digest(&poll, &[group(&[("x", 0)], 1)]).is_err());
    }
}
