use proptest::prelude::*;

use super::*;

const CONFIG: RevocationsConfig = RevocationsConfig { poll_ms: 250, stale_ms: 5_000 };

fn caller(session: u128, role: Role) -> Caller {
    Caller {
        subject: "somebody".into(),
        organization: None,
        session: Uuid::from_u128(session),
        roles: vec![role],
    }
}

fn revoked(session: u128, transaction: u64) -> Revoked {
    let expire_time = "2026-06-01T08:00:00Z".parse().unwrap();
    Revoked { session: Uuid::from_u128(session), expire_time, transaction }
}

async fn refusal(list: &Revocations, caller: &Caller) -> Option<Reason> {
    list.check(caller).await.err().map(|error| error.reason)
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_too_old_stops_staff_and_nobody_else() {
    let list = Revocations::new(CONFIG);
    let (officer, operator) = (caller(1, Role::BudgetOfficer), caller(2, Role::Operator));
    let (voter, service) = (caller(3, Role::Participant), caller(4, Role::Service));
    let began = Instant::now();
    assert_eq!(refusal(&list, &officer).await, Some(Reason::DependencyUnavailable));
    assert_eq!(began.elapsed(), Duration::from_secs(5), "the first calls wait for the list");
    assert_eq!((refusal(&list, &voter).await, refusal(&list, &service).await), (None, None));

    let ended = Batch { revoked: vec![revoked(5, 7)], watermark: 8, age: Duration::from_secs(1) };
    list.apply(0, Instant::now(), ended);
    assert_eq!((refusal(&list, &officer).await, refusal(&list, &operator).await), (None, None));
    tokio::time::advance(Duration::from_secs(4)).await;
    assert_eq!(refusal(&list, &officer).await, None);
    tokio::time::advance(Duration::from_millis(1)).await;
    for staff in [&officer, &operator] {
        let error = list.check(staff).await.unwrap_err();
        assert_eq!((error.code, error.reason), (ErrorCode::Unavailable, Reason::DependencyUnavailable));
        assert_eq!(error.retry_after, Some(Duration::from_secs(1)));
    }
    assert_eq!((refusal(&list, &voter).await, refusal(&list, &service).await), (None, None));
    for role in [Role::Participant, Role::Administrator, Role::Operator] {
        assert_eq!(refusal(&list, &caller(5, role)).await, Some(Reason::SessionRevoked), "known is known");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_calls_wait_until_the_list_is_there() {
    let list = Revocations::new(CONFIG);
    let officer = caller(1, Role::Administrator);
    let answer = list.check(&officer);
    let late = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        list.apply(0, Instant::now(), Batch { revoked: vec![revoked(1, 1)], ..Batch::default() });
    };
    let (answer, ()) = tokio::join!(answer, late);
    assert_eq!(answer.unwrap_err().reason, Reason::SessionRevoked);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_remembered_as_long_as_its_tokens_live() {
    let list = Revocations::new(CONFIG);
    let entry = revoked(1, 1);
    list.apply(0, Instant::now(), Batch { revoked: vec![entry], watermark: 9, ..Batch::default() });
    list.forget(entry.expire_time);
    assert_eq!(list.since(0).unwrap().revoked, [entry]);
    list.forget(entry.expire_time + GRACE);
    assert_eq!(list.since(0).unwrap().revoked, []);
    assert_eq!(refusal(&list, &caller(1, Role::Administrator)).await, None);
}

#[tokio::test(start_paused = true)]
async fn one_task_follows_and_goes_on_after_failures() {
    let list = Revocations::new(CONFIG);
    assert!(list.claim() && !list.claim() && !Revocations::none().claim());
    let (stopping, asked) = (CancellationToken::new(), Arc::new(std::sync::Mutex::new(Vec::new())));
    let seen = asked.clone();
    let fetch = move |since| {
        let call = {
            let mut seen = seen.lock().unwrap();
            seen.push(since);
            seen.len()
        };
        async move {
            match call {
                2 => Err("away"),
                3 => std::future::pending().await,
                _ => Ok(Batch { watermark: call as u64 * 10, ..Batch::default() }),
            }
        }
    };
    let clock = Clock::manual("2026-06-01T08:00:00Z".parse().unwrap());
    let follow = list.follow(clock, stopping.clone(), fetch);
    let stop = async {
        tokio::time::sleep(Duration::from_millis(250 + 250 + 2_500 + 250 + 250 + 1)).await;
        stopping.cancel();
    };
    tokio::join!(follow, stop);
    assert_eq!(*asked.lock().unwrap(), [0, 10, 10, 10, 40]);
}

/// What happens, one step after the other. Times pass between them.
#[derive(Clone, Debug)]
enum Step {
    /// A transaction begins; it has a number from then on.
    Begin,
    /// One of those that run commits, or fails.
    End { which: usize, commits: bool },
    /// A replica of identity reads the table: `whole`, or beyond its watermark.
    Read { replica: usize, whole: bool },
    /// Another process asks a replica.
    Ask { replica: usize, whole: bool },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Begin),
        3 => (0_usize..8, prop::bool::weighted(0.9)).prop_map(|(which, commits)| Step::End { which, commits }),
        3 => (0_usize..2, prop::bool::weighted(0.1)).prop_map(|(replica, whole)| Step::Read { replica, whole }),
        4 => (0_usize..2, prop::bool::weighted(0.1)).prop_map(|(replica, whole)| Step::Ask { replica, whole }),
    ]
}

/// A database that gives transactions numbers in the order of their beginnings, and shows them from their commits on.
#[derive(Default)]
struct Database {
    begun: u64,
    running: Vec<u64>,
    /// Number and moment of the commit.
    committed: Vec<(u64, Instant)>,
}

impl Database {
    fn read(&self, since: u64) -> Batch {
        let visible = self.committed.iter().filter(|(transaction, _)| *transaction >= since);
        let watermark = self.running.iter().min().copied().unwrap_or(self.begun + 1);
        let revoked =
            visible.map(|&(transaction, _)| revoked(u128::from(transaction), transaction)).collect();
        Batch { revoked, watermark, age: Duration::ZERO }
    }
}

fn refresh(of: &Revocations, from: impl Fn(u64) -> Option<Batch>, whole: bool) {
    let since = if whole { 0 } else { of.inner.as_ref().unwrap().read().watermark };
    if let Some(batch) = from(since) {
        of.apply(since, Instant::now(), batch);
    }
}

async fn no_commit_is_missed(steps: Vec<Step>) {
    let mut database = Database::default();
    let replicas = [Revocations::new(CONFIG), Revocations::new(CONFIG)];
    let process = Revocations::new(CONFIG);
    for step in steps {
        tokio::time::advance(Duration::from_millis(10)).await;
        match step {
            Step::Begin => {
                database.begun += 1;
                database.running.push(database.begun);
            }
            Step::End { which, commits } if !database.running.is_empty() => {
                let transaction = database.running.remove(which % database.running.len());
                if commits {
                    database.committed.push((transaction, Instant::now()));
                }
            }
            Step::End { .. } => {}
            Step::Read { replica, whole } => {
                refresh(&replicas[replica], |since| Some(database.read(since)), whole);
            }
            Step::Ask { replica, whole } => {
                // The numbers of transactions do not go over the wire.
                let ask = |since| {
                    let mut batch = replicas[replica].since(since)?;
                    batch.revoked.iter_mut().for_each(|revoked| revoked.transaction = 0);
                    Some(batch)
                };
                refresh(&process, ask, whole);
            }
        }
        for list in [&replicas[0], &replicas[1], &process] {
            let known = list.inner.as_ref().unwrap().read();
            for (transaction, at) in &database.committed {
                let is_known = known.by_session.contains_key(&Uuid::from_u128(u128::from(*transaction)));
                let is_claimed = known.complete.is_some_and(|complete| *at <= complete);
                assert!(
                    is_known || !is_claimed,
                    "{transaction} is missing from a list that says it is complete"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn no_revocation_is_missed_whatever_the_order_of_commits_and_reads(steps in prop::collection::vec(step(), 1..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(no_commit_is_missed(steps));
    }
}
