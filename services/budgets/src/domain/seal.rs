//! The seal of a poll, made again from the ballots that voting gave: a result comes of the sealed ballots, or not at
//! all.
//!
//! The seal is the SHA-256 of a text, as voting documents it: a line `comitia ballots v1`, a line with the poll's id,
//! and a line `<ballot, hexadecimal>\t<district>\t<online|paper>\t<count>` for each group of equal ballots, in the
//! order of ballot, district, online before paper. A ballot's bytes are the version (1), the number of its type, and
//! for each choice the position of its option in the poll as a varint, followed by its points where ballots have
//! points; in the order of positions, or of preference in rankings.

use std::collections::HashMap;

use comitia_proto::voting::v1::{Ballot, BallotGroup, BallotType, CreatePollRequest};
use prost::encoding::encode_varint;
use sha2::{Digest, Sha256};

use crate::domain::ballot_rule;
use crate::error::Error;

/// The seal of `poll` with these ballots, hexadecimal.
///
/// # Errors
/// [`Error::OptionUnknown`] when a ballot names no option of the poll.
pub fn digest(poll: &CreatePollRequest, ballots: &[BallotGroup]) -> Result<String, Error> {
    let ballot_type = poll.specification.as_ref().map(|rules| rules.r#type()).unwrap_or_default();
    let positions: HashMap<&str, u64> =
        poll.options.iter().map(|option| option.option_id.as_str()).zip(0..).collect();
    let blank = Ballot::default();
    let mut lines = ballots
        .iter()
        .map(|group| {
            let ballot = group.ballot.as_ref().unwrap_or(&blank);
            Ok((encode(ballot, ballot_type, &positions)?, group.district.as_str(), group.paper, group.count))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    lines.sort_unstable();
    let mut sha = Sha256::new();
    sha.update(format!("comitia ballots v1\n{}\n", poll.poll_id));
    for (ballot, district, paper, count) in lines {
        let channel = if paper { "paper" } else { "online" };
        sha.update(format!("{}\t{district}\t{channel}\t{count}\n", hex::encode(ballot)));
    }
    Ok(hex::encode(sha.finalize()))
}

fn encode(
    ballot: &Ballot,
    ballot_type: BallotType,
    positions: &HashMap<&str, u64>,
) -> Result<Vec<u8>, Error> {
    let mut choices = Vec::with_capacity(ballot.choices.len());
    for choice in &ballot.choices {
        let position = positions.get(choice.option_id.as_str());
        choices.push((
            *position.ok_or_else(|| Error::OptionUnknown(choice.option_id.clone()))?,
            u64::from(choice.points),
        ));
    }
    if ballot_type != BallotType::Ranking {
        choices.sort_unstable();
    }
    let mut bytes = vec![1, u8::try_from(i32::from(ballot_type)).unwrap_or(0)];
    for (position, points) in choices {
        encode_varint(position, &mut bytes);
        if ballot_rule::has_points(ballot_type) {
            encode_varint(points, &mut bytes);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use comitia_proto::voting::v1::{BallotSpecification, PollOption};

    use super::*;
    use crate::domain::count::tests::group;

    fn poll(ballot: BallotType) -> CreatePollRequest {
        let options = (0..200).map(|i| PollOption { option_id: format!("p{i}"), ..Default::default() });
        CreatePollRequest {
            poll_id: "01920000-0000-7000-8000-000000000001".into(),
            specification: Some(BallotSpecification { r#type: ballot.into(), ..Default::default() }),
            options: options.collect(),
            ..Default::default()
        }
    }

    fn sha(lines: &str) -> String {
        let text = format!("comitia ballots v1\n01920000-0000-7000-8000-000000000001\n{lines}");
        hex::encode(Sha256::digest(text))
    }

    #[test]
    fn the_seal_is_that_of_the_described_text() {
        let mut groups = vec![group(&[("p0", 0)], 1), group(&[("p0", 0)], 3)];
        for group in &mut groups {
            group.district = "north".into();
        }
        groups[0].paper = true;
        let expected = sha("010500\tnorth\tonline\t3\n010500\tnorth\tpaper\t1\n");
        assert_eq!(digest(&poll(BallotType::ChooseOne), &groups).unwrap(), expected);
    }

    #[test]
    fn points_and_preferences_are_sealed_too() {
        let groups = [group(&[("p199", 300), ("p2", 1)], 2)];
        assert_eq!(
            digest(&poll(BallotType::Cumulative), &groups).unwrap(),
            sha("01030201c701ac02\t\tonline\t2\n")
        );
        assert_eq!(digest(&poll(BallotType::Ranking), &groups).unwrap(), sha("0104c70102\t\tonline\t2\n"));
        assert_eq!(digest(&poll(BallotType::Approval), &[]).unwrap(), sha(""));
        assert!(digest(&poll(BallotType::Approval), &[group(&[("x", 0)], 1)]).is_err());
    }
}
