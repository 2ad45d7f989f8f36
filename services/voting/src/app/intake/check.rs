//! Checking the permits of casts: many at once, while the casts before are written.

use comitia_platform::auth::signature;
use tokio::task::JoinHandle;

use super::Failure;
use super::batch::Queued;

/// From so many signatures on, a signature costs little more in one check than among hundreds.
pub const ENOUGH: usize = 16;
/// So few signatures are checked sooner than another thread takes them.
const FEW: usize = 8;

/// The check that is under way, one at a time, so that casts keep their order.
#[derive(Debug, Default)]
pub struct Check(Option<JoinHandle<Vec<Queued>>>);

impl Check {
    /// Whether one is under way.
    pub fn is_under_way(&self) -> bool {
        self.0.is_some()
    }

    /// Begins to check `casts`. Gives them at once when they are few; otherwise [`Check::end`] does.
    pub fn begin(&mut self, casts: Vec<Queued>) -> Vec<Queued> {
        if casts.len() < FEW {
            return without_forged(casts);
        }
        // Hundreds take milliseconds, which no other task shall wait for.
        self.0 = Some(comitia_core::task::blocking(move || without_forged(casts)));
        Vec::new()
    }

    /// Waits for the end of the check that is under way, and gives the casts that are good.
    pub async fn end(&mut self) -> Vec<Queued> {
        let Some(check) = &mut self.0 else { return Vec::new() };
        let checked = check.await;
        self.0 = None;
        checked.unwrap_or_else(|error| {
            // Its callers see that nothing was acknowledged.
            tracing::error!(%error, "the signatures of permits could not be checked");
            Vec::new()
        })
    }
}

/// The casts whose permits identity has signed, in their order. Answers the callers of the others.
fn without_forged(casts: Vec<Queued>) -> Vec<Queued> {
    let signatures: Vec<_> = casts.iter().map(|queued| &queued.unchecked.signature).collect();
    let mut valid = signature::all(&signatures).into_iter();
    let (good, forged): (Vec<_>, Vec<_>) = casts.into_iter().partition(|_| valid.next() == Some(true));
    forged.into_iter().for_each(|queued| queued.answer(Err(Failure::Forged)));
    good
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::batch::examples::{forged, queued};
    use super::*;

    #[tokio::test]
    async fn a_forged_permit_gets_no_receipt_and_stands_in_nobodys_way() {
        for count in [3, FEW, 40] {
            let (casts, mut answers): (Vec<_>, Vec<_>) = (0..count).map(|_| queued(1, 5)).unzip();
            let mut casts: Vec<_> = casts
                .into_iter()
                .enumerate()
                .map(|(place, queued)| if [0, 2].contains(&place) { forged(queued) } else { queued })
                .collect();
            casts[1].unchecked.cast.arrival = DateTime::from_timestamp(7, 0).unwrap();
            let mut check = Check::default();
            let mut good = check.begin(casts);
            assert_eq!(check.is_under_way(), count >= FEW);
            good.extend(check.end().await);
            assert!(!check.is_under_way());
            // The voter's own cast comes first, not the forger's.
            assert_eq!((good.len(), good[0].unchecked.cast.arrival.timestamp()), (count - 2, 7));
            for (place, answer) in answers.iter_mut().enumerate() {
                let expected = [0, 2].contains(&place).then_some(Err(Failure::Forged));
                assert_eq!(answer.try_recv().ok(), expected, "{place}");
            }
        }
    }
}
