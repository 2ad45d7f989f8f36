//! The blocks of a file, written into the roll by one transaction.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use comitia_platform::database::Transaction;
use uuid::Uuid;

use crate::app::App;
use crate::app::imports::reading::Block;
use crate::app::imports::{NAMED, keep_erased};
use crate::domain::member_csv::{Remark, shared, twice};
use crate::error::Error;
use crate::store::import_lines::{self, Lines};
use crate::store::{members, rolls};

/// Remarks in the order of their lines: the first ones, and how many there are.
#[derive(Default)]
pub struct Remarks {
    pub named: Vec<Remark>,
    pub count: usize,
}

impl Remarks {
    fn add(&mut self, mut remarks: Vec<Remark>) {
        remarks.sort_by_key(|remark| remark.line);
        self.count += remarks.len();
        let room = NAMED.saturating_sub(self.named.len());
        self.named.extend(remarks.into_iter().take(room));
    }
}

/// An import in flight.
pub struct Import {
    pub transaction: Transaction,
    pub bad: Remarks,
    pub notices: Remarks,
    /// How many lines the file has until here.
    pub lines: usize,
    pub imported: u64,
    organization: Uuid,
    roll_id: Uuid,
    import_id: Uuid,
    partial: bool,
    into_empty_roll: bool,
    now: DateTime<Utc>,
}

impl Import {
    /// Begins one; others into the roll wait for its end.
    ///
    /// # Errors
    /// `RollUnknown`.
    pub async fn begin(app: &App, organization: Uuid, roll_id: Uuid, partial: bool) -> Result<Self, Error> {
        let mut transaction = app.begin(organization).await?;
        if !rolls::lock(&mut transaction, roll_id).await? {
            return Err(Error::RollUnknown);
        }
        let into_empty_roll = rolls::is_fresh(&mut transaction, roll_id).await?;
        import_lines::look_up_by_key(&mut transaction).await?;
        Ok(Self {
            transaction,
            bad: Remarks::default(),
            notices: Remarks::default(),
            lines: 0,
            imported: 0,
            organization,
            roll_id,
            import_id: comitia_core::id::new(),
            partial,
            into_empty_roll,
            now: app.clock.now(),
        })
    }

    /// Whether the roll never had a member, so that nothing is compared with those who are there.
    pub fn fills_empty_roll(&self) -> bool {
        self.into_empty_roll
    }

    /// Writes a block. What is bad about its lines is kept; members are added as long as the import may still be done.
    pub async fn write(&mut self, block: Block) -> Result<(), Error> {
        let Block { lines, forms, mut rows, mut bad, mut notices } = block;
        self.lines += lines.len() + bad.len();
        let addresses = &rows.email_lookups;
        let file =
            Lines { import_id: self.import_id, lines: &lines, numbers: &rows.number_lookups, addresses };
        let first = import_lines::insert(&mut self.transaction, self.organization, &file).await?;
        let mut good: HashSet<_> = first.into_iter().collect();
        if good.len() < lines.len() {
            let again = import_lines::first(&mut self.transaction, &file).await?;
            bad.extend(again.into_iter().map(|(line, first)| twice(number(line), number(first))));
        }
        if !self.into_empty_roll {
            let known = self.known(&file, &forms, &good).await?;
            let numbers = lines.iter().zip(&rows.number_lookups).filter(|(line, _)| known.contains(line));
            let numbers: Vec<_> = numbers.map(|(_, number)| number.clone()).collect();
            import_lines::forget_addresses(&mut self.transaction, self.import_id, &numbers).await?;
            good.retain(|line| !known.contains(line));
            let rule = "must not be in the roll already";
            bad.extend(known.into_iter().map(|line| Remark::new(number(line), "member_number", rule)));
            let shared = import_lines::known_addresses(&mut self.transaction, self.roll_id, &file).await?;
            notices.extend(lines.iter().zip(addresses).filter_map(|(line, address)| {
                address.as_ref().filter(|address| shared.contains(*address)).map(|_| of_a_member(*line))
            }));
            keep_erased(&mut self.transaction, self.roll_id, &forms, &mut rows).await?;
        }
        self.bad.add(bad);
        if good.len() < lines.len() {
            rows.keep(&lines.iter().map(|line| good.contains(line)).collect::<Vec<_>>());
            notices.retain(|notice| good.contains(&super::line(notice.line)));
        }
        self.notices.add(notices);
        if self.partial || self.bad.count == 0 {
            let (organization, roll_id) = (self.organization, self.roll_id);
            self.imported +=
                members::insert(&mut self.transaction, organization, roll_id, &rows, self.now).await?;
        }
        Ok(())
    }

    /// The lines whose members the roll had before.
    async fn known(
        &mut self,
        file: &Lines<'_>,
        forms: &[Vec<Vec<u8>>],
        good: &HashSet<i64>,
    ) -> Result<HashSet<i64>, Error> {
        let of_good: Vec<_> = file.lines.iter().zip(forms).filter(|(line, _)| good.contains(line)).collect();
        let asked: Vec<_> = of_good.iter().flat_map(|(_, forms)| forms.iter().cloned()).collect();
        let existing = members::existing(&mut self.transaction, self.roll_id, &asked).await?;
        let existing: HashSet<_> = existing.into_iter().collect();
        let known = of_good.iter().filter(|(_, forms)| forms.iter().any(|form| existing.contains(form)));
        Ok(known.map(|(line, _)| **line).collect())
    }

    /// Looks at the lines together, and forgets them.
    pub async fn finish(mut self) -> Result<Self, Error> {
        let shared_by = import_lines::shared_addresses(&mut self.transaction, self.import_id, NAMED).await?;
        import_lines::clear(&mut self.transaction, self.import_id).await?;
        self.notices.count += shared_by.count;
        let shared = shared_by.lines.into_iter().map(|(line, other)| shared(number(line), number(other)));
        self.notices.named.extend(shared);
        self.notices.named.sort_by_key(|notice| notice.line);
        self.notices.named.truncate(NAMED);
        Ok(self)
    }
}

fn of_a_member(line: i64) -> Remark {
    let text = "is that of a member of the roll too: who signs in by it is asked for the member number";
    Remark::new(number(line), "email", text)
}

fn number(line: i64) -> u64 {
    line.unsigned_abs()
}
