use super::*;

const NAMES: [&str; 3] = ["eu", "us", "ap"];

fn convoy(order: TargetOrder, on_failure: Option<OnTargetFailure>) -> Convoy {
    Convoy::new(&NAMES, order, on_failure)
}

fn end(outcome: Outcome) -> Finished {
    Finished::new(outcome)
}

/// One target from its plan to its end. `good` says how it goes.
async fn drive(member: Member<'_>, good: bool, log: &std::cell::RefCell<Vec<String>>) -> Outcome {
    let name = NAMES[member.index];
    let outcome = async {
        member.planned(true).await?;
        member.turn().await?;
        log.borrow_mut().push(format!("{name} begins"));
        tokio::task::yield_now().await;
        if !good {
            member.bad();
            return Ok(Outcome::Failed);
        }
        log.borrow_mut().push(format!("{name} is good"));
        Ok(match member.good().await {
            Then::Stay => Outcome::Done,
            Then::GoBack => Outcome::RolledBack,
        })
    };
    let outcome = outcome
        .await
        .unwrap_or_else(|failure: Failure| failure.outcome());
    member.ended(end(outcome));
    outcome
}

async fn outcomes(convoy: &Convoy, good: [bool; 3]) -> (Vec<Outcome>, Vec<String>) {
    let log = std::cell::RefCell::new(Vec::new());
    let runs = convoy
        .members()
        .zip(good)
        .map(|(member, good)| drive(member, good, &log));
    let outcomes = futures::future::join_all(runs).await;
    (outcomes, log.into_inner())
}

#[tokio::test]
async fn one_by_one_begins_the_next_when_the_last_is_good_and_stops_at_a_failure() {
    let one_by_one = convoy(TargetOrder::OneByOne, None);
    let (all, log) = outcomes(&one_by_one, [true, false, true]).await;
    assert_eq!(all, [Outcome::Done, Outcome::Failed, Outcome::LeftAlone]);
    assert_eq!(log, ["eu begins", "eu is good", "us begins"]);
}

#[tokio::test]
async fn in_parallel_all_begin_and_the_others_go_on() {
    let parallel = convoy(TargetOrder::Parallel, None);
    let (all, log) = outcomes(&parallel, [true, false, true]).await;
    assert_eq!(all, [Outcome::Done, Outcome::Failed, Outcome::Done]);
    let begun = log.iter().take_while(|line| line.ends_with("begins"));
    assert_eq!(begun.count(), 3, "{log:?}");
}

#[tokio::test]
async fn one_by_one_keeps_going_where_it_is_told_to() {
    let keeps = convoy(TargetOrder::OneByOne, Some(OnTargetFailure::KeepGoing));
    let (all, _) = outcomes(&keeps, [false, true, true]).await;
    assert_eq!(all, [Outcome::Failed, Outcome::Done, Outcome::Done]);
}

#[tokio::test]
async fn all_go_back_when_one_fails_and_only_those_that_began() {
    for order in [TargetOrder::OneByOne, TargetOrder::Parallel] {
        let all_or_none = convoy(order, Some(OnTargetFailure::RollBackAll));
        let (all, _) = outcomes(&all_or_none, [true, true, false]).await;
        let back = Outcome::RolledBack;
        assert_eq!(all, [back, back, Outcome::Failed], "{order:?}");
        let (all, _) = outcomes(
            &convoy(order, Some(OnTargetFailure::RollBackAll)),
            [true; 3],
        )
        .await;
        assert_eq!(all, [Outcome::Done; 3], "{order:?}");
    }
    let early = convoy(TargetOrder::OneByOne, Some(OnTargetFailure::RollBackAll));
    let (all, _) = outcomes(&early, [true, false, true]).await;
    assert_eq!(
        all,
        [Outcome::RolledBack, Outcome::Failed, Outcome::LeftAlone]
    );
}

#[tokio::test]
async fn a_refused_plan_stops_the_run_before_the_first_write_unless_it_keeps_going() {
    for (on_failure, begins) in [
        (OnTargetFailure::Stop, false),
        (OnTargetFailure::RollBackAll, false),
        (OnTargetFailure::KeepGoing, true),
    ] {
        let convoy = Convoy::new(&["eu", "us"], TargetOrder::OneByOne, Some(on_failure));
        let members: Vec<Member<'_>> = convoy.members().collect();
        let refused = async {
            tokio::task::yield_now().await;
            members[1].ended(end(Outcome::Refused));
        };
        let (planned, ()) = futures::join!(members[0].planned(true), refused);
        assert_eq!(planned.is_ok(), begins, "{on_failure:?}");
        if let Err(failure) = planned {
            assert_eq!(failure.one_line(), "not begun: us failed first");
        }
    }
}

#[tokio::test]
async fn a_job_that_runs_once_is_waited_for_until_its_target_is_over() {
    for passes in [true, false] {
        let convoy = Convoy::new(&["eu", "us"], TargetOrder::Parallel, None);
        let members: Vec<Member<'_>> = convoy.members().collect();
        futures::join!(async { members[0].planned(true).await.unwrap() }, async {
            members[1].planned(true).await.unwrap();
        });
        assert!(members[0].leads().await && !members[1].leads().await);
        let leader = async {
            tokio::task::yield_now().await;
            if passes {
                members[0].passed("migrate");
            } else {
                members[0].ended(end(Outcome::JobFailed));
            }
        };
        let (passed, ()) = futures::join!(members[1].passes_elsewhere("migrate"), leader);
        assert_eq!(passed, passes);
    }
}

#[tokio::test]
async fn nobody_waits_for_an_answer_of_a_target_that_is_over_before_it_asked() {
    let convoy = Convoy::new(&["eu", "us"], TargetOrder::Parallel, None);
    let members: Vec<Member<'_>> = convoy.members().collect();
    let (eu, us) = futures::join!(members[0].planned(true), members[1].planned(true));
    eu.unwrap();
    us.unwrap();
    let stopped = async {
        tokio::task::yield_now().await;
        members[0].ended(end(Outcome::Interrupted));
    };
    let never = async { unreachable!("the first target asks") };
    let agreed = async { futures::join!(members[1].agreed(never), stopped).0 };
    let limit = std::time::Duration::from_secs(5);
    let agreed = tokio::time::timeout(limit, agreed).await;
    assert!(!agreed.expect("it waits for ever").unwrap());
}

#[tokio::test]
async fn where_the_first_has_nothing_to_do_the_next_one_leads() {
    let convoy = Convoy::new(&["eu", "us"], TargetOrder::OneByOne, None);
    let members: Vec<Member<'_>> = convoy.members().collect();
    futures::join!(async { members[0].planned(false).await.unwrap() }, async {
        members[1].planned(true).await.unwrap();
    });
    assert!(members[1].leads().await);
    assert_eq!(members[1].leader(), "us");
    assert_eq!(members[1].to_do(), ["us"]);
    members[1].turn().await.unwrap();
}

#[test]
fn the_worst_outcome_counts_in_the_documented_order() {
    let order = [
        Outcome::Bug,
        Outcome::Failed,
        Outcome::RolledBack,
        Outcome::JobFailed,
        Outcome::Refused,
        Outcome::Locked,
        Outcome::Project,
        Outcome::Done,
    ];
    for (index, outcome) in order.iter().enumerate() {
        let rest = order[index..].iter().rev().copied();
        assert_eq!(worst(rest), *outcome);
    }
    assert_eq!(
        worst([Outcome::Done, Outcome::Interrupted]),
        Outcome::Interrupted
    );
    assert_eq!(worst([]), Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn where_they_keep_going_a_slow_plan_holds_up_only_who_must_know_it() {
    let convoy = Convoy::new(&["eu", "us"], TargetOrder::Parallel, None);
    let members: Vec<Member<'_>> = convoy.members().collect();
    members[1].planned(true).await.unwrap();
    members[1].turn().await.unwrap();
    let begun = tokio::time::Instant::now();
    let slow = async {
        tokio::time::sleep(std::time::Duration::from_mins(1)).await;
        members[0].ended(end(Outcome::Refused));
    };
    let (leads, ()) = futures::join!(members[1].leads(), slow);
    assert!(leads, "the first one has nothing to do any more");
    assert_eq!(begun.elapsed().as_secs(), 60);
}
