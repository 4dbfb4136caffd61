//! `CronJob`: accepted, with a schedule that its controller can read.

use super::{Readiness, Subject};
use crate::diagnose::build;
use crate::track::read;

pub fn judge(subject: &Subject<'_>) -> Readiness {
    let schedule = read::text(subject.object, "/spec/schedule");
    let refused = subject
        .snapshot
        .events(subject.object)
        .into_iter()
        .find(|event| {
            matches!(
                read::text(event, "/reason"),
                "UnparseableSchedule"
                    | "InvalidSchedule"
                    | "UnknownTimeZone"
                    | "UnParseableCronJobSchedule"
            )
        });
    if let Some(event) = refused {
        let message = read::clip(read::text(event, "/message"));
        return Readiness::Failed(Box::new(build::invalid_schedule(subject, &message)));
    }
    let fields = schedule
        .split_whitespace()
        .filter(|field| !field.starts_with("TZ=") && !field.starts_with("CRON_TZ="))
        .count();
    if !schedule.starts_with('@') && fields != 5 {
        let message = format!("schedule `{schedule}` does not have five fields");
        return Readiness::Failed(Box::new(build::invalid_schedule(subject, &message)));
    }
    if read::flag(subject.object, "/spec/suspend") {
        return Readiness::ready_but("suspended: no runs are started");
    }
    Readiness::ready()
}
