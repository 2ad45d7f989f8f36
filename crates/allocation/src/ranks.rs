//! What the ranks of a ranking ballot score.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// What the ranks of a ballot score, best first. As text, as META `scoring_fn` has it: `Borda`, `Borda over 5`,
/// `points 12,10,8`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RankScores {
    /// Borda over the ballot's own length: of k projects the first scores k, the last 1. (All six ordinal files of
    /// Pabulib at hand have `score` computed so.)
    #[default]
    Borda,
    /// Borda over so many ranks: the first of every ballot scores so much, each after it one less, none below 0.
    BordaOver(u32),
    /// These points; ranks after them score 0.
    Points(Vec<u32>),
}

impl RankScores {
    /// The scores of a ballot with `length` projects.
    #[must_use]
    pub fn of(&self, length: usize) -> Vec<i64> {
        let down_from = |first: i64| (0..).map(move |rank| (first - rank).max(0));
        match self {
            Self::Borda => down_from(i64::try_from(length).unwrap_or(i64::MAX)).take(length).collect(),
            Self::BordaOver(ranks) => down_from((*ranks).into()).take(length).collect(),
            Self::Points(points) => {
                points.iter().copied().map(i64::from).chain(std::iter::repeat(0)).take(length).collect()
            }
        }
    }
}

impl fmt::Display for RankScores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Borda => f.write_str("Borda"),
            Self::BordaOver(ranks) => write!(f, "Borda over {ranks}"),
            Self::Points(points) => {
                for (i, points) in points.iter().enumerate() {
                    write!(f, "{}{points}", if i > 0 { "," } else { "points " })?;
                }
                Ok(())
            }
        }
    }
}

impl FromStr for RankScores {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let words = text.trim().to_ascii_lowercase();
        let number = |text: &str| text.trim().parse::<u32>().ok();
        let parsed = if words == "borda" {
            Some(Self::Borda)
        } else if let Some(ranks) = words.strip_prefix("borda over ") {
            number(ranks).map(Self::BordaOver)
        } else if let Some(points) = words.strip_prefix("points ") {
            points.split(',').map(number).collect::<Option<Vec<_>>>().map(Self::Points)
        } else {
            None
        };
        parsed.ok_or_else(|| Error::UnknownName {
            name: text.to_owned(),
            expected: "Borda, Borda over N, points A,B,...",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_score_what_the_text_says() {
        let scores = |text: &str| text.parse::<RankScores>().unwrap().of(3);
        assert_eq!(scores(" BORDA "), [3, 2, 1]);
        assert_eq!(scores("borda Over 5"), [5, 4, 3]);
        assert_eq!(scores("Borda over 2"), [2, 1, 0]);
        assert_eq!(scores("Points 12, 7"), [12, 7, 0]);
        assert_eq!(RankScores::default().of(0), [0i64; 0]);
        for wrong in ["", "Borda over", "Borda over -1", "points", "points 1,,2", "points x", "Dowdall"] {
            assert!(wrong.parse::<RankScores>().is_err(), "{wrong}");
        }
        for scores in [RankScores::Borda, RankScores::BordaOver(7), RankScores::Points(vec![9, 3])] {
            assert_eq!(scores.to_string().parse(), Ok(scores));
        }
    }
}
